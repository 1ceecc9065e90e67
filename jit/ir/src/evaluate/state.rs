//! What functions change: the elements of slices, and memory.

use super::value::Value;
use crate::types::{Element, Type};

/// The slices that there are, and memory for trusted functions.
#[derive(Default)]
pub struct State {
    slices: Vec<(Element, Vec<u64>)>,
    /// The memory that trusted functions read and write; without one they stop at the first access.
    pub memory: Option<Box<dyn AddressSpace>>,
}

/// Memory, byte by byte, the low one first.
pub trait AddressSpace {
    /// Returns some bytes, at most 8, as the low bits of a word, or `None` where there is no memory.
    fn read(&mut self, address: u64, count: usize) -> Option<u64>;

    /// Writes some bytes, at most 8, the low bits of a word; gives `None` where there is no memory.
    fn write(&mut self, address: u64, count: usize, bits: u64) -> Option<()>;
}

/// Memory that is a row of bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bytes {
    /// The address of the first byte.
    pub base: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl State {
    /// Returns a new slice with elements of these bits.
    pub fn slice(&mut self, element: Element, elements: &[u64]) -> Value {
        let mask = element.ty().mask();
        self.slices.push((element, elements.iter().map(|bits| bits & mask).collect()));
        Value::new(Type::Slice(element), self.slices.len() as u64 - 1)
    }

    /// Returns the elements of a slice; none of what is no slice.
    pub fn elements(&self, slice: &Value) -> &[u64] {
        if self.has(slice) && slice.ty().is_slice() { &self.slices[slice.bits() as usize].1 } else { &[] }
    }

    /// Returns the elements of a slice to be changed; none of what is no slice.
    pub fn elements_mut(&mut self, slice: &Value) -> &mut [u64] {
        if self.has(slice) && slice.ty().is_slice() {
            &mut self.slices[slice.bits() as usize].1
        } else {
            &mut []
        }
    }

    /// Returns whether a value exists here: a number, or a slice of this state.
    pub(super) fn has(&self, value: &Value) -> bool {
        match value.ty() {
            Type::Slice(element) => {
                self.slices.get(value.bits() as usize).is_some_and(|slice| slice.0 == element)
            }
            _ => true,
        }
    }
}

impl AddressSpace for Bytes {
    fn read(&mut self, address: u64, count: usize) -> Option<u64> {
        let start = usize::try_from(address.checked_sub(self.base)?).ok()?;
        let bytes = self.bytes.get(start..start.checked_add(count)?)?;
        Some(bytes.iter().rev().fold(0, |bits, byte| bits << 8 | u64::from(*byte)))
    }

    fn write(&mut self, address: u64, count: usize, bits: u64) -> Option<()> {
        let start = usize::try_from(address.checked_sub(self.base)?).ok()?;
        let bytes = self.bytes.get_mut(start..start.checked_add(count)?)?;
        bytes.copy_from_slice(bits.to_le_bytes().get(..count)?);
        Some(())
    }
}
