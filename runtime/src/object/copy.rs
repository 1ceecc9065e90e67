//! Copies: an object as it is now, for whoever still needs it so when it has changed.
//!
//! A copy is a cell of an object with the same oid that no table knows and nobody refers to but who made it. It has slots,
//! components and a payload of its own, so that whatever reads an object can read a copy.

use std::sync::atomic::Ordering;

use super::ObjectRef;
use super::attributes::Attributes;
use super::components::ComponentsRef;
use super::payload::cell::PayloadRef;
use super::slots::SlotsRef;
use crate::Mutator;
use crate::heap::barrier;
use crate::value::Value;

impl ObjectRef {
    /// Returns a copy of the object as it is now; the caller holds its lock.
    ///
    /// A payload that a plugin defines is shared: only its plugin can copy it.
    pub(crate) fn copy(self, m: &Mutator<'_>) -> ObjectRef {
        let copy = ObjectRef::allocate(
            m,
            self.oid(),
            self.get().class.load(),
            self.get().space.load(),
            self.mtime(),
            m.runtime().empty_slots(),
        );
        let attributes = self.attributes();
        match attributes {
            Attributes::Slots(slots, _) if slots.len() == 0 => {}
            Attributes::Slots(slots, _) => {
                let mut values = m.root_vec();
                values.extend(slots.values());
                let own = SlotsRef::new(m, slots.shape(), &values);
                barrier::store(copy.cell(), &copy.get().slots, Value::from_cell(own.cell()));
            }
            other => {
                let all: Vec<(ObjectRef, Value)> = other.collect();
                // The table of the original keeps keys and values: it does not change while the lock is held.
                copy.set_attributes(m, &all);
            }
        }
        if self.component_count() > 0 {
            let mut values = m.root_vec();
            values.extend(self.components());
            let own = ComponentsRef::new(m, &values, 0);
            barrier::store(copy.cell(), &copy.get().components, Value::from_cell(own.cell()));
        }
        if let Some(payload) = self.payload_ref() {
            let own = PayloadRef::new(m, payload.borrow().clone());
            barrier::store(copy.cell(), &copy.get().payload, Value::from_cell(own.cell()));
        }
        barrier::store(copy.cell(), &copy.get().extras, self.get().extras.load());
        copy
    }

    /// Gives the object everything that a copy has; the caller holds its lock, and the copy is not used any more.
    ///
    /// The slots come last: whoever sees them sees the rest.
    pub(crate) fn become_copy(self, m: &Mutator<'_>, copy: ObjectRef) {
        let (own, from) = (self.get(), copy.get());
        let is_kept = !from.space.load().is_nil();
        let was_kept = !own.space.load().is_nil();
        for (to, from) in [
            (&own.class, &from.class),
            (&own.space, &from.space),
            (&own.extras, &from.extras),
            (&own.payload, &from.payload),
            (&own.components, &from.components),
            (&own.slots, &from.slots),
        ] {
            barrier::store(self.cell(), to, from.load());
        }
        own.mtime.store(from.mtime.load(Ordering::Relaxed), Ordering::Relaxed);
        if is_kept != was_kept {
            m.runtime().oids().set_kept(self, is_kept);
        }
    }
}
