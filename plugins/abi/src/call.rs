//! What every callback is given.

use core::ffi::c_void;

use crate::host::Host;

/// A call of a callback. It is valid until the callback returns, on the thread that runs it and no other:
/// [`crate::status::MISUSE`] is what another thread gets.
#[repr(C)]
#[derive(Debug)]
pub struct Call {
    /// The size of this table in bytes.
    pub struct_size: u32,
    /// [`CALL_DIRECT`] or nothing.
    pub flags: u32,
    /// Not zero as soon as the call is to be given up: it took too long, or somebody pressed Ctrl-C. A callback that
    /// takes more than some milliseconds looks at it now and then, and returns [`crate::status::CANCELLED`].
    ///
    /// It changes at any time: C reads it as `const volatile uint8_t *`, Rust as an `AtomicU8`.
    pub cancelled: *const u8,
    /// The plugin's host.
    pub host: *const Host,
    /// The host's own.
    pub context: *mut c_void,
}

/// The call runs on the thread of the program that made it, inside the graph: values in local variables are alive.
/// Without it the call is guarded, on a thread of its own; values that it was given or has asked for are alive until it
/// ends.
pub const CALL_DIRECT: u32 = 1;
