//! The folder of a code cache. All names in it are looked up from the open folder, and no symbolic link is followed: nothing
//! outside of it is read, written or removed.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};
use rustix::{fs, process};

/// What a file is called that is being written.
const TEMPORARY: &str = "new-";
/// What is being written is done in that time, or its process is gone.
const ABANDONED: Duration = Duration::from_secs(600);
/// A file that was used in that time counts as used now.
const USED: Duration = Duration::from_secs(3600);

/// An open folder.
#[derive(Debug)]
pub(super) struct Folder {
    folder: OwnedFd,
    /// How many bytes the files have, as far as this process knows.
    size: u64,
    is_writable: bool,
    /// How many files this process has begun to write.
    written: u64,
}

/// A file of the cache.
struct Kept {
    name: String,
    size: u64,
    used: SystemTime,
}

impl Folder {
    /// Opens the folder, or makes it in a folder that is there.
    ///
    /// # Errors
    ///
    /// When it can not be opened, is no folder, or others may write to it: code that others have written is not run.
    pub(super) fn open(path: &Path) -> io::Result<Folder> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let around = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let around = fs::open(around, flags, Mode::empty())?;
        let folder = match fs::openat(&around, name, flags, Mode::empty()) {
            Err(rustix::io::Errno::NOENT) => {
                match fs::mkdirat(&around, name, Mode::RWXU) {
                    // Another process may have been faster.
                    Ok(()) | Err(rustix::io::Errno::EXIST) => {}
                    Err(error) => return Err(error.into()),
                }
                fs::openat(&around, name, flags, Mode::empty())?
            }
            other => other?,
        };
        is_own(&fs::fstat(&folder)?)?;
        let mut folder = Folder { folder, size: 0, is_writable: true, written: 0 };
        folder.size = folder.look().iter().map(|kept| kept.size).sum();
        Ok(folder)
    }

    /// Returns how many bytes the files have.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Writes nothing from now on.
    pub(super) fn stop_writing(&mut self) {
        self.is_writable = false;
    }

    /// Returns what a file of this user has, if it is no larger than the limit, and notes that it was used.
    pub(super) fn read(&self, name: &str, limit: u64) -> Option<Vec<u8>> {
        // A pipe of this name would have the opening wait.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = fs::openat(&self.folder, name, flags, Mode::empty()).ok()?;
        let stat = fs::fstat(&file).ok()?;
        let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
        if !is_file || stat.st_size as u64 > limit || is_own(&stat).is_err() {
            return None;
        }
        if self.is_writable && used(&stat).elapsed().is_ok_and(|time| time > USED) {
            let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
            let omit = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
            // Where that can not be noted, it is evicted sooner.
            let _unnoted = fs::futimens(&file, &Timestamps { last_access: omit, last_modification: now });
        }
        let mut bytes = Vec::with_capacity(stat.st_size as usize);
        File::from(file).take(limit + 1).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    /// Writes a file that is whole from the moment that it has its name.
    ///
    /// # Errors
    ///
    /// What the system says, such as that the disk is full; then nothing is left of it.
    pub(super) fn write(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        if !self.is_writable {
            return Ok(());
        }
        self.written += 1;
        let own = process::getpid().as_raw_nonzero();
        let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos());
        let temporary = format!("{TEMPORARY}{own}-{}-{time}", self.written);
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = fs::openat(&self.folder, &temporary, flags, Mode::RUSR | Mode::WUSR)?;
        // It is not synced: what a crash makes of it is noticed by its hash.
        let written = File::from(file).write_all(bytes).and_then(|()| {
            let (from, to) = (&*temporary, name);
            fs::renameat(&self.folder, from, &self.folder, to).map_err(io::Error::from)
        });
        match written {
            Ok(()) => self.size += bytes.len() as u64,
            Err(_) => self.remove(&temporary),
        }
        written
    }

    /// Removes a file, if it is there.
    pub(super) fn remove(&self, name: &str) {
        let _absent = fs::unlinkat(&self.folder, name, AtFlags::empty());
    }

    /// Removes the files that were not used for the longest time, until the others have no more bytes than `most`. Returns
    /// how many they were.
    pub(super) fn make_room(&mut self, most: u64) -> u64 {
        if !self.is_writable {
            return 0;
        }
        // Other processes have written and removed, too.
        let mut kept = self.look();
        kept.sort_by_key(|kept| kept.used);
        self.size = kept.iter().map(|kept| kept.size).sum();
        let mut removed = 0;
        for kept in &kept {
            if self.size <= most {
                break;
            }
            self.remove(&kept.name);
            self.size -= kept.size;
            removed += 1;
        }
        removed
    }

    /// Returns the files of the cache, and removes those that nobody finished.
    fn look(&self) -> Vec<Kept> {
        let Ok(entries) = Dir::read_from(&self.folder) else { return Vec::new() };
        let names = entries.flatten().filter_map(|entry| entry.file_name().to_str().ok().map(str::to_owned));
        let mut kept = Vec::new();
        for name in names.filter(|name| is_kept(name) || name.starts_with(TEMPORARY)) {
            let Ok(stat) = fs::statat(&self.folder, &*name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
            let used = used(&stat);
            if is_kept(&name) {
                kept.push(Kept { name, size: stat.st_size as u64, used });
            } else if used.elapsed().is_ok_and(|time| time > ABANDONED) {
                self.remove(&name);
            }
        }
        kept
    }
}

/// Returns whether a name is that of a key.
fn is_kept(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn used(stat: &Stat) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::try_from(stat.st_mtime).unwrap_or(0))
}

/// Refuses what is another user's, or what others may write to.
fn is_own(stat: &Stat) -> io::Result<()> {
    let others = Mode::WGRP | Mode::WOTH;
    if stat.st_uid == process::geteuid().as_raw() && !Mode::from_raw_mode(stat.st_mode).intersects(others) {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, "other users may write to it"))
}
