//! What changes, views of one moment, and transactions (RPS-1, RPS-3, RPS-15).

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};

use rps_runtime::change::Purpose;
use rps_runtime::object::Payload;
use rps_runtime::{Mutator, ObjectRef, Oid, Runtime, Value, known};

/// Makes an object in a space of its own, with an attribute.
fn stored(m: &Mutator<'_>, name: &str, value: i64) -> ObjectRef {
    let object = m.new_object(m.class(known::OBJECT));
    object.set_space(m, Some(object));
    object.put_attribute(m, m.intern(name).unwrap(), Value::int(m, value)).unwrap();
    object
}

fn int(m: &Mutator<'_>, object: ObjectRef, name: &str) -> Option<i64> {
    object.get_attribute(m.intern(name).unwrap())?.as_small_int()
}

fn put(m: &Mutator<'_>, object: ObjectRef, name: &str, value: i64) {
    object.put_attribute(m, m.intern(name).unwrap(), Value::int(m, value)).unwrap();
}

#[test]
fn what_changed_is_told_once_for_each_purpose_rps_3() {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let (a, b) = (stored(m, "x", 1), stored(m, "x", 2));
        let mut both = vec![a.oid(), b.oid()];
        both.sort_unstable();
        assert_eq!(m.freeze(Purpose::Commit).changed(), both);
        assert_eq!(m.freeze(Purpose::Commit).changed(), []);
        put(m, b, "x", 3);
        put(m, b, "x", 3);
        assert_eq!(m.freeze(Purpose::Commit).changed(), [b.oid()]);
        // The dump has an account of its own.
        assert_eq!(m.freeze(Purpose::Dump).changed(), both);
        put(m, a, "x", 1);
        assert!(!m.is_changed(Purpose::Commit) && !m.is_changed(Purpose::Dump), "the value is the old one");
        let transient = m.new_object(m.class(known::OBJECT));
        put(m, transient, "x", 1);
        assert!(!m.is_changed(Purpose::Commit));
        b.set_space(m, None);
        assert_eq!(m.freeze(Purpose::Dump).changed(), [b.oid()]);
        m.add_root(a);
        let view = m.freeze(Purpose::Commit);
        assert!(view.is_graph_changed() && view.roots() == [a.oid()] && view.changed() == [b.oid()]);
        view.give_back();
        let view = m.freeze(Purpose::Commit);
        assert!(view.is_graph_changed() && view.changed() == [b.oid()], "what was given back is there again");
    });
}

#[test]
fn what_is_dumped_need_not_be_committed() {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let (a, b) = (stored(m, "x", 1), stored(m, "x", 2));
        let dump = m.freeze(Purpose::Dump);
        put(m, b, "x", 3);
        dump.all_durable();
        assert_eq!(m.changes().uncommitted, [b.oid()]);
        assert_eq!(m.changes().undumped, [b.oid()]);
        put(m, a, "x", 2);
        assert_eq!(m.changes().uncommitted.len(), 2);
    });
}

#[test]
fn a_view_shows_the_moment_in_which_it_began_rps_15() {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let object = stored(m, "x", 1);
        object.push_component(m, Value::TRUE);
        object.set_payload(m, Some(Payload::ValueVector(vec![Value::TRUE])));
        let early = m.freeze(Purpose::Commit);
        let see = |view: &rps_runtime::change::Frozen<'_>| {
            view.read(m, object, |as_it_was| {
                let elements = as_it_was.with_payload(m, |payload| match payload {
                    Some(Payload::ValueVector(values)) => values.len(),
                    _ => 0,
                });
                (
                    int(m, as_it_was, "x"),
                    as_it_was.component_count(),
                    elements,
                    as_it_was.oid() == object.oid(),
                )
            })
        };
        assert_eq!(see(&early), (Some(1), 1, 1, true));
        put(m, object, "x", 2);
        let late = m.freeze(Purpose::Dump);
        object.push_component(m, Value::FALSE);
        object.update_payload(m, |payload| {
            let Some(Payload::ValueVector(values)) = payload else { panic!("it has one") };
            values.push(Value::FALSE);
        });
        object.set_space(m, None);
        assert_eq!(see(&early), (Some(1), 1, 1, true));
        assert_eq!(see(&late), (Some(2), 1, 1, true));
        assert_eq!((int(m, object, "x"), object.component_count()), (Some(2), 2));
        assert!(early.space_of(object).is_some() && object.space().is_none());
        assert_eq!(late.stored(m), [object]);
        m.collect();
        assert_eq!(see(&early), (Some(1), 1, 1, true), "copies are alive");
    });
}

#[test]
fn adoption_finds_transient_objects_as_they_were() {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let owner = stored(m, "x", 1);
        let part = m.new_object(m.class(known::OBJECT));
        put(m, part, "x", 1);
        let dump = m.freeze(Purpose::Dump);
        let commit = m.freeze(Purpose::Commit);
        put(m, part, "x", 2);
        commit.adopt(m, part, owner);
        commit.end_adoption();
        assert_eq!(commit.space_of(part), Some(owner));
        assert_eq!(dump.space_of(part), None, "the other view began when it was transient");
        assert_eq!(commit.read(m, part, |part| int(m, part, "x")), Some(1));
        assert_eq!((part.space(), int(m, part, "x")), (Some(owner), Some(2)));
        put(m, part, "x", 3);
        drop((commit, dump));
        assert_eq!(m.changes().undumped, [part.oid()]);
        assert_eq!(m.changes().uncommitted, [part.oid()]);
    });
}

