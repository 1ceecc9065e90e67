//! What a migration has changed: how many objects of each class, and the first few of them, before and after.

use std::collections::{BTreeMap, BTreeSet};

use rps_runtime::change::Frozen;
use rps_runtime::object::Payload;
use rps_runtime::value::SetRef;
use rps_runtime::{Mutator, ObjectRef, Oid, Value};

/// So many objects of each class are shown.
const SAMPLES: usize = 3;
/// So many characters of a value are shown.
const WIDTH: usize = 60;

/// What has changed, by class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// By the names of the classes, those that the objects have now, or had where they are no more.
    pub classes: BTreeMap<String, ClassDifference>,
}

/// What has changed of one class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassDifference {
    /// How many objects are new in a space.
    pub made: usize,
    /// How many others are not as they were.
    pub changed: usize,
    /// How many are in no space any more.
    pub removed: usize,
    /// The first few, in the order of their oids.
    pub samples: Vec<ObjectDifference>,
}

/// What has changed of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectDifference {
    /// The object.
    pub oid: Oid,
    /// What it is called, if it has a name.
    pub name: Option<String>,
    /// Whether it was in a space before, and whether it is in one now.
    pub was_stored: bool,
    /// See `was_stored`.
    pub is_stored: bool,
    /// What is different.
    pub parts: Vec<Part>,
}

/// What has changed of an object: an attribute, its `class`, `components` or `payload`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which.
    pub name: String,
    /// As it was, as text; nothing where there was none.
    pub before: Option<String>,
    /// As it is.
    pub now: Option<String>,
}

impl Difference {
    /// Returns how many objects were made, changed and removed.
    #[must_use]
    pub fn counts(&self) -> [usize; 3] {
        self.classes.values().fold([0; 3], |[made, changed, removed], class| {
            [made + class.made, changed + class.changed, removed + class.removed]
        })
    }

    /// Returns whether nothing has changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// Compares objects as they were at a moment with what they are now.
    pub(super) fn since(m: &Mutator<'_>, moment: &Frozen<'_>, changed: &[Oid]) -> Difference {
        // Values are compared that nobody may refer to any more.
        let _uncollected = m.suspend_collections();
        let mut difference = Difference::default();
        for object in changed.iter().filter_map(|&oid| m.object(oid)) {
            let (was_stored, is_stored) = (moment.space_of(object).is_some(), object.space().is_some());
            if !was_stored && !is_stored {
                continue;
            }
            let now = Content::of(m, object);
            let before = moment.read(m, object, |object| Content::of(m, object));
            let parts = match (was_stored, is_stored) {
                (true, true) => now.parts_other_than(m, &before),
                (true, false) => Content::default().parts_other_than(m, &before),
                _ => now.parts_other_than(m, &Content::default()),
            };
            if parts.is_empty() && was_stored && is_stored {
                continue;
            }
            let class = if is_stored { now.class } else { before.class };
            let class = class.map(|class| m.text_of(class.into())).unwrap_or_default();
            let class = difference.classes.entry(class).or_default();
            match (was_stored, is_stored) {
                (true, true) => class.changed += 1,
                (true, false) => class.removed += 1,
                _ => class.made += 1,
            }
            if class.samples.len() < SAMPLES {
                let (oid, name) = (object.oid(), m.name_of(object));
                class.samples.push(ObjectDifference { oid, name, was_stored, is_stored, parts });
            }
        }
        difference
    }
}

/// What is in an object. Nothing is collected as long as there is one.
#[derive(Default)]
struct Content {
    class: Option<ObjectRef>,
    attributes: BTreeMap<ObjectRef, Value>,
    components: Vec<Value>,
    payload: Option<PayloadText>,
    superclass: Option<ObjectRef>,
    /// What a class lists.
    listed: Vec<Value>,
    /// The selectors of a class's methods.
    selectors: Vec<ObjectRef>,
}

