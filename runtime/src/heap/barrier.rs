//! The one way to store a value into a heap cell that is already published.
//!
//! Readers take no lock: a slot is one atomic word. The function does nothing more today; a generational or a
//! concurrent collector will do its bookkeeping here, without touching a caller.

use std::sync::atomic::{AtomicU64, Ordering};

use super::cell::CellPtr;
use crate::value::Value;

/// A place in a cell that holds a value and may change while others read it; or bits of another meaning, where the cell
/// says so.
#[repr(transparent)]
pub(crate) struct Slot(AtomicU64);

impl Slot {
    /// Returns a slot of a cell that nobody else sees yet.
    #[inline]
    pub(crate) fn new(value: Value) -> Slot {
        Slot(AtomicU64::new(value.to_bits()))
    }

    /// Returns a slot that holds nil.
    pub(crate) const fn empty() -> Slot {
        Slot(AtomicU64::new(0))
    }

    /// Returns the value. Whatever was written into the value's cell before it was stored here is visible.
    #[inline]
    pub(crate) fn load(&self) -> Value {
        // SAFETY: only words of values are ever stored where values are read.
        unsafe { Value::from_bits(self.0.load(Ordering::Acquire)) }
    }

    /// Returns the bits of a place that holds no value.
    #[inline]
    pub(crate) fn load_bits(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// Stores bits into a place that holds no value.
    #[inline]
    pub(crate) fn store_bits(&self, bits: u64) {
        self.0.store(bits, Ordering::Release);
    }
}

/// Stores a value into a slot of `owner`: every such store goes through here.
#[inline]
pub(crate) fn store(_owner: CellPtr, slot: &Slot, value: Value) {
    slot.0.store(value.to_bits(), Ordering::Release);
}

/// Notes that any values of a cell may have changed: for payloads, whose collections are changed in place.
#[inline]
pub(crate) fn store_any(_owner: CellPtr) {}
