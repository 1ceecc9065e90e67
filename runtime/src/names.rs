//! Names: symbols, and the objects that they stand for.
//!
//! A symbol is an object whose payload has a name, unique in the runtime. A strong symbol is kept alive by its name, a
//! weak one dies when nothing else refers to it. A global name stands for its symbol's value, or for the symbol itself
//! where it has none.

use std::collections::BTreeMap;
use std::ops::Bound;

use parking_lot::RwLock;

use crate::error::RuntimeError;
use crate::heap::{Live, Marker};
use crate::known;
use crate::object::payload::Symbol;
use crate::object::{ObjectRef, Payload};
use crate::oid::Oid;
use crate::runtime::Mutator;
use crate::value::Value;

/// All symbols of a runtime, by name.
#[derive(Default)]
pub(crate) struct Names {
    by_name: RwLock<BTreeMap<Box<str>, Entry>>,
}

#[derive(Clone, Copy)]
struct Entry {
    symbol: ObjectRef,
    weak: bool,
}

impl Names {
    pub(crate) fn mark_strong(&self, marker: &mut Marker<'_>) {
        for entry in self.by_name.read().values().filter(|entry| !entry.weak) {
            marker.value(entry.symbol.into());
        }
    }

    pub(crate) fn forget_dead(&self, live: &Live) {
        self.by_name.write().retain(|_, entry| !entry.weak || live.contains(entry.symbol.cell()));
    }
}

/// Returns whether symbols can have this name: a letter, then letters and digits, `_` and `$` only after one of these
/// (RefPerSys's rule, with the letters of all scripts).
pub fn is_name(text: &str) -> bool {
    let mut after_alphanumeric = false;
    for (index, char) in text.chars().enumerate() {
        let alphanumeric = char.is_alphabetic() || index > 0 && char.is_alphanumeric();
        let joiner = matches!(char, '_' | '$') && after_alphanumeric;
        if !alphanumeric && !joiner {
            return false;
        }
        after_alphanumeric = alphanumeric;
    }
    !text.is_empty()
}

