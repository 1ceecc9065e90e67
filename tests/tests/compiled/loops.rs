//! Programs whose loops are hot, by machine code.

use std::env;
use std::process::Command;

use crate::cases;
use crate::difference::Differences;
use crate::way::{Way, has_backend};

/// A collection at so few allocations finds what machine code has forgotten to keep, and these programs still end soon.
const STRESS: &str = "61";

/// RPS-30, RPS-32, RPS-35, RPS-36: hot loops give the same by machine code, whatever is done in them.
#[test]
fn rps_35_hot_loops_give_the_same_by_machine_code() {
    if !has_backend() {
        return;
    }
    let faulty = |bits, seed, is_counted| Way::Faulty { bits, seed, is_counted };
    let mut differences = Differences::new("loops");
    let ways = [Way::Eager, faulty(3, 1, false), faulty(7, 3, true)];
    // Under stress one way is enough: the last one makes most machine code.
    let ways = if env::var_os("RPS_GC_STRESS").is_some() { &ways[2..] } else { &ways };
    cases::run("tests/compiled", &mut differences, ways);
    differences.finish();
}

/// RPS-35: the same with a collection every now and then.
#[test]
fn rps_35_hot_loops_give_the_same_with_many_collections() {
    if !has_backend() {
        return;
    }
    let program = env::current_exe().expect("the program of the test has a path");
    let mut command = Command::new(program);
    command.args(["--exact", "loops::rps_35_hot_loops_give_the_same_by_machine_code", "--nocapture"]);
    let stress = env::var_os("RPS_GC_STRESS").unwrap_or_else(|| STRESS.into());
    let output = command.env("RPS_GC_STRESS", stress).env_remove("UPDATE_EXPECT").output();
    let output = output.expect("the program of the test starts");
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{}\n{text}", output.status);
}
