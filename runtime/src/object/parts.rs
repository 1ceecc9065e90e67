//! Class, space, mtime, components, payload and extras of an object.

use std::sync::atomic::Ordering;

use super::ObjectRef;
use super::components::ComponentsRef;
use super::payload::{Payload, cell::PayloadRef};
use crate::Mutator;
use crate::error::RuntimeError;
use crate::heap::barrier::{self, Slot};
use crate::heap::cell::CellPtr;
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
        let guard = self.lock(m);
        if self.class() != Some(class) {
            let _guard = self.prepare_change(m, guard);
            barrier::store(self.cell(), &self.get().class, class.into());
            self.stamp(m);
            m.runtime().invalidate_methods();
        }
    }

    /// Puts an object into a space, which keeps it alive, or with `None` makes it transient.
    pub fn set_space(self, m: &Mutator<'_>, space: Option<ObjectRef>) {
        let guard = self.lock(m);
        if self.space() != space {
            let _guards = self.prepare_move(m, guard);
            self.set_space_unchecked(m, space);
            self.stamp(m);
        }
    }

    /// Puts an object into a space without touching its mtime: for a loader.
    pub fn set_space_unchecked(self, m: &Mutator<'_>, space: Option<ObjectRef>) {
        barrier::store(self.cell(), &self.get().space, space.map_or(Value::NIL, Value::from));
        m.runtime().oids().set_kept(self, space.is_some());
        if space.is_none()
            && let Some(lazy) = m.runtime().lazy()
        {
            lazy.forget(self);
        }
    }

    /// Sets when the object last changed, in hundredths of a second since 1970.
    pub fn set_mtime(self, mtime: i64) {
        self.get().mtime.store(mtime, Ordering::Relaxed);
    }

    /// Notes that the object changes now: something in it that only its owner sees, such as a plugin's payload.
    pub fn touch(self, m: &Mutator<'_>) {
        let _guard = self.lock_for_change(m);
        self.stamp(m);
    }

    /// Sets the mtime to now. Of an object that no space keeps nobody asks when it changed.
    pub(super) fn stamp(self, m: &Mutator<'_>) {
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
        let _guard = self.lock_for_change(m);
        let old = self.components_ref();
        if !old.is_some_and(|components| components.push(value)) {
            let mut all = m.root_vec();
            all.extend(self.components());
            all.push(value);
            self.publish_components(m, &all, (all.len() * 2).max(4));
        }
        self.stamp(m);
    }

    /// Stores a component that exists.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::NoSuchComponent`] when there are not so many.
    pub fn put_component(self, m: &Mutator<'_>, index: usize, value: Value) -> Result<(), RuntimeError> {
        let guard = self.lock(m);
        if self.component(index).ok_or_else(|| self.no_component(index))? == value {
            return Ok(());
        }
        let _guard = self.prepare_change(m, guard);
        match self.components_ref() {
            Some(components) if index < components.slots().len() => {
                components.store(index, value);
                self.stamp(m);
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
        let guard = self.lock(m);
        self.component(index).ok_or_else(|| self.no_component(index))?;
        let _guard = self.prepare_change(m, guard);
        let removed = self.component(index).ok_or_else(|| self.no_component(index))?;
        let mut all = m.root_vec();
        all.extend(self.components().enumerate().filter(|&(at, _)| at != index).map(|(_, value)| value));
        self.publish_components(m, &all, all.len());
        self.stamp(m);
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
        let cell = self.content_of(&self.get().components);
        // SAFETY: the slot holds nothing or a component vector.
        cell.map(|cell| unsafe { ComponentsRef::from_cell(cell) })
    }

    /// Returns the cell in one of the object's places, which is loaded first if need be.
    #[inline]
    fn content_of(self, slot: &Slot) -> Option<CellPtr> {
        let value = slot.load();
        match value.cell() {
            None if value.is_absent() => {
                self.load();
                slot.load().cell()
            }
            cell => cell,
        }
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
        let _guard = self.lock_for_change(m);
        let _no_safepoint = m.forbid_safepoints();
        // SAFETY: the lock is held, so nobody else refers to the content; no collection reads it meanwhile.
        let result = f(self.payload_ref().map(|payload| unsafe { payload.borrow_mut() }));
        if let Some(payload) = self.payload_ref() {
            barrier::store_any(payload.cell());
            payload.count_outside(m);
        }
        self.stamp(m);
        if is_class_like(self.payload_ref().map(|payload| payload.borrow())) {
            m.runtime().invalidate_methods();
        }
        result
    }

    /// Gives the object a payload instead of the one that it had. The object counts as changed.
    pub fn set_payload(self, m: &Mutator<'_>, payload: Option<Payload>) {
        let payload = payload.map(|payload| PayloadRef::new(m, payload));
        let _guard = self.lock_for_change(m);
        self.replace_payload(m, payload);
        self.stamp(m);
    }

    /// Gives the object a payload without touching its mtime: for a loader.
    pub fn install_payload(self, m: &Mutator<'_>, payload: Option<Payload>) {
        let payload = payload.map(|payload| PayloadRef::new(m, payload));
        let _guard = self.lock(m);
        self.replace_payload(m, payload);
    }

    /// Stores another payload; the caller holds the object's lock.
    fn replace_payload(self, m: &Mutator<'_>, payload: Option<PayloadRef>) {
        let cell = payload.map_or(Value::NIL, |payload| Value::from_cell(payload.cell()));
        let affects = |object: ObjectRef| is_class_like(object.payload_ref().map(|payload| payload.borrow()));
        let before = affects(self);
        barrier::store(self.cell(), &self.get().payload, cell);
        if before || affects(self) {
            m.runtime().invalidate_methods();
        }
    }

    /// Returns whether the object has a payload.
    pub fn has_payload(self) -> bool {
        self.content_of(&self.get().payload).is_some()
    }

    #[inline]
    pub(super) fn payload_ref(self) -> Option<PayloadRef> {
        let cell = self.content_of(&self.get().payload);
        // SAFETY: the slot holds nothing or a payload cell.
        cell.map(|cell| unsafe { PayloadRef::from_cell(cell) })
    }

    /// Returns what a store said of the object that nobody here understands: keys and verbatim text in turn.
    ///
    /// RefPerSys's `applying` and `magicattr` flags are such, and the members of unknown payload kinds.
    pub fn extras(self) -> Option<TupleRef> {
        let cell = self.content_of(&self.get().extras)?;
        // SAFETY: a cell in this place is a tuple.
        Some(unsafe { TupleRef::from_cell(cell) })
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
