//! What everything iterable understands: in the language, but for sorting and for what makes collections.

use rps_runtime::object::Payload;
use rps_runtime::object::payload::Dictionary;
use rps_runtime::value::{SetRef, TupleRef};
use rps_runtime::{Mutator, Oid, RuntimeError, Value, known};

use crate::argument::{arity, failed, int, optional, text};
use crate::elements::{elements, new_like, new_tuple, new_vector};
use crate::sort::{sort, sort_by};
use crate::topic::{Entry, Topic};

pub(crate) const TOPIC: Topic = Topic {
    title: "Everything iterable",
    about: "What `for` goes through understands these: tuples, sets, vectors, mutable sets, dictionaries (their keys), ranges, strings \
        (their characters), objects with components, and objects of your own classes that understand `iterator()`, or `has_next()` and \
        `next()`.\n\n\
        What makes a collection of the elements, such as `map` and `filter`, makes a vector of a vector, a set of a set, mutable or \
        not, and a tuple of everything else. What asks for an element that there may not be, such as `first`, `find` and `min`, \
        gives nil then. Elements are compared with `==`; they are sorted by the [order of all values](values.md#one-order).",
    methods: &[(&[known::OBJECT], METHODS)],
    functions: &[(Oid::known("_9S77Fv0v6XT02Osc4L"), COMPARE)],
    source: ("collection.rps", include_str!("collection.rps")),
};

const METHODS: &[Entry] = &[
    (
        "sort([compare])",
        |m, receiver, arguments| {
            arity("sort", arguments, 0..=1)?;
            let mut values = elements(m, receiver)?;
            sort(m, &mut values, arguments)?;
            if is_vector(m, receiver) { Ok(new_vector(m, &values)) } else { new_tuple(m, &values) }
        },
        r#"The elements in order: a vector of a vector, a tuple of everything else. The function says whether its first argument
comes before its second one, by true or by a number below zero. Elements that are alike stay in their order.
[3, 1, 2].sort() # → [1, 2, 3]
["bb", "a", "cc"].sort(|a, b| a.len() > b.len()) # → ["bb", "cc", "a"]"#,
    ),
    (
        "sort_by(f)",
        |m, receiver, arguments| {
            let mut values = elements(m, receiver)?;
            sort_by(m, &mut values, arguments[0])?;
            if is_vector(m, receiver) { Ok(new_vector(m, &values)) } else { new_tuple(m, &values) }
        },
        r#"The elements in the order of what a function gives for them; a vector of a vector, a tuple of everything else. Elements
for which it gives the same stay in their order.
["ccc", "a", "bb"].sort_by(|x| x.len()) # → ["a", "bb", "ccc"]"#,
    ),
    (
        "reverse()",
        |m, receiver, _| {
            let mut values = elements(m, receiver)?;
            values.reverse();
            if is_vector(m, receiver) { Ok(new_vector(m, &values)) } else { new_tuple(m, &values) }
        },
        r#"The elements in the other order: a vector of a vector, a tuple of everything else.
[1, 2, 3].reverse() # → [3, 2, 1]"#,
    ),
    (
        "join([separator])",
        |m, receiver, arguments| {
            arity("join", arguments, 0..=1)?;
            let separator =
                optional(arguments, 0).map_or(Ok(""), |separator| text(m, "the separator", separator))?;
            let values = elements(m, receiver)?;
            let mut joined = String::new();
            for (index, &value) in values.iter().enumerate() {
                m.check_interrupt()?;
                if index > 0 {
                    joined.push_str(separator);
                }
                joined.push_str(&m.own_text_of(value)?);
            }
            Ok(m.string(&joined))
        },
        r#"The texts of the elements, one behind the other, with another text between them.
[1, "two", 3].join(", ") # → "1, two, 3""#,
    ),
    (
        "to_tuple()",
        |m, receiver, _| {
            if receiver.as_tuple().is_some() {
                return Ok(receiver);
            }
            new_tuple(m, &elements(m, receiver)?)
        },
        r#"The elements as a tuple.
(0..3).to_tuple() # → [0, 1, 2]"#,
    ),
    (
        "to_set()",
        |m, receiver, _| {
            if receiver.as_set().is_some() {
                return Ok(receiver);
            }
            Ok(SetRef::new(m, &mut elements(m, receiver)?)?.into())
        },
        r#"The elements as a set.
[2, 1, 2].to_set() # → {1, 2}"#,
    ),
    (
        "to_dict()",
        |m, receiver, _| {
            let pairs = elements(m, receiver)?;
            let mut dictionary = Dictionary::default();
            for &pair in pairs.iter() {
                let Some(&[key, value]) = pair.as_tuple().map(TupleRef::items) else {
                    return Err(failed(
                        "library::no-pair",
                        format!("a dictionary is made of tuples of two, not of {}", m.text_of(pair)),
                    ));
                };
                dictionary.insert(key, value);
            }
            let object = m.new_object(m.class(known::DICTIONARY));
            object.install_payload(m, Some(Payload::Dictionary(dictionary)));
            Ok(object.into())
        },
        r#"A dictionary of the elements, which are tuples of a key and a value.
[["a", 1], ["b", 2]].to_dict()["b"] # → 2"#,
    ),
    (
        "to_sequence_of(collection)",
        |m, receiver, arguments| {
            let values = elements(m, receiver)?;
            if is_vector(m, arguments[0]) { Ok(new_vector(m, &values)) } else { new_tuple(m, &values) }
        },
        r#"The elements in a vector if another collection is one, otherwise in a tuple.
{2, 1}.to_sequence_of([]) # → [1, 2]"#,
    ),
    (
        "to_kind_of(collection)",
        |m, receiver, arguments| {
            let values = elements(m, receiver)?;
            new_like(m, arguments[0], values)
        },
        r#"The elements in a collection of another one's kind: a vector, a set, or a tuple.
(0..3).to_kind_of({}) # → {0, 1, 2}"#,
    ),
];