impl Mutator<'_> {
    /// Returns the symbol with a name.
    pub fn symbol(&self, name: &str) -> Option<ObjectRef> {
        let found = self.runtime().names().by_name.read().get(name).map(|entry| entry.symbol);
        found.or_else(|| self.symbol_of_source(name))
    }

    /// Returns what a global name stands for: the value of its symbol, or the symbol where it has none.
    pub fn global(&self, name: &str) -> Option<Value> {
        Some(self.value_of_symbol(self.symbol(name)?))
    }

    /// Returns what a symbol stands for: its value, or itself where it has none.
    pub fn value_of_symbol(&self, symbol: ObjectRef) -> Value {
        let value = symbol.with_payload(self, |payload| match payload {
            Some(Payload::Symbol(own)) => own.value,
            _ => Value::NIL,
        });
        if value.is_nil() { symbol.into() } else { value }
    }

    /// Makes the name of a symbol keep it alive.
    pub(crate) fn strengthen_symbol(&self, symbol: ObjectRef) {
        let Some(name) = self.symbol_name(symbol) else { return };
        if let Some(entry) = self.runtime().names().by_name.write().get_mut(name.as_str())
            && entry.symbol == symbol
        {
            entry.weak = false;
        }
    }

    /// Returns what a global name stands for in a program: the value of its symbol, what the library has for the name,
    /// or the symbol itself.
    pub fn value_of_name(&self, symbol: ObjectRef) -> Value {
        let value = self.value_of_symbol(symbol);
        if !value.is_identical(symbol.into()) {
            return value;
        }
        let name = self.symbol_name(symbol);
        name.and_then(|name| self.library_global(&name)).unwrap_or(value)
    }

    /// Returns the object that a symbol names as an attribute or a selector: the symbol itself, unless it stands for
    /// another attribute or selector, as RefPerSys's symbols may.
    pub fn key_of_symbol(&self, symbol: ObjectRef) -> ObjectRef {
        match self.value_of_symbol(symbol).as_object() {
            Some(other) if other != symbol && self.is_key(other) => other,
            _ => symbol,
        }
    }

    /// Returns whether an object is made to be an attribute or a selector: whether it is a symbol of some kind. What else
    /// gets a name must not become another attribute for those that have one of this name.
    fn is_key(&self, object: ObjectRef) -> bool {
        self.is_instance_of(object.into(), self.class(known::SYMBOL))
    }

    /// Returns the object that a name stands for as an attribute or a selector, making a transient symbol where there
    /// is none.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::BadName`] when the text can not be a name.
    pub fn intern(&self, name: &str) -> Result<ObjectRef, RuntimeError> {
        loop {
            if let Some(symbol) = self.symbol(name) {
                return Ok(self.key_of_symbol(symbol));
            }
            match self.make_symbol(name, true) {
                // Another thread was faster: take its symbol.
                Err(RuntimeError::DuplicateName { .. }) => {}
                made => return made,
            }
        }
    }

    /// Makes a transient symbol.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::BadName`] when the text can not be a name, [`RuntimeError::DuplicateName`] when it is taken.
    pub fn make_symbol(&self, name: &str, weak: bool) -> Result<ObjectRef, RuntimeError> {
        if !is_name(name) {
            return Err(RuntimeError::BadName { name: name.into() });
        }
        // Also one that is not loaded yet has its name.
        if let Some(taken) = self.symbol(name) {
            return Err(RuntimeError::DuplicateName { name: name.into(), taken: taken.oid() });
        }
        let symbol = self.new_object(self.class(known::SYMBOL));
        let payload = Symbol { name: name.into(), value: Value::NIL, weak };
        symbol.install_fresh_payload(self, Payload::Symbol(payload));
        self.name_symbol(symbol, name, weak)?;
        Ok(symbol)
    }

    /// Makes an object the symbol with a name, without touching its mtime.
    ///
    /// A loader calls this too; any name is taken then, since data that exists must not be lost.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::DuplicateName`] when another symbol has the name.
    pub fn install_symbol(
        &self,
        object: ObjectRef,
        name: &str,
        value: Value,
        weak: bool,
    ) -> Result<(), RuntimeError> {
        // The payload first: whoever finds the name finds a symbol.
        object.install_payload(self, Some(Payload::Symbol(Symbol { name: name.into(), value, weak })));
        self.name_symbol(object, name, weak)
    }

    /// Lets a symbol that is being loaded be found by its name, unless that is another one's.
    pub(crate) fn name_loaded(&self, object: ObjectRef, name: &str, weak: bool) {
        let _taken = self.enter_name(object, name, weak, false);
    }

    /// Makes a symbol be found by its name, or takes its payload away where that is another one's.
    fn name_symbol(&self, object: ObjectRef, name: &str, weak: bool) -> Result<(), RuntimeError> {
        if let Some(taken) = self.enter_name(object, name, weak, true) {
            object.install_payload(self, None);
            return Err(RuntimeError::DuplicateName { name: name.into(), taken });
        }
        Ok(())
    }

    /// Enters a symbol into the table of names, or returns the one that has the name. What is only found to be there is
    /// no change that a transaction takes back.
    fn enter_name(&self, object: ObjectRef, name: &str, weak: bool, is_change: bool) -> Option<Oid> {
        let (taken, before) = {
            let mut by_name = self.runtime().names().by_name.write();
            match by_name.get(name) {
                // A transient symbol, such as that of a built-in class, gives way to one that a store brings.
                Some(taken)
                    if taken.symbol != object
                        && (taken.symbol.space().is_some() || object.space().is_none()) =>
                {
                    (Some(taken.symbol.oid()), None)
                }
                _ => (None, by_name.insert(name.into(), Entry { symbol: object, weak })),
            }
        };
        if is_change && taken.is_none() && self.is_in_transaction() {
            self.note_name(name, before.map(|entry| (entry.symbol, entry.weak)));
        }
        taken
    }

    /// Makes a name stand for the symbol that it stood for before, or for none.
    pub(crate) fn reset_name(&self, name: &str, before: Option<(ObjectRef, bool)>) {
        let mut by_name = self.runtime().names().by_name.write();
        match before {
            Some((symbol, weak)) => by_name.insert(name.into(), Entry { symbol, weak }),
            None => by_name.remove(name),
        };
    }

    /// Returns the names that are known without asking where the objects come from.
    pub(crate) fn known_names(&self) -> Vec<String> {
        self.runtime().names().by_name.read().keys().map(ToString::to_string).collect()
    }

    /// Returns up to `limit` names that begin with a prefix, with their symbols, in order.
    pub fn names_with_prefix(&self, prefix: &str, limit: usize) -> Vec<(String, ObjectRef)> {
        self.load_names(prefix);
        let by_name = self.runtime().names().by_name.read();
        let from = (Bound::Included(prefix), Bound::Unbounded);
        let matching = by_name.range::<str, _>(from).take_while(|(name, _)| name.starts_with(prefix));
        matching.take(limit).map(|(name, entry)| (name.to_string(), entry.symbol)).collect()
    }

    /// Returns all names, in order.
    pub fn all_names(&self) -> Vec<String> {
        self.load_names("");
        self.known_names()
    }

    /// Returns the name of an object: its attribute `name`, or its symbol's name, or that of its class's symbol.
    pub fn name_of(&self, object: ObjectRef) -> Option<String> {
        let attribute = self.object(known::NAME).and_then(|key| object.get_attribute(key));
        if let Some(name) = attribute.and_then(Value::as_string).filter(|name| !name.as_str().is_empty()) {
            return Some(name.as_str().to_string());
        }
        let symbol = object.with_payload(self, |payload| match payload {
            Some(Payload::Symbol(symbol)) => Err(symbol.name.to_string()),
            Some(Payload::ClassInfo(info)) => Ok(info.symbol),
            _ => Ok(None),
        });
        match symbol {
            Err(name) => Some(name),
            Ok(symbol) => self.symbol_name(symbol?),
        }
    }

    /// Returns the name in an object's symbol payload.
    pub fn symbol_name(&self, object: ObjectRef) -> Option<String> {
        object.with_payload(self, |payload| match payload {
            Some(Payload::Symbol(symbol)) => Some(symbol.name.to_string()),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::Runtime;

    #[test]
    fn a_new_name_leaves_the_caches_as_they_are() {
        let runtime = Runtime::new();
        runtime.enter(|m| {
            let epoch = runtime.method_epoch();
            let symbol = m.intern("fresh").unwrap();
            assert_eq!(m.symbol("fresh"), Some(symbol));
            assert_eq!(runtime.method_epoch(), epoch);
        });
    }
}
