//! What every store has without keeping it: methods found by the class's oid and the selector's name, and functions
//! found by their name where no symbol has a value of that name.
//!
//! A method of the library is native, or a closure of a function in the language. None of it is dumped, so that stores
//! written by whomever, RefPerSys's among them, have all of it, and a newer program brings a newer library. What a
//! class's own dictionary has comes first.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::RwLock;

use super::{Intrinsic, Method, Native};
use crate::heap::Marker;
use crate::known;
use crate::object::ObjectRef;
use crate::oid::Oid;
use crate::runtime::{Mutator, Runtime};
use crate::value::Value;

/// The library of a runtime.
#[derive(Default)]
pub(crate) struct Library {
    methods: RwLock<HashMap<Oid, BTreeMap<Box<str>, Method>>>,
    /// The native bodies of function objects.
    bodies: RwLock<HashMap<Oid, Native>>,
    /// What names stand for when no symbol gives them a value.
    globals: RwLock<BTreeMap<Box<str>, Value>>,
    /// What is called once, before anything is said to be missing.
    loader: RwLock<Option<fn(&Mutator<'_>)>>,
    loaded: AtomicBool,
}

impl Library {
    pub(crate) fn mark(&self, marker: &mut Marker<'_>) {
        for method in self.methods.read().values().flat_map(BTreeMap::values) {
            if let Method::Kept(value) = method {
                marker.value(*value);
            }
        }
        for &value in self.globals.read().values() {
            marker.value(value);
        }
    }
}

impl Runtime {
    /// Registers a native method of a class.
    pub fn register_method(&self, class: Oid, native: Native) {
        let method = Method::Native(native);
        self.library().methods.write().entry(class).or_default().insert(native.name.into(), method);
        self.invalidate_methods();
    }

    /// Notes what a native method of a class does, so that machine code can do it in its place.
    pub fn declare_intrinsic(&self, class: Oid, selector: &str, intrinsic: Intrinsic) {
        if let Some(Method::Native(native)) =
            self.library().methods.write().get_mut(&class).and_then(|methods| methods.get_mut(selector))
        {
            native.intrinsic = Some(intrinsic);
        }
        self.invalidate_methods();
    }

    /// Forgets the library's method of a class for a selector.
    pub fn unregister_method(&self, class: Oid, selector: &str) {
        if let Some(methods) = self.library().methods.write().get_mut(&class) {
            methods.remove(selector);
        }
        self.invalidate_methods();
    }

    /// Registers the native body of a function object.
    pub fn register_function(&self, function: Oid, native: Native) {
        self.library().bodies.write().insert(function, native);
        self.invalidate_methods();
    }

    /// Sets what is called once, the first time that a method or a name is not found: it registers the part of the
    /// library that costs time to make.
    pub fn set_library_loader(&self, loader: fn(&Mutator<'_>)) {
        *self.library().loader.write() = Some(loader);
    }
}

impl Mutator<'_> {
    /// Makes the function object of a native function, transient, and gives it its name.
    pub fn register_global_function(&self, oid: Oid, native: Native) -> ObjectRef {
        let function = self.object_or_skeleton(oid);
        function.set_class_unchecked(Some(self.class(known::CORE_FUNCTION)));
        self.runtime().register_function(oid, native);
        self.register_global(native.name, function.into());
        function
    }

    /// Gives a value a name that counts where no symbol gives it a value.
    pub fn register_global(&self, name: &str, value: Value) {
        self.runtime().library().globals.write().insert(name.into(), value);
        self.runtime().invalidate_methods();
    }

    /// Forgets what a name stands for, unless something else took it over meanwhile.
    pub fn unregister_global(&self, name: &str, value: Value) {
        let mut globals = self.runtime().library().globals.write();
        if globals.get(name) == Some(&value) {
            globals.remove(name);
        }
        drop(globals);
        self.runtime().invalidate_methods();
    }

    /// Registers a closure as the method of a class for a selector, outside of the class's dictionary.
    pub fn register_library_method(&self, class: Oid, selector: &str, closure: Value) {
        let method = Method::Kept(closure);
        self.runtime().library().methods.write().entry(class).or_default().insert(selector.into(), method);
        self.runtime().invalidate_methods();
    }

    /// Returns what the library has for a name.
    pub fn library_global(&self, name: &str) -> Option<Value> {
        let find = || self.loaded_global(name);
        find().or_else(|| if self.load_library() { find() } else { None })
    }

    /// Returns what the library has for a name, as far as it is loaded: what somebody has already is.
    pub fn loaded_global(&self, name: &str) -> Option<Value> {
        self.runtime().library().globals.read().get(name).copied()
    }

    /// Returns the names that the library has values for, in order.
    pub fn library_names(&self) -> Vec<String> {
        self.load_library();
        self.runtime().library().globals.read().keys().map(ToString::to_string).collect()
    }

    /// Returns the library's method of a class, not of its superclasses.
    pub fn library_method(&self, class: Oid, selector: &str) -> Option<Method> {
        let find = || self.runtime().library().methods.read().get(&class)?.get(selector).copied();
        find().or_else(|| if self.load_library() { find() } else { None })
    }

    /// Returns the selectors for which the library has methods of a class, not of its superclasses, in order.
    pub fn library_selectors(&self, class: Oid) -> Vec<String> {
        self.load_library();
        let methods = self.runtime().library().methods.read();
        methods.get(&class).into_iter().flat_map(BTreeMap::keys).map(ToString::to_string).collect()
    }

    /// Returns the native body of a function object.
    pub fn native_function(&self, function: Oid) -> Option<Native> {
        self.runtime().library().bodies.read().get(&function).copied()
    }

    /// Calls the loader unless that was done; returns whether it was called.
    fn load_library(&self) -> bool {
        let library = self.runtime().library();
        if library.loaded.load(Ordering::Acquire) {
            return false;
        }
        let Some(loader) = *library.loader.read() else { return false };
        if library.loaded.swap(true, Ordering::AcqRel) {
            return false;
        }
        // What it makes stays: a collection would find nothing, and under stress there would be one at every allocation.
        let _suspended = self.suspend_collections();
        loader(self);
        true
    }
}
