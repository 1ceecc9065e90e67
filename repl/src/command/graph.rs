//! The graph of objects: what refers to what, and how.

use std::collections::HashMap;

use rps_runtime::object::{ObjectRef, Payload};
use rps_runtime::value::View;
use rps_runtime::{Mutator, RootVec, Value};

use crate::print::value::key_name;

/// How an object refers to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    Class,
    Space,
    /// It is the key of an attribute.
    Key,
    Attribute(ObjectRef),
    Component(usize),
    Payload,
}

impl Edge {
    /// Returns the edge as people read it.
    pub(super) fn describe(self, m: &Mutator<'_>) -> String {
        match self {
            Edge::Class => "class".to_owned(),
            Edge::Space => "space".to_owned(),
            Edge::Key => "has an attribute of that name".to_owned(),
            Edge::Attribute(key) => format!(".{}", key_name(m, key)),
            Edge::Component(index) => format!("[{index}]"),
            Edge::Payload => "payload".to_owned(),
        }
    }
}

/// Calls `f` with every object that one refers to, also from inside tuples, sets and the like.
pub(super) fn references(m: &Mutator<'_>, object: ObjectRef, f: &mut dyn FnMut(Edge, ObjectRef)) {
    if let Some(class) = object.class() {
        f(Edge::Class, class);
    }
    if let Some(space) = object.space() {
        f(Edge::Space, space);
    }
    for (key, value) in object.attributes() {
        f(Edge::Key, key);
        inside(value, &mut |target| f(Edge::Attribute(key), target));
    }
    for (index, value) in object.components().enumerate() {
        inside(value, &mut |target| f(Edge::Component(index), target));
    }
    object.with_payload(m, |payload| {
        if let Some(payload) = payload {
            Payload::for_each_value(payload, &mut |value| {
                inside(value, &mut |target| f(Edge::Payload, target));
            });
        }
    });
}

/// Returns whether an object refers to another.
pub(super) fn refers(m: &Mutator<'_>, from: ObjectRef, to: ObjectRef) -> bool {
    let mut found = false;
    references(m, from, &mut |_, target| found |= target == to);
    found
}

/// Returns the shortest path from one of the `sources`, which are in order, to an object: each object with the edge
/// that leads to it, and the index of the source.
pub(super) fn shortest_path(
    m: &Mutator<'_>,
    sources: &[ObjectRef],
    target: ObjectRef,
) -> Option<(usize, Vec<(Edge, ObjectRef)>)> {
    // All objects that are reached are kept here: the map holds plain references.
    let mut queue: RootVec = m.root_vec();
    let mut reached: HashMap<ObjectRef, Origin> = HashMap::new();
    for (index, &source) in sources.iter().enumerate() {
        if let std::collections::hash_map::Entry::Vacant(entry) = reached.entry(source) {
            entry.insert(Origin::Source(index));
            queue.push(source.into());
        }
    }
    let mut next = 0;
    while !reached.contains_key(&target) {
        let object = queue.get(next).copied().and_then(Value::as_object)?;
        next += 1;
        references(m, object, &mut |edge, found| {
            reached.entry(found).or_insert_with(|| {
                queue.push(found.into());
                Origin::Edge(edge, object)
            });
        });
    }
    let (mut path, mut at) = (Vec::new(), target);
    loop {
        match reached.get(&at)? {
            Origin::Source(index) => {
                path.reverse();
                return Some((*index, path));
            }
            Origin::Edge(edge, from) => {
                path.push((*edge, at));
                at = *from;
            }
        }
    }
}

/// Where an object was reached from.
#[derive(Clone, Copy)]
enum Origin {
    Source(usize),
    Edge(Edge, ObjectRef),
}

/// Calls `f` with the objects in a value. Values nest no deeper than the runtime allows, so this may recurse.
pub(super) fn inside(value: Value, f: &mut dyn FnMut(ObjectRef)) {
    let mut all = |items: &[Value]| items.iter().for_each(|&item| inside(item, f));
    match value.view() {
        View::Object(object) => f(object),
        View::Tuple(tuple) => all(tuple.items()),
        View::Set(set) => all(set.items()),
        View::Json(json) => all(json.items()),
        View::Closure(closure) => {
            all(closure.env());
            f(closure.function());
            closure.meta().into_iter().for_each(|(meta, _)| f(meta));
        }
        View::Instance(instance) => {
            all(instance.components());
            for (key, value) in instance.attributes() {
                f(key);
                inside(value, f);
            }
            f(instance.class());
            instance.meta().into_iter().for_each(|(meta, _)| f(meta));
        }
        View::Nil | View::Bool(_) | View::Int(_) | View::BigInt(_) | View::Double(_) | View::String(_) => {}
    }
}
