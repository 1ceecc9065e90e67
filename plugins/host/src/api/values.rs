//! `rps.graph/1`: values that are no objects.
//!
//! Each function asks of its caller what the interface says of the table's member of its name.

use rps_plugin_abi as abi;
use rps_plugin_abi::{RawValue, Status, value};
use rps_runtime::Value;
use rps_runtime::value::{TupleRef, View};

use super::graph::{give, inside, invalid, value as of, values_of, wrong_kind};
use super::{shielded, text};
use crate::sink;

pub(super) unsafe extern "C" fn kind(_call: *mut abi::Call, raw: RawValue) -> value::Kind {
    // SAFETY: by this function's contract.
    match unsafe { of(raw) }.view() {
        View::Nil => value::KIND_NIL,
        View::Bool(_) => value::KIND_BOOL,
        View::Int(_) => value::KIND_INT,
        View::BigInt(_) => value::KIND_BIG_INT,
        View::Double(_) => value::KIND_DOUBLE,
        View::String(_) => value::KIND_STRING,
        View::Object(_) => value::KIND_OBJECT,
        View::Tuple(_) => value::KIND_TUPLE,
        View::Set(_) => value::KIND_SET,
        View::Closure(_) => value::KIND_CLOSURE,
        View::Instance(_) => value::KIND_INSTANCE,
        View::Json(_) => value::KIND_JSON,
    }
}

pub(super) unsafe extern "C" fn int(call: *mut abi::Call, int: i64, result: *mut RawValue) -> Status {
    // SAFETY: by this function's contract, here and below.
    unsafe { inside(call, |m, context| give(result, context.keep(m, Value::int(m, int)))) }
}

pub(super) unsafe extern "C" fn double(call: *mut abi::Call, double: f64, result: *mut RawValue) -> Status {
    // SAFETY: by this function's contract.
    unsafe { inside(call, |m, context| give(result, context.keep(m, Value::double(m, double)))) }
}

pub(super) unsafe extern "C" fn string(
    call: *mut abi::Call,
    ptr: *const u8,
    len: usize,
    result: *mut RawValue,
) -> Status {
    // SAFETY: by this function's contract.
    unsafe {
        inside(call, |m, context| match text(ptr, len) {
            Some(text) => give(result, context.keep(m, Value::string(m, text))),
            None => invalid("the text is no UTF-8"),
        })
    }
}

pub(super) unsafe extern "C" fn tuple(
    call: *mut abi::Call,
    items: *const RawValue,
    count: usize,
    result: *mut RawValue,
) -> Status {
    // SAFETY: by this function's contract.
    unsafe {
        inside(call, |m, context| {
            let tuple =
                TupleRef::new(m, values_of(items, count)?).map_err(rps_runtime::RuntimeError::from)?;
            give(result, context.keep(m, tuple.into()))
        })
    }
}

pub(super) unsafe extern "C" fn as_int(_call: *mut abi::Call, raw: RawValue, int: *mut i64) -> Status {
    // SAFETY: by this function's contract.
    unsafe {
        plain(|| match of(raw).view() {
            View::Int(found) => give(int, found),
            View::BigInt(found) => match i64::try_from(&found.to_bigint()) {
                Ok(found) => give(int, found),
                Err(_) => wrong_kind("an integer of 64 bits"),
            },
            _ => wrong_kind("an integer"),
        })
    }
}

pub(super) unsafe extern "C" fn as_double(_call: *mut abi::Call, raw: RawValue, double: *mut f64) -> Status {
    // SAFETY: by this function's contract.
    unsafe {
        plain(|| match of(raw).view() {
            View::Double(found) => give(double, found),
            View::Int(found) => give(double, found as f64),
            _ => wrong_kind("a number"),
        })
    }
}

pub(super) unsafe extern "C" fn as_text(
    _call: *mut abi::Call,
    raw: RawValue,
    result: *mut abi::Bytes,
) -> Status {
    // SAFETY: by this function's contract.
    unsafe {
        plain(|| match of(raw).view() {
            View::String(string) => {
                let text = string.as_str();
                give(result, abi::Bytes { ptr: text.as_ptr(), len: text.len() })
            }
            _ => wrong_kind("a string"),
        })
    }
}

pub(super) unsafe extern "C" fn count(call: *mut abi::Call, raw: RawValue, count: *mut usize) -> Status {
    // SAFETY: by this function's contract.
    unsafe {
        // The components of an object change: they are looked at from inside.
        inside(call, |_, _| match of(raw).view() {
            View::Tuple(tuple) => give(count, tuple.items().len()),
            View::Set(set) => give(count, set.items().len()),
            View::Object(object) => give(count, object.component_count()),
            _ => wrong_kind("a tuple, a set or an object"),
        })
    }
}

pub(super) unsafe extern "C" fn item(
    call: *mut abi::Call,
    raw: RawValue,
    index: usize,
    result: *mut RawValue,
) -> Status {
    // SAFETY: by this function's contract.
    unsafe {
        inside(call, |m, context| {
            let item = match of(raw).view() {
                View::Tuple(tuple) => tuple.items().get(index).copied(),
                View::Set(set) => set.items().get(index).copied(),
                View::Object(object) => object.component(index),
                _ => return wrong_kind("a tuple, a set or an object"),
            };
            match item {
                Some(item) => give(result, context.keep(m, item)),
                None => invalid("there are not so many items"),
            }
        })
    }
}

pub(super) unsafe extern "C" fn print(
    call: *mut abi::Call,
    raw: RawValue,
    output: *const abi::Sink,
) -> Status {
    // SAFETY: by this function's contract.
    unsafe {
        let mut status = abi::status::OK;
        let told = inside(call, |m, _| {
            let text = m.quoted_text_of(of(raw));
            status = sink::give(output, text.as_bytes());
            Ok(())
        });
        if told == abi::status::OK { status } else { told }
    }
}

pub(super) unsafe extern "C" fn equal(
    _call: *mut abi::Call,
    a: RawValue,
    b: RawValue,
    equal: *mut u32,
) -> Status {
    // SAFETY: by this function's contract.
    unsafe { plain(|| give(equal, u32::from(of(a) == of(b)))) }
}

/// Runs what needs no graph: it looks at a value that the plugin keeps alive.
fn plain(f: impl FnOnce() -> Result<(), super::graph::Refusal>) -> Status {
    shielded(|| match f() {
        Ok(()) => abi::status::OK,
        Err(super::graph::Refusal::Status(status, message)) => {
            super::set_failure(message);
            status
        }
        Err(super::graph::Refusal::Raised(error)) => {
            super::set_failure(error.to_string());
            abi::status::ERROR
        }
    })
}
