//! A place where one thread leaves a value for another that waits for it.

use std::hint;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

/// One to two microseconds of looking.
const LOOKS_BEFORE_YIELD: usize = 32;

/// A place for one value; the waiting side looks for a moment and then sleeps.
#[derive(Debug)]
pub(crate) struct Slot<T> {
    /// Whether there is a value, readable without the lock while looking.
    full: AtomicBool,
    value: Mutex<Option<T>>,
    filled: Condvar,
}

impl<T> Slot<T> {
    pub(crate) fn new() -> Slot<T> {
        Slot { full: AtomicBool::new(false), value: Mutex::new(None), filled: Condvar::new() }
    }

    /// Leaves `value` and wakes who waits for it.
    pub(crate) fn put(&self, value: T) {
        let mut place = self.value.lock();
        *place = Some(value);
        self.full.store(true, Ordering::Release);
        drop(place);
        self.filled.notify_one();
    }

    /// Takes the value, or returns `None` when there is none by `until`.
    pub(crate) fn take_until(&self, until: Option<Instant>, spin: Duration) -> Option<T> {
        spin_until(|| self.full.load(Ordering::Acquire), spin);
        let mut place = self.value.lock();
        while place.is_none() {
            match until {
                None => self.filled.wait(&mut place),
                Some(until) if self.filled.wait_until(&mut place, until).timed_out() => break,
                Some(_) => {}
            }
        }
        self.full.store(false, Ordering::Relaxed);
        place.take()
    }
}

/// Looks for `done` to become true, for `budget` at most.
///
/// After a moment it yields between looks: the thread that is to bring the value may have been woken on this very
/// processor, and would wait for this one to stop looking.
pub(super) fn spin_until(done: impl Fn() -> bool, budget: Duration) {
    if budget.is_zero() || done() {
        return;
    }
    for _ in 0..LOOKS_BEFORE_YIELD {
        hint::spin_loop();
        if done() {
            return;
        }
    }
    let start = Instant::now();
    while start.elapsed() < budget {
        thread::yield_now();
        if done() {
            return;
        }
    }
}
