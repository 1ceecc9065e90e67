//! Looking at a journal, and giving it up.

use super::chain::{self, Select};
use super::directory::Directory;
use super::error::JournalError;
use crate::error::FileError;
use crate::layout::{Layout, MANIFEST};
use crate::lock::WriterLock;
use crate::vfs::Vfs;

/// Returns the commits that belong to the generation in a store, or if there are none all that there are, and whether
/// they do.
pub(crate) fn inspect(vfs: &dyn Vfs, layout: &Layout) -> Result<(chain::Chain, bool), JournalError> {
    let path = layout.spaces().join(MANIFEST);
    let manifest = blake3::hash(&vfs.read(&path).map_err(FileError::of("read", &path))?);
    match chain::read(vfs, layout, Select::Of(&manifest)) {
        Err(JournalError::OtherBase { .. }) => Ok((chain::read(vfs, layout, Select::All)?, false)),
        found => Ok((found?, true)),
    }
}

/// Returns how many commits there are that no dump has taken over, whatever generation they were made to.
pub(crate) fn undumped(vfs: &dyn Vfs, layout: &Layout) -> Result<usize, JournalError> {
    if !has_segments(vfs, layout)? {
        return Ok(0);
    }
    inspect(vfs, layout).map(|(chain, _)| chain.len())
}

/// Tells whether there is anything that may hold a commit.
pub(crate) fn has_segments(vfs: &dyn Vfs, layout: &Layout) -> Result<bool, FileError> {
    Ok(!Directory::of(layout).list(vfs)?.segments.is_empty())
}

/// Removes the journal of a store: what was committed since the last dump is lost.
///
/// # Errors
///
/// Those of removing; what was committed may be there in part, then, and the next opening says so.
pub fn discard(lock: &WriterLock) -> Result<(), FileError> {
    let (vfs, directory) = (&**lock.vfs(), Directory::of(lock.layout()));
    if vfs.metadata(&lock.layout().journal()).is_err() {
        return Ok(());
    }
    directory.remove_before(vfs, u64::MAX, None)?;
    directory.sync(vfs)
}
