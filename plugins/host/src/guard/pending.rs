//! A guarded call that has begun.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::call::{Call, Ended};
use super::pool::Pool;
use super::{Cancel, GuardError};

/// A grace period beyond this is a mistake; it also keeps the clock from overflowing.
const MAX_GRACE: Duration = Duration::from_secs(3600);

/// A guarded call that has begun and is not waited for yet.
///
/// Dropping it, for whatever reason, asks the operation to end; if it is still running then, its thread is leaked.
#[must_use = "dropping it cancels the call"]
pub struct Pending<T, E> {
    pub(super) call: Arc<Call<T, E>>,
    pub(super) pool: Arc<Pool>,
    pub(super) started: Instant,
    pub(super) timeout: Option<Duration>,
    pub(super) grace: Duration,
}

impl<T, E> Pending<T, E> {
    /// Asks the operation to end; [`Pending::wait`] then reports `Cancelled`.
    pub fn cancel(&self) {
        self.call.cancel.cancel();
    }

    /// Returns the flag of this call.
    pub fn cancel_flag(&self) -> &Cancel {
        &self.call.cancel
    }

    /// Tells whether the operation has ended.
    pub fn is_finished(&self) -> bool {
        self.call.has_ended()
    }

    /// Waits for the operation to end; the time it may take counts from its start.
    ///
    /// `interrupted` is asked every few milliseconds. When it says yes, or when the deadline passes, the cancel flag
    /// is set and the operation has the grace period to end. What it returns then is dropped.
    ///
    /// # Errors
    ///
    /// Everything that [`GuardError`] names but `Busy` and `NoThread`.
    pub fn wait(self, interrupted: &dyn Fn() -> bool) -> Result<T, GuardError<E>> {
        let deadline = self.timeout.and_then(|timeout| self.started.checked_add(timeout));
        let options = &self.pool.options;
        let mut spin = options.spin;
        let error = loop {
            let now = Instant::now();
            let poll = now + options.poll_interval;
            let until = deadline.map_or(poll, |deadline| deadline.min(poll));
            if let Some(ended) = self.call.wait_until(until, spin) {
                return result(ended, self.call.cancel.is_cancelled());
            }
            spin = Duration::ZERO;
            if self.call.cancel.is_cancelled() || interrupted() {
                break GuardError::Cancelled;
            }
            if let (Some(deadline), Some(after)) = (deadline, self.timeout)
                && Instant::now() >= deadline
            {
                break GuardError::Timeout { after };
            }
        };
        self.call.cancel.cancel();
        match self.call.wait_until(Instant::now() + self.grace.min(MAX_GRACE), Duration::ZERO) {
            // A plugin that panics on its way out may have left a mess: that is worth more than why it was asked.
            Some(Err(message)) => Err(GuardError::Panicked { message }),
            Some(Ok(_)) | None => Err(error),
        }
    }
}

impl<T, E> Drop for Pending<T, E> {
    fn drop(&mut self) {
        self.call.abandon(&self.pool);
    }
}

/// What the caller hears of a call that ended in time; one that was asked to end may have stopped halfway.
fn result<T, E>(ended: Ended<T, E>, cancelled: bool) -> Result<T, GuardError<E>> {
    match ended {
        Ok(_) if cancelled => Err(GuardError::Cancelled),
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(GuardError::Failed(error)),
        Err(message) => Err(GuardError::Panicked { message }),
    }
}
