//! What loops go through: ranges, collections, and objects that say themselves how.

use super::operate::wrong_kind;
use crate::error::RuntimeError;
use crate::known;
use crate::object::{ObjectRef, Payload};
use crate::runtime::Mutator;
use crate::value::{InstanceRef, JsonForm, SetRef, TupleRef, Value, View};

/// How often `iterator()` may give something that understands `iterator` in turn.
const MAX_ITERATORS: usize = 100;

/// Returns the range from one integer up to another, which it does not hold.
pub(super) fn make_range(m: &Mutator<'_>, start: Value, end: Value) -> Result<Value, RuntimeError> {
    for (what, value) in [("the start of the range", start), ("the end of the range", end)] {
        if value.as_small_int().is_none() {
            return Err(wrong_kind(m, what, "a small integer", value));
        }
    }
    Ok(InstanceRef::new(m, m.class(known::RANGE), &[], &[start, end], None)?.into())
}

/// Returns whether an instance is a range.
fn is_range(instance: InstanceRef) -> bool {
    instance.class().oid() == known::RANGE
}

/// Returns the integers that a range holds.
pub(crate) fn range_of(instance: InstanceRef) -> Option<std::ops::Range<i64>> {
    if !is_range(instance) {
        return None;
    }
    match instance.components() {
        [start, end] => Some(start.as_small_int()?..end.as_small_int()?),
        _ => None,
    }
}

/// Begins a loop over integers: returns the second one, or nothing when there is not even a first one.
pub(super) fn range_start(m: &Mutator<'_>, start: Value, end: Value) -> Result<Option<Value>, RuntimeError> {
    match (start.as_small_int(), end.as_small_int()) {
        (Some(first), Some(last)) => Ok((first < last).then(|| Value::int(m, first + 1))),
        (Some(_), None) => Err(wrong_kind(m, "the end of the range", "a small integer", end)),
        (None, _) => Err(wrong_kind(m, "the start of the range", "a small integer", start)),
    }
}

/// Returns the integer after the next one, or nothing when the loop ends.
#[inline(always)]
pub(super) fn range_next(current: Value, end: Value) -> Option<Value> {
    let (current, end) = (current.as_small_int()?, end.as_small_int()?);
    if current < end { Value::small_int(current + 1) } else { None }
}

/// Returns the state of a loop over a collection: what it goes through, and where it is, or nil for an iterator.
pub(super) fn each_start(m: &Mutator<'_>, collection: Value) -> Result<(Value, Value), RuntimeError> {
    let zero = Value::int(m, 0);
    let mut collection = collection;
    for _ in 0..MAX_ITERATORS {
        match collection.view() {
            View::Tuple(_) | View::Set(_) | View::String(_) => return Ok((collection, zero)),
            View::Json(json) if json.form() == JsonForm::Object => {
                let keys: Vec<Value> = json.items().chunks_exact(2).map(|pair| pair[0]).collect();
                return Ok((TupleRef::new(m, &keys)?.into(), zero));
            }
            View::Json(json) => return Ok((TupleRef::new(m, json.items())?.into(), zero)),
            View::Instance(instance) => {
                return match range_of(instance) {
                    Some(_) => Ok((collection, zero)),
                    None => Ok((TupleRef::new(m, instance.components())?.into(), zero)),
                };
            }
            View::Object(object) => match start_of_object(m, object)? {
                Start::At(state) => return Ok((state, zero)),
                Start::Iterator => return Ok((collection, Value::NIL)),
                Start::Again(other) => collection = other,
            },
            _ => return Err(wrong_kind(m, "what `for` goes through", "a collection", collection)),
        }
    }
    Err(wrong_kind(m, "what `iterator` gives", "a collection or an iterator", collection))
}

enum Start {
    /// Go through this.
    At(Value),
    /// Ask the object itself.
    Iterator,
    /// Begin again with this.
    Again(Value),
}

