//! Objects that were just made, which the table of objects takes up when somebody asks for them.
//!
//! Most objects die young, and nobody looks them up. Each thread notes those that it makes in a place of its own, its
//! *nursery*; the table takes the nurseries up when it is asked for an oid that it does not have, or for all objects, and
//! when a collection has found who is still alive.
//!
//! A nursery has a *cradle*: some oids that were drawn beforehand, and as many places for the objects that get them. So an object
//! is born without a lock, and without a call where machine code makes it: it takes the last oid that is left, and notes the
//! object there.

use std::cell::UnsafeCell;
use std::mem::offset_of;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use parking_lot::Mutex;

use super::ObjectRef;
use crate::heap::Live;
use crate::heap::cell::{CellPtr, Header};
use crate::oid::Oid;

/// The nurseries of all threads. Who looks for an object finds it here or in the table: it is taken from one place to the
/// other under this lock.
#[derive(Default)]
pub(crate) struct Nurseries(Mutex<All>);

#[derive(Default)]
struct All {
    nurseries: Vec<Arc<Nursery>>,
    /// What threads have made that have left.
    left: Vec<ObjectRef>,
}

/// What one thread has made; as weak as the table.
struct Nursery {
    grown: Mutex<Grown>,
    cradle: Cradle,
}

/// What is no longer in the cradle.
struct Grown {
    objects: Vec<ObjectRef>,
    /// Of the cradle, the places from this one on have nothing that is still to be taken.
    taken_from: usize,
}

/// How many objects a thread makes until it draws new oids.
const PLACES: usize = 64;

/// Oids that no object has yet, and the places of the objects that get them.
#[repr(C)]
pub(crate) struct Cradle {
    /// How many oids are left: the last of them is taken first. The thread alone changes it, and publishes by that the object
    /// that it has noted in the place behind.
    left: AtomicUsize,
    oids: UnsafeCell<[Oid; PLACES]>,
    places: [AtomicPtr<Header>; PLACES],
}

// SAFETY: the thread whose cradle it is, and nobody else, reads and writes the oids.
unsafe impl Sync for Cradle {}

/// Where things lie in a cradle, for machine code: offsets in bytes.
#[derive(Clone, Copy, Debug)]
pub struct CradleOffsets {
    /// Of how many oids are left: 64 bits.
    pub left: i32,
    /// Of the first oid.
    pub oids: i32,
    /// Of the place of its object.
    pub places: i32,
}

impl CradleOffsets {
    pub(crate) fn new() -> CradleOffsets {
        CradleOffsets {
            left: offset_of!(Cradle, left) as i32,
            oids: offset_of!(Cradle, oids) as i32,
            places: offset_of!(Cradle, places) as i32,
        }
    }
}

/// A thread's place for what it makes.
pub(crate) struct Newborns<'t> {
    all: &'t Nurseries,
    own: Arc<Nursery>,
}

impl Nursery {
    fn new() -> Nursery {
        let cradle = Cradle {
            left: AtomicUsize::new(PLACES),
            oids: UnsafeCell::new(Oid::random_many()),
            places: [const { AtomicPtr::new(std::ptr::null_mut()) }; PLACES],
        };
        Nursery { grown: Mutex::new(Grown { objects: Vec::new(), taken_from: PLACES }), cradle }
    }

    fn is_empty(&self) -> bool {
        let grown = self.grown.lock();
        grown.objects.is_empty() && self.cradle.since(grown.taken_from).next().is_none()
    }

    /// Calls `f` with each object.
    fn for_each(&self, mut f: impl FnMut(ObjectRef)) {
        let grown = self.grown.lock();
        grown.objects.iter().copied().for_each(&mut f);
        self.cradle.since(grown.taken_from).for_each(f);
    }

    /// Gives all objects to `f`; none is left.
    fn empty(&self, mut f: impl FnMut(ObjectRef)) {
        let mut grown = self.grown.lock();
        grown.objects.drain(..).for_each(&mut f);
        let left = self.cradle.left.load(Ordering::Acquire);
        self.cradle.between(left, grown.taken_from).for_each(f);
        grown.taken_from = left;
    }

    /// Draws new oids; what is in the cradle goes to the other objects.
    #[cold]
    #[inline(never)]
    fn fill_cradle(&self) {
        let mut grown = self.grown.lock();
        let Grown { objects, taken_from } = &mut *grown;
        objects.extend(self.cradle.since(*taken_from));
        // SAFETY: the thread itself is here, and has no reference into the oids.
        unsafe { *self.cradle.oids.get() = Oid::random_many() };
        *taken_from = PLACES;
        self.cradle.left.store(PLACES, Ordering::Release);
    }
}

impl Cradle {
    /// Returns the objects that were noted and not taken yet, where the places from one on have none.
    fn since(&self, taken_from: usize) -> impl Iterator<Item = ObjectRef> {
        self.between(self.left.load(Ordering::Acquire), taken_from)
    }

    fn between(&self, left: usize, taken_from: usize) -> impl Iterator<Item = ObjectRef> {
        self.places[left.min(taken_from)..taken_from].iter().filter_map(|place| {
            let cell = CellPtr::new(place.load(Ordering::Relaxed))?;
            // SAFETY: an object was noted there, and is taken from here before its memory becomes another's.
            Some(unsafe { ObjectRef::from_cell(cell) })
        })
    }
}

