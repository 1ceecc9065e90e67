//! What operators do with values.

use std::cmp::Ordering;

use super::Comparison;
use crate::error::RuntimeError;
use crate::names::is_name;
use crate::object::ObjectRef;
use crate::runtime::Mutator;
use crate::value::number::{self, NumberError, Operation};
use crate::value::{SetRef, TupleRef, Value, View};

/// How many bytes a text that a program builds has at most.
pub const MAX_TEXT: usize = 1 << 30;

/// Returns the result of an operator on two values: arithmetic on numbers, `+` also on strings and tuples, `|` and `&`
/// also on sets.
///
/// # Errors
///
/// [`RuntimeError`] says which operand is of the wrong kind.
pub fn operate(
    m: &Mutator<'_>,
    operation: Operation,
    left: Value,
    right: Value,
) -> Result<Value, RuntimeError> {
    match number::apply(m, operation, left, right) {
        Err(NumberError::NotNumbers) => {}
        result => return Ok(result?),
    }
    match (operation, left.view(), right.view()) {
        (Operation::Add, View::String(x), View::String(y)) => {
            if x.as_str().len() + y.as_str().len() > MAX_TEXT {
                return Err(RuntimeError::TooLarge { what: "the text", limit: MAX_TEXT });
            }
            Ok(m.string(&[x.as_str(), y.as_str()].concat()))
        }
        (Operation::Add, View::Tuple(x), View::Tuple(y)) => {
            Ok(TupleRef::new(m, &[x.items(), y.items()].concat())?.into())
        }
        (Operation::BitOr, View::Set(x), View::Set(y)) => Ok(SetRef::union(x, m, y)?.into()),
        (Operation::BitAnd, View::Set(x), View::Set(y)) => Ok(SetRef::intersection(x, m, y)?.into()),
        (_, x, _) => {
            let (sign, expected) = describe(operation);
            let left_fits = match x {
                View::Int(_) | View::BigInt(_) => true,
                View::Double(_) => !matches!(operation, Operation::BitAnd | Operation::BitOr),
                View::String(_) | View::Tuple(_) => operation == Operation::Add,
                View::Set(_) => matches!(operation, Operation::BitAnd | Operation::BitOr),
                _ => false,
            };
            if left_fits {
                let like = if number::to_double(left).is_some() {
                    (if operation == Operation::Add { "a number" } else { expected }).to_string()
                } else {
                    let like = match left.view() {
                        View::String(_) => "a string",
                        View::Tuple(_) => "a tuple",
                        _ => "a set",
                    };
                    format!("{like} like the left one")
                };
                Err(wrong_kind(m, &format!("the right operand of `{sign}`"), &like, right))
            } else {
                Err(wrong_kind(m, &format!("the left operand of `{sign}`"), expected, left))
            }
        }
    }
}

fn describe(operation: Operation) -> (&'static str, &'static str) {
    match operation {
        Operation::Add => ("+", "a number, a string or a tuple"),
        Operation::Subtract => ("-", "a number"),
        Operation::Multiply => ("*", "a number"),
        Operation::Divide => ("/", "a number"),
        Operation::Remainder => ("%", "a number"),
        Operation::BitAnd => ("&", "an integer or a set"),
        Operation::BitOr => ("|", "an integer or a set"),
    }
}

/// Returns whether a comparison holds. Order is that of numbers by value, or of strings; with NaN none holds.
///
/// # Errors
///
/// [`RuntimeError::WrongKind`] when two values have no order.
pub fn compare(
    m: &Mutator<'_>,
    comparison: Comparison,
    left: Value,
    right: Value,
) -> Result<bool, RuntimeError> {
    let order = match comparison {
        Comparison::Equal => return Ok(number::equal(left, right)),
        Comparison::NotEqual => return Ok(!number::equal(left, right)),
        _ => match (number::compare(left, right), left.view(), right.view()) {
            (Ok(order), _, _) => order,
            (_, View::String(x), View::String(y)) => Some(x.as_str().cmp(y.as_str())),
            (_, View::String(_), _) => {
                return Err(wrong_kind(m, "the right operand", "a string like the left one", right));
            }
            _ if number::to_double(left).is_some() => {
                return Err(wrong_kind(m, "the right operand", "a number like the left one", right));
            }
            _ => return Err(wrong_kind(m, "the left operand", "a number or a string", left)),
        },
    };
    Ok(match comparison {
        Comparison::Less => order == Some(Ordering::Less),
        Comparison::LessEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Comparison::Greater => order == Some(Ordering::Greater),
        _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    })
}

