//! What a guard and a guarded call are allowed.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::LeakCounter;

/// The time that a plugin call has when nothing else is configured.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// The time that a cancelled call has to end by itself when nothing else is configured.
pub const DEFAULT_GRACE: Duration = Duration::from_millis(200);

/// What one guarded call is allowed, and who answers for it. Made once per plugin and used for every call.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How long the operation may take; `None` means as long as it likes.
    pub timeout: Option<Duration>,
    /// How long an operation that was asked to end is waited for, before its thread counts as leaked.
    pub grace: Duration,
    /// Where leaked threads are counted: one counter per plugin.
    pub owner: Arc<LeakCounter>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { timeout: Some(DEFAULT_TIMEOUT), grace: DEFAULT_GRACE, owner: Arc::default() }
    }
}

/// How a guard keeps its threads.
#[derive(Clone, Debug)]
pub struct GuardOptions {
    /// How many threads may run calls at once, nested calls included; leaked ones do not count.
    pub max_threads: usize,
    /// How many threads may be leaked at once before no further thread is started.
    pub max_leaked: usize,
    /// How many idle threads are kept for good.
    pub keep_idle: usize,
    /// How long further idle threads are kept.
    pub idle_timeout: Duration,
    /// The stack of a thread in bytes. A plugin written in C may well keep large arrays there.
    pub stack_size: usize,
    /// How often a waiting caller asks whether it was interrupted.
    pub poll_interval: Duration,
    /// How long either side looks for the other's answer, yielding, before it goes to sleep. Waking a thread costs more
    /// most calls take; looking for longer than waking costs gains nothing.
    pub spin: Duration,
}

impl Default for GuardOptions {
    fn default() -> GuardOptions {
        // With one processor the other side cannot answer while this one looks.
        let alone = thread::available_parallelism().is_ok_and(|n| n.get() == 1);
        GuardOptions {
            max_threads: 64,
            max_leaked: 64,
            keep_idle: 2,
            idle_timeout: Duration::from_secs(10),
            stack_size: 8 << 20,
            poll_interval: Duration::from_millis(10),
            spin: if alone { Duration::ZERO } else { Duration::from_micros(25) },
        }
    }
}
