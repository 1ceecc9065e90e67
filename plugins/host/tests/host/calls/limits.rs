//! Time, threads and bytes: calls that take more than they may (CRUSH-1…13, DYN-3).

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rps_plugin_host::{Manager, Stage};
use rps_runtime::Runtime;

use crate::support::{Plugins, assert_error, assert_works, wait_for};

fn services() -> Plugins {
    let plugins = Plugins::new();
    plugins.put("services", "services.c", &[]);
    plugins.put_good("good");
    plugins
}

fn calls_under_way(manager: &Manager) -> usize {
    manager.info("services").unwrap().calls_under_way
}

/// CRUSH-1: it is 30 seconds where nothing is said.
#[test]
fn crush_1_the_default_is_thirty_seconds() {
    assert_eq!(Plugins::new().config().timeout, Duration::from_secs(30));
    let plugins = Plugins::new().with("plugins.slow.timeout_ms", "7");
    assert_eq!(plugins.config().timeout_of("slow"), Duration::from_millis(7));
    assert_eq!(plugins.config().timeout_of("other"), Duration::from_secs(30));
}

/// CRUSH-6: who looks at the flag costs no thread.
#[test]
fn crush_6_a_call_that_heeds_its_flag_ends_at_the_deadline() {
    let plugins = services().with("plugins.services.timeout_ms", "50");
    let manager = plugins.started();
    for service in ["patient", "stubborn"] {
        let error = manager.execute(service, b"").unwrap_err();
        assert_error(&error, "plugin::timeout", "no answer after 50 ms");
        assert!(error.hint().unwrap().contains("plugins.services"), "{error}");
        wait_for("the call to end", || manager.leaked_calls() == 0 && calls_under_way(&manager) == 0);
    }
    assert_works(&manager, "good");
}

/// CRUSH-11, CRUSH-13: who ignores the flag is counted, then disabled; the host goes on.
#[test]
fn crush_11_calls_that_ignore_the_flag_are_counted_and_their_plugin_is_disabled() {
    let plugins = services()
        .with("plugins.services.timeout_ms", "20")
        .with("max_leaked_calls", "2")
        .with("max_faults", "99");
    let manager = plugins.started();
    let start = Instant::now();
    for count in 1..=2 {
        assert_error(
            &manager.execute("endless", b"").unwrap_err(),
            "plugin::timeout",
            "no answer after 20 ms",
        );
        assert_eq!(manager.info("services").unwrap().leaked_calls, count);
        assert_works(&manager, "good");
    }
    let info = manager.info("services").unwrap();
    assert_eq!(info.stage, Stage::Faulted);
    assert_error(&info.error.unwrap(), "plugin::faulted", "2 of its calls ignore that they were given up");
    // A call is given up long before it ends.
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    wait_for("the calls to end", || manager.leaked_calls() == 0);
    manager.enable("services").unwrap();
    assert_eq!(manager.execute("echo", b"back").unwrap(), b"back");
    manager.unload("services", false).unwrap();
}

/// CRUSH-9: Ctrl-C gives up the call that the program waits for.
#[test]
fn crush_9_an_interrupt_cancels_the_call_that_is_under_way() {
    let plugins = services();
    let manager = plugins.started();
    let runtime = Arc::new(Runtime::new());
    manager.attach(&runtime);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| manager.execute("patient", b""));
        wait_for("the call to begin", || calls_under_way(&manager) == 1);
        runtime.interrupt();
        let error = waiting.join().unwrap().unwrap_err();
        assert_error(&error, "plugin::cancelled", "cancelled");
    });
    runtime.clear_interrupt();
    assert_eq!(manager.info("services").unwrap().faults, 0);
    assert_eq!(manager.execute("echo", b"go on").unwrap(), b"go on");
}

#[test]
fn a_gigabyte_of_output_is_refused() {
    let plugins = services();
    let manager = plugins.started();
    for service in ["flood", "deaf-flood"] {
        let error = manager.execute(service, b"").unwrap_err();
        assert_error(&error, "plugin::output-limit", "it writes more than 268435456 bytes");
    }
    assert_eq!(manager.execute("echo", b"small").unwrap(), b"small");
}

/// DYN-3: slow calls do not wait for each other, and nobody else waits for them.
#[test]
fn dyn_3_eight_slow_calls_take_as_long_as_one() {
    let plugins = services();
    let manager = plugins.started();
    let start = Instant::now();
    thread::scope(|scope| {
        let calls: Vec<_> = (0..8).map(|_| scope.spawn(|| manager.execute("slow", b"500"))).collect();
        wait_for("all calls to begin", || calls_under_way(&manager) == 8);
        let before = start.elapsed();
        assert_works(&manager, "good");
        assert_eq!(manager.list().len(), 2);
        assert!(before < Duration::from_millis(1500), "{before:?}");
        for call in calls {
            assert_eq!(call.join().unwrap().unwrap(), b"done");
        }
    });
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

/// CRUSH-12: a time limit of the configuration counts from the next call on.
#[test]
fn crush_12_a_changed_time_limit_counts_at_once() {
    let plugins = services();
    let manager = plugins.started();
    assert_eq!(manager.execute("slow", b"100").unwrap(), b"done");
    manager.set_config(Plugins::new().with("plugins.services.timeout_ms", "20").config());
    assert_eq!(manager.execute("slow", b"100").unwrap_err().code(), "plugin::timeout");
    manager.set_config(Plugins::new().config());
    assert_eq!(manager.execute("slow", b"100").unwrap(), b"done");
}
