//! Looking at a journal, and giving it up.

use super::chain::{self, Select};
use super::directory::Directory;
use super::error::JournalError;
use crate::error::FileError;
use crate::layout::{Layout, MANIFEST};
use crate::lock::WriterLock;
use crate::vfs::Vfs;

/// What a journal holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct JournalInfo {
    /// Whether the commits are to the generation that is in the store; true if there are none.
    pub is_of_generation: bool,
    /// Whether the journal ends with a commit that was interrupted, and does not count.
    pub is_torn: bool,
    /// The commits, in their order.
    pub commits: Vec<CommitInfo>,
}

/// What one commit holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommitInfo {
    /// The number of the commit.
    pub number: u64,
    /// The segment that it is in.
    pub segment: u64,
    /// How many bytes it has.
    pub bytes: u64,
    /// How many objects it wrote.
    pub objects: usize,
    /// How many objects it removed.
    pub removed: usize,
    /// Whether it changed the roots, the constants or the annotations.
    pub changes_graph: bool,
}

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
    directory.remove_before(vfs, u64::MAX)?;
    directory.sync(vfs)
}
