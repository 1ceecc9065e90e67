//! Putting a new generation together.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use super::file::FileWriter;
use super::looks::Looks;
use super::{previous, publish, recover, sync};
use crate::error::{DumpError, FileError, OpenError};
use crate::layout::{Layout, MANIFEST, TEMP_PREFIX};
use crate::lock::WriterLock;
use crate::manifest::{FileEntry, Manifest, is_sound_path};
use crate::text::Limits;
use crate::vfs::{self, Bytes, FileKind, LockMode, Stat, Vfs, VfsLock};
use crate::{Problem, Report};

/// A new generation that is being written, in a temporary directory beside the current one.
///
/// Files may be written by many threads at once. Dropping the writer without [`GenerationWriter::commit`] removes the
/// temporary directory, and leaves the current generation as it is.
///
/// ```
/// # use std::{io::Write, path::Path, sync::Arc};
/// # use rps_persist::{generation::GenerationWriter, lock::WriterLock, manifest::*, vfs::{Vfs, memory::MemoryVfs}};
/// # use rps_runtime::Oid;
/// # let vfs: Arc<dyn Vfs> = Arc::new(MemoryVfs::new());
/// let lock = WriterLock::acquire(&vfs, Path::new("/store"))?;
/// let writer = GenerationWriter::begin(&lock)?;
/// let mut file = writer.write_file("core.json")?;
/// file.write_all(b"{}\n")?;
/// let entry = file.finish()?;
/// # let space = SpaceEntry { name: "core".into(), oid: Oid::parse("_8J6vNYtP5E800eCr5q")?, objects: 0, files: vec![entry], unknown: UnknownKeys::new() };
/// let manifest = Manifest { spaces: vec![space], ..Manifest::default() };
/// let dumped = writer.commit(&manifest)?;
/// assert_eq!((dumped.is_new, dumped.written), (true, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct GenerationWriter<'l> {
    pub(crate) vfs: Arc<dyn Vfs>,
    pub(crate) layout: Layout,
    pub(super) temp: PathBuf,
    /// Held so that nobody takes the temporary directory for one that a dead process left.
    guard: Option<Box<dyn VfsLock>>,
    pub(super) old: Old,
    pub(super) state: Mutex<State>,
    links_work: AtomicBool,
    /// The temporary directory has to stay until the next opening.
    is_abandoned: bool,
    /// The current generation is damaged: it is replaced in any case, and no older one is removed.
    is_repair: bool,
    _lock: &'l WriterLock,
}

/// The generation that is there when a dump begins.
#[derive(Debug, Default)]
pub(super) struct Old {
    pub(super) exists: bool,
    pub(super) manifest_bytes: Vec<u8>,
    pub(super) entries: BTreeMap<String, FileEntry>,
}

/// What was put into the temporary directory so far.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) dirs: BTreeSet<PathBuf>,
    pub(super) begun: BTreeSet<String>,
    pub(super) done: BTreeMap<String, Done>,
    /// How it looks.
    looks: Looks,
    /// Some file of the old generation is not what its manifest says.
    pub(super) repairs: bool,
}

/// A file that is in the temporary directory.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) entry: FileEntry,
    pub(super) is_linked: bool,
}

/// What a dump did.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Dumped {
    /// Whether there is a new generation; without changes there is none.
    pub is_new: bool,
    /// How many files were written.
    pub written: usize,
    /// How many bytes they have, the manifest left out.
    pub written_bytes: u64,
    /// How many files were taken over from the generation before.
    pub kept: usize,
    /// What went wrong after the new generation was in place, such as keeping the old one.
    pub report: Report,
    /// How the files of the generation look that is current now.
    pub(crate) looks: Looks,
}

