//! What machine code makes by itself: it is like what the runtime makes, and so is what becomes of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use rps_lang::Session;
use rps_runtime::object::Payload;
use rps_runtime::{Mutator, Oid, Runtime};

use crate::way::{Counts, Way, has_backend};

/// Functions that make things which others see: each is put into a vector.
const WORK: &str = "
class pair { a, b }
class plain {}
fn room(n) { let v = new vector []; for i in 0..n { v.push(nil) }; v }
fn pairs(n) { let v = room(n); for i in 0..n { v[i] = new pair { a: i, b: i + 0.5 } }; v }
fn plains(n) { let v = room(n); for i in 0..n { v[i] = new plain {} }; v }
fn closures(n) { let v = room(8); for i in 0..n { v[i % 8] = |x| x + i }; v }
fn variables(n) { let v = room(8); for i in 0..n { let w = i; v[i % 8] = || do { w = w + 1; w } }; v }
";

fn eval(m: &Mutator<'_>, session: &mut Session, text: &str) -> String {
    match session.eval(m, text) {
        Ok(value) => m.quoted_text_of(value).to_string(),
        Err(error) => panic!("{error:?}\n{text}"),
    }
}

/// Runs `f` with a session that has the functions, all of which are compiled.
fn with_session(way: Way, f: impl FnOnce(&Mutator<'_>, &mut Session)) {
    let counts = Arc::<Counts>::default();
    let runtime = Runtime::new();
    way.attach(&runtime, &counts);
    runtime.enter(|m| {
        let mut session = Session::new(m);
        eval(m, &mut session, WORK);
        for name in ["pairs", "plains", "closures", "variables"] {
            eval(m, &mut session, &format!("for i in 0..100 {{ {name}(20) }}"));
        }
        f(m, &mut session);
    });
    assert!(counts.refused().is_empty(), "{:?}", counts.refused());
    assert_eq!(counts.made.load(Ordering::Relaxed) > 0, !matches!(way, Way::Interpreted));
}

/// Returns the oids of the objects in a vector that a text gives, each of which is found by its oid.
fn oids(m: &Mutator<'_>, session: &mut Session, text: &str) -> BTreeSet<Oid> {
    let vector = session.eval(m, text).expect("it is right").as_object().expect("a vector is an object");
    let values = vector.with_payload(m, |payload| match payload {
        Some(Payload::ValueVector(values)) => values.clone(),
        other => panic!("{other:?}"),
    });
    let objects = values.iter().map(|value| value.as_object().expect("an object"));
    objects
        .map(|object| {
            assert_eq!(m.object(object.oid()), Some(object));
            object.oid()
        })
        .collect()
}

/// RPS-35: the heap is collected though the code that fills it never waits for that where it makes something.
#[test]
fn what_loops_make_is_collected_while_they_run() {
    if !has_backend() {
        return;
    }
    with_session(Way::Eager, |m, session| {
        m.heap().set_min_budget(4 << 20);
        m.collect();
        let most = m.heap().stats().mapped_bytes + (128 << 20);
        for (name, value) in [("closures", "v[0](1)"), ("variables", "v[0]()")] {
            let before = m.heap().stats().collections;
            let text = format!("let v = {name}(2000000); {value}");
            assert_eq!(eval(m, session, &text), "1999993", "{name}");
            let stats = m.heap().stats();
            assert!(stats.collections > before + 4, "{name}: {stats:?}");
            assert!(stats.mapped_bytes < most, "{name}: {stats:?}");
        }
    });
}

/// RPS-35: objects have oids of their own, whichever thread makes them, and are found by them.
#[test]
fn objects_that_threads_make_at_once_are_found_by_oids_of_their_own() {
    if !has_backend() {
        return;
    }
    let counts = Arc::<Counts>::default();
    let runtime = Runtime::new();
    Way::Eager.attach(&runtime, &counts);
    let before = runtime.enter(|m| {
        eval(m, &mut Session::new(m), WORK);
        m.runtime().object_count()
    });
    let made: Vec<BTreeSet<Oid>> = thread::scope(|scope| {
        let work = |number: usize| {
            let runtime = &runtime;
            move || {
                runtime.enter(|m| {
                    let mut session = Session::new(m);
                    let mut all = BTreeSet::new();
                    for turn in 0..20 {
                        let name = if (turn + number).is_multiple_of(2) { "pairs" } else { "plains" };
                        all.append(&mut oids(m, &mut session, &format!("{name}(1000)")));
                        if turn == 10 {
                            m.collect();
                        }
                    }
                    all
                })
            }
        };
        let threads: Vec<_> = (0..4).map(|number| scope.spawn(work(number))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no thread fails")).collect()
    });
    assert!(counts.made.load(Ordering::Relaxed) > 0);
    let all: BTreeSet<Oid> = made.iter().flatten().copied().collect();
    assert_eq!(all.len(), 4 * 20 * 1000);
    // The collections have forgotten most of them.
    runtime.enter(|m| m.collect());
    assert!(runtime.object_count() < before + all.len() / 2);
}

/// RPS-35: what is made in a transaction that fails is not what it was before, as it was nothing then.
#[test]
fn what_is_made_in_a_transaction_is_not_undone() {
    if !has_backend() {
        return;
    }
    for way in [Way::Interpreted, Way::Eager] {
        with_session(way, |m, session| {
            eval(m, session, "let kept = nil; let old = pairs(1)[0]; let change = |o| do { o.a = -1; o }");
            eval(m, session, "for i in 0..100 { change(pairs(2)[1]) }");
            let failed: Result<(), ()> = m.transaction(|| {
                eval(m, session, "kept = pairs(50); for p in kept { change(p) }; change(old)");
                Err(())
            });
            assert_eq!(failed, Err(()));
            let left = "[old.a, kept.len(), kept[0].a, kept[49].a, kept[49].b]";
            assert_eq!(eval(m, session, left), "[0, 50, -1, -1, 49.5]", "{way}");
        });
    }
}
