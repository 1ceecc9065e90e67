//! Payloads that are kept as text because their plugin is not there.
//!
//! The object has [`Payload::Unknown`] with the kind, and among its extras the text under [`KEY`]. A payload that was
//! alive in this process also leaves the values it referred to there, under the same key: they stay alive, and what a
//! dump would have adopted for the live payload is adopted for the text.

use rps_runtime::value::{TupleRef, View};
use rps_runtime::{Mutator, ObjectRef, Value};

use super::super::encode::Encoder;
use super::super::scan::RECORD_START;
use super::{KEY, text};

/// Returns the text of the kept payload of an object, from `{` to `}`.
pub(super) fn text_of<'t>(object: ObjectRef) -> Option<&'t str> {
    pairs(object)
        .find_map(|[key, value]| value.as_string().filter(|_| is_kept_key(key)).map(|text| text.as_str()))
}

/// Returns whether a key of the extras is the one under which kept payloads are.
pub(in super::super) fn is_kept_key(key: Value) -> bool {
    key.as_string().is_some_and(|key| key.as_str() == KEY)
}

/// Returns the values that a payload referred to when it was alive in this process.
pub(in super::super) fn kept_values<'t>(object: ObjectRef) -> &'t [Value] {
    let tuple = pairs(object).find_map(|[key, value]| match value.view() {
        View::Tuple(tuple) if is_kept_key(key) => Some(tuple.items()),
        _ => None,
    });
    tuple.unwrap_or_default()
}

/// Keeps the text of a payload, and values that it refers to. Nothing is collected meanwhile.
pub(in super::super) fn keep(m: &Mutator<'_>, object: ObjectRef, text: &str, values: &[Value]) {
    let mut extras = without(object);
    extras.extend([Value::string(m, KEY), Value::string(m, &flattened(text))]);
    if !values.is_empty()
        && let Ok(tuple) = TupleRef::new(m, values)
    {
        let with_values = [&extras[..], &[Value::string(m, KEY), tuple.into()]].concat();
        if let Ok(with_values) = TupleRef::new(m, &with_values) {
            object.set_extras(Some(with_values));
            return;
        }
    }
    // A flat tuple of strings is never too deep.
    object.set_extras(TupleRef::new(m, &extras).ok());
}

/// Forgets the kept payload of an object.
pub(super) fn forget(m: &Mutator<'_>, object: ObjectRef) {
    let extras = without(object);
    let rest = if extras.is_empty() { None } else { TupleRef::new(m, &extras).ok() };
    object.set_extras(rest);
}

/// Writes the kept payload of an object as a section of its record, if there is one of this kind.
///
/// It is written as it was read, but for its references: an object that is stored no more is transient now, as it would
/// be for a live payload, or the store could not be loaded.
pub(in super::super) fn encode_kept(encoder: &mut Encoder<'_, '_>, object: ObjectRef, kind: &str) -> bool {
    let Some(text) = text_of(object).filter(|text| kind_of(text).as_deref() == Some(kind)) else {
        return false;
    };
    encoder.raw("\n,\"payload\":");
    match text::refs_in(text).filter(|_| super::is_plugin_kind(kind)) {
        None => encoder.raw(text),
        Some((start, end, refs)) => {
            encoder.raw(&text[..start]);
            let before = encoder.out.len();
            encoder.block("", ["[", "]"], refs.into_iter(), Encoder::reference_to);
            if encoder.out.len() == before {
                encoder.raw("[]");
            }
            encoder.raw(&text[end..]);
        }
    }
    true
}

pub(super) fn kind_of(text: &str) -> Option<String> {
    let reader = &mut super::super::reader::Reader::new(text, 0);
    reader.expect(b'{').ok()?;
    let mut first = true;
    (reader.next_key(&mut first).ok()?.as_deref() == Some("kind"))
        .then(|| reader.string().ok())?
        .map(Into::into)
}

/// Returns the text without what would be the beginning of a record, if some tool has broken the lines otherwise than
/// a dump does.
fn flattened(text: &str) -> std::borrow::Cow<'_, str> {
    match memchr::memmem::find(text.as_bytes(), RECORD_START) {
        // A newline is a blank between tokens here: strings can not hold one.
        Some(_) => text.replace('\n', " ").into(),
        None => text.into(),
    }
}

fn pairs<'t>(object: ObjectRef) -> impl Iterator<Item = [Value; 2]> + use<'t> {
    let items: &'t [Value] = object.extras().map(|extras| extras.items()).unwrap_or_default();
    items.chunks_exact(2).map(|pair| [pair[0], pair[1]])
}

fn without(object: ObjectRef) -> Vec<Value> {
    pairs(object).filter(|[key, _]| !is_kept_key(*key)).flatten().collect()
}
