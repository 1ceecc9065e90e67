use core::ffi::c_void;

use crate::call::Call;
use crate::status::Status;
use crate::value::RawValue;

/// A check of a store that was loaded and that nobody has seen yet. It changes nothing.
#[repr(C)]
#[derive(Debug)]
pub struct Validator {
    /// The size of this struct in bytes.
    pub struct_size: u32,
    /// Zero.
    pub flags: u32,
    /// Reports what is wrong. An error that is reported keeps the store from being loaded, and so does any status but
    /// [`crate::status::OK`].
    pub validate:
        Option<unsafe extern "C" fn(data: *mut c_void, call: *mut Call, report: *const Report) -> Status>,
}

/// Takes what a validator finds.
#[repr(C)]
#[derive(Debug)]
pub struct Report {
    /// The size of this table in bytes.
    pub struct_size: u32,
    /// Zero.
    pub reserved: u32,
    /// The host's own.
    pub context: *mut c_void,
    /// Takes a problem; `object` is what it is about, or nil.
    pub problem: Option<
        unsafe extern "C" fn(
            report: *const Report,
            severity: Severity,
            object: RawValue,
            text: *const u8,
            len: usize,
        ) -> Status,
    >,
}

/// How bad a problem is.
pub type Severity = u32;

/// It keeps the store from being loaded.
pub const SEVERITY_ERROR: Severity = 1;
/// It is to be looked at.
pub const SEVERITY_WARNING: Severity = 2;

/// What is told of dumps.
#[repr(C)]
#[derive(Debug)]
pub struct DumpHook {
    /// The size of this struct in bytes.
    pub struct_size: u32,
    /// Zero.
    pub flags: u32,
    /// Is called before anything is written; another status than [`crate::status::OK`] refuses the dump. Optional.
    pub before: Option<unsafe extern "C" fn(data: *mut c_void, call: *mut Call) -> Status>,
    /// Is called when the dump is done or was given up, with how many objects were written. Optional.
    pub after:
        Option<unsafe extern "C" fn(data: *mut c_void, call: *mut Call, done: u32, objects: u64) -> Status>,
}

/// A task that is put on the agenda by name.
#[repr(C)]
#[derive(Debug)]
pub struct Task {
    /// The size of this struct in bytes.
    pub struct_size: u32,
    /// Zero.
    pub flags: u32,
    /// [`PRIORITY_HIGH`], [`PRIORITY_NORMAL`] or [`PRIORITY_LOW`].
    pub priority: u32,
    /// Zero.
    pub reserved: u32,
    /// Does it, guarded, on a thread of the agenda.
    pub run: Option<
        unsafe extern "C" fn(data: *mut c_void, call: *mut Call, input: *const u8, len: usize) -> Status,
    >,
}

/// Before all others.
pub const PRIORITY_HIGH: u32 = 0;
/// As usual.
pub const PRIORITY_NORMAL: u32 = 1;
/// When nothing else is to be done.
pub const PRIORITY_LOW: u32 = 2;

/// What is told of events, such as `store.loaded`. It cannot keep anything from happening.
#[repr(C)]
#[derive(Debug)]
pub struct EventHook {
    /// The size of this struct in bytes.
    pub struct_size: u32,
    /// Zero.
    pub flags: u32,
    /// Is told of an event: its name, and what is to be known of it as a JSON object.
    pub on_event: Option<
        unsafe extern "C" fn(
            data: *mut c_void,
            call: *mut Call,
            name: *const u8,
            name_len: usize,
            json: *const u8,
            json_len: usize,
        ) -> Status,
    >,
}

// SAFETY: an interface is constant; what it points to is constant too, and as long-lived as the library.
unsafe impl Sync for Validator {}
// SAFETY: as above.
unsafe impl Sync for DumpHook {}
// SAFETY: as above.
unsafe impl Sync for Task {}
// SAFETY: as above.
unsafe impl Sync for EventHook {}
