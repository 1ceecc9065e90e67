//! Merging three records of one object, part by part.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rps_runtime::Oid;

use super::order;
use super::sequence::{self, sides};
use crate::diff::{Part, pairs};
use crate::native::outline::{Body, Entry, Field, Outline, PayloadOutline, quoted};

/// The fields of payloads, in the order in which they are written.
const FIELD_ORDER: &[&str] = &[
    "name",
    "value",
    "weak",
    "superclass",
    "symbol",
    "attributes",
    "methods",
    "elements",
    "description",
    "parent",
    "bindings",
    "entries",
    "text",
    "indent",
    "low_priority",
    "normal_priority",
    "high_priority",
    "todo",
    "obsolete_delay",
    "source",
    "parameters",
    "captured",
    "class",
    "method",
];

/// Two records that are the same but for what conflicts: there each has what its side has.
#[derive(Debug)]
pub(crate) struct MergedRecord<'t> {
    pub(crate) left: Outline<'t>,
    pub(crate) right: Outline<'t>,
    /// The parts that conflict.
    pub(crate) conflicts: Vec<Part>,
}

/// What comes of a part: a value for either side, the same one where there is no conflict.
type Both<T> = (T, T);

/// Merges the records of an object that both sides changed.
pub(crate) fn merge<'t>(base: &Outline<'t>, ours: &Outline<'t>, theirs: &Outline<'t>) -> MergedRecord<'t> {
    let mut conflicts = Vec::new();
    let class = value(&base.class, &ours.class, &theirs.class);
    note(&mut conflicts, &class, || Part::Class);
    let mtime = later(ours.mtime.as_ref(), theirs.mtime.as_ref());
    let (attributes, keys) = table(&base.attributes, &ours.attributes, &theirs.attributes);
    conflicts.extend(keys.into_iter().map(|key| match Oid::parse(&key) {
        Ok(oid) => Part::Attribute(oid),
        Err(_) => Part::Extra(key),
    }));
    let components = {
        let pieces = sequence::merge(&base.components, &ours.components, &theirs.components);
        let (left, right, conflict) = sides(&pieces);
        if conflict {
            let at = left.iter().zip(&right).take_while(|(a, b)| a == b).count();
            conflicts.push(Part::Component(at));
        }
        (left, right)
    };
    let payload =
        payload(base.payload.as_ref(), ours.payload.as_ref(), theirs.payload.as_ref(), &mut conflicts);
    let (extras, keys) = table(&base.extras, &ours.extras, &theirs.extras);
    conflicts.extend(keys.into_iter().map(Part::Extra));
    let oid = ours.oid;
    MergedRecord {
        left: Outline {
            oid,
            class: class.0,
            mtime: mtime.clone(),
            attributes: attributes.0,
            components: components.0,
            payload: payload.0,
            extras: extras.0,
        },
        right: Outline {
            oid,
            class: class.1,
            mtime,
            attributes: attributes.1,
            components: components.1,
            payload: payload.1,
            extras: extras.1,
        },
        conflicts,
    }
}

/// Returns the later of two times.
pub(crate) fn later<'t>(a: Option<&Cow<'t, str>>, b: Option<&Cow<'t, str>>) -> Option<Cow<'t, str>> {
    let (Some(a), Some(b)) = (a, b) else { return a.or(b).cloned() };
    let hundredths = |text: &str| -> Option<i128> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let decimals: i128 = format!("{decimals:0<2}").parse().ok()?;
        let sign = if whole.starts_with('-') { -1 } else { 1 };
        Some(whole.parse::<i128>().ok()? * 100 + sign * decimals)
    };
    // What is no time comes first.
    Some(if hundredths(b) > hundredths(a) { b.clone() } else { a.clone() })
}

/// Merges something that is a whole.
fn value<T: Clone + PartialEq>(base: &T, ours: &T, theirs: &T) -> Both<T> {
    if ours == theirs || theirs == base {
        (ours.clone(), ours.clone())
    } else if ours == base {
        (theirs.clone(), theirs.clone())
    } else {
        (ours.clone(), theirs.clone())
    }
}

fn note<T: PartialEq>(conflicts: &mut Vec<Part>, both: &Both<T>, part: impl FnOnce() -> Part) {
    if both.0 != both.1 {
        conflicts.push(part());
    }
}

