//! What differs between two records of one object.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use rps_runtime::Oid;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::native::outline::{Body, Entry, Outline, PayloadOutline};

/// What became of a part of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which part.
    pub part: Part,
    /// What became of it.
    pub edit: Edit,
}

/// A part of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The object's class.
    Class,
    /// When it last changed.
    Mtime,
    /// An attribute.
    Attribute(Oid),
    /// A component, by its index; of one that is gone, the index that it had.
    Component(usize),
    /// The kind of the payload.
    Kind,
    /// A field of the payload.
    Field(String),
    /// An entry of a table or dictionary in a field of the payload, by its key as it is written.
    Entry(String, String),
    /// An element of a set or list in a field of the payload.
    Element(String),
    /// A member that this version does not know.
    Extra(String),
    /// The record as a whole: it can not be taken apart.
    Record,
}

/// What became of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// A value, as it is written, was added, removed or replaced.
    Value {
        /// What was there.
        before: Option<String>,
        /// What is there.
        after: Option<String>,
    },
    /// A text of lines was added, removed or replaced.
    Text {
        /// What was there.
        before: Option<String>,
        /// What is there.
        after: Option<String>,
    },
}

/// Returns what differs between two records, as far as they can be taken apart. Without a record, all of the other one
/// was added or removed.
pub(crate) fn changes(before: Option<&str>, after: Option<&str>) -> Vec<Change> {
    let outlines = (before.map(Outline::read), after.map(Outline::read));
    match outlines {
        (Some(Err(_)), _) | (_, Some(Err(_))) => {
            let text = |text: Option<&str>| text.map(str::to_owned);
            let edit = Edit::Text { before: text(before), after: text(after) };
            vec![Change { part: Part::Record, edit }]
        }
        (before, after) => {
            let (before, after) = (before.and_then(Result::ok), after.and_then(Result::ok));
            outline_changes(before.as_ref(), after.as_ref())
        }
    }
}

fn outline_changes(before: Option<&Outline<'_>>, after: Option<&Outline<'_>>) -> Vec<Change> {
    // What is not there has no parts.
    let nothing = Outline::default();
    let (old, new) = (before.unwrap_or(&nothing), after.unwrap_or(&nothing));
    let mut out = Changes(Vec::new());
    out.value(Part::Class, old.class.as_deref(), new.class.as_deref());
    out.value(Part::Mtime, old.mtime.as_deref(), new.mtime.as_deref());
    out.table(&old.attributes, &new.attributes, |key| match Oid::parse(key) {
        Ok(oid) => Part::Attribute(oid),
        Err(_) => Part::Extra(key.to_owned()),
    });
    out.sequence(&old.components, &new.components, Part::Component);
    out.payload(old.payload.as_ref(), new.payload.as_ref());
    out.table(&old.extras, &new.extras, |key| Part::Extra(key.to_owned()));
    out.0
}

struct Changes(Vec<Change>);

impl Changes {
    fn value(&mut self, part: Part, before: Option<&str>, after: Option<&str>) {
        if before != after {
            let edit = Edit::Value { before: before.map(str::to_owned), after: after.map(str::to_owned) };
            self.0.push(Change { part, edit });
        }
    }

    /// Compares tables by their keys, in the order of the tables.
    fn table(&mut self, before: &[Entry<'_>], after: &[Entry<'_>], part: impl Fn(&str) -> Part) {
        let values: HashMap<&str, &str> = before.iter().map(|entry| (&*entry.key, &*entry.value)).collect();
        let kept: HashSet<&str> = after.iter().map(|entry| &*entry.key).collect();
        for entry in after {
            self.value(part(&entry.key), values.get(&*entry.key).copied(), Some(&entry.value));
        }
        for entry in before.iter().filter(|entry| !kept.contains(&*entry.key)) {
            self.value(part(&entry.key), Some(&entry.value), None);
        }
    }

