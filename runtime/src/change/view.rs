//! Views: the graph as it was at one moment, while it goes on changing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::Mutex;

use super::copies::Copies;
use super::noted::{self, Noted};
use super::{LOST, Mark};
use crate::object::ObjectRef;
use crate::oid::Oid;
use crate::runtime::{Mutator, Runtime};

/// What a view is taken for: each purpose has its own account of what changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To make changes durable one by one.
    Commit = 0,
    /// To write the whole anew.
    Dump = 1,
}

/// A view, as those who change objects know it.
pub(crate) struct View {
    /// The epoch that the view began.
    pub(super) epoch: u32,
    copies: Copies,
}

impl View {
    /// Keeps a copy of an object that is about to change for the first time since the view began.
    pub(super) fn keep(&self, m: &Mutator<'_>, copy: ObjectRef) {
        self.copies.add(m, copy);
    }

    /// Keeps an object alive that leaves its space.
    pub(super) fn hold(&self, m: &Mutator<'_>, object: ObjectRef) {
        self.copies.hold(m, object);
    }
}

/// The graph as it was when the view began.
///
/// Objects go on changing meanwhile, and are copied first. What was in a space, and what that refers to, stays alive as
/// long as the view is there, whatever becomes of it. It ends when it is dropped: what has changed up to its beginning
/// is forgotten then, unless it is given back.
pub struct Frozen<'r> {
    runtime: &'r Runtime,
    purpose: Purpose,
    view: Arc<View>,
    /// The epoch of the mark before.
    last: u32,
    changed: Vec<Oid>,
    is_graph_changed: bool,
    roots: Vec<Oid>,
    constants: Vec<Oid>,
    annotations: BTreeMap<String, String>,
    adopting: Mutex<bool>,
    /// What was put into spaces by this view.
    adopted: Mutex<Vec<Oid>>,
}

impl<'r> Mutator<'r> {
    /// Begins a view of this moment, and a new account of changes for its purpose. No thread is stopped; the transaction
    /// of another thread is waited for, so that no view shows half of one.
    ///
    /// # Panics
    ///
    /// Where it [cannot](Mutator::can_freeze): within a transaction of this thread, half of it would be seen.
    pub fn freeze(&self, purpose: Purpose) -> Frozen<'r> {
        self.freeze_after(purpose, || ()).0
    }

    /// As [`Mutator::freeze`], calling `before` when there is no transaction any more, and none begins before the view does.
    /// What `before` stops so is of the moment of the view, and no transaction waits for it that the view would wait for.
    ///
    /// # Panics
    ///
    /// As [`Mutator::freeze`].
    pub fn freeze_after<T>(&self, purpose: Purpose, before: impl FnOnce() -> T) -> (Frozen<'r>, T) {
        assert!(self.can_freeze(), "a view begins within a transaction, or before another does");
        let runtime = self.runtime();
        let tracker = runtime.changes();
        let gate = tracker.transactions.enter_gate(self);
        tracker.renew_if_due(self);
        let stopped = tracker.transactions.before_view(before);
        let members =
            tracker.members.try_write().unwrap_or_else(|| self.blocking(|| tracker.members.write()));
        let copies = Copies::new(self);
        let mut account = tracker.account.lock();
        let epoch = tracker.epoch.load(Ordering::Acquire) + 1;
        let view = Arc::new(View { epoch, copies });
        account.views.push(Arc::clone(&view));
        tracker.watchers.fetch_add(1, Ordering::AcqRel);
        let changed = std::mem::replace(&mut account.since[purpose as usize], Noted::new(epoch));
        if purpose == Purpose::Dump {
            // What was not committed before the view is durable with the dump, and what changes from now on is not.
            account.since[Purpose::Commit as usize].begin_part(epoch);
        }
        let last = std::mem::replace(&mut account.marks[purpose as usize], epoch);
        let is_graph_changed = std::mem::take(&mut account.graph[purpose as usize]);
        tracker.epoch.store(epoch, Ordering::Release);
        drop(account);
        let oids = |objects: Vec<ObjectRef>| objects.into_iter().map(ObjectRef::oid).collect();
        let (roots, constants) = (oids(self.roots()), oids(self.constants()));
        let annotations = runtime.annotations();
        // Others may go on: what is still to be done takes longer, the more has changed.
        drop(members);
        drop(gate);
        let frozen = Frozen {
            runtime,
            purpose,
            view,
            last,
            changed: changed.sorted(),
            is_graph_changed,
            roots,
            constants,
            annotations,
            adopting: Mutex::new(true),
            adopted: Mutex::default(),
        };
        (frozen, stopped)
    }
}