/// Merges tables by their keys. Returns them with the keys that conflict.
fn table<'t>(
    base: &[Entry<'t>],
    ours: &[Entry<'t>],
    theirs: &[Entry<'t>],
) -> (Both<Vec<Entry<'t>>>, Vec<String>) {
    let map = |entries: &[Entry<'t>]| -> BTreeMap<Cow<'t, str>, Cow<'t, str>> {
        entries.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect()
    };
    let (b, o, t) = (map(base), map(ours), map(theirs));
    let keys: BTreeSet<&Cow<'t, str>> = b.keys().chain(o.keys()).chain(t.keys()).collect();
    let (mut left, mut right, mut conflicts) = (Vec::new(), Vec::new(), Vec::new());
    for key in keys {
        let both = value(&b.get(key), &o.get(key), &t.get(key));
        if both.0 != both.1 {
            conflicts.push(key.to_string());
        }
        let entry = |value: &Cow<'t, str>| Entry { key: key.clone(), value: value.clone() };
        left.extend(both.0.map(entry));
        right.extend(both.1.map(entry));
    }
    // Keys are oids, which are sorted as numbers, or names, which are sorted by bytes.
    for entries in [&mut left, &mut right] {
        if entries.iter().all(|entry| Oid::has_shape(&entry.key)) {
            entries.sort_by_cached_key(|entry| Oid::parse(&entry.key).ok());
        }
    }
    ((left, right), conflicts)
}

fn payload<'t>(
    base: Option<&PayloadOutline<'t>>,
    ours: Option<&PayloadOutline<'t>>,
    theirs: Option<&PayloadOutline<'t>>,
    conflicts: &mut Vec<Part>,
) -> Both<Option<PayloadOutline<'t>>> {
    let whole = value(&base, &ours, &theirs);
    if whole.0 == whole.1 {
        return (whole.0.cloned(), whole.1.cloned());
    }
    let (Some(o), Some(t)) = (ours, theirs) else {
        conflicts.push(Part::Kind);
        return (ours.cloned(), theirs.cloned());
    };
    // What belongs together in a payload that nobody here knows can not be told.
    if o.kind != t.kind || o.verbatim.is_some() || t.verbatim.is_some() {
        conflicts.push(Part::Kind);
        return (ours.cloned(), theirs.cloned());
    }
    let nothing = PayloadOutline { kind: o.kind.clone(), fields: Vec::new(), verbatim: None };
    let b = base.filter(|base| base.kind == o.kind).unwrap_or(&nothing);
    // Which attributes and methods the instances of a class have is one thing, whoever changed which part of it.
    let shape =
        |payload: &PayloadOutline<'t>| ["superclass", "attributes"].map(|name| payload.field(name).cloned());
    let shapes = value(&shape(b), &shape(o), &shape(t));
    let is_class_shape = |name: &str| o.kind == "classinfo" && matches!(name, "superclass" | "attributes");
    let names: BTreeSet<&str> =
        [b, o, t].iter().flat_map(|payload| &payload.fields).map(|field| &*field.name).collect();
    let (mut left, mut right) = (nothing.clone(), nothing.clone());
    for name in names {
        let (b, one, other) = (b.field(name), o.field(name), t.field(name));
        let both = if is_class_shape(name) {
            let at = usize::from(name == "attributes");
            let both = (shapes.0[at].clone(), shapes.1[at].clone());
            if shapes.0 != shapes.1 && both.0 != both.1 {
                conflicts.push(Part::Field(name.to_owned()));
            }
            both
        } else {
            field(&o.kind, name, b, one, other, conflicts)
        };
        let field = |body| Field { name: Cow::Owned(name.to_owned()), body };
        left.fields.extend(both.0.map(field));
        right.fields.extend(both.1.map(field));
    }
    for fields in [&mut left.fields, &mut right.fields] {
        let place = |field: &Field<'_>| FIELD_ORDER.iter().position(|name| *name == field.name);
        fields.sort_by_key(|field| place(field).unwrap_or(FIELD_ORDER.len()));
    }
    (Some(left), Some(right))
}

