//! Dictionaries: values found by key.

use rps_runtime::code::operate::wrong_kind;
use rps_runtime::object::Payload;
use rps_runtime::object::payload::Dictionary;
use rps_runtime::{Mutator, Oid, RootVec, RuntimeError, Value, known};

use crate::elements::{new_tuple, receiver};
use crate::topic::{Entry, Topic};

pub(crate) const TOPIC: Topic = Topic {
    title: "Dictionaries",
    about: "`new dict [\"k\": 1]` makes one, where `dict` is short for `dictionary`; `d[k]` reads and `d[k] = x` stores, and to read a key that is not there is an error. Keys are \
        any values, and 3 and 3.0 are two keys. `for` goes through the keys in their order. Those of class \
        `string_dictionary` have strings for keys, an `objmap` or `environment` has objects.",
    methods: &[(DICTIONARIES, METHODS)],
    source: ("dictionary.rps", include_str!("dictionary.rps")),
    ..Topic::EMPTY
};

const DICTIONARIES: &[Oid] = &[known::DICTIONARY, known::STRING_DICTIONARY, known::OBJECT_MAP];

const METHODS: &[Entry] = &[
    (
        "len()",
        |m, receiver, _| Ok(Value::int(m, (entries(m, receiver)?.len() / 2) as i64)),
        "How many keys there are.\n(new dict [\"a\": 1]).len() # → 1",
    ),
    (
        "get(key)",
        |m, receiver, arguments| Ok(find(m, receiver, arguments[0])?.unwrap_or(Value::NIL)),
        "The value of a key, or nil.\n(new dict [\"a\": 1]).get(\"b\") # → nil",
    ),
    (
        "get_or(key, default)",
        |m, receiver, arguments| Ok(find(m, receiver, arguments[0])?.unwrap_or(arguments[1])),
        "The value of a key, or another one where there is no such key.\n(new dict [\"a\": 1]).get_or(\"b\", 0) # → 0",
    ),
    (
        "put(key, value)",
        |m, receiver, arguments| {
            m.put_element(receiver, arguments[0], arguments[1])?;
            Ok(receiver)
        },
        "Stores the value of a key, and gives the dictionary.\n(new dict []).put(3, \"three\")[3] # → \"three\"",
    ),
    (
        "has(key)",
        |m, receiver, arguments| Ok(find(m, receiver, arguments[0])?.is_some().into()),
        "Whether there is such a key.\n(new dict [\"a\": nil]).has(\"a\") # → true",
    ),
    (
        "remove(key)",
        |m, receiver, arguments| Ok(remove(m, receiver, arguments[0])?.unwrap_or(Value::NIL)),
        "Takes a key away, and gives the value that it had, or nil.\n(new dict [\"a\": 1]).remove(\"a\") # → 1",
    ),
    (
        "keys()",
        |m, receiver, _| every_second(m, &entries(m, receiver)?, 0),
        "The keys in their order, as a tuple.\n(new dict [\"b\": 1, \"a\": 2]).keys() # → [\"a\", \"b\"]",
    ),
    (
        "values()",
        |m, receiver, _| every_second(m, &entries(m, receiver)?, 1),
        "The values in the order of their keys, as a tuple.\n(new dict [\"b\": 1, \"a\": 2]).values() # → [2, 1]",
    ),
    (
        "entries()",
        |m, receiver, _| {
            let entries = entries(m, receiver)?;
            let mut pairs = m.root_vec();
            for pair in entries.chunks_exact(2) {
                pairs.push(new_tuple(m, pair)?);
            }
            new_tuple(m, &pairs)
        },
        "Tuples of the keys and their values, in the order of the keys.\n(new dict [\"b\": 1, \"a\": 2]).entries() # → [[\"a\", 2], [\"b\", 1]]",
    ),
    (
        "clear()",
        |m, receiver, _| {
            change(m, receiver, |payload| match payload {
                Payload::Dictionary(dictionary) => *dictionary = Dictionary::default(),
                Payload::StringDictionary(entries) => entries.clear(),
                Payload::ObjectMap(map) | Payload::Environment(map) => map.bindings.clear(),
                _ => {}
            })?;
            Ok(receiver)
        },
        "Takes all keys away, and gives the dictionary.\n(new dict [\"a\": 1]).clear().len() # → 0",
    ),
    (
        "merge(other)",
        |m, receiver, arguments| {
            let others = entries(m, arguments[0])?;
            for pair in others.chunks_exact(2) {
                m.put_element(receiver, pair[0], pair[1])?;
            }
            Ok(receiver)
        },
        r#"Stores all that another dictionary has, and gives the dictionary.
(new dict ["a": 1]).merge(new dict ["a": 2, "b": 3]).values() # → [2, 3]"#,
    ),
    (
        "copy()",
        |m, receiver, _| {
            let copy = m.new_instance(m.class_of(receiver))?;
            for pair in entries(m, receiver)?.chunks_exact(2) {
                m.put_element(copy.into(), pair[0], pair[1])?;
            }
            Ok(copy.into())
        },
        "A new dictionary with the same keys and values.\n(new dict [\"a\": 1]).copy().len() # → 1",
    ),
];

