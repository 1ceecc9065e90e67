//! Calls that end as calls end: result, error, panic, timeout, cancel.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::*;

#[test]
fn a_service_is_executed() {
    let service = service();
    let description = service.description();
    assert_eq!((description.id.as_str(), description.version.as_str()), ("libtest.so", "1.2.3"));
    assert_eq!(description.services, ["echo"]);
    assert_eq!(description.details, json!({ "mode": "" }));
    assert_eq!(execute(&service, "echo", b"").unwrap(), b"");
    let large: Vec<u8> = (0..3_000_000_u32).map(|n| n as u8).collect();
    assert_eq!(execute(&service, "echo", &large).unwrap(), large);
    assert!(service.ping(PATIENCE).unwrap() < PATIENCE);
    let status = service.status();
    assert!(status.process_id.is_some());
    assert_eq!((status.pending, status.restarts, status.last_end), (0, 0, None));
}

/// COMMY-28: an error and a panic are errors of the call; the process goes on.
#[test]
fn errors_and_panics_leave_the_process_alone() {
    let service = service();
    let error = execute(&service, "fail", b"").unwrap_err();
    assert_eq!(error.to_string(), "Plugin execution failed: no, thank you");
    assert_eq!(error.code(), "plugin::failed");
    let error = execute(&service, "panic", b"").unwrap_err();
    assert_eq!(error.to_string(), "Plugin panicked during execution: index 7 out of 3");
    assert_eq!(error.code(), "plugin::panic");
    assert_works(&service);
    assert_eq!(service.status().restarts, 0);
}

/// What a plugin prints does not get between the frames.
#[test]
fn a_plugin_may_print() {
    let service = service();
    assert_eq!(execute(&service, "print", b"").unwrap(), b"");
    let Err(ProcessError::Crashed { stderr, .. }) = execute(&service, "abort", b"") else {
        panic!("abort ends the process");
    };
    assert_eq!(stderr, "plugins print, too\nsomething is very wrong");
}

/// DYN-3: calls run side by side in one process, and answers find their callers.
#[test]
fn calls_run_side_by_side() {
    let service = service();
    thread::scope(|scope| {
        let slow = scope.spawn(|| {
            let seen = AtomicUsize::new(0);
            let interrupted = || seen.fetch_add(1, Ordering::SeqCst) > 2 && service.status().pending == 1;
            service.execute("obedient", b"", None, &interrupted)
        });
        wait_for("the slow call to begin", || service.status().pending == 1);
        let quick: Vec<_> = (0..8_u8)
            .map(|n| {
                let service = &service;
                scope.spawn(move || {
                    (0..20).all(|_| execute(service, "echo", &[n]).is_ok_and(|output| output == [n]))
                })
            })
            .collect();
        for thread in quick {
            assert!(thread.join().unwrap());
        }
        assert!(matches!(slow.join().unwrap(), Err(ProcessError::Cancelled)));
    });
    assert_eq!(service.status().restarts, 0);
}

/// CRUSH-6: a deadline is a cancel first, and a service that obeys keeps its process.
#[test]
fn a_deadline_cancels() {
    let service = ProcessService::start(ProcessOptions { grace: PATIENCE, ..options("") }).unwrap();
    let after = Duration::from_millis(5);
    let error = service.execute("obedient", b"", Some(after), &|| false).unwrap_err();
    assert!(matches!(error, ProcessError::Timeout { after: found } if found == after), "{error}");
    assert_eq!(error.code(), "plugin::timeout");
    let error = service.execute("panic-when-cancelled", b"", Some(after), &|| false).unwrap_err();
    assert!(matches!(error, ProcessError::Panicked { .. }), "{error}");
    assert_works(&service);
    let status = service.status();
    assert_eq!((status.pending, status.restarts), (0, 0));
}

/// A service that ignores the cancel costs its process the life; the calls beside it learn why.
#[test]
fn a_service_that_ignores_the_cancel_is_killed() {
    let service =
        ProcessService::start(ProcessOptions { grace: Duration::from_millis(5), ..options("") }).unwrap();
    let killed = service.status().process_id;
    thread::scope(|scope| {
        let beside = scope.spawn(|| execute(&service, "deaf", b""));
        wait_for("the call beside", || service.status().pending == 1);
        let error = service.execute("deaf", b"", Some(Duration::from_millis(5)), &|| false).unwrap_err();
        assert!(matches!(error, ProcessError::Timeout { .. }), "{error}");
        let beside = beside.join().unwrap().unwrap_err();
        assert_eq!(
            beside.to_string(),
            "the process of the plugin was ended: a call did not end when it was cancelled"
        );
    });
    assert_works(&service);
    let status = service.status();
    assert_eq!(status.restarts, 1);
    assert_ne!(status.process_id, killed);
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut options = options("");
    options.load.max_frame = 1000;
    let service = ProcessService::start(options).unwrap();
    let error = execute(&service, "echo", &[0; 1000]).unwrap_err();
    assert!(matches!(error, ProcessError::TooLarge { size: 1006, max: 1000 }), "{error}");
    let error = execute(&service, "output", b"1001").unwrap_err();
    assert_eq!(
        error.to_string(),
        "Plugin execution failed: an output of 1001 bytes, more than the 1000 allowed"
    );
    assert_eq!(execute(&service, "output", b"1000").unwrap().len(), 1000);
    assert_eq!(service.status().restarts, 0);
}

/// DYN-8: calls that run are waited for, new ones are refused, and the process ends by itself.
#[test]
fn shutting_down_drains() {
    let service = service();
    thread::scope(|scope| {
        let running =
            scope.spawn(|| service.execute("obedient", b"", Some(Duration::from_millis(50)), &|| false));
        wait_for("the call to begin", || service.status().pending == 1);
        assert!(service.shut_down(PATIENCE));
        assert!(matches!(running.join().unwrap(), Err(ProcessError::Timeout { .. })));
    });
    assert!(matches!(execute(&service, "echo", b""), Err(ProcessError::ShutDown)));
    assert_eq!(service.status().process_id, None);
}

/// DYN-8: a call that takes too long is cancelled first.
#[test]
fn shutting_down_cancels() {
    let service = ProcessService::start(ProcessOptions { grace: PATIENCE, ..options("") }).unwrap();
    thread::scope(|scope| {
        let running = scope.spawn(|| execute(&service, "obedient", b""));
        wait_for("the call to begin", || service.status().pending == 1);
        assert!(service.shut_down(Duration::from_millis(5)));
        assert_eq!(running.join().unwrap().unwrap_err().to_string(), "Plugin execution failed: cancelled");
    });
}

#[test]
fn shutting_down_kills_what_does_not_end() {
    let service =
        ProcessService::start(ProcessOptions { grace: Duration::from_millis(5), ..options("") }).unwrap();
    thread::scope(|scope| {
        let running = scope.spawn(|| execute(&service, "deaf", b""));
        wait_for("the call to begin", || service.status().pending == 1);
        assert!(!service.shut_down(Duration::from_millis(5)));
        assert!(matches!(running.join().unwrap(), Err(ProcessError::Killed { .. })));
    });
}
