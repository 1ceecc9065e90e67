//! What programs see of migrations.

use std::collections::BTreeSet;

use rps_runtime::code::operate::wrong_kind;
use rps_runtime::object::Payload;
use rps_runtime::{Mutator, ObjectRef, Oid, RuntimeError, Value};

use super::apply::{self, Run, apply};
use super::registry::{self, AFTER, BODY, MIGRATION, Migration, Migrations};
use super::{attributes, classes, payloads, rename};
use crate::argument::{arity, failed_with_hint, text};
use crate::elements::{elements, new_texts, new_tuple};
use crate::topic::{Entry, Topic};

pub(crate) const TOPIC: Topic = Topic {
    title: "Migrations",
    about: "A migration changes the objects of a store, once, when what is expected of them has changed: see \
        [Migrations](migration.md). Its function is given the migration, whose methods do what is common; attributes are named \
        by strings. That one was applied is an object of class `migration_record`.",
    methods: &[(&[MIGRATION], METHODS)],
    functions: &[
        (MIGRATION, NEW),
        (Oid::known("_1Fic9q1yceCrPzqKeN"), MIGRATIONS),
        (Oid::known("_5T5swQwdlcCcqK1DOU"), PENDING),
        (Oid::known("_5fuIZXXzH4Q5Zi6AeA"), MIGRATE),
    ],
    ..Topic::EMPTY
};

const METHODS: &[Entry] = &[
    IS_APPLIED,
    APPLY,
    DRY_RUN,
    FORGET,
    classes::EACH,
    classes::KEEP_WITH,
    attributes::RENAME_ATTRIBUTE,
    attributes::ADD_ATTRIBUTE,
    attributes::CONVERT_ATTRIBUTE,
    attributes::REMOVE_ATTRIBUTE,
    attributes::SPLIT,
    classes::CHANGE_CLASS,
    classes::CHANGE_CLASS_OF_ALL,
    payloads::CONVERT_PAYLOAD,
    payloads::CONVERT_PAYLOADS,
    payloads::STORED_PAYLOAD,
    rename::RENAME,
    rename::RENAME_METHOD,
];

const NEW: Entry = (
    "migration(name, [after], f)",
    |m, _, arguments| {
        arity("migration", arguments, 2..=3)?;
        let name = name(m, arguments[0])?;
        let body = *arguments.last().unwrap_or(&Value::NIL);
        let function = checked_function(m, &name, body)?;
        let after = match arguments.len() {
            2 => None,
            _ => Some(names(m, arguments[1])?),
        };
        let known = Migrations::of(m)?;
        if let Some(old) = known.all().iter().find(|item| item.name == name) {
            return redefine(m, old, after, body).map(Value::from);
        }
        let after = after.unwrap_or_else(|| known.last(&name));
        let migration = registry::add(m, &name, &after, body, m.session_space())?;
        if function.space().is_none() {
            function.set_space(m, migration.space());
        }
        Ok(migration.into())
    },
    r#"A migration that is kept in the space of the session, to be applied once to the objects of each store that has it: what it
is called, the names of those that it comes after, and a function, which is given the migration. Without names it comes after all
that there are. One that was not applied yet is replaced by another one of its name.
class person { }
migration("rename_title", |m| m.rename_attribute(person, "title", "salutation")).is_applied() # → false"#,
);

const MIGRATIONS: Entry = (
    "migrations()",
    |m, _, _| tuple(m, Migrations::of(m)?.all().iter().collect()),
    "All migrations, in the order in which they are applied, as a tuple.",
);

const PENDING: Entry = (
    "pending_migrations()",
    |m, _, _| tuple(m, Migrations::of(m)?.pending()?),
    "Those that were not applied yet, in their order, as a tuple.",
);

const MIGRATE: Entry = (
    "migrate()",
    |m, _, _| {
        let mut applied = Vec::new();
        loop {
            // Each may add others.
            let known = Migrations::of(m)?;
            let Some(&next) = known.pending()?.first() else { return new_texts(m, applied) };
            apply(m, next, Run::Keep).map_err(apply::Failure::into_error)?;
            applied.push(next.name.clone());
        }
    },
    "Applies the migrations that were not applied yet, each in a transaction of its own, and gives their names, as a tuple. The \
     first that fails ends it: `migration::failed`.",
);

const IS_APPLIED: Entry = (
    "is_applied()",
    |m, receiver, _| Ok(own(m, &Migrations::of(m)?, receiver)?.is_applied().into()),
    "Whether it was applied.",
);

const APPLY: Entry = (
    "apply()",
    |m, receiver, _| {
        let known = Migrations::of(m)?;
        let own = own(m, &known, receiver)?;
        known.ready(own)?;
        apply(m, own, Run::Keep).map_err(apply::Failure::into_error)?;
        Ok(Value::NIL)
    },
    "Applies it, also once more; gives nil. Those that it comes after must have been applied.",
);

const DRY_RUN: Entry = (
    "dry_run()",
    |m, receiver, _| {
        let known = Migrations::of(m)?;
        let own = own(m, &known, receiver)?;
        known.ready(own)?;
        let outcome = apply(m, own, Run::Dry).map_err(apply::Failure::into_error)?;
        let mut classes = m.root_vec();
        for (name, class) in &outcome.difference.classes {
            let mut row = m.root_vec();
            row.push(m.string(name));
            row.extend([class.made, class.changed, class.removed].map(|count| Value::int(m, count as i64)));
            classes.push(new_tuple(m, &row)?);
        }
        new_tuple(m, &classes)
    },
    "Applies it, and makes everything as it was before; gives, for each class, its name and how many objects would be made, \
     changed and removed.",
);

