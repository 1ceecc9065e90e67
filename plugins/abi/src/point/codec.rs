use core::ffi::{c_char, c_void};

use crate::bytes::Sink;
use crate::call::Call;
use crate::status::Status;

/// A codec of space files. It sees bytes, never paths: the host writes the frame around them, with sizes and checksum.
#[repr(C)]
#[derive(Debug)]
pub struct Codec {
    /// The size of this struct in bytes.
    pub struct_size: u32,
    /// Zero.
    pub flags: u32,
    /// What a frame begins with: `C`, `R`, 1, and a byte of the codec's own; up to 0x7F they are the host's.
    pub magic: [u8; 4],
    /// Zero.
    pub reserved: u32,
    /// How many megabytes it encodes in a second, about; more than 0.
    pub throughput: f64,
    /// The size of what it encodes to the size of what it is given, about; more than 0, at most 1.
    pub ratio: f64,
    /// The version of its format.
    pub version: *const c_char,
    /// What it is, in a line; may be null.
    pub description: *const c_char,
    /// Returns [`crate::status::OK`] if encoded bytes that begin so are its own, else [`crate::status::UNSUPPORTED`]. Optional.
    pub detect: Option<unsafe extern "C" fn(data: *mut c_void, header: *const u8, len: usize) -> Status>,
    /// Encodes.
    pub encode: Option<
        unsafe extern "C" fn(
            data: *mut c_void,
            call: *mut Call,
            input: *const u8,
            len: usize,
            output: *const Sink,
        ) -> Status,
    >,
    /// Decodes what has `plain_size` bytes; the output takes no more.
    pub decode: Option<
        unsafe extern "C" fn(
            data: *mut c_void,
            call: *mut Call,
            input: *const u8,
            len: usize,
            plain_size: u64,
            output: *const Sink,
        ) -> Status,
    >,
}

// SAFETY: an interface is constant; what it points to is constant too, and as long-lived as the library.
unsafe impl Sync for Codec {}