/// Returns the number with the other sign.
///
/// # Errors
///
/// [`RuntimeError::WrongKind`] for other values.
pub fn negate(m: &Mutator<'_>, value: Value) -> Result<Value, RuntimeError> {
    number::negate(m, value).map_err(|_| wrong_kind(m, "the operand of `-`", "a number", value))
}

/// Stores an attribute of an object.
///
/// # Errors
///
/// [`RuntimeError::WrongKind`] for other values, and what [`ObjectRef::put_attribute`] says.
pub fn put_attribute(
    m: &Mutator<'_>,
    receiver: Value,
    key: ObjectRef,
    value: Value,
) -> Result<(), RuntimeError> {
    object(m, "what gets an attribute", receiver)?.put_attribute(m, key, value)
}

/// Returns the value of the attribute that a value is. A name that no symbol has is no attribute of anything: to ask for
/// it makes none.
pub(super) fn computed_attribute(
    m: &Mutator<'_>,
    receiver: Value,
    name: Value,
) -> Result<Value, RuntimeError> {
    let unknown = name.as_string().filter(|name| is_name(name.as_str()) && m.symbol(name.as_str()).is_none());
    match (unknown, receiver.view()) {
        (Some(_), View::Object(_) | View::Instance(_)) => Ok(Value::NIL),
        _ => m.attribute_or_nil(receiver, key(m, name)?),
    }
}

/// Returns the attribute that a value is: an object, or a string that names one.
///
/// # Errors
///
/// [`RuntimeError::WrongKind`] for other values.
pub fn key(m: &Mutator<'_>, value: Value) -> Result<ObjectRef, RuntimeError> {
    match value.view() {
        View::String(name) => m.intern(name.as_str()),
        _ => object(m, "the attribute", value),
    }
}

/// Returns the object that a value is.
///
/// # Errors
///
/// [`RuntimeError::WrongKind`] for other values; `what` says what the value is for.
pub fn object(m: &Mutator<'_>, what: &str, value: Value) -> Result<ObjectRef, RuntimeError> {
    value.as_object().ok_or_else(|| wrong_kind(m, what, "an object", value))
}

/// Returns the error that says of what kind a value is instead of what is expected.
pub fn wrong_kind(m: &Mutator<'_>, what: &str, expected: &str, value: Value) -> RuntimeError {
    RuntimeError::WrongKind { what: what.into(), expected: expected.into(), found: kind(m, value) }
}

/// Returns a short description of what a value is: nil, or its class.
pub fn kind(m: &Mutator<'_>, value: Value) -> String {
    if value.is_nil() {
        return "nil".into();
    }
    let class = m.class_of(value);
    format!("of class {}", m.name_of(class).unwrap_or_else(|| class.oid().to_string()))
}

/// Returns the sum with a small integer, which may be written as a difference.
///
/// # Errors
///
/// As [`operate`].
pub(super) fn add_small(m: &Mutator<'_>, left: Value, small: i16) -> Result<Value, RuntimeError> {
    let (operation, right) =
        if small < 0 { (Operation::Subtract, -i64::from(small)) } else { (Operation::Add, small.into()) };
    operate(m, operation, left, Value::int(m, right))
}

/// Returns whether a value is an instance of a class.
///
/// # Errors
///
/// [`RuntimeError::WrongKind`] and [`RuntimeError::NotAClass`] when it is none.
pub(super) fn is_instance(m: &Mutator<'_>, value: Value, class: Value) -> Result<bool, RuntimeError> {
    let class = object(m, "what stands behind `:`", class)?;
    if !class.is_class(m) {
        return Err(RuntimeError::NotAClass { oid: class.oid() });
    }
    Ok(m.is_instance_of(value, class))
}
