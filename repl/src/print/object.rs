//! An object as a whole: what `:show` prints.

use std::sync::Arc;

use rps_runtime::object::{ObjectRef, Payload};
use rps_runtime::{Mutator, RootVec, Value};
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::json::{JsonAttribute, JsonObject, JsonValue, attributes};
use super::value::{inline, key_name, print, short};
use super::{Look, Paint, date};

/// An object as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct ObjectView {
    #[serde(flatten)]
    object: JsonObject,
    space: Option<JsonObject>,
    /// In hundredths of a second since 1970.
    mtime: i64,
    root: bool,
    constant: bool,
    attributes: Vec<JsonAttribute>,
    components: Vec<JsonValue>,
    payload: Option<PayloadView>,
}

/// A payload as JSON.
#[derive(Debug, Serialize)]
struct PayloadView {
    kind: String,
    members: Vec<Member>,
}

#[derive(Debug, Serialize)]
struct Member {
    label: String,
    value: JsonValue,
}

/// The members of a payload, with what they are called.
pub(super) struct Members {
    kind: String,
    pub(super) labels: Vec<String>,
    pub(super) values: RootVec,
}

/// Returns an object as text, over several lines.
pub(crate) fn show(m: &Mutator<'_>, object: ObjectRef, look: Look) -> String {
    let mut lines = vec![print(m, object.into(), look)];
    let space = object.space().map_or_else(|| "none: transient".to_owned(), |space| short(m, space, look));
    lines.push(format!("  space: {space}"));
    lines.push(format!("  changed: {}", date::utc(object.mtime())));
    let special = [(is_among(&m.roots(), object), "root"), (is_among(&m.constants(), object), "constant")];
    for (is, what) in special {
        lines.extend(is.then(|| format!("  {what}")));
    }
    let heading = |text: &str| format!("  {}", look.paint(Paint::Heading, text));
    let entry = |label: &str, value: Value| {
        let column = 4 + label.width() + 2;
        format!("    {label}: {}", inline(m, value, look, 4, column))
    };
    let entries = |all: &mut dyn Iterator<Item = (String, Value)>, count: usize| {
        let mut lines: Vec<String> =
            all.take(look.items).map(|(label, value)| entry(&label, value)).collect();
        let hidden = count.saturating_sub(look.items);
        lines.extend((hidden > 0).then(|| look.paint(Paint::Faint, &format!("    … {hidden} more"))));
        lines
    };
    let count = object.attribute_count();
    if count > 0 {
        lines.push(heading(&format!("attributes ({count})")));
        lines.extend(entries(&mut object.attributes().map(|(key, value)| (key_name(m, key), value)), count));
    }
    let count = object.component_count();
    if count > 0 {
        lines.push(heading(&format!("components ({count})")));
        let numbered = object.components().enumerate().map(|(index, value)| (format!("[{index}]"), value));
        lines.extend(entries(&mut { numbered }, count));
    }
    if let Some(members) = Members::of(m, object) {
        lines.push(heading(&format!("payload {}", members.kind)));
        let count = members.labels.len();
        let labelled = members.labels.iter().cloned().zip(members.values.iter().copied());
        lines.extend(entries(&mut { labelled }, count));
    }
    if let Some(extras) = object.extras() {
        lines.push(heading("kept verbatim"));
        // Of a kept payload there are also the objects that it refers to, which the text names.
        for pair in
            extras.items().chunks(2).filter(|pair| pair.iter().all(|value| value.as_string().is_some()))
        {
            let texts = pair.iter().map(|value| value.as_string().map_or("", |text| text.as_str()));
            lines.push(format!("    {}", texts.collect::<Vec<_>>().join(": ")));
        }
    }
    lines.join("\n")
}

/// Returns an object as JSON.
pub(crate) fn view(m: &Mutator<'_>, object: ObjectRef) -> ObjectView {
    ObjectView {
        object: JsonObject::of(m, object),
        space: object.space().map(|space| JsonObject::of(m, space)),
        mtime: object.mtime(),
        root: is_among(&m.roots(), object),
        constant: is_among(&m.constants(), object),
        attributes: attributes(m, object.attributes()),
        components: object.components().map(|value| JsonValue::of(m, value)).collect(),
        payload: Members::of(m, object).map(|members| PayloadView {
            kind: members.kind,
            members: members
                .labels
                .into_iter()
                .zip(members.values.iter())
                .map(|(label, &value)| Member { label, value: JsonValue::of(m, value) })
                .collect(),
        }),
    }
}

/// Returns whether an object is in a list that is sorted by oid.
pub(crate) fn is_among(sorted: &[ObjectRef], object: ObjectRef) -> bool {
    sorted.binary_search(&object).is_ok()
}