const COMPARE: Entry = (
    "compare(a, b)",
    |m, _, arguments| Ok(Value::int(m, arguments[0].cmp(&arguments[1]) as i64)),
    r#"-1, 0 or 1 as the first value is before the second one in the order of all values, the same, or behind it.
compare("a", "b") # → -1
["b", 1, nil].sort(|a, b| compare(a, b) > 0) # → ["b", 1, nil]"#,
);

/// Methods of tuples and vectors alone.
pub(crate) const SEQUENCE: Topic = Topic {
    title: "Tuples",
    about: "A tuple is immutable. `t[i]` reads an element, `t + u` is the tuple of both, `[a, b, ..rest]` matches one.",
    methods: &[(&[known::TUPLE, known::VALUE_VECTOR, known::OBJECT_VECTOR], SEQUENCE_METHODS)],
    ..Topic::EMPTY
};

const SEQUENCE_METHODS: &[Entry] = &[
    (
        "slice(start, [end])",
        |m, receiver, arguments| {
            let mut values = elements(m, receiver)?;
            let part = crate::argument::part(m, arguments, values.len())?;
            values.copy_within(part.clone(), 0);
            values.truncate(part.len());
            new_like(m, receiver, values)
        },
        r#"The elements from one position up to another one, or to the end. Negative positions count from the end; what lies
outside is left out. Vectors have this, too.
[1, 2, 3, 4].slice(1, 3) # → [2, 3]
[1, 2, 3, 4].slice(-2) # → [3, 4]"#,
    ),
    (
        "at(index)",
        |m, receiver, arguments| m.element(receiver, arguments[0]),
        r#"The element at a position, as `t[index]`. Vectors have this, too.
[1, 2, 3].at(-1) # → 3"#,
    ),
];

/// Methods of ranges alone.
pub(crate) const RANGE: Topic = Topic {
    title: "Ranges",
    about: "`a..b` is the range of the integers from `a` up to `b`, which it does not hold. It takes no memory for them.",
    methods: &[(&[known::RANGE], RANGE_METHODS)],
    ..Topic::EMPTY
};

const RANGE_METHODS: &[Entry] = &[
    (
        "start()",
        |m, receiver, _| Ok(Value::int(m, range(m, receiver)?.start)),
        "Where it begins.\n(2..5).start() # → 2",
    ),
    (
        "end()",
        |m, receiver, _| Ok(Value::int(m, range(m, receiver)?.end)),
        "Where it ends: the first integer that it does not hold.\n(2..5).end() # → 5",
    ),
    (
        "len()",
        |m, receiver, _| {
            let range = range(m, receiver)?;
            Ok(Value::int(m, range.end.saturating_sub(range.start).max(0)))
        },
        "How many integers it holds.\n(2..5).len() # → 3\n(5..2).len() # → 0",
    ),
    (
        "has(value)",
        |m, receiver, arguments| {
            let range = range(m, receiver)?;
            Ok(arguments[0].as_small_int().is_some_and(|int| range.contains(&int)).into())
        },
        "Whether it holds an integer.\n(2..5).has(5) # → false",
    ),
    (
        "step(n)",
        |m, receiver, arguments| {
            let (range, step) = (range(m, receiver)?, int(m, "the step", arguments[0])?);
            let Some(step) = u64::try_from(step).ok().filter(|&step| step > 0) else {
                return Err(failed("library::negative", format!("a step must be positive: it is {step}")));
            };
            let count = (range.end.saturating_sub(range.start).max(0) as u64).div_ceil(step);
            if count > MAX_STEPS {
                return Err(failed("library::too-large", format!("the tuple would have {count} elements")));
            }
            let values: Vec<Value> =
                (0..count).map(|n| Value::int(m, range.start + (n * step) as i64)).collect();
            new_tuple(m, &values)
        },
        "The first integer of it and every n-th one from there, as a tuple.\n(0..10).step(3) # → [0, 3, 6, 9]",
    ),
];

/// A tuple of steps must not be longer.
const MAX_STEPS: u64 = 1 << 27;

fn range(m: &Mutator<'_>, receiver: Value) -> Result<std::ops::Range<i64>, RuntimeError> {
    let components = receiver
        .as_instance()
        .filter(|instance| instance.class() == m.class(known::RANGE))
        .map_or(&[][..], |instance| instance.components());
    match components {
        [start, end] => Ok(int(m, "the start of the range", *start)?..int(m, "the end of the range", *end)?),
        _ => Err(rps_runtime::code::operate::wrong_kind(m, "the receiver", "a range", receiver)),
    }
}

fn is_vector(m: &Mutator<'_>, value: Value) -> bool {
    value.as_object().is_some_and(|object| {
        object.with_payload(m, |payload| {
            matches!(payload, Some(Payload::ValueVector(_) | Payload::ObjectVector(_)))
        })
    })
}
