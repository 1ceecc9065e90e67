//! Where the parts of values in cells lie, for machine code.

/// Offsets in bytes from the address of a cell.
#[derive(Clone, Copy, Debug)]
pub struct ValueOffsets {
    /// Of the number of a boxed double.
    pub double: i32,
    /// Of the function of a closure.
    pub closure_function: i32,
    /// Of the object of its metadata.
    pub closure_meta: i32,
    /// Of the number of its metadata.
    pub closure_rank: i32,
    /// Of the number of values that a closure captured.
    pub closure_len: i32,
    /// Of the first of them.
    pub closure_values: i32,
    /// Of the number of values of a tuple.
    pub tuple_len: i32,
    /// Of the first of them.
    pub tuple_values: i32,
}

impl ValueOffsets {
    pub(crate) fn new() -> ValueOffsets {
        ValueOffsets {
            double: super::double::NUMBER as i32,
            closure_function: super::closure::FUNCTION as i32,
            closure_meta: super::closure::META as i32,
            closure_rank: super::closure::RANK as i32,
            closure_len: super::closure::LEN as i32,
            closure_values: super::closure::VALUES as i32,
            tuple_len: super::sequence::LEN as i32,
            tuple_values: super::sequence::VALUES as i32,
        }
    }
}
