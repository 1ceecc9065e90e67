//! Why an operation on a store failed: one enum per operation.
//!
//! An error ends the operation. What is wrong *inside* files is not an error of its own but a [`Report`](crate::Report)
//! of all problems; [`LoadError::Unsound`] carries one.

use std::io;
use std::path::{Path, PathBuf};

use rps_runtime::Oid;
use rps_runtime::extension::ExtensionError;

use crate::journal::JournalError;
use crate::{Code, Report};

/// An operation on files that failed: what was tried, where, and what the operating system said.
#[derive(Debug, thiserror::Error)]
#[error("can not {action} `{}`", path.display())]
pub struct FileError {
    /// What was tried, as in "can not … the file".
    pub action: &'static str,
    /// The path that it was tried on.
    pub path: PathBuf,
    /// What the operating system said.
    pub source: io::Error,
}

/// Why a store was not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// An operation on files failed.
    #[error(transparent)]
    File(#[from] FileError),
    /// The lock was not to be had.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// What was committed since the generation was dumped can not be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// There is no generation: neither `spaces/` nor a redo record that leads to one.
    #[error("there is no store in `{}`: it has no `spaces` directory", path.display())]
    NoGeneration {
        /// The directory of the store.
        path: PathBuf,
    },
    /// The record of a dump that was interrupted can not be understood.
    #[error("`{}` is damaged: {detail}", path.display())]
    BadRedo {
        /// The redo record.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
}

/// Why a store was not loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The store was not opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// An operation on files failed.
    #[error(transparent)]
    File(#[from] FileError),
    /// What was committed since the generation was dumped can not be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The content has errors; all of them are in the report.
    #[error("the store is not sound\n{0}")]
    Unsound(Report),
}

/// Why a dump was given up. The generation before it is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DumpError {
    /// An operation on files failed.
    #[error(transparent)]
    File(#[from] FileError),
    /// The lock was not to be had.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The dump contradicts itself, for example by a manifest that lists a file which was not written.
    #[error("the dump contradicts itself: {detail}")]
    Misuse {
        /// The contradiction.
        detail: String,
    },
    /// There are commits that no dump has taken over, and the generation that they were made to would be replaced.
    #[error("the journal of `{}` holds {}, which would be left behind", path.display(), counted(*commits))]
    Commits {
        /// The directory of the store.
        path: PathBuf,
        /// How many.
        commits: usize,
    },
    /// The thread that dumps is in a transaction, half of which would be dumped, or it is asked for the state of a plugin by
    /// another dump.
    #[error("a dump within a transaction would show half of it, and one dump can not begin within another")]
    InTransaction,
    /// Not all objects of the store that was opened can be told, so they can not be written.
    #[error("the objects of the store can not all be read: {detail}")]
    Unreadable {
        /// Which file, and why.
        detail: String,
    },
    /// A payload could not be written.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// A codec could not encode a file, or not so that it can be read again.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// Somebody who is told of dumps refused this one.
    #[error("the dump was refused by `{}`: {source}", source.plugin)]
    Refused {
        /// Why.
        source: ExtensionError,
    },
    /// A state could not be saved, and the dump was to be complete.
    #[error("the state `{id}` was not saved: {source}")]
    State {
        /// Whose it is.
        id: String,
        /// What its plugin says.
        source: ExtensionError,
    },
    /// A step failed, and undoing the steps before it failed too. Opening the store again finishes or undoes them.
    #[error("the dump was interrupted halfway, and undoing it failed as well: {undo}")]
    Interrupted {
        /// Why the step failed.
        source: FileError,
        /// Why the undoing failed.
        undo: FileError,
    },
}

/// Why the payload of an object could not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the payload `{type_name}` of {oid} can not be written: {message}")]
#[non_exhaustive]
pub struct PayloadError {
    /// The object.
    pub oid: Oid,
    /// The name of the payload's type.
    pub type_name: String,
    /// The stable code: the plugin's own where it failed.
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// What the plugin says one can do about it.
    pub hint: Option<String>,
}

/// Why a codec was not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the codec `{codec}` can not be used for `{path}`: {message}")]
#[non_exhaustive]
pub struct CodecError {
    /// The name of the codec.
    pub codec: String,
    /// The file, below `spaces/`.
    pub path: String,
    /// The stable code: the plugin's own where it failed.
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// What the plugin says one can do about it.
    pub hint: Option<String>,
}

/// Why a lock was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// An operation on files failed.
    #[error(transparent)]
    File(#[from] FileError),
    /// Another process writes to the store.
    #[error("the store `{}` is in use by {}", path.display(), holder(*pid))]
    Held {
        /// The directory of the store.
        path: PathBuf,
        /// The process that holds it, if it left its id.
        pid: Option<u32>,
    },
}

fn counted(commits: usize) -> String {
    if commits == 1 { "1 commit".to_owned() } else { format!("{commits} commits") }
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

impl FileError {
    /// Returns a function that dresses an [`io::Error`] with what was tried; for `map_err`.
    pub fn of(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self { action, path: path.to_path_buf(), source }
    }

    /// Returns the stable code for the kind of the error.
    #[must_use]
    pub fn code(&self) -> Code {
        code_of(&self.source)
    }
}

/// Returns the stable code for the kind of an [`io::Error`].
#[must_use]
pub fn code_of(error: &io::Error) -> Code {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::NotFound => Code::NotFound,
        Kind::NotADirectory => Code::NotADirectory,
        Kind::PermissionDenied | Kind::ReadOnlyFilesystem => Code::Permission,
        Kind::StorageFull | Kind::QuotaExceeded => Code::DiskFull,
        Kind::FileTooLarge => Code::TooLarge,
        _ => Code::Io,
    }
}

/// Gives an error enum its stable `code` and `hint`; the match is all that differs between them.
macro_rules! coded {
    ($error:ident, $self:ident => $code:expr, $hint:expr) => {
        impl $error {
            /// Returns the stable code, such as `store::disk-full`.
            #[must_use]
            pub fn code(&self) -> &'static str {
                self.as_code().as_str()
            }

            /// Returns the stable code as a [`Code`].
            #[must_use]
            pub fn as_code(&$self) -> Code {
                $code
            }

            /// Returns what one can do about it.
            #[must_use]
            pub fn hint(&$self) -> Option<String> {
                let special: Option<String> = $hint;
                special.or_else(|| $self.as_code().hint().map(str::to_owned))
            }
        }
    };
}

