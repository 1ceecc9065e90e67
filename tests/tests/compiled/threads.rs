//! Eight threads run and redefine the same function and the same method, while others collect: each call gives what one of
//! the definitions gives, and in the end all see the last one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use rps_lang::Session;
use rps_runtime::{Mutator, Runtime};

use crate::way::{Counts, Way, has_backend};

/// How many threads run the definitions, and how many change them.
const RUNNING: usize = 6;
const CHANGING: usize = 2;
/// How often each of those changes them.
const CHANGES: usize = 30;

/// What works with a function and a method that add 1, 2 or 3; gives how many calls gave something else.
const WORK: &str = "
fn f(x) { x + 1 }
class k { fn v(x) { x + 1 } }
fn work(n) {
    let wrong = 0
    let o = new k {}
    for i in 0..n {
        let a = f(i) - i
        let b = o.v(i) - i
        if not (a == 1 or a == 2 or a == 3) { wrong = wrong + 1 }
        if not (b == 1 or b == 2 or b == 3) { wrong = wrong + 1 }
    }
    wrong
}
";

/// RPS-35: functions are run and redefined by eight threads, with machine code that fails at random, too.
#[test]
fn rps_35_eight_threads_run_and_redefine_one_function() {
    if !has_backend() {
        return;
    }
    for way in [Way::Interpreted, Way::Auto, Way::Eager, Way::Faulty { bits: 5, seed: 8, is_counted: false }]
    {
        run(way);
    }
}

/// Machine code that only calls itself, too, waits for a collection by another thread, and is stopped.
#[test]
fn a_recursion_waits_for_a_collection_and_is_stopped() {
    wait_and_stop(
        "fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }",
        ("fib(22)", "17711"),
        // It would take hours.
        "fib(70)",
    );
}

/// So does a loop over a range, which looks for others at some of its turns only.
#[test]
fn a_loop_over_a_range_waits_for_a_collection_and_is_stopped() {
    wait_and_stop(
        "fn run(from, to) { let s = 0; for i in from..to { s = (s + i) % 1000 }; s }",
        ("for i in 0..100 { run(0, 100) }; run(-100, 1101)", "500"),
        "run(-1, 1000000000000000)",
    );
}

/// In a nest of loops none of which has many turns, some look at each of theirs, also in what is put into others.
#[test]
fn short_loops_in_each_other_wait_for_a_collection_and_are_stopped() {
    wait_and_stop(
        "fn inner(s, n) { for d in 0..n { for e in 0..n { for f in 0..n { s = (s + f) % 1000 } } }; s }
         fn run(n) { let s = 0; for a in 0..n { for b in 0..n { for c in 0..n { s = inner(s, n) } } }; s }",
        ("for i in 0..100 { run(2) }; run(3)", "729"),
        "run(60)",
    );
}

/// Defines something, has it compiled by a text whose value is given, and runs one that would not end while others collect.
fn wait_and_stop(definition: &str, (hot, value): (&str, &str), endless: &str) {
    if !has_backend() {
        return;
    }
    let counts = Arc::<Counts>::default();
    let runtime = Runtime::new();
    Way::Eager.attach(&runtime, &counts);
    let (is_over, collections) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        let (runtime, is_over, collections) = (&runtime, &is_over, &collections);
        scope.spawn(move || {
            while !is_over.load(Ordering::Acquire) {
                runtime.enter(|m| m.collect());
                collections.fetch_add(1, Ordering::Release);
            }
        });
        let (given, made, result, between) = runtime.enter(|m| {
            let mut session = Session::new(m);
            eval(m, &mut session, definition);
            let given = eval(m, &mut session, hot);
            let made = counts.made.load(Ordering::Relaxed);
            let before = collections.load(Ordering::Acquire);
            let result = m.with_deadline(Duration::from_millis(500), || session.eval(m, endless).map(|_| ()));
            let between = collections.load(Ordering::Acquire) - before;
            (given, made, result.map_err(|error| format!("{error:?}")), between)
        });
        // A test that fails before this would wait for the other thread.
        is_over.store(true, Ordering::Release);
        assert_eq!(given, value);
        assert!(made > 0);
        let error = result.expect_err("nobody waits so long");
        assert!(error.contains("Deadline"), "{error}");
        assert!(between > 0);
    });
}

fn run(way: Way) {
    let counts = Arc::<Counts>::default();
    let runtime = Runtime::new();
    way.attach(&runtime, &counts);
    runtime.enter(|m| eval(m, &mut Session::new(m), WORK));
    let changing = AtomicUsize::new(CHANGING);
    thread::scope(|scope| {
        let (runtime, changing) = (&runtime, &changing);
        for _ in 0..RUNNING {
            scope.spawn(move || {
                runtime.enter(|m| {
                    let mut session = Session::new(m);
                    while changing.load(Ordering::Acquire) > 0 {
                        assert_eq!(eval(m, &mut session, "work(200)"), "0", "{way}");
                    }
                });
            });
        }
        for number in 0..CHANGING {
            scope.spawn(move || {
                runtime.enter(|m| {
                    let mut session = Session::new(m);
                    for change in 0..CHANGES {
                        let (a, b) = (1 + change % 3, 1 + (change + number) % 3);
                        let text =
                            format!("fn f(x) {{ x + {a} }}; class k {{ fn v(x) {{ let y = x; y + {b} }} }}");
                        eval(m, &mut session, &text);
                        assert_eq!(eval(m, &mut session, "work(20)"), "0", "{way}");
                        if change % 10 == 5 {
                            m.collect();
                        }
                    }
                });
                changing.fetch_sub(1, Ordering::AcqRel);
            });
        }
    });
    runtime.enter(|m| {
        let mut session = Session::new(m);
        eval(m, &mut session, "fn f(x) { x + 3 }; class k { fn v(x) { x + 2 } }");
        let last = "let o = new k {}; let s = 0; for i in 0..100 { s = s + f(i) * o.v(i) }; s";
        assert_eq!(eval(m, &mut session, last), "353700", "{way}");
    });
    assert!(counts.refused().is_empty(), "{:?}", counts.refused());
    let is_compiled = matches!(way, Way::Eager | Way::Faulty { .. });
    assert!(!is_compiled || counts.made.load(Ordering::Relaxed) > 0, "nothing was compiled");
}

fn eval(m: &Mutator<'_>, session: &mut Session, text: &str) -> String {
    match session.eval(m, text) {
        Ok(value) => m.quoted_text_of(value).to_string(),
        Err(error) => panic!("{error:?}\n{text}"),
    }
}
