//! Changes: what has changed since a moment, what it was like then, and how it becomes like that again.
//!
//! Time is cut into *epochs*: every [view](Frozen) of a moment begins a new one. An object remembers the epoch of its last
//! change, so that one comparison tells whether a change is the first since any view began. Only the first is more than
//! a store: the object is noted as changed, and copied for the views that began since (`object::copy`). So taking a view
//! stops nobody and takes no longer with a large graph than with a small one, and what does not change costs nothing.
//!
//! A change that is under way when a view begins belongs to the time before: the view waits for the lock of each object
//! that it reads. What has been seen of such a change was stored before it was seen; so a view never has an effect without
//! its cause.
//!
//! Read in this order: this file and [`noted`] (keeping account), [`prepare`] (what happens before a change), [`view`] and [`copies`], [`transaction`],
//! [`renew`] (what happens when the numbers of epochs run out).

mod copies;
mod noted;
mod prepare;
mod renew;
mod transaction;
mod view;

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::{Mutex, RwLock, RwLockReadGuard};

pub use self::view::{Frozen, Purpose};

use self::noted::Noted;
use self::transaction::Transactions;
use self::view::View;
use crate::oid::Oid;
use crate::runtime::Mutator;

/// What a runtime remembers of changes.
pub(crate) struct Tracker {
    /// The number of the current epoch. Objects begin in epoch 0, before all.
    epoch: AtomicU32,
    /// How many views are being adopted into, transactions are open, and renewals under way: while there are any, changes of
    /// all objects are looked at.
    watchers: AtomicU32,
    account: Mutex<Account>,
    /// Held for reading by who puts an object into a space or takes it out, for writing by who begins a view.
    members: RwLock<()>,
    transactions: Transactions,
    /// Whom the account is kept for, as long as that one exists.
    owner: Mutex<Weak<()>>,
}

/// What has changed.
struct Account {
    /// The number by which moments of this runtime are told from those of others, and from those before a renewal.
    runtime: u64,
    /// For each purpose: the objects that changed since its last view.
    since: [Noted; 2],
    /// For each purpose: whether roots, constants or annotations changed since.
    graph: [bool; 2],
    /// For each purpose: the epoch of the last view that was not given back. All changes since are in `since`.
    marks: [u32; 2],
    views: Vec<Arc<View>>,
    /// Whether epochs are being renewed: those of objects cannot be compared with.
    is_renewing: bool,
}

impl Default for Tracker {
    fn default() -> Tracker {
        Tracker {
            epoch: AtomicU32::new(1),
            watchers: AtomicU32::new(0),
            account: Mutex::default(),
            members: RwLock::default(),
            transactions: Transactions::default(),
            owner: Mutex::default(),
        }
    }
}

impl Default for Account {
    fn default() -> Account {
        // What exists from the beginning, in epoch 0, has changed since never.
        Account {
            runtime: next_runtime(),
            since: [Noted::new(1), Noted::new(1)],
            graph: [false; 2],
            marks: [0; 2],
            views: Vec::new(),
            is_renewing: false,
        }
    }
}

/// A moment in the life of one runtime, which no other runtime has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    runtime: u64,
    epoch: u32,
}

/// A store for which a runtime keeps account of what changed: one at a time, the first one that asks.
///
/// What was written to another store is still to be written to this one.
#[derive(Clone, Debug, Default)]
pub struct Owner(Arc<()>);

/// The epoch of a mark that cannot be told: views of one purpose were given back out of order.
const LOST: u32 = u32::MAX;

/// Returns a number that no runtime has had while the process lives.
fn next_runtime() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// What has changed since the last commit and the last dump.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The objects that changed since the last commit began, sorted. Some of them may have left their space.
    pub uncommitted: Vec<Oid>,
    /// The objects that changed since the last dump began, sorted.
    pub undumped: Vec<Oid>,
    /// Whether roots, constants or annotations changed since the last commit began.
    pub is_graph_uncommitted: bool,
    /// Whether they changed since the last dump began.
    pub is_graph_undumped: bool,
}

impl Tracker {
    /// Returns the moment in which an epoch of this runtime began.
    fn mark(&self, epoch: u32) -> Mark {
        Mark { runtime: self.account.lock().runtime, epoch }
    }

    /// Returns what is held while an object is put into a space or taken out of it.
    pub(crate) fn moving<'t>(&'t self, m: &Mutator<'_>) -> RwLockReadGuard<'t, ()> {
        self.members.try_read().unwrap_or_else(|| m.blocking(|| self.members.read()))
    }

    /// Notes that roots, constants or annotations changed.
    pub(crate) fn note_graph(&self) {
        self.account.lock().graph = [true; 2];
    }

    /// Returns the word that is not 0 while births are looked at, for machine code.
    pub(crate) fn watchers(&self) -> *const AtomicU32 {
        &raw const self.watchers
    }

    fn is_watched(&self) -> bool {
        self.watchers.load(Ordering::Acquire) > 0
    }
}

impl Mutator<'_> {
    /// Returns what has changed since the last commit and the last dump: those that were begun by [`Mutator::freeze`].
    pub fn changes(&self) -> Changes {
        let account = self.runtime().changes().account.lock();
        let [uncommitted, undumped] = &account.since;
        Changes {
            uncommitted: uncommitted.sorted(),
            undumped: undumped.sorted(),
            is_graph_uncommitted: account.graph[Purpose::Commit as usize],
            is_graph_undumped: account.graph[Purpose::Dump as usize],
        }
    }

    /// Returns whether anything has changed that a view for a purpose would tell of.
    pub fn is_changed(&self, purpose: Purpose) -> bool {
        let account = self.runtime().changes().account.lock();
        !account.since[purpose as usize].is_empty() || account.graph[purpose as usize]
    }

    /// Notes that objects changed, for one purpose: what was committed and is not dumped yet has been loaded, say.
    pub fn note_changed(&self, oids: &[Oid], purpose: Purpose) {
        let pieces = noted::pieces(oids);
        self.runtime().changes().account.lock().since[purpose as usize].extend(pieces);
    }

    /// Notes that roots, constants or annotations changed, for one purpose.
    pub fn note_graph_changed(&self, purpose: Purpose) {
        self.runtime().changes().account.lock().graph[purpose as usize] = true;
    }

    /// Forgets what has changed: what is there now is what a store has, and changes count from now on.
    pub fn forget_changes(&self) {
        let tracker = self.runtime().changes();
        let mut account = tracker.account.lock();
        let epoch = tracker.epoch.fetch_add(1, Ordering::AcqRel) + 1;
        for since in &mut account.since {
            *since = Noted::new(epoch);
        }
        account.graph = [false; 2];
        account.marks = [epoch; 2];
    }

    /// Makes the account of changes that of an owner, unless another one has it that still exists; and tells whether it is
    /// now.
    pub fn belongs_to(&self, owner: &Owner) -> bool {
        let mut current = self.runtime().changes().owner.lock();
        if current.strong_count() == 0 {
            *current = Arc::downgrade(&owner.0);
        }
        current.as_ptr() == Arc::as_ptr(&owner.0)
    }

    /// Returns the moment since which the next view for a purpose will tell what changed.
    pub fn mark(&self, purpose: Purpose) -> Mark {
        let tracker = self.runtime().changes();
        let epoch = tracker.account.lock().marks[purpose as usize];
        tracker.mark(epoch)
    }
}
