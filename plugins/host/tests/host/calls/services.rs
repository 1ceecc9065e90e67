//! What services say when they fail, in `services.c`.

use crate::support::{Plugins, assert_error};

fn services() -> Plugins {
    let plugins = Plugins::new();
    plugins.put("services", "services.c", &[]);
    plugins
}

#[test]
fn a_service_answers_with_bytes_of_any_kind() {
    let plugins = services();
    let manager = plugins.started();
    let all: Vec<u8> = (0..=255).cycle().take(1 << 20).collect();
    for input in [&b""[..], b"\0", &all] {
        assert_eq!(manager.execute("echo", input).unwrap(), input);
    }
    assert_eq!(manager.execute("nothing", b"x").unwrap(), b"");
}

#[test]
fn a_service_that_fails_says_why_in_its_own_words() {
    let plugins = services();
    let manager = plugins.started();
    let error = manager.execute("fails", b"").unwrap_err();
    assert_error(&error, "plugin::failed", "Plugin execution failed: services: service fails: no luck today");
    let error = manager.execute("fails-silently", b"").unwrap_err();
    assert_error(&error, "plugin::failed", "it returned the status 1 and does not say why");
    let error = manager.execute("fails-in-latin-1", b"").unwrap_err();
    assert_error(&error, "plugin::failed", "caf\u{fffd} closed");
    // The words of one failure are not those of another, on whatever thread.
    for _ in 0..4 {
        assert_eq!(manager.execute("false-alarm", b"").unwrap(), b"");
        assert_eq!(manager.execute("own-thread", b"").unwrap(), b"done");
        let error = manager.execute("fails-silently", b"").unwrap_err();
        assert_error(&error, "plugin::failed", "does not say why");
    }
}

/// CRUSH-8: a panic that was caught at the boundary, a cancelled call and a failure are different errors.
#[test]
fn crush_8_every_status_is_an_error_of_its_own() {
    let plugins = services().with("max_faults", "100");
    let manager = plugins.started();
    for (status, code) in [
        ("1", "plugin::failed"),
        ("2", "plugin::cancelled"),
        ("3", "plugin::failed"),
        ("4", "plugin::panic"),
        ("5", "plugin::unsupported"),
        ("6", "plugin::corrupt"),
        ("7", "plugin::failed"),
        ("10", "plugin::failed"),
        ("4711", "plugin::failed"),
    ] {
        let error = manager.execute("returns", status.as_bytes()).unwrap_err();
        assert_eq!(error.code(), code, "status {status}: {error}");
    }
    assert_eq!(manager.execute("returns", b"0").unwrap(), b"");
    let error = manager.execute("returns", b"4").unwrap_err();
    assert_error(&error, "plugin::panic", "Plugin panicked during execution");
}

/// CRUSH-8, CRUSH-11: a plugin that panics too often is disabled, and may be enabled again.
#[test]
fn crush_8_a_plugin_that_panics_too_often_is_disabled() {
    let plugins = services().with("max_faults", "2");
    let manager = plugins.started();
    assert_eq!(manager.execute("returns", b"4").unwrap_err().code(), "plugin::panic");
    assert_eq!(manager.info("services").unwrap().faults, 1);
    assert_eq!(manager.execute("echo", b"still").unwrap(), b"still");
    assert_eq!(manager.execute("returns", b"4").unwrap_err().code(), "plugin::panic");
    let info = manager.info("services").unwrap();
    assert_eq!(info.stage, rps_plugin_host::Stage::Faulted);
    assert!(!info.is_enabled);
    assert_error(&info.error.unwrap(), "plugin::faulted", "it failed 2 times, at last with: Plugin panicked");
    assert!(manager.execute("echo", b"").is_err());
    manager.enable("services").unwrap();
    assert_eq!(manager.execute("echo", b"again").unwrap(), b"again");
    assert_eq!(manager.info("services").unwrap().faults, 0);
}

/// DYN-17: what failed for a reason that passes is tried again, if the service says that it may be.
#[test]
fn dyn_17_only_what_may_be_repeated_is_repeated() {
    let plugins = services().with("retry.attempts", "3").with("retry.backoff_ms", "0");
    let manager = plugins.started();
    assert_eq!(manager.execute("third-time-lucky", b"").unwrap(), b"lucky");
    assert_error(&manager.execute("twice-unlucky", b"").unwrap_err(), "plugin::failed", "not yet");
    let once = services();
    assert_error(&once.started().execute("third-time-lucky", b"").unwrap_err(), "plugin::failed", "not yet");
}

#[test]
fn rps_21_nothing_can_be_registered_after_init() {
    let plugins = services();
    let manager = plugins.started();
    assert_eq!(manager.execute("late-registration", b"").unwrap(), b"misuse");
    assert_eq!(manager.execute("late", b"").unwrap_err().code(), "plugin::not-found");
}