impl<'l> GenerationWriter<'l> {
    /// Begins a new generation. What an earlier process left half done is finished or removed first.
    ///
    /// # Errors
    ///
    /// Those of [`recover`], and of making the temporary directory.
    pub fn begin(lock: &'l WriterLock) -> Result<Self, DumpError> {
        let (vfs, layout) = (lock.vfs(), lock.layout());
        recover(lock).map_err(|error| match error {
            OpenError::File(error) => DumpError::File(error),
            OpenError::Lock(error) => DumpError::Lock(error),
            other => DumpError::Misuse { detail: other.to_string() },
        })?;
        let old = Old::look_at(&**vfs, layout)?;
        let root = layout.root();
        let temp = vfs
            .create_temp_dir(root, TEMP_PREFIX)
            .map_err(FileError::of("make a temporary directory in", root))?;
        let mut writer = Self {
            vfs: Arc::clone(vfs),
            layout: layout.clone(),
            temp,
            guard: None,
            old,
            state: Mutex::default(),
            links_work: AtomicBool::new(true),
            is_abandoned: false,
            is_repair: false,
            _lock: lock,
        };
        let guard = vfs.lock(&writer.temp, LockMode::Exclusive);
        writer.guard = Some(guard.map_err(FileError::of("lock", &writer.temp))?);
        Ok(writer)
    }

    /// Makes this the repair of a damaged generation: that is replaced even if its manifest says the same, and all
    /// previous generations are kept, as one of them may be what somebody needs.
    pub(crate) fn into_repair(mut self) -> Self {
        self.is_repair = true;
        self
    }

