//! Attributes: reading without a lock, changing under the object's.

use super::shape::MAX_KEYS;
use super::slots::{SlotsRef, TableRef};
use super::{ObjectGuard, ObjectRef};
use crate::Mutator;
use crate::error::RuntimeError;
use crate::heap::barrier;
use crate::heap::cell::{CellPtr, Kind};
use crate::value::Value;

/// The attributes of an object at one moment, sorted by the oid of their keys.
pub enum Attributes {
    /// Read from the slot array as one goes.
    Slots(SlotsRef, usize),
    /// Entries of a table; the table, which this keeps alive, keeps the keys and the values.
    Table(TableRef, std::vec::IntoIter<u32>),
    /// None.
    Empty,
}

impl Iterator for Attributes {
    type Item = (ObjectRef, Value);

    fn next(&mut self) -> Option<(ObjectRef, Value)> {
        match self {
            Attributes::Slots(slots, at) => {
                let key = *slots.shape().keys().get(*at)?;
                *at += 1;
                Some((key, slots.value(*at - 1)))
            }
            // One that was removed meanwhile is passed over.
            Attributes::Table(table, entries) => entries.find_map(|entry| table.entry(entry)),
            Attributes::Empty => None,
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = match self {
            Attributes::Slots(slots, at) => slots.shape().keys().len() - at,
            Attributes::Table(_, entries) => return (0, Some(entries.len())),
            Attributes::Empty => 0,
        };
        (len, Some(len))
    }
}

impl ObjectRef {
    /// Returns the value of a stored attribute; magic ones are not stored, see [`Mutator::attribute`].
    #[inline]
    pub fn get_attribute(self, key: ObjectRef) -> Option<Value> {
        match self.storage() {
            Storage::Slots(slots) => slots.shape().slot_of(key).map(|slot| slots.value(slot)),
            Storage::Table(table) => table.value_of(key),
            Storage::None => None,
        }
    }

    /// Returns the stored attributes, sorted by the oid of their keys.
    pub fn attributes(self) -> Attributes {
        match self.storage() {
            Storage::Slots(slots) => Attributes::Slots(slots, 0),
            Storage::Table(table) => Attributes::Table(table, table.sorted_entries().into_iter()),
            Storage::None => Attributes::Empty,
        }
    }

    /// Returns how many attributes are stored.
    pub fn attribute_count(self) -> usize {
        self.attributes().count()
    }

    /// Stores an attribute.
    ///
    /// The object counts as changed unless the value equals the old one.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::MagicAttribute`] when the key is `class` or `space`, which are computed.
    pub fn put_attribute(self, m: &Mutator<'_>, key: ObjectRef, value: Value) -> Result<(), RuntimeError> {
        if m.magic_of(key).is_some() {
            return Err(RuntimeError::MagicAttribute { key: key.oid() });
        }
        let guard = self.lock(m);
        let old = self.get_attribute(key);
        if old.is_none_or(|old| old != value) {
            let guard = self.prepare_change(m, guard);
            self.store_attribute(m, &guard, key, value);
            self.stamp(m);
        }
        Ok(())
    }

    /// Removes an attribute, and returns the value that it had.
    pub fn remove_attribute(self, m: &Mutator<'_>, key: ObjectRef) -> Option<Value> {
        let guard = self.lock(m);
        self.get_attribute(key)?;
        let guard = self.prepare_change(m, guard);
        let old = self.get_attribute(key)?;
        match self.storage() {
            Storage::Slots(slots) => {
                let keep: Vec<(ObjectRef, Value)> =
                    Attributes::Slots(slots, 0).filter(|(own, _)| *own != key).collect();
                self.publish(m, &guard, &keep);
            }
            Storage::Table(table) => table.store(key, Value::ABSENT),
            Storage::None => {}
        }
        self.stamp(m);
        Some(old)
    }

    /// Makes these the attributes of an object, without touching its mtime; the keys are sorted by oid, each once.
    ///
    /// For a loader that fills a skeleton.
    pub fn set_attributes(self, m: &Mutator<'_>, attributes: &[(ObjectRef, Value)]) {
        let guard = self.lock(m);
        self.publish(m, &guard, attributes);
    }

    fn store_attribute(self, m: &Mutator<'_>, guard: &ObjectGuard<'_>, key: ObjectRef, value: Value) {
        let storage = self.storage();
        if let Storage::Slots(slots) = storage {
            let known = slots.shape().slot_of(key);
            if known.is_some_and(|slot| slots.store(slot, value)) {
                return;
            }
            let mut all: Vec<(ObjectRef, Value)> = Attributes::Slots(slots, 0).collect();
            match known {
                // The slot holds numbers only.
                Some(slot) => all[slot].1 = value,
                None => {
                    let at = all.partition_point(|(own, _)| own.oid() < key.oid());
                    all.insert(at, (key, value));
                }
            }
            self.publish(m, guard, &all);
        } else if let Storage::Table(table) = storage {
            if table.has_room() || table.value_of(key).is_some() {
                table.store(key, value);
            } else {
                let mut all: Vec<(ObjectRef, Value)> = table.iter().collect();
                all.push((key, value));
                self.publish(m, guard, &all);
            }
        }
    }

    /// Publishes a new slot array or table. The values are in a vector, which the allocations keep.
    fn publish(self, m: &Mutator<'_>, _guard: &ObjectGuard<'_>, attributes: &[(ObjectRef, Value)]) {
        let runtime = m.runtime();
        // On the stack, where a collection finds them.
        let mut slots = [Value::NIL; MAX_KEYS];
        let cell = if attributes.len() > MAX_KEYS {
            let mut values = m.root_vec();
            for &(key, value) in attributes {
                values.push(key.into());
                values.push(value);
            }
            let table = TableRef::new(m, runtime.shapes(), attributes.len() + 1);
            for &(key, value) in attributes {
                table.store(key, value);
            }
            table.cell()
        } else {
            let mut keys = [self; MAX_KEYS];
            for (index, &(key, value)) in attributes.iter().enumerate() {
                keys[index] = key;
                slots[index] = value;
            }
            if attributes.is_empty() {
                runtime.empty_slots().cell()
            } else {
                let values = &slots[..attributes.len()];
                SlotsRef::new(m, m.shape_for(&keys[..values.len()], values), values).cell()
            }
        };
        barrier::store(self.cell(), &self.get().slots, Value::from_cell(cell));
    }

    /// Returns what holds the attributes, by one load: a reader sees the attributes of one moment.
    fn storage(self) -> Storage {
        match Self::storage_of(self.slots_cell()) {
            Storage::None => {
                self.load();
                Self::storage_of(self.slots_cell())
            }
            storage => storage,
        }
    }

    #[inline]
    fn storage_of(cell: CellPtr) -> Storage {
        // SAFETY: the kind of the cell decides its type.
        unsafe {
            match cell.as_ref().kind() {
                Kind::Slots => Storage::Slots(SlotsRef::from_cell(cell)),
                Kind::SlotTable => Storage::Table(TableRef::from_cell(cell)),
                _ => Storage::None,
            }
        }
    }
}

/// What holds the attributes of an object.
enum Storage {
    Slots(SlotsRef),
    Table(TableRef),
    /// Nothing: the content is being loaded by this thread.
    None,
}
