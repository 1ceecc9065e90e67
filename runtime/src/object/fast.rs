//! What the interpreter does without a lock: reading and storing what a cache or an index leads to.
//!
//! Reading an attribute never takes a lock. Storing does, since another thread may publish a new slot array meanwhile
//! — unless there is no other thread in the heap, and none can come before the next safepoint. Then, and for an object
//! that no space keeps, whose mtime nobody asks for, a store is a store. Vectors are read and changed so too.

use super::payload::Payload;
use super::slots::{SlotsRef, load_number, store_number};
use super::{ObjectRef, components::ComponentsRef};
use crate::code::{ABSENT, AttributeSite, CodeRef, NUMBER};
use crate::heap::barrier;
use crate::heap::cell::Kind;
use crate::runtime::Mutator;
use crate::value::Value;

impl ObjectRef {
    /// Returns the value of the attribute of a cache, if the cache knows the object's shape.
    #[inline(always)]
    pub(crate) fn cached_attribute(self, m: &Mutator<'_>, cache: &AttributeSite) -> Option<Value> {
        // SAFETY: a table begins like a slot array, with a shape; its shape is in no cache.
        let slots = unsafe { SlotsRef::from_cell_unchecked(self.slots_cell()) };
        let place = cache.slot_of(slots.shape())?;
        if place < NUMBER {
            // SAFETY: the cache has the number of a slot of this shape.
            return Some(unsafe { slots.slot_unchecked(place) }.load());
        }
        if place == ABSENT {
            return Some(Value::NIL);
        }
        // SAFETY: as above.
        let double = load_number(unsafe { slots.slot_unchecked(place - NUMBER) });
        Some(Value::double(m, double))
    }

    /// Stores the attribute of a cache, and returns true, if the cache knows the object's shape and nobody else can see
    /// the store half done.
    #[inline(always)]
    pub(crate) fn put_cached_attribute(self, m: &Mutator<'_>, cache: &AttributeSite, value: Value) -> bool {
        if !m.is_alone() || !self.get().space.load().is_nil() {
            return false;
        }
        // SAFETY: as above.
        let slots = unsafe { SlotsRef::from_cell_unchecked(self.slots_cell()) };
        match cache.slot_of(slots.shape()) {
            None | Some(ABSENT) => false,
            Some(place) if place < NUMBER => {
                // SAFETY: the cache has the number of a slot of this shape.
                barrier::store(slots.cell(), unsafe { slots.slot_unchecked(place) }, value);
                true
            }
            // SAFETY: as above.
            Some(place) => store_number(unsafe { slots.slot_unchecked(place - NUMBER) }, value),
        }
    }

    /// Stores the first component of an object that has exactly one and never more: a shared variable.
    #[inline]
    pub(crate) fn store_only_component(self, m: &Mutator<'_>, value: Value) {
        if m.is_alone()
            && self.get().space.load().is_nil()
            && let Some(cell) = self.get().components.load().cell()
        {
            // SAFETY: the slot holds nil or a component vector.
            let components = unsafe { ComponentsRef::from_cell(cell) };
            if !components.slots().is_empty() {
                components.store(0, value);
                return;
            }
        }
        if self.put_component(m, 0, value).is_err() {
            self.push_component(m, value);
        }
    }

    /// Calls `f` with the payload, without the lock where nobody else can take it. `f` reaches no safepoint.
    #[inline]
    pub(crate) fn peek_payload<R>(self, m: &Mutator<'_>, f: impl FnOnce(Option<&Payload>) -> R) -> R {
        if m.is_alone() {
            return f(self.payload_ref().map(|payload| payload.borrow()));
        }
        self.with_payload(m, f)
    }

    /// Calls `f` with the vector that the object is and nobody else can see: one that no space keeps. `f` changes it
    /// and reaches no safepoint.
    #[inline]
    pub(crate) fn change_vector<R>(
        self,
        m: &Mutator<'_>,
        f: impl FnOnce(&mut Vec<Value>) -> Option<R>,
    ) -> Option<R> {
        if !m.is_alone() || !self.get().space.load().is_nil() {
            return None;
        }
        let payload = self.payload_ref()?;
        // SAFETY: this thread is alone until its next safepoint, and `f` reaches none; nothing else refers to the content.
        let result = match unsafe { payload.borrow_mut() } {
            Payload::ValueVector(values) => f(values),
            _ => None,
        };
        barrier::store_any(payload.cell());
        result
    }

    /// Stores the value of a key, and returns true, where the object is a dictionary that nobody else can see and the
    /// memory that it takes is known well enough.
    #[inline]
    pub(crate) fn put_key(self, m: &Mutator<'_>, key: Value, value: Value) -> bool {
        if !m.is_alone() || !self.get().space.load().is_nil() {
            return false;
        }
        let Some(payload) = self.payload_ref() else { return false };
        // SAFETY: this thread is alone until its next safepoint, and a dictionary reaches none; nothing else refers to the
        // content.
        let Payload::Dictionary(dictionary) = (unsafe { payload.borrow_mut() }) else { return false };
        if dictionary.is_full() {
            // Growing is told to the heap.
            return false;
        }
        dictionary.insert(key, value);
        barrier::store_any(payload.cell());
        true
    }

