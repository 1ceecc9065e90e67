//! How the process of a service is started and kept.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::LoadRequest;
use crate::guard::DEFAULT_GRACE;

/// How the process of a service is started and kept.
#[derive(Clone, Debug)]
pub struct ProcessOptions {
    /// The program that calls [`serve`](super::serve).
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Environment variables on top of those that are inherited.
    pub environment: Vec<(OsString, OsString)>,
    /// What it is to load.
    pub load: LoadRequest,
    /// How long it may take to start and load.
    pub start_timeout: Duration,
    /// How long a cancelled call may go on before the process is killed.
    pub grace: Duration,
    /// When it is started again.
    pub restart: RestartPolicy,
}

/// When a process that has ended is started again: at the next call, if it did not end too often.
///
/// The first restart is immediate; the n-th in the window comes at the earliest `first_delay` · 2ⁿ⁻² after the one
/// before.
#[derive(Clone, Copy, Debug)]
pub struct RestartPolicy {
    /// How many restarts there may be in the window.
    pub limit: usize,
    /// The window.
    pub window: Duration,
    /// The time between the first and the second restart.
    pub first_delay: Duration,
    /// The longest time between two restarts.
    pub max_delay: Duration,
}

impl ProcessOptions {
    /// Returns the usual options for `program` that is to load `load`.
    pub fn new(program: impl Into<PathBuf>, load: LoadRequest) -> ProcessOptions {
        ProcessOptions {
            program: program.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            load,
            start_timeout: Duration::from_secs(10),
            grace: DEFAULT_GRACE,
            restart: RestartPolicy::default(),
        }
    }
}

impl Default for RestartPolicy {
    fn default() -> RestartPolicy {
        RestartPolicy {
            limit: 5,
            window: Duration::from_secs(60),
            first_delay: Duration::from_millis(50),
            max_delay: Duration::from_secs(5),
        }
    }
}
