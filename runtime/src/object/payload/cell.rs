//! The cell that holds a payload, and drops it.

use std::cell::UnsafeCell;
use std::ptr::NonNull;

use super::Payload;
use crate::heap::cell::{CellPtr, Header, Kind};
use crate::heap::{LocalHeap, Marker};
use crate::value::cell_ref;

#[repr(C)]
pub(crate) struct PayloadCell {
    header: Header,
    content: UnsafeCell<Payload>,
}

cell_ref! {
    /// A payload's cell.
    PayloadRef, PayloadCell, Kind::Payload
}

impl PayloadRef {
    /// Moves a payload into the heap.
    pub(crate) fn new(heap: &LocalHeap<'_>, payload: Payload) -> PayloadRef {
        // The values of the payload are in its own collections until the cell exists.
        let mut values = heap.heap().root_vec();
        payload.for_each_value(&mut |value| values.push(value));
        let cell = heap.allocate_with_drop(size_of::<PayloadCell>(), &[]).cast::<PayloadCell>();
        // SAFETY: the memory is fresh and large enough.
        unsafe {
            cell.write(PayloadCell { header: Header::new(Kind::Payload), content: UnsafeCell::new(payload) });
        };
        PayloadRef(cell)
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
