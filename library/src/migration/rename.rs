//! What migrations do to names.
//!
//! Who refers to an object refers to its oid, so references stay whatever it is called. Texts of functions refer to names:
//! the old one goes on leading to the same object, and no text stops working.

use rps_runtime::code::operate::wrong_kind;
use rps_runtime::object::Payload;
use rps_runtime::object::payload::Symbol;
use rps_runtime::{Mutator, ObjectRef, RuntimeError, Value, known};

use super::each::class;
use crate::argument::{failed, text};
use crate::topic::Entry;

pub(super) const RENAME: Entry = (
    "rename(object, name)",
    |m, _, arguments| {
        let name = text(m, "the new name", arguments[1])?;
        let object = match arguments[0].as_string() {
            Some(old) => symbol(m, old.as_str())?,
            None => rps_runtime::code::operate::object(m, "what is renamed", arguments[0])?,
        };
        Ok(rename(m, object, name)?.into())
    },
    "Gives a class, a function, an attribute or any other object with a global name another one; a string names an attribute \
     or a selector. The old name leads to it, too. Gives whether it was called otherwise.",
);

pub(super) const RENAME_METHOD: Entry = (
    "rename_method(class, old, new)",
    |m, _, arguments| {
        let class = class(m, "the class", arguments[0])?;
        let old = symbol(m, text(m, "the selector", arguments[1])?)?;
        let new = m.intern(text(m, "the new selector", arguments[2])?)?;
        let Some(method) = own_method(m, class, old) else { return Ok(false.into()) };
        if own_method(m, class, new).is_some() {
            let message = format!("the class has a method `{}` already", m.text_of(new.into()));
            return Err(failed("migration::method-taken", message));
        }
        if new.space().is_none() && class.space().is_some() {
            new.set_space(m, class.space());
        }
        class.put_method(m, new, method)?;
        class.remove_method(m, old)?;
        Ok(true.into())
    },
    "Makes a method of a class the one for another selector, and gives whether there was one. `senders(old)` tells who \
     still sends the old one.",
);

fn rename(m: &Mutator<'_>, object: ObjectRef, name: &str) -> Result<bool, RuntimeError> {
    if !rps_runtime::names::is_name(name) {
        return Err(RuntimeError::BadName { name: name.into() });
    }
    if m.global(name).and_then(Value::as_object) == Some(object) && m.name_of(object).as_deref() == Some(name)
    {
        return Ok(false);
    }
    let taken = m.symbol(name);
    if let Some(taken) = taken
        && m.global(name).is_some_and(|value| value != taken.into() && value != object.into())
    {
        return Err(RuntimeError::DuplicateName { name: name.into(), taken: taken.oid() });
    }
    let symbol = match taken {
        Some(symbol) => symbol,
        None => m.make_symbol(name, false)?,
    };
    symbol.update_payload(m, |payload| {
        if let Some(Payload::Symbol(Symbol { value, weak, .. })) = payload {
            (*value, *weak) = (object.into(), false);
        }
    });
    if symbol.space().is_none() {
        symbol.set_space(m, object.space());
    }
    let is_class = object.update_payload(m, |payload| match payload {
        Some(Payload::ClassInfo(info)) => {
            info.symbol = Some(symbol);
            true
        }
        _ => false,
    });
    if let Some(key) = m.object(known::NAME)
        && (!is_class || object.get_attribute(key).is_some())
    {
        object.put_attribute(m, key, m.string(name))?;
    }
    Ok(true)
}

/// Returns the symbol that is an attribute or a selector by its name.
fn symbol(m: &Mutator<'_>, name: &str) -> Result<ObjectRef, RuntimeError> {
    let symbol = m.symbol(name).map(|symbol| m.key_of_symbol(symbol));
    symbol.ok_or_else(|| wrong_kind(m, "what is renamed", "a name that something has", m.string(name)))
}

fn own_method(m: &Mutator<'_>, class: ObjectRef, selector: ObjectRef) -> Option<Value> {
    class.with_payload(m, |payload| match payload {
        Some(Payload::ClassInfo(info)) => info.method(selector),
        _ => None,
    })
}