    fn sequence(&mut self, before: &[Cow<'_, str>], after: &[Cow<'_, str>], part: impl Fn(usize) -> Part) {
        for op in capture_diff_slices(Algorithm::Myers, before, after) {
            if matches!(op, DiffOp::Equal { .. }) {
                continue;
            }
            let (old, new) = (op.old_range(), op.new_range());
            for offset in 0..old.len().max(new.len()) {
                let (old_at, new_at) = (old.start + offset, new.start + offset);
                let removed = (old_at < old.end).then(|| &*before[old_at]);
                let added = (new_at < new.end).then(|| &*after[new_at]);
                self.value(part(if added.is_some() { new_at } else { old_at }), removed, added);
            }
        }
    }

    /// Compares sets: the order of the elements says nothing.
    fn set(&mut self, before: &[Cow<'_, str>], after: &[Cow<'_, str>], part: impl Fn() -> Part) {
        let (old, new): (BTreeSet<_>, BTreeSet<_>) = (before.iter().collect(), after.iter().collect());
        for element in before.iter().filter(|element| !new.contains(element)) {
            self.value(part(), Some(element), None);
        }
        for element in after.iter().filter(|element| !old.contains(element)) {
            self.value(part(), None, Some(element));
        }
    }

    fn payload(&mut self, before: Option<&PayloadOutline<'_>>, after: Option<&PayloadOutline<'_>>) {
        let kind = |payload: Option<&PayloadOutline<'_>>| payload.map(|payload| payload.kind.to_string());
        let (old_kind, new_kind) = (kind(before), kind(after));
        self.value(Part::Kind, old_kind.as_deref(), new_kind.as_deref());
        let same = old_kind == new_kind;
        let of_before = before.map_or(&[][..], |payload| &payload.fields);
        let of_after = after.map_or(&[][..], |payload| &payload.fields);
        for field in of_after {
            let old = of_before.iter().find(|old| same && old.name == field.name);
            self.field(&field.name, after, old.map(|old| &old.body), Some(&field.body));
        }
        for field in of_before {
            if !same || !of_after.iter().any(|new| new.name == field.name) {
                self.field(&field.name, before, Some(&field.body), None);
            }
        }
    }

    fn field(
        &mut self,
        name: &str,
        payload: Option<&PayloadOutline<'_>>,
        before: Option<&Body<'_>>,
        after: Option<&Body<'_>>,
    ) {
        let kind = payload.map_or("", |payload| &payload.kind);
        if is_text(kind, name) {
            let (old, new) = (before.and_then(text), after.and_then(text));
            if old != new {
                let edit = Edit::Text { before: old, after: new };
                self.0.push(Change { part: Part::Field(name.to_owned()), edit });
            }
            return;
        }
        let in_field = || Part::Element(name.to_owned());
        let entry = |key: &str| Part::Entry(name.to_owned(), key.to_owned());
        match (before, after) {
            (None | Some(Body::Table(_)), None | Some(Body::Table(_))) => {
                self.table(entries(before), entries(after), entry);
            }
            (None | Some(Body::List(_)), None | Some(Body::List(_))) if kind == "dictionary" => {
                match (pairs(list(before)), pairs(list(after))) {
                    (Some(before), Some(after)) => self.table(&before, &after, entry),
                    _ => self.sequence(list(before), list(after), |_| in_field()),
                }
            }
            (None | Some(Body::List(_)), None | Some(Body::List(_))) if kind == "setob" => {
                self.set(list(before), list(after), in_field);
            }
            (None | Some(Body::List(_)), None | Some(Body::List(_))) => {
                self.sequence(list(before), list(after), |_| in_field());
            }
            _ => {
                let (old, new) = (before.map(joined), after.map(joined));
                self.value(Part::Field(name.to_owned()), old.as_deref(), new.as_deref());
            }
        }
    }
}

fn entries<'b, 't>(body: Option<&'b Body<'t>>) -> &'b [Entry<'t>] {
    match body {
        Some(Body::Table(entries)) => entries,
        _ => &[],
    }
}

fn list<'b, 't>(body: Option<&'b Body<'t>>) -> &'b [Cow<'t, str>] {
    match body {
        Some(Body::List(elements)) => elements,
        _ => &[],
    }
}

/// Returns a field on one line.
fn joined(body: &Body<'_>) -> String {
    match body {
        Body::Inline(value) => value.to_string(),
        Body::List(values) => format!("[{}]", values.join(",")),
        Body::Table(entries) => {
            let entry =
                |entry: &Entry<'_>| format!("{}:{}", crate::native::outline::quoted(&entry.key), entry.value);
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(","))
        }
    }
}

