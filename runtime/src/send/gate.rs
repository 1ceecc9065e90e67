//! Gates: how machine code calls functions of plugins by itself.
//!
//! A function of a plugin is told of the call that it is in, and may call back. What the calls of one plugin on one thread
//! have in common lies in a *gate*, which is opened at the first of them and stays as long as the thread is in the
//! runtime: so a call writes some words, and makes nothing. A call that is made while another one of the same plugin is
//! under way on the thread, from a callback, finds the gate shut and goes the long way, by [`super::ForeignFunction::call`].

use std::cell::Cell;
use std::sync::atomic::{AtomicI32, AtomicU64, AtomicUsize, Ordering};

use crate::error::RuntimeError;
use crate::runtime::Mutator;
use crate::value::Value;

/// How many gates a thread has open at once: those of more plugins than that take turns.
pub const PLACES: usize = 16;

/// How many functions of an owner have gates: the others are called the long way.
pub const COUNTED: usize = 256;

/// One call in so many is timed: one through a gate goes the long way then.
const SAMPLE: i32 = 256;

/// What the calls of one owner on one thread have in common. Machine code reads and writes it.
#[derive(Debug)]
#[repr(C)]
pub struct Gate {
    /// The mark of the owner; nothing while a call is under way.
    free_for: AtomicUsize,
    /// What the functions are given as the call that they are in.
    call: *const (),
    /// The end of the frames of a call that has not called back yet, or nothing.
    frames_end: Cell<usize>,
    /// Not zero when something was raised in a call.
    is_raised: Cell<u32>,
    /// How many calls of each function may follow before the one that goes the long way; below zero when that has begun.
    /// Machine code of the gate's thread counts them down, others read them now and then.
    left: [AtomicI32; COUNTED],
}

/// Where the fields of a gate lie, in bytes.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the names are those of the fields")]
pub struct GateOffsets {
    pub free_for: i32,
    pub call: i32,
    pub frames_end: i32,
    pub is_raised: i32,
    pub left: i32,
}

impl GateOffsets {
    pub(crate) fn new() -> GateOffsets {
        GateOffsets {
            free_for: std::mem::offset_of!(Gate, free_for) as i32,
            call: std::mem::offset_of!(Gate, call) as i32,
            frames_end: std::mem::offset_of!(Gate, frames_end) as i32,
            is_raised: std::mem::offset_of!(Gate, is_raised) as i32,
            left: std::mem::offset_of!(Gate, left) as i32,
        }
    }
}

impl Gate {
    /// Returns a gate with the mark of its owner, which is not zero and no other owner's, and what functions are given as the
    /// call that they are in.
    pub const fn new(owner: usize, call: *const ()) -> Gate {
        Gate {
            free_for: AtomicUsize::new(owner),
            call,
            frames_end: Cell::new(0),
            is_raised: Cell::new(0),
            left: [const { AtomicI32::new(SAMPLE - 1) }; COUNTED],
        }
    }

    /// Returns whether a call is under way.
    pub fn is_busy(&self) -> bool {
        self.free_for.load(Ordering::Acquire) == 0
    }

    /// Notes that something was raised in the call, whether the function tells of it or not.
    pub fn note_raised(&self) {
        self.is_raised.set(1);
    }

    /// Tells the runtime at the first callback of a call from where in machine code that has come. Behind it the frames are
    /// as they should be: also for a callback that comes by this call out of another one, which it has led to.
    pub fn come_back(&self, m: &Mutator<'_>) {
        match self.frames_end.take() {
            0 => {}
            end => m.call_stack().note_machine(end),
        }
    }

    /// Returns how many calls of a function were made through the gate that were not taken.
    pub fn calls(&self, number: usize) -> u64 {
        let left = self.left.get(number).map_or(SAMPLE - 1, |left| left.load(Ordering::Relaxed));
        (SAMPLE - 1 - left.max(0)) as u64
    }

