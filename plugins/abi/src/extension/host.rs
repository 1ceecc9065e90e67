use core::ffi::c_char;

use crate::bytes::Sink;
use crate::call::Call;
use crate::host::Host;
use crate::status::Status;

/// Calling what others have registered, guarded and measured as the host's own calls are.
#[repr(C)]
#[derive(Debug)]
pub struct Points {
    /// The size of this table in bytes.
    pub struct_size: u32,
    /// Zero.
    pub reserved: u32,
    /// Calls a function of a plugin-defined point: of the implementation with this name, or with null for a name the
    /// first that has the function. [`crate::status::NOT_FOUND`] when there is none.
    pub call: Option<
        unsafe extern "C" fn(
            call: *mut Call,
            point: *const c_char,
            name: *const c_char,
            function: u32,
            input: *const u8,
            len: usize,
            output: *const Sink,
        ) -> Status,
    >,
    /// Writes the names of the implementations of a point in the order of dispatch, one a line.
    pub names:
        Option<unsafe extern "C" fn(call: *mut Call, point: *const c_char, output: *const Sink) -> Status>,
    /// Executes a service.
    pub execute: Option<
        unsafe extern "C" fn(
            call: *mut Call,
            service: *const c_char,
            input: *const u8,
            len: usize,
            output: *const Sink,
        ) -> Status,
    >,
}

/// What the configuration says for the plugin.
#[repr(C)]
#[derive(Debug)]
pub struct Settings {
    /// The size of this table in bytes.
    pub struct_size: u32,
    /// Zero.
    pub reserved: u32,
    /// Writes the plugin's settings of this moment, as JSON; `{}` where nothing is said.
    pub read: Option<unsafe extern "C" fn(host: *const Host, output: *const Sink) -> Status>,
}

/// Having tasks done later.
#[repr(C)]
#[derive(Debug)]
pub struct Agenda {
    /// The size of this table in bytes.
    pub struct_size: u32,
    /// Zero.
    pub reserved: u32,
    /// Puts a task of the point `agenda.task` on the agenda. The input is copied.
    pub enqueue: Option<
        unsafe extern "C" fn(host: *const Host, task: *const c_char, input: *const u8, len: usize) -> Status,
    >,
}

/// Telling others that something happened.
#[repr(C)]
#[derive(Debug)]
pub struct Events {
    /// The size of this table in bytes.
    pub struct_size: u32,
    /// Zero.
    pub reserved: u32,
    /// Tells the event hooks of an event: its name, which begins with the plugin's id and a dot, and a JSON object.
    pub emit: Option<
        unsafe extern "C" fn(host: *const Host, name: *const c_char, json: *const u8, len: usize) -> Status,
    >,
}