/// A payload as text: two that differ differ in the whole.
#[derive(PartialEq, Eq)]
struct PayloadText {
    shown: String,
    whole: String,
}

impl Content {
    fn of(m: &Mutator<'_>, object: ObjectRef) -> Content {
        let mut content = Content {
            class: object.class(),
            attributes: object.attributes().collect(),
            components: object.components().collect(),
            ..Content::default()
        };
        object.with_payload(m, |payload| {
            content.payload = payload.map(PayloadText::of);
            if let Some(Payload::ClassInfo(info)) = payload {
                content.superclass = info.superclass;
                content.listed =
                    info.attribute_set.iter().flat_map(|set| SetRef::items(*set)).copied().collect();
                content.selectors = info.methods().iter().map(|(selector, _)| *selector).collect();
            }
        });
        content
    }

    /// Returns what is not as it was.
    fn parts_other_than(&self, m: &Mutator<'_>, before: &Content) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut add = |name: &str, is_same: bool, before: Option<String>, now: Option<String>| {
            if !is_same {
                parts.push(Part { name: name.to_owned(), before, now });
            }
        };
        let name = |class: Option<ObjectRef>| class.map(|class| m.text_of(class.into()));
        let names = |objects: &mut dyn Iterator<Item = Value>| {
            let names: Vec<String> = objects.map(|object| m.text_of(object)).collect();
            (!names.is_empty()).then(|| shortened(&names.join(", ")))
        };
        add("class", self.class == before.class, name(before.class), name(self.class));
        let is_same = self.superclass == before.superclass;
        add("superclass", is_same, name(before.superclass), name(self.superclass));
        let attributes = |content: &Content| names(&mut content.listed.iter().copied());
        add("attributes", self.listed == before.listed, attributes(before), attributes(self));
        let methods = |content: &Content| names(&mut content.selectors.iter().map(|&own| own.into()));
        add("methods", self.selectors == before.selectors, methods(before), methods(self));
        let keys: BTreeSet<ObjectRef> =
            before.attributes.keys().chain(self.attributes.keys()).copied().collect();
        for key in keys {
            let (old, new) = (before.attributes.get(&key), self.attributes.get(&key));
            let text = |value: Option<&Value>| value.map(|value| shown(*value));
            add(&m.text_of(key.into()), old == new, text(old), text(new));
        }
        let is_same = self.components == before.components;
        add("components", is_same, listed(&before.components), listed(&self.components));
        let text = |payload: &Option<PayloadText>| payload.as_ref().map(|payload| payload.shown.clone());
        let is_told = (self.superclass, &self.listed, &self.selectors)
            != (before.superclass, &before.listed, &before.selectors);
        let is_same = self.payload == before.payload || is_told;
        add("payload", is_same, text(&before.payload), text(&self.payload));
        parts
    }
}

impl PayloadText {
    fn of(payload: &Payload) -> PayloadText {
        let (shown, whole) = match payload {
            // Whether it is compiled is no part of a function.
            Payload::Function(function) => {
                (shortened(&function.source), format!("{} {:?}", function.source, function.captured))
            }
            Payload::Symbol(symbol) => (format!("symbol {}", symbol.name), format!("{payload:?}")),
            Payload::ClassInfo(_) => ("class".to_owned(), format!("{payload:?}")),
            _ => {
                let mut count = 0;
                payload.for_each_value(&mut |_| count += 1);
                (format!("{} with {count} values", payload.kind()), format!("{payload:?}"))
            }
        };
        PayloadText { shown, whole }
    }
}

fn listed(components: &[Value]) -> Option<String> {
    let items: Vec<String> = components.iter().map(|value| format!("{value:?}")).collect();
    (!items.is_empty()).then(|| shortened(&format!("[{}]", items.join(", "))))
}

fn shown(value: Value) -> String {
    shortened(&format!("{value:?}"))
}

/// Returns the first line of a text, or as much of it as is shown.
fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None if line.len() < text.len() => format!("{line}…"),
        None => line.to_owned(),
    }
}
