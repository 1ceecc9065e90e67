//! The lock of an object.

use parking_lot::RawMutex;
use parking_lot::lock_api::RawMutex as _;

use super::ObjectRef;
use crate::Mutator;

/// The lock of an object, held until this is dropped.
///
/// The lock is not recursive. A collection may happen while it is held: threads that wait for it are safe.
#[must_use = "the lock is released when the guard is dropped"]
pub struct ObjectGuard(ObjectRef, Option<Token>);

/// The lock's proof that it is held.
type Token = <RawMutex as parking_lot::lock_api::RawMutex>::Guard;

impl ObjectRef {
    /// Takes the object's lock, waiting for whoever holds it.
    pub fn lock(self, m: &Mutator<'_>) -> ObjectGuard {
        let lock = &self.get().header.lock;
        let token = lock.try_lock().unwrap_or_else(|| m.blocking(|| lock.lock()));
        ObjectGuard(self, Some(token))
    }
}

impl Drop for ObjectGuard {
    fn drop(&mut self) {
        let Some(token) = self.1.take() else { return };
        // SAFETY: the guard was made by `ObjectRef::lock`, which took the lock, on the thread that drops it: a guard
        // holds a reference to a cell, and `Mutator`s do not let values leave their thread.
        unsafe { self.0.get().header.lock.unlock(token) };
    }
}
