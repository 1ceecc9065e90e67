//! What a callback returns.

/// What became of a call: [`OK`], or why not. An unknown number counts as [`ERROR`].
pub type Status = i32;

/// It was done.
pub const OK: Status = 0;
/// It failed; [`crate::Host::fail`] was told why.
pub const ERROR: Status = 1;
/// It was given up because it was cancelled.
pub const CANCELLED: Status = 2;
/// It took longer than it may. The host's own: a plugin does not return it.
pub const TIMEOUT: Status = 3;
/// A panic was caught at the boundary; [`crate::Host::fail`] was told its message.
pub const PANIC: Status = 4;
/// It does not apply: the format, version or value is not one that the callee handles.
pub const UNSUPPORTED: Status = 5;
/// The bytes that it was given are damaged.
pub const CORRUPT: Status = 6;
/// A limit was reached, as of the bytes that a sink takes.
pub const LIMIT: Status = 7;
/// What was asked for is not there.
pub const NOT_FOUND: Status = 8;
/// An argument is not what it must be.
pub const INVALID: Status = 9;
/// The program raised an error in a call into the graph; returned on, the program gets the very same error.
pub const RAISED: Status = 10;
/// It can not be done now: after `init` nothing can be registered, after `deinit` nothing called.
pub const MISUSE: Status = 11;
