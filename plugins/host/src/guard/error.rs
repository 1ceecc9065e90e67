//! How a guarded call can go wrong.

use std::io;
use std::time::Duration;

use thiserror::Error;

/// Why a guarded call gave no result; `E` is the error of the operation itself.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GuardError<E> {
    /// The deadline passed. The operation was asked to end; it is never tried again by the guard.
    #[error("Plugin timed out after {after:?}")]
    Timeout {
        /// The time that it was given.
        after: Duration,
    },
    /// The operation panicked. The thread that ran it goes on.
    #[error("Plugin panicked during execution: {message}")]
    Panicked {
        /// What the panic said.
        message: String,
    },
    /// The user gave up.
    #[error("Plugin call cancelled")]
    Cancelled,
    /// The operation ended with an error of its own.
    #[error("{0}")]
    Failed(E),
    /// No thread was free and no more may be started; the operation did not begin.
    #[error("Too many plugin calls at once: {running} running, {leaked} abandoned that do not end")]
    Busy {
        /// How many calls are running or waited for.
        running: usize,
        /// How many threads are lost in calls that ignore their cancel flag.
        leaked: usize,
    },
    /// The system gave no thread; the operation did not begin.
    #[error("No thread for a plugin call: {0}")]
    NoThread(io::Error),
}

impl<E> GuardError<E> {
    /// Returns the stable code of this kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            GuardError::Timeout { .. } => "plugin::timeout",
            GuardError::Panicked { .. } => "plugin::panic",
            GuardError::Cancelled => "plugin::cancelled",
            GuardError::Failed(_) => "plugin::failed",
            GuardError::Busy { .. } | GuardError::NoThread(_) => "plugin::busy",
        }
    }

    /// Returns the same error with the operation's own error changed by `change`.
    pub fn map_failed<F>(self, change: impl FnOnce(E) -> F) -> GuardError<F> {
        match self {
            GuardError::Timeout { after } => GuardError::Timeout { after },
            GuardError::Panicked { message } => GuardError::Panicked { message },
            GuardError::Cancelled => GuardError::Cancelled,
            GuardError::Failed(error) => GuardError::Failed(change(error)),
            GuardError::Busy { running, leaked } => GuardError::Busy { running, leaked },
            GuardError::NoThread(error) => GuardError::NoThread(error),
        }
    }
}
