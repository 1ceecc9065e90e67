//! Tests again, in processes of their own with many collections.

use std::env;
use std::ffi::{OsStr, OsString};
use std::process::Command;

/// What runs into endless recursion has in its name: a collection reads the whole stack, which it fills, and one at every
/// allocation takes minutes.
const ENDLESS: &str = "endless recursion";
/// How many allocations there are from collection to collection in such a case.
const SELDOM: &str = "500";

/// Runs a test of this program again with a collection at every allocation.
pub(crate) fn again(test: &str) {
    again_with(test, "1");
}

/// The same for the cases that [`again`] leaves out, with fewer collections.
pub(crate) fn endless_again(test: &str) {
    again_with(test, SELDOM);
}

/// Returns whether there is a collection at every allocation, or at each so many.
pub(crate) fn is_on() -> bool {
    every().is_some()
}

/// Returns whether a case is to be run.
pub(crate) fn includes(name: &str) -> bool {
    every().is_none_or(|every| name.contains(ENDLESS) == (every == OsStr::new(SELDOM)))
}

fn every() -> Option<OsString> {
    env::var_os("RPS_GC_STRESS")
}

fn again_with(test: &str, every: &str) {
    let program = env::current_exe().expect("the program of the test has a path");
    let mut command = Command::new(program);
    command.args(["--exact", test, "--nocapture"]).env("RPS_GC_STRESS", every).env_remove("UPDATE_EXPECT");
    let output = command.output().expect("the program of the test starts");
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{}\n{text}", output.status);
}
