//! A real child process, treated badly.
//!
//! The child is this very test program: it runs the test [`service_child`] only, and that one serves. Its standard
//! output belongs to the test harness, so that the protocol goes over descriptor 3 until `service_child` puts it back.

mod calls;
mod child;
mod ends;

use std::env;
use std::ffi::OsString;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use super::*;

/// Longer than anything here should take, so that a test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(20);

/// Tells the test program that it is the child.
const CHILD: &str = "RPS_TEST_SERVICE_CHILD";

/// What the child does when it is not asked to do anything but serve.
#[test]
fn service_child() {
    if env::var_os(CHILD).is_some() {
        child::main();
    }
}

/// Returns the options for a child with this `mode` of loading.
fn options(mode: &str) -> ProcessOptions {
    let mut load = LoadRequest::new("libtest.so");
    load.settings = json!({ "mode": mode });
    let script = r#"exec 3>&1 1>/dev/null; exec "$0" --exact process::tests::service_child --nocapture"#;
    let program = env::current_exe().expect("a test program knows its path");
    ProcessOptions {
        arguments: vec!["-c".into(), script.into(), program.into()],
        // A backtrace would push the message out of the last lines.
        environment: vec![(CHILD.into(), "1".into()), ("RUST_BACKTRACE".into(), "0".into())],
        start_timeout: PATIENCE,
        restart: RestartPolicy { first_delay: Duration::from_millis(1), ..RestartPolicy::default() },
        ..ProcessOptions::new("/bin/sh", load)
    }
}

fn service() -> ProcessService {
    ProcessService::start(options("")).expect("the child starts")
}

/// Executes a service that has all the time of the test.
fn execute(service: &ProcessService, name: &str, input: &[u8]) -> Result<Vec<u8>, ProcessError> {
    service.execute(name, input, Some(PATIENCE), &|| false)
}

fn assert_works(service: &ProcessService) {
    assert_eq!(execute(service, "echo", b"still here").unwrap(), b"still here");
}

/// Waits until `done`, and fails when that takes too long.
fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Returns the command that the options stand for.
fn command(options: &ProcessOptions) -> Command {
    let mut command = Command::new(&options.program);
    let environment = options.environment.iter().map(|(name, value): &(OsString, OsString)| (name, value));
    command.args(&options.arguments).envs(environment);
    command
}
