//! Sets, mutable ones among them.

use std::collections::BTreeSet;

use rps_runtime::code::operate::wrong_kind;
use rps_runtime::object::Payload;
use rps_runtime::value::SetRef;
use rps_runtime::{Mutator, RuntimeError, Value, known};

use crate::elements::{elements, receiver};
use crate::topic::{Entry, Topic};

pub(crate) const TOPIC: Topic = Topic {
    title: "Sets",
    about: "A set is immutable; its elements are in the order of all values. `s | t` is the union and `s & t` the intersection.",
    methods: &[(&[known::SET], METHODS)],
    ..Topic::EMPTY
};

pub(crate) const MUTABLE: Topic = Topic {
    title: "Mutable sets",
    about: "`new mutable_set [1, 2]` makes one. It has the methods of sets, too, which give immutable sets.",
    methods: &[(&[known::MUTABLE_SET], METHODS), (&[known::MUTABLE_SET], MUTABLE_METHODS)],
    ..Topic::EMPTY
};

const METHODS: &[Entry] = &[
    (
        "union(collection)",
        |m, receiver, arguments| {
            let (own, other) = both(m, receiver, arguments)?;
            Ok(own.union(m, other)?.into())
        },
        "The set of what is in the set or in a collection.\n{1, 2}.union([2, 3]) # → {1, 2, 3}",
    ),
    (
        "intersection(collection)",
        |m, receiver, arguments| {
            let (own, other) = both(m, receiver, arguments)?;
            Ok(own.intersection(m, other)?.into())
        },
        "The set of what is in both.\n{1, 2}.intersection([2, 3]) # → {2}",
    ),
    (
        "difference(collection)",
        |m, receiver, arguments| {
            let (own, other) = both(m, receiver, arguments)?;
            Ok(own.difference(m, other)?.into())
        },
        "The set of what is in the set and not in a collection.\n{1, 2}.difference([2, 3]) # → {1}",
    ),
    (
        "is_subset(collection)",
        |m, receiver, arguments| {
            let (own, other) = both(m, receiver, arguments)?;
            Ok(own.items().iter().all(|&value| other.contains(value)).into())
        },
        "Whether everything in the set is in a collection.\n{1, 2}.is_subset(0..3) # → true",
    ),
    (
        "with(value)",
        |m, receiver, arguments| {
            let mut values = elements(m, receiver)?;
            values.push(arguments[0]);
            Ok(SetRef::new(m, &mut values)?.into())
        },
        "The set with a value more.\n{1}.with(0) # → {0, 1}",
    ),
    (
        "without(value)",
        |m, receiver, arguments| {
            let values = elements(m, receiver)?;
            let mut others = m.root_vec();
            others.extend(values.iter().copied().filter(|&value| value != arguments[0]));
            Ok(SetRef::new(m, &mut others)?.into())
        },
        "The set without a value.\n{1, 2}.without(1) # → {2}",
    ),
];

const MUTABLE_METHODS: &[Entry] = &[
    (
        "len()",
        |m, receiver, _| read(m, receiver, BTreeSet::len).map(|len| Value::int(m, len as i64)),
        "How many elements there are.\n(new mutable_set [1, 1]).len() # → 1",
    ),
    (
        "has(value)",
        |m, receiver, arguments| Ok(read(m, receiver, |set| set.contains(&arguments[0]))?.into()),
        "Whether a value is in the set.\n(new mutable_set [1]).has(1) # → true",
    ),
    (
        "add(value)",
        |m, receiver, arguments| {
            change(m, receiver, |set| set.insert(arguments[0]))?;
            Ok(receiver)
        },
        "Puts a value into the set, and gives the set.\n(new mutable_set []).add(2).add(1).to_tuple() # → [1, 2]",
    ),
    (
        "remove(value)",
        |m, receiver, arguments| Ok(change(m, receiver, |set| set.remove(&arguments[0]))?.into()),
        "Takes a value out of the set; gives whether it was in it.\n(new mutable_set [1]).remove(2) # → false",
    ),
    (
        "extend(collection)",
        |m, receiver, arguments| {
            let more = elements(m, arguments[0])?;
            change(m, receiver, |set| set.extend(more.iter().copied()))?;
            Ok(receiver)
        },
        "Puts the elements of a collection into the set, and gives the set.\n(new mutable_set [1]).extend([2, 1]).len() # → 2",
    ),
    (
        "clear()",
        |m, receiver, _| {
            change(m, receiver, BTreeSet::clear)?;
            Ok(receiver)
        },
        "Takes all elements out, and gives the set.\n(new mutable_set [1]).clear().len() # → 0",
    ),
    (
        "copy()",
        |m, receiver, _| {
            let copy = m.new_instance(m.class_of(receiver))?;
            let values = elements(m, receiver)?;
            change(m, copy.into(), |set| set.extend(values.iter().copied()))?;
            Ok(copy.into())
        },
        "A new mutable set with the same elements.\n(new mutable_set [1]).copy().add(2).len() # → 2",
    ),
];

fn both(m: &Mutator<'_>, own: Value, arguments: &[Value]) -> Result<(SetRef, SetRef), RuntimeError> {
    Ok((set(m, own)?, set(m, arguments[0])?))
}

/// Returns the elements of a collection as a set.
fn set(m: &Mutator<'_>, collection: Value) -> Result<SetRef, RuntimeError> {
    match collection.as_set() {
        Some(set) => Ok(set),
        None => Ok(SetRef::new(m, &mut elements(m, collection)?)?),
    }
}

fn read<R>(m: &Mutator<'_>, value: Value, f: impl FnOnce(&BTreeSet<Value>) -> R) -> Result<R, RuntimeError> {
    let result = receiver(m, value)?.with_payload(m, |payload| match payload {
        Some(Payload::Set(set)) => Some(f(set)),
        _ => None,
    });
    result.ok_or_else(|| wrong_kind(m, "the receiver", "a mutable set", value))
}

fn change<R>(
    m: &Mutator<'_>,
    value: Value,
    f: impl FnOnce(&mut BTreeSet<Value>) -> R,
) -> Result<R, RuntimeError> {
    let result = receiver(m, value)?.update_payload(m, |payload| match payload {
        Some(Payload::Set(set)) => Some(f(set)),
        _ => None,
    });
    result.ok_or_else(|| wrong_kind(m, "the receiver", "a mutable set", value))
}
