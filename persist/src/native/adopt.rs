//! Adoption: objects without a space that stored ones can not do without become stored.
//!
//! A class, the key of an attribute, a superclass, a method's selector, the function of a closure, the vector or
//! dictionary that it holds: without them the object that refers to them would be another one. They go into the space
//! of that object. Any other reference to an object without a space is written as one, see [`super::encode`].
//!
//! A closure can not do without the variables that it shares with others either: they are objects of class `variable`
//! which nothing else keeps. Two closures over one variable find the same object after loading.

use std::collections::{BTreeSet, HashSet};

use rps_runtime::change::Frozen;
use rps_runtime::object::Payload;
use rps_runtime::value::{Value, View};
use rps_runtime::{Mutator, ObjectRef, Oid, known};

use super::aside::by_chunks;
use super::encode::{Homes, always_there};
use super::foreign::kept_values;
use super::function::home_of;

/// So many objects are looked at by one thread at a time.
const CHUNK: usize = 4096;

/// What adoption found.
#[derive(Default)]
pub(super) struct Adoption {
    /// The objects that became stored.
    pub(super) adopted: Vec<ObjectRef>,
    /// Where the closures in what was looked at have the call that their `return` ends.
    pub(super) homes: Homes,
}

/// Puts what some stored objects can not do without into their spaces, in the view and in the graph.
///
/// Of several objects that need the same one, the first in the order of oids gets it: the result is always the same.
pub(super) fn adopt(m: &Mutator<'_>, frozen: &Frozen<'_>, stored: &[ObjectRef]) -> Adoption {
    let mut adoption = Adoption::default();
    let mut functions = BTreeSet::new();
    let mut found = by_chunks(m, stored, CHUNK, |m, chunk| look_at(m, frozen, chunk));
    found.retain(|found| !found.needed.is_empty() || !found.functions.is_empty());
    while !found.is_empty() {
        let first = adoption.adopted.len();
        for Found { needed, functions: used } in found {
            functions.extend(used);
            for (object, by) in needed {
                if frozen.space_of(object).is_none() {
                    frozen.adopt(m, object, frozen.space_of(by).unwrap_or(object));
                    adoption.adopted.push(object);
                }
            }
        }
        let fresh = &adoption.adopted[first..];
        found = if fresh.is_empty() { Vec::new() } else { vec![look_at(m, frozen, fresh)] };
    }
    adoption
        .homes
        .extend(functions.into_iter().filter_map(|function| Some((function, home(m, frozen, function)?))));
    adoption
}

/// Returns objects that are not stored, and what they could not do without if they were: nothing is adopted.
pub(super) fn with_needs(m: &Mutator<'_>, frozen: &Frozen<'_>, objects: &[ObjectRef]) -> Vec<ObjectRef> {
    let (mut all, mut seen) = (Vec::new(), HashSet::new());
    let mut fresh: Vec<ObjectRef> = objects.iter().copied().filter(|&object| seen.insert(object)).collect();
    while !fresh.is_empty() {
        let needed = look_at(m, frozen, &fresh).needed.into_iter().map(|(needed, _)| needed);
        let needed = needed.filter(|&needed| seen.insert(needed)).collect();
        all.append(&mut fresh);
        fresh = needed;
    }
    all
}

/// What some objects need.
#[derive(Default)]
struct Found {
    /// Objects without a space, each with one that needs it.
    needed: Vec<(ObjectRef, ObjectRef)>,
    /// The functions of their closures.
    functions: BTreeSet<ObjectRef>,
}

fn look_at(m: &Mutator<'_>, frozen: &Frozen<'_>, objects: &[ObjectRef]) -> Found {
    let mut found = Found::default();
    let mut used = Vec::new();
    for &object in objects {
        m.safepoint();
        let start = found.needed.len();
        frozen.read(m, object, |state| {
            // Called once more if the object changes meanwhile.
            found.needed.truncate(start);
            used.clear();
            let mut need = |need: Need| match need {
                Need::Object(needed) if frozen.space_of(needed).is_none() && !always_there(needed.oid()) => {
                    found.needed.push((needed, object));
                }
                Need::Object(_) => {}
                Need::Function(function) => used.push(function),
            };
            needs(state, &mut need);
            if state.has_payload() {
                state.with_payload(m, |payload| {
                    let Some(payload) = payload else { return };
                    needs_of_payload(payload, &mut need);
                    if let Payload::Unknown(_) = payload {
                        kept_values(state).iter().for_each(|&value| needs_in(value, &mut need));
                    }
                });
            }
        });
        found.functions.extend(used.drain(..));
    }
    found
}

