//! Adoption: objects without a space that stored ones can not do without become stored.
//!
//! A class, the key of an attribute, a superclass, a method's selector, the function of a closure, the vector or
//! dictionary that it holds: without them the object that refers to them would be another one. They go into the space
//! of that object. Any other reference to an object without a space is written as one, see [`super::encode`].
//!
//! A closure can not do without the variables that it shares with others either: they are objects of class `variable`
//! which nothing else keeps. Two closures over one variable find the same object after loading.

use std::collections::HashSet;

use rayon::prelude::*;
use rps_runtime::object::Payload;
use rps_runtime::value::{Value, View};
use rps_runtime::{Mutator, ObjectRef, Oid, Runtime, known};

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
    /// Where the closures of stored functions have the call that their `return` ends.
    pub(super) homes: Homes,
}

/// Puts what `stored` objects can not do without into their spaces.
///
/// Of several objects that need the same one, the first in the order of oids gets it: the result is always the same.
pub(super) fn adopt(runtime: &Runtime, m: &Mutator<'_>, stored: &[ObjectRef]) -> Adoption {
    let mut adoption = Adoption::default();
    let mut found: Vec<Found> = stored
        .par_chunks(CHUNK)
        .map(|chunk| runtime.enter(|m| look_at(m, chunk)))
        .filter(|found| !found.needed.is_empty() || !found.homes.is_empty())
        .collect();
    while !found.is_empty() {
        let first = adoption.adopted.len();
        for Found { needed, homes } in found {
            adoption.homes.extend(homes);
            for (object, by) in needed {
                if object.space().is_none() {
                    object.set_space_unchecked(m, Some(by.space().unwrap_or(object)));
                    adoption.adopted.push(object);
                }
            }
        }
        let fresh = &adoption.adopted[first..];
        found = if fresh.is_empty() { Vec::new() } else { vec![look_at(m, fresh)] };
    }
    adoption
}

/// Returns objects that are not stored, and what they could not do without if they were: nothing is adopted.
pub(super) fn with_needs(m: &Mutator<'_>, objects: &[ObjectRef]) -> Vec<ObjectRef> {
    let (mut all, mut seen) = (Vec::new(), HashSet::new());
    let mut fresh: Vec<ObjectRef> = objects.iter().copied().filter(|&object| seen.insert(object)).collect();
    while !fresh.is_empty() {
        let needed = look_at(m, &fresh).needed.into_iter().map(|(needed, _)| needed);
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
    /// As in [`Adoption`].
    homes: Vec<(ObjectRef, usize)>,
}

fn look_at(m: &Mutator<'_>, objects: &[ObjectRef]) -> Found {
    let mut found = Found::default();
    for &object in objects {
        let mut need = |needed: ObjectRef| {
            if needed.space().is_none() && !always_there(needed.oid()) {
                found.needed.push((needed, object));
            }
        };
        needs(object, &mut need);
        if object.has_payload() {
            object.with_payload(m, |payload| {
                let Some(payload) = payload else { return };
                needs_of_payload(payload, &mut need);
                if let Payload::Unknown(_) = payload {
                    kept_values(object).iter().for_each(|&value| needs_in(value, &mut need));
                }
                if let Payload::Function(function) = payload {
                    found.homes.extend(home_of(function).map(|at| (object, at)));
                }
            });
        }
    }
    found
}

/// Calls `need` with everything that an object can not do without, its payload left aside.
fn needs(object: ObjectRef, need: &mut dyn FnMut(ObjectRef)) {
    object.class().into_iter().for_each(&mut *need);
    if let Some(space) = object.space() {
        // A space that is in none itself is in itself from now on.
        need(space);
    }
    for (key, value) in object.attributes() {
        need(key);
        needs_in(value, need);
    }
    for value in object.components() {
        needs_in(value, need);
    }
}

/// Calls `need` with everything that a payload can not do without.
fn needs_of_payload(payload: &Payload, need: &mut dyn FnMut(ObjectRef)) {
    match payload {
        Payload::ClassInfo(info) => {
            info.superclass.into_iter().chain(info.symbol).for_each(&mut *need);
            info.methods().iter().for_each(|&(selector, _)| need(selector));
        }
        Payload::ObjectMap(map) | Payload::Environment(map) => {
            map.bindings.keys().copied().chain(map.parent).for_each(&mut *need);
        }
        Payload::Function(function) => function.class.into_iter().for_each(&mut *need),
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
fn needs_in(value: Value, need: &mut dyn FnMut(ObjectRef)) {
    match value.view() {
        View::Object(object) if object.space().is_none() && is_collection(object) => need(object),
        View::Tuple(tuple) => tuple.items().iter().for_each(|&item| needs_in(item, need)),
        View::Set(set) => set.items().iter().for_each(|&item| needs_in(item, need)),
        View::Closure(closure) => {
            need(closure.function());
            for &item in closure.env() {
                match item.as_object() {
                    Some(object) if is_variable(object) => need(object),
                    _ => needs_in(item, need),
                }
            }
        }
        View::Instance(instance) => {
            need(instance.class());
            for (key, value) in instance.attributes() {
                need(key);
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