    /// Takes the calls of a function that were made through the gate, on its thread.
    pub fn take_calls(&self, number: usize) -> u64 {
        let calls = self.calls(number);
        if let Some(left) = self.left.get(number) {
            left.store(SAMPLE - 1, Ordering::Relaxed);
        }
        calls
    }

    pub(crate) fn settle(&self) {
        self.is_raised.set(0);
    }

    pub(crate) fn is_free_for(&self, owner: usize) -> bool {
        self.free_for.load(Ordering::Relaxed) == owner
    }
}

/// A function that is called through a gate: with the calling convention of C it takes its data, the call, the receiver,
/// the address of the arguments, their number and the address of the result, and gives a status, zero for success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GatedFunction {
    /// Its address.
    pub function: usize,
    /// Its data.
    pub data: usize,
    /// The mark of its owner.
    pub owner: usize,
    /// The place of its owner's gate, below [`PLACES`].
    pub place: usize,
    /// Its number among those of its owner, below [`COUNTED`].
    pub number: usize,
    /// The calls that are not counted at gates any more, or never were.
    pub counter: &'static Counter,
}

/// How often something was called; all are different.
#[derive(Debug)]
pub struct Counter {
    calls: AtomicU64,
    /// Those that gates have counted. Threads add them that may be out of the heap, whom nobody who is alone there knows of.
    at_gates: AtomicU64,
    /// The number of the next call that is timed.
    timed: AtomicU64,
}

impl Default for Counter {
    fn default() -> Counter {
        Counter {
            calls: AtomicU64::new(0),
            at_gates: AtomicU64::new(0),
            timed: AtomicU64::new(SAMPLE as u64 - 1),
        }
    }
}

impl Counter {
    /// Counts a call, and returns whether it is to be timed. While a thread is alone in the heap no other one counts.
    #[inline]
    pub fn count(&self, is_alone: bool) -> bool {
        let number = if is_alone {
            let number = self.calls.load(Ordering::Relaxed);
            self.calls.store(number + 1, Ordering::Relaxed);
            number
        } else {
            self.calls.fetch_add(1, Ordering::Relaxed)
        };
        let number = number + self.at_gates.load(Ordering::Relaxed);
        let is_timed = number >= self.timed.load(Ordering::Relaxed);
        if is_timed {
            self.timed.store(number + SAMPLE as u64, Ordering::Relaxed);
        }
        is_timed
    }

    /// Adds calls that a gate has counted.
    pub fn add(&self, calls: u64) {
        self.at_gates.fetch_add(calls, Ordering::Relaxed);
    }

    /// Returns the calls so far.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed) + self.at_gates.load(Ordering::Relaxed)
    }
}

impl PartialEq for Counter {
    fn eq(&self, other: &Counter) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Counter {}

/// A gate that is open on a thread, which closes it when it leaves the runtime.
pub trait OpenGate {
    /// Returns the gate, which stays where it is.
    fn gate(&self) -> &Gate;

    /// Ends a call of a function of this name that gave a status, or in which something was raised.
    ///
    /// # Errors
    ///
    /// What the call has raised.
    fn finish(&self, m: &Mutator<'_>, name: &str, status: i32, result: Value) -> Result<Value, RuntimeError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_call_in_256_is_timed() {
        let counter = Counter::default();
        let timed = (0..1024).filter(|number| counter.count(number % 3 == 0)).count();
        assert_eq!((timed, counter.calls()), (4, 1024));
        counter.add(255);
        assert!(counter.count(true));
    }

    #[test]
    fn calls_through_a_gate_are_taken_once() {
        let gate = Gate::new(1, std::ptr::null());
        assert_eq!(gate.calls(7), 0);
        gate.left[7].store(SAMPLE - 1 - 20, Ordering::Relaxed);
        assert_eq!((gate.calls(7), gate.take_calls(7), gate.take_calls(7)), (20, 20, 0));
        // The one that goes the long way is counted there.
        gate.left[7].store(-1, Ordering::Relaxed);
        assert_eq!((gate.take_calls(7), gate.calls(7), gate.calls(COUNTED)), (255, 0, 0));
    }
}
