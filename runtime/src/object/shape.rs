//! Shapes: which attributes an object has, and in which slot.
//!
//! A shape is the set of an object's attribute keys, sorted by oid; a set has one shape, however it came about (this
//! differs from the transition trees of Self and V8, where the order of additions makes different shapes: here a
//! slot array is published anew when it grows anyway, and objects loaded from a store share shapes with those made
//! at the prompt). Slot `i` of an object holds the value of key `i` of its shape, which is also the order of dumps.
//!
//! Two shapes are marks and hold no keys: `TABLE` for objects with more than [`MAX_KEYS`] attributes, which have a
//! hash table, and `UNLOADED` for objects whose content is not loaded yet. Neither may be cached.

use std::ptr::NonNull;

use hashbrown::HashTable;
use parking_lot::Mutex;

use super::ObjectRef;
use crate::heap::cell::{CellPtr, Header, Kind};
use crate::heap::{Live, LocalHeap, Marker};
use crate::value::{Value, cell_ref};

/// The most attributes that a shape has.
pub const MAX_KEYS: usize = 64;

#[repr(C)]
struct ShapeCell {
    header: Header,
    form: Form,
    len: u32,
    keys: [ObjectRef; 0],
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
enum Form {
    Keys,
    Table,
    Unloaded,
}

cell_ref! {
    /// A shape.
    ShapeRef, ShapeCell, Kind::Shape
}

impl PartialEq for ShapeRef {
    fn eq(&self, other: &ShapeRef) -> bool {
        self.0 == other.0
    }
}

impl Eq for ShapeRef {}

impl ShapeRef {
    /// Returns the keys, sorted by oid; they live as long as the shape.
    #[inline]
    pub fn keys<'s>(self) -> &'s [ObjectRef] {
        // SAFETY: `allocate` wrote `len` keys behind the cell's fields, and nothing changes them.
        unsafe {
            std::slice::from_raw_parts((&raw const (*self.0.as_ptr()).keys).cast(), self.get().len as usize)
        }
    }

    /// Returns the slot of a key.
    #[inline]
    pub fn slot_of(self, key: ObjectRef) -> Option<usize> {
        self.keys().iter().position(|&own| own == key)
    }

    fn allocate(heap: &LocalHeap<'_>, form: Form, keys: &[ObjectRef]) -> ShapeRef {
        let cell =
            heap.allocate(size_of::<ShapeCell>() + size_of_val(keys), as_values(keys)).cast::<ShapeCell>();
        // SAFETY: the memory is fresh and large enough for the fields and the keys.
        unsafe {
            cell.write(ShapeCell {
                header: Header::new(Kind::Shape),
                form,
                len: keys.len() as u32,
                keys: [],
            });
            let to = (&raw mut (*cell.as_ptr()).keys).cast::<ObjectRef>();
            to.copy_from_nonoverlapping(keys.as_ptr(), keys.len());
        }
        ShapeRef(cell)
    }
}

/// Returns object references as the values that they are.
pub(super) fn as_values(objects: &[ObjectRef]) -> &[Value] {
    // SAFETY: the word of an object value is the address of its cell, which is all that a reference is.
    unsafe { std::slice::from_raw_parts(objects.as_ptr().cast(), objects.len()) }
}

/// Marks the keys of a shape.
pub(crate) fn trace(cell: CellPtr, marker: &mut Marker<'_>) {
    for key in ShapeRef(NonNull::cast(cell)).keys() {
        marker.cell(key.cell());
    }
}

/// All shapes of a runtime, found by their keys; weak, so that shapes that no object has are collected.
pub(crate) struct ShapeTable {
    by_keys: Mutex<HashTable<ShapeRef>>,
    /// The shape of objects without attributes.
    pub(crate) empty: ShapeRef,
    /// The mark of objects with a hash table.
    pub(crate) table: ShapeRef,
    /// The mark of objects whose content is not loaded yet.
    pub(crate) unloaded: ShapeRef,
}

impl ShapeTable {
    pub(crate) fn new(heap: &LocalHeap<'_>) -> ShapeTable {
        ShapeTable {
            by_keys: Mutex::default(),
            empty: ShapeRef::allocate(heap, Form::Keys, &[]),
            table: ShapeRef::allocate(heap, Form::Table, &[]),
            unloaded: ShapeRef::allocate(heap, Form::Unloaded, &[]),
        }
    }

    /// Returns the shape with these keys, sorted by oid and without duplicates, at most [`MAX_KEYS`].
    pub(crate) fn of_keys(&self, heap: &LocalHeap<'_>, keys: &[ObjectRef]) -> ShapeRef {
        debug_assert!(keys.is_sorted_by(|a, b| a.oid() < b.oid()) && keys.len() <= MAX_KEYS);
        if keys.is_empty() {
            return self.empty;
        }
        let hash = hash_of(keys);
        if let Some(&shape) = self.by_keys.lock().find(hash, |shape| shape.keys() == keys) {
            return shape;
        }
        let made = ShapeRef::allocate(heap, Form::Keys, keys);
        let mut by_keys = self.by_keys.lock();
        // Another thread may have made the same meanwhile.
        if let Some(&shape) = by_keys.find(hash, |shape| shape.keys() == keys) {
            return shape;
        }
        by_keys.insert_unique(hash, made, |shape| hash_of(shape.keys()));
        made
    }

    /// Marks the shapes that always exist.
    pub(crate) fn mark(&self, marker: &mut Marker<'_>) {
        for shape in [self.empty, self.table, self.unloaded] {
            marker.cell(shape.cell());
        }
    }

    /// Forgets the shapes that died.
    pub(crate) fn forget_dead(&self, live: &Live) {
        self.by_keys.lock().retain(|shape| live.contains(shape.cell()));
    }

    /// Returns how many shapes with keys there are.
    pub(crate) fn len(&self) -> usize {
        self.by_keys.lock().len()
    }
}

fn hash_of(keys: &[ObjectRef]) -> u64 {
    let mut hash = keys.len() as u64;
    for key in keys {
        // Objects do not move, so their addresses are good keys.
        hash = (hash.rotate_left(5) ^ key.cell().as_ptr() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    hash ^ (hash >> 32)
}
