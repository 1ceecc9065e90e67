//! The guard is really tripped: every deadline here passes, every panic happens.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use super::*;

/// Longer than anything here should take, so that a test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(20);

fn guard() -> Guard {
    Guard::new(GuardOptions { idle_timeout: Duration::from_millis(20), ..GuardOptions::default() })
}

fn limits(timeout: u64, grace: u64) -> Limits {
    Limits {
        timeout: Some(Duration::from_millis(timeout)),
        grace: Duration::from_millis(grace),
        ..Limits::default()
    }
}

fn never() -> bool {
    false
}

/// Waits until `done`, and fails when that takes too long.
fn wait_for(what: &str, done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        thread::yield_now();
    }
}

/// Runs until the flag is set, and tells that it saw it.
fn obedient(seen: &Arc<AtomicBool>) -> impl FnOnce(&Cancel) -> Result<(), Infallible> + Send + 'static {
    let seen = Arc::clone(seen);
    move |cancel| {
        while !cancel.is_cancelled() {
            thread::yield_now();
        }
        seen.store(true, Ordering::SeqCst);
        Ok(())
    }
}

/// CRUSH-5, CRUSH-13: success and the operation's own error pass through.
#[test]
fn results_and_errors_pass_through() {
    let guard = guard();
    assert_eq!(guard.run(&limits(20_000, 0), &never, |_| Ok::<_, String>(7)).unwrap(), 7);
    let error = guard.run(&limits(20_000, 0), &never, |_| Err::<(), _>("no such thing")).unwrap_err();
    assert!(matches!(error, GuardError::Failed("no such thing")));
    assert_eq!(error.code(), "plugin::failed");
    assert_eq!(error.to_string(), "no such thing");
    assert!(matches!(error.map_failed(str::len), GuardError::Failed(13)));
}

/// CRUSH-6, CRUSH-13: an operation that looks at its flag ends after the deadline, and its thread is not lost.
#[test]
fn a_deadline_that_passes_cancels_the_operation() {
    let guard = guard();
    let seen = Arc::new(AtomicBool::new(false));
    let error = guard.run(&limits(5, 20_000), &never, obedient(&seen)).unwrap_err();
    assert!(matches!(error, GuardError::Timeout { after } if after == Duration::from_millis(5)));
    assert_eq!(error.code(), "plugin::timeout");
    assert!(seen.load(Ordering::SeqCst));
    assert_eq!((guard.leaked_now(), guard.leaked_total()), (0, 0));
}

/// No deadline means that only the user ends the call.
#[test]
fn without_a_deadline_a_call_runs_until_it_is_interrupted() {
    let guard = guard();
    let seen = Arc::new(AtomicBool::new(false));
    let polls = AtomicUsize::new(0);
    let limits = Limits { timeout: None, grace: PATIENCE, ..Limits::default() };
    let interrupted = || polls.fetch_add(1, Ordering::SeqCst) == 2;
    let error = guard.run(&limits, &interrupted, obedient(&seen)).unwrap_err();
    assert!(matches!(error, GuardError::Cancelled));
    assert_eq!(error.code(), "plugin::cancelled");
    assert!(seen.load(Ordering::SeqCst));
    assert_eq!(polls.load(Ordering::SeqCst), 3);
    assert_eq!(guard.leaked_total(), 0);
}

/// CRUSH-7, CRUSH-8: a panic is its own error, its flag is set, and the thread that ran it goes on.
#[test]
fn a_panic_is_an_error_of_its_own() {
    let guard = guard();
    let (send, receive) = mpsc::channel();
    let operation = move |cancel: &Cancel| -> Result<(), Infallible> {
        send.send((cancel.clone(), thread::current().id())).unwrap();
        panic!("index {} out of {}", 7, 3);
    };
    let error = guard.run(&limits(20_000, 0), &never, operation).unwrap_err();
    assert_eq!(error.to_string(), "Plugin panicked during execution: index 7 out of 3");
    assert_eq!(error.code(), "plugin::panic");
    let (cancel, thread) = receive.recv().unwrap();
    assert!(cancel.is_cancelled());

    let quiet = |_: &Cancel| -> Result<(), Infallible> { panic!("plain") };
    let error = guard.run(&limits(20_000, 0), &never, quiet).unwrap_err();
    assert!(matches!(error, GuardError::Panicked { message } if message == "plain"));
    let odd = |_: &Cancel| -> Result<(), Infallible> { std::panic::panic_any(7_u8) };
    let error = guard.run(&limits(20_000, 0), &never, odd).unwrap_err();
    assert!(matches!(error, GuardError::Panicked { message } if message == "no message"));

    let next = guard.run(&limits(20_000, 0), &never, |_| Ok::<_, Infallible>(thread::current().id()));
    assert_eq!(next.unwrap(), thread);
    assert_eq!(guard.threads(), (1, 1));
}

