//! Component vectors: what an object holds by number.
//!
//! Readers take no lock: the length is stored after the component, and a vector that is full, or loses a component in
//! its middle, is published anew.

use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::heap::barrier::{self, Slot};
use crate::heap::cell::{CellPtr, Header, Kind};
use crate::heap::{LocalHeap, Marker};
use crate::value::{Value, cell_ref};

#[repr(C)]
struct ComponentsCell {
    header: Header,
    len: AtomicU32,
    capacity: u32,
    items: [Slot; 0],
}

pub(super) const LEN: usize = std::mem::offset_of!(ComponentsCell, len);
pub(super) const CAPACITY: usize = std::mem::offset_of!(ComponentsCell, capacity);
pub(super) const VALUES: usize = std::mem::offset_of!(ComponentsCell, items);

cell_ref! {
    /// A component vector.
    ComponentsRef, ComponentsCell, Kind::Components
}

impl ComponentsRef {
    /// Returns a vector of these values with room for `capacity`.
    pub(super) fn new(heap: &LocalHeap<'_>, items: &[Value], capacity: usize) -> ComponentsRef {
        let capacity = capacity.max(items.len());
        let bytes = size_of::<ComponentsCell>() + capacity * size_of::<Slot>();
        let cell = heap.allocate(bytes, items).cast::<ComponentsCell>();
        // SAFETY: the memory is fresh and large enough; a slot is laid out as a value. What lies behind the length
        // is not read.
        unsafe {
            cell.write(ComponentsCell {
                header: Header::new(Kind::Components),
                len: AtomicU32::new(items.len() as u32),
                capacity: capacity as u32,
                items: [],
            });
            let to = (&raw mut (*cell.as_ptr()).items).cast::<Value>();
            to.copy_from_nonoverlapping(items.as_ptr(), items.len());
        }
        ComponentsRef(cell)
    }

    /// Returns the components of this moment.
    #[inline]
    pub(super) fn slots<'c>(self) -> &'c [Slot] {
        let len = self.get().len.load(Ordering::Acquire) as usize;
        // SAFETY: slots below the length are initialised; the acquire pairs with the release in `push`.
        unsafe { std::slice::from_raw_parts((&raw const (*self.0.as_ptr()).items).cast(), len) }
    }

    /// Adds a component if there is room; the caller holds the object's lock.
    pub(super) fn push(self, value: Value) -> bool {
        let cell = self.get();
        let len = cell.len.load(Ordering::Relaxed);
        if len == cell.capacity {
            return false;
        }
        // SAFETY: the slot lies inside the cell, behind the length, where nobody reads yet.
        unsafe {
            let slot = (&raw mut (*self.0.as_ptr()).items).cast::<Slot>().add(len as usize);
            slot.write(Slot::new(Value::NIL));
            barrier::store(self.cell(), &*slot, value);
        }
        cell.len.store(len + 1, Ordering::Release);
        true
    }

    /// Stores a component; the caller holds the object's lock.
    pub(super) fn store(self, index: usize, value: Value) {
        barrier::store(self.cell(), &self.slots()[index], value);
    }
}

/// Marks what a component vector holds.
pub(crate) fn trace(cell: CellPtr, marker: &mut Marker<'_>) {
    for slot in ComponentsRef(NonNull::cast(cell)).slots() {
        marker.value(slot.load());
    }
}
