//! What a store keeps of migrations, and where.
//!
//! The registry is one object, the same in every store. Its attributes are keyed by the migrations and by the records of
//! their application: to add one adds a line. Nothing is searched for, so a store without migrations costs one look.

use std::collections::BTreeSet;

use rps_runtime::object::Payload;
use rps_runtime::object::payload::ClassInfo;
use rps_runtime::send::similar_names;
use rps_runtime::value::{SetRef, View};
use rps_runtime::{Mutator, ObjectRef, Oid, RootVec, RuntimeError, Value, known};

use super::order::{self, Cycle, Node};
use crate::argument::{failed, failed_with_hint};
use crate::elements::new_tuple;

/// The class of migrations.
pub(crate) const MIGRATION: Oid = Oid::known("_4KMtXJ4EIyFktHUoam");
/// The class of the records that one was applied.
const RECORD: Oid = Oid::known("_4UHXCDHeZmfbqJiDJD");
/// The registry.
const REGISTRY: Oid = Oid::known("_27uXNuFhgB7ONl9fyM");

/// An attribute of migrations and records: the oid of its symbol, unless a store has another symbol with the name.
pub(crate) type Key = (&'static str, Oid);

pub(crate) const AFTER: Key = ("after", Oid::known("_3uTz9XjwwHB1EhG8zo"));
pub(crate) const BODY: Key = ("body", Oid::known("_0mjGZskepvKqPo7mOt"));
const OF: Key = ("of", Oid::known("_3Ubmc5D9ounqXTyGER"));
const COUNTS: [Key; 3] = [
    ("made", Oid::known("_6WVn1Gk3h8vCZ6boxo")),
    ("changed", Oid::known("_9QAK4Kvo5jlUDuXb6J")),
    ("removed", Oid::known("_4r1UuM5nrqzfZ8ij1H")),
];
const CLASSES: Key = ("classes", Oid::known("_6i3SZ7gXR5IrnQtQSt"));

/// A migration of a store.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Migration {
    /// The object.
    pub object: ObjectRef,
    /// What it is called.
    pub name: String,
    /// The names of those that it comes after.
    pub after: BTreeSet<String>,
    /// The records that it was applied: none while it is pending, several where two branches applied it.
    pub records: Vec<ObjectRef>,
}

/// The migrations of a store, in the order in which they are applied.
#[derive(Debug)]
pub struct Migrations {
    items: Vec<Migration>,
    /// The names of what was applied and is no more.
    past: BTreeSet<String>,
    /// They stay alive as long as this does.
    _roots: RootVec,
}

/// What a record says of an application, besides of what it is one.
pub(super) struct Counts<'c> {
    pub(super) made: usize,
    pub(super) changed: usize,
    pub(super) removed: usize,
    /// The classes of the objects, and how many of them were made, changed or removed.
    pub(super) classes: Vec<(&'c str, usize)>,
}

impl Migration {
    /// Returns whether it was applied.
    #[must_use]
    pub fn is_applied(&self) -> bool {
        !self.records.is_empty()
    }
}

impl Migrations {
    /// Returns the migrations of a store.
    ///
    /// # Errors
    ///
    /// `migration::cycle`, where they come after each other in a circle.
    pub fn of(m: &Mutator<'_>) -> Result<Migrations, RuntimeError> {
        let (mut found, mut records) = (Vec::new(), Vec::new());
        let mut roots = m.root_vec();
        for object in registered(m) {
            match object.class().map(ObjectRef::oid) {
                Some(RECORD) => records.push(object),
                _ => found.push(object),
            }
            roots.push(object.into());
        }
        let mut past = BTreeSet::new();
        let mut items: Vec<Migration> = found.into_iter().map(|object| read(m, object)).collect();
        for record in records {
            let of = attribute(m, record, OF).and_then(Value::as_object);
            let name = name_of(m, record);
            // A record whose migration was forgotten, and is now written anew, counts for the new one.
            let is_of = |item: &&mut Migration| match of {
                Some(of) => item.object == of,
                None => item.name == name,
            };
            match items.iter_mut().find(is_of) {
                Some(item) => item.records.push(record),
                None => drop(past.insert(name)),
            }
        }
        let nodes: Vec<Node> = items.iter().map(node).collect();
        let ordered = order::order(&nodes).map_err(|cycle| circular(&cycle))?;
        let items = ordered.into_iter().map(|at| items[at].clone()).collect();
        Ok(Migrations { items, past, _roots: roots })
    }

