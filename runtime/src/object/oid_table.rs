//! The table of all objects, by oid.
//!
//! The table holds objects weakly: what no root, stack or handle reaches is collected. An object that is in a space is
//! kept by it, which the table remembers beside the address, so that finding the kept objects touches none of them.

use hashbrown::HashTable;
use parking_lot::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::ObjectRef;
use super::newborn::{Newborns, Nurseries};
use crate::heap::cell::{CellPtr, Header};
use crate::heap::{Live, Marker, SuspendedCollections};
use crate::oid::Oid;

const SHARDS: usize = 64;

/// All objects of a runtime.
pub(crate) struct OidTable {
    /// Taken for reading by whoever changes a shard, and for writing while the table is frozen: so no writer ever queues at
    /// a shard, where it would keep out the readers that a frozen table promises not to stop.
    gate: RwLock<()>,
    shards: Box<[RwLock<HashTable<Entry>>]>,
    /// What was made since somebody last asked for what the shards do not have.
    nurseries: Nurseries,
}

#[derive(Clone, Copy)]
struct Entry {
    oid: Oid,
    /// The address of the object's cell, plus one where a space keeps it.
    word: usize,
}

impl Entry {
    /// Describes an object; whoever changes whether a space keeps it locks the same shard afterwards.
    fn new(object: ObjectRef) -> Entry {
        let word = object.cell().as_ptr() as usize + usize::from(object.space().is_some());
        Entry { oid: object.oid(), word }
    }

    fn cell(self) -> CellPtr {
        CellPtr::new((self.word & !1) as *mut Header).expect("an entry has an address")
    }

    fn is_kept(self) -> bool {
        self.word & 1 == 1
    }

    fn object(self) -> ObjectRef {
        // SAFETY: entries of dead objects are removed before their cells are reused.
        unsafe { ObjectRef::from_cell(self.cell()) }
    }
}

impl OidTable {
    pub(crate) fn new() -> OidTable {
        let shards = (0..SHARDS).map(|_| RwLock::default()).collect();
        OidTable { gate: RwLock::new(()), shards, nurseries: Nurseries::default() }
    }

