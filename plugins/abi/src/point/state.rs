use core::ffi::{c_char, c_void};

use crate::bytes::Sink;
use crate::call::Call;
use crate::status::Status;

/// A state that is saved with the store and restored with it. The registration's name is its id, `namespace/name`.
///
/// At a dump every state is quiesced, then every one is snapshotted, then the objects are written, then all are resumed:
/// what changes the graph together with the state waits in between.
#[repr(C)]
#[derive(Debug)]
pub struct State {
    /// The size of this struct in bytes.
    pub struct_size: u32,
    /// Zero.
    pub flags: u32,
    /// The version of the bytes that `snapshot` writes.
    pub version: u32,
    /// How many states must be restored before this one.
    pub dependencies_count: u32,
    /// Their ids.
    pub dependencies: *const *const c_char,
    /// Stops changing the state until `resume`. Optional.
    pub quiesce: Option<unsafe extern "C" fn(data: *mut c_void, call: *mut Call) -> Status>,
    /// Goes on. It is called after every `quiesce`, whatever that returned. Optional.
    pub resume: Option<unsafe extern "C" fn(data: *mut c_void)>,
    /// Writes the state.
    pub snapshot:
        Option<unsafe extern "C" fn(data: *mut c_void, call: *mut Call, output: *const Sink) -> Status>,
    /// Looks whether a state could be restored, and changes nothing: [`crate::status::UNSUPPORTED`] for another version,
    /// [`crate::status::CORRUPT`] for damaged bytes. Optional.
    pub validate: Option<
        unsafe extern "C" fn(
            data: *mut c_void,
            call: *mut Call,
            version: u32,
            input: *const u8,
            len: usize,
        ) -> Status,
    >,
    /// Restores a state; twice is as good as once. Optional: then the saved bytes are ignored.
    pub restore: Option<
        unsafe extern "C" fn(
            data: *mut c_void,
            call: *mut Call,
            version: u32,
            input: *const u8,
            len: usize,
        ) -> Status,
    >,
    /// Goes back to how it began: another store is worked on from now on, and has no such state, or one that is restored
    /// next. Optional: then what was goes into the other store.
    pub reset: Option<unsafe extern "C" fn(data: *mut c_void, call: *mut Call) -> Status>,
}

// SAFETY: an interface is constant; what it points to is constant too, and as long-lived as the library.
unsafe impl Sync for State {}
