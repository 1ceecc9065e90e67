//! Mutable vectors: of values, and of objects.

use rps_runtime::code::operate::{object, wrong_kind};
use rps_runtime::object::Payload;
use rps_runtime::value::number;
use rps_runtime::{Mutator, Oid, RuntimeError, Value, known};

use crate::argument::{arity, count, failed, int, optional, position};
use crate::elements::{elements, new_filled, receiver as this};
use crate::sort::sort;
use crate::topic::{Entry, Topic};

pub(crate) const TOPIC: Topic = Topic {
    title: "Vectors",
    about: "`new vector [1, 2]` makes one; `vector` is short for `mutable_value_vector`. It has everything that tuples have; `v[i] = x` stores an element. Those of class \
        `mutable_object_vector` hold objects and nil only.",
    methods: &[(VECTORS, METHODS)],
    functions: &[(Oid::known("_5MCG6Da7q8P02rqXeb"), NEW_VECTOR)],
    ..Topic::EMPTY
};

const VECTORS: &[Oid] = &[known::VALUE_VECTOR, known::OBJECT_VECTOR];

/// A vector must not be longer: a program that asks for more has a mistake.
const MAX_LEN: usize = 1 << 27;

const METHODS: &[Entry] = &[
    (
        "len()",
        |m, receiver, _| Ok(Value::int(m, length(m, receiver)? as i64)),
        "How many elements there are.\n(new vector [1, 2]).len() # → 2",
    ),
    (
        "push(value)",
        |m, receiver, arguments| {
            // One look at the vector, not two: nothing else is called as often.
            let value = arguments[0];
            let pushed = this(m, receiver)?.update_payload(m, |payload| match payload {
                Some(Payload::ObjectVector(_)) if value.as_object().is_none() && !value.is_nil() => false,
                Some(Payload::ValueVector(values) | Payload::ObjectVector(values)) => {
                    values.push(value);
                    true
                }
                _ => false,
            });
            if !pushed {
                fitting(m, receiver, value)?;
                return Err(no_vector(m, receiver));
            }
            Ok(receiver)
        },
        "Adds an element at the end, and gives the vector.\n(new vector []).push(1).push(2).to_tuple() # → [1, 2]",
    ),
    (
        "pop()",
        |m, receiver, _| Ok(change(m, receiver, Vec::pop)?.unwrap_or(Value::NIL)),
        "Takes the last element away, and gives it; nil where there is none.\n(new vector [1, 2]).pop() # → 2",
    ),
    (
        "insert(index, value)",
        |m, receiver, arguments| {
            let (len, value) = (length(m, receiver)?, fitting(m, receiver, arguments[1])?);
            let index = int(m, "the index", arguments[0])?;
            let at = if index == len as i64 { len } else { position(m, arguments[0], len)? };
            change(m, receiver, |values| values.insert(at.min(values.len()), value))?;
            Ok(receiver)
        },
        r#"Puts an element before the one at a position, or at the end, and gives the vector.
(new vector ["a", "c"]).insert(1, "b").to_tuple() # → ["a", "b", "c"]"#,
    ),
    (
        "remove_at(index)",
        |m, receiver, arguments| {
            let at = position(m, arguments[0], length(m, receiver)?)?;
            change(m, receiver, |values| if at < values.len() { values.remove(at) } else { Value::NIL })
        },
        "Takes the element at a position away, and gives it.\n(new vector [1, 2, 3]).remove_at(0) # → 1",
    ),
    (
        "put(index, value)",
        |m, receiver, arguments| {
            m.put_element(receiver, arguments[0], arguments[1])?;
            Ok(receiver)
        },
        "Stores an element at a position that exists, and gives the vector.\n(new vector [1, 2]).put(0, 5).at(0) # → 5",
    ),
    (
        "swap(i, j)",
        |m, receiver, arguments| {
            let len = length(m, receiver)?;
            let (i, j) = (position(m, arguments[0], len)?, position(m, arguments[1], len)?);
            change(m, receiver, |values| {
                if i.max(j) < values.len() {
                    values.swap(i, j);
                }
            })?;
            Ok(receiver)
        },
        "Exchanges the elements at two positions, and gives the vector.\n(new vector [1, 2]).swap(0, 1).to_tuple() # → [2, 1]",
    ),
    (
        "fill(value)",
        |m, receiver, arguments| {
            let value = fitting(m, receiver, arguments[0])?;
            change(m, receiver, |values| values.fill(value))?;
            Ok(receiver)
        },
        "Stores a value at every position, and gives the vector.\n(new vector [1, 2]).fill(0).to_tuple() # → [0, 0]",
    ),
    (
        "resize(len, [value])",
        |m, receiver, arguments| {
            arity("resize", arguments, 1..=2)?;
            let len = checked_len(m, arguments[0])?;
            let value = fitting(m, receiver, arguments.get(1).copied().unwrap_or(Value::NIL))?;
            change(m, receiver, |values| values.resize(len, value))?;
            Ok(receiver)
        },
        r#"Takes elements away at the end, or adds nil or a value there, until there are so many; gives the vector.
(new vector [1]).resize(3, 0).to_tuple() # → [1, 0, 0]"#,
    ),
    (
        "clear()",
        |m, receiver, _| {
            change(m, receiver, Vec::clear)?;
            Ok(receiver)
        },
        "Takes all elements away, and gives the vector.\n(new vector [1]).clear().len() # → 0",
    ),
    (
        "extend(collection)",
        |m, receiver, arguments| {
            let more = elements(m, arguments[0])?;
            for &value in more.iter() {
                fitting(m, receiver, value)?;
            }
            change(m, receiver, |values| values.extend_from_slice(&more))?;
            Ok(receiver)
        },
        "Adds the elements of a collection at the end, and gives the vector.\n(new vector [1]).extend(2..4).to_tuple() # → [1, 2, 3]",
    ),
    (
        "copy()",
        |m, receiver, _| {
            let copy = m.new_instance(m.class_of(receiver))?;
            let values = elements(m, receiver)?;
            change(m, copy.into(), |own| own.extend_from_slice(&values))?;
            Ok(copy.into())
        },
        "A new vector with the same elements.\n(new vector [1]).copy().push(2).len() # → 2",
    ),
    (
        "sort_in_place([compare])",
        |m, receiver, arguments| {
            arity("sort_in_place", arguments, 0..=1)?;
            let mut values = elements(m, receiver)?;
            sort(m, &mut values, arguments)?;
            change(m, receiver, |own| {
                own.clear();
                own.extend_from_slice(&values);
            })?;
            Ok(receiver)
        },
        r#"Puts the elements in order, as `sort` does, and gives the vector.
(new vector [3, 1, 2]).sort_in_place(|a, b| a > b).to_tuple() # → [3, 2, 1]"#,
    ),
    (
        "reverse_in_place()",
        |m, receiver, _| {
            change(m, receiver, |values| values.reverse())?;
            Ok(receiver)
        },
        "Puts the elements in the other order, and gives the vector.\n(new vector [1, 2]).reverse_in_place().at(0) # → 2",
    ),
    (
        "remove(value)",
        |m, receiver, arguments| {
            let removed = change(m, receiver, |values| {
                let at = values.iter().position(|&own| number::equal(own, arguments[0]));
                at.map(|at| values.remove(at)).is_some()
            })?;
            Ok(removed.into())
        },
        "Takes the first element away that equals a value; gives whether there was one.\n(new vector [1, 2]).remove(2) # → true",
    ),
];

