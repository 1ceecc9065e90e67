//! One guarded call, as the thread that runs it and the thread that waits for it share it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::pool::{Pool, Seat, Task};
use super::slot::spin_until;
use super::{Cancel, LeakCounter};

/// How an operation ended: with its own result, or with the message of a panic.
pub(super) type Ended<T, E> = Result<Result<T, E>, String>;

type Operation<T, E> = Box<dyn FnOnce(&Cancel) -> Result<T, E> + Send>;

pub(super) struct Call<T, E> {
    pub(super) cancel: Cancel,
    operation: Mutex<Option<Operation<T, E>>>,
    owner: Arc<LeakCounter>,
    progress: Mutex<Progress<T, E>>,
    /// Whether `progress` is `Ended`, readable without the lock.
    ended: AtomicBool,
    signal: Condvar,
}

enum Progress<T, E> {
    Running,
    Ended(Ended<T, E>),
    /// The caller has the result.
    Taken,
    /// The caller has given up; the thread is written off.
    Abandoned,
}

impl<T, E> Call<T, E> {
    pub(super) fn new(operation: Operation<T, E>, owner: Arc<LeakCounter>) -> Call<T, E> {
        Call {
            cancel: Cancel::new(),
            operation: Mutex::new(Some(operation)),
            owner,
            progress: Mutex::new(Progress::Running),
            ended: AtomicBool::new(false),
            signal: Condvar::new(),
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Takes the result, or returns `None` when there is none by `until`.
    pub(super) fn wait_until(&self, until: Instant, spin: Duration) -> Option<Ended<T, E>> {
        spin_until(|| self.has_ended(), spin);
        let mut progress = self.progress.lock();
        while matches!(*progress, Progress::Running) {
            if self.signal.wait_until(&mut progress, until).timed_out() {
                break;
            }
        }
        match std::mem::replace(&mut *progress, Progress::Taken) {
            Progress::Ended(ended) => Some(ended),
            other => {
                *progress = other;
                None
            }
        }
    }

    /// Gives the call up: asks it to end, and writes off its thread if it is still running.
    pub(super) fn abandon(&self, pool: &Pool) {
        self.cancel.cancel();
        let mut progress = self.progress.lock();
        if matches!(*progress, Progress::Running) {
            *progress = Progress::Abandoned;
            pool.write_off(&self.owner);
        }
    }
}

impl<T: Send, E: Send> Task for Call<T, E> {
    fn run(&self, seat: &Seat<'_>) {
        // Given up before it began: it does not begin.
        let wanted = !matches!(*self.progress.lock(), Progress::Abandoned);
        let operation = self.operation.lock().take().filter(|_| wanted);
        let ended = catch_unwind(AssertUnwindSafe(|| operation.map(|operation| operation(&self.cancel))));
        let ended = match ended {
            Ok(Some(result)) => Ok(result),
            Ok(None) => Err("the call did not begin".to_owned()),
            Err(payload) => Err(panic_message(payload)),
        };
        let mut progress = self.progress.lock();
        if matches!(*progress, Progress::Abandoned) {
            drop(progress);
            drop_quietly(ended);
            seat.come_back(&self.owner);
        } else {
            seat.leave();
            *progress = Progress::Ended(ended);
            self.ended.store(true, Ordering::Release);
            drop(progress);
            self.signal.notify_one();
        }
    }
}

/// Returns what a panic said.
pub(crate) fn panic_message(payload: Box<dyn Any + Send>) -> String {
    let message = match payload.downcast_ref::<&str>() {
        Some(message) => (*message).to_owned(),
        None => payload.downcast_ref::<String>().cloned().unwrap_or_else(|| "no message".to_owned()),
    };
    drop_quietly(payload);
    message
}

/// Drops `value`; a panic in its destructor ends here.
fn drop_quietly<T>(value: T) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(value))) {
        // Whoever panics while a panic is dropped has no third chance.
        std::mem::forget(payload);
    }
}
