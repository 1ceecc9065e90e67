//! Adoption: objects without a space that stored ones can not do without become stored.
//!
//! A class, the key of an attribute, a superclass, a method's selector, the function of a closure: without them the
//! object that refers to them would be another one. They go into the space of that object. Any other reference to an
//! object without a space is written as one, see [`super::encode`].

use rayon::prelude::*;
use rps_runtime::object::Payload;
use rps_runtime::value::{Value, View};
use rps_runtime::{Mutator, ObjectRef, Runtime};

use super::encode::always_there;

/// So many objects are looked at by one thread at a time.
const CHUNK: usize = 4096;

/// Puts what `stored` objects can not do without into their spaces, and returns how many objects that were.
///
/// Of several objects that need the same one, the first in the order of oids gets it: the result is always the same.
pub(super) fn adopt(runtime: &Runtime, m: &Mutator<'_>, stored: &[ObjectRef]) -> usize {
    let mut needed: Vec<(ObjectRef, ObjectRef)> =
        stored.par_chunks(CHUNK).flat_map_iter(|chunk| runtime.enter(|m| needs_of(m, chunk))).collect();
    let mut adopted = 0;
    while !needed.is_empty() {
        let mut fresh = Vec::new();
        for (object, by) in needed {
            if object.space().is_none() {
                object.set_space_unchecked(m, Some(by.space().unwrap_or(object)));
                fresh.push(object);
            }
        }
        adopted += fresh.len();
        needed = needs_of(m, &fresh);
    }
    adopted
}

/// Returns the objects without a space that these need, each with the one that needs it.
fn needs_of(m: &Mutator<'_>, objects: &[ObjectRef]) -> Vec<(ObjectRef, ObjectRef)> {
    let mut found = Vec::new();
    for &object in objects {
        needs(m, object, &mut |needed| {
            if needed.space().is_none() && !always_there(needed.oid()) {
                found.push((needed, object));
            }
        });
    }
    found
}

/// Calls `need` with everything that an object can not do without.
fn needs(m: &Mutator<'_>, object: ObjectRef, need: &mut dyn FnMut(ObjectRef)) {
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
    if !object.has_payload() {
        return;
    }
    object.with_payload(m, |payload| {
        let Some(payload) = payload else { return };
        match payload {
            Payload::ClassInfo(info) => {
                info.superclass.into_iter().chain(info.symbol).for_each(&mut *need);
                info.methods().iter().for_each(|&(selector, _)| need(selector));
            }
            Payload::ObjectMap(map) | Payload::Environment(map) => {
                map.bindings.keys().copied().chain(map.parent).for_each(&mut *need);
            }
            _ => {}
        }
        payload.for_each_value(&mut |value| needs_in(value, need));
    });
}

/// Calls `need` with everything that the parts of a value can not do without.
fn needs_in(value: Value, need: &mut dyn FnMut(ObjectRef)) {
    match value.view() {
        View::Tuple(tuple) => tuple.items().iter().for_each(|&item| needs_in(item, need)),
        View::Set(set) => set.items().iter().for_each(|&item| needs_in(item, need)),
        View::Closure(closure) => {
            need(closure.function());
            closure.env().iter().for_each(|&item| needs_in(item, need));
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