#[test]
fn a_failed_transaction_leaves_everything_as_it_was_rps_1() {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let object = stored(m, "x", 1);
        object.push_component(m, Value::TRUE);
        object.set_payload(m, Some(Payload::ValueVector(vec![Value::TRUE])));
        let loose = m.new_object(m.class(known::OBJECT));
        let root = stored(m, "x", 9);
        m.add_root(root);
        let mtime = object.mtime();
        let describe = |m: &Mutator<'_>| {
            let length = |payload: Option<&Payload>| match payload {
                Some(Payload::ValueVector(values)) => values.len(),
                _ => 0,
            };
            (
                int(m, object, "x"),
                int(m, object, "y"),
                object.component_count(),
                object.with_payload(m, length),
                object.class(),
                object.space(),
                loose.space(),
                (m.roots(), m.symbol("born_within"), object.mtime() == mtime),
            )
        };
        let before = describe(m);
        let failed = m.transaction(|| {
            put(m, object, "x", 2);
            put(m, object, "y", 2);
            object.push_component(m, Value::FALSE);
            object.update_payload(m, |payload| {
                let Some(Payload::ValueVector(values)) = payload else { panic!("it has one") };
                values.clear();
            });
            object.set_class(m, m.class(known::SPACE)).unwrap();
            object.set_space(m, None);
            loose.set_space(m, Some(object));
            m.remove_root(root);
            m.make_symbol("born_within", false).unwrap();
            assert!(m.is_in_transaction());
            m.collect();
            Err::<(), _>("no")
        });
        assert_eq!(failed, Err("no"));
        assert_eq!(describe(m), before);
        assert!(!m.is_in_transaction());
        m.transaction(|| {
            put(m, object, "x", 2);
            Ok::<_, ()>(())
        })
        .unwrap();
        assert_eq!(int(m, object, "x"), Some(2));
    });
}

#[test]
fn an_inner_transaction_goes_back_alone_and_with_the_outer_one() {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let object = stored(m, "x", 1);
        let failed: Result<(), ()> = m.transaction(|| {
            put(m, object, "x", 2);
            let inner: Result<(), ()> = m.transaction(|| {
                put(m, object, "x", 3);
                Err(())
            });
            assert!(inner.is_err());
            assert_eq!(int(m, object, "x"), Some(2));
            m.transaction(|| {
                put(m, object, "y", 4);
                m.make_symbol("inner_name", false).map(drop).map_err(drop)
            })?;
            assert_eq!(int(m, object, "y"), Some(4));
            Err(())
        });
        assert!(failed.is_err());
        assert_eq!((int(m, object, "x"), int(m, object, "y")), (Some(1), None));
        assert!(m.symbol("inner_name").is_none());
    });
}

#[test]
fn a_panic_goes_back_too() {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let object = stored(m, "x", 1);
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            m.transaction::<(), ()>(|| {
                put(m, object, "x", 2);
                panic!("within");
            })
        }));
        assert!(panicked.is_err() && !m.is_in_transaction());
        assert_eq!(int(m, object, "x"), Some(1));
    });
}

#[test]
fn who_wants_to_change_what_a_transaction_changed_waits_for_its_end() {
    let runtime = Runtime::new();
    let oid = runtime.enter(|m| stored(m, "x", 0).oid());
    let (changed, tried) = (Barrier::new(2), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            runtime.enter(|m| {
                let object = m.object(oid).unwrap();
                let _failed: Result<(), ()> = m.transaction(|| {
                    put(m, object, "x", 1);
                    m.blocking(|| changed.wait());
                    while !tried.load(Ordering::Acquire) {
                        m.safepoint();
                        std::hint::spin_loop();
                    }
                    assert_eq!(int(m, object, "y"), None, "the other thread waits");
                    Err(())
                });
            });
        });
        runtime.enter(|m| {
            m.blocking(|| changed.wait());
            let object = m.object(oid).unwrap();
            tried.store(true, Ordering::Release);
            put(m, object, "y", 1);
            assert_eq!((int(m, object, "x"), int(m, object, "y")), (Some(0), Some(1)));
        });
    });
}

