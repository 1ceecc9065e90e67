//! Arithmetic and comparison of the values that most programs compute with: small integers, and doubles without a cell.
//!
//! Each function gives nothing when it is not sure, and then [`super::operate`] knows. An integer is twice its number
//! plus one, so that sums and differences of words are those of the numbers, with the tag mended, and an overflow of the
//! word is one of the integer.

use crate::value::Value;

/// Returns a small integer.
#[inline(always)]
pub(super) fn small(small: i16) -> Value {
    value((i64::from(small) << 1 | 1) as u64)
}

#[inline(always)]
fn value(word: u64) -> Value {
    // SAFETY: the words made here are immediates.
    unsafe { Value::from_bits(word) }
}

/// Returns whether both words are small integers.
#[inline(always)]
fn ints(a: Value, b: Value) -> Option<(i64, i64)> {
    let (a, b) = (a.to_bits(), b.to_bits());
    if a & b & 1 == 1 { Some((a as i64, b as i64)) } else { None }
}

/// Returns both as doubles: immediate ones, or small integers that doubles have.
#[inline(always)]
fn doubles(a: Value, b: Value) -> Option<(f64, f64)> {
    match Value::immediate_doubles(a, b) {
        None => mixed(a, b),
        both => both,
    }
}

#[inline(never)]
fn mixed(a: Value, b: Value) -> Option<(f64, f64)> {
    let exact = |value: Value| {
        let int = value.as_small_int().filter(|int| int.unsigned_abs() <= 1 << f64::MANTISSA_DIGITS)?;
        Some(int as f64)
    };
    let double = |value: Value| value.immediate_double().or_else(|| exact(value));
    Some((double(a)?, double(b)?))
}

#[inline(always)]
pub(super) fn add(a: Value, b: Value) -> Option<Value> {
    if let Some((x, y)) = ints(a, b) {
        return (x - 1).checked_add(y).map(|word| value(word as u64));
    }
    let (x, y) = doubles(a, b)?;
    Value::try_immediate_double(x + y)
}

#[inline(always)]
pub(super) fn subtract(a: Value, b: Value) -> Option<Value> {
    if let Some((x, y)) = ints(a, b) {
        return x.checked_sub(y - 1).map(|word| value(word as u64));
    }
    let (x, y) = doubles(a, b)?;
    Value::try_immediate_double(x - y)
}

#[inline(always)]
pub(super) fn multiply(a: Value, b: Value) -> Option<Value> {
    if let Some((x, y)) = ints(a, b) {
        return (x - 1).checked_mul(y >> 1).map(|word| value(word as u64 | 1));
    }
    let (x, y) = doubles(a, b)?;
    Value::try_immediate_double(x * y)
}

#[inline(always)]
pub(super) fn divide(a: Value, b: Value) -> Option<Value> {
    if let Some((x, y)) = ints(a, b) {
        let (x, y) = (x >> 1, y >> 1);
        // The one quotient that is no small integer is that of the smallest by -1.
        return if y > 0 { Some(value(((x / y) << 1 | 1) as u64)) } else { None };
    }
    let (x, y) = doubles(a, b)?;
    Value::try_immediate_double(x / y)
}

#[inline(always)]
pub(super) fn remainder(a: Value, b: Value) -> Option<Value> {
    let (x, y) = ints(a, b)?;
    let (x, y) = (x >> 1, y >> 1);
    if y > 0 { Some(value(((x % y) << 1 | 1) as u64)) } else { None }
}

#[inline(always)]
pub(super) fn and(a: Value, b: Value) -> Option<Value> {
    ints(a, b).map(|(x, y)| value((x & y) as u64))
}

#[inline(always)]
pub(super) fn or(a: Value, b: Value) -> Option<Value> {
    ints(a, b).map(|(x, y)| value((x | y) as u64))
}

#[inline(always)]
pub(super) fn equal(a: Value, b: Value) -> Option<bool> {
    // Objects and immediates that are the same word are equal, all but NaN, which has a cell.
    if let Some((x, y)) = ints(a, b) {
        return Some(x == y);
    }
    if a.is_nil() || b.is_nil() {
        return Some(a.is_identical(b));
    }
    match (a.object_fast(), b.object_fast()) {
        (None, None) => doubles(a, b).map(|(x, y)| x == y),
        _ => Some(a.is_identical(b)),
    }
}

macro_rules! comparisons {
    ($($name:ident $operator:tt),*) => {
        $(
            #[inline(always)]
            pub(super) fn $name(a: Value, b: Value) -> Option<bool> {
                if let Some((x, y)) = ints(a, b) {
                    return Some(x $operator y);
                }
                doubles(a, b).map(|(x, y)| x $operator y)
            }
        )*
    };
}

comparisons! { less <, less_equal <=, greater >, greater_equal >= }

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Runtime;
    use crate::code::operate;
    use crate::value::number::Operation;
    use crate::value::{MAX_SMALL_INT, MIN_SMALL_INT};
    use proptest::prelude::*;

    fn numbers() -> impl Strategy<Value = Number> {
        prop_oneof![
            any::<i64>().prop_map(|int| Number::Int(int >> 1)),
            (-3i64..3).prop_map(Number::Int),
            prop_oneof![Just(MAX_SMALL_INT), Just(MIN_SMALL_INT)].prop_map(Number::Int),
            (-2i64..3).prop_map(|int| Number::Int((1 << 53) + int)),
            (-2i64..3).prop_map(|int| Number::Double(((1i64 << 53) + int) as f64)),
            any::<f64>().prop_map(Number::Double),
            (-3i32..3).prop_map(|int| Number::Double(f64::from(int) / 2.0)),
        ]
    }

    #[derive(Clone, Copy, Debug)]
    enum Number {
        Int(i64),
        Double(f64),
    }

    proptest! {
        #[test]
        fn the_fast_way_agrees_with_the_slow_one(a in numbers(), b in numbers()) {
            Runtime::new().enter(|m| {
                let value = |number| match number {
                    Number::Int(int) => Value::int(m, int),
                    Number::Double(double) => Value::double(m, double),
                };
                let (a, b) = (value(a), value(b));
                type Fast = fn(Value, Value) -> Option<Value>;
                let operations: [(Fast, Operation); 7] = [
                    (add, Operation::Add),
                    (subtract, Operation::Subtract),
                    (multiply, Operation::Multiply),
                    (divide, Operation::Divide),
                    (remainder, Operation::Remainder),
                    (and, Operation::BitAnd),
                    (or, Operation::BitOr),
                ];
                for (fast, operation) in operations {
                    if let Some(found) = fast(a, b) {
                        let expected = operate::operate(m, operation, a, b).unwrap();
                        assert_eq!(found, expected, "{operation:?} of {a:?} and {b:?}");
                        assert_eq!(found.to_bits(), expected.to_bits());
                    }
                }
                use crate::code::Comparison as C;
                type Test = fn(Value, Value) -> Option<bool>;
                let comparisons: [(Test, C); 5] = [
                    (equal, C::Equal),
                    (less, C::Less),
                    (less_equal, C::LessEqual),
                    (greater, C::Greater),
                    (greater_equal, C::GreaterEqual),
                ];
                for (fast, comparison) in comparisons {
                    if let Some(found) = fast(a, b) {
                        assert_eq!(found, operate::compare(m, comparison, a, b).unwrap(), "{a:?} {comparison:?} {b:?}");
                    }
                }
            });
        }
    }
}
