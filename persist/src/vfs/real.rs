//! The file system of the operating system.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FlockOperation, RenameFlags};

use super::mmap::Mapping;
use super::{Bytes, DirEntry, FileId, FileKind, LockMode, Metadata, Vfs, VfsFile, VfsLock};

/// Files from this size on are mapped; copying a smaller one costs less than the page faults of its mapping.
const MAP_THRESHOLD: u64 = 256 * 1024;

/// The operating system's files.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealVfs;

impl Vfs for RealVfs {
    fn read(&self, path: &Path) -> io::Result<Bytes> {
        let mut file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        // A file system without mmap (some network and FUSE ones) still reads.
        if metadata.is_file()
            && metadata.len() >= MAP_THRESHOLD
            && let Ok(mapping) = Mapping::new(&file)
        {
            return Ok(Bytes::mapped(mapping));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
        file.read_to_end(&mut bytes)?;
        Ok(bytes.into())
    }

    fn map(&self, path: &Path) -> io::Result<(Bytes, Metadata)> {
        let mut file = File::open(path)?;
        let metadata = metadata_of(&file.metadata()?);
        if metadata.kind == FileKind::Dir {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        // An empty file can not be mapped, nor can any when the process has too many maps.
        if metadata.kind == FileKind::File
            && metadata.len > 0
            && let Ok(mapping) = Mapping::map(&file)
        {
            return Ok((Bytes::mapped(mapping), metadata));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok((bytes.into(), metadata))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn VfsFile>> {
        Ok(Box::new(RealFile(File::create_new(path)?)))
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn exchange(&self, a: &Path, b: &Path) -> io::Result<()> {
        Ok(rustix::fs::renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE)?)
    }

    fn hard_link(&self, original: &Path, link: &Path) -> io::Result<()> {
        fs::hard_link(original, link)
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    fn create_temp_dir(&self, parent: &Path, prefix: &str) -> io::Result<PathBuf> {
        let mut builder = tempfile::Builder::new();
        // The directory becomes part of the store, so it gets the permissions of any other new directory.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o777));
        }
        Ok(builder.prefix(prefix).tempdir_in(parent)?.keep())
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir_all(path)
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let mut kind = kind_of(entry.file_type()?);
            if kind == FileKind::Other {
                kind = fs::metadata(entry.path())
                    .map_or(FileKind::Other, |metadata| kind_of(metadata.file_type()));
            }
            entries.push(DirEntry { name: entry.file_name(), kind });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        Ok(metadata_of(&fs::metadata(path)?))
    }

    fn lock(&self, path: &Path, mode: LockMode) -> io::Result<Box<dyn VfsLock>> {
        // A directory, and what one may only read, can be locked without being writable.
        let (file, refused) = match OpenOptions::new().read(true).write(true).open(path) {
            Ok(file) => (file, None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(error),
            Err(error) => (File::open(path)?, error.raw_os_error()),
        };
        let operation = match mode {
            LockMode::Shared => FlockOperation::NonBlockingLockShared,
            LockMode::Exclusive => FlockOperation::NonBlockingLockExclusive,
        };
        rustix::fs::flock(&file, operation)?;
        Ok(Box::new(RealLock { file, refused }))
    }
}

#[derive(Debug)]
struct RealFile(File);

impl Write for RealFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl VfsFile for RealFile {
    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_all()
    }

    fn sync_data(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }
}

#[derive(Debug)]
struct RealLock {
    file: File,
    /// Why the file may only be read, if that is so.
    refused: Option<i32>,
}

impl VfsLock for RealLock {
    fn id(&self) -> io::Result<FileId> {
        Ok(id_of(&self.file.metadata()?))
    }

    fn set_content(&mut self, content: &[u8]) -> io::Result<()> {
        if let Some(refused) = self.refused {
            return Err(io::Error::from_raw_os_error(refused));
        }
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(content)
    }
}

fn metadata_of(metadata: &fs::Metadata) -> Metadata {
    let nanoseconds = |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
    Metadata {
        kind: kind_of(metadata.file_type()),
        len: metadata.len(),
        id: id_of(metadata),
        mtime: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
        ctime: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
    }
}

fn kind_of(file_type: fs::FileType) -> FileKind {
    if file_type.is_file() {
        FileKind::File
    } else if file_type.is_dir() {
        FileKind::Dir
    } else {
        FileKind::Other
    }
}

fn id_of(metadata: &fs::Metadata) -> FileId {
    FileId { device: metadata.dev(), inode: metadata.ino() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_created_once_read_back_and_identified() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        let mut file = RealVfs.create(&path).unwrap();
        file.write_all(b"abc").unwrap();
        file.sync().unwrap();
        assert_eq!(&*RealVfs.read(&path).unwrap(), b"abc");
        assert_eq!(RealVfs.create(&path).err().unwrap().kind(), io::ErrorKind::AlreadyExists);
        let link = dir.path().join("g");
        RealVfs.hard_link(&path, &link).unwrap();
        assert_eq!(RealVfs.metadata(&path).unwrap().id, RealVfs.metadata(&link).unwrap().id);
        assert_eq!(RealVfs.read(dir.path()).unwrap_err().kind(), io::ErrorKind::IsADirectory);
    }

    #[test]
    fn large_files_are_mapped_and_small_ones_are_not_rps_4() {
        let dir = tempfile::tempdir().unwrap();
        for (name, len, mapped) in [("small", MAP_THRESHOLD - 1, false), ("large", MAP_THRESHOLD, true)] {
            let path = dir.path().join(name);
            fs::write(&path, vec![7; usize::try_from(len).unwrap()]).unwrap();
            let bytes = RealVfs.read(&path).unwrap();
            assert_eq!(bytes.is_mapped(), mapped, "{name}");
            assert!(bytes.iter().all(|byte| *byte == 7), "{name}");
        }
    }

    #[test]
    fn a_file_of_any_size_is_mapped_and_outlives_its_name_rps_4() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        fs::write(&path, "abc").unwrap();
        let (bytes, metadata) = RealVfs.map(&path).unwrap();
        assert!(bytes.is_mapped());
        assert_eq!(metadata, RealVfs.metadata(&path).unwrap());
        fs::remove_file(&path).unwrap();
        assert_eq!(&*bytes, b"abc");
        fs::write(&path, "").unwrap();
        assert_eq!(RealVfs.map(&path).unwrap().0.len(), 0);
        assert_eq!(RealVfs.map(dir.path()).unwrap_err().kind(), io::ErrorKind::IsADirectory);
    }

    #[test]
    fn exchange_swaps_two_directories() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        RealVfs.create_dir(&a).unwrap();
        RealVfs.create_dir(&b).unwrap();
        fs::write(a.join("in-a"), "").unwrap();
        match RealVfs.exchange(&a, &b) {
            Ok(()) => assert!(b.join("in-a").exists() && !a.join("in-a").exists()),
            Err(error) => assert!(super::super::is_unsupported(&error), "{error}"),
        }
    }

    #[test]
    fn locks_exclude_as_flock_says_on_files_and_directories() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("lock");
        assert_eq!(RealVfs.lock(&file, LockMode::Shared).unwrap_err().kind(), io::ErrorKind::NotFound);
        RealVfs.create(&file).unwrap();
        for path in [file, dir.path().to_path_buf()] {
            let first = RealVfs.lock(&path, LockMode::Shared).unwrap();
            let second = RealVfs.lock(&path, LockMode::Shared).unwrap();
            let refused = RealVfs.lock(&path, LockMode::Exclusive).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::WouldBlock);
            drop((first, second));
            RealVfs.lock(&path, LockMode::Exclusive).unwrap();
        }
    }

    #[test]
    fn a_temporary_directory_stays_until_it_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let temp = RealVfs.create_temp_dir(dir.path(), ".x-").unwrap();
        assert!(temp.is_dir() && temp.file_name().unwrap().to_str().unwrap().starts_with(".x-"));
        let names: Vec<_> = RealVfs.read_dir(dir.path()).unwrap();
        assert_eq!(names, [DirEntry { name: temp.file_name().unwrap().into(), kind: FileKind::Dir }]);
        RealVfs.remove_dir_all(&temp).unwrap();
        assert!(super::super::is_absent(&RealVfs, &temp).unwrap());
    }
}
