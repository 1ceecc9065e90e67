//! Holding one generation while it is read, whatever a writer does meanwhile.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use super::redo::Redo;
use crate::error::{FileError, LoadError, OpenError};
use crate::layout::{Layout, TEMP_PREFIX};
use crate::vfs::{self, Bytes, FileId, FileKind, LockMode, Vfs, VfsLock};

/// A dump that replaces the generation between looking and locking makes a reader look again; a store can not be
/// dumped this many times in a row between two system calls.
const ATTEMPTS: usize = 100;

/// One generation of a store, held: it can be read until this is dropped, even after it was replaced.
#[derive(Debug)]
pub struct GenerationReader {
    vfs: Arc<dyn Vfs>,
    layout: Layout,
    id: FileId,
    /// Where the generation was last seen.
    path: Mutex<PathBuf>,
    /// A shared lock on the directory: as long as it is held, the generation is not removed.
    _guard: Box<dyn VfsLock>,
}

impl GenerationReader {
    /// Opens the current generation of the store in the directory `store`. Nothing is written, and no writer waits.
    ///
    /// # Errors
    ///
    /// [`OpenError::NoGeneration`] where no store is, and those of looking at and locking the directory.
    pub fn open(vfs: &Arc<dyn Vfs>, store: &Path) -> Result<Self, OpenError> {
        let layout = Layout::new(store);
        let mut last = None;
        for _ in 0..ATTEMPTS {
            let Some(path) = current(&**vfs, &layout)? else { break };
            match vfs.lock(&path, LockMode::Shared) {
                Ok(guard) => {
                    let id = guard.id().map_err(FileError::of("look at", &path))?;
                    if vfs.metadata(&path).is_ok_and(|metadata| metadata.id == id) {
                        let (vfs, path) = (Arc::clone(vfs), Mutex::new(path));
                        return Ok(Self { vfs, layout, id, path, _guard: guard });
                    }
                }
                // Replaced, or being put away, since we looked.
                Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::WouldBlock) => {
                    last = Some(FileError::of("lock", &path)(error));
                }
                Err(error) => return Err(FileError::of("lock", &path)(error).into()),
            }
            std::thread::yield_now();
        }
        match last {
            Some(error) if error.source.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Err(OpenError::NoGeneration { path: store.to_path_buf() }),
        }
    }

    /// Opens a generation of the store that is not the current one, by its directory.
    pub(super) fn open_at(vfs: &Arc<dyn Vfs>, layout: &Layout, path: PathBuf) -> Result<Self, FileError> {
        let guard = vfs.lock(&path, LockMode::Shared).map_err(FileError::of("lock", &path))?;
        let id = guard.id().map_err(FileError::of("look at", &path))?;
        let (vfs, layout, path) = (Arc::clone(vfs), layout.clone(), Mutex::new(path));
        Ok(Self { vfs, layout, id, path, _guard: guard })
    }

    /// Returns the content of a file of this generation; `path` is relative, with `/`.
    ///
    /// # Errors
    ///
    /// Those of reading.
    pub fn read(&self, path: &str) -> Result<Bytes, LoadError> {
        for _ in 0..ATTEMPTS {
            let dir = self.path.lock().clone();
            let file = dir.join(path);
            let content = self.vfs.read(&file);
            // Only if the directory has been ours all the while, the file is.
            if self.is_ours(&dir) {
                return Ok(content.map_err(FileError::of("read", &file))?);
            }
            if let Some(moved) = self.find() {
                *self.path.lock() = moved;
            }
        }
        let gone =
            io::Error::new(io::ErrorKind::NotFound, "the generation was removed while it was being read");
        Err(FileError::of("read", Path::new(path))(gone).into())
    }

    /// Returns what `f` finds in the directory of this generation, wherever it is; nothing if it was removed. Where it
    /// is moved meanwhile, `f` is called again.
    pub(crate) fn in_place<R>(&self, f: impl Fn(&dyn Vfs, &Path) -> R) -> Option<R> {
        for _ in 0..ATTEMPTS {
            let dir = self.path.lock().clone();
            let found = f(&*self.vfs, &dir);
            if self.is_ours(&dir) {
                return Some(found);
            }
            if let Some(moved) = self.find() {
                *self.path.lock() = moved;
            }
        }
        None
    }

    /// Returns the file system that the generation is on.
    pub(crate) fn vfs(&self) -> &Arc<dyn Vfs> {
        &self.vfs
    }

    /// Returns the paths of the store.
    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Returns the paths of all files of this generation, relative and with `/`, sorted; the user's own, whose names
    /// begin with a dot, are left out.
    ///
    /// # Errors
    ///
    /// Those of listing directories.
    pub fn list(&self) -> Result<Vec<String>, LoadError> {
        for _ in 0..ATTEMPTS {
            let dir = self.path.lock().clone();
            let listed = vfs::tree(&*self.vfs, &dir);
            if self.is_ours(&dir) {
                let files = listed?.into_iter().filter(|entry| entry.kind != FileKind::Dir);
                let mut found: Vec<String> = files.map(|entry| entry.path).collect();
                found.sort_unstable();
                return Ok(found);
            }
            if let Some(moved) = self.find() {
                *self.path.lock() = moved;
            }
        }
        Err(OpenError::NoGeneration { path: self.layout.root().to_path_buf() }.into())
    }

    /// Tells whether this is still the store's current generation.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.is_ours(&self.layout.spaces())
    }

    fn is_ours(&self, dir: &Path) -> bool {
        self.vfs.metadata(dir).is_ok_and(|metadata| metadata.id == self.id)
    }

    /// Returns where the generation is now: current, on its way out, or put away.
    fn find(&self) -> Option<PathBuf> {
        let children = |dir: PathBuf| {
            let entries = self.vfs.read_dir(&dir).unwrap_or_default();
            entries.into_iter().map(move |entry| dir.join(entry.name))
        };
        let is_temp = |path: &PathBuf| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(TEMP_PREFIX))
        };
        let temporary = children(self.layout.root().to_path_buf()).filter(is_temp);
        let mut candidates = temporary.chain(children(self.layout.previous())).chain([self.layout.spaces()]);
        candidates.find(|path| self.is_ours(path))
    }
}

/// Returns the directory of the current generation.
fn current(vfs: &dyn Vfs, layout: &Layout) -> Result<Option<PathBuf>, OpenError> {
    let spaces = layout.spaces();
    let error = match vfs.metadata(&spaces) {
        Ok(metadata) if metadata.kind == FileKind::Dir => return Ok(Some(spaces)),
        Ok(_) => return Err(FileError::of("open", &spaces)(io::ErrorKind::NotADirectory.into()).into()),
        Err(error) => error,
    };
    if error.kind() != io::ErrorKind::NotFound {
        return Err(FileError::of("look at", &spaces)(error).into());
    }
    // Between the two renames of a replacement: the old generation is where the record says, complete.
    let moved = Redo::read(vfs, layout)?.map(|redo| redo.old_path(layout));
    Ok(moved.filter(|old| vfs.metadata(old).is_ok()))
}
