//! Objects: the only mutable values, with identity, attributes, components and at most one payload.
//!
//! Reading an attribute or a component takes no lock; changing an object takes its own lock, and there is no other.
//! Read in this order: this file (the cell), [`shape`] and [`slots`] (attributes), [`components`], [`attributes`] and
//! [`parts`] (reading and changing), [`lock`], [`payload`], [`oid_table`] and [`newborn`] (finding an object by its oid),
//! [`copy`] (how an object was), [`unloaded`] and [`state`] (objects whose content comes later).

mod attributes;
mod birth;
mod components;
mod copy;
mod fast;
mod layout;
mod lock;
pub(crate) mod newborn;
pub(crate) mod oid_table;
mod parts;
pub mod payload;
mod shape;
mod slots;
mod state;
mod unloaded;

use std::ptr::NonNull;
use std::sync::atomic::{AtomicI64, Ordering};

pub use self::attributes::Attributes;
pub use self::layout::{ObjectOffsets, VectorOffsets};
pub use self::lock::ObjectGuard;
pub use self::newborn::CradleOffsets;
pub use self::oid_table::FrozenOids;
pub use self::payload::Payload;
pub use self::shape::{MAX_KEYS, ShapeRef};
pub use self::slots::SlotsRef;

pub(crate) use self::components::trace as trace_components;
pub(crate) use self::payload::cell::{drop_cell as drop_payload, trace as trace_payload};
pub(crate) use self::shape::{ShapeTable, trace as trace_shape};
pub(crate) use self::slots::{trace as trace_slots, trace_table as trace_slot_table};
pub(crate) use self::unloaded::{new_mark as new_unloaded_mark, trace as trace_unloaded};

use crate::heap::barrier::Slot;
use crate::heap::cell::{CellPtr, Header, Kind};
use crate::heap::{LocalHeap, Marker};
use crate::oid::Oid;
use crate::value::{Value, cell_ref};

/// The cell of an object. What it points to changes by atomic stores under the object's lock.
#[repr(C)]
struct ObjectCell {
    header: Header,
    oid: Oid,
    class: Slot,
    /// The space object, or nil for a transient object.
    space: Slot,
    mtime: AtomicI64,
    /// A slot array or a table.
    slots: Slot,
    /// A component vector, or nil.
    components: Slot,
    /// A payload cell, or nil.
    payload: Slot,
    /// What a store said of the object that nobody here understands; see [`ObjectRef::extras`].
    extras: Slot,
}

const _: () = assert!(size_of::<ObjectCell>() == 80);

cell_ref! {
    /// An object.
    ObjectRef, ObjectCell, Kind::Object
}

impl PartialEq for ObjectRef {
    #[inline]
    fn eq(&self, other: &ObjectRef) -> bool {
        self.0 == other.0
    }
}

impl Eq for ObjectRef {}

/// By oid, as everywhere.
impl PartialOrd for ObjectRef {
    fn partial_cmp(&self, other: &ObjectRef) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ObjectRef {
    fn cmp(&self, other: &ObjectRef) -> std::cmp::Ordering {
        self.oid().cmp(&other.oid())
    }
}

impl std::hash::Hash for ObjectRef {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write_u32(self.oid().hash32());
    }
}

impl ObjectRef {
    /// Makes an object that no table knows yet.
    pub(crate) fn allocate(
        heap: &LocalHeap<'_>,
        oid: Oid,
        class: Value,
        space: Value,
        mtime: i64,
        empty_slots: SlotsRef,
    ) -> ObjectRef {
        let cell = heap.allocate(size_of::<ObjectCell>(), &[class, space]).cast::<ObjectCell>();
        let object = ObjectCell {
            header: Header::new(Kind::Object),
            oid,
            class: Slot::new(class),
            space: Slot::new(space),
            mtime: AtomicI64::new(mtime),
            slots: Slot::new(Value::from_cell(empty_slots.cell())),
            components: Slot::new(Value::NIL),
            payload: Slot::new(Value::NIL),
            extras: Slot::new(Value::NIL),
        };
        // SAFETY: the memory is fresh and large enough.
        unsafe { cell.write(object) };
        ObjectRef(cell)
    }

    /// Returns the identity of the object.
    #[inline]
    pub fn oid(self) -> Oid {
        self.get().oid
    }

    /// Returns the class, or `None` for an object whose class is not known yet.
    #[inline]
    pub fn class(self) -> Option<ObjectRef> {
        self.get().class.load().as_object()
    }

    /// Returns the class as a value; nil where it is not known yet.
    #[inline(always)]
    pub(crate) fn class_slot(self) -> Value {
        self.get().class.load()
    }

    /// Returns the space, or `None` for a transient object.
    #[inline]
    pub fn space(self) -> Option<ObjectRef> {
        self.get().space.load().as_object()
    }

    /// Returns when the object last changed, in hundredths of a second since 1970.
    #[inline]
    pub fn mtime(self) -> i64 {
        self.get().mtime.load(Ordering::Relaxed)
    }

    #[inline(always)]
    fn slots_cell(self) -> CellPtr {
        // SAFETY: an object always has slots: `allocate` gives it some, and `publish` others.
        unsafe { self.get().slots.load().cell_unchecked() }
    }

    /// Returns the slot array, unless the object has a table; the shape in it is a key of inline caches.
    #[inline]
    pub fn slot_array(self) -> Option<SlotsRef> {
        if self.has_unloaded_slots() {
            self.load();
        }
        let cell = self.slots_cell();
        // SAFETY: the kind of the cell decides its type.
        unsafe { (cell.as_ref().kind() == Kind::Slots).then(|| SlotsRef::from_cell(cell)) }
    }
}

/// Marks what an object refers to.
pub(crate) fn trace(cell: CellPtr, marker: &mut Marker<'_>) {
    let object = ObjectRef(NonNull::cast(cell)).get();
    for slot in
        [&object.class, &object.space, &object.slots, &object.components, &object.payload, &object.extras]
    {
        marker.value(slot.load());
    }
}
