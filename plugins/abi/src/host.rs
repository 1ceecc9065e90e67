//! What a plugin is handed when it is loaded.

use core::ffi::{c_char, c_void};

use crate::status::Status;

/// The host, as one plugin sees it. It is valid from `init` until `deinit` has returned.
///
/// All functions may be called from any thread.
#[repr(C)]
#[derive(Debug)]
pub struct Host {
    /// The size of this table in bytes.
    pub struct_size: u32,
    /// The host's [`crate::ABI_MAJOR`].
    pub abi_major: u16,
    /// The host's [`crate::ABI_MINOR`].
    pub abi_minor: u16,
    /// The host's version, as text.
    pub version: *const c_char,
    /// The host's own.
    pub context: *mut c_void,
    /// Returns the table of an extension, such as `rps.graph/1`, or null. See [`crate::extension`].
    pub get_extension: Option<unsafe extern "C" fn(host: *const Host, name: *const c_char) -> *const c_void>,
    /// Logs a line.
    pub log: Option<unsafe extern "C" fn(host: *const Host, level: LogLevel, text: *const u8, len: usize)>,
    /// Notes why the callback that runs on this thread is about to fail, and returns [`crate::status::ERROR`].
    pub fail: Option<unsafe extern "C" fn(host: *const Host, text: *const u8, len: usize) -> Status>,
    /// Registers an implementation of an extension point; during `init` only. What is wrong comes back as a status,
    /// and the plugin is not loaded even if it ignores that.
    pub register_extension: Option<
        unsafe extern "C" fn(
            host: *const Host,
            registrar: *mut Registrar,
            registration: *const Registration,
        ) -> Status,
    >,
    /// Defines an extension point; during `init` only. Defining the same one again is no error.
    pub define_point: Option<
        unsafe extern "C" fn(
            host: *const Host,
            registrar: *mut Registrar,
            definition: *const PointDefinition,
        ) -> Status,
    >,
}

/// Stages what `init` registers: all of it counts once `init` returns [`crate::status::OK`], else none of it.
#[repr(C)]
#[derive(Debug)]
pub struct Registrar {
    _opaque: [u8; 0],
}

/// `rps_plugin_init`: registers what the plugin has. It runs guarded, once.
pub type InitFn = unsafe extern "C" fn(host: *const Host, registrar: *mut Registrar) -> Status;
/// `rps_plugin_deinit`: ends the plugin. It runs guarded, once, when no call is in flight.
pub type DeinitFn = unsafe extern "C" fn(host: *const Host);

/// An implementation of an extension point.
#[repr(C)]
#[derive(Debug)]
pub struct Registration {
    /// The size of this struct in bytes.
    pub struct_size: u32,
    /// The revision of the point's interface, see [`crate::point`].
    pub revision: u32,
    /// The point, such as `function`.
    pub point: *const c_char,
    /// The implementation's name at the point.
    pub name: *const c_char,
    /// Higher ones come first; among equals the plugin's id decides.
    pub priority: i32,
    /// Zero.
    pub reserved: u32,
    /// The point's interface struct, which begins with its size. It is as long-lived as the library.
    pub interface: *const c_void,
    /// What the functions of the interface are given; may be null.
    pub data: *mut c_void,
}

/// An extension point that a plugin defines. Its interface is a [`crate::point::Functions`].
#[repr(C)]
#[derive(Debug)]
pub struct PointDefinition {
    /// The size of this struct in bytes.
    pub struct_size: u32,
    /// The revision of the interface.
    pub revision: u32,
    /// The point, such as `geo.metric`: it begins with the plugin's id and a dot.
    pub name: *const c_char,
    /// What it is for, in a line; may be null.
    pub description: *const c_char,
    /// How many functions the interface has, at most 64.
    pub functions: u32,
    /// Zero.
    pub reserved: u32,
    /// Which of them must not be null: bit `n` for function `n`.
    pub required: u64,
}

/// How important a line of the log is.
pub type LogLevel = u32;

/// An error.
pub const LOG_ERROR: LogLevel = 1;
/// Something to be looked at.
pub const LOG_WARN: LogLevel = 2;
/// What happened.
pub const LOG_INFO: LogLevel = 3;
/// What helps to find out why.
pub const LOG_DEBUG: LogLevel = 4;
