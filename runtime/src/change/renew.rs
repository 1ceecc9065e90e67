//! Renewal: the numbers of epochs begin anew before they run out.
//!
//! An object has 31 bits for the epoch of its last change, and every commit is an epoch: two thousand million of them, some
//! days of a program that commits as fast as it can. Long before that, all objects are set back to epoch 0. Nobody is
//! stopped: while it lasts, whatever changes is noted, whether it was noted before or not.

use std::sync::atomic::Ordering;

use super::Tracker;
use crate::runtime::Mutator;
use crate::value::Value;

/// The epoch from which on a renewal is due: half of those that an object can remember, so that there is time to find a
/// moment without views.
const DUE: u32 = 1 << 30;

impl Tracker {
    /// Begins the numbers of epochs anew, if that is due and no view is open. The caller holds the gate of transactions: no
    /// view begins meanwhile.
    pub(super) fn renew_if_due(&self, m: &Mutator<'_>) {
        if self.epoch.load(Ordering::Acquire) >= DUE {
            self.renew(m);
        }
    }

    #[cold]
    fn renew(&self, m: &Mutator<'_>) {
        {
            let mut account = self.account.lock();
            if !account.views.is_empty() {
                return;
            }
            // Before the epoch, which changes are compared with that nobody watches: an object may have changed in epoch 1.
            self.watchers.fetch_add(1, Ordering::AcqRel);
            account.is_renewing = true;
            account.runtime = super::next_runtime();
            for since in &mut account.since {
                since.renew(1);
            }
            account.marks = [0; 2];
            self.epoch.store(1, Ordering::Release);
        }
        let mut objects = m.root_vec();
        objects.extend(m.runtime().oids().all(false).into_iter().map(Value::from));
        for object in objects.iter().filter_map(|value| value.as_object()) {
            // What is not loaded has not changed. Who has noted a change with an old number holds the lock until it is written.
            if !object.is_unloaded() {
                let _guard = object.lock(m);
                object.set_epoch(0);
            }
        }
        self.account.lock().is_renewing = false;
        self.watchers.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicI64};

    use super::*;
    use crate::change::Purpose;
    use crate::known;
    use crate::object::ObjectRef;
    use crate::runtime::Runtime;

    fn stored(m: &Mutator<'_>) -> ObjectRef {
        let object = m.new_object(m.class(known::OBJECT));
        object.set_space(m, Some(object));
        object
    }

    fn put(m: &Mutator<'_>, object: ObjectRef, value: i64) {
        object.put_attribute(m, m.intern("x").unwrap(), Value::int(m, value)).unwrap();
    }

    #[test]
    fn what_changed_before_and_after_a_renewal_is_told() {
        let runtime = Runtime::new();
        runtime.enter(|m| {
            let (early, late, still) = (stored(m), stored(m), stored(m));
            // In the first epoch, whose number comes again.
            drop(m.freeze(Purpose::Commit));
            drop(m.freeze(Purpose::Dump));
            let tracker = m.runtime().changes();
            tracker.epoch.store(DUE, Ordering::Release);
            drop(m.freeze(Purpose::Dump));
            put(m, early, 1);
            let mark = m.mark(Purpose::Dump);
            assert!(tracker.epoch.load(Ordering::Acquire) < 9, "they begin anew");
            let view = m.freeze(Purpose::Commit);
            assert_eq!(view.changed(), [early.oid()]);
            put(m, late, 1);
            assert_eq!(view.read(m, late, |object| object.attribute_count()), 0);
            drop(view);
            let view = m.freeze(Purpose::Dump);
            assert_eq!(view.since(), mark);
            let mut both = [early.oid(), late.oid()];
            both.sort_unstable();
            assert_eq!(view.changed(), both);
            put(m, still, 1);
            assert_eq!(m.changes().undumped, [still.oid()]);
        });
    }

    #[test]
    fn a_renewal_waits_until_no_view_is_open() {
        let runtime = Runtime::new();
        runtime.enter(|m| {
            let object = stored(m);
            let tracker = m.runtime().changes();
            tracker.epoch.store(DUE, Ordering::Release);
            let before = m.mark(Purpose::Commit);
            let view = {
                // As if it had begun before the renewal was due.
                tracker.epoch.store(DUE - 1, Ordering::Release);
                m.freeze(Purpose::Dump)
            };
            put(m, object, 1);
            drop(m.freeze(Purpose::Commit));
            assert!(tracker.epoch.load(Ordering::Acquire) > DUE, "the view still compares with old numbers");
            assert_eq!(view.read(m, object, |object| object.attribute_count()), 0);
            drop(view);
            put(m, object, 2);
            let view = m.freeze(Purpose::Commit);
            assert!(tracker.epoch.load(Ordering::Acquire) < 9);
            assert_eq!(view.changed(), [object.oid()]);
            assert_ne!(view.since(), before, "no moment of before is one of after");
        });
    }

    #[test]
    fn no_change_is_missed_by_a_renewal_beside_it() {
        let runtime = Runtime::new();
        let is_done = AtomicBool::new(false);
        let written = AtomicI64::new(0);
        runtime.enter(|m| {
            let object = stored(m);
            let mut kept = m.root_vec();
            kept.push(object.into());
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    runtime.enter(|m| {
                        let object = kept[0].as_object().unwrap();
                        for value in 1..20_000 {
                            put(m, object, value);
                            written.store(value, Ordering::Release);
                            m.safepoint();
                        }
                        is_done.store(true, Ordering::Release);
                    });
                });
                let mut seen = 0;
                while !is_done.load(Ordering::Acquire) {
                    m.runtime().changes().epoch.store(DUE, Ordering::Release);
                    let before = written.load(Ordering::Acquire);
                    let view = m.freeze(Purpose::Commit);
                    m.safepoint();
                    let x = m.intern("x").unwrap();
                    let now = view.read(m, object, |object| object.get_attribute(x));
                    let now = now.and_then(Value::as_small_int).unwrap_or(0);
                    assert!(now >= before);
                    assert!(now == seen || view.changed() == [object.oid()], "{seen} became {now} unseen");
                    seen = now;
                }
            });
        });
    }
}
