//! The cell that holds a payload, and drops it.

use std::cell::UnsafeCell;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Payload;
use crate::heap::cell::{CellPtr, Header, Kind};
use crate::heap::{LocalHeap, Marker};
use crate::value::{Value, cell_ref};

#[repr(C)]
pub(crate) struct PayloadCell {
    header: Header,
    /// The memory outside the heap that the heap was told of.
    counted: AtomicUsize,
    content: UnsafeCell<Payload>,
}

/// Where the content lies in the cell.
pub(crate) const CONTENT: usize = std::mem::offset_of!(PayloadCell, content);

cell_ref! {
    /// A payload's cell.
    PayloadRef, PayloadCell, Kind::Payload
}

impl PayloadRef {
    /// Moves a payload into the heap.
    pub(crate) fn new(heap: &LocalHeap<'_>, payload: Payload) -> PayloadRef {
        let outside = payload.outside_bytes();
        heap.heap().count_allocated(outside);
        // The values of the payload are in its own collections until the cell exists.
        let mut others = Vec::new();
        let kept = match &payload {
            Payload::ValueVector(values) | Payload::ObjectVector(values) => values,
            payload => {
                payload.for_each_value(&mut |value| others.push(value));
                if let Payload::Function(function) = payload
                    && let Some(code) = function.code
                {
                    others.push(Value::from_cell(code.cell()));
                }
                &others
            }
        };
        // Such cells are small: memory outside the heap may be due long before their block is full.
        heap.make_room(kept);
        let cell = heap.allocate_with_drop(size_of::<PayloadCell>(), kept).cast::<PayloadCell>();
        // SAFETY: the memory is fresh and large enough.
        unsafe {
            let counted = AtomicUsize::new(outside);
            let content = UnsafeCell::new(payload);
            cell.write(PayloadCell { header: Header::new(Kind::Payload), counted, content });
        };
        PayloadRef(cell)
    }

    /// Tells the heap of memory that the payload has taken outside it since it was last told; the caller holds the
    /// object's lock.
    pub(crate) fn count_outside(self, heap: &LocalHeap<'_>) {
        let outside = self.borrow().outside_bytes();
        let before = self.get().counted.swap(outside, Ordering::Relaxed);
        heap.heap().count_allocated(outside.saturating_sub(before));
    }

    /// Returns the payload; the caller holds the object's lock while it uses it.
    pub(crate) fn borrow<'p>(self) -> &'p Payload {
        // SAFETY: the content changes only under the lock that the caller holds.
        unsafe { &*self.get().content.get() }
    }

    /// Returns the payload to be changed.
    ///
    /// # Safety
    ///
    /// The caller holds the object's lock, refers to the content only through the result, and reaches no safepoint
    /// while it does.
    pub(crate) unsafe fn borrow_mut<'p>(self) -> &'p mut Payload {
        // SAFETY: by this function's contract.
        unsafe { &mut *self.get().content.get() }
    }
}

/// Marks what a payload refers to.
pub(crate) fn trace(cell: CellPtr, marker: &mut Marker<'_>) {
    // The world is stopped, and no thread stops while it changes a payload.
    PayloadRef(NonNull::cast(cell)).borrow().trace(marker);
}

/// Drops the payload of a dead cell.
///
/// # Safety
///
/// The cell is a dead payload cell, and it is dropped once.
pub(crate) unsafe fn drop_cell(cell: CellPtr) {
    // SAFETY: by this function's contract; values in the payload are plain words, which are not looked at.
    unsafe { cell.cast::<PayloadCell>().as_ref().content.get().drop_in_place() };
}
