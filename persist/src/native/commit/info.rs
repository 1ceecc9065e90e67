//! What a journal holds, for somebody who looks at it.

use std::path::Path;

use super::overlay::Overlay;
use crate::journal::{self, JournalError};
use crate::layout::Layout;
use crate::vfs::Vfs;

/// What a journal holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct JournalInfo {
    /// Whether the commits were made to the generation that is in the store; true if there are none.
    pub is_of_generation: bool,
    /// Whether the journal ends with a commit that was interrupted, and does not count.
    pub is_torn: bool,
    /// The commits, in their order.
    pub commits: Vec<CommitInfo>,
    /// How many objects they wrote or removed, each counted once.
    pub objects: usize,
}

/// What one commit holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommitInfo {
    /// The number of the commit.
    pub number: u64,
    /// The number of the segment that it is in.
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

/// Returns what the journal of a store holds: the commits that were made to the generation in the store, or if there are
/// others, all of them. Nothing is locked and nothing changed.
///
/// # Errors
///
/// Those of reading, and what is wrong with the journal.
pub fn journal_info(vfs: &dyn Vfs, root: &Path) -> Result<JournalInfo, JournalError> {
    let (chain, is_of_generation) = journal::inspect(vfs, &Layout::new(root))?;
    let overlay = Overlay::read(chain)?;
    let commits = overlay.commits().map(|(entry, text)| CommitInfo {
        number: entry.number,
        segment: entry.segment,
        bytes: entry.content.len() as u64,
        objects: text.spaces.iter().map(|space| space.records.len()).sum(),
        removed: text.removed.len(),
        changes_graph: text.graph.is_some(),
    });
    let (commits, is_torn) = (commits.collect(), overlay.chain().is_torn());
    Ok(JournalInfo { is_of_generation, is_torn, commits, objects: overlay.changed().len() })
}
