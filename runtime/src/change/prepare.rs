//! What happens before an object changes.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::RwLockReadGuard;

use super::view::View;
use super::{Purpose, Tracker};
use crate::object::{ObjectGuard, ObjectRef};
use crate::runtime::Mutator;

impl ObjectRef {
    /// Takes the object's lock to change it, and does what has to be done before.
    pub(crate) fn lock_for_change<'m>(self, m: &'m Mutator<'_>) -> ObjectGuard<'m> {
        let guard = self.lock(m);
        self.prepare_change(m, guard)
    }

    /// Does what has to be done before the object changes, whose lock is held.
    ///
    /// The lock may be given up and taken again meanwhile, to wait for a transaction: what was read before may be old.
    #[inline]
    pub(crate) fn prepare_change<'m>(self, m: &'m Mutator<'_>, guard: ObjectGuard<'m>) -> ObjectGuard<'m> {
        let tracker = m.runtime().changes();
        if self.space().is_none() {
            if !tracker.is_watched() {
                return guard;
            }
        } else if self.epoch() == tracker.epoch.load(Ordering::Acquire) && !tracker.is_watched() {
            return guard;
        }
        self.prepare_slowly(m, guard)
    }

    /// As [`ObjectRef::prepare_change`], before the object goes into a space, or out of one. What comes back beside the lock
    /// is held until it has: who begins a view waits for that, as what is stored at its moment must have one answer.
    pub(crate) fn prepare_move<'m>(
        self,
        m: &'m Mutator<'_>,
        guard: ObjectGuard<'m>,
    ) -> (ObjectGuard<'m>, RwLockReadGuard<'m, ()>) {
        let guard = self.wait_for_transaction(m, guard);
        // Before it is noted: a view that begins in between would have it in its account, and not what became of it.
        let moving = m.runtime().changes().moving(m);
        self.note_change(m, true);
        (guard, moving)
    }

    #[cold]
    fn prepare_slowly<'m>(self, m: &'m Mutator<'_>, guard: ObjectGuard<'m>) -> ObjectGuard<'m> {
        let guard = self.wait_for_transaction(m, guard);
        self.note_change(m, false);
        guard
    }

    /// Waits until no other thread is in a transaction that has changed the object, whose lock is held and may be given up
    /// meanwhile.
    fn wait_for_transaction<'m>(self, m: &'m Mutator<'_>, mut guard: ObjectGuard<'m>) -> ObjectGuard<'m> {
        let transactions = &m.runtime().changes().transactions;
        while transactions.is_of_another(self) {
            drop(guard);
            transactions.wait(m);
            guard = self.lock(m);
        }
        guard
    }

    /// Notes that the object is about to change, whose lock is held, and copies it for whoever needs it as it is.
    fn note_change(self, m: &Mutator<'_>, moves: bool) {
        let tracker = m.runtime().changes();
        tracker.transactions.keep_for_undo(m, self, moves);
        let is_stored = moves || self.space().is_some();
        let (epoch, views) = tracker.note(m, self, is_stored, moves);
        if !views.is_empty() {
            let copy = self.copy(m);
            for view in views {
                view.keep(m, copy);
            }
        }
        self.set_epoch(epoch);
    }
}

impl Tracker {
    /// Notes that an object is about to change. Returns the epoch of the change, and the views that need a copy.
    fn note(
        &self,
        m: &Mutator<'_>,
        object: ObjectRef,
        is_stored: bool,
        moves: bool,
    ) -> (u32, Vec<Arc<View>>) {
        let last = object.epoch();
        let mut account = self.account.lock();
        let epoch = self.epoch.load(Ordering::Acquire);
        let is_renewing = account.is_renewing;
        if is_stored {
            for noted in &mut account.since {
                // What comes into a space was not noted before, whenever it changed.
                if last < noted.since || moves || is_renewing {
                    noted.push(object.oid());
                }
            }
        }
        if moves && object.space().is_some() {
            // Its space does not keep it alive any more, and a view may show what refers to it.
            account.views.iter().for_each(|view| view.hold(m, object));
        }
        // Also of an object in no space: it may come into one next, and was in none at the view's moment.
        let needs = |view: &&Arc<View>| last < view.epoch;
        (epoch, account.views.iter().filter(needs).cloned().collect())
    }

    /// Notes that an object is put into a space by a view for a purpose, whose account it belongs to already; the others
    /// hear of it. Returns the current epoch, and the views for which the object was in no space: if there are any but the
    /// one that adopts, each needs a copy, and the epoch counts as that of the object's last change.
    pub(super) fn note_adopted(
        &self,
        object: ObjectRef,
        by: &View,
        purpose: Purpose,
    ) -> (u32, Vec<Arc<View>>) {
        let last = object.epoch();
        let mut account = self.account.lock();
        let mut views: Vec<Arc<View>> =
            account.views.iter().filter(|view| last < view.epoch).cloned().collect();
        if views.iter().all(|view| view.epoch == by.epoch) {
            views.clear();
        }
        for (number, noted) in account.since.iter_mut().enumerate() {
            // What has changed since the view began is not in it; and what changes in this epoch later is not noted again.
            if last >= by.epoch || !views.is_empty() {
                noted.push(object.oid());
            } else if number != purpose as usize {
                noted.push_before(by.epoch, object.oid());
            }
        }
        (self.epoch.load(Ordering::Acquire), views)
    }
}