/// Returns where the closures of a function have the call that their `return` ends.
pub(super) fn home(m: &Mutator<'_>, frozen: &Frozen<'_>, function: ObjectRef) -> Option<usize> {
    frozen.read(m, function, |function| {
        function.with_payload(m, |payload| match payload {
            Some(Payload::Function(function)) => home_of(function),
            _ => None,
        })
    })
}

/// What an object has to do with another one.
enum Need {
    /// It can not do without it, if it is as transient as it looks.
    Object(ObjectRef),
    /// It has a closure of it.
    Function(ObjectRef),
}

/// Calls `need` with everything that an object can not do without, its payload left aside.
fn needs(object: ObjectRef, need: &mut dyn FnMut(Need)) {
    object.class().into_iter().for_each(|class| need(Need::Object(class)));
    if let Some(space) = object.space() {
        // A space that is in none itself is in itself from now on.
        need(Need::Object(space));
    }
    for (key, value) in object.attributes() {
        need(Need::Object(key));
        needs_in(value, need);
    }
    for value in object.components() {
        needs_in(value, need);
    }
}

/// Calls `need` with everything that a payload can not do without.
fn needs_of_payload(payload: &Payload, need: &mut dyn FnMut(Need)) {
    match payload {
        Payload::ClassInfo(info) => {
            info.superclass.into_iter().chain(info.symbol).for_each(|needed| need(Need::Object(needed)));
            info.methods().iter().for_each(|&(selector, _)| need(Need::Object(selector)));
        }
        Payload::ObjectMap(map) | Payload::Environment(map) => {
            map.bindings.keys().copied().chain(map.parent).for_each(|needed| need(Need::Object(needed)));
        }
        Payload::Function(function) => function.class.into_iter().for_each(|class| need(Need::Object(class))),
        _ => {}
    }
    payload.for_each_value(&mut |value| needs_in(value, need));
}

/// Returns whether an object is a collection as the language makes them: a part of what refers to it, that nobody gave a
/// space because nobody thinks of it as an object of its own.
fn is_collection(object: ObjectRef) -> bool {
    const CLASSES: [Oid; 6] = [
        known::VALUE_VECTOR,
        known::OBJECT_VECTOR,
        known::DICTIONARY,
        known::STRING_DICTIONARY,
        known::MUTABLE_SET,
        known::STRING_BUFFER,
    ];
    object.class().is_some_and(|class| CLASSES.contains(&class.oid()))
}

/// Calls `need` with everything that the parts of a value can not do without.
fn needs_in(value: Value, need: &mut dyn FnMut(Need)) {
    match value.view() {
        View::Object(object) if is_collection(object) => need(Need::Object(object)),
        View::Tuple(tuple) => tuple.items().iter().for_each(|&item| needs_in(item, need)),
        View::Set(set) => set.items().iter().for_each(|&item| needs_in(item, need)),
        View::Closure(closure) => {
            need(Need::Object(closure.function()));
            need(Need::Function(closure.function()));
            for &item in closure.env() {
                match item.as_object() {
                    Some(object) if is_variable(object) => need(Need::Object(object)),
                    _ => needs_in(item, need),
                }
            }
        }
        View::Instance(instance) => {
            need(Need::Object(instance.class()));
            for (key, value) in instance.attributes() {
                need(Need::Object(key));
                needs_in(value, need);
            }
            instance.components().iter().for_each(|&item| needs_in(item, need));
        }
        _ => {}
    }
}

fn is_variable(object: ObjectRef) -> bool {
    object.class().is_some_and(|class| class.oid() == known::VARIABLE)
}