    /// Begins the file with the given path (relative, with `/`); its content is written into what is returned.
    ///
    /// # Errors
    ///
    /// [`DumpError::Misuse`] for a path that can not stand in a manifest or was begun before, and those of making
    /// directories.
    pub fn write_file(&self, path: &str) -> Result<FileWriter<'_>, DumpError> {
        self.claim(path)?;
        Ok(FileWriter::new(self, path))
    }

    /// Takes a file over from the current generation without looking into it: who remembers how it looked makes sure that
    /// it still does.
    ///
    /// Returns `None` when the current generation has no such file, or not in the size that its manifest says: then it
    /// must be written.
    ///
    /// # Errors
    ///
    /// As of [`GenerationWriter::write_file`], and those of linking and copying.
    pub fn keep_file(&self, path: &str) -> Result<Option<FileEntry>, DumpError> {
        let Some(entry) = self.old.entries.get(path) else { return Ok(None) };
        if !self.vfs.metadata(&self.old_path(path)).is_ok_and(|metadata| metadata.len == entry.size) {
            self.state.lock().repairs = true;
            return Ok(None);
        }
        self.claim(path)?;
        let is_linked = self.take_over(path)?;
        self.done(entry.clone(), is_linked);
        Ok(Some(entry.clone()))
    }

    /// Takes a file over from the current generation with the entry that it has there, even if it is another file by now:
    /// then a load goes on saying so. Returns `None` when it is not there.
    pub(crate) fn carry_file(&self, path: &str) -> Result<Option<FileEntry>, DumpError> {
        let Some(entry) = self.old.entries.get(path) else { return Ok(None) };
        if self.vfs.metadata(&self.old_path(path)).is_err() {
            return Ok(None);
        }
        self.claim(path)?;
        let is_linked = self.take_over(path)?;
        self.done(entry.clone(), is_linked);
        Ok(Some(entry.clone()))
    }

    /// Returns the bytes of the current generation's manifest; none where there is none.
    pub(crate) fn old_manifest(&self) -> &[u8] {
        &self.old.manifest_bytes
    }

    /// Returns the entry of a file in the current generation.
    #[must_use]
    pub fn old_file(&self, path: &str) -> Option<&FileEntry> {
        self.old.entries.get(path)
    }

    /// Returns the content of a file of the current generation, whatever the manifest says of it.
    pub(crate) fn old_content(&self, path: &str) -> Option<Bytes> {
        self.old.entries.get(path)?;
        self.vfs.read(&self.old_path(path)).ok()
    }

    /// Puts the new generation into the place of the current one. Without any change there is no new generation.
    ///
    /// The manifest must list exactly the files that were written or kept.
    ///
    /// # Errors
    ///
    /// [`DumpError::Misuse`] when the manifest lists other files, and every failure of writing, syncing and renaming; the
    /// current generation is as it was, then.
    pub fn commit(mut self, manifest: &Manifest) -> Result<Dumped, DumpError> {
        self.check_complete(manifest)?;
        let bytes = manifest.to_bytes();
        let mut dumped = Dumped::default();
        {
            let state = self.state.lock();
            if self.old.exists && self.old.manifest_bytes == bytes && !state.repairs && !self.is_repair {
                dumped.kept = state.done.len();
                drop(state);
                dumped.looks = self.looks(&self.old_path(MANIFEST));
                return Ok(dumped);
            }
            let linked = state.done.values().filter(|done| done.is_linked);
            dumped.kept = linked.count();
            let written = || state.done.values().filter(|done| !done.is_linked);
            dumped.written = written().count();
            dumped.written_bytes = written().map(|done| done.entry.size).sum();
        }
        self.carry_dot_files()?;
        self.make_durable(&bytes)?;
        dumped.looks = self.looks(&self.temp.join(MANIFEST));
        // From here on readers may open the directory, and their locks must not meet this one.
        self.guard = None;
        let published = publish::publish(&*self.vfs, &self.layout, &mut self.temp, &bytes, self.old.exists);
        let old = published.inspect_err(|_| {
            // The step was undone, but the disk may still have it: then `spaces` is, there, what is about to be removed.
            self.is_abandoned = self.vfs.sync_dir(self.layout.root()).is_err();
        })?;
        // What follows can not undo the dump any more: it is told, and the dump has succeeded.
        dumped.is_new = true;
        let kept = old.map_or(Ok(()), |old| previous::keep(&*self.vfs, &self.layout, &old).map(drop));
        let pruned = kept.and_then(|()| match self.old.exists && !self.is_repair {
            true => previous::prune(&*self.vfs, &self.layout),
            false => Ok(()),
        });
        if let Err(error) = pruned {
            dumped.report.push(Problem::warning(
                error.code(),
                ".rps/previous",
                format!("{error}: {}", error.source),
            ));
        }
        Ok(dumped)
    }

    /// Returns how the files look that were put into the temporary directory, and the manifest.
    fn looks(&self, manifest: &Path) -> Looks {
        let mut looks = std::mem::take(&mut self.state.lock().looks);
        if let Some(stat) = self.look_at(manifest) {
            looks.note(MANIFEST, stat);
        }
        looks
    }

    fn look_at(&self, path: &Path) -> Option<Stat> {
        Stat::of_file(&self.vfs.metadata(path).ok()?)
    }

    fn check_complete(&self, manifest: &Manifest) -> Result<(), DumpError> {
        let misuse = |detail: String| Err(DumpError::Misuse { detail });
        let state = self.state.lock();
        let mut listed = BTreeSet::new();
        for entry in manifest.files() {
            match state.done.get(&entry.path) {
                Some(done) if done.entry.is_same_file(entry) => {}
                Some(_) => {
                    return misuse(format!(
                        "the manifest describes another `{}` than was written",
                        entry.path
                    ));
                }
                None => return misuse(format!("the manifest lists `{}`, which was not written", entry.path)),
            }
            if !listed.insert(&entry.path) {
                return misuse(format!("the manifest lists `{}` twice", entry.path));
            }
        }
        match state.begun.iter().find(|path| !listed.contains(path)) {
            Some(path) => misuse(format!("`{path}` was begun, and the manifest does not list it")),
            None => Ok(()),
        }
    }

    /// Writes the manifest and makes everything durable: files, manifest, directories from the inside out.
    fn make_durable(&self, manifest: &[u8]) -> Result<(), DumpError> {
        let state = self.state.lock();
        let written = state.done.values().filter(|done| !done.is_linked);
        let files: Vec<PathBuf> = written.map(|done| self.temp.join(&done.entry.path)).collect();
        sync::sync_files(&*self.vfs, &files)?;
        let path = self.temp.join(MANIFEST);
        let mut file = self.vfs.create(&path).map_err(FileError::of("create", &path))?;
        file.write_all(manifest).map_err(FileError::of("write", &path))?;
        file.sync().map_err(FileError::of("sync", &path))?;
        for dir in state.dirs.iter().rev().chain([&self.temp]) {
            self.vfs.sync_dir(dir).map_err(FileError::of("sync the directory", dir))?;
        }
        Ok(())
    }

    /// Takes over the user's own files, such as `.gitattributes`: names that begin with a dot are not ours.
    fn carry_dot_files(&self) -> Result<(), DumpError> {
        if !self.old.exists {
            return Ok(());
        }
        let spaces = self.layout.spaces();
        let entries = self.vfs.read_dir(&spaces).map_err(FileError::of("list", &spaces))?;
        for entry in entries {
            if let (FileKind::File, Some(name)) = (entry.kind, entry.name.to_str())
                && name.starts_with('.')
            {
                let is_linked = self.take_over(name)?;
                if !is_linked {
                    let path = self.temp.join(name);
                    self.vfs.sync_file(&path).map_err(FileError::of("sync", &path))?;
                }
            }
        }
        Ok(())
    }

    /// Registers a path and makes the directories above it.
    fn claim(&self, path: &str) -> Result<(), DumpError> {
        if !is_sound_path(path) {
            return Err(DumpError::Misuse {
                detail: format!("`{path}` can not be the path of a file in a store"),
            });
        }
        let mut state = self.state.lock();
        if !state.begun.insert(path.to_owned()) {
            return Err(DumpError::Misuse { detail: format!("`{path}` was begun twice") });
        }
        let mut dir = self.temp.clone();
        for name in Path::new(path).parent().into_iter().flatten() {
            dir.push(name);
            if !state.dirs.contains(&dir) {
                self.vfs.create_dir(&dir).map_err(FileError::of("make the directory", &dir))?;
                state.dirs.insert(dir.clone());
            }
        }
        Ok(())
    }

    pub(super) fn done(&self, entry: FileEntry, is_linked: bool) {
        let stat = self.look_at(&self.temp.join(&entry.path));
        let mut state = self.state.lock();
        if let Some(stat) = stat {
            state.looks.note(&entry.path, stat);
        }
        state.done.insert(entry.path.clone(), Done { entry, is_linked });
    }

    pub(super) fn old_path(&self, path: &str) -> PathBuf {
        self.layout.spaces().join(path)
    }

    /// Links a file of the current generation into the new one, or copies it where links do not exist.
    ///
    /// Returns whether it is a link; a copy has to be synced.
    pub(super) fn take_over(&self, path: &str) -> Result<bool, FileError> {
        let (from, to) = (self.old_path(path), self.temp.join(path));
        if self.links_work.load(Ordering::Relaxed) {
            match self.vfs.hard_link(&from, &to) {
                Ok(()) => return Ok(true),
                Err(error) if is_link_refusal(&error) => self.links_work.store(false, Ordering::Relaxed),
                Err(error) => return Err(FileError::of("link", &from)(error)),
            }
        }
        let content = self.vfs.read(&from).map_err(FileError::of("read", &from))?;
        let mut file = self.vfs.create(&to).map_err(FileError::of("create", &to))?;
        file.write_all(&content).map_err(FileError::of("write", &to))?;
        Ok(false)
    }
}