/// Merges a field of a payload by what it is.
fn field<'t>(
    kind: &str,
    name: &str,
    base: Option<&Body<'t>>,
    ours: Option<&Body<'t>>,
    theirs: Option<&Body<'t>>,
    conflicts: &mut Vec<Part>,
) -> Both<Option<Body<'t>>> {
    let whole = value(&base, &ours, &theirs);
    if whole.0 == whole.1 {
        return (whole.0.cloned(), whole.1.cloned());
    }
    let non_empty = |list: Vec<Cow<'t, str>>| (!list.is_empty()).then_some(Body::List(list));
    match (kind, name) {
        ("function", "source") | ("string_buffer", "text") => {
            let lines = |body| text_lines(body).unwrap_or_default();
            let pieces = sequence::merge(&lines(base), &lines(ours), &lines(theirs));
            let (left, right, conflict) = sides(&pieces);
            if conflict {
                conflicts.push(Part::Field(name.to_owned()));
            }
            (text_body(left), text_body(right))
        }
        ("setob", "elements") => {
            let mut merged = set(list(base), list(ours), list(theirs));
            order::sort_texts(&mut merged);
            (non_empty(merged.clone()), non_empty(merged))
        }
        ("dictionary", "entries") => {
            let of = |body| pairs(list(body));
            let (Some(b), Some(o), Some(t)) = (of(base), of(ours), of(theirs)) else {
                conflicts.push(Part::Field(name.to_owned()));
                return (ours.cloned(), theirs.cloned());
            };
            let ((mut left, mut right), keys) = table(&b, &o, &t);
            conflicts.extend(keys.into_iter().map(|key| Part::Entry(name.to_owned(), key)));
            order::sort(&mut left, |entry| &entry.key);
            order::sort(&mut right, |entry| &entry.key);
            (non_empty(unpaired(left)), non_empty(unpaired(right)))
        }
        ("vectob" | "vectval" | "agenda", _) => {
            let (left, right, conflict) = sides(&sequence::merge(list(base), list(ours), list(theirs)));
            if conflict {
                conflicts.push(Part::Element(name.to_owned()));
            }
            (non_empty(left), non_empty(right))
        }
        (_, "methods" | "bindings" | "entries") => {
            let ((left, right), keys) = table(entries(base), entries(ours), entries(theirs));
            conflicts.extend(keys.into_iter().map(|key| Part::Entry(name.to_owned(), key)));
            let body = |table: Vec<Entry<'t>>| (!table.is_empty()).then_some(Body::Table(table));
            (body(left), body(right))
        }
        _ => {
            conflicts.push(Part::Field(name.to_owned()));
            (ours.cloned(), theirs.cloned())
        }
    }
}

/// Returns the elements that are in the merged set: none is in conflict, for it is there or it is not.
fn set<'t>(base: &[Cow<'t, str>], ours: &[Cow<'t, str>], theirs: &[Cow<'t, str>]) -> Vec<Cow<'t, str>> {
    let of = |list: &[Cow<'t, str>]| -> BTreeSet<Cow<'t, str>> { list.iter().cloned().collect() };
    let (b, o, t) = (of(base), of(ours), of(theirs));
    let stays = |element: &Cow<'t, str>| match (o.contains(element), t.contains(element)) {
        (true, true) => true,
        (false, false) => false,
        _ => !b.contains(element),
    };
    let added = theirs.iter().filter(|element| !o.contains(*element));
    ours.iter().chain(added).filter(|element| stays(element)).cloned().collect()
}

fn list<'b, 't>(body: Option<&'b Body<'t>>) -> &'b [Cow<'t, str>] {
    match body {
        Some(Body::List(elements)) => elements,
        _ => &[],
    }
}

fn entries<'b, 't>(body: Option<&'b Body<'t>>) -> &'b [Entry<'t>] {
    match body {
        Some(Body::Table(entries)) => entries,
        _ => &[],
    }
}

fn unpaired(entries: Vec<Entry<'_>>) -> Vec<Cow<'_, str>> {
    entries.into_iter().map(|entry| Cow::Owned(format!("[{},{}]", entry.key, entry.value))).collect()
}

fn text_lines(body: Option<&Body<'_>>) -> Option<Vec<String>> {
    let text = crate::diff::text(body?)?;
    Some(text.split('\n').map(str::to_owned).collect())
}

/// Returns the lines of a text as a dump writes them.
fn text_body<'t>(lines: Vec<String>) -> Option<Body<'t>> {
    let mut quoted: Vec<Cow<'t, str>> = lines.iter().map(|line| Cow::Owned(quoted(line))).collect();
    match quoted.len() {
        0 => None,
        1 => quoted.pop().map(Body::Inline),
        _ => Some(Body::List(quoted)),
    }
}
