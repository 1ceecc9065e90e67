//! Payloads that hold many values.

use std::collections::BTreeMap;
use std::hash::{BuildHasherDefault, Hasher};

use hashbrown::HashMap;

use crate::object::ObjectRef;
use crate::value::Value;

/// A dictionary with any values for keys; keys are compared by the total order, so `3` and `3.0` differ.
#[derive(Clone, Debug, Default)]
pub struct Dictionary(HashMap<Value, Value, BuildHasherDefault<SpreadHasher>>);

impl Dictionary {
    /// Returns the value of a key.
    pub fn get(&self, key: Value) -> Option<Value> {
        self.0.get(&key).copied()
    }

    /// Stores a value, and returns the one that there was.
    pub fn insert(&mut self, key: Value, value: Value) -> Option<Value> {
        self.0.insert(key, value)
    }

    /// Returns whether another key makes the table grow.
    pub(crate) fn is_full(&self) -> bool {
        self.0.len() == self.0.capacity()
    }

    /// Removes a key, and returns its value.
    pub fn remove(&mut self, key: Value) -> Option<Value> {
        self.0.remove(&key)
    }

    /// Returns the number of keys.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn outside_bytes(&self) -> usize {
        self.0.capacity() * (size_of::<(Value, Value)>() + 1)
    }

    /// Returns keys and values in no order.
    pub fn iter(&self) -> impl Iterator<Item = (Value, Value)> + '_ {
        self.0.iter().map(|(&key, &value)| (key, value))
    }

    /// Returns keys and values in the order of the keys.
    pub fn sorted(&self) -> Vec<(Value, Value)> {
        let mut all: Vec<_> = self.iter().collect();
        all.sort_unstable_by_key(|&(key, _)| key);
        all
    }
}

impl FromIterator<(Value, Value)> for Dictionary {
    fn from_iter<I: IntoIterator<Item = (Value, Value)>>(entries: I) -> Dictionary {
        Dictionary(entries.into_iter().collect())
    }
}

/// Spreads the 32-bit hash of a value over the word: the table takes its tag from the top bits.
#[derive(Default)]
struct SpreadHasher(u64);

impl Hasher for SpreadHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u32(u32::from(byte));
        }
    }

    fn write_u32(&mut self, word: u32) {
        self.0 = (self.0 ^ u64::from(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// A map from objects to values, as an object map or an environment.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// The bindings, sorted by the oid of their keys.
    pub bindings: BTreeMap<ObjectRef, Value>,
    /// A description, or nil.
    pub description: Value,
    /// The environment that is asked next; always `None` in an object map.
    pub parent: Option<ObjectRef>,
}

impl Default for Value {
    fn default() -> Value {
        Value::NIL
    }
}

/// A text under construction.
#[derive(Clone, Debug, Default)]
pub struct StringBuffer {
    /// The text.
    pub text: String,
    /// The current indentation, where one was set.
    pub indent: Option<i64>,
}
