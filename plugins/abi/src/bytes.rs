//! Bytes in and bytes out.

use core::ffi::c_void;

use crate::status::Status;

/// Bytes that somebody else owns; texts are UTF-8, without a zero at the end.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Bytes {
    /// The first byte; anything where `len` is zero.
    pub ptr: *const u8,
    /// How many there are.
    pub len: usize,
}

/// Where a callback writes its output, piece by piece.
#[repr(C)]
#[derive(Debug)]
pub struct Sink {
    /// The size of this table in bytes.
    pub struct_size: u32,
    /// Zero.
    pub reserved: u32,
    /// The host's own.
    pub context: *mut c_void,
    /// Takes bytes. Returns [`crate::status::OK`]; [`crate::status::LIMIT`] when there were too many, and
    /// [`crate::status::CANCELLED`]: the callback then returns that.
    pub write: Option<unsafe extern "C" fn(sink: *const Sink, ptr: *const u8, len: usize) -> Status>,
}
