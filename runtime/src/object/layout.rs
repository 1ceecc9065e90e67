//! Where the parts of objects lie, for machine code.

use std::mem::offset_of;

use super::payload::Payload;
use super::payload::cell::CONTENT;
use super::{ObjectCell, components, slots};
use crate::value::Value;

/// Offsets in bytes from the address of an object, or of its slot array.
#[derive(Clone, Copy, Debug)]
pub struct ObjectOffsets {
    /// Of the oid: two words.
    pub oid: i32,
    /// Of the class.
    pub class: i32,
    /// Of the space, nil for a transient object.
    pub space: i32,
    /// Of when it changed last.
    pub mtime: i32,
    /// Of the address of the slot array.
    pub slots: i32,
    /// Of the address of the payload cell.
    pub payload: i32,
    /// Of the address of the component vector, nil where there is none or it is not loaded.
    pub components: i32,
    /// Of what a store said of it that nobody understands.
    pub extras: i32,
    /// Behind the last field.
    pub end: i32,
    /// Of the number of components, in a component vector: 32 bits.
    pub component_len: i32,
    /// Of how many there is room for: 32 bits.
    pub component_capacity: i32,
    /// Of the first component, in a component vector.
    pub component_values: i32,
    /// Of the address of the shape, in a slot array.
    pub shape: i32,
    /// Of the first value, in a slot array.
    pub values: i32,
}

impl ObjectOffsets {
    pub(crate) fn new() -> ObjectOffsets {
        ObjectOffsets {
            oid: offset_of!(ObjectCell, oid) as i32,
            class: offset_of!(ObjectCell, class) as i32,
            space: offset_of!(ObjectCell, space) as i32,
            mtime: offset_of!(ObjectCell, mtime) as i32,
            slots: offset_of!(ObjectCell, slots) as i32,
            payload: offset_of!(ObjectCell, payload) as i32,
            components: offset_of!(ObjectCell, components) as i32,
            extras: offset_of!(ObjectCell, extras) as i32,
            end: size_of::<ObjectCell>() as i32,
            component_len: components::LEN as i32,
            component_capacity: components::CAPACITY as i32,
            component_values: components::VALUES as i32,
            shape: slots::SHAPE as i32,
            values: slots::VALUES as i32,
        }
    }
}

/// Where a vector's values lie, from the address of its payload cell.
#[derive(Clone, Copy, Debug)]
pub struct VectorOffsets {
    /// Of the byte that tells the kind of a payload.
    pub tag: i32,
    /// What it is for a vector of values.
    pub value_vector: u8,
    /// Of the address of the first value.
    pub values: i32,
    /// Of the number of values.
    pub len: i32,
}

impl VectorOffsets {
    /// Finds out how the compiler has laid out a vector: Rust does not say. Nothing when it can not be told.
    pub(crate) fn find() -> Option<VectorOffsets> {
        let values = |len: usize, capacity: usize| {
            let mut values = Vec::with_capacity(capacity);
            values.resize(len, Value::NIL);
            (values.capacity() == capacity).then(|| Payload::ValueVector(values))
        };
        let (first, second) = (values(3, 71)?, values(5, 71)?);
        let words = |payload: &Payload| -> [u64; size_of::<Payload>() / 8] {
            // SAFETY: of a vector the words that follow the tag are initialised; of the others only those are compared that
            // hold what is looked for. Reading the padding as volatile bytes gives some bytes.
            std::array::from_fn(|at| unsafe {
                std::ptr::from_ref(payload).cast::<u64>().add(at).read_volatile()
            })
        };
        let address = |payload: &Payload| match payload {
            Payload::ValueVector(values) => values.as_ptr().addr() as u64,
            _ => 0,
        };
        let (one, two) = (words(&first), words(&second));
        let find = |a: u64, b: u64| {
            let mut found = (0..one.len()).filter(|&at| one[at] == a && two[at] == b);
            let only = found.next();
            found.next().is_none().then_some(only).flatten()
        };
        let (len, data) = (find(3, 5)?, find(address(&first), address(&second))?);
        let tag = first.tag();
        let place = CONTENT as i32;
        Some(VectorOffsets {
            tag: place,
            value_vector: tag,
            values: place + 8 * data as i32,
            len: place + 8 * len as i32,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_of_vectors_is_found() {
        let found = VectorOffsets::find().expect("vectors have an address and a length");
        assert_ne!(found.values, found.len);
    }
}
