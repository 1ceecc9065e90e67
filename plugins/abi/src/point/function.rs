use core::ffi::{c_char, c_void};

use crate::call::Call;
use crate::status::Status;
use crate::value::RawValue;

/// A function that programs call by the registration's name, or a method of a class.
///
/// It runs on the thread of the program, inside the graph, without a deadline of its own: see [`FUNCTION_GUARDED`].
#[repr(C)]
#[derive(Debug)]
pub struct Function {
    /// The size of this struct in bytes.
    pub struct_size: u32,
    /// [`FUNCTION_GUARDED`] or nothing.
    pub flags: u32,
    /// How many arguments it takes, the receiver not counted, or [`ANY_ARITY`].
    pub arity: u32,
    /// Zero.
    pub reserved: u32,
    /// The class whose method it is, by the `class_name` of a payload type of the same plugin or by the name of a class
    /// that every runtime has, such as `string`; null for a function.
    pub receiver: *const c_char,
    /// The names of the arguments and what it does, as `:doc` shows it: `(a, b)` and a line; may be null.
    pub doc: *const c_char,
    /// What it does. `receiver` is nil for a function.
    pub call: Option<
        unsafe extern "C" fn(
            data: *mut c_void,
            call: *mut Call,
            receiver: RawValue,
            arguments: *const RawValue,
            count: usize,
            result: *mut RawValue,
        ) -> Status,
    >,
}

/// It takes any number of arguments.
pub const ANY_ARITY: u32 = 255;
/// The function may take long or hang: it is called on a thread of its own, with a deadline.
pub const FUNCTION_GUARDED: u32 = 1;

// SAFETY: an interface is constant; what it points to is constant too, and as long-lived as the library.
unsafe impl Sync for Function {}
