//! The native methods that every runtime has.

use super::{DirectFunction, GatedFunction, Native, NativeFn};
use crate::code::operate::{key, object, wrong_kind};
use crate::error::RuntimeError;
use crate::known;
use crate::object::Payload;
use crate::oid::Oid;
use crate::runtime::{Mutator, Runtime};
use crate::value::number::{self, NumberError};
use crate::value::{SetRef, TupleRef, Value, View};

/// Registers all of them.
pub(crate) fn register(runtime: &Runtime) {
    for &(class, name, arity, body, doc) in METHODS {
        runtime.register_method(class, Native::new(name, arity, body, doc));
    }
    for &(class, name, intrinsic) in INTRINSICS {
        runtime.declare_intrinsic(class, name, intrinsic);
    }
}

/// A native whose work machine code can do itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intrinsic {
    /// The square root of a number, as a double.
    SquareRoot,
    /// An integer without its sign.
    AbsoluteInt,
    /// A double without its sign.
    AbsoluteDouble,
    /// The double nearest to an integer.
    ToDouble,
    /// How many elements a tuple or a vector has.
    Length,
    /// The bits that one of two integers has.
    Xor,
    /// A function of C, which is called.
    Direct(&'static DirectFunction),
    /// A function of a plugin, which is called through a gate.
    Gated(&'static GatedFunction),
}

/// What machine code does in the place of natives.
const INTRINSICS: &[(Oid, &str, Intrinsic)] = &[
    (known::DOUBLE, "sqrt", Intrinsic::SquareRoot),
    (known::INT, "sqrt", Intrinsic::SquareRoot),
    (known::INT, "abs", Intrinsic::AbsoluteInt),
    (known::DOUBLE, "abs", Intrinsic::AbsoluteDouble),
    (known::INT, "to_double", Intrinsic::ToDouble),
    (known::TUPLE, "len", Intrinsic::Length),
];

static METHODS: &[(Oid, &str, u8, NativeFn, &str)] = &[
    (
        known::VALUE,
        "is_a",
        1,
        |m, receiver, arguments| {
            let class = object(m, "the class", arguments[0])?;
            Ok(Value::bool(m.is_instance_of(receiver, class)))
        },
        "Whether the value is an instance of a class or of one below it.",
    ),
    (
        known::VALUE,
        "has",
        1,
        |m, receiver, arguments| {
            let key = key(m, arguments[0])?;
            Ok(Value::bool(m.attribute(receiver, key).is_some()))
        },
        "Whether there is such an attribute, or such an element.",
    ),
    (
        known::VALUE,
        "get",
        1,
        |m, receiver, arguments| {
            let key = key(m, arguments[0])?;
            Ok(m.attribute(receiver, key).unwrap_or(Value::NIL))
        },
        "The value of an attribute, or nil.",
    ),
    (
        known::VALUE,
        "hash",
        0,
        |m, receiver, _| Ok(Value::int(m, i64::from(receiver.hash32()))),
        "The hash by which dictionaries find the value.",
    ),
    (
        known::OBJECT,
        "oid",
        0,
        |m, receiver, _| {
            let object = object(m, "the receiver", receiver)?;
            Ok(m.string(&object.oid().to_string()))
        },
        "The oid as a string.",
    ),
    (
        known::OBJECT,
        "len",
        0,
        |m, receiver, _| length(m, receiver),
        "How many elements, components or characters there are.",
    ),
    (
        known::OBJECT,
        "remove",
        1,
        |m, receiver, arguments| {
            let key = key(m, arguments[0])?;
            Ok(object(m, "the receiver", receiver)?.remove_attribute(m, key).unwrap_or(Value::NIL))
        },
        "Takes an attribute away, and gives the value that it had.",
    ),
    (
        known::OBJECT,
        "push",
        1,
        |m, receiver, arguments| {
            m.push_element(object(m, "the receiver", receiver)?, arguments[0])?;
            Ok(receiver)
        },
        "Adds an element or a component, and gives the receiver.",
    ),
    (
        known::OBJECT,
        "pop",
        0,
        |m, receiver, _| {
            let object = object(m, "the receiver", receiver)?;
            match object.component_count() {
                0 => Ok(Value::NIL),
                count => object.remove_component(m, count - 1),
            }
        },
        "Takes the last component away, and gives it.",
    ),
    (
        known::CLASS,
        "superclass",
        0,
        |m, receiver, _| {
            Ok(object(m, "the receiver", receiver)?.superclass(m).map_or(Value::NIL, Value::from))
        },
        "The class that this one inherits from.",
    ),
    (
        known::CLASS,
        "is_subclass_of",
        1,
        |m, receiver, arguments| {
            let (class, other) =
                (object(m, "the receiver", receiver)?, object(m, "the class", arguments[0])?);
            Ok(Value::bool(class.is_subclass_of(m, other)))
        },
        "Whether the class is another one or inherits from it.",
    ),
    (
        known::STRING,
        "len",
        0,
        |m, receiver, _| length(m, receiver),
        "How many elements, components or characters there are.",
    ),
    (
        known::SET,
        "len",
        0,
        |m, receiver, _| length(m, receiver),
        "How many elements, components or characters there are.",
    ),
    (
        known::SET,
        "has",
        1,
        |m, receiver, arguments| Ok(Value::bool(set(m, "the receiver", receiver)?.contains(arguments[0]))),
        "Whether there is such an attribute, or such an element.",
    ),
    (
        known::SET,
        "difference",
        1,
        |m, receiver, arguments| {
            let (left, right) = (set(m, "the receiver", receiver)?, set(m, "the argument", arguments[0])?);
            Ok(left.difference(m, right)?.into())
        },
        "What is in this set and not in the other.",
    ),
    (
        known::TUPLE,
        "len",
        0,
        |m, receiver, _| length(m, receiver),
        "How many elements, components or characters there are.",
    ),
    (
        known::INT,
        "abs",
        0,
        |m, receiver, _| {
            Ok(if number::is_negative(receiver) { number::negate(m, receiver)? } else { receiver })
        },
        "The number without its sign.",
    ),
    (
        known::INT,
        "to_double",
        0,
        |m, receiver, _| Ok(Value::double(m, double(receiver)?)),
        "The double nearest to the integer.",
    ),
    (
        known::INT,
        "sqrt",
        0,
        |m, receiver, _| Ok(Value::double(m, double(receiver)?.sqrt())),
        "The square root, as a double.",
    ),
    (
        known::DOUBLE,
        "sqrt",
        0,
        |m, receiver, _| Ok(Value::double(m, double(receiver)?.sqrt())),
        "The square root, as a double.",
    ),
    (
        known::DOUBLE,
        "abs",
        0,
        |m, receiver, _| Ok(Value::double(m, double(receiver)?.abs())),
        "The number without its sign.",
    ),
    (
        known::DOUBLE,
        "to_int",
        0,
        |m, receiver, _| {
            let whole = double(receiver)?.trunc();
            let int = <num_bigint::BigInt as num_traits::FromPrimitive>::from_f64(whole)
                .ok_or_else(|| wrong_kind(m, "the receiver", "a finite number", receiver))?;
            Ok(number::from_bigint(m, &int))
        },
        "The integer part of the double.",
    ),
];

fn double(value: Value) -> Result<f64, RuntimeError> {
    number::to_double(value).ok_or(RuntimeError::Number(NumberError::NotNumbers))
}

fn set(m: &Mutator<'_>, what: &str, value: Value) -> Result<SetRef, RuntimeError> {
    value.as_set().ok_or_else(|| wrong_kind(m, what, "a set", value))
}

fn length(m: &Mutator<'_>, receiver: Value) -> Result<Value, RuntimeError> {
    let length = match receiver.view() {
        View::String(string) => string.as_str().chars().count(),
        View::Set(set) => SetRef::items(set).len(),
        View::Tuple(tuple) => TupleRef::items(tuple).len(),
        View::Object(object) => object
            .with_payload(m, |payload| match payload {
                Some(Payload::Set(set)) => Some(set.len()),
                Some(Payload::ObjectVector(values) | Payload::ValueVector(values)) => Some(values.len()),
                Some(Payload::StringDictionary(entries)) => Some(entries.len()),
                Some(Payload::Dictionary(dictionary)) => Some(dictionary.len()),
                Some(Payload::StringBuffer(buffer)) => Some(buffer.text.chars().count()),
                _ => None,
            })
            .unwrap_or_else(|| object.component_count()),
        _ => return Err(wrong_kind(m, "the receiver", "a collection", receiver)),
    };
    Ok(Value::int(m, length as i64))
}
