//! What becomes of the journal when another generation takes the place of the one that the commits were made to.
//!
//! The commits are put aside, whole: on another generation they would say something else. When the generation comes back that
//! they were made to, so do they. The markers of the journal do not tell which that is: those of older generations are
//! there for longer than they are needed.
//!
//! That happens after the new generation is in its place. Where the process dies in between, the next opening finds a journal
//! of another generation and says so; the other way round it would find the old generation without its commits.

use std::path::{Path, PathBuf};

use crate::error::FileError;
use crate::journal::{self, JournalError, Select};
use crate::layout::{Layout, MANIFEST};
use crate::vfs::{self, Vfs};

/// The name of the journal in a quarantine.
const JOURNAL: &str = "journal";

/// The name of the file beside it with the hash of the manifest of the generation that it belongs to.
const NOTE: &str = "generation";

/// A journal that does not belong to a generation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Commits {
    /// How many commits it holds, if it can be read.
    pub count: Option<u64>,
    /// Where it is now, in the directory of the store; nothing while it is still in its place.
    pub place: Option<PathBuf>,
    /// Whether what they say is part of the generation that is there now.
    pub is_taken: bool,
}

/// Returns the journal of a store if it holds commits to the generation with the manifest `before`, or to another one, and
/// not to that with the manifest `after`.
pub(crate) fn foreign(
    vfs: &dyn Vfs,
    layout: &Layout,
    before: &[u8],
    after: &[u8],
) -> Result<Option<Commits>, FileError> {
    let dir = layout.journal();
    if before == after || vfs::is_absent(vfs, &dir).map_err(FileError::of("look at", &dir))? {
        return Ok(None);
    }
    let count = match journal::read(vfs, layout, Select::Of(&blake3::hash(before))) {
        Ok(chain) if chain.len() == 0 => return Ok(None),
        Ok(chain) => Some(chain.len() as u64),
        Err(JournalError::OtherBase { .. }) if is_marked(vfs, &dir, after)? => return Ok(None),
        Err(JournalError::OtherBase { commits, .. }) => Some(commits),
        Err(_) => None,
    };
    Ok(Some(Commits { count, ..Commits::default() }))
}

/// Moves the journal into the directory of a quarantine, and notes there which generation it belongs to.
pub(crate) fn set_aside(
    vfs: &dyn Vfs,
    layout: &Layout,
    place: &Path,
    before: &[u8],
) -> Result<PathBuf, FileError> {
    let note = place.join(NOTE);
    let text = format!("{}\n", blake3::hash(before).to_hex());
    vfs::write_durably(vfs, &note, text.as_bytes())?;
    let (from, to) = (layout.journal(), place.join(JOURNAL));
    vfs.rename(&from, &to).map_err(FileError::of("rename", &from))?;
    for dir in [place, &layout.private()] {
        vfs.sync_dir(dir).map_err(FileError::of("sync the directory", dir))?;
    }
    Ok(to.strip_prefix(layout.root()).unwrap_or(&to).to_path_buf())
}

/// Brings back the commits to a generation that were put aside, if there are any and no others are in their place.
pub(crate) fn bring_back(vfs: &dyn Vfs, layout: &Layout, manifest: &[u8]) -> Result<Option<u64>, FileError> {
    let (to, aside) = (layout.journal(), layout.quarantine());
    let is_absent = |path: &Path| vfs::is_absent(vfs, path).map_err(FileError::of("look at", path));
    let is_free =
        is_absent(&to)? || journal::read(vfs, layout, Select::All).is_ok_and(|chain| chain.len() == 0);
    if !is_free || is_absent(&aside)? {
        return Ok(None);
    }
    let hash = blake3::hash(manifest).to_hex();
    let entries = vfs.read_dir(&aside).map_err(FileError::of("list", &aside))?;
    for entry in entries.iter().rev() {
        let place = aside.join(&entry.name);
        let from = place.join(JOURNAL);
        let is_of_it = vfs.read(&place.join(NOTE)).is_ok_and(|note| note.trim_ascii_end() == hash.as_bytes());
        if !is_of_it || vfs.metadata(&from).is_err() {
            continue;
        }
        if !is_absent(&to)? {
            vfs.remove_dir_all(&to).map_err(FileError::of("remove", &to))?;
        }
        vfs.rename(&from, &to).map_err(FileError::of("rename", &from))?;
        for dir in [&place, &layout.private()] {
            vfs.sync_dir(dir).map_err(FileError::of("sync the directory", dir))?;
        }
        return Ok(journal::read(vfs, layout, Select::All).ok().map(|chain| chain.len() as u64));
    }
    Ok(None)
}

/// Returns the manifest of the current generation.
pub(crate) fn manifest(vfs: &dyn Vfs, layout: &Layout) -> Vec<u8> {
    manifest_in(vfs, &layout.spaces())
}

/// Returns the manifest of the generation in a directory; nothing if it has none.
pub(crate) fn manifest_in(vfs: &dyn Vfs, dir: &Path) -> Vec<u8> {
    vfs.read(&dir.join(MANIFEST)).map_or_else(|_| Vec::new(), |bytes| bytes.to_vec())
}

/// Tells whether a marker in a directory names the generation with a manifest.
fn is_marked(vfs: &dyn Vfs, dir: &Path, manifest: &[u8]) -> Result<bool, FileError> {
    let marker = format!("-{}.base", blake3::hash(manifest).to_hex());
    let entries = vfs.read_dir(dir).map_err(FileError::of("list", dir))?;
    Ok(entries.iter().any(|entry| entry.name.to_string_lossy().ends_with(&marker)))
}
