//! Slot arrays: the attributes of an object, readable without a lock.
//!
//! An object points to one cell that holds its shape and its values, so that a reader sees both of one moment with a
//! single atomic load. Growing and shrinking publish a new cell; storing into an existing slot is one atomic store. Where the
//! shape says that a slot holds a number, it holds the bits of a double, and no value: what is no such number is stored by
//! publishing a new cell with another shape.

use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

use super::ObjectRef;
use super::shape::{ShapeRef, ShapeTable};
use crate::heap::barrier::{self, Slot};
use crate::heap::cell::{CellPtr, Header, Kind};
use crate::heap::{LocalHeap, Marker};
use crate::runtime::with_current_mutator;
use crate::value::{Value, cell_ref};

#[repr(C)]
struct SlotsCell {
    header: Header,
    shape: ShapeRef,
    values: [Slot; 0],
}

/// Where the shape of a slot array lies.
pub(super) const SHAPE: usize = std::mem::offset_of!(SlotsCell, shape);
/// Where its values begin.
pub(super) const VALUES: usize = std::mem::offset_of!(SlotsCell, values);

cell_ref! {
    /// A slot array.
    SlotsRef, SlotsCell, Kind::Slots
}

impl SlotsRef {
    /// Returns a slot array with one value for every key of the shape, which holds them.
    pub(crate) fn new(heap: &LocalHeap<'_>, shape: ShapeRef, values: &[Value]) -> SlotsRef {
        debug_assert_eq!(shape.keys().len(), values.len());
        let cell = heap.allocate(size_of::<SlotsCell>() + size_of_val(values), values).cast::<SlotsCell>();
        // SAFETY: the memory is fresh and large enough for the fields and the values; a slot is laid out as a value.
        unsafe {
            cell.write(SlotsCell { header: Header::new(Kind::Slots), shape, values: [] });
            let to = (&raw mut (*cell.as_ptr()).values).cast::<Value>();
            to.copy_from_nonoverlapping(values.as_ptr(), values.len());
        }
        let own = SlotsRef(cell);
        let mut numbers = shape.numbers();
        while numbers != 0 {
            let slot = numbers.trailing_zeros() as usize;
            let is_stored = own.store(slot, values[slot]);
            debug_assert!(is_stored, "the shape was chosen for other values");
            numbers &= numbers - 1;
        }
        own
    }

    /// Returns the slot array of objects without attributes.
    pub(crate) fn empty(heap: &LocalHeap<'_>, shapes: &ShapeTable) -> SlotsRef {
        SlotsRef::new(heap, shapes.empty, &[])
    }

    /// Returns the shape.
    #[inline]
    pub fn shape(self) -> ShapeRef {
        self.get().shape
    }

    /// Returns a slot.
    ///
    /// # Safety
    ///
    /// The shape has a key of this number.
    #[inline(always)]
    pub(super) unsafe fn slot_unchecked<'s>(self, slot: usize) -> &'s Slot {
        // SAFETY: `new` wrote one slot for every key behind the cell's fields.
        unsafe { &*(&raw const (*self.0.as_ptr()).values).cast::<Slot>().add(slot) }
    }

    #[inline]
    fn slots<'s>(self) -> &'s [Slot] {
        let len = self.len();
        // SAFETY: `new` wrote one slot for every key behind the cell's fields.
        unsafe { std::slice::from_raw_parts((&raw const (*self.0.as_ptr()).values).cast(), len) }
    }

    /// Returns how many slots there are.
    #[inline]
    pub(super) fn len(self) -> usize {
        self.shape().keys().len()
    }

    /// Returns the value in a slot.
    ///
    /// # Panics
    ///
    /// When there is none of this number.
    #[inline]
    pub(super) fn value(self, slot: usize) -> Value {
        let own = &self.slots()[slot];
        let shape = self.shape();
        if !shape.is_number(slot) {
            return own.load();
        }
        let double = load_number(own);
        match Value::try_immediate_double(double) {
            Some(value) => value,
            None => boxed(shape.runtime(), double),
        }
    }

    /// Returns all values.
    pub(super) fn values(self) -> impl Iterator<Item = Value> {
        (0..self.len()).map(move |slot| self.value(slot))
    }

    /// Stores a value into a slot; the caller holds the object's lock. Returns false, and stores nothing, where the slot holds
    /// numbers and the value is none that it can hold.
    #[inline]
    pub(super) fn store(self, slot: usize, value: Value) -> bool {
        let own = &self.slots()[slot];
        if self.shape().is_number(slot) {
            return store_number(own, value);
        }
        barrier::store(self.cell(), own, value);
        true
    }
}

/// Returns the number in a slot that holds one.
#[inline(always)]
pub(super) fn load_number(slot: &Slot) -> f64 {
    f64::from_bits(slot.load_bits())
}

/// Returns the value of one of the rare doubles that need a cell. Nobody expects a safepoint where attributes are read.
#[cold]
fn boxed(runtime: u64, double: f64) -> Value {
    let mut value = Value::NIL;
    with_current_mutator(runtime, |m| {
        let _unpolled = m.without_safepoints();
        value = Value::double(m, double);
    });
    value
}

