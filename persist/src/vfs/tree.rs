//! What several parts of the crate do with the directories of generations.

use std::path::{Path, PathBuf};

use super::{FileKind, Vfs, is_absent};
use crate::error::FileError;

/// An entry below a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TreeEntry {
    /// The path relative to the directory, with `/`.
    pub(crate) path: String,
    /// Where it is.
    pub(crate) place: PathBuf,
    pub(crate) kind: FileKind,
}

/// Returns what is below a directory, each directory before what is in it. Names that begin with a dot are the user's own, and
/// are left out.
pub(crate) fn tree(vfs: &dyn Vfs, dir: &Path) -> Result<Vec<TreeEntry>, FileError> {
    let mut found = Vec::new();
    add(vfs, dir, "", &mut found)?;
    Ok(found)
}

fn add(vfs: &dyn Vfs, dir: &Path, prefix: &str, found: &mut Vec<TreeEntry>) -> Result<(), FileError> {
    for entry in vfs.read_dir(dir).map_err(FileError::of("list", dir))? {
        let name = entry.name.to_string_lossy();
        if name.starts_with('.') {
            continue;
        }
        let (path, place, kind) = (format!("{prefix}{name}"), dir.join(&entry.name), entry.kind);
        let below = format!("{path}/");
        found.push(TreeEntry { path, place: place.clone(), kind });
        if kind == FileKind::Dir {
            add(vfs, &place, &below, found)?;
        }
    }
    Ok(())
}

/// Gives a file a second name, or makes a durable copy where that can not be.
pub(crate) fn link_or_copy(vfs: &dyn Vfs, from: &Path, to: &Path) -> Result<(), FileError> {
    if vfs.hard_link(from, to).is_ok() {
        return Ok(());
    }
    let content = vfs.read(from).map_err(FileError::of("read", from))?;
    write_durably(vfs, to, &content)
}

/// Creates a file with a content that is durable; its name is not.
pub(crate) fn write_durably(vfs: &dyn Vfs, path: &Path, content: &[u8]) -> Result<(), FileError> {
    let mut file = vfs.create(path).map_err(FileError::of("create", path))?;
    file.write_all(content).and_then(|()| file.sync()).map_err(FileError::of("write", path))
}

/// Tells whether something exists at a path.
pub(crate) fn exists(vfs: &dyn Vfs, path: &Path) -> Result<bool, FileError> {
    is_absent(vfs, path).map(|absent| !absent).map_err(FileError::of("look at", path))
}