    /// Returns all of them.
    #[must_use]
    pub fn all(&self) -> &[Migration] {
        &self.items
    }

    /// Returns those that were not applied, after seeing to it that there is everything that they come after.
    ///
    /// # Errors
    ///
    /// `migration::missing-dependency`.
    pub fn pending(&self) -> Result<Vec<&Migration>, RuntimeError> {
        let pending: Vec<&Migration> = self.items.iter().filter(|item| !item.is_applied()).collect();
        for item in &pending {
            if let Some(name) = self.missing_of(item) {
                return Err(self.missing(item, name));
            }
        }
        Ok(pending)
    }

    /// Returns the migration with a name or an oid.
    ///
    /// # Errors
    ///
    /// `migration::unknown`, `migration::ambiguous` where several have the name.
    pub fn find(&self, named: &str) -> Result<&Migration, RuntimeError> {
        let fits = |item: &&Migration| item.name == named || item.object.oid().to_string() == named;
        let found: Vec<&Migration> = self.items.iter().filter(fits).collect();
        match found[..] {
            [one] => Ok(one),
            [] => {
                let message = format!("there is no migration `{named}`");
                let similar = similar_names(named, self.items.iter().map(|item| item.name.clone()));
                Err(match similar.first() {
                    Some(best) => {
                        failed_with_hint("migration::unknown", message, format!("did you mean `{best}`?"))
                    }
                    None => failed("migration::unknown", message),
                })
            }
            _ => {
                let oids: Vec<String> = found.iter().map(|item| item.object.oid().to_string()).collect();
                let message = format!("{} migrations are called `{named}`", found.len());
                let hint = format!("name it by its oid: {}", oids.join(" or "));
                Err(failed_with_hint("migration::ambiguous", message, hint))
            }
        }
    }

    /// Sees to it that everything was applied that a migration comes after.
    ///
    /// # Errors
    ///
    /// `migration::missing-dependency`, `migration::out-of-order`.
    pub fn ready(&self, migration: &Migration) -> Result<(), RuntimeError> {
        if let Some(name) = self.missing_of(migration) {
            return Err(self.missing(migration, name));
        }
        let is_before = |item: &&Migration| !item.is_applied() && migration.after.contains(&item.name);
        let before: Vec<&str> = self.items.iter().filter(is_before).map(|item| item.name.as_str()).collect();
        if before.is_empty() {
            return Ok(());
        }
        let names = before.join("`, `");
        let message = format!("`{}` comes after `{names}`, which was not applied yet", migration.name);
        Err(failed_with_hint("migration::out-of-order", message, "apply that first, or all that are pending"))
    }

    /// Returns a name that a migration comes after, and that nothing has or had.
    fn missing_of<'i>(&self, migration: &'i Migration) -> Option<&'i String> {
        let is_missing = |name: &&String| {
            !self.past.contains(*name) && self.items.iter().all(|other| other.name != **name)
        };
        migration.after.iter().find(is_missing)
    }

    /// Returns the names of those that nothing comes after: what a new migration comes after that does not say so. One that
    /// others are waiting for comes after none, or they would wait for each other.
    pub(super) fn last(&self, name: &str) -> BTreeSet<String> {
        if self.items.iter().any(|item| item.after.contains(name)) {
            return BTreeSet::new();
        }
        let is_last = |item: &&Migration| self.items.iter().all(|other| !other.after.contains(&item.name));
        self.items.iter().filter(is_last).map(|item| item.name.clone()).collect()
    }

    fn missing(&self, item: &Migration, name: &str) -> RuntimeError {
        let message = format!(
            "the migration `{}` comes after `{name}`, and there is none that is called so",
            item.name
        );
        let names =
            self.items.iter().filter(|other| other.object != item.object).map(|other| other.name.clone());
        let hint = match similar_names(name, names).first() {
            Some(best) => format!("did you mean `{best}`?"),
            None => format!("merge what has `{name}`, or write the migration again without it"),
        };
        failed_with_hint("migration::missing-dependency", message, hint)
    }
}

