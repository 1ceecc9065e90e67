//! The tables but that of the graph: what others have registered, settings, agenda, events.
//!
//! Each function asks of its caller what the interface says of the table's member of its name.

use std::ffi::c_char;

use rps_plugin_abi as abi;
use rps_plugin_abi::extension::{Agenda, Events, Points, Settings};
use rps_plugin_abi::{Status, status};

use super::{bytes, set_failure, shielded, text};
use crate::context::Context;
use crate::error::{CallError, PluginError};
use crate::instance::{Instance, Phase};
use crate::library::text_at;
use crate::sink;

pub(super) static POINTS: Points = Points {
    struct_size: size_of::<Points>() as u32,
    reserved: 0,
    call: Some(call),
    names: Some(names),
    execute: Some(execute),
};

pub(super) static SETTINGS: Settings =
    Settings { struct_size: size_of::<Settings>() as u32, reserved: 0, read: Some(read_settings) };

pub(super) static AGENDA: Agenda =
    Agenda { struct_size: size_of::<Agenda>() as u32, reserved: 0, enqueue: Some(enqueue) };

pub(super) static EVENTS: Events =
    Events { struct_size: size_of::<Events>() as u32, reserved: 0, emit: Some(emit) };

/// Returns the status that tells a plugin of an error, and notes its message.
fn refuse(error: &PluginError) -> Status {
    set_failure(error.to_string());
    match error {
        PluginError::NotFound { .. } => status::NOT_FOUND,
        PluginError::Execution { source, .. } => match source {
            CallError::Timeout { .. } => status::TIMEOUT,
            CallError::Panicked { .. } => status::PANIC,
            CallError::Cancelled => status::CANCELLED,
            CallError::Unsupported { .. } => status::UNSUPPORTED,
            CallError::Corrupt { .. } => status::CORRUPT,
            CallError::OutputLimit { .. } => status::LIMIT,
            _ => status::ERROR,
        },
        _ => status::ERROR,
    }
}

fn invalid(what: &str) -> Status {
    set_failure(what.to_owned());
    status::INVALID
}

unsafe extern "C" fn call(
    call: *mut abi::Call,
    point: *const c_char,
    name: *const c_char,
    function: u32,
    input: *const u8,
    len: usize,
    output: *const abi::Sink,
) -> Status {
    shielded(|| {
        // SAFETY: by this function's contract.
        unsafe {
            let Some(context) = Context::of(call) else { return status::INVALID };
            let (Ok(Some(point)), Ok(name), Some(input)) = (text_at(point), text_at(name), bytes(input, len))
            else {
                return invalid("a name or the input is missing");
            };
            let Some(manager) = context.instance.manager() else { return status::MISUSE };
            match manager.call_point(&point, name.as_deref(), function, input, context.runtime()) {
                Ok(answer) => sink::give(output, &answer),
                Err(error) => refuse(&error),
            }
        }
    })
}

unsafe extern "C" fn names(call: *mut abi::Call, point: *const c_char, output: *const abi::Sink) -> Status {
    shielded(|| {
        // SAFETY: by this function's contract.
        unsafe {
            let Some(context) = Context::of(call) else { return status::INVALID };
            let Ok(Some(point)) = text_at(point) else { return invalid("the point is missing") };
            let Some(manager) = context.instance.manager() else { return status::MISUSE };
            let names: Vec<String> =
                manager.registry.list(&point).iter().map(|entry| format!("{}\n", entry.name)).collect();
            sink::give(output, names.concat().as_bytes())
        }
    })
}

unsafe extern "C" fn execute(
    call: *mut abi::Call,
    service: *const c_char,
    input: *const u8,
    len: usize,
    output: *const abi::Sink,
) -> Status {
    shielded(|| {
        // SAFETY: by this function's contract.
        unsafe {
            let Some(context) = Context::of(call) else { return status::INVALID };
            let (Ok(Some(service)), Some(input)) = (text_at(service), bytes(input, len)) else {
                return invalid("the service or the input is missing");
            };
            let Some(manager) = context.instance.manager() else { return status::MISUSE };
            match manager.execute(&service, input) {
                Ok(answer) => sink::give(output, &answer),
                Err(error) => refuse(&error),
            }
        }
    })
}

unsafe extern "C" fn read_settings(host: *const abi::Host, output: *const abi::Sink) -> Status {
    shielded(|| {
        // SAFETY: by this function's contract.
        unsafe {
            let Some(instance) = Instance::of(host) else { return status::INVALID };
            let Some(manager) = instance.manager() else { return status::MISUSE };
            match manager.settings_of(instance.id) {
                Ok(settings) => sink::give(output, settings.as_bytes()),
                Err(message) => {
                    set_failure(message);
                    status::ERROR
                }
            }
        }
    })
}

unsafe extern "C" fn enqueue(
    host: *const abi::Host,
    task: *const c_char,
    input: *const u8,
    len: usize,
) -> Status {
    shielded(|| {
        // SAFETY: by this function's contract.
        unsafe {
            let Some(instance) = Instance::of(host) else { return status::INVALID };
            let (Ok(Some(task)), Some(input)) = (text_at(task), bytes(input, len)) else {
                return invalid("the task or the input is missing");
            };
            match instance.manager().filter(|_| instance.phase() == Phase::Live) {
                Some(manager) => match manager.enqueue(&task, input.to_vec()) {
                    Ok(()) => status::OK,
                    Err(error) => refuse(&error),
                },
                None => status::MISUSE,
            }
        }
    })
}

unsafe extern "C" fn emit(
    host: *const abi::Host,
    name: *const c_char,
    json: *const u8,
    len: usize,
) -> Status {
    shielded(|| {
        // SAFETY: by this function's contract.
        unsafe {
            let Some(instance) = Instance::of(host) else { return status::INVALID };
            let (Ok(Some(name)), Some(json)) = (text_at(name), text(json, len)) else {
                return invalid("the event's name or content is missing");
            };
            if name.strip_prefix(instance.id).is_none_or(|rest| !rest.starts_with('.')) {
                return invalid("the name of a plugin's event begins with the plugin's id and a dot");
            }
            if serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(json).is_err() {
                return invalid("an event's content is a JSON object");
            }
            match instance.manager().filter(|_| instance.phase() == Phase::Live) {
                Some(manager) => {
                    manager.emit(&name, json);
                    status::OK
                }
                None => status::MISUSE,
            }
        }
    })
}