/// Returns the keys, in their order, and their values in turn.
pub(crate) fn entries(m: &Mutator<'_>, value: Value) -> Result<RootVec, RuntimeError> {
    enum Found {
        Here,
        Texts(Vec<String>),
        Nothing,
    }
    let mut entries = m.root_vec();
    let found = receiver(m, value)?.with_payload(m, |payload| match payload {
        Some(Payload::Dictionary(dictionary)) => {
            entries.extend(dictionary.sorted().into_iter().flat_map(|(key, value)| [key, value]));
            Found::Here
        }
        Some(Payload::ObjectMap(map) | Payload::Environment(map)) => {
            entries.extend(map.bindings.iter().flat_map(|(&key, &value)| [key.into(), value]));
            Found::Here
        }
        // The keys become strings outside of the lock, their values are kept until then.
        Some(Payload::StringDictionary(texts)) => {
            entries.extend(texts.values().flat_map(|&value| [Value::NIL, value]));
            Found::Texts(texts.keys().map(ToString::to_string).collect())
        }
        _ => Found::Nothing,
    });
    match found {
        Found::Here => {}
        Found::Texts(texts) => {
            for (index, text) in texts.iter().enumerate() {
                entries[2 * index] = m.string(text);
            }
        }
        Found::Nothing => return Err(wrong_kind(m, "the receiver", "a dictionary", value)),
    }
    Ok(entries)
}

fn every_second(m: &Mutator<'_>, entries: &[Value], from: usize) -> Result<Value, RuntimeError> {
    let mut values = m.root_vec();
    values.extend(entries.iter().skip(from).step_by(2).copied());
    new_tuple(m, &values)
}

fn find(m: &Mutator<'_>, dictionary: Value, key: Value) -> Result<Option<Value>, RuntimeError> {
    let found = receiver(m, dictionary)?.with_payload(m, |payload| match payload? {
        Payload::Dictionary(dictionary) => Some(dictionary.get(key)),
        Payload::StringDictionary(entries) => {
            Some(key.as_string().and_then(|key| entries.get(key.as_str()).copied()))
        }
        Payload::ObjectMap(map) | Payload::Environment(map) => {
            Some(key.as_object().and_then(|key| map.bindings.get(&key).copied()))
        }
        _ => None,
    });
    found.ok_or_else(|| wrong_kind(m, "the receiver", "a dictionary", dictionary))
}

fn remove(m: &Mutator<'_>, dictionary: Value, key: Value) -> Result<Option<Value>, RuntimeError> {
    change(m, dictionary, |payload| match payload {
        Payload::Dictionary(dictionary) => dictionary.remove(key),
        Payload::StringDictionary(entries) => key.as_string().and_then(|key| entries.remove(key.as_str())),
        Payload::ObjectMap(map) | Payload::Environment(map) => {
            key.as_object().and_then(|key| map.bindings.remove(&key))
        }
        _ => None,
    })
}

fn change<R>(m: &Mutator<'_>, value: Value, f: impl FnOnce(&mut Payload) -> R) -> Result<R, RuntimeError> {
    let result =
        receiver(m, value)?.update_payload(m, |payload| payload.filter(|payload| payload.has_keys()).map(f));
    result.ok_or_else(|| wrong_kind(m, "the receiver", "a dictionary", value))
}