fn start_of_object(m: &Mutator<'_>, object: ObjectRef) -> Result<Start, RuntimeError> {
    let mut snapshot = m.root_vec();
    let live = object.with_payload(m, |payload| match payload {
        Some(Payload::ValueVector(_) | Payload::ObjectVector(_)) => true,
        Some(Payload::Set(values)) => {
            snapshot.extend(values.iter().copied());
            false
        }
        Some(Payload::Dictionary(dictionary)) => {
            snapshot.extend(dictionary.sorted().into_iter().map(|(key, _)| key));
            false
        }
        Some(Payload::ObjectMap(map) | Payload::Environment(map)) => {
            snapshot.extend(map.bindings.keys().map(|&key| Value::from(key)));
            false
        }
        _ => true,
    });
    let texts: Option<Vec<String>> = object.with_payload(m, |payload| match payload {
        Some(Payload::StringDictionary(entries)) => Some(entries.keys().map(ToString::to_string).collect()),
        _ => None,
    });
    if let Some(texts) = texts {
        snapshot.extend(texts.iter().map(|text| m.string(text)));
    } else if live {
        let class = m.class_of(object.into());
        let understands = |name: &str| {
            let selector = m.symbol(name).map(|symbol| m.key_of_symbol(symbol))?;
            m.find_method(class, selector).map(|_| selector)
        };
        if let Some(iterator) = understands("iterator") {
            return Ok(Start::Again(m.send(object.into(), iterator, &[])?));
        }
        if understands("has_next").is_some() && understands("next").is_some() {
            return Ok(Start::Iterator);
        }
        return Ok(Start::At(object.into()));
    }
    Ok(Start::At(TupleRef::new(m, &snapshot)?.into()))
}

/// Returns the next element of a loop and where the loop is then.
#[inline]
pub(super) fn each_next(
    m: &Mutator<'_>,
    state: Value,
    index: Value,
) -> Result<Option<(Value, Value)>, RuntimeError> {
    let Some(at) = index.as_small_int() else { return iterator_next(m, state) };
    let (index, following) = (at as usize, Value::int(m, at + 1));
    let value = match state.view() {
        View::Tuple(tuple) => tuple.items().get(index).copied(),
        View::Set(set) => SetRef::items(set).get(index).copied(),
        View::Instance(instance) => range_of(instance)
            .filter(|range| at < range.end.saturating_sub(range.start))
            .map(|range| Value::int(m, range.start + at)),
        View::String(string) => {
            // Here the index counts bytes.
            let Some(char) = string.as_str().get(index..).and_then(|rest| rest.chars().next()) else {
                return Ok(None);
            };
            let text = m.string(char.encode_utf8(&mut [0; 4]));
            return Ok(Some((text, Value::int(m, at + char.len_utf8() as i64))));
        }
        View::Object(object) => m.vector_element(object, index).unwrap_or_else(|| object.component(index)),
        _ => None,
    };
    Ok(value.map(|value| (value, following)))
}

fn iterator_next(m: &Mutator<'_>, iterator: Value) -> Result<Option<(Value, Value)>, RuntimeError> {
    if !m.send(iterator, m.intern("has_next")?, &[])?.is_truthy() {
        return Ok(None);
    }
    let value = m.send(iterator, m.intern("next")?, &[])?;
    Ok(Some((value, Value::NIL)))
}

/// Returns the elements as a tuple when the value is a tuple or vector with so many, or at least so many; nil otherwise.
pub(super) fn match_sequence(
    m: &Mutator<'_>,
    value: Value,
    count: u16,
    at_least: bool,
) -> Result<Value, RuntimeError> {
    let fits = |len: usize| if at_least { len >= usize::from(count) } else { len == usize::from(count) };
    match value.view() {
        View::Tuple(tuple) if fits(tuple.items().len()) => Ok(value),
        View::Object(object) => {
            let mut items = m.root_vec();
            let is_vector = object.with_payload(m, |payload| match payload {
                Some(Payload::ValueVector(values) | Payload::ObjectVector(values)) => {
                    items.extend(values.iter().copied());
                    true
                }
                _ => false,
            });
            if is_vector && fits(items.len()) { Ok(TupleRef::new(m, &items)?.into()) } else { Ok(Value::NIL) }
        }
        _ => Ok(Value::NIL),
    }
}

/// Returns the elements of a tuple but for some at its beginning and some at its end.
pub(super) fn tuple_middle(
    m: &Mutator<'_>,
    tuple: Value,
    before: u16,
    after: u8,
) -> Result<Value, RuntimeError> {
    let items = tuple.as_tuple().map_or(&[][..], TupleRef::items);
    let end = items.len().saturating_sub(usize::from(after));
    let middle = items.get(usize::from(before)..end).unwrap_or(&[]);
    Ok(TupleRef::new(m, middle)?.into())
}
