//! Deadlines: a computation that takes longer than it may is stopped at its next safepoint.

use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use crate::runtime::{Mutator, Runtime};

impl Mutator<'_> {
    /// Runs `f`; code that runs in it for longer than `limit` fails with [`crate::RuntimeError::Deadline`], which no
    /// program can catch.
    ///
    /// The limit holds for whatever computation of the runtime comes to a safepoint first.
    pub fn with_deadline<R>(&self, limit: Duration, f: impl FnOnce() -> R) -> R {
        let (done, changed) = (Mutex::new(false), Condvar::new());
        let runtime = self.runtime();
        let result = std::thread::scope(|scope| {
            scope.spawn(|| watch(runtime, limit, &done, &changed));
            // Also after a panic, for which the scope waits.
            let _finished = Finished(&done, &changed);
            f()
        });
        runtime.forget_deadline();
        result
    }
}

fn watch(runtime: &Runtime, limit: Duration, done: &Mutex<bool>, changed: &Condvar) {
    let mut done = done.lock();
    let timed_out = changed.wait_while_for(&mut done, |done| !*done, limit).timed_out();
    if timed_out && !*done {
        runtime.expire();
    }
}

struct Finished<'d>(&'d Mutex<bool>, &'d Condvar);

impl Drop for Finished<'_> {
    fn drop(&mut self) {
        *self.0.lock() = true;
        self.1.notify_all();
    }
}
