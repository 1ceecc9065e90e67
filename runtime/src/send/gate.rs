//! Gates: how machine code calls functions of plugins by itself.
//!
//! A function of a plugin is told of the call that it is in, and may call back. What the calls of one plugin on one thread
//! have in common lies in a *gate*, which is opened at the first of them and stays as long as the thread is in the
//! runtime: so a call writes some words, and makes nothing. A call that is made while another one of the same plugin is
//! under way on the thread, from a callback, finds the gate shut and goes the long way, by [`super::ForeignFunction::call`].

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::error::RuntimeError;
use crate::runtime::Mutator;
use crate::value::Value;

/// How many gates a thread has open at once: those of more plugins than that take turns.
pub const PLACES: usize = 16;

/// One call in so many goes the long way, which times it.
pub const SAMPLE: u64 = 256;

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
}

/// Where the fields of a gate lie, in bytes.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the names are those of the fields")]
pub struct GateOffsets {
    pub free_for: i32,
    pub call: i32,
    pub frames_end: i32,
    pub is_raised: i32,
}

impl GateOffsets {
    pub(crate) fn new() -> GateOffsets {
        GateOffsets {
            free_for: std::mem::offset_of!(Gate, free_for) as i32,
            call: std::mem::offset_of!(Gate, call) as i32,
            frames_end: std::mem::offset_of!(Gate, frames_end) as i32,
            is_raised: std::mem::offset_of!(Gate, is_raised) as i32,
        }
    }
}

impl Gate {
    /// Returns a gate with the mark of its owner, which is not zero and no other owner's, and what functions are given as the
    /// call that they are in.
    pub const fn new(owner: usize, call: *const ()) -> Gate {
        Gate { free_for: AtomicUsize::new(owner), call, frames_end: Cell::new(0), is_raised: Cell::new(0) }
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
    /// The calls so far: added to without others' knowing, while a thread is alone in the heap.
    pub calls: &'static Counter,
}

/// A counter; all are different.
#[derive(Debug, Default)]
#[repr(transparent)]
pub struct Counter(pub AtomicU64);

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