/// Stores a value into a slot that holds a number; returns false where it can not.
#[inline(always)]
pub(super) fn store_number(slot: &Slot, value: Value) -> bool {
    let double = value.as_double();
    if let Some(double) = double {
        slot.store_bits(double.to_bits());
    }
    double.is_some()
}

/// Marks what a slot array refers to.
pub(crate) fn trace(cell: CellPtr, marker: &mut Marker<'_>) {
    let slots = SlotsRef(NonNull::cast(cell));
    let shape = slots.shape();
    marker.cell(shape.cell());
    for (number, slot) in slots.slots().iter().enumerate() {
        if !shape.is_number(number) {
            marker.value(slot.load());
        }
    }
}

/// A hash table of attributes, for objects with many. Its first fields are those of a slot array.
#[repr(C)]
struct TableCell {
    header: Header,
    shape: ShapeRef,
    /// A power of two.
    capacity: u32,
    /// Keys in the table, those without a value included.
    used: AtomicU32,
    entries: [(Slot, Slot); 0],
}

cell_ref! {
    /// A table of attributes.
    TableRef, TableCell, Kind::SlotTable
}

impl TableRef {
    /// Returns an empty table with room for `count` keys.
    pub(super) fn new(heap: &LocalHeap<'_>, shapes: &ShapeTable, count: usize) -> TableRef {
        let capacity = (count * 3 / 2).next_power_of_two().max(128);
        let bytes = size_of::<TableCell>() + capacity * size_of::<(Slot, Slot)>();
        let cell = heap.allocate(bytes, &[]).cast::<TableCell>();
        // SAFETY: the memory is fresh and large enough for the fields and the entries.
        unsafe {
            cell.write(TableCell {
                header: Header::new(Kind::SlotTable),
                shape: shapes.table,
                capacity: capacity as u32,
                used: AtomicU32::new(0),
                entries: [],
            });
            let entries = (&raw mut (*cell.as_ptr()).entries).cast::<(Slot, Slot)>();
            for index in 0..capacity {
                entries.add(index).write((Slot::new(Value::ABSENT), Slot::new(Value::ABSENT)));
            }
        }
        TableRef(cell)
    }

    fn entries<'t>(self) -> &'t [(Slot, Slot)] {
        // SAFETY: `new` wrote so many entries behind the cell's fields.
        unsafe {
            std::slice::from_raw_parts(
                (&raw const (*self.0.as_ptr()).entries).cast(),
                self.get().capacity as usize,
            )
        }
    }

    /// Returns the entry of a key, or the free one where it would go.
    fn find(self, key: ObjectRef) -> &'static (Slot, Slot) {
        let entries = self.entries();
        let mask = entries.len() - 1;
        let mut index = (key.cell().as_ptr() as usize >> 4).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20 & mask;
        loop {
            let own = entries[index].0.load();
            if own.is_absent() || own.is_identical(key.into()) {
                return &entries[index];
            }
            index = (index + 1) & mask;
        }
    }

    /// Returns the value of a key.
    pub(super) fn value_of(self, key: ObjectRef) -> Option<Value> {
        Some(self.find(key).1.load()).filter(|value| !value.is_absent())
    }

    /// Returns whether another key still fits.
    pub(super) fn has_room(self) -> bool {
        self.get().used.load(Ordering::Relaxed) < self.get().capacity / 3 * 2
    }

    /// Stores a value; the caller holds the object's lock and made sure of room.
    pub(super) fn store(self, key: ObjectRef, value: Value) {
        let entry = self.find(key);
        // The value first: a reader that sees the key finds a value, or the absent mark of a removed one.
        barrier::store(self.cell(), &entry.1, value);
        if entry.0.load().is_absent() {
            barrier::store(self.cell(), &entry.0, key.into());
            self.get().used.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns the numbers of the entries that have a value, sorted by the oid of their keys.
    pub(super) fn sorted_entries(self) -> Vec<u32> {
        let mut numbers: Vec<(crate::oid::Oid, u32)> = Vec::new();
        for (number, (key, value)) in self.entries().iter().enumerate() {
            if let (Some(key), false) = (key.load().as_object(), value.load().is_absent()) {
                numbers.push((key.oid(), number as u32));
            }
        }
        numbers.sort_unstable();
        numbers.into_iter().map(|(_, number)| number).collect()
    }

    /// Returns the attribute of an entry, unless it was removed.
    pub(super) fn entry(self, number: u32) -> Option<(ObjectRef, Value)> {
        let (key, value) = &self.entries()[number as usize];
        let value = value.load();
        if value.is_absent() { None } else { Some((key.load().as_object()?, value)) }
    }

    /// Returns the attributes that have a value, in no order.
    pub(super) fn iter(self) -> impl Iterator<Item = (ObjectRef, Value)> {
        self.entries().iter().filter_map(|(key, value)| {
            let value = value.load();
            if value.is_absent() { None } else { Some((key.load().as_object()?, value)) }
        })
    }
}

/// Marks what a table refers to.
pub(crate) fn trace_table(cell: CellPtr, marker: &mut Marker<'_>) {
    let table = TableRef(NonNull::cast(cell));
    marker.cell(table.get().shape.cell());
    for (key, value) in table.entries() {
        marker.value(key.load());
        marker.value(value.load());
    }
}