pub(crate) use coded;

coded!(OpenError, self => match self {
    Self::File(error) => error.code(),
    Self::Lock(error) => error.as_code(),
    Self::Journal(error) => error.as_code(),
    Self::NoGeneration { .. } => Code::NotFound,
    Self::BadRedo { .. } => Code::BadRecord,
}, match self {
    Self::Lock(error) => error.hint(),
    Self::Journal(error) => error.hint(),
    Self::NoGeneration { .. } => Some("check the path; a new store comes into being with its first dump".to_owned()),
    Self::BadRedo { .. } => Some("look for the newest complete directory (one with a manifest.json) in the store, \
        name it `spaces`, and remove the record".to_owned()),
    Self::File(_) => None,
});

coded!(LoadError, self => match self {
    Self::Open(error) => error.as_code(),
    Self::File(error) => error.code(),
    Self::Journal(error) => error.as_code(),
    Self::Unsound(report) => first_error(report),
}, match self {
    Self::Open(error) => error.hint(),
    Self::Journal(error) => error.hint(),
    Self::File(_) => None,
    Self::Unsound(_) => Some("`rps check` lists the problems; mend the files, or take them from git, from a backup or from .rps/previous".to_owned()),
});

coded!(DumpError, self => match self {
    Self::File(error) | Self::Interrupted { source: error, .. } => error.code(),
    Self::Lock(error) => error.as_code(),
    Self::Misuse { .. } => Code::Misuse,
    Self::Unreadable { .. } => Code::Unreadable,
    Self::Commits { .. } => Code::UndumpedCommits,
    Self::InTransaction => Code::InTransaction,
    Self::Payload(error) => error.code,
    Self::Codec(error) => error.code,
    Self::Refused { source } | Self::State { source, .. } => Code::Foreign(source.code),
}, match self {
    Self::Lock(error) => error.hint(),
    Self::Payload(error) => error.hint.clone(),
    Self::Codec(error) => error.hint.clone(),
    Self::Refused { source } | Self::State { source, .. } => source.hint.clone(),
    Self::Interrupted { .. } => Some("open the store again: that finishes or undoes the dump".to_owned()),
    Self::File(_) | Self::Misuse { .. } | Self::Unreadable { .. } | Self::Commits { .. } | Self::InTransaction => None,
});

coded!(LockError, self => match self {
    Self::File(error) => error.code(),
    Self::Held { .. } => Code::Locked,
}, match self {
    Self::Held { pid: Some(pid), .. } => {
        Some(format!("wait until process {pid} has closed the store, or open it for reading"))
    }
    _ => None,
});

/// Returns the code of the first problem that is an error.
fn first_error(report: &Report) -> Code {
    let error = report.problems().iter().find(|problem| problem.severity == crate::Severity::Error);
    error.map_or(Code::Io, |problem| problem.code)
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;
    use crate::Problem;

    #[test]
    fn kinds_of_io_errors_become_codes() {
        let code = |errno| {
            FileError::of("write", Path::new("/s/x"))(io::Error::from_raw_os_error(errno)).code().as_str()
        };
        use rustix::io::Errno;
        assert_eq!(code(Errno::NOENT.raw_os_error()), "store::not-found");
        assert_eq!(code(Errno::NOTDIR.raw_os_error()), "store::not-a-directory");
        assert_eq!(code(Errno::ACCESS.raw_os_error()), "store::permission");
        assert_eq!(code(Errno::ROFS.raw_os_error()), "store::permission");
        assert_eq!(code(Errno::NOSPC.raw_os_error()), "store::disk-full");
        assert_eq!(code(Errno::DQUOT.raw_os_error()), "store::disk-full");
        assert_eq!(code(Errno::IO.raw_os_error()), "store::io");
    }

    #[test]
    fn errors_carry_code_hint_and_source() {
        let full = FileError::of("write", Path::new("spaces/core.json"))(io::ErrorKind::StorageFull.into());
        let error = DumpError::from(full);
        assert_eq!(error.to_string(), "can not write `spaces/core.json`");
        assert_eq!(error.code(), "store::disk-full");
        assert!(error.hint().unwrap().contains("nothing of the store was changed"));
        assert!(error.source().is_some(), "what the operating system said is not lost");
        let held = OpenError::from(LockError::Held { path: "s".into(), pid: Some(17) });
        assert_eq!(held.code(), "store::locked");
        assert!(held.to_string().contains("process 17") && held.hint().unwrap().contains("process 17"));
        let report =
            [Problem::lenient(Code::OldForm, "a", "old"), Problem::error(Code::DuplicateOid, "a", "twice")];
        assert_eq!(LoadError::Unsound(report.into_iter().collect()).code(), "store::duplicate-oid");
    }
}
