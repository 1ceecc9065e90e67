use core::ffi::{CStr, c_void};
use core::sync::atomic::{AtomicBool, Ordering};
use std::ffi::CString;
use std::sync::{Mutex, PoisonError, RwLock};

use rps_plugin_abi as abi;
use rps_plugin_abi::extension::graph::Root;
use rps_plugin_abi::extension::{
    AGENDA, Agenda, EVENTS, Events, GRAPH, Graph, POINTS, Points, SETTINGS, Settings,
};
use rps_plugin_abi::status;

use crate::error::Error;
use crate::json::Json;
use crate::output::Collector;
use crate::payload::NoHost;
use crate::table::member;

/// The host, for code of the plugin that runs outside of calls: its own threads, for instance. It can be sent anywhere.
///
/// After [`Plugin::deinit`](crate::Plugin::deinit) all that it does is to say so.
#[derive(Clone, Copy)]
pub struct Host {
    shared: &'static Shared,
}

impl Host {
    pub(crate) fn of(shared: &'static Shared) -> Host {
        Host { shared }
    }

    /// Returns the host's version, as text.
    pub fn version(&self) -> String {
        self.shared
            .with(|host| {
                // SAFETY: the host is valid inside of `with`; its version is a text that ends in a zero byte.
                unsafe {
                    let version = (*host).version;
                    if version.is_null() {
                        String::new()
                    } else {
                        CStr::from_ptr(version).to_string_lossy().into_owned()
                    }
                }
            })
            .unwrap_or_default()
    }

    /// Logs a line.
    pub fn log(&self, level: LogLevel, text: impl AsRef<str>) {
        self.shared.log(level as abi::host::LogLevel, text.as_ref());
    }

    /// Returns what the configuration says for the plugin at this moment: an object, empty where it says nothing.
    ///
    /// # Errors
    ///
    /// When the host has no `rps.settings/1`, or the plugin has ended.
    pub fn settings(&self) -> Result<Json, Error> {
        let missing = || Error::unsupported("the host has no rps.settings/1");
        let text = self.shared.try_with(|host| {
            // SAFETY: the table is the host's, which is valid inside of `try_with`.
            let read = unsafe { self.shared.settings.and_then(|table| member!(table.0, Settings, read)) };
            let read = read.ok_or_else(missing)?;
            // SAFETY: the sink is valid until `read` returns.
            Collector::collect(|sink| unsafe { read(host, sink) })
                .map_err(|status| Error::with_status(status, "the settings can not be read"))
        })?;
        Json::parse(&text)
    }

    /// Puts a task on the agenda, by the name that it was registered with.
    ///
    /// # Errors
    ///
    /// When there is no such task, the host has no `rps.agenda/1`, or the plugin has ended.
    pub fn enqueue(&self, task: &str, input: impl AsRef<[u8]>) -> Result<(), Error> {
        let (name, input) = (c_string(task)?, input.as_ref());
        self.shared.try_with(|host| {
            // SAFETY: the table is the host's, which is valid inside of `try_with`.
            let enqueue = unsafe { self.shared.agenda.and_then(|table| member!(table.0, Agenda, enqueue)) };
            let enqueue = enqueue.ok_or_else(|| Error::unsupported("the host has no rps.agenda/1"))?;
            // SAFETY: name and input are valid until it returns.
            match unsafe { enqueue(host, name.as_ptr(), input.as_ptr(), input.len()) } {
                status::OK => Ok(()),
                status => {
                    Err(Error::with_status(status, format!("the task {task} was not put on the agenda")))
                }
            }
        })
    }

    /// Tells the event hooks of an event, whose name begins with the plugin's id and a dot.
    ///
    /// # Errors
    ///
    /// When the name or the JSON is not what it must be, the host has no `rps.events/1`, or the plugin has ended.
    pub fn emit(&self, event: &str, json: &Json) -> Result<(), Error> {
        let (name, json) = (c_string(event)?, json.to_string());
        self.shared.try_with(|host| {
            // SAFETY: the table is the host's, which is valid inside of `try_with`.
            let emit = unsafe { self.shared.events.and_then(|table| member!(table.0, Events, emit)) };
            let emit = emit.ok_or_else(|| Error::unsupported("the host has no rps.events/1"))?;
            // SAFETY: name and text are valid until it returns.
            match unsafe { emit(host, name.as_ptr(), json.as_ptr(), json.len()) } {
                status::OK => Ok(()),
                status => Err(Error::with_status(status, format!("the event {event} was not told"))),
            }
        })
    }
}

/// How important a line of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub enum LogLevel {
    /// An error.
    Error = abi::host::LOG_ERROR,
    /// Something to be looked at.
    Warn = abi::host::LOG_WARN,
    /// What happened.
    Info = abi::host::LOG_INFO,
    /// What helps to find out why.
    Debug = abi::host::LOG_DEBUG,
}

