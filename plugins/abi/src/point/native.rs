use core::ffi::{c_char, c_void};

use crate::bytes::Sink;
use crate::status::Status;

/// Native code that compiled code calls by the registration's name, without the interpreter.
#[repr(C)]
#[derive(Debug)]
pub struct Intrinsic {
    /// The size of this struct in bytes.
    pub struct_size: u32,
    /// Zero.
    pub flags: u32,
    /// Its signature, such as `f64(f64,f64)`; types are `i8` … `i64`, `f32`, `f64`, `ptr`, `value`, `void`.
    pub signature: *const c_char,
    /// Its address.
    pub address: *const c_void,
}

/// An execution tier: what runs hot functions faster. It is given the runtime itself, so it must have been built
/// together with the host: `build` tells.
#[repr(C)]
#[derive(Debug)]
pub struct Tier {
    /// The size of this struct in bytes.
    pub struct_size: u32,
    /// Zero.
    pub flags: u32,
    /// What the host that it was built with calls its build; another one does not attach it.
    pub build: *const c_char,
    /// Attaches it to a runtime, which it may use until `detach` returns.
    pub attach: Option<unsafe extern "C" fn(data: *mut c_void, runtime: *const c_void) -> Status>,
    /// Detaches it.
    pub detach: Option<unsafe extern "C" fn(data: *mut c_void, runtime: *const c_void)>,
    /// Writes what it has done, as a JSON object. Optional.
    pub stats: Option<unsafe extern "C" fn(data: *mut c_void, output: *const Sink) -> Status>,
}

// SAFETY: an interface is constant; what it points to is constant too, and as long-lived as the library.
unsafe impl Sync for Intrinsic {}
// SAFETY: as above.
unsafe impl Sync for Tier {}