/// Tells whether a failed link says that links are not to be had: no support, too many of them, or a boundary.
fn is_link_refusal(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    vfs::is_unsupported(error)
        || matches!(error.kind(), Kind::PermissionDenied | Kind::TooManyLinks | Kind::CrossesDevices)
}

impl Old {
    fn look_at(vfs: &dyn Vfs, layout: &Layout) -> Result<Self, DumpError> {
        let spaces = layout.spaces();
        if vfs::is_absent(vfs, &spaces).map_err(FileError::of("look at", &spaces))? {
            return Ok(Self::default());
        }
        let path = spaces.join(MANIFEST);
        // A manifest that is missing or damaged only means that no file can be taken over.
        let mut old = Self { exists: true, ..Self::default() };
        if let Ok(bytes) = vfs.read(&path) {
            old.manifest_bytes = bytes.to_vec();
            if let Ok((manifest, _)) = Manifest::read(&path, &bytes, &Limits::default()) {
                old.entries = manifest.files().map(|entry| (entry.path.clone(), entry.clone())).collect();
            }
        }
        Ok(old)
    }
}

impl Drop for GenerationWriter<'_> {
    fn drop(&mut self) {
        self.guard = None;
        if !self.is_abandoned {
            // After a commit the directory has another name, or none. What can not be removed, the next opening removes.
            let _ = self.vfs.remove_dir_all(&self.temp);
        }
    }
}
