//! The copies that a view has of objects that changed since it began.
//!
//! Whoever changes an object for the first time adds a copy, and waits for others who do. A large table that grows would
//! make one of them wait for all the others' entries to be moved; so many copies are in many small tables.

use std::collections::HashMap;
use std::sync::OnceLock;

use parking_lot::Mutex;

use crate::heap::RootVec;
use crate::object::ObjectRef;
use crate::oid::Oid;
use crate::runtime::Mutator;
use crate::value::Value;

/// So many copies are in one table before there are more tables. Most views have fewer.
const FEW: usize = 256;

/// How many tables there are then.
const TABLES: usize = 256;

/// How objects were that have changed since.
pub(super) struct Copies {
    first: Mutex<Table>,
    more: OnceLock<Box<[Mutex<Table>]>>,
}

struct Table {
    numbers: HashMap<Oid, usize>,
    values: RootVec,
    /// Objects that have left their spaces since.
    left: RootVec,
}

impl Table {
    fn new(m: &Mutator<'_>) -> Table {
        Table { numbers: HashMap::new(), values: m.root_vec(), left: m.root_vec() }
    }

    fn get(&self, oid: Oid) -> Option<ObjectRef> {
        let number = *self.numbers.get(&oid)?;
        self.values.get(number).copied().and_then(Value::as_object)
    }

    /// Adds a copy, unless there is one of the object. Returns whether it is there now.
    fn add(&mut self, copy: ObjectRef, most: usize) -> bool {
        let number = self.values.len();
        if number >= most {
            return self.numbers.contains_key(&copy.oid());
        }
        if *self.numbers.entry(copy.oid()).or_insert(number) == number {
            self.values.push(copy.into());
        }
        true
    }

    fn replace(&mut self, copy: ObjectRef) -> bool {
        let Some(&number) = self.numbers.get(&copy.oid()) else { return false };
        self.values[number] = copy.into();
        true
    }
}

impl Copies {
    pub(super) fn new(m: &Mutator<'_>) -> Copies {
        Copies { first: Mutex::new(Table::new(m)), more: OnceLock::new() }
    }

    /// Returns the copy of an object.
    pub(super) fn get(&self, oid: Oid) -> Option<ObjectRef> {
        // In this order: the first table is full before there are others.
        let first = self.first.lock().get(oid);
        first.or_else(|| self.more.get()?[number_of(oid)].lock().get(oid))
    }

    /// Adds a copy, unless there is one of the object.
    pub(super) fn add(&self, m: &Mutator<'_>, copy: ObjectRef) {
        if !self.first.lock().add(copy, FEW) {
            self.table(m, copy.oid()).lock().add(copy, usize::MAX);
        }
    }

    /// Replaces the copy of an object, if there is one.
    pub(super) fn replace(&self, copy: ObjectRef) {
        if !self.first.lock().replace(copy)
            && let Some(more) = self.more.get()
        {
            more[number_of(copy.oid())].lock().replace(copy);
        }
    }

    /// Keeps an object alive that leaves its space.
    pub(super) fn hold(&self, m: &Mutator<'_>, object: ObjectRef) {
        let first = &mut self.first.lock().left;
        if first.len() < FEW {
            return first.push(object.into());
        }
        self.table(m, object.oid()).lock().left.push(object.into());
    }

    /// Calls `f` with each copy.
    pub(super) fn for_each(&self, mut f: impl FnMut(ObjectRef)) {
        let more = self.more.get().into_iter().flat_map(|tables| tables.iter());
        for table in std::iter::once(&self.first).chain(more) {
            table.lock().values.iter().filter_map(|value| value.as_object()).for_each(&mut f);
        }
    }

    fn table(&self, m: &Mutator<'_>, oid: Oid) -> &Mutex<Table> {
        let more = self.more.get_or_init(|| (0..TABLES).map(|_| Mutex::new(Table::new(m))).collect());
        &more[number_of(oid)]
    }
}

/// Returns which of the tables has an object.
fn number_of(oid: Oid) -> usize {
    let mixed = (oid.high() ^ oid.low().rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 56) as usize % TABLES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known;
    use crate::runtime::Runtime;

    #[test]
    fn many_copies_are_found_as_few_are() {
        let runtime = Runtime::new();
        runtime.enter(|m| {
            let copies = Copies::new(m);
            let mut objects = m.root_vec();
            for _ in 0..2000 {
                let object = m.new_object(m.class(known::OBJECT));
                objects.push(object.into());
                copies.add(m, object);
                copies.add(m, object.copy(m));
                copies.hold(m, object);
            }
            let objects = || objects.iter().filter_map(|value| value.as_object());
            assert!(objects().all(|object| copies.get(object.oid()) == Some(object)), "the first one stays");
            let mut count = 0;
            copies.for_each(|_| count += 1);
            assert_eq!(count, 2000);
            for object in objects() {
                let other = object.copy(m);
                copies.replace(other);
                assert_eq!(copies.get(object.oid()), Some(other));
            }
            let stranger = m.new_object(m.class(known::OBJECT));
            copies.replace(stranger);
            assert_eq!(copies.get(stranger.oid()), None);
        });
    }
}
