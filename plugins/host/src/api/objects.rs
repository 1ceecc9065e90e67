//! `rps.graph/1`: objects, programs, payloads and roots.
//!
//! Each function asks of its caller what the interface says of the table's member of its name.

use std::ffi::{c_char, c_void};

use rps_plugin_abi as abi;
use rps_plugin_abi::extension::graph::Root as RawRoot;
use rps_plugin_abi::{RawValue, Status, status};
use rps_runtime::{Mutator, ObjectRef, Oid, Root, RuntimeError, Value, known};

use super::graph::{Refusal, give, inside, invalid, object, value, values_of};
use super::{shielded, text};
use crate::caller::payload;
use crate::library::text_at;
use crate::sink;

pub(super) unsafe extern "C" fn find(
    call: *mut abi::Call,
    name: *const u8,
    len: usize,
    result: *mut RawValue,
) -> Status {
    // SAFETY: by this function's contract, here and below.
    unsafe {
        inside(call, |m, context| {
            let Some(name) = text(name, len) else { return invalid("the name is no UTF-8") };
            let unknown = || Refusal::Status(status::NOT_FOUND, format!("nothing is called `{name}`"));
            let value = match m.symbol(name) {
                Some(symbol) => {
                    let value = m.value_of_name(symbol);
                    if value.is_identical(symbol.into()) {
                        return Err(unknown());
                    }
                    value
                }
                None => m.library_global(name).ok_or_else(unknown)?,
            };
            give(result, context.keep(m, value))
        })
    }
}

pub(super) unsafe extern "C" fn class_of(
    call: *mut abi::Call,
    raw: RawValue,
    result: *mut RawValue,
) -> Status {
    // SAFETY: by this function's contract.
    unsafe { inside(call, |m, context| give(result, context.keep(m, m.class_of(value(raw)).into()))) }
}

pub(super) unsafe extern "C" fn new_object(
    call: *mut abi::Call,
    class: RawValue,
    result: *mut RawValue,
) -> Status {
    // SAFETY: by this function's contract.
    unsafe {
        inside(call, |m, context| {
            let made = m.new_instance(object(class)?)?;
            give(result, context.keep(m, made.into()))
        })
    }
}

pub(super) unsafe extern "C" fn get(
    call: *mut abi::Call,
    raw: RawValue,
    name: *const u8,
    len: usize,
    result: *mut RawValue,
) -> Status {
    // SAFETY: by this function's contract.
    unsafe {
        inside(call, |m, context| {
            let key = key(m, text(name, len))?;
            let found = m.attribute_or_nil(value(raw), key)?;
            give(result, context.keep(m, found))
        })
    }
}

pub(super) unsafe extern "C" fn put(
    call: *mut abi::Call,
    raw: RawValue,
    name: *const u8,
    len: usize,
    new: RawValue,
) -> Status {
    // SAFETY: by this function's contract.
    unsafe {
        inside(call, |m, _| {
            let key = key(m, text(name, len))?;
            Ok(object(raw)?.put_attribute(m, key, value(new))?)
        })
    }
}

pub(super) unsafe extern "C" fn append(call: *mut abi::Call, raw: RawValue, new: RawValue) -> Status {
    // SAFETY: by this function's contract.
    unsafe {
        inside(call, |m, _| {
            object(raw)?.push_component(m, value(new));
            Ok(())
        })
    }
}

fn key(m: &Mutator<'_>, name: Option<&str>) -> Result<ObjectRef, Refusal> {
    let Some(name) = name else { return invalid("the name is no UTF-8") };
    Ok(m.key_of_symbol(m.intern(name)?))
}

pub(super) unsafe extern "C" fn oid(call: *mut abi::Call, raw: RawValue, output: *const abi::Sink) -> Status {
    // SAFETY: by this function's contract.
    unsafe {
        let mut written = status::OK;
        let told = inside(call, |_, _| {
            written = sink::give(output, object(raw)?.oid().to_string().as_bytes());
            Ok(())
        });
        if told == status::OK { written } else { told }
    }
}

pub(super) unsafe extern "C" fn by_oid(
    call: *mut abi::Call,
    ptr: *const u8,
    len: usize,
    result: *mut RawValue,
) -> Status {
    // SAFETY: by this function's contract.
    unsafe {
        inside(call, |m, context| {
            let Some(text) = text(ptr, len) else { return invalid("the oid is no UTF-8") };
            let Ok(oid) = Oid::parse(text) else { return invalid("the text is no oid") };
            match m.object(oid) {
                Some(object) => give(result, context.keep(m, object.into())),
                None => Err(Refusal::Status(status::NOT_FOUND, format!("there is no object {oid}"))),
            }
        })
    }
}

pub(super) unsafe extern "C" fn send(
    call: *mut abi::Call,
    receiver: RawValue,
    selector: *const u8,
    len: usize,
    arguments: *const RawValue,
    count: usize,
    result: *mut RawValue,
) -> Status {
    // SAFETY: by this function's contract.
    unsafe {
        inside(call, |m, context| {
            let key = key(m, text(selector, len))?;
            let answer = m.send(value(receiver), key, values_of(arguments, count)?)?;
            give(result, context.keep(m, answer))
        })
    }
}