/// CRUSH-11: a call that ignores its flag is counted for its owner and for all; the guard stays usable, and the
/// thread comes back when the call ends after all.
#[test]
fn a_call_that_ignores_its_flag_is_leaked_and_may_come_back() {
    let guard = guard();
    // The call must have begun when its time is over: one that had not would not begin any more.
    let (other, mine) = (limits(20_000, 0), limits(500, 1));
    let (release, held) = mpsc::channel::<()>();
    let ended = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&ended);
    let deaf = move |_: &Cancel| {
        held.recv().ok();
        flag.store(true, Ordering::SeqCst);
        Ok::<_, Infallible>(())
    };
    assert!(matches!(guard.run(&mine, &never, deaf), Err(GuardError::Timeout { .. })));
    assert_eq!((mine.owner.now(), mine.owner.total()), (1, 1));
    assert_eq!((other.owner.now(), other.owner.total()), (0, 0));
    assert_eq!((guard.leaked_now(), guard.leaked_total()), (1, 1));
    assert_eq!(guard.threads(), (0, 0));
    assert_eq!(guard.run(&other, &never, |_| Ok::<_, Infallible>(1)).unwrap(), 1);

    release.send(()).unwrap();
    wait_for("the leaked call to end", || guard.leaked_now() == 0 && mine.owner.now() == 0);
    assert!(ended.load(Ordering::SeqCst));
    assert_eq!((guard.leaked_total(), mine.owner.total()), (1, 1));
}

/// CRUSH-11: when too many threads are lost, calls are refused instead of starting ever more.
#[test]
fn leaked_threads_are_bounded() {
    let guard = Guard::new(GuardOptions { max_leaked: 2, ..GuardOptions::default() });
    let limits = limits(1, 0);
    let (release, held) = mpsc::channel::<()>();
    let held = Arc::new(parking_lot::Mutex::new(held));
    for _ in 0..2 {
        let held = Arc::clone(&held);
        let deaf = move |_: &Cancel| {
            held.lock().recv().ok();
            Ok::<_, Infallible>(())
        };
        assert!(matches!(guard.run(&limits, &never, deaf), Err(GuardError::Timeout { .. })));
    }
    let error = guard.run(&limits, &never, |_| Ok::<_, Infallible>(())).unwrap_err();
    assert!(matches!(error, GuardError::Busy { running: 0, leaked: 2 }), "{error}");
    assert_eq!(error.code(), "plugin::busy");
    drop(release);
    wait_for("both to end", || guard.leaked_now() == 0);
    guard.run(&limits_of_a_day(), &never, |_| Ok::<_, Infallible>(())).unwrap();
}

fn limits_of_a_day() -> Limits {
    limits(86_400_000, 0)
}

/// CRUSH-7: a caller that unwinds while it waits sets the flag.
#[test]
fn a_caller_that_unwinds_cancels_its_call() {
    let guard = guard();
    let (send, receive) = mpsc::channel();
    let caller = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let operation = move |cancel: &Cancel| {
            while !cancel.is_cancelled() {
                thread::yield_now();
            }
            send.send(()).unwrap();
            Ok::<_, Infallible>(())
        };
        guard.run(&limits_of_a_day(), &|| panic!("the caller fails"), operation)
    }));
    assert!(caller.is_err());
    receive.recv_timeout(PATIENCE).unwrap();
    wait_for("the thread to come back", || guard.leaked_now() == 0);
}

