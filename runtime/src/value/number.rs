//! Arithmetic: exact integers of any size, IEEE doubles, and the two mixed.
//!
//! Integers grow into big ones and come back. Division of integers truncates and the remainder has the sign of the
//! dividend, as in C; dividing an integer by zero is an error. A mixed operation is done in doubles; a mixed
//! comparison is exact.

use std::cmp::Ordering;

use num_bigint::BigInt;
use num_traits::{FromPrimitive, Signed, ToPrimitive, Zero};

use super::{Value, View, bigint};
use crate::heap::LocalHeap;

/// Why an operation on numbers failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NumberError {
    /// An operand is no number, or no integer where one is needed.
    #[error("the operands are not numbers")]
    NotNumbers,
    /// An integer was divided by zero.
    #[error("division of an integer by zero")]
    DivisionByZero,
}

/// An operation on two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// The sum.
    Add,
    /// The difference.
    Subtract,
    /// The product.
    Multiply,
    /// The quotient, truncated for integers.
    Divide,
    /// The remainder, with the sign of the dividend.
    Remainder,
    /// The bits set in both integers.
    BitAnd,
    /// The bits set in either integer.
    BitOr,
}

/// Returns the value of an integer of any size.
pub fn from_bigint(heap: &LocalHeap<'_>, int: &BigInt) -> Value {
    bigint::value(heap, int)
}

/// Returns the integer, if the value is one of any size.
pub fn to_bigint(value: Value) -> Option<BigInt> {
    match value.view() {
        View::Int(int) => Some(int.into()),
        View::BigInt(int) => Some(int.to_bigint()),
        _ => None,
    }
}

/// Returns the result of an operation.
///
/// # Errors
///
/// [`NumberError`] says what is wrong with the operands.
pub fn apply(heap: &LocalHeap<'_>, operation: Operation, a: Value, b: Value) -> Result<Value, NumberError> {
    if let (Some(x), Some(y)) = (a.as_small_int(), b.as_small_int())
        && let Some(result) = small(operation, x, y)?
    {
        return Ok(Value::int(heap, result));
    }
    if let (Some(x), Some(y)) = (to_bigint(a), to_bigint(b)) {
        return Ok(from_bigint(heap, &big(operation, &x, &y)?));
    }
    let (x, y) = (to_double(a).ok_or(NumberError::NotNumbers)?, to_double(b).ok_or(NumberError::NotNumbers)?);
    let result = match operation {
        Operation::Add => x + y,
        Operation::Subtract => x - y,
        Operation::Multiply => x * y,
        Operation::Divide => x / y,
        Operation::Remainder => x % y,
        Operation::BitAnd | Operation::BitOr => return Err(NumberError::NotNumbers),
    };
    Ok(Value::double(heap, result))
}

/// Returns the number with the other sign.
///
/// # Errors
///
/// [`NumberError::NotNumbers`] when the value is none.
pub fn negate(heap: &LocalHeap<'_>, value: Value) -> Result<Value, NumberError> {
    match value.view() {
        View::Int(int) => Ok(Value::int(heap, -int)),
        View::BigInt(int) => Ok(from_bigint(heap, &-int.to_bigint())),
        View::Double(double) => Ok(Value::double(heap, -double)),
        _ => Err(NumberError::NotNumbers),
    }
}

/// Returns the order of two numbers by value: `3` and `3.0` are equal, NaN is unordered.
///
/// # Errors
///
/// [`NumberError::NotNumbers`] when a value is none.
pub fn compare(a: Value, b: Value) -> Result<Option<Ordering>, NumberError> {
    let (x, y) = (a.view(), b.view());
    let number = |view| matches!(view, View::Int(_) | View::BigInt(_) | View::Double(_));
    if number(x) && number(y) { Ok(compare_mixed(x, y)) } else { Err(NumberError::NotNumbers) }
}

/// Returns what the language's `==` means: numbers by value, everything else structurally.
pub fn equal(a: Value, b: Value) -> bool {
    match compare(a, b) {
        Ok(order) => order == Some(Ordering::Equal),
        Err(NumberError::NotNumbers | NumberError::DivisionByZero) => a == b,
    }
}

/// Returns the nearest double.
pub fn to_double(value: Value) -> Option<f64> {
    match value.view() {
        View::Int(int) => Some(int as f64),
        View::BigInt(int) => int.to_bigint().to_f64(),
        View::Double(double) => Some(double),
        _ => None,
    }
}

/// Returns the exact order of two numbers by value; `None` where NaN is one.
pub(super) fn compare_mixed(a: View, b: View) -> Option<Ordering> {
    match (a, b) {
        (View::Double(x), View::Double(y)) => x.partial_cmp(&y),
        (View::Int(x), View::Int(y)) => Some(x.cmp(&y)),
        (View::Double(x), y) => compare_with_double(y, x).map(Ordering::reverse),
        (x, View::Double(y)) => compare_with_double(x, y),
        (x, y) => Some(integer(x)?.cmp(&integer(y)?)),
    }
}

fn integer(view: View) -> Option<BigInt> {
    match view {
        View::Int(int) => Some(int.into()),
        View::BigInt(int) => Some(int.to_bigint()),
        _ => None,
    }
}

fn compare_with_double(int: View, double: f64) -> Option<Ordering> {
    if double.is_nan() {
        return None;
    }
    if double.is_infinite() {
        return Some(if double > 0.0 { Ordering::Less } else { Ordering::Greater });
    }
    let whole = double.trunc();
    let order = match int {
        // Inside this range the truncated double is exactly an i64.
        View::Int(int) if whole.abs() < 9.0e18 => int.cmp(&(whole as i64)),
        int => integer(int)?.cmp(&BigInt::from_f64(whole)?),
    };
    // Equal whole parts: the fraction decides.
    Some(order.then_with(|| whole.partial_cmp(&double).unwrap_or(Ordering::Equal)))
}

/// Returns the result where it fits an `i64`.
fn small(operation: Operation, x: i64, y: i64) -> Result<Option<i64>, NumberError> {
    Ok(match operation {
        Operation::Add => x.checked_add(y),
        Operation::Subtract => x.checked_sub(y),
        Operation::Multiply => x.checked_mul(y),
        Operation::Divide | Operation::Remainder if y == 0 => return Err(NumberError::DivisionByZero),
        Operation::Divide => x.checked_div(y),
        Operation::Remainder => x.checked_rem(y),
        Operation::BitAnd => Some(x & y),
        Operation::BitOr => Some(x | y),
    })
}

fn big(operation: Operation, x: &BigInt, y: &BigInt) -> Result<BigInt, NumberError> {
    Ok(match operation {
        Operation::Add => x + y,
        Operation::Subtract => x - y,
        Operation::Multiply => x * y,
        Operation::Divide | Operation::Remainder if y.is_zero() => return Err(NumberError::DivisionByZero),
        Operation::Divide => x / y,
        Operation::Remainder => x % y,
        Operation::BitAnd => x & y,
        Operation::BitOr => x | y,
    })
}

/// Returns whether the number is negative, -0.0 and NaN excluded.
pub fn is_negative(value: Value) -> bool {
    match value.view() {
        View::Int(int) => int < 0,
        View::BigInt(int) => int.to_bigint().is_negative(),
        View::Double(double) => double < 0.0,
        _ => false,
    }
}
