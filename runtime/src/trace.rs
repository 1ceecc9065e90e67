//! What each kind of cell refers to and drops: the one list of all kinds.

use crate::heap::Hooks;
use crate::heap::Marker;
use crate::heap::cell::{CellPtr, Kind};
use crate::{code, object, value};

/// What the heap is told of the cells.
pub(crate) const HOOKS: Hooks = Hooks { trace, drop };

/// Marks what a cell refers to.
///
/// # Safety
///
/// The cell is alive.
unsafe fn trace(cell: CellPtr, marker: &mut Marker<'_>) {
    // SAFETY: by this function's contract.
    match unsafe { cell.as_ref() }.kind() {
        Kind::Free | Kind::Double | Kind::String => {}
        Kind::BigInt => value::trace_bigint(cell, marker),
        Kind::Tuple | Kind::Set => value::trace_sequence(cell, marker),
        Kind::Closure => value::trace_closure(cell, marker),
        Kind::Instance => value::trace_instance(cell, marker),
        Kind::Json => value::trace_json(cell, marker),
        Kind::Object => object::trace(cell, marker),
        Kind::Slots => object::trace_slots(cell, marker),
        Kind::SlotTable => object::trace_slot_table(cell, marker),
        Kind::Unloaded => object::trace_unloaded(cell, marker),
        Kind::Components => object::trace_components(cell, marker),
        Kind::Shape => object::trace_shape(cell, marker),
        Kind::Payload => object::trace_payload(cell, marker),
        Kind::Code => code::trace_code(cell, marker),
        Kind::Entry => code::trace_entry(cell, marker),
        Kind::Machine => code::trace_machine(cell, marker),
    }
}

/// Drops what a dead cell owns outside the heap.
///
/// # Safety
///
/// The cell is dead, was allocated with drop, and is dropped once.
unsafe fn drop(cell: CellPtr) {
    // SAFETY: by this function's contract.
    unsafe {
        match cell.as_ref().kind() {
            Kind::Payload => object::drop_payload(cell),
            Kind::Code => code::drop_code(cell),
            Kind::Machine => code::drop_machine(cell),
            kind => debug_assert!(false, "cells of kind {kind:?} are not dropped"),
        }
    }
}
