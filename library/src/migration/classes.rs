//! What migrations do to the classes of objects.

use rps_runtime::object::Payload;
use rps_runtime::{Mutator, ObjectRef, RuntimeError, Value};

use super::each::{class, for_each, instances};
use crate::argument::failed_with_hint;
use crate::topic::Entry;

pub(super) const EACH: Entry = (
    "each(class, f)",
    |m, _, arguments| {
        let class = class(m, "the class", arguments[0])?;
        for_each(m, &instances(m, class, false), |object| {
            m.apply(arguments[1], Value::NIL, &[object.into()])?;
            Ok(true)
        })
    },
    "Calls a function with all instances of a class, and of those below it, in the order of their oids; gives how many \
     there are. What goes wrong tells with which of them.",
);

pub(super) const CHANGE_CLASS: Entry = (
    "change_class(object, class)",
    |m, _, arguments| {
        let object = rps_runtime::code::operate::object(m, "what changes its class", arguments[0])?;
        let class = class(m, "the new class", arguments[1])?;
        Ok(change(m, object, class)?.into())
    },
    "Makes an object an instance of another class, and gives whether it was none. Attributes, components and references stay.",
);

pub(super) const CHANGE_CLASS_OF_ALL: Entry = (
    "change_class_of_all(class, other, [f])",
    |m, _, arguments| {
        crate::argument::arity("change_class_of_all", arguments, 2..=3)?;
        let (old, new) = (class(m, "the class", arguments[0])?, class(m, "the new class", arguments[1])?);
        for_each(m, &instances(m, old, true), |object| {
            if let Some(is_meant) = crate::argument::optional(arguments, 2)
                && !m.apply(is_meant, Value::NIL, &[object.into()])?.is_truthy()
            {
                return Ok(false);
            }
            change(m, object, new)
        })
    },
    "Makes all objects of a class, without those below it, instances of another one, or those for which a function gives a \
     true value; gives how many.",
);

pub(super) const KEEP_WITH: Entry = (
    "keep_with(object, other)",
    |m, _, arguments| {
        let object = rps_runtime::code::operate::object(m, "what is kept", arguments[0])?;
        let other = rps_runtime::code::operate::object(m, "what it is kept with", arguments[1])?;
        if object.space().is_none() {
            object.set_space(m, other.space());
        }
        Ok(object.into())
    },
    "Puts an object that is in no space into that of another one, so that it is dumped with it; gives the object.",
);

fn change(m: &Mutator<'_>, object: ObjectRef, class: ObjectRef) -> Result<bool, RuntimeError> {
    if object.class() == Some(class) {
        return Ok(false);
    }
    // What a new instance would have is what the methods of the class expect.
    let expected = m.new_instance(class)?;
    let kind = |object: ObjectRef| object.with_payload(m, |payload| payload.map(|own| own.kind().to_owned()));
    match (kind(object), kind(expected)) {
        (None, Some(_)) => {
            let _uncollected = m.suspend_collections();
            let payload = take_payload(m, expected);
            object.set_payload(m, payload);
        }
        (Some(own), Some(expected)) if own != expected => {
            let name = m.text_of(class.into());
            let message = format!(
                "the object {} has a payload `{own}`, and instances of `{name}` have `{expected}`",
                object.oid()
            );
            let hint = "`convert_payload(object, f)` gives it the payload of what f makes of it";
            return Err(failed_with_hint("migration::payload-differs", message, hint));
        }
        _ => {}
    }
    object.set_class(m, class)?;
    Ok(true)
}

/// Takes the payload out of an object that nobody else has. Nothing is collected until it has its new place.
pub(super) fn take_payload(m: &Mutator<'_>, object: ObjectRef) -> Option<Payload> {
    let taken = object.update_payload(m, |payload| {
        payload.map(|payload| std::mem::replace(payload, Payload::Marker("moved")))
    });
    object.install_payload(m, None);
    taken
}
