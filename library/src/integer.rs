//! Integers: divisibility, bits, digits.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, Zero};
use rps_runtime::value::number;
use rps_runtime::{Mutator, RuntimeError, Value, known};

use crate::argument::{arity, failed, int, integer, optional};
use crate::number::{MAX_BITS, shift};
use crate::string::checked_radix;
use crate::topic::{Entry, Topic};

pub(crate) const TOPIC: Topic = Topic {
    title: "Integers",
    about: "Their class is `int`, or `integer`. Bits are those of two's complement with endless signs: -1 has all of them. `a & b` and `a | b` are operators, too.",
    methods: &[(&[known::INT], METHODS)],
    source: ("integer.rps", include_str!("integer.rps")),
    ..Topic::EMPTY
};

const METHODS: &[Entry] = &[
    (
        "gcd(other)",
        |m, receiver, arguments| two(m, receiver, arguments, |a, b| a.gcd(b)),
        "The greatest common divisor.\n12.gcd(18) # → 6",
    ),
    (
        "lcm(other)",
        |m, receiver, arguments| two(m, receiver, arguments, |a, b| a.lcm(b)),
        "The least common multiple.\n4.lcm(6) # → 12",
    ),
    (
        "is_even()",
        |m, receiver, _| Ok((!is_odd(m, receiver)?).into()),
        "Whether 2 divides it.\n(-4).is_even() # → true",
    ),
    (
        "is_odd()",
        |m, receiver, _| Ok(is_odd(m, receiver)?.into()),
        "Whether 2 does not divide it.\n7.is_odd() # → true",
    ),
    (
        "and(other)",
        |m, receiver, arguments| two(m, receiver, arguments, |a, b| a & b),
        "The bits that both have.\n12.and(10) # → 8",
    ),
    (
        "or(other)",
        |m, receiver, arguments| two(m, receiver, arguments, |a, b| a | b),
        "The bits that either has.\n12.or(10) # → 14",
    ),
    (
        "xor(other)",
        |m, receiver, arguments| two(m, receiver, arguments, |a, b| a ^ b),
        "The bits that one of them has.\n12.xor(10) # → 6",
    ),
    (
        "not()",
        |m, receiver, _| Ok(number::from_bigint(m, &!integer(m, "the receiver", receiver)?)),
        "The bits that it has not.\n5.not() # → -6",
    ),
    (
        "shift_left(bits)",
        |m, receiver, arguments| {
            let (own, bits) = (integer(m, "the receiver", receiver)?, shift(m, arguments[0])?);
            if !own.is_zero() && own.bits().saturating_add(bits) > MAX_BITS {
                return Err(failed("library::too-large", "the result would have too many bits"));
            }
            Ok(if own.is_zero() { receiver } else { number::from_bigint(m, &(own << bits)) })
        },
        "The integer times 2 to the power of a number.\n1.shift_left(70) # → 1180591620717411303424",
    ),
    (
        "shift_right(bits)",
        |m, receiver, arguments| {
            let (own, bits) = (integer(m, "the receiver", receiver)?, shift(m, arguments[0])?);
            Ok(number::from_bigint(m, &(own >> bits)))
        },
        "The integer divided by 2 to the power of a number, rounded down.\n(-5).shift_right(1) # → -3",
    ),
    (
        "bit_count()",
        |m, receiver, _| {
            let own = integer(m, "the receiver", receiver)?;
            if own.is_negative() {
                return Err(failed("library::negative", "a negative integer has endless bits"));
            }
            Ok(Value::int(m, own.magnitude().count_ones() as i64))
        },
        "How many bits are set; not of a negative integer.\n255.bit_count() # → 8",
    ),
    (
        "bit_length()",
        |m, receiver, _| Ok(Value::int(m, integer(m, "the receiver", receiver)?.bits() as i64)),
        "How many bits the integer without its sign has.\n255.bit_length() # → 8",
    ),
    (
        "to_int()",
        |m, receiver, _| integer(m, "the receiver", receiver).map(|_| receiver),
        "The integer itself.\n3.to_int() # → 3",
    ),
    (
        "to_string([radix])",
        |m, receiver, arguments| {
            arity("to_string", arguments, 0..=1)?;
            let radix = optional(arguments, 0).map_or(Ok(10), |radix| int(m, "the radix", radix))?;
            let own = integer(m, "the receiver", receiver)?;
            Ok(m.string(&own.to_str_radix(checked_radix(radix)?)))
        },
        "The digits, with a radix from 2 to 36 if one is given.\n255.to_string(16) # → \"ff\"",
    ),
];

fn is_odd(m: &Mutator<'_>, receiver: Value) -> Result<bool, RuntimeError> {
    Ok(integer(m, "the receiver", receiver)?.is_odd())
}

fn two(
    m: &Mutator<'_>,
    receiver: Value,
    arguments: &[Value],
    f: impl Fn(&BigInt, &BigInt) -> BigInt,
) -> Result<Value, RuntimeError> {
    let (own, other) = (integer(m, "the receiver", receiver)?, integer(m, "the argument", arguments[0])?);
    Ok(number::from_bigint(m, &f(&own, &other)))
}
