use core::ffi::c_void;
use core::marker::PhantomData;

use rps_plugin_abi as abi;
use rps_plugin_abi::point;
use rps_plugin_abi::status::{self, Status};

use super::Registrar;
use crate::call::{Call, Value, bytes, enter};
use crate::error::Error;
use crate::json::Json;
use crate::table::member;

/// Is told of dumps.
pub trait DumpHook: Send + Sync + 'static {
    /// Is called before anything is written.
    ///
    /// # Errors
    ///
    /// Refuse the dump.
    fn before(&self, call: &Call) -> Result<(), Error> {
        let _ = call;
        Ok(())
    }

    /// Is called when the dump is done, or was given up, with how many objects were written.
    ///
    /// # Errors
    ///
    /// Are logged.
    fn after(&self, call: &Call, done: bool, objects: u64) -> Result<(), Error> {
        let _ = (call, done, objects);
        Ok(())
    }
}

/// When a task of the agenda is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum TaskPriority {
    /// Before all others.
    High = point::PRIORITY_HIGH,
    /// As usual.
    Normal = point::PRIORITY_NORMAL,
    /// When nothing else is to be done.
    Low = point::PRIORITY_LOW,
}

/// Takes what a validator finds.
pub struct Report<'call> {
    raw: *const point::Report,
    marker: PhantomData<&'call point::Report>,
}

impl Report<'_> {
    /// Reports what keeps the store from being loaded; `object` is what it is about, or nil.
    ///
    /// # Errors
    ///
    /// When the host takes no more.
    pub fn error(&mut self, object: Value<'_>, text: &str) -> Result<(), Error> {
        self.problem(point::SEVERITY_ERROR, object, text)
    }

    /// Reports what is to be looked at.
    ///
    /// # Errors
    ///
    /// When the host takes no more.
    pub fn warning(&mut self, object: Value<'_>, text: &str) -> Result<(), Error> {
        self.problem(point::SEVERITY_WARNING, object, text)
    }

    fn problem(&mut self, severity: point::Severity, object: Value<'_>, text: &str) -> Result<(), Error> {
        // SAFETY: the table is the host's, which is valid for as long as the report is.
        let problem = unsafe { member!(self.raw, point::Report, problem) };
        let problem = problem.ok_or_else(|| Error::unsupported("the host takes no problems"))?;
        // SAFETY: the text is valid until it returns.
        match unsafe { problem(self.raw, severity, object.raw(), text.as_ptr(), text.len()) } {
            status::OK => Ok(()),
            status => Err(Error::with_status(status, "the host takes no more problems")),
        }
    }
}

impl Registrar<'_> {
    /// Registers a check of stores that were loaded and that nobody has seen yet.
    ///
    /// # Errors
    ///
    /// When the host refuses it.
    pub fn validator<F>(&mut self, name: &str, validate: F) -> Result<(), Error>
    where
        F: Fn(&Call, &mut Report<'_>) -> Result<(), Error> + Send + Sync + 'static,
    {
        let interface = point::Validator {
            struct_size: size_of::<point::Validator>() as u32,
            flags: 0,
            validate: Some(run_validator::<F>),
        };
        self.add(point::VALIDATOR, name, 1, interface, validate)
    }

    /// Registers what is told of dumps.
    ///
    /// # Errors
    ///
    /// When the host refuses it.
    pub fn dump_hook<H: DumpHook>(&mut self, name: &str, hook: H) -> Result<(), Error> {
        let interface = point::DumpHook {
            struct_size: size_of::<point::DumpHook>() as u32,
            flags: 0,
            before: Some(before_dump::<H>),
            after: Some(after_dump::<H>),
        };
        self.add(point::DUMP_HOOK, name, 1, interface, hook)
    }

    /// Registers a task, which [`Call::enqueue`] puts on the agenda by its name.
    ///
    /// # Errors
    ///
    /// When the host refuses it.
    pub fn task<F>(&mut self, name: &str, priority: TaskPriority, run: F) -> Result<(), Error>
    where
        F: Fn(&Call, &[u8]) -> Result<(), Error> + Send + Sync + 'static,
    {
        let interface = point::Task {
            struct_size: size_of::<point::Task>() as u32,
            flags: 0,
            priority: priority as u32,
            reserved: 0,
            run: Some(run_task::<F>),
        };
        self.add(point::TASK, name, 1, interface, run)
    }

    /// Registers what is told of events: their name, such as `store.loaded`, and what is to be known of them.
    ///
    /// # Errors
    ///
    /// When the host refuses it.
    pub fn event_hook<F>(&mut self, name: &str, on_event: F) -> Result<(), Error>
    where
        F: Fn(&Call, &str, &Json) -> Result<(), Error> + Send + Sync + 'static,
    {
        let interface = point::EventHook {
            struct_size: size_of::<point::EventHook>() as u32,
            flags: 0,
            on_event: Some(run_event_hook::<F>),
        };
        self.add(point::EVENT_HOOK, name, 1, interface, on_event)
    }
}

unsafe extern "C" fn run_validator<F>(
    data: *mut c_void,
    call: *mut abi::Call,
    report: *const point::Report,
) -> Status
where
    F: Fn(&Call, &mut Report<'_>) -> Result<(), Error> + Send + Sync + 'static,
{
    if report.is_null() {
        return status::INVALID;
    }
    // SAFETY: the host hands back the data of the registration; call and report are valid until this returns.
    unsafe {
        enter::<F>(data, call, |validate, call| {
            validate(call, &mut Report { raw: report, marker: PhantomData })
        })
    }
}

unsafe extern "C" fn before_dump<H: DumpHook>(data: *mut c_void, call: *mut abi::Call) -> Status {
    // SAFETY: the host hands back the data of the registration, and a call that is valid until this returns.
    unsafe { enter::<H>(data, call, |hook, call| hook.before(call)) }
}

unsafe extern "C" fn after_dump<H: DumpHook>(
    data: *mut c_void,
    call: *mut abi::Call,
    done: u32,
    objects: u64,
) -> Status {
    // SAFETY: the host hands back the data of the registration, and a call that is valid until this returns.
    unsafe { enter::<H>(data, call, |hook, call| hook.after(call, done != 0, objects)) }
}

unsafe extern "C" fn run_task<F>(
    data: *mut c_void,
    call: *mut abi::Call,
    input: *const u8,
    len: usize,
) -> Status
where
    F: Fn(&Call, &[u8]) -> Result<(), Error> + Send + Sync + 'static,
{
    // SAFETY: the host hands back the data of the registration; call and input are valid until this returns.
    unsafe { enter::<F>(data, call, |run, call| run(call, bytes(input, len))) }
}

unsafe extern "C" fn run_event_hook<F>(
    data: *mut c_void,
    call: *mut abi::Call,
    name: *const u8,
    name_len: usize,
    json: *const u8,
    json_len: usize,
) -> Status
where
    F: Fn(&Call, &str, &Json) -> Result<(), Error> + Send + Sync + 'static,
{
    // SAFETY: the host hands back the data of the registration; call, name and JSON are valid until this returns.
    unsafe {
        enter::<F>(data, call, |on_event, call| {
            let name = std::str::from_utf8(bytes(name, name_len))?;
            on_event(call, name, &Json::parse(bytes(json, json_len))?)
        })
    }
}
