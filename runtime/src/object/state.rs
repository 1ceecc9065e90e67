//! What an object remembers of its own state, in one word of its header: the epoch of its last change, and whether its
//! content is loaded.

use std::sync::atomic::Ordering;

use super::ObjectRef;
use crate::heap::cell::Kind;

/// The bit of an object whose content is not loaded yet.
const UNLOADED: u32 = 1 << 31;

impl ObjectRef {
    /// Returns the epoch in which the object changed last, as far as anybody keeps account: see [`crate::change`].
    #[inline(always)]
    pub(crate) fn epoch(self) -> u32 {
        self.get().header.cached.load(Ordering::Acquire) & !UNLOADED
    }

    /// Notes the epoch of a change that is about to happen; the caller holds the object's lock.
    #[inline]
    pub(crate) fn set_epoch(self, epoch: u32) {
        let word = &self.get().header.cached;
        debug_assert!(epoch < UNLOADED, "epochs are renewed before they run out");
        // Only who holds the lock changes the epoch, but the mark may go meanwhile. Whoever sees the change sees the epoch:
        // the change is stored after this, by a release.
        let old = word.load(Ordering::Relaxed) & !UNLOADED;
        word.fetch_xor(old ^ epoch, Ordering::AcqRel);
    }

    /// Returns whether the content is not loaded yet.
    #[inline(always)]
    pub(crate) fn is_unloaded(self) -> bool {
        self.get().header.cached.load(Ordering::Acquire) & UNLOADED != 0
    }

    /// Marks an object as one whose content is not loaded yet, or is now; nobody changes an object meanwhile.
    pub(crate) fn set_unloaded(self, unloaded: bool) {
        let word = &self.get().header.cached;
        if unloaded {
            word.fetch_or(UNLOADED, Ordering::AcqRel);
        } else {
            word.fetch_and(!UNLOADED, Ordering::AcqRel);
        }
    }

    /// Returns whether the slots are the mark of an object whose content is not loaded.
    #[inline]
    pub(super) fn has_unloaded_slots(self) -> bool {
        // SAFETY: an object's slots are a live cell.
        unsafe { self.slots_cell().as_ref() }.kind() == Kind::Unloaded
    }
}
