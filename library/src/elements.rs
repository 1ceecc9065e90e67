//! Elements: taking those of any collection, and making collections of them.

use rps_runtime::code::operate::wrong_kind;
use rps_runtime::object::Payload;
use rps_runtime::value::{SetRef, TupleRef, View};
use rps_runtime::{Mutator, ObjectRef, RootVec, RuntimeError, Value, known};

/// Returns the elements of anything that `for` goes through, in its order.
///
/// What is not known here is asked by the method `to_vector`, which every object inherits and which goes through it.
pub(crate) fn elements(m: &Mutator<'_>, collection: Value) -> Result<RootVec, RuntimeError> {
    if let Some(items) = plain_elements(m, collection) {
        return Ok(items);
    }
    let vector = m.send(collection, m.intern("to_vector")?, &[])?;
    plain_elements(m, vector).ok_or_else(|| wrong_kind(m, "what `to_vector` gives", "a vector", vector))
}

/// Returns the elements of a tuple, a set, a vector or a mutable set.
fn plain_elements(m: &Mutator<'_>, collection: Value) -> Option<RootVec> {
    let mut items = m.root_vec();
    match collection.view() {
        View::Tuple(tuple) => fill(&mut items, tuple.items()),
        View::Set(set) => fill(&mut items, set.items()),
        View::Object(object) => object.with_payload(m, |payload| match payload {
            Some(Payload::ValueVector(values) | Payload::ObjectVector(values)) => {
                fill(&mut items, values);
                Some(())
            }
            Some(Payload::Set(values)) => {
                items.extend(values.iter().copied());
                Some(())
            }
            _ => None,
        })?,
        _ => return None,
    }
    Some(items)
}

/// Makes these the values of a vector of roots.
pub(crate) fn fill(items: &mut RootVec, values: &[Value]) {
    items.resize(values.len());
    items.copy_from_slice(values);
}

/// Makes a mutable vector of these values, which somebody keeps alive.
pub(crate) fn new_vector(m: &Mutator<'_>, values: &[Value]) -> Value {
    let vector = m.new_object(m.class(known::VALUE_VECTOR));
    vector.install_payload(m, Some(Payload::ValueVector(values.to_vec())));
    vector.into()
}

/// Makes a mutable vector of a value, which somebody keeps alive, so many times.
pub(crate) fn new_filled(m: &Mutator<'_>, value: Value, len: usize) -> Value {
    let vector = m.new_object(m.class(known::VALUE_VECTOR));
    vector.install_payload(m, Some(Payload::ValueVector(vec![value; len])));
    vector.into()
}

/// Makes a tuple of these values, which somebody keeps alive.
pub(crate) fn new_tuple(m: &Mutator<'_>, values: &[Value]) -> Result<Value, RuntimeError> {
    Ok(TupleRef::new(m, values)?.into())
}

/// Makes a tuple of strings.
pub(crate) fn new_texts<T: AsRef<str>>(
    m: &Mutator<'_>,
    texts: impl IntoIterator<Item = T>,
) -> Result<Value, RuntimeError> {
    let mut values = m.root_vec();
    for text in texts {
        values.push(m.string(text.as_ref()));
    }
    new_tuple(m, &values)
}

/// Makes a collection of these values that is of the kind of another one: a vector of a vector, a set of a set, mutable or
/// not, a tuple of everything else.
pub(crate) fn new_like(m: &Mutator<'_>, original: Value, mut values: RootVec) -> Result<Value, RuntimeError> {
    enum Kind {
        Vector,
        Set,
        Other,
    }
    let kind = match original.view() {
        View::Set(_) => Kind::Set,
        View::Object(object) => object.with_payload(m, |payload| match payload {
            Some(Payload::ValueVector(_) | Payload::ObjectVector(_)) => Kind::Vector,
            Some(Payload::Set(_)) => Kind::Set,
            _ => Kind::Other,
        }),
        _ => Kind::Other,
    };
    match kind {
        Kind::Vector => Ok(new_vector(m, &values)),
        Kind::Set => Ok(SetRef::new(m, &mut values)?.into()),
        Kind::Other => new_tuple(m, &values),
    }
}

/// Returns the object that the receiver of a method is.
pub(crate) fn receiver(m: &Mutator<'_>, value: Value) -> Result<ObjectRef, RuntimeError> {
    value.as_object().ok_or_else(|| wrong_kind(m, "the receiver", "an object", value))
}
