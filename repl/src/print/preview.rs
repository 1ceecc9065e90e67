//! An object with what it holds, in short: what the prompt answers.

use rps_runtime::object::Payload;
use rps_runtime::{Mutator, ObjectRef, RootVec, Value};

use super::object::Members;
use super::tree::Tree;
use super::value::{heading, key_name, print, tree};
use super::{Look, Paint};

/// So many members are shown: `:show` shows more.
const ITEMS: usize = 20;
/// So deep they are shown.
const DEPTH: usize = 3;

/// The brackets that members are shown in.
#[derive(Clone, Copy)]
struct Brackets(&'static str, &'static str);

/// Returns a value as it is printed elsewhere; of a collection, and of an object with attributes, also what it holds.
pub(crate) fn preview(m: &Mutator<'_>, value: Value, look: Look) -> String {
    let Some(object) = value.as_object() else { return print(m, value, look) };
    let Some((Brackets(open, close), labels, values)) = members(m, object) else {
        return print(m, value, look);
    };
    if values.is_empty() && open == "{" {
        return print(m, value, look);
    }
    let mut opening = heading(m, object);
    opening.push((Paint::Plain, format!(" {open}")));
    let inner = Look { items: ITEMS, depth: DEPTH, ..look };
    let shown = labels.into_iter().zip(values.iter()).take(ITEMS);
    let items = shown.map(|(label, &value)| (label, tree(m, value, inner, 1))).collect();
    let hidden = values.len().saturating_sub(ITEMS);
    Tree::Group { open: opening, items, hidden, close }.layout(look, 0, 0)
}

/// Returns the members of a collection or of an object without a payload, with what stands before each.
fn members(m: &Mutator<'_>, object: ObjectRef) -> Option<(Brackets, Vec<String>, RootVec)> {
    let (brackets, labelled) = object.with_payload(m, |payload| match payload {
        None => Some((Brackets("{", "}"), true)),
        Some(Payload::ObjectVector(_) | Payload::ValueVector(_)) => Some((Brackets("[", "]"), false)),
        Some(Payload::Set(_)) => Some((Brackets("{", "}"), false)),
        Some(Payload::StringDictionary(_) | Payload::Dictionary(_)) => Some((Brackets("{", "}"), true)),
        Some(_) => None,
    })?;
    if let Some(Members { labels, values, .. }) = Members::of(m, object) {
        let label = |label: String| if labelled { format!("{label}: ") } else { String::new() };
        return Some((brackets, labels.into_iter().map(label).collect(), values));
    }
    let (mut labels, mut values) = (Vec::new(), m.root_vec());
    let mut attributes = m.root_vec();
    attributes.extend(object.attributes().map(|(_, value)| value));
    let names = object.attributes().map(|(key, _)| key_name(m, key));
    let mut order: Vec<(String, usize)> = names.zip(0..attributes.len()).collect();
    // The order of the object is that of the oids, which means nothing to people.
    order.sort();
    for (name, at) in order {
        labels.push(format!("{name}: "));
        values.push(attributes[at]);
    }
    for value in object.components() {
        labels.push(String::new());
        values.push(value);
    }
    Some((brackets, labels, values))
}

#[cfg(test)]
mod tests {
    use rps_runtime::{Oid, Runtime, known};

    use super::*;

    fn check(fill: impl FnOnce(&Mutator<'_>, ObjectRef), expected: &str) {
        let runtime = Runtime::new();
        runtime.enter(|m| {
            let object = m.object_or_skeleton(Oid::parse("_2nZjMTYKroQ00VmfKc").unwrap());
            object.set_class(m, m.class(known::OBJECT)).unwrap();
            fill(m, object);
            let shown = preview(m, object.into(), Look::default());
            assert_eq!(shown, format!("_2nZjMTYKroQ00VmfKc∈object{expected}"));
        });
    }

    #[test]
    fn objects_are_shown_with_what_they_hold() {
        check(|_, _| {}, "");
        check(
            |m, object| {
                object.put_attribute(m, m.intern("x").unwrap(), Value::int(m, 1)).unwrap();
                object.push_component(m, Value::TRUE);
            },
            " {x: 1, true}",
        );
        check(|m, object| object.set_payload(m, Some(Payload::ValueVector(Vec::new()))), " []");
        let many = |m: &Mutator<'_>| (0..22).map(|n| Value::int(m, n % 7)).collect::<Vec<_>>();
        check(
            |m, object| object.set_payload(m, Some(Payload::ValueVector(many(m)))),
            " [0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, … 2 more]",
        );
    }

    #[test]
    fn a_class_is_not_opened() {
        Runtime::new().enter(|m| {
            let class = m.class(known::CLASS).into();
            assert_eq!(preview(m, class, Look::default()), print(m, class, Look::default()));
        });
    }
}
