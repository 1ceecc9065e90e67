use core::ffi::{c_char, c_void};

use crate::bytes::Sink;
use crate::call::Call;
use crate::status::Status;
use crate::value::RawValue;

/// A form in which a payload is written; a set of them is a sum.
pub type Format = u32;

/// JSON text, which a store can show line by line and git can merge.
pub const FORMAT_JSON: Format = 1;
/// Bytes of the plugin's own. A store keeps them as base64: a type that has only this form can not be read in a diff.
pub const FORMAT_BYTES: Format = 2;

/// A type of payloads: native data that an object holds. The registration's name is the type's, such as `geo/Point`.
///
/// `payload` is what `create`, `clone` or `deserialize` gave. The host calls `drop` for each once, on any thread, also
/// while another call runs; two threads may be given the same payload at once. `trace`, `drop` and `size` call nothing of
/// the host.
#[repr(C)]
#[derive(Debug)]
pub struct PayloadType {
    /// The size of this struct in bytes.
    pub struct_size: u32,
    /// The forms that `serialize` and `deserialize` know, at least one.
    pub formats: Format,
    /// The XXH64 hash, with seed 0, of the schema's text.
    pub schema_hash: u64,
    /// The schema's text.
    pub schema: *const c_char,
    /// The name of the class of the objects that hold such a payload.
    pub class_name: *const c_char,
    /// Makes a payload of default content. Optional: then only the plugin's functions make some.
    pub create:
        Option<unsafe extern "C" fn(data: *mut c_void, call: *mut Call, payload: *mut *mut c_void) -> Status>,
    /// Makes a copy. Optional: then objects with it can not be copied.
    pub clone: Option<
        unsafe extern "C" fn(
            data: *mut c_void,
            call: *mut Call,
            payload: *mut c_void,
            copy: *mut *mut c_void,
        ) -> Status,
    >,
    /// Frees a payload.
    pub drop: Option<unsafe extern "C" fn(data: *mut c_void, payload: *mut c_void)>,
    /// Visits each value that the payload refers to. Optional: then it refers to none.
    pub trace: Option<unsafe extern "C" fn(data: *mut c_void, payload: *mut c_void, visitor: *const Visitor)>,
    /// Returns about how many bytes the payload has. Optional.
    pub size: Option<unsafe extern "C" fn(data: *mut c_void, payload: *mut c_void) -> usize>,
    /// Writes a payload in one of its forms.
    pub serialize: Option<
        unsafe extern "C" fn(
            data: *mut c_void,
            call: *mut Call,
            payload: *mut c_void,
            format: Format,
            output: *const Sink,
        ) -> Status,
    >,
    /// Makes a payload of what `serialize` wrote. Objects that it names may not have their content yet.
    pub deserialize: Option<
        unsafe extern "C" fn(
            data: *mut c_void,
            call: *mut Call,
            format: Format,
            input: *const u8,
            len: usize,
            payload: *mut *mut c_void,
        ) -> Status,
    >,
}

/// Is told of the values that a payload refers to.
#[repr(C)]
#[derive(Debug)]
pub struct Visitor {
    /// The size of this table in bytes.
    pub struct_size: u32,
    /// Zero.
    pub reserved: u32,
    /// The host's own.
    pub context: *mut c_void,
    /// Takes a value.
    pub visit: Option<unsafe extern "C" fn(visitor: *const Visitor, value: RawValue)>,
}

// SAFETY: an interface is constant; what it points to is constant too, and as long-lived as the library.
unsafe impl Sync for PayloadType {}