const NEW_VECTOR: Entry = (
    "new_vector(n, [value])",
    |m, _, arguments| {
        arity("new_vector", arguments, 1..=2)?;
        let len = checked_len(m, arguments[0])?;
        Ok(new_filled(m, optional(arguments, 1).unwrap_or(Value::NIL), len))
    },
    "A vector with so many elements, nil or a value.\nnew_vector(3, 0).to_tuple() # → [0, 0, 0]",
);

/// Changes the vector that the receiver is.
fn change<R>(m: &Mutator<'_>, value: Value, f: impl FnOnce(&mut Vec<Value>) -> R) -> Result<R, RuntimeError> {
    let changed = this(m, value)?.update_payload(m, |payload| match payload {
        Some(Payload::ValueVector(values) | Payload::ObjectVector(values)) => Some(f(values)),
        _ => None,
    });
    changed.ok_or_else(|| no_vector(m, value))
}

fn no_vector(m: &Mutator<'_>, value: Value) -> RuntimeError {
    wrong_kind(m, "the receiver", "a vector", value)
}

fn length(m: &Mutator<'_>, value: Value) -> Result<usize, RuntimeError> {
    let length = this(m, value)?.with_payload(m, |payload| match payload {
        Some(Payload::ValueVector(values) | Payload::ObjectVector(values)) => Some(values.len()),
        _ => None,
    });
    length.ok_or_else(|| no_vector(m, value))
}

/// Returns a value if it may be an element of the vector.
fn fitting(m: &Mutator<'_>, vector: Value, value: Value) -> Result<Value, RuntimeError> {
    let holds_objects =
        this(m, vector)?.with_payload(m, |payload| matches!(payload, Some(Payload::ObjectVector(_))));
    if holds_objects && !value.is_nil() {
        object(m, "an element of this vector", value)?;
    }
    Ok(value)
}

fn checked_len(m: &Mutator<'_>, value: Value) -> Result<usize, RuntimeError> {
    let len = count(m, "the length", value)?;
    if len > MAX_LEN {
        return Err(failed(
            "library::too-large",
            format!("a vector has at most {MAX_LEN} elements, not {len}"),
        ));
    }
    Ok(len)
}
