//! What migrations do to attributes: renamed, given to those that lack it, converted, taken away, moved into an object of
//! their own.

use rps_runtime::object::Payload;
use rps_runtime::value::{SetRef, number};
use rps_runtime::{Mutator, ObjectRef, RuntimeError, Value};

use super::each::{class, for_each, instances};
use crate::argument::failed_with_hint;
use crate::elements::elements;
use crate::topic::Entry;

pub(super) const RENAME_ATTRIBUTE: Entry = (
    "rename_attribute(class, old, new)",
    |m, _, arguments| {
        let class = class(m, "the class", arguments[0])?;
        let (old, new) = (key(m, class, arguments[1])?, key(m, class, arguments[2])?);
        if old == new {
            return Ok(Value::int(m, 0));
        }
        redeclare(m, class, old, Some(new))?;
        for_each(m, &instances(m, class, false), |object| {
            let Some(value) = object.get_attribute(old) else { return Ok(false) };
            if let Some(there) = object.get_attribute(new) {
                if there != value {
                    let names = (m.text_of(old.into()), m.text_of(new.into()));
                    let message = format!(
                        "the object {} has `{}` and `{}`, and they differ",
                        object.oid(),
                        names.0,
                        names.1
                    );
                    let hint = "remove one of them first, or join them: `remove_attribute` and `each` do";
                    return Err(failed_with_hint("migration::attribute-taken", message, hint));
                }
            } else {
                object.put_attribute(m, new, value)?;
            }
            object.remove_attribute(m, old);
            Ok(true)
        })
    },
    "Gives an attribute of all instances of a class, and of those below it, another name, also where the classes list it; \
     gives how many instances had it. Once more it finds none.",
);

pub(super) const ADD_ATTRIBUTE: Entry = (
    "add_attribute(class, name, value)",
    |m, _, arguments| {
        let class = class(m, "the class", arguments[0])?;
        let key = key(m, class, arguments[1])?;
        m.declare_attributes(class, &[key.into()])?;
        for_each(m, &instances(m, class, false), |object| {
            if object.get_attribute(key).is_some() {
                return Ok(false);
            }
            object.put_attribute(m, key, arguments[2])?;
            Ok(true)
        })
    },
    "Gives a value to all instances of a class that lack an attribute; gives how many did.",
);

pub(super) const CONVERT_ATTRIBUTE: Entry = (
    "convert_attribute(class, name, f)",
    |m, _, arguments| {
        let class = class(m, "the class", arguments[0])?;
        let key = key(m, class, arguments[1])?;
        for_each(m, &instances(m, class, false), |object| {
            let Some(value) = object.get_attribute(key) else { return Ok(false) };
            let converted = m.apply(arguments[2], Value::NIL, &[value])?;
            // `==` finds 3 and 3.0 equal, and they are two values.
            if converted == value && number::equal(converted, value) {
                return Ok(false);
            }
            object.put_attribute(m, key, converted)?;
            Ok(true)
        })
    },
    "Stores what a function makes of the value, in all instances that have an attribute; gives how many have changed. A \
     function that leaves what is converted as it is may be applied again.",
);

pub(super) const REMOVE_ATTRIBUTE: Entry = (
    "remove_attribute(class, name)",
    |m, _, arguments| {
        let class = class(m, "the class", arguments[0])?;
        let key = key(m, class, arguments[1])?;
        redeclare(m, class, key, None)?;
        for_each(m, &instances(m, class, false), |object| Ok(object.remove_attribute(m, key).is_some()))
    },
    "Takes an attribute away from all instances of a class, and from what the classes list; gives how many had it.",
);

pub(super) const SPLIT: Entry = (
    "split(class, attributes, part, name)",
    |m, _, arguments| {
        let whole = class(m, "the class", arguments[0])?;
        let part = class(m, "the class of the parts", arguments[2])?;
        let mut moved = m.root_vec();
        for &attribute in elements(m, arguments[1])?.iter() {
            moved.push(key(m, part, attribute)?.into());
        }
        let reference = key(m, whole, arguments[3])?;
        m.declare_attributes(part, &moved)?;
        m.declare_attributes(whole, &[reference.into()])?;
        for &key in moved.iter().filter(|value| value.as_object() != Some(reference)) {
            if let Some(key) = key.as_object() {
                redeclare(m, whole, key, None)?;
            }
        }
        let keys: Vec<ObjectRef> = moved.iter().filter_map(|key| key.as_object()).collect();
        for_each(m, &instances(m, whole, false), |object| {
            if keys.iter().all(|&key| object.get_attribute(key).is_none()) {
                return Ok(false);
            }
            // What is there already gets what has been added since.
            let there = object.get_attribute(reference).and_then(Value::as_object);
            let owned = match there.filter(|there| m.is_instance_of((*there).into(), part)) {
                Some(there) => there,
                None => m.new_instance(part)?,
            };
            for &key in &keys {
                if let Some(value) = object.get_attribute(key) {
                    owned.put_attribute(m, key, value)?;
                    object.remove_attribute(m, key);
                }
            }
            if owned.space().is_none() {
                owned.set_space(m, object.space());
            }
            object.put_attribute(m, reference, owned.into())?;
            Ok(true)
        })
    },
    "Moves attributes of all instances of a class into new objects of another class, which are in the space of the \
     instance and which it refers to by an attribute; gives how many instances had any of them.",
);

/// Returns the attribute that a string or an object names, in the space of a class whose instances have it.
fn key(m: &Mutator<'_>, class: ObjectRef, value: Value) -> Result<ObjectRef, RuntimeError> {
    let key = match value.as_string() {
        Some(name) => m.intern(name.as_str())?,
        None => rps_runtime::code::operate::object(m, "the attribute", value)?,
    };
    if key.space().is_none() && class.space().is_some() {
        key.set_space(m, class.space());
    }
    Ok(key)
}

/// Takes an attribute out of the lists of a class and of those below it, and puts another one in its place, if any.
fn redeclare(
    m: &Mutator<'_>,
    top: ObjectRef,
    old: ObjectRef,
    new: Option<ObjectRef>,
) -> Result<(), RuntimeError> {
    for class in m.all_objects().iter().filter_map(|value| value.as_object()) {
        if class.is_subclass_of(m, top) && lists(m, class, old) {
            let mut listed = m.root_vec();
            class.with_payload(m, |payload| {
                if let Some(Payload::ClassInfo(info)) = payload {
                    let own = info.attribute_set.iter().flat_map(|set| SetRef::items(*set)).copied();
                    listed.extend(own.filter(|&value| value != old.into()));
                }
            });
            listed.extend(new.map(Value::from));
            let set = if listed.is_empty() { None } else { Some(SetRef::new(m, &mut listed)?) };
            class.update_payload(m, |payload| {
                if let Some(Payload::ClassInfo(info)) = payload {
                    info.attribute_set = set;
                }
            });
        }
    }
    Ok(())
}

/// Returns whether a class lists an attribute.
fn lists(m: &Mutator<'_>, class: ObjectRef, attribute: ObjectRef) -> bool {
    class.with_payload(m, |payload| match payload {
        Some(Payload::ClassInfo(info)) => {
            info.attribute_set.is_some_and(|set| set.contains(attribute.into()))
        }
        _ => false,
    })
}
