//! What a store would lose: objects in no space that a migration has made others refer to.
//!
//! A dump writes the references of kept objects, and not the objects in no space that they lead to. At the prompt that is a
//! warning; in a migration, which nobody watches, it would be data that is gone.

use std::collections::HashSet;

use rps_runtime::value::View;
use rps_runtime::{Mutator, ObjectRef, Oid, RuntimeError, Value, known};

use crate::argument::failed_with_hint;

/// Fails if one of these objects is kept, and refers to an object that no dump would write.
///
/// # Errors
///
/// `migration::lost-object`.
pub(super) fn check(m: &Mutator<'_>, changed: &[Oid]) -> Result<(), RuntimeError> {
    // Values are remembered by their words.
    let _uncollected = m.suspend_collections();
    for object in changed.iter().filter_map(|&oid| m.object(oid)) {
        if object.space().is_none() || object.class().map(ObjectRef::oid) == Some(known::VARIABLE) {
            continue;
        }
        let mut seen = HashSet::new();
        let parts = object.attributes().map(|(key, value)| (Some(key), value));
        for (key, value) in parts.chain(object.components().map(|value| (None, value))) {
            if let Some(lost) = lost_in(m, value, &mut seen) {
                let part = key
                    .map_or_else(|| "a component".to_owned(), |key| format!("`{}`", m.text_of(key.into())));
                let message = format!(
                    "{} refers by {part} to {}, which is in no space: the store would lose it",
                    object.oid(),
                    lost.oid()
                );
                let hint = "`m.keep_with(object, other)` puts an object into the space of another one";
                return Err(failed_with_hint("migration::lost-object", message, hint));
            }
        }
    }
    Ok(())
}

/// Returns an object in no space that a value leads to, through values and through collections, which are dumped with what
/// refers to them.
fn lost_in(m: &Mutator<'_>, value: Value, seen: &mut HashSet<u64>) -> Option<ObjectRef> {
    let mut search = |values: &[Value]| values.iter().find_map(|&value| lost_in(m, value, seen));
    match value.view() {
        View::Tuple(tuple) => search(tuple.items()),
        View::Set(set) => search(set.items()),
        View::Instance(instance) => {
            let values: Vec<Value> = instance.attributes().map(|(_, value)| value).collect();
            search(&values).or_else(|| search(instance.components()))
        }
        View::Object(object) if object.space().is_none() => {
            if !is_collection(object) {
                return (!is_built_in(m, object)).then_some(object);
            }
            if !seen.insert(value.to_bits()) {
                return None;
            }
            let mut values = Vec::new();
            object.with_payload(m, |payload| {
                if let Some(payload) = payload {
                    payload.for_each_value(&mut |value| values.push(value));
                }
            });
            values.into_iter().find_map(|value| lost_in(m, value, seen))
        }
        _ => None,
    }
}

/// Returns whether a dump takes an object along with what refers to it.
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

/// Returns whether every runtime has an object: a class or a function of the library.
fn is_built_in(m: &Mutator<'_>, object: ObjectRef) -> bool {
    known::CLASSES.iter().any(|known| [known.class, known.symbol].contains(&object.oid()))
        || m.native_function(object.oid()).is_some()
}
