use core::ffi::{c_char, c_void};

use crate::bytes::Sink;
use crate::call::Call;
use crate::status::Status;

/// A function from bytes to bytes.
pub type ByteFunction = unsafe extern "C" fn(
    data: *mut c_void,
    call: *mut Call,
    input: *const u8,
    len: usize,
    output: *const Sink,
) -> Status;

/// A service: bytes in, bytes out, guarded.
#[repr(C)]
#[derive(Debug)]
pub struct Service {
    /// The size of this struct in bytes.
    pub struct_size: u32,
    /// [`SERVICE_IDEMPOTENT`] or nothing.
    pub flags: u32,
    /// What it does, in a line; may be null.
    pub doc: *const c_char,
    /// Executes a request.
    pub execute: Option<ByteFunction>,
}

/// A request that failed for a reason that passes may be executed again.
pub const SERVICE_IDEMPOTENT: u32 = 1;

/// A command of the prompt: `:name arguments`.
#[repr(C)]
#[derive(Debug)]
pub struct Command {
    /// The size of this struct in bytes.
    pub struct_size: u32,
    /// Zero.
    pub flags: u32,
    /// Its arguments, as help shows them; may be null.
    pub arguments: *const c_char,
    /// What it does, in a line.
    pub summary: *const c_char,
    /// What else is to be known; may be null.
    pub details: *const c_char,
    /// Runs it on the text behind its name; the output is text to be shown.
    pub run: Option<ByteFunction>,
    /// Completes the text behind its name: writes one completion a line. Optional.
    pub complete: Option<ByteFunction>,
}

/// The interface of a point that a plugin defined: functions from bytes to bytes.
#[repr(C)]
#[derive(Debug)]
pub struct Functions {
    /// The size of this struct in bytes.
    pub struct_size: u32,
    /// Zero.
    pub flags: u32,
    /// How many functions there are.
    pub count: usize,
    /// The functions; null where an optional one is missing.
    pub functions: *const Option<ByteFunction>,
}

// SAFETY: an interface is constant; what it points to is constant too, and as long-lived as the library.
unsafe impl Sync for Service {}
// SAFETY: as above.
unsafe impl Sync for Command {}
// SAFETY: as above.
unsafe impl Sync for Functions {}
