//! How a call of a service in its own process can go wrong.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use thiserror::Error;

/// Why a service in its own process gave no result. The request is never sent a second time.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProcessError {
    /// The program of the child could not be started.
    #[error("cannot start {program:?}: {source}")]
    Start {
        /// The program.
        program: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The child started but could not load the plugin.
    #[error("Plugin loading failed: {message}")]
    Load {
        /// What the child says.
        message: String,
    },
    /// The deadline passed.
    #[error("Plugin timed out after {after:?}")]
    Timeout {
        /// The time that the call was given.
        after: Duration,
    },
    /// The user gave up.
    #[error("Plugin call cancelled")]
    Cancelled,
    /// The service ended with an error of its own.
    #[error("Plugin execution failed: {message}")]
    Failed {
        /// What the service says.
        message: String,
    },
    /// The service panicked; its process goes on.
    #[error("Plugin panicked during execution: {message}")]
    Panicked {
        /// What the panic said.
        message: String,
    },
    /// The process ended while the call was running. The next call starts a new one.
    #[error("the process of the plugin ended with {status}{}", last_words(.stderr))]
    Crashed {
        /// Its exit status or the signal that ended it.
        status: ExitStatus,
        /// The last lines that it wrote to its standard error.
        stderr: String,
    },
    /// The host ended the process while the call was running, for another reason than this call.
    #[error("the process of the plugin was ended: {reason}")]
    Killed {
        /// Why.
        reason: &'static str,
    },
    /// The process did not keep to the protocol and was ended.
    #[error("the process of the plugin sent {message}{}", last_words(.stderr))]
    Protocol {
        /// What it sent.
        message: String,
        /// The last lines that it wrote to its standard error.
        stderr: String,
    },
    /// The input does not fit into a frame; nothing was sent.
    #[error("an input of {size} bytes, more than the {max} that fit into a frame")]
    TooLarge {
        /// The size of the input with the name of the service.
        size: usize,
        /// The most that fits.
        max: usize,
    },
    /// The process ended too often in a short time; it is not started again until it is asked for.
    #[error(
        "the process of the plugin ended {restarts} times in {window:?} and is not started again; last: {last}"
    )]
    RestartLimit {
        /// How often it was started again.
        restarts: usize,
        /// In which time.
        window: Duration,
        /// How it ended the last time.
        last: String,
    },
    /// The service was shut down.
    #[error("the service is shut down")]
    ShutDown,
}

impl ProcessError {
    /// Returns the stable code of this kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            ProcessError::Start { .. } | ProcessError::Load { .. } => "plugin::load-failed",
            ProcessError::Timeout { .. } => "plugin::timeout",
            ProcessError::Cancelled => "plugin::cancelled",
            ProcessError::Failed { .. } => "plugin::failed",
            ProcessError::Panicked { .. } => "plugin::panic",
            ProcessError::Crashed { .. } | ProcessError::Killed { .. } => "plugin::crashed",
            ProcessError::Protocol { .. } => "plugin::protocol",
            ProcessError::TooLarge { .. } => "plugin::too-large",
            ProcessError::RestartLimit { .. } => "plugin::restart-limit",
            ProcessError::ShutDown => "plugin::shut-down",
        }
    }
}

fn last_words(stderr: &str) -> String {
    if stderr.is_empty() { String::new() } else { format!("; it said:\n{stderr}") }
}
