//! What the heap tells of itself.

use std::time::Duration;

/// Counts and times of a heap since it was made.
#[derive(Clone, Debug, Default)]
pub struct HeapStats {
    /// Collections so far.
    pub collections: u64,
    /// Bytes in live cells after the last collection.
    pub live_bytes: usize,
    /// Bytes handed out for cells so far.
    pub allocated_bytes: u64,
    /// Bytes of address space in use.
    pub mapped_bytes: usize,
    /// Threads in the heap now.
    pub threads: usize,
    /// The longest time that a collection stopped the world.
    pub longest_pause: Duration,
    /// The time that all collections stopped the world.
    pub total_pause: Duration,
    /// The last pause.
    pub last_pause: Duration,
    /// The part of the last pause that swept what was still unswept and scanned the stacks.
    pub last_prepare: Duration,
    /// Threads that marked in the last collection.
    pub markers: usize,
}

impl HeapStats {
    pub(super) fn record(&mut self, pause: Duration, prepare: Duration, live: usize, markers: usize) {
        self.collections += 1;
        self.live_bytes = live;
        self.last_pause = pause;
        self.last_prepare = prepare;
        self.longest_pause = self.longest_pause.max(pause);
        self.total_pause += pause;
        self.markers = markers;
    }
}
