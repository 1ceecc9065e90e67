use core::ffi::{CStr, c_char, c_void};
use core::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rps_plugin_abi as abi;
use rps_plugin_abi::extension::{
    AGENDA, Agenda, EVENTS, Events, GRAPH, Graph, POINTS, Points, SETTINGS, Settings,
};
use rps_plugin_abi::status::{self, Status};
use rps_plugin_abi::{Sink, point};

use super::world::{Point, Registration, World};
use super::{MockError, Registered, graph, run};
use crate::call::bytes;
use crate::host::LogLevel;
use crate::json::Json;

/// The tables that the plugin is handed. They stay in their place, and each finds all of them by its context.
pub(super) struct Tables {
    host: abi::Host,
    graph: Graph,
    points: Points,
    settings: Settings,
    agenda: Agenda,
    events: Events,
    cancelled: AtomicU8,
    world: Mutex<World>,
}

// SAFETY: the tables are constant, what changes is behind a lock or atomic.
unsafe impl Send for Tables {}
// SAFETY: as above.
unsafe impl Sync for Tables {}

impl Tables {
    pub(super) fn new() -> Box<Tables> {
        let mut tables = Box::new(Tables {
            host: abi::Host {
                struct_size: size_of::<abi::Host>() as u32,
                abi_major: abi::ABI_MAJOR,
                abi_minor: abi::ABI_MINOR,
                version: c"0.0.0-mock".as_ptr(),
                context: std::ptr::null_mut(),
                get_extension: Some(get_extension),
                log: Some(log),
                fail: Some(fail),
                register_extension: Some(register_extension),
                define_point: Some(define_point),
            },
            graph: graph::table(),
            points: Points {
                struct_size: size_of::<Points>() as u32,
                reserved: 0,
                call: Some(run::call_point),
                names: Some(run::point_names),
                execute: Some(run::execute_service),
            },
            settings: Settings {
                struct_size: size_of::<Settings>() as u32,
                reserved: 0,
                read: Some(settings),
            },
            agenda: Agenda { struct_size: size_of::<Agenda>() as u32, reserved: 0, enqueue: Some(enqueue) },
            events: Events { struct_size: size_of::<Events>() as u32, reserved: 0, emit: Some(emit) },
            cancelled: AtomicU8::new(0),
            world: Mutex::new(World::new()),
        });
        let place: *mut Tables = &raw mut *tables;
        tables.host.context = place.cast();
        tables
    }

    pub(super) fn host(&self) -> *const abi::Host {
        &raw const self.host
    }

