//! Marking: from the roots to everything that they reach, by one thread or several.
//!
//! Each marker works off a stack of its own and shares half of it when others have nothing to do. Cells taken from
//! the stack wait in a short queue while their memory is fetched: on a large heap nearly every cell is a cache miss,
//! and the queue lets several of them overlap (the idea is Boehm's and Cher, Hosking and Vitek's, "Software
//! prefetching for mark-sweep garbage collection", 2004).

use parking_lot::{Condvar, Mutex};

use super::cell::CellPtr;
use super::chunk::ChunkPtr;
use crate::value::Value;

/// Marks what a cell refers to.
pub(crate) type TraceCell = unsafe fn(CellPtr, &mut Marker<'_>);

/// How many cells wait for their memory.
const QUEUE: usize = 8;
/// A marker with more cells than this shares with those that have none.
const SHARE_ABOVE: usize = 256;

/// One thread's part of the marking; what roots and cells tell their references to.
pub struct Marker<'w> {
    stack: Vec<CellPtr>,
    work: &'w SharedWork,
    trace: TraceCell,
}

impl Marker<'_> {
    /// Marks what a value refers to.
    #[inline]
    pub fn value(&mut self, value: Value) {
        if let Some(cell) = value.cell() {
            self.cell(cell);
        }
    }

    /// Marks all values of a slice.
    pub fn values(&mut self, values: &[Value]) {
        for &value in values {
            self.value(value);
        }
    }

    /// Marks a cell.
    #[inline]
    pub(crate) fn cell(&mut self, cell: CellPtr) {
        if ChunkPtr::of(cell).mark(cell) {
            self.stack.push(cell);
        }
    }

    /// Marks everything that the stack reaches.
    fn drain(&mut self) {
        let mut queue = [None; QUEUE];
        let mut at = 0;
        let mut idle_rounds = 0;
        loop {
            let next = self.stack.pop();
            if let Some(cell) = next {
                prefetch(cell);
                idle_rounds = 0;
                if self.stack.len() > SHARE_ABOVE {
                    self.work.offer(&mut self.stack);
                }
            } else {
                idle_rounds += 1;
                if idle_rounds > QUEUE {
                    return;
                }
            }
            let due = std::mem::replace(&mut queue[at], next);
            at = (at + 1) % QUEUE;
            if let Some(cell) = due {
                // SAFETY: only addresses of live cells are ever pushed: from roots, and from the traced cells.
                unsafe { (self.trace)(cell, self) };
            }
        }
    }
}

/// Marks everything that `roots` reaches, on `threads` threads.
pub(crate) fn mark_all(threads: usize, trace: TraceCell, roots: impl FnOnce(&mut Marker<'_>)) {
    let state = WorkState { markers: 1, ..WorkState::default() };
    let work = SharedWork { state: Mutex::new(state), wake: Condvar::new(), threads };
    let mut marker = Marker { stack: Vec::with_capacity(1024), work: &work, trace };
    roots(&mut marker);
    if threads == 1 {
        marker.drain();
        return;
    }
    std::thread::scope(|scope| {
        for _ in 1..threads {
            work.state.lock().markers += 1;
            let spawned = std::thread::Builder::new().spawn_scoped(scope, || {
                let mut marker = Marker { stack: Vec::with_capacity(1024), work: &work, trace };
                while work.take(&mut marker.stack) {
                    marker.drain();
                }
            });
            if spawned.is_err() {
                work.state.lock().markers -= 1;
                break;
            }
        }
        loop {
            marker.drain();
            if !work.take(&mut marker.stack) {
                break;
            }
        }
    });
}

/// What markers hand to each other.
struct SharedWork {
    state: Mutex<WorkState>,
    wake: Condvar,
    threads: usize,
}

#[derive(Default)]
struct WorkState {
    parcels: Vec<Parcel>,
    idle: usize,
    /// Markers that were started.
    markers: usize,
}

struct Parcel(Vec<CellPtr>);

// SAFETY: a cell's address may be marked and traced by any thread while the world is stopped.
unsafe impl Send for Parcel {}

impl SharedWork {
    /// Gives away the older half of a stack when somebody is idle and nothing is on offer.
    fn offer(&self, stack: &mut Vec<CellPtr>) {
        if self.threads == 1 {
            return;
        }
        if let Some(mut state) = self.state.try_lock()
            && state.idle > 0
            && state.parcels.is_empty()
        {
            let half = stack.len() / 2;
            state.parcels.push(Parcel(stack.drain(..half).collect()));
            self.wake.notify_one();
        }
    }

    /// Waits for a parcel; returns false when every marker waits, which is the end of the marking.
    fn take(&self, stack: &mut Vec<CellPtr>) -> bool {
        let mut state = self.state.lock();
        state.idle += 1;
        loop {
            if let Some(parcel) = state.parcels.pop() {
                state.idle -= 1;
                stack.extend(parcel.0);
                return true;
            }
            if state.idle == state.markers {
                self.wake.notify_all();
                return false;
            }
            self.wake.wait(&mut state);
        }
    }
}

#[inline(always)]
fn prefetch(cell: CellPtr) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch never faults, whatever the address.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(cell.as_ptr().cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = cell;
}