const FORGET: Entry = (
    "forget()",
    |m, receiver, _| {
        let known = Migrations::of(m)?;
        let own = own(m, &known, receiver)?;
        registry::forget(m, own.object);
        Ok(Value::NIL)
    },
    "Takes it out of its space; gives nil. That it was applied stays recorded.",
);

/// Replaces what a migration does. What was applied cannot be.
fn redefine(
    m: &Mutator<'_>,
    old: &Migration,
    after: Option<BTreeSet<String>>,
    body: Value,
) -> Result<ObjectRef, RuntimeError> {
    let before = registry::attribute(m, old.object, BODY).unwrap_or(Value::NIL);
    if source(m, before) == source(m, body) {
        if let Some(after) = after.filter(|after| *after != old.after && !old.is_applied()) {
            registry::put(m, old.object, AFTER, registry::names(m, &after)?)?;
        }
        return Ok(old.object);
    }
    if old.is_applied() {
        let message = format!("the migration `{}` was applied, and stays as it is", old.name);
        let hint = "write another one, with another name, for what is still to be changed";
        return Err(failed_with_hint("migration::applied", message, hint));
    }
    if let Some(after) = after {
        registry::put(m, old.object, AFTER, registry::names(m, &after)?)?;
    }
    registry::put(m, old.object, BODY, body)?;
    if let Some(closure) = before.as_closure() {
        closure.function().set_space(m, None);
    }
    if let Some(function) = function_of(body)
        && function.space().is_none()
    {
        function.set_space(m, old.object.space());
    }
    Ok(old.object)
}

/// Returns what a migration is called.
fn name(m: &Mutator<'_>, value: Value) -> Result<String, RuntimeError> {
    let name = text(m, "the name of the migration", value)?;
    if name.is_empty() || name.chars().any(|char| char.is_whitespace() || char.is_control() || char == '`') {
        let message = format!("{name:?} is no name for a migration");
        return Err(failed_with_hint("migration::bad-name", message, "a name has no blanks: `split_name`"));
    }
    Ok(name.to_owned())
}

/// Returns names: one, or a collection of names or migrations.
fn names(m: &Mutator<'_>, value: Value) -> Result<BTreeSet<String>, RuntimeError> {
    if value.is_nil() {
        return Ok(BTreeSet::new());
    }
    if value.as_string().is_some() || registry::is_migration(m, value) {
        return Ok(BTreeSet::from([one_name(m, value)?]));
    }
    elements(m, value)?.iter().map(|&value| one_name(m, value)).collect()
}

fn one_name(m: &Mutator<'_>, value: Value) -> Result<String, RuntimeError> {
    match value.as_object().filter(|_| registry::is_migration(m, value)) {
        Some(migration) => name(m, m.string(&m.name_of(migration).unwrap_or_default())),
        None => name(m, value),
    }
}

/// Returns the function of a value that can be one of a migration.
fn checked_function(m: &Mutator<'_>, name: &str, body: Value) -> Result<ObjectRef, RuntimeError> {
    let function = function_of(body).filter(|function| function.is_function(m));
    let function = function.ok_or_else(|| wrong_kind(m, "what a migration does", "a function", body))?;
    if apply::parameters(m, body) > 1 {
        let message = format!("the function of the migration `{name}` has more than one parameter");
        return Err(failed_with_hint(
            "migration::bad-function",
            message,
            "it is given the migration: `|m| …`",
        ));
    }
    if !m.session_variables_of(function).is_empty() {
        let message = format!(
            "the function of the migration `{name}` uses a variable of the session, which no store keeps"
        );
        let hint = "use global names only, or what is bound in the function";
        return Err(failed_with_hint("migration::bad-function", message, hint));
    }
    Ok(function)
}

fn function_of(value: Value) -> Option<ObjectRef> {
    value.as_closure().map(|closure| closure.function()).or_else(|| value.as_object())
}

/// Returns the text of a function.
fn source(m: &Mutator<'_>, value: Value) -> Option<String> {
    function_of(value)?.with_payload(m, |payload| match payload {
        Some(Payload::Function(function)) => Some(function.source.to_string()),
        _ => None,
    })
}

/// Returns the migration that the receiver of a method is.
fn own<'k>(m: &Mutator<'_>, known: &'k Migrations, receiver: Value) -> Result<&'k Migration, RuntimeError> {
    let own = known.all().iter().find(|item| Some(item.object) == receiver.as_object());
    own.ok_or_else(|| wrong_kind(m, "the receiver", "a migration that was not forgotten", receiver))
}

fn tuple(m: &Mutator<'_>, items: Vec<&Migration>) -> Result<Value, RuntimeError> {
    let mut values = m.root_vec();
    values.extend(items.into_iter().map(|item| Value::from(item.object)));
    new_tuple(m, &values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_here_has_the_oid_of_something_else() {
        let mut oids: Vec<Oid> =
            crate::TOPICS.iter().flat_map(|topic| topic.functions).map(|(oid, _)| *oid).collect();
        let count = oids.len();
        oids.sort_unstable();
        oids.dedup();
        assert_eq!(oids.len(), count);
    }
}