    /// Returns whether the object is a function: of the language, or a native one.
    pub fn is_function(self, m: &Mutator<'_>) -> bool {
        self.with_payload(m, |payload| matches!(payload, Some(Payload::Function(_))))
    }

    /// Gives a function its code, a cache: the object does not count as changed.
    pub(crate) fn set_code_unnoticed(self, m: &Mutator<'_>, code: CodeRef) {
        let _guard = self.lock(m);
        let _no_safepoint = m.forbid_safepoints();
        if let Some(payload) = self.payload_ref() {
            // SAFETY: the lock is held, so nobody else refers to the content; no collection reads it meanwhile.
            if let Payload::Function(function) = unsafe { payload.borrow_mut() } {
                function.code = Some(code);
            }
            barrier::store_any(payload.cell());
        }
    }

    /// Gives a function the text and the code of another one.
    pub(crate) fn redefine_function(self, m: &Mutator<'_>, other: ObjectRef) {
        // Not taken from it: the same definition may be run again.
        let mut given = other.with_payload(m, |payload| match payload {
            Some(Payload::Function(function)) => Some((**function).clone()),
            _ => None,
        });
        let is_same = self.with_payload(m, |payload| match (payload, &given) {
            (Some(Payload::Function(own)), Some(given)) => own.says_the_same(given),
            _ => false,
        });
        if is_same {
            // The same text again is no change that a store would have to tell of; its names may mean others now.
            if let Some(code) = given.and_then(|given| given.code) {
                code.set_function(self);
                self.set_code_unnoticed(m, code);
                m.runtime().invalidate_methods();
            }
            return;
        }
        self.update_payload(m, |payload| {
            if let (Some(Payload::Function(function)), Some(given)) = (payload, given.take()) {
                if let Some(code) = given.code {
                    code.set_function(self);
                }
                **function = given;
            }
        });
    }

    /// Makes a function that of a method of a class, so that `super` begins above the class, and with it the functions
    /// of closures that stand in its text.
    pub fn set_class_of_method(self, m: &Mutator<'_>, class: ObjectRef) {
        let belongs = self.with_payload(
            m,
            |payload| matches!(payload, Some(Payload::Function(function)) if function.class == Some(class)),
        );
        if !belongs {
            self.update_payload(m, |payload| {
                if let Some(Payload::Function(function)) = payload {
                    function.class = Some(class);
                }
            });
            let code = self.peek_payload(m, |payload| match payload {
                Some(Payload::Function(function)) => function.code,
                _ => None,
            });
            for inner in code.into_iter().flat_map(CodeRef::constants).filter_map(|value| value.as_object()) {
                if inner.is_function(m) {
                    inner.set_class_of_method(m, class);
                }
            }
        }
    }
}

impl Value {
    /// Returns the object, if the value is one.
    #[inline(always)]
    pub(crate) fn object_fast(self) -> Option<ObjectRef> {
        let cell = self.cell()?;
        // SAFETY: by the rule of values the cell is alive; its kind decides its type.
        unsafe { if cell.as_ref().kind() == Kind::Object { Some(ObjectRef::from_cell(cell)) } else { None } }
    }
}

impl Mutator<'_> {
    /// Returns the element of a vector object, `None` inside when there are not so many, and nothing for other objects.
    #[inline]
    pub(crate) fn vector_element(&self, object: ObjectRef, index: usize) -> Option<Option<Value>> {
        object.peek_payload(self, |payload| match payload {
            Some(Payload::ValueVector(values) | Payload::ObjectVector(values)) => {
                Some(values.get(index).copied())
            }
            _ => None,
        })
    }

    /// Returns the element of a vector or tuple, where the index is within it; the slow way knows the rest.
    #[inline(always)]
    pub(crate) fn element_fast(&self, collection: Value, index: Value) -> Option<Value> {
        let index = usize::try_from(index.as_small_int()?).ok()?;
        match collection.object_fast() {
            Some(object) if self.is_alone() => match object.payload_ref()?.borrow() {
                Payload::ValueVector(values) | Payload::ObjectVector(values) => values.get(index).copied(),
                _ => None,
            },
            Some(_) => None,
            None => collection.as_tuple()?.items().get(index).copied(),
        }
    }

    /// Stores the element of a vector, and returns true, where the index is within it and nobody else can see it.
    #[inline(always)]
    pub(crate) fn put_element_fast(&self, collection: Value, index: Value, value: Value) -> bool {
        let (Some(object), Some(index)) = (collection.object_fast(), index.as_small_int()) else {
            return false;
        };
        let stored = object.change_vector(self, |values| {
            values.get_mut(usize::try_from(index).ok()?).map(|element| *element = value)
        });
        stored.is_some()
    }
}
