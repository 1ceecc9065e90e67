//! The table `rps.graph/1`, and what all its functions have in common.

use rps_plugin_abi as abi;
use rps_plugin_abi::extension::Graph;
use rps_plugin_abi::status;
use rps_runtime::{Mutator, ObjectRef, RuntimeError, Value, known};

use super::{objects, set_failure, shielded, values};
use crate::context::Context;

pub(super) static TABLE: Graph = Graph {
    struct_size: size_of::<Graph>() as u32,
    reserved: 0,
    kind: Some(values::kind),
    int: Some(values::int),
    double: Some(values::double),
    string: Some(values::string),
    tuple: Some(values::tuple),
    as_int: Some(values::as_int),
    as_double: Some(values::as_double),
    as_text: Some(values::as_text),
    count: Some(values::count),
    item: Some(values::item),
    print: Some(values::print),
    equal: Some(values::equal),
    find: Some(objects::find),
    class_of: Some(objects::class_of),
    new_object: Some(objects::new_object),
    get: Some(objects::get),
    put: Some(objects::put),
    append: Some(objects::append),
    oid: Some(objects::oid),
    by_oid: Some(objects::by_oid),
    send: Some(objects::send),
    apply: Some(objects::apply),
    raise: Some(objects::raise),
    new_payload: Some(objects::new_payload),
    payload: Some(objects::payload),
    touch: Some(objects::touch),
    keep: Some(objects::keep),
    kept: Some(objects::kept),
    release: Some(objects::release),
    safepoint: Some(objects::safepoint),
};

/// Why a function of the table does not do what it was asked for.
pub(super) enum Refusal {
    /// Something of the graph failed.
    Raised(RuntimeError),
    /// Something else is wrong.
    Status(abi::Status, String),
}

impl From<RuntimeError> for Refusal {
    fn from(error: RuntimeError) -> Refusal {
        Refusal::Raised(error)
    }
}

/// Returns the refusal of a value that is not what it must be.
pub(super) fn wrong_kind<T>(expected: &str) -> Result<T, Refusal> {
    Err(Refusal::Status(status::INVALID, format!("the value must be {expected}")))
}

/// Returns the refusal of an argument.
pub(super) fn invalid<T>(what: &str) -> Result<T, Refusal> {
    Err(Refusal::Status(status::INVALID, what.to_owned()))
}

/// Calls `f` inside the graph.
///
/// # Safety
///
/// The pointer is null, or that of a call that has not returned, on the thread that it was given to.
pub(super) unsafe fn inside(
    call: *mut abi::Call,
    f: impl FnOnce(&Mutator<'_>, &Context<'_>) -> Result<(), Refusal>,
) -> abi::Status {
    shielded(|| {
        // SAFETY: by this function's contract.
        let Some(context) = (unsafe { Context::of(call) }) else { return status::INVALID };
        let entered = context.enter(|m| match f(m, context) {
            Ok(()) => status::OK,
            Err(Refusal::Raised(error)) => {
                set_failure(described(m, &error));
                context.raise(m, error)
            }
            Err(Refusal::Status(status, message)) => {
                set_failure(message);
                status
            }
        });
        entered.unwrap_or_else(|status| {
            if status == status::MISUSE {
                set_failure("there is no graph in this call, or it belongs to another thread".into());
            }
            status
        })
    })
}

/// Returns what an error says: of one that a program has raised, what it holds as its message, with its code.
fn described(m: &Mutator<'_>, error: &RuntimeError) -> String {
    if !matches!(error, RuntimeError::Raised) {
        return error.to_string();
    }
    let raised = m.raised();
    let attribute = |wanted: &str| {
        let (_, oid) = known::ERROR_ATTRIBUTES.iter().find(|(name, _)| *name == wanted)?;
        let value = raised.as_object()?.get_attribute(m.object(*oid)?)?;
        value.as_string().map(|text| text.as_str().to_owned())
    };
    match (attribute("code"), attribute("message")) {
        (Some(code), Some(message)) => format!("{message} [{code}]"),
        (None, Some(message)) => message,
        _ => m.quoted_text_of(raised),
    }
}

/// Returns the value that a plugin hands over.
///
/// # Safety
///
/// The word is that of a value that is alive.
pub(super) unsafe fn value(raw: abi::RawValue) -> Value {
    // SAFETY: by this function's contract.
    unsafe { Value::from_bits(raw.bits) }
}

/// Returns the object that a plugin hands over.
///
/// # Safety
///
/// As [`value`].
pub(super) unsafe fn object(raw: abi::RawValue) -> Result<ObjectRef, Refusal> {
    // SAFETY: by this function's contract.
    match unsafe { value(raw) }.as_object() {
        Some(object) => Ok(object),
        None => wrong_kind("an object"),
    }
}

/// Returns the values that a plugin hands over.
///
/// # Safety
///
/// So many are there, and alive.
pub(super) unsafe fn values_of<'v>(ptr: *const abi::RawValue, count: usize) -> Result<&'v [Value], Refusal> {
    if count == 0 {
        return Ok(&[]);
    }
    if ptr.is_null() || count > isize::MAX as usize / 8 {
        return invalid("the values are missing");
    }
    // SAFETY: by this function's contract; both types are one word.
    Ok(unsafe { std::slice::from_raw_parts(ptr.cast::<Value>(), count) })
}

/// Gives a result to a plugin.
///
/// # Safety
///
/// The pointer is null, or can be written to.
pub(super) unsafe fn give<T>(place: *mut T, result: T) -> Result<(), Refusal> {
    if place.is_null() || !place.is_aligned() {
        return invalid("there is no place for the result");
    }
    // SAFETY: by this function's contract.
    unsafe { place.write(result) };
    Ok(())
}
