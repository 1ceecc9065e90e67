//! Where things lie in cells, for machine code that reads them itself.

use super::cell::MachineCell;
use super::context::MachineContext;
use super::heat::Heat;
use crate::code::stack::Frame;
use crate::code::unit::CodeCell;
use crate::heap::Room;
use crate::heap::cell::{Header, Kind};
use crate::object::{CradleOffsets, ObjectOffsets, VectorOffsets};
use crate::send::GateOffsets;
use crate::value::{Value, ValueOffsets};
use std::mem::offset_of;

/// Offsets in bytes, and constants.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are those of the fields in the cells")]
pub struct Layout {
    pub context_signals: i32,
    pub context_alone: i32,
    pub context_epoch: i32,
    pub context_top: i32,
    pub context_last_frame: i32,
    pub context_native_limit: i32,
    pub context_gates: i32,
    pub context_buffers: i32,
    pub context_cradle: i32,
    pub context_watchers: i32,
    pub cradle: CradleOffsets,
    pub gate: GateOffsets,
    pub frame_bytes: i32,
    pub header_depth: i32,
    /// The first words of new cells.
    pub headers: Headers,
    pub code_entry: i32,
    pub machine_valid: i32,
    pub machine_left: i32,
    pub object: ObjectOffsets,
    pub value: ValueOffsets,
    pub vector: Option<VectorOffsets>,
    pub kind_object: u8,
    pub kind_double: u8,
    pub kind_closure: u8,
    pub kind_tuple: u8,
    /// The word that stands for no value.
    pub absent: u64,
    pub nil: u64,
    pub no: u64,
    pub yes: u64,
}

/// The first words of new cells.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the names are those of the kinds of cells")]
pub struct Headers {
    pub object: u64,
    pub slots: u64,
    pub components: u64,
    pub closure: u64,
    /// What is added for each level of nesting of an immutable value.
    pub level: u64,
}

impl Layout {
    /// Returns where cells of so many bytes are taken, unless they are too large for that.
    pub fn room(&self, bytes: usize) -> Option<Room> {
        Room::of(bytes)
    }
}

/// Returns the layout of this build of the runtime.
pub fn layout() -> Layout {
    Layout {
        context_signals: offset_of!(MachineContext, signals) as i32,
        context_alone: offset_of!(MachineContext, alone) as i32,
        context_epoch: offset_of!(MachineContext, epoch) as i32,
        context_top: offset_of!(MachineContext, top) as i32,
        context_last_frame: offset_of!(MachineContext, last_frame) as i32,
        context_native_limit: offset_of!(MachineContext, native_limit) as i32,
        context_gates: offset_of!(MachineContext, gates) as i32,
        context_buffers: offset_of!(MachineContext, buffers) as i32,
        context_cradle: offset_of!(MachineContext, cradle) as i32,
        context_watchers: offset_of!(MachineContext, watchers) as i32,
        cradle: CradleOffsets::new(),
        gate: GateOffsets::new(),
        header_depth: offset_of!(Header, depth) as i32,
        headers: Headers {
            object: Header::word(Kind::Object),
            slots: Header::word(Kind::Slots),
            components: Header::word(Kind::Components),
            closure: Header::word(Kind::Closure),
            level: Header::DEPTH,
        },
        frame_bytes: size_of::<Frame>() as i32,
        code_entry: (offset_of!(CodeCell, heat) + Heat::ENTRY) as i32,
        machine_left: offset_of!(MachineCell, left) as i32,
        machine_valid: offset_of!(MachineCell, valid) as i32,
        object: ObjectOffsets::new(),
        value: ValueOffsets::new(),
        vector: VectorOffsets::find(),
        kind_object: Kind::Object as u8,
        kind_double: Kind::Double as u8,
        kind_closure: Kind::Closure as u8,
        kind_tuple: Kind::Tuple as u8,
        absent: Value::ABSENT.to_bits(),
        nil: Value::NIL.to_bits(),
        no: Value::FALSE.to_bits(),
        yes: Value::TRUE.to_bits(),
    }
}