impl Frozen<'_> {
    /// Returns the objects that changed between the last view for this purpose and this one, sorted by oid: those that
    /// are in a space, and those that have left theirs or are gone.
    pub fn changed(&self) -> &[Oid] {
        &self.changed
    }

    /// Returns the moment since which changes for the purpose of this view are told by it.
    pub fn since(&self) -> Mark {
        self.runtime.changes().mark(self.last)
    }

    /// Returns the moment of the view: the next one for its purpose tells of changes since then, unless this one is given
    /// back.
    pub fn mark(&self) -> Mark {
        self.runtime.changes().mark(self.view.epoch)
    }

    /// Returns whether roots, constants or annotations changed between the last view for this purpose and this one.
    pub fn is_graph_changed(&self) -> bool {
        self.is_graph_changed
    }

    /// Returns the roots, sorted.
    pub fn roots(&self) -> &[Oid] {
        &self.roots
    }

    /// Returns the constants, sorted.
    pub fn constants(&self) -> &[Oid] {
        &self.constants
    }

    /// Returns the annotations.
    pub fn annotations(&self) -> &BTreeMap<String, String> {
        &self.annotations
    }

    /// Returns all objects that were in a space, sorted by oid.
    pub fn stored(&self, m: &Mutator<'_>) -> Vec<ObjectRef> {
        let mut stored = m.stored_objects();
        stored.retain(|&object| self.space_of(object).is_some());
        // Those that have left their space since.
        self.view.copies.for_each(|copy| {
            if copy.space().is_some() {
                stored.extend(m.object(copy.oid()));
            }
        });
        // Those that are in one again are there twice.
        stored.sort_unstable_by_key(|object| object.oid());
        stored.dedup();
        stored
    }

    /// Returns the space that an object was in.
    pub fn space_of(&self, object: ObjectRef) -> Option<ObjectRef> {
        let space = object.space();
        // In this order: who takes it out notes the epoch first.
        if object.epoch() < self.view.epoch {
            return space;
        }
        self.view.copies.get(object.oid()).map_or(space, ObjectRef::space)
    }

    /// Calls `f` with the object as it was, which is the object itself or a copy of it with the same oid. What `f` returned
    /// last counts: it is called again if the object changes meanwhile.
    pub fn read<R>(&self, m: &Mutator<'_>, object: ObjectRef, mut f: impl FnMut(ObjectRef) -> R) -> R {
        // Having had the lock, one has waited for a change that was under way when the view began.
        if let Some(copy) = self.changed_since(m, object) {
            return f(copy);
        }
        let result = f(object);
        match self.changed_since(m, object) {
            Some(copy) => f(copy),
            None => result,
        }
    }

    fn changed_since(&self, m: &Mutator<'_>, object: ObjectRef) -> Option<ObjectRef> {
        let _guard = object.lock(m);
        if object.epoch() < self.view.epoch { None } else { self.view.copies.get(object.oid()) }
    }

    /// Puts an object that was in no space into one, in the view and in the graph.
    ///
    /// It counts as changed: for this view (see [`Frozen::changed`]) it is up to the caller to know, and the account of
    /// the other purpose has it.
    pub fn adopt(&self, m: &Mutator<'_>, object: ObjectRef, space: ObjectRef) {
        let tracker = self.runtime.changes();
        let _guard = object.lock(m);
        let _moving = tracker.moving(m);
        self.adopted.lock().push(object.oid());
        let (epoch, views) = tracker.note_adopted(object, &self.view, self.purpose);
        if !views.is_empty() {
            let copy = object.copy(m);
            for view in views {
                view.keep(m, copy);
            }
            object.set_epoch(epoch);
        }
        if object.epoch() >= self.view.epoch
            && let Some(copy) = self.view.copies.get(object.oid())
        {
            // Other views may show the same copy.
            let own = copy.copy(m);
            own.place_unseen(space);
            self.view.copies.replace(own);
        }
        if object.space().is_none() {
            object.set_space_unchecked(m, Some(space));
        }
    }

    /// Ends the time in which changes of objects that are in no space are copied too, so that adoption finds them as they
    /// were.
    pub fn end_adoption(&self) {
        if std::mem::take(&mut *self.adopting.lock()) {
            self.runtime.changes().watchers.fetch_sub(1, Ordering::AcqRel);
        }
    }

    /// Ends the view without use: what had changed counts as changed again.
    pub fn give_back(self) {
        let (changed, adopted) = (noted::pieces(&self.changed), noted::pieces(&self.adopted.lock()));
        let mut account = self.runtime.changes().account.lock();
        let noted = &mut account.since[self.purpose as usize];
        noted.extend(changed);
        noted.extend(adopted);
        account.graph[self.purpose as usize] |= self.is_graph_changed;
        let mark = &mut account.marks[self.purpose as usize];
        *mark = if *mark == self.view.epoch { self.last } else { LOST };
    }

    /// Ends a view whose objects were all dumped: what has not changed since need not be committed any more.
    pub fn all_durable(self) {
        let mut account = self.runtime.changes().account.lock();
        if !account.graph[Purpose::Dump as usize] {
            account.graph[Purpose::Commit as usize] = false;
        }
        account.since[Purpose::Commit as usize].forget_before(self.view.epoch);
    }
}

impl Drop for Frozen<'_> {
    fn drop(&mut self) {
        self.end_adoption();
        let mut account = self.runtime.changes().account.lock();
        account.views.retain(|view| !Arc::ptr_eq(view, &self.view));
    }
}
