//! Guarded calls: a deadline, a cancel flag and a panic boundary around code that is not ours.
//!
//! A [`Guard`] keeps a few warm threads and runs operations on them while the caller waits. The caller always comes
//! back: with the result, or with one of four different errors — timeout, panic, cancelled, failed
//! ([`GuardError`]). An operation that should end sees its [`Cancel`] flag. One that ignores it keeps its thread; that
//! thread is *leaked*: counted ([`LeakCounter`]), replaced, and taken back if the operation ends after all. Nobody
//! joins it, so that it cannot hold up the end of the process.
//!
//! Read `mod.rs`, then `pending.rs` (waiting), `call.rs` (what both threads share), `pool.rs` (the threads),
//! `slot.rs` (how a value gets from one to the other).
//!
//! ```
//! use rps_plugin_host::guard::{Guard, GuardError, GuardOptions, Limits};
//! use std::time::Duration;
//!
//! let guard = Guard::new(GuardOptions::default());
//! let limits = Limits { timeout: Some(Duration::from_millis(50)), ..Limits::default() };
//! let answer = guard.run(&limits, &|| false, |_| Ok::<_, String>(6 * 7));
//! assert_eq!(answer.unwrap(), 42);
//!
//! let endless = guard.run(&limits, &|| false, |cancel| {
//!     while !cancel.is_cancelled() {
//!         std::thread::yield_now();
//!     }
//!     Ok::<_, String>(0)
//! });
//! assert!(matches!(endless, Err(GuardError::Timeout { .. })));
//! assert_eq!(guard.leaked_now(), 0);
//! ```

#![forbid(unsafe_code)]

mod call;
mod cancel;
mod error;
mod leak;
mod measure;
mod options;
mod pending;
pub(crate) mod pool;
pub(crate) mod slot;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Instant;

pub use self::cancel::Cancel;
pub use self::error::GuardError;
pub use self::leak::LeakCounter;
pub use self::measure::{HandOffTimes, measure_hand_off};
pub use self::options::{DEFAULT_GRACE, DEFAULT_TIMEOUT, GuardOptions, Limits};
pub use self::pending::Pending;

pub(crate) use self::call::panic_message;

use self::call::Call;
use self::pool::{Pool, Refused};

/// A pool of warm threads that run operations within limits.
///
/// Dropping it lets its idle threads end; it waits for none.
pub struct Guard {
    pool: Arc<Pool>,
}

impl Guard {
    /// Returns a guard that has no threads yet: the first calls start them.
    pub fn new(options: GuardOptions) -> Guard {
        Guard { pool: Pool::new(options) }
    }

    /// Starts threads until `count` are idle, so that the first calls find them.
    ///
    /// # Errors
    ///
    /// `Busy` when the limits do not allow as many, `NoThread` when the system does not.
    pub fn warm_up(&self, count: usize) -> Result<(), GuardError<std::convert::Infallible>> {
        self.pool.warm_up(count).map_err(refused)
    }

    /// Runs `operation` on another thread and waits for it, within `limits`.
    ///
    /// `interrupted` is asked every few milliseconds whether the user has given up (Ctrl-C). It runs on the caller's
    /// thread and should be quick. A call within a call is allowed.
    ///
    /// # Errors
    ///
    /// Everything that [`GuardError`] names.
    pub fn run<T, E>(
        &self,
        limits: &Limits,
        interrupted: &dyn Fn() -> bool,
        operation: impl FnOnce(&Cancel) -> Result<T, E> + Send + 'static,
    ) -> Result<T, GuardError<E>>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        self.start(limits, operation)?.wait(interrupted)
    }

    /// Starts `operation` on another thread and returns at once.
    ///
    /// # Errors
    ///
    /// `Busy` when too many calls are running, `NoThread` when the system gives no thread.
    pub fn start<T, E>(
        &self,
        limits: &Limits,
        operation: impl FnOnce(&Cancel) -> Result<T, E> + Send + 'static,
    ) -> Result<Pending<T, E>, GuardError<E>>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        let started = Instant::now();
        let call = Arc::new(Call::new(Box::new(operation), Arc::clone(&limits.owner)));
        self.pool.submit(Arc::clone(&call) as _).map_err(refused)?;
        let pool = Arc::clone(&self.pool);
        Ok(Pending { call, pool, started, timeout: limits.timeout, grace: limits.grace })
    }

    /// Returns how many threads are lost now in calls that ignore their cancel flag.
    pub fn leaked_now(&self) -> usize {
        self.pool.leaks.now()
    }

    /// Returns how many threads were ever leaked, those included that came back.
    pub fn leaked_total(&self) -> u64 {
        self.pool.leaks.total()
    }

    /// Returns how many threads there are without the leaked ones, and how many of them are idle.
    pub fn threads(&self) -> (usize, usize) {
        self.pool.size()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.pool.close();
    }
}

fn refused<E>(refused: Refused) -> GuardError<E> {
    match refused {
        Refused::Busy { running, leaked } => GuardError::Busy { running, leaked },
        Refused::NoThread(error) => GuardError::NoThread(error),
    }
}