    /// Returns the registrar: nothing, since registering asks the host only.
    pub(super) fn registrar(&self) -> *mut abi::Registrar {
        std::ptr::dangling_mut()
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_cancelled(&self, cancelled: bool) {
        self.cancelled.store(cancelled.into(), Ordering::Release);
    }

    /// Returns a call of the plugin.
    pub(super) fn call(&self, direct: bool) -> abi::Call {
        self.world().failure = None;
        abi::Call {
            struct_size: size_of::<abi::Call>() as u32,
            flags: if direct { abi::call::CALL_DIRECT } else { 0 },
            cancelled: self.cancelled.as_ptr().cast_const(),
            host: self.host(),
            context: std::ptr::from_ref(self).cast_mut().cast(),
        }
    }

    /// Returns what a status stands for.
    pub(super) fn check(&self, status: Status) -> Result<(), MockError> {
        let failure = self.world().failure.take();
        match (status, failure) {
            (status::OK, _) => Ok(()),
            (status, Some((code, message))) => Err(MockError { status, code, message }),
            (status::CANCELLED, None) => Err(MockError::new(status, "cancelled")),
            (status, None) => Err(MockError::new(status, "the plugin told no reason")),
        }
    }
}

/// Returns the tables of a host.
///
/// # Safety
///
/// The host is one of `Tables`, which live as long as the caller says.
pub(super) unsafe fn of_host<'a>(host: *const abi::Host) -> &'a Tables {
    // SAFETY: as the caller says; the context was set by `new`.
    unsafe { &*(*host).context.cast::<Tables>() }
}

/// Returns the tables of a call.
///
/// # Safety
///
/// As of [`of_host`].
pub(super) unsafe fn of_call<'a>(call: *mut abi::Call) -> &'a Tables {
    // SAFETY: as the caller says.
    unsafe { of_host((*call).host) }
}

/// Returns a text of the plugin.
///
/// # Safety
///
/// It is null, or ends in a zero byte.
pub(super) unsafe fn text_of(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: as the caller says.
    unsafe { CStr::from_ptr(text).to_string_lossy().into_owned() }
}

/// Returns a text of the plugin.
///
/// # Safety
///
/// The bytes are valid.
pub(super) unsafe fn lossy(text: *const u8, len: usize) -> String {
    // SAFETY: as the caller says.
    String::from_utf8_lossy(unsafe { bytes(text, len) }).into_owned()
}

/// Writes into a sink of the plugin.
///
/// # Safety
///
/// The sink is valid.
pub(super) unsafe fn write(sink: *const Sink, text: &[u8]) -> Status {
    // SAFETY: as the caller says.
    match unsafe { (*sink).write } {
        // SAFETY: as the caller says.
        Some(write) => unsafe { write(sink, text.as_ptr(), text.len()) },
        None => status::INVALID,
    }
}

unsafe extern "C" fn get_extension(host: *const abi::Host, name: *const c_char) -> *const c_void {
    // SAFETY: the plugin calls with its host, and a text.
    let (tables, name) = unsafe { (of_host(host), text_of(name)) };
    match name.as_str() {
        GRAPH => (&raw const tables.graph).cast(),
        POINTS => (&raw const tables.points).cast(),
        SETTINGS => (&raw const tables.settings).cast(),
        AGENDA => (&raw const tables.agenda).cast(),
        EVENTS => (&raw const tables.events).cast(),
        _ => std::ptr::null(),
    }
}

unsafe extern "C" fn log(host: *const abi::Host, level: abi::host::LogLevel, text: *const u8, len: usize) {
    let level = match level {
        abi::host::LOG_ERROR => LogLevel::Error,
        abi::host::LOG_WARN => LogLevel::Warn,
        abi::host::LOG_INFO => LogLevel::Info,
        _ => LogLevel::Debug,
    };
    // SAFETY: the plugin calls with its host, and a text that is valid until this returns.
    unsafe { of_host(host).world().logs.push((level, lossy(text, len))) };
}

unsafe extern "C" fn fail(host: *const abi::Host, text: *const u8, len: usize) -> Status {
    // SAFETY: the plugin calls with its host, and a text that is valid until this returns.
    unsafe { of_host(host).world().failure = Some((None, lossy(text, len))) };
    status::ERROR
}

unsafe extern "C" fn register_extension(
    host: *const abi::Host,
    _: *mut abi::Registrar,
    registration: *const abi::Registration,
) -> Status {
    // SAFETY: the plugin calls with its host, and a registration that is valid until this returns.
    let (tables, registration) = unsafe { (of_host(host), &*registration) };
    // SAFETY: both are texts.
    let (point, name) = unsafe { (text_of(registration.point), text_of(registration.name)) };
    if point.is_empty() || name.is_empty() || registration.interface.is_null() {
        return status::INVALID;
    }
    let mut world = tables.world();
    let plugin = world.plugin().to_owned();
    // Methods of different classes may have one name.
    let again =
        |other: &Registration| other.plugin == plugin && other.told.point == point && other.told.name == name;
    if point != point::FUNCTION && world.registrations.iter().any(again) {
        return status::INVALID;
    }
    if point == point::PAYLOAD_TYPE && !name.starts_with(&format!("{plugin}/")) {
        return status::INVALID;
    }
    let (priority, revision) = (registration.priority, registration.revision);
    let told = Registered { point, name, priority, revision };
    let (interface, data) = (registration.interface, registration.data);
    world.registrations.push(Registration { plugin, told, interface, data });
    status::OK
}

unsafe extern "C" fn define_point(
    host: *const abi::Host,
    _: *mut abi::Registrar,
    definition: *const abi::PointDefinition,
) -> Status {
    // SAFETY: the plugin calls with its host, and a definition that is valid until this returns.
    let (tables, definition) = unsafe { (of_host(host), &*definition) };
    // SAFETY: it is a text.
    let name = unsafe { text_of(definition.name) };
    let mut world = tables.world();
    let plugin = world.plugin().to_owned();
    if !name.starts_with(&format!("{plugin}.")) {
        return status::INVALID;
    }
    let (revision, functions, required) = (definition.revision, definition.functions, definition.required);
    let point = Point { plugin, revision, functions, required };
    match world.points.get(&name) {
        Some(other) if *other != point => status::INVALID,
        _ => {
            world.points.insert(name, point);
            status::OK
        }
    }
}

unsafe extern "C" fn settings(host: *const abi::Host, output: *const Sink) -> Status {
    // SAFETY: the plugin calls with its host, and a sink that is valid until this returns.
    unsafe {
        let text = of_host(host).world().settings.to_string();
        write(output, text.as_bytes())
    }
}

unsafe extern "C" fn enqueue(
    host: *const abi::Host,
    task: *const c_char,
    input: *const u8,
    len: usize,
) -> Status {
    // SAFETY: the plugin calls with its host; name and input are valid until this returns.
    let (tables, task, input) = unsafe { (of_host(host), text_of(task), bytes(input, len).to_vec()) };
    let mut world = tables.world();
    if world.named(point::TASK, &task).is_err() {
        return status::NOT_FOUND;
    }
    world.tasks.push((task, input));
    status::OK
}

unsafe extern "C" fn emit(
    host: *const abi::Host,
    name: *const c_char,
    json: *const u8,
    len: usize,
) -> Status {
    // SAFETY: the plugin calls with its host; name and JSON are valid until this returns.
    let (tables, name, json) = unsafe { (of_host(host), text_of(name), Json::parse(bytes(json, len))) };
    let mut world = tables.world();
    let own = world.registrations.iter().any(|other| name.starts_with(&format!("{}.", other.plugin)));
    match json {
        Ok(json @ Json::Object(_)) if own => {
            world.events.push((name, json));
            status::OK
        }
        _ => status::INVALID,
    }
}
