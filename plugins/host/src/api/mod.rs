//! What plugins call: the functions behind the tables of `rps-plugin-abi`.
//!
//! Each checks what it is given as far as that can be checked, and lets no panic cross. `graph` is the table of values
//! and objects, in three files; `others` has the rest.

mod graph;
mod objects;
mod others;
mod values;

use std::cell::RefCell;
use std::ffi::{c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

use rps_plugin_abi as abi;
use rps_plugin_abi::{extension, status};

use crate::instance::{Instance, Phase};
use crate::library::text_at;

thread_local! {
    /// Why the callback that runs on this thread is about to fail.
    static FAILURE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// So many bytes of a message are kept.
const MAX_MESSAGE: usize = 16 * 1024;

/// The extensions that this host has.
pub(crate) const EXTENSIONS: [&str; 5] =
    [extension::GRAPH, extension::POINTS, extension::SETTINGS, extension::AGENDA, extension::EVENTS];

/// Notes why the callback that runs on this thread is about to fail.
pub(crate) fn set_failure(message: String) {
    FAILURE.set(Some(message));
}

/// Returns why the callback on this thread failed, and forgets it.
pub(crate) fn take_failure() -> Option<String> {
    FAILURE.take()
}

/// Runs `f`, and turns a panic into a status: nothing unwinds into a plugin.
pub(crate) fn shielded(f: impl FnOnce() -> abi::Status) -> abi::Status {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|_| {
        set_failure("the host panicked: this is a defect of Repersys".into());
        status::PANIC
    })
}

/// Returns bytes that a plugin hands over.
///
/// # Safety
///
/// So many bytes are there, or the length is zero.
pub(crate) unsafe fn bytes<'b>(ptr: *const u8, len: usize) -> Option<&'b [u8]> {
    match len {
        0 => Some(&[]),
        _ if ptr.is_null() || isize::try_from(len).is_err() => None,
        // SAFETY: by this function's contract.
        _ => Some(unsafe { std::slice::from_raw_parts(ptr, len) }),
    }
}

/// Returns a text that a plugin hands over.
///
/// # Safety
///
/// As [`bytes`].
pub(crate) unsafe fn text<'b>(ptr: *const u8, len: usize) -> Option<&'b str> {
    // SAFETY: by this function's contract.
    unsafe { bytes(ptr, len) }.and_then(|bytes| std::str::from_utf8(bytes).ok())
}

/// # Safety
///
/// As the interface says of [`abi::Host::get_extension`].
pub(crate) unsafe extern "C" fn get_extension(host: *const abi::Host, name: *const c_char) -> *const c_void {
    // SAFETY: by this function's contract.
    let (instance, name) = unsafe { (Instance::of(host), text_at(name)) };
    if instance.is_none_or(|instance| instance.phase() == Phase::Closed) {
        return std::ptr::null();
    }
    match name.ok().flatten().as_deref() {
        Some(extension::GRAPH) => (&raw const graph::TABLE).cast(),
        Some(extension::POINTS) => (&raw const others::POINTS).cast(),
        Some(extension::SETTINGS) => (&raw const others::SETTINGS).cast(),
        Some(extension::AGENDA) => (&raw const others::AGENDA).cast(),
        Some(extension::EVENTS) => (&raw const others::EVENTS).cast(),
        _ => std::ptr::null(),
    }
}

/// # Safety
///
/// As the interface says of [`abi::Host::log`].
pub(crate) unsafe extern "C" fn log(host: *const abi::Host, level: u32, ptr: *const u8, len: usize) {
    shielded(|| {
        // SAFETY: by this function's contract.
        let (instance, bytes) = unsafe { (Instance::of(host), bytes(ptr, len)) };
        if let (Some(instance), Some(bytes)) = (instance, bytes)
            && instance.phase() != Phase::Closed
            && let Some(manager) = instance.manager()
        {
            manager.log(level, instance.id, &String::from_utf8_lossy(shortened(bytes)));
        }
        status::OK
    });
}

/// # Safety
///
/// As the interface says of [`abi::Host::fail`].
pub(crate) unsafe extern "C" fn fail(host: *const abi::Host, ptr: *const u8, len: usize) -> abi::Status {
    // SAFETY: by this function's contract.
    if unsafe { Instance::of(host) }.is_none_or(|instance| instance.phase() == Phase::Closed) {
        return status::MISUSE;
    }
    shielded(|| {
        // SAFETY: by this function's contract.
        let message = unsafe { bytes(ptr, len) }.map(shortened).map(String::from_utf8_lossy);
        set_failure(message.unwrap_or_default().into_owned());
        status::ERROR
    });
    status::ERROR
}

fn shortened(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(MAX_MESSAGE)]
}

/// # Safety
///
/// As the interface says of [`abi::Host::register_extension`].
pub(crate) unsafe extern "C" fn register_extension(
    host: *const abi::Host,
    registrar: *mut abi::Registrar,
    registration: *const abi::Registration,
) -> abi::Status {
    shielded(|| {
        // SAFETY: by this function's contract.
        let Some(instance) = (unsafe { Instance::of(host) }) else { return status::INVALID };
        let mut staging = instance.staging.lock();
        match staging.as_mut() {
            Some(staging) if registrar.is_null() => staging.refuse_null_registrar(),
            // SAFETY: as above.
            Some(staging) => unsafe { staging.register(instance, registration) },
            None => too_late(),
        }
    })
}

/// # Safety
///
/// As the interface says of [`abi::Host::define_point`].
pub(crate) unsafe extern "C" fn define_point(
    host: *const abi::Host,
    registrar: *mut abi::Registrar,
    definition: *const abi::PointDefinition,
) -> abi::Status {
    shielded(|| {
        // SAFETY: by this function's contract.
        let Some(instance) = (unsafe { Instance::of(host) }) else { return status::INVALID };
        let mut staging = instance.staging.lock();
        match staging.as_mut() {
            Some(staging) if registrar.is_null() => staging.refuse_null_registrar(),
            // SAFETY: as above.
            Some(staging) => unsafe { staging.define(instance, definition) },
            None => too_late(),
        }
    })
}

fn too_late() -> abi::Status {
    set_failure("extensions are registered during `init` only".into());
    status::MISUSE
}
