//! Why a journal can not be read, and why a commit was not made.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::Code;
use crate::error::{FileError, PayloadError, coded};

/// Why the journal of a store can not be read. Nothing was changed: what it holds is still there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// An operation on files failed.
    #[error(transparent)]
    File(#[from] FileError),
    /// The commits were made to another generation than the one in the store.
    #[error("`{}` holds {records} that were made to another generation than the one in the store", path.display(), records = counted(*commits))]
    OtherBase {
        /// The directory of the journal.
        path: PathBuf,
        /// How many commits there are.
        commits: u64,
    },
    /// The generation was replaced while it was open, and not by a dump of the process that has it open.
    #[error("`{}` is another generation than the one that was loaded", path.display())]
    Replaced {
        /// The manifest.
        path: PathBuf,
    },
    /// Commits between two segments are missing.
    #[error("`{}` begins with commit {found}, and commit {expected} is missing", path.display())]
    Gap {
        /// The segment after the gap.
        path: PathBuf,
        /// The commit that is missing.
        expected: u64,
        /// The commit that is there.
        found: u64,
    },
    /// A record is damaged that was written to its end, as others were written after it.
    #[error("`{}` is damaged: {detail}", path.display())]
    Damaged {
        /// The segment.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// A segment has a format of another version.
    #[error("`{}` has version {version} of the format, and this version reads {known}", path.display(), known = super::format::VERSION)]
    Format {
        /// The segment.
        path: PathBuf,
        /// The version that it says.
        version: u32,
    },
}

/// Why a commit was not made. The changes are as they were: the next commit or dump will hold them.
///
/// When making a record durable failed, the record may be found by the next opening all the same: nobody can know what a
/// disk that fails has kept. What is found is then the state that was to be committed, never a part of it.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// An operation on files failed.
    #[error("{0}: {source}", source = .0.source)]
    File(Arc<FileError>),
    /// The journal that is there can not be gone on with.
    #[error("{0}")]
    Journal(Arc<JournalError>),
    /// The store was opened for reading.
    #[error("the store was opened for reading: nothing can be committed to it")]
    ReadOnly,
    /// There is no generation that commits could be made to.
    #[error(
        "nothing was dumped to the store yet, and nothing loaded from it: there is nothing that a commit could be made to"
    )]
    Unbased,
    /// This thread is in a transaction, or it is asked for the state of a plugin by a dump.
    #[error("a transaction is under way, or a dump is beginning: nothing can be committed before its end")]
    InTransaction,
    /// The runtime belongs to another store, which is still open.
    #[error("what changed is to be committed to the store that was loaded, and this is another one")]
    OtherStore,
    /// A payload could not be written.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// The thread that made the commit for several panicked.
    #[error("the commit was abandoned: {detail}")]
    Abandoned {
        /// What happened.
        detail: String,
    },
}

impl From<FileError> for CommitError {
    fn from(error: FileError) -> CommitError {
        CommitError::File(Arc::new(error))
    }
}

impl From<JournalError> for CommitError {
    fn from(error: JournalError) -> CommitError {
        match error {
            JournalError::File(error) => error.into(),
            error => CommitError::Journal(Arc::new(error)),
        }
    }
}

impl From<JournalError> for FileError {
    /// Returns the error of a dump that found the journal unreadable.
    fn from(error: JournalError) -> FileError {
        match error {
            JournalError::File(error) => error,
            JournalError::OtherBase { ref path, .. }
            | JournalError::Replaced { ref path }
            | JournalError::Gap { ref path, .. }
            | JournalError::Damaged { ref path, .. }
            | JournalError::Format { ref path, .. } => {
                FileError { action: "read", path: path.clone(), source: io::Error::other(error.to_string()) }
            }
        }
    }
}

coded!(JournalError, self => match self {
    Self::File(error) => error.code(),
    Self::OtherBase { .. } | Self::Replaced { .. } => Code::JournalOtherBase,
    Self::Gap { .. } => Code::JournalGap,
    Self::Damaged { .. } => Code::JournalDamaged,
    Self::Format { .. } => Code::JournalFormat,
}, match self {
    Self::Replaced { .. } => Some("put back the generation that was loaded, or dump: that replaces the one that is there".to_owned()),
    _ => None,
});

coded!(CommitError, self => match self {
    Self::File(error) => error.code(),
    Self::Journal(error) => error.as_code(),
    Self::ReadOnly => Code::CommitReadOnly,
    Self::Unbased => Code::CommitUnbased,
    Self::OtherStore => Code::CommitOtherStore,
    Self::InTransaction => Code::CommitInTransaction,
    Self::Payload(error) => error.code,
    Self::Abandoned { .. } => Code::CommitAbandoned,
}, match self {
    Self::Payload(error) => error.hint.clone(),
    Self::Journal(error) => error.hint(),
    _ => None,
});

fn counted(count: u64) -> String {
    if count == 1 { "1 commit".to_owned() } else { format!("{count} commits") }
}
