//! Sends: finding the method of a value for a selector, and applying it.
//!
//! Each class on the chain is asked for its own method, a closure in its dictionary, and then for a *native* one: a
//! Rust function registered by the class's oid and the selector's name. So the built-in methods exist for every store,
//! written by whomever, and none of them is dumped; a method in the dictionary comes first. Function objects can be
//! native too, by their own oid, as RefPerSys's core functions are.

pub(crate) mod builtin;
mod direct;
mod gate;
mod library;

pub use self::builtin::Intrinsic;
pub use self::direct::{
    DirectCall, DirectFunction, DirectResult, DirectSignature, DirectType, MAX_PARAMETERS, NotASignature,
};
pub use self::gate::{COUNTED, Counter, Gate, GateOffsets, GatedFunction, OpenGate, PLACES};
pub(crate) use self::library::Library;

use std::rc::Rc;

use crate::code::CodeRef;
use crate::error::RuntimeError;
use crate::object::ObjectRef;
use crate::runtime::Mutator;
use crate::value::Value;

/// The body of a native method or function in Rust.
pub type NativeFn = fn(&Mutator<'_>, Value, &[Value]) -> Result<Value, RuntimeError>;

/// A function that is part of no program: what it is comes with it, as of a plugin.
pub trait ForeignFunction: Send + Sync + std::fmt::Debug {
    /// Calls the function with a receiver, nil if it is no method, and arguments.
    ///
    /// # Errors
    ///
    /// Whatever the function raises.
    fn call(&self, m: &Mutator<'_>, receiver: Value, arguments: &[Value]) -> Result<Value, RuntimeError>;

    /// Opens the gate by which machine code of this thread calls the function, if it has one.
    fn open_gate(&self, m: &Mutator<'_>) -> Option<Rc<dyn OpenGate>> {
        let _ = m;
        None
    }

    /// Notes how a call through the gate has failed, and returns the error as programs meet it.
    fn failed_at_gate(&self, error: RuntimeError) -> RuntimeError {
        error
    }
}

/// What a native does.
#[derive(Clone, Copy, Debug)]
pub enum NativeBody {
    /// A function in Rust.
    Rust(NativeFn),
    /// A function of a plugin.
    Foreign(&'static dyn ForeignFunction),
}

/// A method or function that is not in the language.
#[derive(Clone, Copy, Debug)]
pub struct Native {
    /// What it is called in messages.
    pub name: &'static str,
    /// How many arguments it takes, the receiver not counted, or [`Native::ANY`].
    pub arity: u8,
    /// What it does, with the receiver first.
    pub body: NativeBody,
    /// What is to be said about it, for `:doc`: one indicative line, then what else is to be known.
    pub doc: &'static str,
    /// What machine code may do in its place.
    pub intrinsic: Option<Intrinsic>,
}

impl Native {
    /// The arity of what takes any number of arguments.
    pub const ANY: u8 = u8::MAX;

    /// Returns a native in Rust.
    pub const fn new(name: &'static str, arity: u8, body: NativeFn, doc: &'static str) -> Native {
        Native { name, arity, body: NativeBody::Rust(body), doc, intrinsic: None }
    }

    /// Does what the native does; the caller has seen to the number of arguments.
    #[inline(always)]
    pub(crate) fn run(
        &self,
        m: &Mutator<'_>,
        receiver: Value,
        arguments: &[Value],
    ) -> Result<Value, RuntimeError> {
        match self.body {
            NativeBody::Rust(body) => body(m, receiver, arguments),
            NativeBody::Foreign(function) => function.call(m, receiver, arguments),
        }
    }
}

/// What a send finds.
#[derive(Clone, Copy, Debug)]
pub enum Method {
    /// A value from a method dictionary, usually a closure.
    Kept(Value),
    /// A native method.
    Native(Native),
}

const CACHE_ENTRIES: usize = 1024;

/// A thread's memory of what sends found. It keeps nothing alive: a collection makes it forget.
pub(crate) struct MethodCache {
    /// Of the methods, and of the heap, whose collections forget methods too.
    epoch: (u64, u64),
    entries: Vec<Option<CacheEntry>>,
}

#[derive(Clone, Copy)]
struct CacheEntry {
    class: ObjectRef,
    selector: ObjectRef,
    method: Method,
    /// The code of a kept method that takes its receiver as `self`, once somebody asked.
    body: Option<CodeRef>,
}

impl Default for MethodCache {
    fn default() -> MethodCache {
        MethodCache { epoch: (0, 0), entries: vec![None; CACHE_ENTRIES] }
    }
}

impl MethodCache {
    /// Returns the place of a class and a selector, which may have something else.
    #[inline]
    fn place(&mut self, epoch: (u64, u64), class: ObjectRef, selector: ObjectRef) -> &mut Option<CacheEntry> {
        if self.epoch != epoch {
            self.epoch = epoch;
            self.entries.fill(None);
        }
        let mixed =
            (class.cell().as_ptr() as usize >> 4) ^ (selector.cell().as_ptr() as usize >> 4).rotate_left(7);
        &mut self.entries[mixed % CACHE_ENTRIES]
    }
}

impl Mutator<'_> {
    fn cache_epoch(&self) -> (u64, u64) {
        (self.runtime().method_epoch(), self.heap().collections())
    }

    fn cached_method(&self, epoch: (u64, u64), class: ObjectRef, selector: ObjectRef) -> Option<CacheEntry> {
        let place = *self.method_cache.borrow_mut().place(epoch, class, selector);
        place.filter(|entry| entry.class == class && entry.selector == selector)
    }

    /// Returns the method of a class for a selector.
    pub fn find_method(&self, class: ObjectRef, selector: ObjectRef) -> Option<Method> {
        let epoch = self.cache_epoch();
        if let Some(entry) = self.cached_method(epoch, class, selector) {
            return Some(entry.method);
        }
        let method = self.search_method(class, selector)?;
        let entry = CacheEntry { class, selector, method, body: None };
        *self.method_cache.borrow_mut().place(epoch, class, selector) = Some(entry);
        Some(method)
    }

    /// Returns the code that a send was found to run, if [`Mutator::remember_body`] was told.
    pub(crate) fn cached_body(&self, class: ObjectRef, selector: ObjectRef) -> Option<CodeRef> {
        self.cached_method(self.cache_epoch(), class, selector)?.body
    }

    /// Remembers the code that a send runs; it was found in an epoch of the methods.
    pub(crate) fn remember_body(&self, epoch: u64, class: ObjectRef, selector: ObjectRef, body: CodeRef) {
        let epoch = (epoch, self.heap().collections());
        if epoch != self.cache_epoch() {
            return;
        }
        if let Some(entry) = self.method_cache.borrow_mut().place(epoch, class, selector)
            && entry.class == class
            && entry.selector == selector
        {
            entry.body = Some(body);
        }
    }

    fn search_method(&self, class: ObjectRef, selector: ObjectRef) -> Option<Method> {
        let name = self.name_of(selector);
        class.class_chain(self).find_map(|class| {
            let own = class.with_payload(self, |payload| match payload {
                Some(crate::object::Payload::ClassInfo(info)) => info.method(selector),
                _ => None,
            });
            own.map(Method::Kept).or_else(|| self.library_method(class.oid(), name.as_deref()?))
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
            Some(Method::Kept(method)) => self.apply_method(method, receiver, arguments),
            None => self.not_understood(receiver, class, selector, arguments),
        }
    }

    /// Returns the selectors that instances of a class understand, sorted by name.
    pub fn selectors_of(&self, class: ObjectRef) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for class in class.class_chain(self) {
            let methods = class.own_methods(self);
            let selectors = methods.chunks_exact(2).filter_map(|pair| pair[0].as_object());
            names.extend(selectors.filter_map(|selector| self.name_of(selector)));
            names.extend(self.library_selectors(class.oid()));
        }
        names.sort();
        names.dedup();
        names
    }

    pub(crate) fn not_understood_error(&self, class: ObjectRef, selector: ObjectRef) -> RuntimeError {
        let named = |object: ObjectRef| self.name_of(object).unwrap_or_else(|| object.oid().to_string());
        let selector = named(selector);
        let similar = similar_names(&selector, self.selectors_of(class));
        RuntimeError::NotUnderstood { class: named(class), selector, similar }
    }
}

/// Returns the names that look like one, best first: at most a third of the letters differ, and one always may.
pub fn similar_names(name: &str, candidates: impl IntoIterator<Item = String>) -> Vec<String> {
    let count = name.chars().count();
    let limit = (count / 3).max(1);
    let mut scored: Vec<(usize, String)> = candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, &candidate), candidate))
        // Of two short words that differ in a letter nobody mistook one for the other, unless they begin alike.
        .filter(|(distance, candidate)| {
            *distance <= limit && (count > 2 || count > 1 && candidate.chars().next() == name.chars().next())
        })
        .collect();
    scored.sort();
    scored.into_iter().take(3).map(|(_, candidate)| candidate).collect()
}
