//! Objects whose content is not loaded yet: what stands in its place, and how it comes at first touch.
//!
//! Such an object has its oid, class, space and mtime. In the place of its slots it has a cell of its own kind, whose shape
//! no inline cache knows; in the places of components, payload and extras it has the absent mark. So every reader that
//! finds what it looks for runs as ever, and only who finds nothing asks whether it is there at all.
//!
//! Loading happens where readers expect nothing to happen. So it reaches no safepoint, and the content is made in a cell
//! that nobody else sees and is then given to the object, the slots last. One thread loads at a time.

use std::ptr::NonNull;

use super::payload::cell::PayloadRef;
use super::shape::ShapeRef;
use super::{ObjectRef, Payload};
use crate::Mutator;
use crate::heap::barrier;
use crate::heap::cell::{CellPtr, Header, Kind};
use crate::heap::{LocalHeap, Marker};
use crate::runtime::with_current_mutator;
use crate::value::Value;

/// What an unloaded object has for slots. Its first fields are those of a slot array.
#[repr(C)]
pub(crate) struct UnloadedCell {
    header: Header,
    shape: ShapeRef,
    /// The number of the runtime.
    runtime: u64,
}

/// Makes the mark of unloaded objects of a runtime.
pub(crate) fn new_mark(heap: &LocalHeap<'_>, shape: ShapeRef, runtime: u64) -> CellPtr {
    let cell = heap.allocate(size_of::<UnloadedCell>(), &[]).cast::<UnloadedCell>();
    // SAFETY: the memory is fresh and large enough.
    unsafe { cell.write(UnloadedCell { header: Header::new(Kind::Unloaded), shape, runtime }) };
    cell.cast()
}

/// Marks what the mark refers to.
pub(crate) fn trace(cell: CellPtr, marker: &mut Marker<'_>) {
    let cell: NonNull<UnloadedCell> = cell.cast();
    // SAFETY: the kind of the cell decides its type.
    marker.cell(unsafe { cell.as_ref() }.shape.cell());
}

impl ObjectRef {
    /// Makes an object of which no content is loaded one that gets it at first touch.
    pub(crate) fn unload(self, m: &Mutator<'_>) {
        let object = self.get();
        self.set_unloaded(true);
        for slot in [&object.components, &object.payload, &object.extras] {
            barrier::store(self.cell(), slot, Value::ABSENT);
        }
        barrier::store(self.cell(), &object.slots, Value::from_cell(m.runtime().unloaded_mark()));
    }

    /// Loads the content of an unloaded object, or waits until another thread has.
    #[cold]
    #[inline(never)]
    pub(crate) fn load(self) {
        let cell = self.slots_cell();
        // SAFETY: an object's slots are a live cell.
        if unsafe { cell.as_ref() }.kind() != Kind::Unloaded {
            // Another thread has come to the end of it.
            return;
        }
        // SAFETY: the kind of the cell decides its type.
        let number = unsafe { cell.cast::<UnloadedCell>().as_ref() }.runtime;
        with_current_mutator(number, |m| m.load_content(self));
    }

    /// Gives an object new content, made by `fill` in a cell that nobody else sees and that has no content yet, along with
    /// its class and mtime; it becomes one of a space, and does not count as changed. For a loader.
    ///
    /// # Errors
    ///
    /// Those of `fill`; the object is as it was, then.
    pub fn refill<E>(
        self,
        m: &Mutator<'_>,
        space: ObjectRef,
        fill: impl FnOnce(ObjectRef) -> Result<(), E>,
    ) -> Result<(), E> {
        let class = self.get().class.load();
        let into = ObjectRef::allocate(m, self.oid(), class, space.into(), 0, m.runtime().empty_slots());
        fill(into)?;
        let _guard = self.lock(m);
        into.name_loaded_symbol_as(m, self);
        self.become_copy(m, into);
        m.runtime().invalidate_methods();
        Ok(())
    }

    /// Gives a cell that nobody else sees its payload: what caches know stays true.
    pub fn install_fresh_payload(self, m: &Mutator<'_>, payload: Payload) {
        let cell = PayloadRef::new(m, payload).cell();
        barrier::store(self.cell(), &self.get().payload, Value::from_cell(cell));
    }

    /// Lets `object`, which is about to get the payload of this cell, be found by its name if it is a symbol.
    pub(crate) fn name_loaded_symbol_as(self, m: &Mutator<'_>, object: ObjectRef) {
        let Some(payload) = self.payload_ref() else { return };
        // Nobody else sees the cell.
        if let Payload::Symbol(symbol) = payload.borrow() {
            m.name_loaded(object, &symbol.name, symbol.weak);
        }
    }

    /// Puts an object that is in no table yet into a space, or into itself.
    pub(crate) fn place_unseen(self, space: ObjectRef) {
        barrier::store(self.cell(), &self.get().space, space.into());
    }
}