#[test]
fn views_of_a_busy_graph_show_whole_transactions_only_rps_15() {
    const THREADS: usize = 4;
    const VIEWS: usize = 100;
    let runtime = Runtime::new();
    let pair: [Oid; 2] = runtime.enter(|m| [stored(m, "x", 0).oid(), stored(m, "x", 0).oid()]);
    let (views, done) = (AtomicUsize::new(0), AtomicI64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                runtime.enter(|m| {
                    let [a, b] = pair.map(|oid| m.object(oid).unwrap());
                    let mut round = 0;
                    while round < 300 || views.load(Ordering::Relaxed) < VIEWS {
                        round += 1;
                        let result: Result<(), ()> = m.transaction(|| {
                            let next = int(m, a, "x").unwrap() + 1;
                            put(m, a, "x", next);
                            put(m, b, "x", next);
                            if round % 7 == 0 { Err(()) } else { Ok(()) }
                        });
                        done.fetch_add(i64::from(result.is_ok()), Ordering::Relaxed);
                    }
                });
            });
        }
        scope.spawn(|| {
            for number in 0..VIEWS {
                runtime.enter(|m| {
                    let view = m.freeze(if number % 2 == 0 { Purpose::Commit } else { Purpose::Dump });
                    view.end_adoption();
                    let [a, b] = pair.map(|oid| {
                        let object = m.object(oid).unwrap();
                        view.read(m, object, |object| int(m, object, "x"))
                    });
                    assert_eq!(a, b);
                });
                views.fetch_add(1, Ordering::Relaxed);
            }
        });
    });
    runtime.enter(|m| {
        for oid in pair {
            assert_eq!(int(m, m.object(oid).unwrap(), "x"), Some(done.load(Ordering::Relaxed)));
        }
    });
}

#[test]
fn what_comes_into_a_space_after_a_view_began_was_in_none() {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let space = stored(m, "x", 0);
        let object = m.new_object(m.class(known::OBJECT));
        let view = m.freeze(Purpose::Dump);
        view.end_adoption();
        let later = m.freeze(Purpose::Commit);
        let done: Result<(), ()> = m.transaction(|| {
            put(m, object, "x", 1);
            object.set_space(m, Some(space));
            Ok(())
        });
        assert!(done.is_ok());
        assert_eq!((view.space_of(object), later.space_of(object)), (None, None));
        assert_eq!(view.stored(m), [space]);
        assert_eq!(m.changes().uncommitted, [object.oid()]);
    });
}

#[test]
fn what_is_made_within_a_failed_transaction_stays_what_it_is_but_in_no_space() {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let space = stored(m, "x", 0);
        // A name that is made within is taken back.
        let _name = m.heap().root(m.intern("y").unwrap().into());
        let made: Result<(), ObjectRef> = m.transaction(|| {
            let made = m.new_object(m.class(known::OBJECT));
            put(m, made, "x", 1);
            made.set_space(m, Some(space));
            put(m, made, "x", 2);
            let inner: Result<(), ()> = m.transaction(|| {
                put(m, made, "x", 3);
                Err(())
            });
            assert!(inner.is_err());
            assert_eq!(int(m, made, "x"), Some(2), "it is older than the inner one");
            let _done: Result<(), ()> = m.transaction(|| {
                put(m, made, "y", 4);
                Ok(())
            });
            Err(made)
        });
        let made = made.unwrap_err();
        assert_eq!((int(m, made, "x"), int(m, made, "y"), made.space()), (Some(2), Some(4), None));
        assert_eq!(m.stored_objects(), [space]);
    });
}

#[test]
fn a_failed_transaction_leaves_the_roots_of_other_threads() {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let (own, other) = (stored(m, "x", 0), stored(m, "x", 1));
        let failed: Result<(), ()> = m.transaction(|| {
            m.add_root(own);
            std::thread::scope(|scope| {
                let oid = other.oid();
                let runtime = &runtime;
                let thread = scope.spawn(move || runtime.enter(|m| m.add_root(m.object(oid).unwrap())));
                m.blocking(|| assert!(thread.join().unwrap()));
            });
            Err(())
        });
        assert!(failed.is_err());
        assert_eq!(m.roots(), [other]);
    });
}

#[test]
fn what_leaves_its_space_while_a_view_is_open_stays_alive_for_it_rps_15() {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let view = {
            let (changed, other) = (stored(m, "x", 1), stored(m, "x", 2));
            let referred = m.new_object(m.class(known::OBJECT));
            put(m, referred, "x", 3);
            other.put_attribute(m, m.intern("y").unwrap(), referred.into()).unwrap();
            let view = m.freeze(Purpose::Dump);
            // One has been copied before it leaves, the other is when it does.
            put(m, changed, "x", 4);
            changed.set_space(m, None);
            other.set_space(m, None);
            other.remove_attribute(m, m.intern("y").unwrap());
            view
        };
        let oids = |m: &Mutator<'_>| view.stored(m).iter().map(|object| object.oid()).collect::<Vec<_>>();
        let before = oids(m);
        // Nothing but the view knows them now.
        for _ in 0..2 {
            m.collect();
            for n in 0..1000 {
                put(m, m.new_object(m.class(known::OBJECT)), "x", n);
            }
        }
        assert_eq!(oids(m), before);
        let mut seen: Vec<i64> = Vec::new();
        for object in view.stored(m) {
            view.read(m, object, |object| {
                seen.extend(int(m, object, "x"));
                let referred = object.get_attribute(m.intern("y").unwrap());
                seen.extend(referred.and_then(Value::as_object).and_then(|object| int(m, object, "x")));
            });
        }
        seen.sort_unstable();
        assert_eq!(seen, [1, 2, 3]);
        drop(view);
        m.collect();
    });
}
