//! The payload of a class.

use crate::object::ObjectRef;
use crate::value::{SetRef, Value};

/// What makes an object a class.
#[derive(Clone, Debug, Default)]
pub struct ClassInfo {
    /// The superclass; the root of all classes has itself.
    pub superclass: Option<ObjectRef>,
    /// The symbol that names the class.
    pub symbol: Option<ObjectRef>,
    /// The attributes that instances have, where the class says so.
    pub attribute_set: Option<SetRef>,
    methods: Vec<(ObjectRef, Value)>,
}

impl ClassInfo {
    /// Returns the payload of a class without methods.
    pub fn new(superclass: Option<ObjectRef>, symbol: Option<ObjectRef>) -> ClassInfo {
        ClassInfo { superclass, symbol, ..ClassInfo::default() }
    }

    /// Returns the methods, as selectors and closures, sorted by the selector's oid.
    pub fn methods(&self) -> &[(ObjectRef, Value)] {
        &self.methods
    }

    /// Returns the class's own method for a selector.
    pub fn method(&self, selector: ObjectRef) -> Option<Value> {
        self.methods.iter().find(|(own, _)| *own == selector).map(|(_, method)| *method)
    }

    /// Adds a method or replaces the one that there was.
    pub fn put_method(&mut self, selector: ObjectRef, method: Value) {
        match self.methods.binary_search_by_key(&selector.oid(), |(own, _)| own.oid()) {
            Ok(at) => self.methods[at].1 = method,
            Err(at) => self.methods.insert(at, (selector, method)),
        }
    }

    /// Removes a method, and returns it.
    pub fn remove_method(&mut self, selector: ObjectRef) -> Option<Value> {
        let at = self.methods.iter().position(|(own, _)| *own == selector)?;
        Some(self.methods.remove(at).1)
    }

    pub(super) fn for_each_value(&self, f: &mut dyn FnMut(Value)) {
        f(self.superclass.map_or(Value::NIL, Value::from));
        f(self.symbol.map_or(Value::NIL, Value::from));
        f(self.attribute_set.map_or(Value::NIL, Value::from));
        for &(selector, method) in &self.methods {
            f(selector.into());
            f(method);
        }
    }
}
