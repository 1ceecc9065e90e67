//! The lock of an object.

use std::marker::PhantomData;

use parking_lot::RawMutex;
use parking_lot::lock_api::RawMutex as _;

use super::ObjectRef;
use crate::Mutator;

/// The lock of an object, held until this is dropped.
///
/// The lock is not recursive. A collection may happen while it is held: threads that wait for it are safe.
#[must_use = "the lock is released when the guard is dropped"]
pub struct ObjectGuard<'m>(ObjectRef, Option<Token>, PhantomData<(&'m (), *mut ())>);

/// The lock's proof that it is held.
type Token = <RawMutex as parking_lot::lock_api::RawMutex>::Guard;

impl ObjectRef {
    /// Takes the object's lock, waiting for whoever holds it. The content of the object is loaded then.
    pub fn lock<'m>(self, m: &'m Mutator<'_>) -> ObjectGuard<'m> {
        if self.is_unloaded() {
            self.load();
        }
        let lock = &self.get().header.lock;
        let token = lock.try_lock().unwrap_or_else(|| m.wait_for(|| lock.lock()));
        ObjectGuard(self, Some(token), PhantomData)
    }
}

impl Drop for ObjectGuard<'_> {
    fn drop(&mut self) {
        let Some(token) = self.1.take() else { return };
        // SAFETY: the guard was made by `ObjectRef::lock`, which took the lock, on this thread: a guard stays on its thread, and
        // lives no longer than the mutator, in whose frames the object is found.
        unsafe { self.0.get().header.lock.unlock(token) };
    }
}
