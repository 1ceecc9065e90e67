//! How objects come to be: with a fresh oid, or with one that a store says.

use super::newborn::Newborns;
use super::shape::ShapeRef;
use super::{MAX_KEYS, ObjectRef, SlotsRef};
use crate::oid::Oid;
use crate::runtime::Mutator;
use crate::value::Value;

impl<'r> Mutator<'r> {
    /// Makes a transient object of a class, with a fresh oid.
    pub fn new_object(&self, class: ObjectRef) -> ObjectRef {
        self.give_birth(class.into(), self.runtime().empty_slots())
    }

    /// Makes a transient object of a class, with values for the slots of a shape: `order` says which slot gets which.
    #[inline]
    pub(crate) fn new_with_shape(
        &self,
        class: Value,
        shape: ShapeRef,
        values: &[Value],
        order: &[u8],
    ) -> ObjectRef {
        let slots = if order.is_empty() {
            self.runtime().empty_slots()
        } else {
            let mut sorted = [Value::NIL; MAX_KEYS];
            for (slot, &at) in sorted.iter_mut().zip(order) {
                *slot = values[usize::from(at)];
            }
            SlotsRef::new(self, self.shape_like(shape, &sorted[..order.len()]), &sorted[..order.len()])
        };
        self.give_birth(class, slots)
    }

    /// Makes a transient object with a fresh oid. Machine code does the same by itself; see
    /// `rps_runtime::code::machine::Layout`.
    #[inline]
    fn give_birth(&self, class: Value, slots: SlotsRef) -> ObjectRef {
        let newborns = self.newborns();
        let object = ObjectRef::allocate(self, newborns.next_oid(), class, Value::NIL, 0, slots);
        self.note_birth(object);
        newborns.add_next(object);
        object
    }

    #[inline]
    pub(crate) fn newborns(&self) -> &Newborns<'r> {
        self.newborns.get_or_init(|| self.runtime().open_nursery())
    }

    /// Returns the object with this oid, making it, transient and without a class, when there is none.
    ///
    /// For a loader: the skeletons of a store are made before any is filled.
    pub fn object_or_skeleton(&self, oid: Oid) -> ObjectRef {
        loop {
            if let Some(object) = self.object(oid) {
                return object;
            }
            let object =
                ObjectRef::allocate(self, oid, Value::NIL, Value::NIL, 0, self.runtime().empty_slots());
            self.note_birth(object);
            if self.runtime().add_object(object) {
                return object;
            }
        }
    }
}
