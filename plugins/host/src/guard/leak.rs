//! The count of threads that are lost in calls that do not end.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// How many calls were abandoned because they ignored their cancel flag: now, and ever.
#[derive(Debug, Default)]
pub struct LeakCounter {
    now: AtomicUsize,
    total: AtomicU64,
}

impl LeakCounter {
    /// Returns how many abandoned calls are still running.
    pub fn now(&self) -> usize {
        self.now.load(Ordering::Acquire)
    }

    /// Returns how many calls were abandoned since the start; it never goes down.
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::Acquire)
    }

    pub(super) fn begin(&self) {
        self.total.fetch_add(1, Ordering::AcqRel);
        self.now.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn end(&self) {
        self.now.fetch_sub(1, Ordering::AcqRel);
    }
}
