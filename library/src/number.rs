//! Numbers: what integers and doubles have in common, and constants.

use std::cmp::Ordering;

use num_bigint::BigInt;
use num_traits::{FromPrimitive, Pow, Signed, ToPrimitive};
use rps_runtime::code::operate::wrong_kind;
use rps_runtime::value::{View, number};
use rps_runtime::{Mutator, RuntimeError, Value, known};

use crate::argument::{arity, count, double, failed, int, optional};
use crate::topic::{Entry, Topic};

pub(crate) const TOPIC: Topic = Topic {
    title: "Numbers",
    about: "Integers and doubles have these. See [Values](values.md#numbers) for what the operators do. The constants `pi`, \
        `e`, `infinity` and `nan` are names like those of functions.",
    methods: &[(&[known::INT, known::DOUBLE], METHODS), (&[known::DOUBLE], DOUBLE_METHODS)],
    source: ("number.rps", include_str!("number.rps")),
    ..Topic::EMPTY
};

/// The constants by name.
pub(crate) const CONSTANTS: &[(&str, f64)] = &[
    ("pi", std::f64::consts::PI),
    ("e", std::f64::consts::E),
    ("infinity", f64::INFINITY),
    ("nan", f64::NAN),
];

/// A power must not have more bits: a program that asks for more has a mistake.
pub(crate) const MAX_BITS: u64 = 1 << 26;
/// No text shows more digits behind the point.
const MAX_DIGITS: usize = 1000;

const METHODS: &[Entry] = &[
    (
        "sign()",
        |m, receiver, _| match receiver.view() {
            View::Double(double) if double.is_nan() => Ok(receiver),
            _ => {
                let order = number::compare(receiver, Value::int(m, 0))?;
                Ok(Value::int(m, order.map_or(0, |order| order as i64)))
            }
        },
        r#"1 of a positive number, -1 of a negative one, 0 of zero.
(-2.5).sign() # → -1"#,
    ),
    (
        "pow(exponent)",
        |m, receiver, arguments| power(m, receiver, arguments[0]),
        r#"The power: an exact integer where both are integers and the exponent is not negative, otherwise a double.
2.pow(100) # → 1267650600228229401496703205376
2.pow(-1) # → 0.5"#,
    ),
    (
        "floor()",
        |m, receiver, _| whole(m, receiver, f64::floor),
        r#"The greatest integer that is not above the number.
(-2.5).floor() # → -3"#,
    ),
    (
        "ceil()",
        |m, receiver, _| whole(m, receiver, f64::ceil),
        r#"The least integer that is not below the number.
2.1.ceil() # → 3"#,
    ),
    (
        "truncate()",
        |m, receiver, _| whole(m, receiver, f64::trunc),
        r#"The integer part of the number.
(-2.9).truncate() # → -2"#,
    ),
    (
        "round([digits])",
        |m, receiver, arguments| {
            arity("round", arguments, 0..=1)?;
            match optional(arguments, 0) {
                None => whole(m, receiver, f64::round),
                Some(digits) => {
                    let text = fixed(m, receiver, digits)?;
                    Ok(Value::double(m, text.parse().unwrap_or(f64::NAN)))
                }
            }
        },
        r#"The nearest integer, of two the one farther from zero; or the nearest double with so many digits behind the point.
2.5.round() # → 3
3.14159.round(2) # → 3.14"#,
    ),
    (
        "min(other)",
        |m, receiver, arguments| chosen(m, receiver, arguments[0], Ordering::Less),
        r#"The lesser of two numbers.
3.min(2.5) # → 2.5"#,
    ),
    (
        "max(other)",
        |m, receiver, arguments| chosen(m, receiver, arguments[0], Ordering::Greater),
        r#"The greater of two numbers.
3.max(2.5) # → 3"#,
    ),
    (
        "clamp(low, high)",
        |m, receiver, arguments| {
            let low = chosen(m, receiver, arguments[0], Ordering::Greater)?;
            chosen(m, low, arguments[1], Ordering::Less)
        },
        r#"The number, or the bound that it is beyond.
12.clamp(0, 10) # → 10"#,
    ),
    (
        "format(digits)",
        |m, receiver, arguments| Ok(m.string(&fixed(m, receiver, arguments[0])?)),
        r#"The number as text with so many digits behind the point.
3.14159.format(2) # → "3.14"
5.format(1) # → "5.0""#,
    ),
    (
        "is_nan()",
        |m, receiver, _| Ok(double(m, "the receiver", receiver)?.is_nan().into()),
        r#"Whether the number is the double that is no number.
nan.is_nan() # → true"#,
    ),
    (
        "is_finite()",
        |m, receiver, _| {
            // An integer too large for a double is finite all the same.
            let finite = !matches!(receiver.view(), View::Double(double) if !double.is_finite());
            double(m, "the receiver", receiver)?;
            Ok(finite.into())
        },
        r#"Whether the number is neither infinite nor NaN.
(1.0 / 0).is_finite() # → false"#,
    ),
    ("sin()", |m, receiver, _| apply(m, receiver, f64::sin), "The sine, of radians.\n0.sin() # → 0.0"),
    ("cos()", |m, receiver, _| apply(m, receiver, f64::cos), "The cosine, of radians.\n0.cos() # → 1.0"),
    ("tan()", |m, receiver, _| apply(m, receiver, f64::tan), "The tangent, of radians.\n0.tan() # → 0.0"),
    (
        "asin()",
        |m, receiver, _| apply(m, receiver, f64::asin),
        "The angle that has the sine.\n1.asin() == pi / 2 # → true",
    ),
    (
        "acos()",
        |m, receiver, _| apply(m, receiver, f64::acos),
        "The angle that has the cosine.\n1.acos() # → 0.0",
    ),
    (
        "atan()",
        |m, receiver, _| apply(m, receiver, f64::atan),
        "The angle that has the tangent.\n0.atan() # → 0.0",
    ),
    (
        "atan2(x)",
        |m, receiver, arguments| {
            let x = double(m, "the other coordinate", arguments[0])?;
            Ok(Value::double(m, double(m, "the receiver", receiver)?.atan2(x)))
        },
        "The angle of the point with this number as its y and another one as its x.\n1.atan2(0) == pi / 2 # → true",
    ),
    (
        "exp()",
        |m, receiver, _| apply(m, receiver, f64::exp),
        "e to the power of the number.\n0.exp() # → 1.0",
    ),
    (
        "log([base])",
        |m, receiver, arguments| {
            arity("log", arguments, 0..=1)?;
            match optional(arguments, 0) {
                None => apply(m, receiver, f64::ln),
                Some(base) => {
                    let base = double(m, "the base", base)?;
                    apply(m, receiver, |number| number.log(base))
                }
            }
        },
        "The natural logarithm, or that with another base.\n1.log() # → 0.0\n9.log(3) # → 2.0",
    ),
    (
        "log2()",
        |m, receiver, _| apply(m, receiver, f64::log2),
        "The logarithm with base 2.\n8.log2() # → 3.0",
    ),
    (
        "log10()",
        |m, receiver, _| apply(m, receiver, f64::log10),
        "The logarithm with base 10.\n1000.log10() # → 3.0",
    ),
];