/// The nested call gets a thread of its own; nobody waits for a free one.
#[test]
fn a_call_within_a_call_does_not_deadlock() {
    let guard = Arc::new(Guard::new(GuardOptions { max_threads: 8, ..GuardOptions::default() }));
    fn descend(guard: &Arc<Guard>, depth: usize) -> Result<usize, String> {
        let inner = Arc::clone(guard);
        let result = guard.run(&limits_of_a_day(), &never, move |_| match depth {
            1 => Ok(1),
            _ => descend(&inner, depth - 1).map(|n| n + 1),
        });
        result.map_err(|error| error.to_string())
    }
    assert_eq!(descend(&guard, 8), Ok(8));
    let error = descend(&guard, 9).unwrap_err();
    assert_eq!(error, "Too many plugin calls at once: 8 running, 0 abandoned that do not end");
    assert_eq!(descend(&guard, 8), Ok(8));
}

/// DYN-3: eight calls that wait for each other all run at the same time.
#[test]
fn calls_run_side_by_side() {
    let guard = guard();
    let barrier = Arc::new(Barrier::new(8));
    let calls: Vec<_> = (0..8)
        .map(|n| {
            let barrier = Arc::clone(&barrier);
            guard.start(&limits_of_a_day(), move |_| {
                barrier.wait();
                Ok::<_, Infallible>(n)
            })
        })
        .map(|call| call.unwrap())
        .collect();
    let results: Vec<usize> = calls.into_iter().map(|call| call.wait(&never).unwrap()).collect();
    assert_eq!(results, (0..8).collect::<Vec<_>>());
    wait_for("superfluous threads to end", || guard.threads() == (2, 2));
}

/// CRUSH-9: a call that was started can be cancelled by whoever holds it.
#[test]
fn a_started_call_can_be_cancelled() {
    let guard = guard();
    let seen = Arc::new(AtomicBool::new(false));
    let call = guard.start(&limits(86_400_000, 20_000), obedient(&seen)).unwrap();
    call.cancel();
    assert!(matches!(call.wait(&never), Err(GuardError::Cancelled)));
    assert!(seen.load(Ordering::SeqCst));
}

/// A panic on the way out is worth more than why the call was asked to end.
#[test]
fn a_panic_in_the_grace_period_is_reported() {
    let guard = guard();
    let operation = |cancel: &Cancel| -> Result<(), Infallible> {
        while !cancel.is_cancelled() {
            thread::yield_now();
        }
        panic!("lost my way");
    };
    let error = guard.run(&limits(2, 20_000), &never, operation).unwrap_err();
    assert!(matches!(error, GuardError::Panicked { message } if message == "lost my way"));
}

/// The address that C code reads is the flag itself, and stays where it is.
#[test]
fn the_flag_has_one_address() {
    let cancel = Cancel::new();
    let clone = cancel.clone();
    assert_eq!(cancel.as_ptr(), clone.as_ptr());
    assert_eq!(cancel.as_ptr(), cancel.as_atomic().cast::<u8>());
    assert_eq!(size_of::<AtomicU8>(), 1);
    clone.cancel();
    assert!(cancel.is_cancelled());
}

/// DYN-25: the same warm thread runs one call after another.
#[test]
fn a_warm_thread_is_used_again() {
    let guard = guard();
    guard.warm_up(1).unwrap();
    let run =
        || guard.run(&limits_of_a_day(), &never, |_| Ok::<_, Infallible>(thread::current().id())).unwrap();
    let first = run();
    for _ in 0..200 {
        assert_eq!(run(), first);
    }
    let name = guard.run(&limits_of_a_day(), &never, |_| {
        Ok::<_, Infallible>(thread::current().name().map(str::to_owned))
    });
    assert_eq!(name.unwrap().as_deref(), Some("plugin-call-1"));
}

/// A guard that is gone waits for nothing; what still runs ends by itself.
#[test]
fn dropping_the_guard_waits_for_nothing() {
    let guard = guard();
    let (release, held) = mpsc::channel::<()>();
    let (send, receive) = mpsc::channel();
    let call = guard.start(&limits_of_a_day(), move |_| {
        held.recv().ok();
        send.send(()).unwrap();
        Ok::<_, Infallible>(())
    });
    drop(guard);
    release.send(()).unwrap();
    call.unwrap().wait(&never).unwrap();
    receive.recv_timeout(PATIENCE).unwrap();
}

#[test]
fn the_hand_off_can_be_measured() {
    let times = measure_hand_off(&guard(), 100, Duration::ZERO).unwrap();
    assert!(times.p50 <= times.p99 && times.p99 <= times.max);
}
