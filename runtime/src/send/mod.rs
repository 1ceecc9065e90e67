//! Sends: finding the method of a value for a selector, and applying it.
//!
//! Each class on the chain is asked for its own method, a closure in its dictionary, and then for a *native* one: a
//! Rust function registered by the class's oid and the selector's name. So the built-in methods exist for every store,
//! written by whomever, and none of them is dumped; a method in the dictionary comes first. Function objects can be
//! native too, by their own oid, as RefPerSys's core functions are.

pub(crate) mod builtin;

use std::collections::BTreeMap;
use std::collections::HashMap;

use parking_lot::RwLock;

use crate::error::RuntimeError;
use crate::object::ObjectRef;
use crate::oid::Oid;
use crate::runtime::{Mutator, Runtime};
use crate::value::Value;

/// The body of a native method or function.
pub type NativeBody = fn(&Mutator<'_>, Value, &[Value]) -> Result<Value, RuntimeError>;

/// A method or function in Rust.
#[derive(Clone, Copy, Debug)]
pub struct Native {
    /// What it is called in messages.
    pub name: &'static str,
    /// How many arguments it takes, the receiver not counted.
    pub arity: u8,
    /// What it does, with the receiver first.
    pub body: NativeBody,
}

/// What a send finds.
#[derive(Clone, Copy, Debug)]
pub enum Method {
    /// A value from a method dictionary, usually a closure.
    Kept(Value),
    /// A native method.
    Native(Native),
}

/// All native methods and functions of a runtime.
#[derive(Default)]
pub(crate) struct NativeTable {
    methods: RwLock<HashMap<Oid, BTreeMap<&'static str, Native>>>,
    functions: RwLock<HashMap<Oid, Native>>,
}

const CACHE_ENTRIES: usize = 256;

/// A thread's memory of what sends found. It keeps nothing alive: a collection makes it forget.
pub(crate) struct MethodCache {
    epoch: u64,
    entries: Vec<Option<(ObjectRef, ObjectRef, Method)>>,
}

impl Default for MethodCache {
    fn default() -> MethodCache {
        MethodCache { epoch: 0, entries: vec![None; CACHE_ENTRIES] }
    }
}

impl MethodCache {
    fn entry(
        &mut self,
        epoch: u64,
        class: ObjectRef,
        selector: ObjectRef,
    ) -> &mut Option<(ObjectRef, ObjectRef, Method)> {
        if self.epoch != epoch {
            self.epoch = epoch;
            self.entries.fill(None);
        }
        let mixed =
            (class.cell().as_ptr() as usize >> 4) ^ (selector.cell().as_ptr() as usize >> 4).rotate_left(7);
        &mut self.entries[mixed % CACHE_ENTRIES]
    }
}

impl Runtime {
    /// Registers a native method of a class.
    pub fn register_method(&self, class: Oid, native: Native) {
        self.natives().methods.write().entry(class).or_default().insert(native.name, native);
        self.invalidate_methods();
    }

    /// Registers the native body of a function object.
    pub fn register_function(&self, function: Oid, native: Native) {
        self.natives().functions.write().insert(function, native);
    }
}

impl Mutator<'_> {
    /// Returns the method of a class for a selector.
    pub fn find_method(&self, class: ObjectRef, selector: ObjectRef) -> Option<Method> {
        let epoch = self.runtime().method_epoch();
        if let Some((own_class, own_selector, method)) =
            *self.method_cache.borrow_mut().entry(epoch, class, selector)
            && own_class == class
            && own_selector == selector
        {
            return Some(method);
        }
        let method = self.search_method(class, selector)?;
        *self.method_cache.borrow_mut().entry(epoch, class, selector) = Some((class, selector, method));
        Some(method)
    }

    fn search_method(&self, class: ObjectRef, selector: ObjectRef) -> Option<Method> {
        let name = self.name_of(selector);
        class.class_chain(self).find_map(|class| {
            let own = class.with_payload(self, |payload| match payload {
                Some(crate::object::Payload::ClassInfo(info)) => info.method(selector),
                _ => None,
            });
            let native = || {
                let natives = self.runtime().natives().methods.read();
                natives.get(&class.oid())?.get(name.as_deref()?).copied()
            };
            own.map(Method::Kept).or_else(|| native().map(Method::Native))
        })
    }

    /// Sends a message: finds the receiver's method and applies it.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::NotUnderstood`] when there is no method, and whatever the method raises.
    pub fn send(
        &self,
        receiver: Value,
        selector: ObjectRef,
        arguments: &[Value],
    ) -> Result<Value, RuntimeError> {
        let class = self.class_of(receiver);
        match self.find_method(class, selector) {
            Some(Method::Native(native)) => self.call_native(native, receiver, arguments),
            Some(Method::Kept(method)) => self.apply(method, receiver, arguments),
            None => Err(self.not_understood(class, selector)),
        }
    }

    /// Applies a closure or a function object to a receiver and arguments.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::NotApplicable`] for other values, [`RuntimeError::NoCode`] when the function has none.
    pub fn apply(
        &self,
        function: Value,
        receiver: Value,
        arguments: &[Value],
    ) -> Result<Value, RuntimeError> {
        let object = match function.as_closure() {
            Some(closure) => closure.function(),
            None => function.as_object().ok_or_else(|| {
                let class = self.class_of(function);
                RuntimeError::NotApplicable {
                    found: self.name_of(class).unwrap_or_else(|| class.oid().to_string()),
                }
            })?,
        };
        let native = self.runtime().natives().functions.read().get(&object.oid()).copied();
        match native {
            Some(native) => self.call_native(native, receiver, arguments),
            None => Err(RuntimeError::NoCode { oid: object.oid() }),
        }
    }

    /// Returns the selectors that instances of a class understand, sorted by name.
    pub fn selectors_of(&self, class: ObjectRef) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for class in class.class_chain(self) {
            let methods = class.own_methods(self);
            let selectors = methods.chunks_exact(2).filter_map(|pair| pair[0].as_object());
            names.extend(selectors.filter_map(|selector| self.name_of(selector)));
            // The lock is not held where another thread could stop.
            let natives = self.runtime().natives().methods.read();
            names
                .extend(natives.get(&class.oid()).into_iter().flatten().map(|(name, _)| (*name).to_string()));
        }
        names.sort();
        names.dedup();
        names
    }

    fn call_native(
        &self,
        native: Native,
        receiver: Value,
        arguments: &[Value],
    ) -> Result<Value, RuntimeError> {
        if arguments.len() != usize::from(native.arity) {
            return Err(RuntimeError::Arity {
                name: native.name.into(),
                expected: native.arity.to_string(),
                given: arguments.len(),
            });
        }
        self.safepoint();
        (native.body)(self, receiver, arguments)
    }

    fn not_understood(&self, class: ObjectRef, selector: ObjectRef) -> RuntimeError {
        let named = |object: ObjectRef| self.name_of(object).unwrap_or_else(|| object.oid().to_string());
        let selector = named(selector);
        let similar = similar_names(&selector, self.selectors_of(class));
        RuntimeError::NotUnderstood { class: named(class), selector, similar }
    }
}

/// Returns the names that look like one, best first: at most a third of the letters differ, and one always may.
pub fn similar_names(name: &str, candidates: impl IntoIterator<Item = String>) -> Vec<String> {
    let limit = (name.chars().count() / 3).max(1);
    let mut scored: Vec<(usize, String)> = candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, &candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .collect();
    scored.sort();
    scored.into_iter().take(3).map(|(_, candidate)| candidate).collect()
}