const DOUBLE_METHODS: &[Entry] = &[(
    "to_double()",
    |m, receiver, _| {
        double(m, "the receiver", receiver)?;
        Ok(receiver)
    },
    "The double itself.\n2.5.to_double() # → 2.5",
)];

fn apply(m: &Mutator<'_>, receiver: Value, f: impl Fn(f64) -> f64) -> Result<Value, RuntimeError> {
    Ok(Value::double(m, f(double(m, "the receiver", receiver)?)))
}

/// Returns an integer as it is, and a double as the integer to which it is rounded.
fn whole(m: &Mutator<'_>, receiver: Value, round: fn(f64) -> f64) -> Result<Value, RuntimeError> {
    match receiver.view() {
        View::Int(_) | View::BigInt(_) => Ok(receiver),
        View::Double(double) => {
            let int = BigInt::from_f64(round(double))
                .ok_or_else(|| wrong_kind(m, "the receiver", "a finite number", receiver))?;
            Ok(number::from_bigint(m, &int))
        }
        _ => Err(wrong_kind(m, "the receiver", "a number", receiver)),
    }
}

/// Returns the second number if it is on the given side of the first one; NaN wins over everything.
fn chosen(m: &Mutator<'_>, first: Value, second: Value, side: Ordering) -> Result<Value, RuntimeError> {
    let is_nan = double(m, "the argument", second)?.is_nan();
    double(m, "the receiver", first)?;
    Ok(if is_nan || number::compare(second, first)? == Some(side) { second } else { first })
}

fn power(m: &Mutator<'_>, base: Value, exponent: Value) -> Result<Value, RuntimeError> {
    let (Some(whole), Some(exponent_int)) = (number::to_bigint(base), number::to_bigint(exponent)) else {
        let (base, exponent) = (double(m, "the receiver", base)?, double(m, "the exponent", exponent)?);
        return Ok(Value::double(m, base.powf(exponent)));
    };
    if exponent_int.is_negative() {
        let exponent = exponent_int.to_f64().unwrap_or(f64::NEG_INFINITY);
        return Ok(Value::double(m, whole.to_f64().unwrap_or(f64::NAN).powf(exponent)));
    }
    let one = BigInt::from(1);
    if whole.magnitude() <= one.magnitude() {
        let is_one =
            exponent_int.to_u64() == Some(0) || whole == one || !exponent_int.bit(0) && whole.is_negative();
        return Ok(if is_one { Value::int(m, 1) } else { base });
    }
    let power =
        exponent_int.to_u32().filter(|power| whole.bits().saturating_mul((*power).into()) <= MAX_BITS);
    let power = power.ok_or_else(|| failed("library::too-large", "the power would have too many digits"))?;
    Ok(number::from_bigint(m, &Pow::pow(whole, power)))
}

/// Returns a number as text with so many digits behind the point.
fn fixed(m: &Mutator<'_>, receiver: Value, digits: Value) -> Result<String, RuntimeError> {
    let digits = count(m, "the number of digits", digits)?;
    if digits > MAX_DIGITS {
        return Err(failed(
            "library::too-large",
            format!("at most {MAX_DIGITS} digits are shown, not {digits}"),
        ));
    }
    match receiver.view() {
        View::Double(double) => Ok(format!("{double:.digits$}")),
        _ => match number::to_bigint(receiver) {
            Some(int) if digits > 0 => Ok(format!("{int}.{:0digits$}", 0)),
            Some(int) => Ok(int.to_string()),
            None => Err(wrong_kind(m, "the receiver", "a number", receiver)),
        },
    }
}

/// Returns a number of bits to shift by.
pub(crate) fn shift(m: &Mutator<'_>, value: Value) -> Result<u64, RuntimeError> {
    let bits = int(m, "the number of bits", value)?;
    u64::try_from(bits).map_err(|_| {
        failed("library::negative", format!("the number of bits must not be negative: it is {bits}"))
    })
}
