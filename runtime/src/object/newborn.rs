//! Objects that were just made, which the table of objects takes up when somebody asks for them.
//!
//! Most objects die young, and nobody looks them up. Each thread notes those that it makes in a list of its own, its
//! *nursery*, which costs an append; the table takes the nurseries up when it is asked for an oid that it does not have, or
//! for all objects, and when a collection has found who is still alive.

use std::sync::Arc;

use parking_lot::Mutex;

use super::ObjectRef;
use crate::heap::Live;

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
#[derive(Default)]
struct Nursery(Mutex<Vec<ObjectRef>>);

/// A thread's place for what it makes.
pub(crate) struct Newborns<'t> {
    all: &'t Nurseries,
    own: Arc<Nursery>,
}

impl Nurseries {
    /// Returns a place for what a thread makes.
    pub(super) fn open(&self) -> Newborns<'_> {
        let own = Arc::new(Nursery::default());
        self.0.lock().nurseries.push(Arc::clone(&own));
        Newborns { all: self, own }
    }

    pub(super) fn are_empty(&self) -> bool {
        let all = self.0.lock();
        all.left.is_empty() && all.nurseries.iter().all(|nursery| nursery.0.lock().is_empty())
    }

    /// Calls `f` with each object.
    pub(super) fn for_each(&self, mut f: impl FnMut(ObjectRef)) {
        let all = self.0.lock();
        all.left.iter().copied().for_each(&mut f);
        for nursery in &all.nurseries {
            nursery.0.lock().iter().copied().for_each(&mut f);
        }
    }

    /// Gives all objects to `f`; none is left.
    pub(super) fn empty(&self, mut f: impl FnMut(ObjectRef)) {
        let mut all = self.0.lock();
        all.left.drain(..).for_each(&mut f);
        for nursery in &all.nurseries {
            nursery.0.lock().drain(..).for_each(&mut f);
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
    /// Notes an object whose oid nobody else has.
    #[inline]
    pub(crate) fn add(&self, object: ObjectRef) {
        self.own.0.lock().push(object);
    }
}

impl Drop for Newborns<'_> {
    fn drop(&mut self) {
        let mut all = self.all.0.lock();
        all.left.append(&mut self.own.0.lock());
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
}