/// Returns whether a field is a text that people read line by line.
pub(crate) fn is_text(kind: &str, field: &str) -> bool {
    matches!((kind, field), ("function", "source") | ("string_buffer", "text"))
}

/// Returns the text in a field.
pub(crate) fn text(body: &Body<'_>) -> Option<String> {
    let line = |line: &str| serde_json::from_str::<String>(line).ok();
    match body {
        Body::Inline(text) => line(text),
        Body::List(lines) => {
            lines.iter().map(|text| line(text)).collect::<Option<Vec<_>>>().map(|lines| lines.join("\n"))
        }
        Body::Table(_) => None,
    }
}

/// Returns the entries of a dictionary that is written as a list of pairs.
pub(crate) fn pairs<'t>(list: &[Cow<'t, str>]) -> Option<Vec<Entry<'t>>> {
    let pair = |text: &Cow<'t, str>| {
        let parts = crate::native::outline::elements(text).filter(|parts| parts.len() == 2)?;
        Some(Entry { key: Cow::Owned(parts[0].to_string()), value: Cow::Owned(parts[1].to_string()) })
    };
    list.iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(class: &str, body: &str) -> String {
        format!("{{\"oid\":\"_0cSUtWqTYdZ00mjeNx\",\"class\":\"{class}\"\n,\"mtime\":1.00{body}\n}}")
    }

    const CLASS: &str = "_5yhJGgxLwLp00X0xEQ";

    #[test]
    fn every_part_is_compared_by_itself() {
        let before = record(
            CLASS,
            "\n,\"attributes\":{\n \"_1EBVGSfW2m200z18rx\":\"a\"\n,\"_64aLLlJEHskr3ObumV\":3\n}\n,\"components\":[\n 1\n,2\n]",
        );
        let after = record(
            CLASS,
            "\n,\"attributes\":{\n \"_1EBVGSfW2m200z18rx\":\"b\"\n}\n,\"components\":[\n 1\n,5\n,2\n]",
        );
        let found: Vec<String> = changes(Some(&before), Some(&after))
            .into_iter()
            .map(|change| match change.edit {
                Edit::Value { before, after } => {
                    format!(
                        "{:?} {} -> {}",
                        change.part,
                        before.unwrap_or_default(),
                        after.unwrap_or_default()
                    )
                }
                Edit::Text { .. } => panic!("no text here"),
            })
            .collect();
        assert_eq!(
            found,
            [
                "Attribute(_1EBVGSfW2m200z18rx) \"a\" -> \"b\"",
                "Attribute(_64aLLlJEHskr3ObumV) 3 -> ",
                "Component(1)  -> 5",
            ]
        );
    }

    #[test]
    fn a_set_is_compared_by_element_and_a_source_by_text() {
        let set = |elements: &str| {
            record(CLASS, &format!("\n,\"payload\":{{\"kind\":\"setob\"\n,\"elements\":[{elements}\n]\n}}"))
        };
        let found = changes(Some(&set("\n 1\n,2")), Some(&set("\n 2\n,3")));
        assert!(found.iter().all(|change| change.part == Part::Element("elements".into())), "{found:?}");
        assert_eq!(found.len(), 2);
        let source = |lines: &str| {
            record(CLASS, &format!("\n,\"payload\":{{\"kind\":\"function\"\n,\"source\":{lines}\n}}"))
        };
        let found = changes(Some(&source("\"|x| x\"")), Some(&source("[\n \"|x| {\"\n,\"x }\"\n]")));
        let edit = Edit::Text { before: Some("|x| x".into()), after: Some("|x| {\nx }".into()) };
        assert_eq!(found, [Change { part: Part::Field("source".into()), edit }]);
    }

    #[test]
    fn what_can_not_be_taken_apart_is_compared_as_text() {
        let found = changes(Some("{\"oid\":x}"), Some(&record(CLASS, "")));
        assert_eq!(found[0].part, Part::Record);
        assert_eq!(found.len(), 1);
    }
}