/// Makes the classes and the symbols of their attributes, unless a store brought them. Symbols that a program made would
/// have other oids on every branch.
pub(crate) fn make_classes(m: &Mutator<'_>) {
    for attribute in [AFTER, BODY, OF, CLASSES].into_iter().chain(COUNTS) {
        key(m, attribute);
    }
    for (oid, name) in [(MIGRATION, "migration"), (RECORD, "migration_record")] {
        let class = m.object_or_skeleton(oid);
        if !class.is_class(m) {
            class.set_class_unchecked(Some(m.class(known::CLASS)));
            let info = ClassInfo::new(Some(m.class(known::OBJECT)), None);
            class.install_payload(m, Some(Payload::ClassInfo(Box::new(info))));
            if let Some(key) = m.object(known::NAME) {
                class.set_attributes(m, &[(key, m.string(name))]);
            }
        }
        m.register_global(name, class.into());
    }
}

/// Returns whether a value is a migration.
pub(super) fn is_migration(m: &Mutator<'_>, value: Value) -> bool {
    value.as_object().is_some_and(|object| m.is_instance_of(object.into(), m.class(MIGRATION)))
}

/// Adds a migration to the registry.
pub(super) fn add(
    m: &Mutator<'_>,
    name: &str,
    after: &BTreeSet<String>,
    body: Value,
    space: Option<ObjectRef>,
) -> Result<ObjectRef, RuntimeError> {
    let migration = m.new_object(m.class(MIGRATION));
    put(m, migration, ("name", known::NAME), m.string(name))?;
    put(m, migration, AFTER, names(m, after)?)?;
    put(m, migration, BODY, body)?;
    migration.set_space(m, space);
    register(m, migration, name, space)?;
    Ok(migration)
}

/// Returns what a record says of what was changed, in a line.
#[must_use]
pub fn recorded(m: &Mutator<'_>, record: ObjectRef) -> String {
    let counts = COUNTS.into_iter().filter_map(|key| {
        let count = attribute(m, record, key)?.as_small_int().filter(|&count| count > 0)?;
        Some(format!("{count} {}", key.0))
    });
    counts.collect::<Vec<_>>().join(", ")
}

/// Takes a migration out of the registry. The records stay.
pub(super) fn forget(m: &Mutator<'_>, migration: ObjectRef) {
    if let Some(registry) = m.object(REGISTRY) {
        registry.remove_attribute(m, migration);
    }
    if let Some(body) = attribute(m, migration, BODY).and_then(Value::as_closure) {
        body.function().set_space(m, None);
    }
    for record in registered(m).filter(|object| object.class().map(ObjectRef::oid) == Some(RECORD)) {
        let key = key(m, OF);
        if record.get_attribute(key) == Some(migration.into()) {
            record.remove_attribute(m, key);
        }
    }
    migration.set_space(m, None);
}

/// Records that a migration was applied, in the space that it is in.
pub(super) fn record(
    m: &Mutator<'_>,
    migration: &Migration,
    counts: &Counts<'_>,
) -> Result<ObjectRef, RuntimeError> {
    let record = m.new_object(m.class(RECORD));
    put(m, record, ("name", known::NAME), m.string(&migration.name))?;
    put(m, record, OF, migration.object.into())?;
    for (key, count) in COUNTS.into_iter().zip([counts.made, counts.changed, counts.removed]) {
        put(m, record, key, Value::int(m, count as i64))?;
    }
    let mut classes = m.root_vec();
    for (class, count) in &counts.classes {
        let mut pair = m.root_vec();
        pair.push(m.string(class));
        pair.push(Value::int(m, *count as i64));
        classes.push(new_tuple(m, &pair)?);
    }
    put(m, record, CLASSES, new_tuple(m, &classes)?)?;
    let space = migration.object.space();
    record.set_space(m, space);
    register(m, record, &format!("{} was applied", migration.name), space)?;
    Ok(record)
}

