//! `rps.graph/1`: values and objects.

use core::ffi::{c_char, c_void};

use crate::bytes::{Bytes, Sink};
use crate::call::Call;
use crate::host::Host;
use crate::status::Status;
use crate::value::{Kind, RawValue};

/// Something that keeps a value alive until it is released.
#[repr(C)]
#[derive(Debug)]
pub struct Root {
    _opaque: [u8; 0],
}

/// Values and objects.
///
/// In a direct call values in local variables are alive; in a guarded call those are that the call was given or that
/// these functions returned, until it ends. A value that is kept longer needs a [`Root`], or is visited by the `trace` of
/// the payload that holds it.
///
/// Any function may run a collection. Texts are valid while their string is alive. What fails inside the graph returns
/// [`crate::status::RAISED`] or another status but [`crate::status::OK`]; the result is then not written.
#[repr(C)]
#[derive(Debug)]
pub struct Graph {
    /// The size of this table in bytes.
    pub struct_size: u32,
    /// Zero.
    pub reserved: u32,

    /// Returns what a value is.
    pub kind: Option<unsafe extern "C" fn(call: *mut Call, value: RawValue) -> Kind>,
    /// Makes an integer of any size of `i64`.
    pub int: Option<unsafe extern "C" fn(call: *mut Call, number: i64, result: *mut RawValue) -> Status>,
    /// Makes a double.
    pub double: Option<unsafe extern "C" fn(call: *mut Call, number: f64, result: *mut RawValue) -> Status>,
    /// Makes a string of UTF-8.
    pub string: Option<
        unsafe extern "C" fn(call: *mut Call, text: *const u8, len: usize, result: *mut RawValue) -> Status,
    >,
    /// Makes a tuple.
    pub tuple: Option<
        unsafe extern "C" fn(
            call: *mut Call,
            items: *const RawValue,
            count: usize,
            result: *mut RawValue,
        ) -> Status,
    >,
    /// Gives an integer that fits `i64`.
    pub as_int: Option<unsafe extern "C" fn(call: *mut Call, value: RawValue, number: *mut i64) -> Status>,
    /// Gives a double, or an integer as one.
    pub as_double: Option<unsafe extern "C" fn(call: *mut Call, value: RawValue, number: *mut f64) -> Status>,
    /// Gives the text of a string.
    pub as_text: Option<unsafe extern "C" fn(call: *mut Call, value: RawValue, text: *mut Bytes) -> Status>,
    /// Gives how many items a tuple or set has, or how many components an object.
    pub count: Option<unsafe extern "C" fn(call: *mut Call, value: RawValue, count: *mut usize) -> Status>,
    /// Gives an item of a tuple or set, or a component of an object.
    pub item: Option<
        unsafe extern "C" fn(call: *mut Call, value: RawValue, index: usize, result: *mut RawValue) -> Status,
    >,
    /// Writes a value as the language writes it.
    pub print: Option<unsafe extern "C" fn(call: *mut Call, value: RawValue, output: *const Sink) -> Status>,
    /// Gives whether two values are the same.
    pub equal:
        Option<unsafe extern "C" fn(call: *mut Call, a: RawValue, b: RawValue, equal: *mut u32) -> Status>,

    /// Gives what a name stands for; [`crate::status::NOT_FOUND`] for one that stands for nothing.
    pub find: Option<
        unsafe extern "C" fn(call: *mut Call, name: *const u8, len: usize, result: *mut RawValue) -> Status,
    >,
    /// Gives the class of a value.
    pub class_of:
        Option<unsafe extern "C" fn(call: *mut Call, value: RawValue, result: *mut RawValue) -> Status>,
    /// Makes an object of a class.
    pub new_object:
        Option<unsafe extern "C" fn(call: *mut Call, of_class: RawValue, result: *mut RawValue) -> Status>,
    /// Gives an attribute of an object by its name, nil where it has none.
    pub get: Option<
        unsafe extern "C" fn(
            call: *mut Call,
            object: RawValue,
            name: *const u8,
            len: usize,
            result: *mut RawValue,
        ) -> Status,
    >,
    /// Stores an attribute of an object by its name.
    pub put: Option<
        unsafe extern "C" fn(
            call: *mut Call,
            object: RawValue,
            name: *const u8,
            len: usize,
            value: RawValue,
        ) -> Status,
    >,
    /// Adds a component to an object.
    pub append: Option<unsafe extern "C" fn(call: *mut Call, object: RawValue, value: RawValue) -> Status>,
    /// Writes the oid of an object.
    pub oid: Option<unsafe extern "C" fn(call: *mut Call, object: RawValue, output: *const Sink) -> Status>,
    /// Gives the object with an oid; while a store is loaded, one of it that may have no content yet.
    pub by_oid: Option<
        unsafe extern "C" fn(call: *mut Call, oid: *const u8, len: usize, result: *mut RawValue) -> Status,
    >,
    /// Sends a message.
    pub send: Option<
        unsafe extern "C" fn(
            call: *mut Call,
            receiver: RawValue,
            selector: *const u8,
            len: usize,
            arguments: *const RawValue,
            count: usize,
            result: *mut RawValue,
        ) -> Status,
    >,
    /// Applies a function or closure.
    pub apply: Option<
        unsafe extern "C" fn(
            call: *mut Call,
            function: RawValue,
            arguments: *const RawValue,
            count: usize,
            result: *mut RawValue,
        ) -> Status,
    >,
    /// Raises an error that programs can catch, with a code such as `geo::degenerate`: the callback returns what this
    /// returns, [`crate::status::RAISED`].
    pub raise: Option<
        unsafe extern "C" fn(
            call: *mut Call,
            code: *const u8,
            code_len: usize,
            message: *const u8,
            message_len: usize,
        ) -> Status,
    >,

    /// Makes an object that holds a payload of a type that the plugin registered, with this schema hash; 0 is that of the
    /// only one with the name. If it returns [`crate::status::OK`] the payload is the host's from then on, else it is still
    /// the plugin's.
    pub new_payload: Option<
        unsafe extern "C" fn(
            call: *mut Call,
            type_name: *const c_char,
            schema_hash: u64,
            payload: *mut c_void,
            result: *mut RawValue,
        ) -> Status,
    >,
    /// Gives the payload of an object, if it is of this type of the plugin and has this schema hash, or any for 0;
    /// [`crate::status::UNSUPPORTED`] else. It is valid while the object is alive.
    pub payload: Option<
        unsafe extern "C" fn(
            call: *mut Call,
            object: RawValue,
            type_name: *const c_char,
            schema_hash: u64,
            payload: *mut *mut c_void,
        ) -> Status,
    >,
    /// Notes that the payload of an object has changed: its values, its size, and that a dump has to write it.
    pub touch: Option<unsafe extern "C" fn(call: *mut Call, object: RawValue) -> Status>,

    /// Keeps a value alive until it is released; null when it can not.
    pub keep: Option<unsafe extern "C" fn(call: *mut Call, value: RawValue) -> *mut Root>,
    /// Gives the value of a root.
    pub kept:
        Option<unsafe extern "C" fn(call: *mut Call, root: *const Root, result: *mut RawValue) -> Status>,
    /// Ends a root, on any thread.
    pub release: Option<unsafe extern "C" fn(host: *const Host, root: *mut Root)>,
    /// Lets a collection happen, in a direct call that computes long without calling anything.
    pub safepoint: Option<unsafe extern "C" fn(call: *mut Call) -> Status>,
}
