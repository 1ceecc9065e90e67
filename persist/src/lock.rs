//! The lock that makes a process the one writer of a store.
//!
//! Readers do not take it: each holds the generation that it opened, by a shared lock on that directory
//! (see [`GenerationReader`](crate::generation::GenerationReader)), so that a dump never waits for a reader nor the
//! other way round.

use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::error::{FileError, LockError};
use crate::layout::Layout;
use crate::vfs::{self, LockMode, Vfs, VfsLock};

/// The right to write to a store: held by one process at a time, given back when it is dropped.
#[derive(Debug)]
pub struct WriterLock {
    vfs: Arc<dyn Vfs>,
    layout: Layout,
    guard: Box<dyn VfsLock>,
}

impl WriterLock {
    /// Takes the lock of the store in the directory `store`; the directory is made when it does not exist.
    ///
    /// # Errors
    ///
    /// [`LockError::Held`] when another process (or another part of this one) has it, with the process's id.
    pub fn acquire(vfs: &Arc<dyn Vfs>, store: &Path) -> Result<Self, LockError> {
        let layout = Layout::new(store);
        prepare(&**vfs, &layout)?;
        let path = layout.lock();
        loop {
            let mut guard = match vfs.lock(&path, LockMode::Exclusive) {
                Ok(guard) => guard,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Err(LockError::Held { path: store.to_path_buf(), pid: holder(&**vfs, &path) });
                }
                Err(error) => return Err(FileError::of("lock", &path)(error).into()),
            };
            // Someone may have removed `.rps` between opening and locking: a lock on a file without a name locks nobody out.
            let held = guard.id().map_err(FileError::of("look at", &path))?;
            if vfs.metadata(&path).is_ok_and(|metadata| metadata.id == held) {
                let content = format!("pid {}\n", std::process::id());
                guard.set_content(content.as_bytes()).map_err(FileError::of("write", &path))?;
                return Ok(Self { vfs: Arc::clone(vfs), layout, guard });
            }
            prepare(&**vfs, &layout)?;
        }
    }

    /// Returns the file system that the store is on.
    #[must_use]
    pub fn vfs(&self) -> &Arc<dyn Vfs> {
        &self.vfs
    }

    /// Returns the paths of the store.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }
}

impl Drop for WriterLock {
    fn drop(&mut self) {
        // A stale id misleads nobody while the file is not locked; removing it is only tidy.
        let _ = self.guard.set_content(b"");
    }
}

/// Makes the directories and the file of the lock, as far as they are missing.
fn prepare(vfs: &dyn Vfs, layout: &Layout) -> Result<(), FileError> {
    let private = layout.private();
    vfs::create_dirs(vfs, &private).map_err(FileError::of("make the directory", &private))?;
    create_with(vfs, &layout.lock(), b"")?;
    // Nothing in here belongs in git.
    create_with(vfs, &private.join(".gitignore"), b"*\n")
}

fn create_with(vfs: &dyn Vfs, path: &Path, content: &[u8]) -> Result<(), FileError> {
    match vfs.create(path) {
        Ok(mut file) => file.write_all(content).map_err(FileError::of("write", path)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(FileError::of("create", path)(error)),
    }
}

/// Returns the process that writes to a store, if there is one: its id, if it left it.
pub(crate) fn writer(vfs: &dyn Vfs, layout: &Layout) -> Option<Option<u32>> {
    let path = layout.lock();
    // A writer empties the file when it goes: then there is no need to touch its lock, which might be in the way of another.
    let pid = holder(vfs, &path)?;
    let tried = vfs.lock(&path, LockMode::Shared);
    tried.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock).then_some(Some(pid))
}

/// Returns the id of the process that wrote itself into the lock.
pub(crate) fn holder(vfs: &dyn Vfs, path: &Path) -> Option<u32> {
    let content = vfs.read(path).ok()?;
    std::str::from_utf8(&content).ok()?.strip_prefix("pid ")?.trim_end().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vfs::RealVfs;
    use crate::vfs::memory::MemoryVfs;

    #[test]
    fn a_second_writer_is_refused_and_told_who_holds_the_store() {
        let dir = tempfile::tempdir().unwrap();
        let vfs: Arc<dyn Vfs> = Arc::new(RealVfs);
        let store = dir.path().join("deep/store");
        let first = WriterLock::acquire(&vfs, &store).unwrap();
        let error = WriterLock::acquire(&vfs, &store).unwrap_err();
        assert_eq!(error.code(), "store::locked");
        assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
        assert!(error.hint().unwrap().contains("open it for reading"));
        drop(first);
        WriterLock::acquire(&vfs, &store).unwrap();
        assert_eq!(std::fs::read_to_string(store.join(".rps/.gitignore")).unwrap(), "*\n");
    }

    #[test]
    fn a_lock_whose_file_was_removed_does_not_count() {
        let memory = MemoryVfs::new();
        let vfs: Arc<dyn Vfs> = Arc::new(memory.clone());
        let _first = WriterLock::acquire(&vfs, Path::new("/s")).unwrap();
        memory.remove_dir_all(Path::new("/s/.rps")).unwrap();
        let second = WriterLock::acquire(&vfs, Path::new("/s")).unwrap();
        assert_eq!(second.layout().root(), Path::new("/s"));
    }

    #[test]
    fn a_file_in_the_place_of_the_store_is_named() {
        let memory = MemoryVfs::new();
        memory.create(Path::new("/s")).unwrap();
        let vfs: Arc<dyn Vfs> = Arc::new(memory);
        assert_eq!(WriterLock::acquire(&vfs, Path::new("/s")).unwrap_err().code(), "store::not-a-directory");
    }
}
