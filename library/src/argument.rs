//! Arguments of natives: taken as what they must be, or refused with an error that says which and why.

use std::ops::{Range, RangeInclusive};

use num_bigint::BigInt;
use rps_runtime::code::operate::wrong_kind;
use rps_runtime::value::number;
use rps_runtime::{Mutator, RuntimeError, Value};

/// Fails unless there are so many arguments: for natives that take any number.
pub(crate) fn arity(
    name: &'static str,
    arguments: &[Value],
    expected: RangeInclusive<usize>,
) -> Result<(), RuntimeError> {
    if expected.contains(&arguments.len()) {
        return Ok(());
    }
    let (least, most) = (expected.start(), expected.end());
    let expected =
        if most - least == 1 { format!("{least} or {most}") } else { format!("{least} to {most}") };
    Err(RuntimeError::Arity { name: name.into(), expected, given: arguments.len() })
}

/// Returns an argument that may be left out; nil counts as left out.
pub(crate) fn optional(arguments: &[Value], at: usize) -> Option<Value> {
    arguments.get(at).copied().filter(|value| !value.is_nil())
}

/// Returns the text of a string.
pub(crate) fn text<'t>(m: &Mutator<'_>, what: &str, value: Value) -> Result<&'t str, RuntimeError> {
    value.as_string().map(|string| string.as_str()).ok_or_else(|| wrong_kind(m, what, "a string", value))
}

/// Returns an integer that fits 63 bits.
pub(crate) fn int(m: &Mutator<'_>, what: &str, value: Value) -> Result<i64, RuntimeError> {
    value.as_small_int().ok_or_else(|| {
        let expected = if number::to_bigint(value).is_some() { "a smaller integer" } else { "an integer" };
        wrong_kind(m, what, expected, value)
    })
}

/// Returns an integer that is not negative, and counts something.
pub(crate) fn count(m: &Mutator<'_>, what: &str, value: Value) -> Result<usize, RuntimeError> {
    let int = int(m, what, value)?;
    usize::try_from(int)
        .map_err(|_| failed("library::negative", format!("{what} must not be negative: it is {int}")))
}

/// Returns an integer of any size.
pub(crate) fn integer(m: &Mutator<'_>, what: &str, value: Value) -> Result<BigInt, RuntimeError> {
    number::to_bigint(value).ok_or_else(|| wrong_kind(m, what, "an integer", value))
}

/// Returns the double nearest to a number.
pub(crate) fn double(m: &Mutator<'_>, what: &str, value: Value) -> Result<f64, RuntimeError> {
    number::to_double(value).ok_or_else(|| wrong_kind(m, what, "a number", value))
}

/// Returns the position that an index means; a negative one counts from the end.
pub(crate) fn position(m: &Mutator<'_>, index: Value, len: usize) -> Result<usize, RuntimeError> {
    let index = int(m, "the index", index)?;
    let from_start = if index < 0 { index.saturating_add(len as i64) } else { index };
    let at = usize::try_from(from_start).ok().filter(|&at| at < len);
    at.ok_or(RuntimeError::NoSuchElement { index, count: len })
}

/// Returns the part of a sequence from the first argument up to the second, or to the end. Negative positions count from
/// the end; what lies outside is left out.
pub(crate) fn part(m: &Mutator<'_>, arguments: &[Value], len: usize) -> Result<Range<usize>, RuntimeError> {
    arity("slice", arguments, 1..=2)?;
    let place = |what, value| -> Result<usize, RuntimeError> {
        let at = int(m, what, value)?;
        let from_start = if at < 0 { at.saturating_add(len as i64) } else { at };
        Ok(usize::try_from(from_start).unwrap_or(0).min(len))
    };
    let start = place("the start", arguments[0])?;
    let end = optional(arguments, 1).map_or(Ok(len), |end| place("the end", end))?;
    Ok(start..end.max(start))
}

/// Returns an error in the library's own words.
pub(crate) fn failed(code: &'static str, message: impl Into<String>) -> RuntimeError {
    RuntimeError::Failed { code, message: message.into(), hint: None }
}

/// Returns an error in the library's own words, with what to do about it.
pub(crate) fn failed_with_hint(
    code: &'static str,
    message: impl Into<String>,
    hint: impl Into<String>,
) -> RuntimeError {
    RuntimeError::Failed { code, message: message.into(), hint: Some(hint.into()) }
}
