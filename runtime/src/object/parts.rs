//! Class, space, mtime, components, payload and extras of an object.

use std::sync::atomic::Ordering;

use super::ObjectRef;
use super::components::ComponentsRef;
use super::payload::{Payload, cell::PayloadRef};
use crate::Mutator;
use crate::error::RuntimeError;
use crate::heap::barrier;
use crate::value::{TupleRef, Value};

impl ObjectRef {
    /// Makes an object an instance of another class.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::NotAClass`] when the class is none.
    pub fn set_class(self, m: &Mutator<'_>, class: ObjectRef) -> Result<(), RuntimeError> {
        if !class.is_class(m) {
            return Err(RuntimeError::NotAClass { oid: class.oid() });
        }
        self.change_class(m, class);
        Ok(())
    }

    /// Makes an object an instance of what may become a class later, without touching its mtime: for a loader.
    pub fn set_class_unchecked(self, class: Option<ObjectRef>) {
        barrier::store(self.cell(), &self.get().class, class.map_or(Value::NIL, Value::from));
    }

    fn change_class(self, m: &Mutator<'_>, class: ObjectRef) {
        let _guard = self.lock(m);
        if self.class() != Some(class) {
            barrier::store(self.cell(), &self.get().class, class.into());
            self.touch(m);
            m.runtime().invalidate_methods();
        }
    }

    /// Puts an object into a space, which keeps it alive, or with `None` makes it transient.
    pub fn set_space(self, m: &Mutator<'_>, space: Option<ObjectRef>) {
        let _guard = self.lock(m);
        if self.space() != space {
            self.set_space_unchecked(m, space);
            self.touch(m);
        }
    }

    /// Puts an object into a space without touching its mtime: for a loader.
    pub fn set_space_unchecked(self, m: &Mutator<'_>, space: Option<ObjectRef>) {
        barrier::store(self.cell(), &self.get().space, space.map_or(Value::NIL, Value::from));
        m.runtime().oids().set_kept(self, space.is_some());
    }

    /// Sets when the object last changed, in hundredths of a second since 1970.
    pub fn set_mtime(self, mtime: i64) {
        self.get().mtime.store(mtime, Ordering::Relaxed);
    }

    /// Notes that the object changed now. Of an object that no space keeps nobody asks when it changed.
    pub fn touch(self, m: &Mutator<'_>) {
        if !self.get().space.load().is_nil() {
            self.set_mtime(m.runtime().now());
        }
    }

    /// Returns the number of components.
    #[inline]
    pub fn component_count(self) -> usize {
        self.components_ref().map_or(0, |components| components.slots().len())
    }

    /// Returns a component.
    #[inline]
    pub fn component(self, index: usize) -> Option<Value> {
        Some(self.components_ref()?.slots().get(index)?.load())
    }

    /// Returns the components of this moment, one by one.
    pub fn components(self) -> impl ExactSizeIterator<Item = Value> {
        let slots = self.components_ref().map_or(&[][..], ComponentsRef::slots);
        slots.iter().map(|slot| slot.load())
    }

    /// Adds a component at the end.
    pub fn push_component(self, m: &Mutator<'_>, value: Value) {
        let _guard = self.lock(m);
        let old = self.components_ref();
        if !old.is_some_and(|components| components.push(value)) {
            let mut all = m.root_vec();
            all.extend(self.components());
            all.push(value);
            self.publish_components(m, &all, (all.len() * 2).max(4));
        }
        self.touch(m);
    }

    /// Stores a component that exists.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::NoSuchComponent`] when there are not so many.
    pub fn put_component(self, m: &Mutator<'_>, index: usize, value: Value) -> Result<(), RuntimeError> {
        let _guard = self.lock(m);
        match self.components_ref() {
            Some(components) if index < components.slots().len() => {
                if components.slots()[index].load() != value {
                    components.store(index, value);
                    self.touch(m);
                }
                Ok(())
            }
            _ => Err(self.no_component(index)),
        }
    }

    /// Removes a component, and returns it; those behind it move up.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::NoSuchComponent`] when there are not so many.
    pub fn remove_component(self, m: &Mutator<'_>, index: usize) -> Result<Value, RuntimeError> {
        let _guard = self.lock(m);
        let removed = self.component(index).ok_or_else(|| self.no_component(index))?;
        let mut all = m.root_vec();
        all.extend(self.components().enumerate().filter(|&(at, _)| at != index).map(|(_, value)| value));
        self.publish_components(m, &all, all.len());
        self.touch(m);
        Ok(removed)
    }