/// The host as the plugin knows it from one `init` to its `deinit`. It is never freed, so that pointers to it are valid
/// as long as the library is mapped.
pub(crate) struct Shared {
    /// Null once the plugin has ended.
    host: RwLock<Pointer<abi::Host>>,
    pub(crate) graph: Option<Pointer<Graph>>,
    pub(crate) points: Option<Pointer<Points>>,
    settings: Option<Pointer<Settings>>,
    agenda: Option<Pointer<Agenda>>,
    events: Option<Pointer<Events>>,
    /// Roots that ended where the host could not be called: they are released at the next call.
    ended_roots: Mutex<Vec<Pointer<Root>>>,
    any_ended: AtomicBool,
}

impl Shared {
    /// Returns what is known of a host.
    ///
    /// # Safety
    ///
    /// The host is valid until `end` has been called.
    pub(crate) unsafe fn new(host: *const abi::Host) -> Shared {
        // SAFETY: as the caller says.
        let get = unsafe { member!(host, abi::Host, get_extension) };
        let extension = |name: &str| -> *const c_void {
            match (get, CString::new(name)) {
                // SAFETY: the host is valid, the name is a text that ends in a zero byte.
                (Some(get), Ok(name)) => unsafe { get(host, name.as_ptr()) },
                _ => std::ptr::null(),
            }
        };
        Shared {
            host: RwLock::new(Pointer(host)),
            graph: Pointer::new(extension(GRAPH)),
            points: Pointer::new(extension(POINTS)),
            settings: Pointer::new(extension(SETTINGS)),
            agenda: Pointer::new(extension(AGENDA)),
            events: Pointer::new(extension(EVENTS)),
            ended_roots: Mutex::new(Vec::new()),
            any_ended: AtomicBool::new(false),
        }
    }

    /// Releases a root: now, or at the next call where this thread is in a callback that may not call the host.
    pub(crate) fn release(&self, root: *const Root) {
        if NoHost::is_on() {
            self.ended_roots.lock().unwrap_or_else(PoisonError::into_inner).push(Pointer(root));
            self.any_ended.store(true, Ordering::Release);
            return;
        }
        self.with(|host| {
            // SAFETY: the host is valid inside of `with`; its owner has given the root up.
            unsafe {
                if let Some(release) = self.graph.and_then(|table| member!(table.0, Graph, release)) {
                    release(host, root.cast_mut());
                }
            }
        });
    }

    /// Releases what could not be released before.
    pub(crate) fn release_ended(&self) {
        if self.any_ended.load(Ordering::Relaxed) && self.any_ended.swap(false, Ordering::Acquire) {
            let ended = std::mem::take(&mut *self.ended_roots.lock().unwrap_or_else(PoisonError::into_inner));
            ended.iter().for_each(|root| self.release(root.0));
        }
    }

    /// Runs with the host, which stays valid meanwhile; `None` once the plugin has ended.
    pub(crate) fn with<R>(&self, body: impl FnOnce(*const abi::Host) -> R) -> Option<R> {
        let host = self.host.read().unwrap_or_else(PoisonError::into_inner);
        if host.0.is_null() { None } else { Some(body(host.0)) }
    }

    /// As [`Shared::with`], with an error once the plugin has ended.
    pub(crate) fn try_with<R>(
        &self,
        body: impl FnOnce(*const abi::Host) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.with(body).unwrap_or_else(|| Err(Error::misuse("the plugin has ended")))
    }

    pub(crate) fn log(&self, level: abi::host::LogLevel, text: &str) {
        self.with(|host| {
            // SAFETY: the host is valid inside of `with`, the text until `log` returns.
            unsafe {
                if let Some(log) = member!(host, abi::Host, log) {
                    log(host, level, text.as_ptr(), text.len());
                }
            }
        });
    }

    pub(crate) fn is(&self, host: *const abi::Host) -> bool {
        self.with(|own| std::ptr::eq(own, host)).unwrap_or(false)
    }

    /// Notes that the host is no longer valid.
    pub(crate) fn end(&self) {
        self.host.write().unwrap_or_else(PoisonError::into_inner).0 = std::ptr::null();
    }
}

/// A pointer to a table of the host, whose functions may be called from any thread.
pub(crate) struct Pointer<T>(pub(crate) *const T);

impl<T> Pointer<T> {
    fn new(pointer: *const c_void) -> Option<Pointer<T>> {
        (!pointer.is_null()).then_some(Pointer(pointer.cast()))
    }
}

impl<T> Clone for Pointer<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Pointer<T> {}

// SAFETY: the ABI says that all functions of the host may be called from any thread.
unsafe impl<T> Send for Pointer<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Pointer<T> {}

/// Returns a text for C.
pub(crate) fn c_string(text: &str) -> Result<CString, Error> {
    CString::new(text).map_err(|_| Error::invalid(format!("{text:?} has a zero byte")))
}
