//! What a callback is given: [`Call`], and through it the values of the program.
//!
//! Read in this order: this file (the call itself), `locals` (what keeps values alive), `make` (values of the call),
//! `value` (what can be done with one), `args`, `payload` (the native data of objects), `root`, `points`.

mod args;
mod locals;
mod make;
mod payload;
mod points;
mod root;
mod value;

use core::ffi::c_void;
use core::sync::atomic::{AtomicU8, Ordering};

use rps_plugin_abi as abi;
use rps_plugin_abi::status::{self, Status};

pub use self::args::Args;
pub use self::payload::PayloadRef;
pub use self::root::Root;
pub use self::value::{FromValue, Kind, Value};

use self::locals::Locals;
use crate::error::Error;
use crate::guard;
use crate::host::{Host, LogLevel, Shared};
use crate::json::Json;
use crate::table::member;

/// A call of one of the plugin's callbacks: it lives until the callback returns, and so do the values that it gives.
///
/// Values may be kept in any collection meanwhile: the call keeps them alive. A loop that makes very many has each round
/// in a [`Call::scope`].
pub struct Call {
    raw: *mut abi::Call,
    shared: &'static Shared,
    locals: Locals,
}

impl Call {
    /// Returns the call with a pointer of the host's.
    ///
    /// # Safety
    ///
    /// The pointer is to a call that does not end before this is dropped. It stays on this thread's stack.
    pub(crate) unsafe fn of(raw: *mut abi::Call, shared: &'static Shared) -> Call {
        // SAFETY: as the caller says.
        let direct = unsafe { (*raw).flags & abi::call::CALL_DIRECT != 0 };
        Call { raw, shared, locals: Locals::new(direct) }
    }

    /// Returns whether the call is to be given up: it took too long, or somebody pressed Ctrl-C.
    ///
    /// What takes more than some milliseconds looks at it now and then.
    pub fn is_cancelled(&self) -> bool {
        // SAFETY: the call is valid as long as `self`, and so is the byte; the host changes it as an atomic.
        unsafe {
            let flag = (*self.raw).cancelled;
            !flag.is_null() && AtomicU8::from_ptr(flag.cast_mut()).load(Ordering::Acquire) != 0
        }
    }

    /// Returns the error to give up with, if the call is to be given up.
    ///
    /// # Errors
    ///
    /// [`Error::cancelled`], to be handed on by `?`.
    pub fn check_cancelled(&self) -> Result<(), Error> {
        if self.is_cancelled() { Err(Error::cancelled()) } else { Ok(()) }
    }

    /// Returns whether it runs on the thread of the program that made it, without a deadline of its own.
    pub fn is_direct(&self) -> bool {
        // SAFETY: the call is valid as long as `self`.
        unsafe { (*self.raw).flags & abi::call::CALL_DIRECT != 0 }
    }

    /// Runs a part of the callback whose values end with it.
    ///
    /// ```
    /// # use rps_plugin::{Call, Error};
    /// fn lines(call: &Call, count: i64) -> Result<(), Error> {
    ///     for line in 0..count {
    ///         call.scope(|call| {
    ///             let text = call.string(&format!("line {line}"))?;
    ///             text.send("show", &[])?;
    ///             Ok(())
    ///         })?;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the body.
    pub fn scope<R>(&self, body: impl FnOnce(&Call) -> Result<R, Error>) -> Result<R, Error> {
        // SAFETY: the call is valid as long as `self`, which outlives the inner one.
        let inner = unsafe { Call::of(self.raw, self.shared) };
        body(&inner)
    }

    /// Returns the host, for code that runs outside of calls.
    pub fn host(&self) -> Host {
        Host::of(self.shared)
    }

    /// Logs a line.
    pub fn log(&self, level: LogLevel, text: impl AsRef<str>) {
        self.host().log(level, text);
    }

    /// Returns what the configuration says for the plugin at this moment.
    ///
    /// # Errors
    ///
    /// As of [`Host::settings`].
    pub fn settings(&self) -> Result<Json, Error> {
        self.host().settings()
    }

    /// Tells the event hooks of an event.
    ///
    /// # Errors
    ///
    /// As of [`Host::emit`].
    pub fn emit(&self, event: &str, json: &Json) -> Result<(), Error> {
        self.host().emit(event, json)
    }

    /// Puts a task on the agenda.
    ///
    /// # Errors
    ///
    /// As of [`Host::enqueue`].
    pub fn enqueue(&self, task: &str, input: impl AsRef<[u8]>) -> Result<(), Error> {
        self.host().enqueue(task, input)
    }
}

/// What a registration hands to the host as its `data`: who the host is, and the author's code.
pub(crate) struct Bound<B> {
    pub(crate) shared: &'static Shared,
    pub(crate) body: B,
}

/// Runs the author's code for a callback that the host called with a call.
///
/// # Safety
///
/// `data` is null or a `Bound<B>` that lives as long as the library; the call is null or valid until the callback ends.
pub(crate) unsafe fn enter<B: 'static>(
    data: *mut c_void,
    raw: *mut abi::Call,
    body: impl FnOnce(&'static B, &Call) -> Result<(), Error>,
) -> Status {
    if data.is_null() || raw.is_null() {
        return status::INVALID;
    }
    // SAFETY: as the caller says; it is shared only.
    let bound: &'static Bound<B> = unsafe { &*data.cast::<Bound<B>>() };
    bound.shared.release_ended();
    // SAFETY: the call is valid until the callback ends, and `call` is dropped before.
    let call = unsafe { Call::of(raw, bound.shared) };
    guard::status(bound.shared, Some(&call), || body(&bound.body, &call))
}

/// Runs the author's code for a callback that has no call.
///
/// # Safety
///
/// As of [`enter`].
pub(crate) unsafe fn bound<B: 'static>(data: *mut c_void) -> Option<&'static Bound<B>> {
    // SAFETY: as the caller says.
    unsafe { data.cast::<Bound<B>>().as_ref() }
}

/// Returns the bytes that a callback was given.
///
/// # Safety
///
/// They are valid for as long as the caller uses them.
pub(crate) unsafe fn bytes<'a>(ptr: *const u8, len: usize) -> &'a [u8] {
    if ptr.is_null() || len == 0 {
        return &[];
    }
    // SAFETY: as the caller says.
    unsafe { std::slice::from_raw_parts(ptr, len) }
}

impl Call {
    /// Raises a program's error at once; `Err` if the host can not.
    pub(crate) fn raise_now(&self, code: &str, message: &str) -> Result<Status, ()> {
        let graph = self.shared.graph.ok_or(())?;
        // SAFETY: the table is the host's, which is valid during a call.
        let raise = unsafe { member!(graph.0, abi::extension::Graph, raise) }.ok_or(())?;
        // SAFETY: the texts are valid until it returns.
        Ok(unsafe { raise(self.raw, code.as_ptr(), code.len(), message.as_ptr(), message.len()) })
    }
}