/// Returns what an attribute of a migration or a record is.
pub(super) fn attribute(m: &Mutator<'_>, object: ObjectRef, attribute: Key) -> Option<Value> {
    object.get_attribute(key(m, attribute))
}

/// Stores an attribute of a migration or a record.
pub(super) fn put(
    m: &Mutator<'_>,
    object: ObjectRef,
    attribute: Key,
    value: Value,
) -> Result<(), RuntimeError> {
    object.put_attribute(m, key(m, attribute), value)
}

/// Makes a set of names.
pub(super) fn names(m: &Mutator<'_>, names: &BTreeSet<String>) -> Result<Value, RuntimeError> {
    let mut values = m.root_vec();
    for name in names {
        values.push(m.string(name));
    }
    Ok(SetRef::new(m, &mut values)?.into())
}

/// Returns what the registry has.
fn registered(m: &Mutator<'_>) -> impl Iterator<Item = ObjectRef> {
    let attributes = m.object(REGISTRY).into_iter().flat_map(ObjectRef::attributes);
    let is_ours = |object: &ObjectRef| {
        object.class().is_some_and(|class| class.oid() == RECORD)
            || m.is_instance_of((*object).into(), m.class(MIGRATION))
    };
    attributes.map(|(key, _)| key).filter(is_ours)
}

fn register(
    m: &Mutator<'_>,
    object: ObjectRef,
    text: &str,
    space: Option<ObjectRef>,
) -> Result<(), RuntimeError> {
    let registry = m.object_or_skeleton(REGISTRY);
    if registry.class().is_none() {
        registry.set_class(m, m.class(known::OBJECT))?;
        put(m, registry, ("name", known::NAME), m.string("migrations"))?;
    }
    if registry.space().is_none() {
        match space {
            Some(_) => registry.set_space(m, space),
            // Nothing else would keep it alive.
            None => drop(m.add_root(registry)),
        }
    }
    registry.put_attribute(m, object, m.string(text))
}

fn read(m: &Mutator<'_>, object: ObjectRef) -> Migration {
    let after = match attribute(m, object, AFTER).map(Value::view) {
        Some(View::Set(set)) => set.items(),
        Some(View::Tuple(tuple)) => tuple.items(),
        _ => &[],
    };
    let text = |value: &Value| value.as_string().map(|text| text.as_str().to_owned());
    let after = after.iter().filter_map(text).collect();
    Migration { object, name: name_of(m, object), after, records: Vec::new() }
}

fn name_of(m: &Mutator<'_>, object: ObjectRef) -> String {
    m.name_of(object).unwrap_or_else(|| object.oid().to_string())
}

fn node(migration: &Migration) -> Node {
    Node { name: migration.name.clone(), oid: migration.object.oid(), after: migration.after.clone() }
}

fn circular(Cycle(names): &Cycle) -> RuntimeError {
    let mut way = names.join("`, which comes after `");
    if let Some(first) = names.first() {
        way = format!("`{way}`, which comes after `{first}`");
    }
    failed_with_hint(
        "migration::cycle",
        format!("migrations come after each other in a circle: {way}"),
        "write one of them again, after fewer others",
    )
}

/// Returns the symbol of an attribute: that with its oid, or the one that a store has for the name, or a new one.
fn key(m: &Mutator<'_>, (name, oid): Key) -> ObjectRef {
    let is_symbol = |object: &ObjectRef| m.symbol_name(*object).is_some();
    if let Some(own) = m.object(oid).filter(is_symbol) {
        return own;
    }
    if let Some(symbol) = m.symbol(name) {
        return m.key_of_symbol(symbol);
    }
    let symbol = m.object_or_skeleton(oid);
    symbol.set_class_unchecked(Some(m.class(known::SYMBOL)));
    match m.install_symbol(symbol, name, Value::NIL, false) {
        Ok(()) => symbol,
        // Another thread was faster.
        Err(_) => m.symbol(name).map_or(symbol, |symbol| m.key_of_symbol(symbol)),
    }
}