impl Nurseries {
    /// Returns a place for what a thread makes.
    pub(super) fn open(&self) -> Newborns<'_> {
        let own = Arc::new(Nursery::new());
        self.0.lock().nurseries.push(Arc::clone(&own));
        Newborns { all: self, own }
    }

    pub(super) fn are_empty(&self) -> bool {
        let all = self.0.lock();
        all.left.is_empty() && all.nurseries.iter().all(|nursery| nursery.is_empty())
    }

    /// Calls `f` with each object.
    pub(super) fn for_each(&self, mut f: impl FnMut(ObjectRef)) {
        let all = self.0.lock();
        all.left.iter().copied().for_each(&mut f);
        for nursery in &all.nurseries {
            nursery.for_each(&mut f);
        }
    }

    /// Gives all objects to `f`; none is left.
    pub(super) fn empty(&self, mut f: impl FnMut(ObjectRef)) {
        let mut all = self.0.lock();
        all.left.drain(..).for_each(&mut f);
        for nursery in &all.nurseries {
            nursery.empty(&mut f);
        }
    }

    /// Gives the living objects to `f`; none is left.
    pub(super) fn empty_living(&self, live: &Live, mut f: impl FnMut(ObjectRef)) {
        self.empty(|object| {
            if live.contains(object.cell()) {
                f(object);
            }
        });
    }
}

impl Newborns<'_> {
    /// Returns the oid of the object that is noted next; nobody else has it.
    #[inline]
    pub(super) fn next_oid(&self) -> Oid {
        let cradle = &self.own.cradle;
        if cradle.left.load(Ordering::Relaxed) == 0 {
            self.own.fill_cradle();
        }
        let last = cradle.left.load(Ordering::Relaxed) - 1;
        // SAFETY: the thread itself is here, and nobody else writes the oids.
        unsafe { (*cradle.oids.get())[last] }
    }

    /// Notes the object that has got the oid that [`Newborns::next_oid`] gave.
    #[inline]
    pub(super) fn add_next(&self, object: ObjectRef) {
        let cradle = &self.own.cradle;
        let last = cradle.left.load(Ordering::Relaxed) - 1;
        cradle.places[last].store(object.cell().as_ptr(), Ordering::Relaxed);
        cradle.left.store(last, Ordering::Release);
    }

    /// Returns the cradle, for machine code of the thread.
    pub(crate) fn cradle(&self) -> *const Cradle {
        &raw const self.own.cradle
    }
}

impl Drop for Newborns<'_> {
    fn drop(&mut self) {
        let mut all = self.all.0.lock();
        let left = &mut all.left;
        self.own.empty(|object| left.push(object));
        all.nurseries.retain(|other| !Arc::ptr_eq(other, &self.own));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use crate::known;
    use crate::runtime::Runtime;

    #[test]
    fn what_other_threads_make_is_found_whether_they_are_there_or_have_left() {
        let runtime = Runtime::new();
        let before = runtime.object_count();
        let (tell, told) = mpsc::channel();
        let (go_on, wait) = mpsc::channel::<()>();
        thread::scope(|scope| {
            let runtime = &runtime;
            scope.spawn(move || {
                runtime.enter(|m| {
                    // Roots keep them alive where a collection comes at every allocation.
                    let make = || {
                        let object = m.new_object(m.class(known::OBJECT));
                        (object.oid(), m.heap().root(object.into()))
                    };
                    tell.send(make()).unwrap();
                    m.blocking(|| wait.recv().unwrap());
                    tell.send(make()).unwrap();
                });
            });
            let (there, _root) = told.recv().unwrap();
            runtime.enter(|m| assert_eq!(m.object(there).map(|object| object.oid()), Some(there)));
            go_on.send(()).unwrap();
            let (left, _root) = told.recv().unwrap();
            // Whether the thread has left by now or is about to.
            runtime.enter(|m| assert_eq!(m.object(left).map(|object| object.oid()), Some(left)));
            assert_eq!(runtime.object_count(), before + 2);
        });
    }
    #[test]
    fn more_objects_than_the_cradle_has_places_for_are_found_by_different_oids() {
        let runtime = Runtime::new();
        runtime.enter(|m| {
            let before = m.runtime().object_count();
            let class = m.class(known::OBJECT);
            let mut made = m.root_vec();
            for number in 0..3 * super::PLACES + 7 {
                made.push(m.new_object(class).into());
                if number % 50 == 0 {
                    // Takes up what is there, in the middle of a cradle.
                    assert_eq!(m.runtime().object_count(), before + number + 1);
                }
            }
            for object in made.iter().filter_map(|value| value.as_object()) {
                assert_eq!(m.object(object.oid()), Some(object));
            }
            assert_eq!(m.runtime().object_count(), before + made.len());
        });
    }

    #[test]
    fn the_dead_in_the_cradle_are_forgotten() {
        let runtime = Runtime::new();
        runtime.enter(|m| {
            let before = m.runtime().object_count();
            let class = m.class(known::OBJECT);
            // More than the stack may seem to hold.
            for _ in 0..super::PLACES {
                m.new_object(class);
            }
            m.collect();
            let after = m.runtime().object_count();
            assert!(after < before + super::PLACES / 2, "{before} {after}");
        });
    }
}