    /// Returns a place for what a thread makes with fresh oids: cheaper than [`OidTable::insert`].
    pub(crate) fn newborns(&self) -> Newborns<'_> {
        self.nurseries.open()
    }

    /// Returns the object with this oid.
    pub(crate) fn get(&self, oid: Oid) -> Option<ObjectRef> {
        self.find(oid).or_else(|| self.find_newborn(oid))
    }

    fn find(&self, oid: Oid) -> Option<ObjectRef> {
        let hash = hash_of(oid);
        let shard = self.shard(hash).read();
        shard.find(hash, |entry| entry.oid == oid).map(|entry| entry.object())
    }

    #[cold]
    fn find_newborn(&self, oid: Oid) -> Option<ObjectRef> {
        if self.nurseries.are_empty() {
            // Another thread may have emptied them since the shards were looked at.
            return self.find(oid);
        }
        if self.empty_nurseries() {
            return self.find(oid);
        }
        let mut found = None;
        self.nurseries.for_each(|object| {
            if object.oid() == oid {
                found = Some(object);
            }
        });
        found
    }

    /// Moves what was made to the shards; returns false where the table is frozen.
    fn empty_nurseries(&self) -> bool {
        let Some(_gate) = self.gate.try_read() else { return false };
        self.nurseries.empty(|object| self.put(object));
        true
    }

    /// Adds an object that has no other's oid, if it is not there already. The gate is passed.
    fn put(&self, object: ObjectRef) {
        let oid = object.oid();
        let hash = hash_of(oid);
        let mut shard = self.shard(hash).write();
        if shard.find(hash, |entry| entry.oid == oid).is_none() {
            shard.insert_unique(hash, Entry::new(object), |entry| hash_of(entry.oid));
        }
    }

    /// Adds an object; returns false, and changes nothing, when there is one with its oid.
    pub(crate) fn insert(&self, object: ObjectRef) -> bool {
        let oid = object.oid();
        let hash = hash_of(oid);
        let _gate = self.gate.read();
        let mut shard = self.shard(hash).write();
        if shard.find(hash, |entry| entry.oid == oid).is_some() {
            return false;
        }
        shard.insert_unique(hash, Entry::new(object), |entry| hash_of(entry.oid));
        true
    }

    /// Makes room for so many more objects.
    pub(crate) fn reserve(&self, count: usize) {
        let _gate = self.gate.read();
        for shard in &self.shards {
            shard.write().reserve(count / SHARDS * 9 / 8, |entry| hash_of(entry.oid));
        }
    }

    /// Notes whether a space keeps an object.
    pub(crate) fn set_kept(&self, object: ObjectRef, kept: bool) {
        let hash = hash_of(object.oid());
        let _gate = self.gate.read();
        let mut shard = self.shard(hash).write();
        match shard.find_mut(hash, |entry| entry.oid == object.oid()) {
            Some(entry) => entry.word = entry.word & !1 | usize::from(kept),
            // What is kept is found here when a collection marks.
            None if kept => {
                shard.insert_unique(hash, Entry::new(object), |entry| hash_of(entry.oid));
            }
            None => {}
        }
    }

    /// Locks the table for many readings: none of them takes a lock, and nothing is added meanwhile.
    pub(crate) fn freeze<'t>(&'t self, suspended: SuspendedCollections<'t>) -> FrozenOids<'t> {
        let gate = self.gate.write();
        self.nurseries.empty(|object| self.put(object));
        FrozenOids {
            _suspended: suspended,
            _gate: gate,
            shards: self.shards.iter().map(RwLock::read).collect(),
        }
    }

    /// Returns all objects, in no order. They are alive as long as the caller keeps them so.
    pub(crate) fn all(&self, kept_only: bool) -> Vec<ObjectRef> {
        let mut all = Vec::new();
        if !self.empty_nurseries() && !kept_only {
            self.nurseries.for_each(|object| {
                if self.find(object.oid()).is_none() {
                    all.push(object);
                }
            });
        }
        for shard in &self.shards {
            let shard = shard.read();
            all.extend(
                shard.iter().filter(|entry| !kept_only || entry.is_kept()).map(|entry| entry.object()),
            );
        }
        all
    }

    /// Returns how many objects there are.
    pub(crate) fn len(&self) -> usize {
        self.empty_nurseries();
        self.shards.iter().map(|shard| shard.read().len()).sum()
    }

    /// Marks the objects that spaces keep.
    pub(crate) fn mark(&self, marker: &mut Marker<'_>) {
        for shard in &self.shards {
            for entry in shard.read().iter() {
                if entry.is_kept() {
                    marker.cell(entry.cell());
                }
            }
        }
    }

    /// Forgets the objects that died.
    pub(crate) fn forget_dead(&self, live: &Live) {
        self.nurseries.empty_living(live, |object| self.put(object));
        for shard in &self.shards {
            shard.write().retain(|entry| entry.is_kept() || live.contains(entry.cell()));
        }
    }

    fn shard(&self, hash: u64) -> &RwLock<HashTable<Entry>> {
        // Not the top seven bits, which the tables compare first, nor the low ones, which choose the bucket.
        &self.shards[(hash >> 48) as usize % SHARDS]
    }
}

/// The table of objects, locked for reading.
pub struct FrozenOids<'t> {
    /// A collection would wait for the shards.
    _suspended: SuspendedCollections<'t>,
    _gate: RwLockWriteGuard<'t, ()>,
    shards: Vec<RwLockReadGuard<'t, HashTable<Entry>>>,
}

impl FrozenOids<'_> {
    /// Returns the object with this oid.
    #[inline]
    pub fn get(&self, oid: Oid) -> Option<ObjectRef> {
        let hash = hash_of(oid);
        let shard = &self.shards[(hash >> 48) as usize % SHARDS];
        shard.find(hash, |entry| entry.oid == oid).map(|entry| entry.object())
    }
}

#[inline]
fn hash_of(oid: Oid) -> u64 {
    let mixed = (oid.high() ^ oid.low().rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 32)
}