    /// Makes these the components, without touching the mtime: for a loader.
    pub fn set_components(self, m: &Mutator<'_>, values: &[Value]) {
        let _guard = self.lock(m);
        self.publish_components(m, values, values.len());
    }

    fn publish_components(self, m: &Mutator<'_>, values: &[Value], capacity: usize) {
        let cell = if capacity == 0 {
            Value::NIL
        } else {
            Value::from_cell(ComponentsRef::new(m, values, capacity).cell())
        };
        barrier::store(self.cell(), &self.get().components, cell);
    }

    fn components_ref(self) -> Option<ComponentsRef> {
        // SAFETY: the slot holds nil or a component vector.
        self.get().components.load().cell().map(|cell| unsafe { ComponentsRef::from_cell(cell) })
    }

    fn no_component(self, index: usize) -> RuntimeError {
        RuntimeError::NoSuchComponent { oid: self.oid(), index, count: self.component_count() }
    }

    /// Calls `f` with the payload, under the object's lock.
    pub fn with_payload<R>(self, m: &Mutator<'_>, f: impl FnOnce(Option<&Payload>) -> R) -> R {
        let _guard = self.lock(m);
        f(self.payload_ref().map(|payload| payload.borrow()))
    }

    /// Calls `f` with the payload, to be changed, under the object's lock. The object counts as changed.
    ///
    /// `f` must not allocate: no collection can happen while a payload is half changed.
    pub fn update_payload<R>(self, m: &Mutator<'_>, f: impl FnOnce(Option<&mut Payload>) -> R) -> R {
        let _guard = self.lock(m);
        let _no_safepoint = m.forbid_safepoints();
        // SAFETY: the lock is held, so nobody else refers to the content; no collection reads it meanwhile.
        let result = f(self.payload_ref().map(|payload| unsafe { payload.borrow_mut() }));
        if let Some(payload) = self.payload_ref() {
            barrier::store_any(payload.cell());
            payload.count_outside(m);
        }
        self.touch(m);
        if is_class_like(self.payload_ref().map(|payload| payload.borrow())) {
            m.runtime().invalidate_methods();
        }
        result
    }

    /// Gives the object a payload instead of the one that it had. The object counts as changed.
    pub fn set_payload(self, m: &Mutator<'_>, payload: Option<Payload>) {
        self.install_payload(m, payload);
        self.touch(m);
    }

    /// Gives the object a payload without touching its mtime: for a loader.
    pub fn install_payload(self, m: &Mutator<'_>, payload: Option<Payload>) {
        let cell = match payload {
            Some(payload) => Value::from_cell(PayloadRef::new(m, payload).cell()),
            None => Value::NIL,
        };
        let _guard = self.lock(m);
        let affects = |object: ObjectRef| is_class_like(object.payload_ref().map(|payload| payload.borrow()));
        let before = affects(self);
        barrier::store(self.cell(), &self.get().payload, cell);
        if before || affects(self) {
            m.runtime().invalidate_methods();
        }
    }

    /// Gives an object its payload that nobody has seen yet: what caches know stays true.
    pub(crate) fn install_first_payload(self, m: &Mutator<'_>, payload: Payload) {
        let cell = PayloadRef::new(m, payload).cell();
        barrier::store(self.cell(), &self.get().payload, Value::from_cell(cell));
    }

    /// Returns whether the object has a payload.
    pub fn has_payload(self) -> bool {
        !self.get().payload.load().is_nil()
    }

    #[inline]
    pub(super) fn payload_ref(self) -> Option<PayloadRef> {
        // SAFETY: the slot holds nil or a payload cell.
        self.get().payload.load().cell().map(|cell| unsafe { PayloadRef::from_cell(cell) })
    }

    /// Returns what a store said of the object that nobody here understands: keys and verbatim text in turn.
    ///
    /// RefPerSys's `applying` and `magicattr` flags are such, and the members of unknown payload kinds.
    pub fn extras(self) -> Option<TupleRef> {
        self.get().extras.load().as_tuple()
    }

    /// Sets the extras, without touching the mtime: for a loader.
    pub fn set_extras(self, extras: Option<TupleRef>) {
        barrier::store(self.cell(), &self.get().extras, extras.map_or(Value::NIL, Value::from));
    }
}

/// Returns whether caches depend on a payload: on a class's methods, a selector's name, a name's value, a function.
fn is_class_like(payload: Option<&Payload>) -> bool {
    matches!(payload, Some(Payload::ClassInfo(_) | Payload::Symbol(_) | Payload::Function(_)))
}