pub(super) unsafe extern "C" fn apply(
    call: *mut abi::Call,
    function: RawValue,
    arguments: *const RawValue,
    count: usize,
    result: *mut RawValue,
) -> Status {
    // SAFETY: by this function's contract.
    unsafe {
        inside(call, |m, context| {
            let answer = m.apply(value(function), Value::NIL, values_of(arguments, count)?)?;
            give(result, context.keep(m, answer))
        })
    }
}

pub(super) unsafe extern "C" fn raise(
    call: *mut abi::Call,
    code: *const u8,
    code_len: usize,
    message: *const u8,
    message_len: usize,
) -> Status {
    // SAFETY: by this function's contract.
    unsafe {
        inside(call, |m, _| {
            let (Some(code), Some(message)) = (text(code, code_len), text(message, message_len)) else {
                return invalid("the error's texts are no UTF-8");
            };
            let error = m.new_object(m.class(known::ERROR));
            for (name, text) in [("code", code), ("message", message)] {
                let attribute = known::ERROR_ATTRIBUTES.iter().find(|(known, _)| *known == name);
                if let Some(key) = attribute.and_then(|(_, oid)| m.object(*oid)) {
                    error.put_attribute(m, key, m.string(text))?;
                }
            }
            Err(Refusal::Raised(m.raise(error.into())))
        })
    }
}

pub(super) unsafe extern "C" fn new_payload(
    call: *mut abi::Call,
    type_name: *const c_char,
    schema_hash: u64,
    content: *mut c_void,
    result: *mut RawValue,
) -> Status {
    // SAFETY: by this function's contract.
    unsafe {
        inside(call, |m, context| {
            let name = text_at(type_name).ok().flatten();
            let found =
                name.as_deref().and_then(|name| payload::type_of(context.instance, name, schema_hash));
            let Some(found) = found else {
                let name = name.unwrap_or_default();
                return Err(Refusal::Status(
                    status::NOT_FOUND,
                    format!("the plugin {} has no payload type `{name}`", context.instance.id),
                ));
            };
            if content.is_null() || result.is_null() {
                return invalid("the payload is null, or there is no place for the result");
            }
            let made = payload::new_object(m, &found, content)?;
            give(result, context.keep(m, made.into()))
        })
    }
}

pub(super) unsafe extern "C" fn payload(
    call: *mut abi::Call,
    raw: RawValue,
    type_name: *const c_char,
    schema_hash: u64,
    result: *mut *mut c_void,
) -> Status {
    // SAFETY: by this function's contract.
    unsafe {
        inside(call, |m, context| {
            let name = if type_name.is_null() { c"" } else { std::ffi::CStr::from_ptr(type_name) };
            let found = match value(raw).as_object() {
                Some(object) => payload::data_of(m, object, context.instance, name.to_bytes(), schema_hash),
                None => None,
            };
            match found {
                Some(data) => give(result, data),
                None => Err(Refusal::Status(
                    status::UNSUPPORTED,
                    format!("the value must hold a payload of the type `{}`", name.to_string_lossy()),
                )),
            }
        })
    }
}

pub(super) unsafe extern "C" fn touch(call: *mut abi::Call, raw: RawValue) -> Status {
    // SAFETY: by this function's contract.
    unsafe {
        inside(call, |m, _| {
            // It counts what the payload has outside the heap anew, and notes the time.
            object(raw)?.update_payload(m, |_| ());
            Ok(())
        })
    }
}

pub(super) unsafe extern "C" fn keep(call: *mut abi::Call, raw: RawValue) -> *mut RawRoot {
    let mut root = std::ptr::null_mut();
    // SAFETY: by this function's contract.
    unsafe {
        inside(call, |m, _| {
            root = Box::into_raw(Box::new(m.heap().root(value(raw)))).cast::<RawRoot>();
            Ok(())
        });
    }
    root
}

pub(super) unsafe extern "C" fn kept(
    call: *mut abi::Call,
    root: *const RawRoot,
    result: *mut RawValue,
) -> Status {
    // SAFETY: by this function's contract.
    unsafe {
        inside(call, |m, context| {
            if root.is_null() {
                return invalid("the root is null");
            }
            let root = &*root.cast::<Root>();
            // Another store was loaded since: the value is gone with its heap.
            if !root.is_of(m.heap()) {
                let message =
                    "the value that was kept belongs to a store that is not loaded any more".to_owned();
                return Err(Refusal::Status(status::NOT_FOUND, message));
            }
            give(result, context.keep(m, root.get()))
        })
    }
}

pub(super) unsafe extern "C" fn release(_host: *const abi::Host, root: *mut RawRoot) {
    shielded(|| {
        if !root.is_null() {
            // SAFETY: by this function's contract: `keep` has made it, and it is released once.
            drop(unsafe { Box::from_raw(root.cast::<Root>()) });
        }
        status::OK
    });
}

pub(super) unsafe extern "C" fn safepoint(call: *mut abi::Call) -> Status {
    // SAFETY: by this function's contract.
    unsafe {
        inside(call, |m, _| {
            m.safepoint();
            if m.runtime().is_interrupted() {
                return Err(Refusal::Raised(RuntimeError::Interrupted));
            }
            Ok(())
        })
    }
}
