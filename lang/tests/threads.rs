//! Code on several threads: caches that are shared, objects that are written by all, threads that come and go.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};

use rps_lang::Session;
use rps_runtime::{Runtime, Value};

fn eval(session: &mut Session, m: &rps_runtime::Mutator<'_>, text: &str) -> Value {
    session.eval(m, text).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

const THREADS: usize = 4;

#[test]
fn threads_share_functions_caches_and_objects() {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let mut session = Session::new(m);
        eval(
            &mut session,
            m,
            "class counter { fn add(n) { self.total = self.total + n; self } }
             fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }
             fn work(shared, own, n) {
                 for i in 0..n {
                     own.add(1)
                     shared.(f\"key{own.number}x{i % 50}\") = i
                     if i % 100 == 0 { fib(8) }
                 }
                 own.total
             }
             keep (new object) as shared",
        );
    });
    let barrier = Barrier::new(THREADS);
    std::thread::scope(|scope| {
        for number in 0..THREADS {
            let (runtime, barrier) = (&runtime, &barrier);
            scope.spawn(move || {
                runtime.enter(|m| {
                    let mut session = Session::new(m);
                    m.blocking(|| barrier.wait());
                    let text = format!("work(shared, new counter {{ total: 0, number: {number} }}, 2000)");
                    assert_eq!(eval(&mut session, m, &text), Value::int(m, 2000));
                });
            });
        }
    });
    runtime.enter(|m| {
        let shared = m.global("shared").unwrap().as_object().unwrap();
        let named = usize::from(m.name_of(shared).is_some());
        assert_eq!(shared.attribute_count(), THREADS * 50 + named, "no thread's attribute was lost");
    });
}

/// A thread that runs code alone stores without locks; when others come, none of its stores and theirs is lost.
#[test]
fn a_thread_that_was_alone_notices_that_it_is_not() {
    let runtime = Runtime::new();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (runtime, stop) = (&runtime, &stop);
        let busy = scope.spawn(move || {
            runtime.enter(|m| {
                let mut session = Session::new(m);
                eval(
                    &mut session,
                    m,
                    "keep (new object { hits: 0 }) as meeting; keep (new vector [0]) as places",
                );
                let mut rounds = 0;
                while !stop.load(Ordering::Relaxed) {
                    eval(
                        &mut session,
                        m,
                        "for i in 0..20000 { meeting.hits = meeting.hits + 1; places[0] = places[0] + 1 }",
                    );
                    rounds += 20000;
                }
                let hits = eval(&mut session, m, "[meeting.hits, places[0]]");
                assert_eq!(hits.as_tuple().unwrap().items(), [Value::int(m, rounds); 2]);
            });
        });
        let mut visit = 0;
        while visit < 200 {
            runtime.enter(|m| {
                let Some(meeting) = m.global("meeting").and_then(Value::as_object) else { return };
                visit += 1;
                let key = m.intern(&format!("visit{}", visit % 60)).unwrap();
                // A new attribute publishes a new slot array, with the values of the old one.
                meeting.put_attribute(m, key, Value::TRUE).unwrap();
                meeting.remove_attribute(m, key);
                m.safepoint();
            });
        }
        stop.store(true, Ordering::Relaxed);
        busy.join().unwrap();
    });
}

#[test]
fn a_function_redefined_by_another_thread_is_called_in_its_new_form() {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let mut session = Session::new(m);
        eval(&mut session, m, "fn answer() { 1 }");
        eval(&mut session, m, "fn wait_for(n) { while answer() != n { nil }; answer() }");
    });
    std::thread::scope(|scope| {
        let waiting =
            scope.spawn(|| runtime.enter(|m| eval(&mut Session::new(m), m, "wait_for(2)").as_small_int()));
        runtime.enter(|m| eval(&mut Session::new(m), m, "fn answer() { 2 }"));
        assert_eq!(waiting.join().unwrap(), Some(2));
    });
}
