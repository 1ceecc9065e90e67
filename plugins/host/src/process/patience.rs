//! Waiting with a deadline, and with an eye on the user.

use std::thread;
use std::time::{Duration, Instant};

use super::ProcessError;
use super::connection::Answer;
use crate::guard::slot::Slot;

/// How often a waiting caller looks whether it was interrupted.
pub(super) const POLL: Duration = Duration::from_millis(10);

/// How long a caller waits.
pub(super) struct Patience<'a> {
    timeout: Option<Duration>,
    deadline: Option<Instant>,
    interrupted: &'a dyn Fn() -> bool,
}

impl Patience<'_> {
    pub(super) fn new(timeout: Option<Duration>, interrupted: &dyn Fn() -> bool) -> Patience<'_> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        Patience { timeout, deadline, interrupted }
    }

    pub(super) fn check(&self) -> Result<(), ProcessError> {
        if (self.interrupted)() {
            return Err(ProcessError::Cancelled);
        }
        match (self.timeout, self.deadline) {
            (Some(after), Some(deadline)) if Instant::now() >= deadline => {
                Err(ProcessError::Timeout { after })
            }
            _ => Ok(()),
        }
    }

    pub(super) fn wait(&self, slot: &Slot<Answer>) -> Result<Answer, ProcessError> {
        loop {
            let poll = Instant::now() + POLL;
            let until = self.deadline.map_or(poll, |deadline| deadline.min(poll));
            if let Some(answer) = slot.take_until(Some(until), Duration::ZERO) {
                return Ok(answer);
            }
            self.check()?;
        }
    }
}

/// Waits until `done`, and tells whether it came before `until`.
pub(super) fn wait_until(until: Instant, done: impl Fn() -> bool) -> bool {
    while !done() {
        if Instant::now() >= until {
            return false;
        }
        thread::sleep(Duration::from_millis(1));
    }
    true
}
