//! Shapes: which attributes an object has, and in which slot.
//!
//! A shape is the set of an object's attribute keys, sorted by oid; a set has one shape, however it came about (this
//! differs from the transition trees of Self and V8, where the order of additions makes different shapes: here a
//! slot array is published anew when it grows anyway, and objects loaded from a store share shapes with those made
//! at the prompt). Slot `i` of an object holds the value of key `i` of its shape, which is also the order of dumps.
//!
//! A shape also says which slots hold *numbers*: the bits of a double, and not a value, so that machine code reads and writes
//! them as they are. The first object with a set of keys decides, by the doubles that it has; where another one has
//! something else there, the set gets a shape with fewer numbers, and never one with more. (V8 does the same by the
//! representations of fields, see `src/objects/property-details.h` there.) So a set of keys has one shape at a time for
//! objects that are made, while older ones may still have earlier shapes.
//!
//! Two shapes are marks and hold no keys: `TABLE` for objects with more than [`MAX_KEYS`] attributes, which have a
//! hash table, and `UNLOADED` for objects whose content is not loaded yet. Neither may be cached.

use std::ptr::NonNull;

use hashbrown::HashTable;
use parking_lot::Mutex;

use super::ObjectRef;
use crate::heap::cell::{CellPtr, Header, Kind};
use crate::heap::{Live, LocalHeap, Marker};
use crate::runtime::Mutator;
use crate::value::{Value, cell_ref};

/// The most attributes that a shape has.
pub const MAX_KEYS: usize = 64;

#[repr(C)]
struct ShapeCell {
    header: Header,
    form: Form,
    len: u32,
    /// A bit for each slot that holds a number.
    numbers: u64,
    /// The number of the runtime.
    runtime: u64,
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

    /// Returns a bit for each slot that holds the bits of a double in place of a value.
    #[inline]
    pub fn numbers(self) -> u64 {
        self.get().numbers
    }

    /// Returns whether a slot holds a number.
    #[inline]
    pub fn is_number(self, slot: usize) -> bool {
        self.get().numbers >> slot & 1 == 1
    }

    /// Returns the number of the runtime that the shape is one of.
    pub(super) fn runtime(self) -> u64 {
        self.get().runtime
    }

    /// Returns whether the slots can hold these values.
    #[inline]
    pub(crate) fn holds(self, values: &[Value]) -> bool {
        let numbers = self.numbers();
        numbers == 0 || numbers & !numbers_in(values) == 0
    }

    fn allocate(
        heap: &LocalHeap<'_>,
        runtime: u64,
        form: Form,
        keys: &[ObjectRef],
        numbers: u64,
    ) -> ShapeRef {
        let cell =
            heap.allocate(size_of::<ShapeCell>() + size_of_val(keys), as_values(keys)).cast::<ShapeCell>();
        // SAFETY: the memory is fresh and large enough for the fields and the keys.
        unsafe {
            cell.write(ShapeCell {
                header: Header::new(Kind::Shape),
                form,
                len: keys.len() as u32,
                numbers,
                runtime,
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
    /// Makes the table of the runtime with a number.
    pub(crate) fn new(heap: &LocalHeap<'_>, runtime: u64) -> ShapeTable {
        ShapeTable {
            by_keys: Mutex::default(),
            empty: ShapeRef::allocate(heap, runtime, Form::Keys, &[], 0),
            table: ShapeRef::allocate(heap, runtime, Form::Table, &[], 0),
            unloaded: ShapeRef::allocate(heap, runtime, Form::Unloaded, &[], 0),
        }
    }

    /// Returns the shape of objects that are made with these values of these keys, sorted by oid and without duplicates, at
    /// most [`MAX_KEYS`]; and whether the keys had another shape until now.
    fn for_values(&self, heap: &LocalHeap<'_>, keys: &[ObjectRef], values: &[Value]) -> (ShapeRef, bool) {
        debug_assert!(keys.is_sorted_by(|a, b| a.oid() < b.oid()) && keys.len() <= MAX_KEYS);
        debug_assert_eq!(keys.len(), values.len());
        if keys.is_empty() {
            return (self.empty, false);
        }
        let hash = hash_of(keys);
        let given = numbers_in(values);
        loop {
            let known = self.by_keys.lock().find(hash, |shape| shape.keys() == keys).copied();
            if let Some(shape) = known.filter(|shape| shape.holds(values)) {
                return (shape, false);
            }
            let numbers = known.map_or(given, |known| known.numbers() & given);
            let made = ShapeRef::allocate(heap, self.empty.runtime(), Form::Keys, keys, numbers);
            let mut by_keys = self.by_keys.lock();
            match by_keys.find_mut(hash, |shape| shape.keys() == keys) {
                Some(own) if Some(*own) == known => *own = made,
                // Another thread has come first.
                Some(_) => continue,
                None => {
                    by_keys.insert_unique(hash, made, |shape| hash_of(shape.keys()));
                }
            }
            return (made, known.is_some());
        }
    }

    /// Returns whether objects that are made with the keys of a shape have it as long as their values allow it.
    fn is_newest(&self, shape: ShapeRef) -> bool {
        // One without numbers is never followed by another one; that of no keys is in no table.
        if shape.numbers() == 0 {
            return true;
        }
        let keys = shape.keys();
        self.by_keys.lock().find(hash_of(keys), |own| own.keys() == keys) == Some(&shape)
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

impl Mutator<'_> {
    /// Returns the shape of objects that are made with these values of these keys, sorted by oid and without duplicates, at
    /// most [`MAX_KEYS`].
    pub(crate) fn shape_for(&self, keys: &[ObjectRef], values: &[Value]) -> ShapeRef {
        let (shape, is_other) = self.runtime().shapes().for_values(self, keys, values);
        if is_other {
            // Caches that make objects of the former one are to learn it.
            self.runtime().invalidate_methods();
        }
        shape
    }

    /// Returns a shape of the same keys as another one that holds these values: that one, if it does.
    #[inline]
    pub(crate) fn shape_like(&self, shape: ShapeRef, values: &[Value]) -> ShapeRef {
        if shape.holds(values) { shape } else { self.shape_for(shape.keys(), values) }
    }

    /// Returns whether objects that are made with the keys of a shape have it as long as their values allow it.
    pub(crate) fn is_newest_shape(&self, shape: ShapeRef) -> bool {
        self.runtime().shapes().is_newest(shape)
    }
}

/// Returns a bit for each value that a slot may hold as a number.
fn numbers_in(values: &[Value]) -> u64 {
    let is_number = |value: &Value| u64::from(value.as_double().is_some());
    values.iter().enumerate().fold(0, |all, (slot, value)| all | is_number(value) << slot)
}

fn hash_of(keys: &[ObjectRef]) -> u64 {
    let mut hash = keys.len() as u64;
    for key in keys {
        // Objects do not move, so their addresses are good keys.
        hash = (hash.rotate_left(5) ^ key.cell().as_ptr() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    hash ^ (hash >> 32)
}