impl Members {
    pub(super) fn of(m: &Mutator<'_>, object: ObjectRef) -> Option<Members> {
        let mut values = m.root_vec();
        let mut keys: Vec<Key> = Vec::new();
        // A plugin writes its payload without the object's lock.
        let foreign = object.with_payload(m, |payload| match payload {
            Some(Payload::Foreign(content)) => Some(Arc::clone(content)),
            _ => None,
        });
        if let Some(content) = foreign {
            let _uncollected = m.suspend_collections();
            for (name, value) in super::foreign::members(m, &*content) {
                keys.push(Key::Text(name));
                values.push(value);
            }
            let labels = keys.into_iter().map(|key| key.label(m)).collect();
            return Some(Members { kind: content.type_name().to_owned(), labels, values });
        }
        // Names are looked up afterwards: that takes the locks of other objects.
        let kind = object.with_payload(m, |payload| {
            let payload = payload?;
            collect(payload, &mut |key, value| {
                keys.push(key);
                values.push(value);
            });
            Some(payload.kind().to_owned())
        })?;
        let labels = keys.into_iter().map(|key| key.label(m)).collect();
        Some(Members { kind, labels, values })
    }
}

/// What a member of a payload is called, before names are looked up.
enum Key {
    Text(String),
    Index(usize),
    Object(ObjectRef),
    /// The value before this one is the key, printed.
    Printed(String),
}

impl Key {
    fn label(self, m: &Mutator<'_>) -> String {
        match self {
            Key::Text(text) | Key::Printed(text) => text,
            Key::Index(index) => format!("[{index}]"),
            Key::Object(object) => key_name(m, object),
        }
    }
}

fn collect(payload: &Payload, member: &mut dyn FnMut(Key, Value)) {
    let text = |text: &str| Key::Text(text.to_owned());
    let or_nil = |object: Option<ObjectRef>| object.map_or(Value::NIL, Value::from);
    match payload {
        Payload::ClassInfo(info) => {
            member(text("superclass"), or_nil(info.superclass));
            member(text("symbol"), or_nil(info.symbol));
            if let Some(set) = info.attribute_set {
                member(text("attributes"), set.into());
            }
            for &(selector, method) in info.methods() {
                member(Key::Object(selector), method);
            }
        }
        Payload::Symbol(symbol) => {
            let strength = if symbol.weak { "weak name" } else { "name" };
            member(Key::Text(format!("{strength} `{}` stands for", symbol.name)), symbol.value);
        }
        Payload::Set(values) => {
            values.iter().enumerate().for_each(|(index, &value)| member(Key::Index(index), value));
        }
        Payload::ObjectVector(values) | Payload::ValueVector(values) => {
            values.iter().enumerate().for_each(|(index, &value)| member(Key::Index(index), value));
        }
        Payload::StringDictionary(entries) => {
            entries.iter().for_each(|(key, &value)| member(Key::Printed(format!("{key:?}")), value));
        }
        Payload::Dictionary(dictionary) => {
            for (key, value) in dictionary.sorted() {
                member(key.as_object().map_or_else(|| Key::Printed(format!("{key:?}")), Key::Object), value);
            }
        }
        Payload::ObjectMap(map) | Payload::Environment(map) => {
            map.bindings.iter().for_each(|(&key, &value)| member(Key::Object(key), value));
            if !map.description.is_nil() {
                member(text("description"), map.description);
            }
            if map.parent.is_some() {
                member(text("parent"), or_nil(map.parent));
            }
        }
        other => other.for_each_value(&mut |value| member(text("refers to"), value)),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use rps_runtime::{Oid, Runtime, known};

    use super::*;

    #[test]
    fn an_object_is_shown_with_all_that_it_holds() {
        let runtime = Runtime::new();
        runtime.set_clock(Some(0));
        runtime.enter(|m| {
            let object = m.object_or_skeleton(Oid::parse("_2nZjMTYKroQ00VmfKc").unwrap());
            object.set_class(m, m.class(known::OBJECT)).unwrap();
            let x = m.intern("x").unwrap();
            object.put_attribute(m, x, m.string("a\nb")).unwrap();
            object.push_component(m, Value::TRUE);
            object.set_payload(m, Some(Payload::ValueVector(vec![Value::NIL, x.into()])));
            expect![[r#"
                _2nZjMTYKroQ00VmfKc∈object
                  space: none: transient
                  changed: 1970-01-01 00:00:00 UTC
                  attributes (1)
                    x: "a\nb"
                  components (1)
                    [0]: true
                  payload vectval
                    [0]: nil
                    [1]: x∈symbol"#]]
            .assert_eq(&show(m, object, Look::default()));
        });
    }
}
