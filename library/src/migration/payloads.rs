//! What migrations do to payloads: a vector in place of a dictionary, say, or what a plugin makes of the data of an older
//! schema.

use rps_runtime::code::operate::{object, wrong_kind};
use rps_runtime::value::TupleRef;
use rps_runtime::{Mutator, ObjectRef, RuntimeError, Value};

use super::classes::take_payload;
use super::each::{class, for_each, instances};
use crate::argument::failed_with_hint;
use crate::json;
use crate::topic::Entry;

pub(super) const CONVERT_PAYLOAD: Entry = (
    "convert_payload(object, f)",
    |m, _, arguments| {
        let object = object(m, "what is converted", arguments[0])?;
        Ok(convert(m, object, arguments[1])?.into())
    },
    "Gives an object the payload of the object that a function makes of it, which is not kept; where the function gives nil, \
     the object stays as it is. Gives whether it has changed.",
);

pub(super) const CONVERT_PAYLOADS: Entry = (
    "convert_payloads(class, f)",
    |m, _, arguments| {
        let class = class(m, "the class", arguments[0])?;
        for_each(m, &instances(m, class, false), |object| convert(m, object, arguments[1]))
    },
    "Does with all instances of a class, and of those below it, what `convert_payload` does with one; gives how many have \
     changed.",
);

pub(super) const STORED_PAYLOAD: Entry = (
    "stored_payload(object)",
    |m, _, arguments| {
        let object = object(m, "the object", arguments[0])?;
        match kept_text(object) {
            Some(text) => json::parse(m, text),
            None => Ok(Value::NIL),
        }
    },
    "What the store says of a payload that no plugin could read, since it is not there or has the type with another schema: \
     a dictionary with `kind`, `schema`, and `data` or `base64`. Of any other object it is nil.",
);

/// The key of the extras under which stores keep such a payload.
const KEPT: &str = "payload";

fn convert(m: &Mutator<'_>, object: ObjectRef, f: Value) -> Result<bool, RuntimeError> {
    let made = m.apply(f, Value::NIL, &[object.into()])?;
    if made.is_nil() || made == object.into() {
        return Ok(false);
    }
    let Some(source) = made.as_object() else {
        return Err(wrong_kind(m, "what the payload is taken from", "an object or nil", made));
    };
    if source.space().is_some() {
        let message = format!("the payload of {} is its own: it is in a space", source.oid());
        let hint = "make a new object, as `new vector` does, and take its payload";
        return Err(failed_with_hint("migration::payload-in-use", message, hint));
    }
    let _uncollected = m.suspend_collections();
    let payload = take_payload(m, source);
    object.set_payload(m, payload);
    if kept_text(object).is_some() {
        let rest: Vec<Value> = pairs(object).filter(|[key, _]| !is_kept(*key)).flatten().collect();
        let rest = if rest.is_empty() { None } else { Some(TupleRef::new(m, &rest)?) };
        object.set_extras(rest);
    }
    Ok(true)
}

/// Returns the text of a payload that is kept as the store had it.
fn kept_text<'t>(object: ObjectRef) -> Option<&'t str> {
    let mut pairs = pairs(object);
    pairs.find_map(|[key, value]| value.as_string().filter(|_| is_kept(key)).map(|text| text.as_str()))
}

fn is_kept(key: Value) -> bool {
    key.as_string().is_some_and(|key| key.as_str() == KEPT)
}

fn pairs<'t>(object: ObjectRef) -> impl Iterator<Item = [Value; 2]> + use<'t> {
    let items: &'t [Value] = object.extras().map(|extras| extras.items()).unwrap_or_default();
    items.chunks_exact(2).map(|pair| [pair[0], pair[1]])
}
