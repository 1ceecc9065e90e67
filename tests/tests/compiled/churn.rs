//! Functions are compiled, replaced and dropped in one process: memory and mappings stay bounded.
//!
//! `RPS_COMPILED_FUNCTIONS` says how many; 100,000 take a quarter of an hour.

use std::env;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rps_lang::Session;
use rps_runtime::Runtime;
use rps_tests::skip;

use crate::way::{Counts, Way, has_backend};

/// How many functions are compiled when nobody says how many.
const FUNCTIONS: usize = 600;
/// By so many kilobytes memory may grow from a third of the way on, and by so many mappings: what the system's allocator
/// keeps for itself.
const MEMORY: usize = 24 * 1024;
const MAPPINGS: usize = 100;

/// RPS-31: machine code that nobody can reach any more is freed.
#[test]
fn rps_31_replaced_functions_are_freed() {
    if !has_backend() {
        return;
    }
    if used().is_none() {
        return skip("the system does not say what a process uses");
    }
    let number = env::var("RPS_COMPILED_FUNCTIONS").ok().and_then(|text| text.parse().ok());
    let number = number.unwrap_or(FUNCTIONS);
    let counts = Arc::<Counts>::default();
    let runtime = Runtime::new();
    Way::Eager.attach(&runtime, &counts);
    let mut before = None;
    runtime.enter(|m| {
        let mut session = Session::new(m);
        for turn in 0..number {
            let text = format!("fn f(x) {{ x * {turn} + 1 }}; f(1); f(2); f(3); f(4); f(5)");
            let value = session.eval(m, &text).expect("it has a value");
            assert_eq!(value.as_small_int(), Some(5 * turn as i64 + 1));
            if turn % 100 == 99 {
                m.collect();
            }
            if turn == number / 3 {
                before = used();
            }
        }
        m.collect();
    });
    let made = counts.made.load(Ordering::Relaxed);
    assert!(made >= number, "of {number} functions {made} were compiled");
    let (Some(before), Some(after)) = (before, used()) else { panic!("the system has told it before") };
    println!("{number} functions: {before:?} kB and mappings, then {after:?}");
    assert!(after.0 < before.0 + MEMORY, "memory grew from {} to {} kB", before.0, after.0);
    assert!(after.1 < before.1 + MAPPINGS, "mappings grew from {} to {}", before.1, after.1);
}

/// Returns the kilobytes of memory that this process has, and the number of its mappings, where the system tells it.
fn used() -> Option<(usize, usize)> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let memory = line.split_whitespace().nth(1)?.parse().ok()?;
    Some((memory, fs::read_to_string("/proc/self/maps").ok()?.lines().count()))
}
