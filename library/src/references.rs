//! Who refers to an object.

use std::collections::HashSet;

use rps_runtime::code::operate::object;
use rps_runtime::object::Payload;
use rps_runtime::value::View;
use rps_runtime::{Mutator, ObjectRef, RuntimeError, Value};

use crate::elements::new_tuple;

/// Returns the objects in memory that refer to the one that the value is: by class or space, attribute, component or
/// payload, in themselves or in a value.
pub(crate) fn references(m: &Mutator<'_>, value: Value) -> Result<Value, RuntimeError> {
    let target = object(m, "what is referred to", value)?;
    // Values are remembered by their words, and without a collection no word becomes that of another one.
    let _uncollected = m.suspend_collections();
    let objects = m.all_objects();
    let mut search = Search { target, without: HashSet::new() };
    let mut found = m.root_vec();
    for &value in objects.iter() {
        m.check_interrupt()?;
        if value.as_object().is_some_and(|object| search.is_in_object(m, object)) {
            found.push(value);
        }
    }
    new_tuple(m, &found)
}

struct Search {
    target: ObjectRef,
    /// Values in which the target is not: parts that are shared would else be searched once for each way to them.
    without: HashSet<u64>,
}

impl Search {
    fn is_in_object(&mut self, m: &Mutator<'_>, object: ObjectRef) -> bool {
        let of_itself = [object.class(), object.space()].into_iter().flatten().any(|own| own == self.target);
        of_itself
            || object.attributes().any(|(key, value)| key == self.target || self.is_in(value))
            || object.components().any(|value| self.is_in(value))
            || object.with_payload(m, |payload| payload.is_some_and(|payload| self.is_in_payload(payload)))
    }

    fn is_in_payload(&mut self, payload: &Payload) -> bool {
        let mut found = false;
        payload.for_each_value(&mut |value| found = found || self.is_in(value));
        found
    }

    fn is_in(&mut self, value: Value) -> bool {
        if let Some(object) = value.as_object() {
            return object == self.target;
        }
        if self.without.contains(&value.to_bits()) {
            return false;
        }
        let found = match value.view() {
            View::Tuple(tuple) => self.is_among(tuple.items()),
            View::Set(set) => self.is_among(set.items()),
            View::Closure(closure) => closure.function() == self.target || self.is_among(closure.env()),
            View::Instance(instance) => {
                instance.class() == self.target
                    || instance.attributes().any(|(key, value)| key == self.target || self.is_in(value))
                    || self.is_among(instance.components())
            }
            _ => return false,
        };
        if !found {
            self.without.insert(value.to_bits());
        }
        found
    }

    fn is_among(&mut self, values: &[Value]) -> bool {
        values.iter().any(|&value| self.is_in(value))
    }
}
