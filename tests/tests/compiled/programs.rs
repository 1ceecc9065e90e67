//! Programs at random, by machine code.

use std::env;
use std::slice::from_ref;

use crate::difference::Differences;
use crate::generate;
use crate::hot;
use crate::stress;
use crate::way::{Way, has_backend};

/// How many programs are run when nobody says how many.
const PROGRAMS: u64 = 40;
/// The same of programs with a hot loop, of which much more machine code is made.
const LOOPS: u64 = 10;

/// RPS-35: programs at random give the same by machine code.
#[test]
fn rps_35_random_programs_give_the_same_by_machine_code() {
    if !has_backend() {
        return;
    }
    let mut differences = Differences::new("random");
    for seed in seeds(PROGRAMS) {
        let faulty = Way::Faulty { bits: 1 + (seed % 6) as u32, seed, is_counted: seed % 2 == 1 };
        // So much fuel that loops get hot; under stress what runs twice is hot enough.
        let fuel = if stress::is_on() { 200 } else { 3000 };
        let program = generate::program(seed).replace("let fuel = 200\n", &format!("let fuel = {fuel}\n"));
        differences.run(&format!("seed {seed}"), from_ref(&program), &[Way::Eager, faulty]);
    }
    differences.finish();
}

/// RPS-35: the same with a collection at every allocation.
#[test]
fn rps_35_random_programs_give_the_same_with_a_collection_at_every_allocation() {
    if !has_backend() {
        return;
    }
    stress::again("programs::rps_35_random_programs_give_the_same_by_machine_code");
}

/// RPS-35: programs at random with a hot loop give the same by machine code.
#[test]
fn rps_35_random_loops_give_the_same_by_machine_code() {
    if !has_backend() {
        return;
    }
    let mut differences = Differences::new("random-loops");
    let mut values = 0;
    for seed in seeds(LOOPS) {
        let faulty = Way::Faulty { bits: 3 + (seed % 6) as u32, seed, is_counted: seed % 2 == 1 };
        let program = hot::program(seed);
        let outcome = differences.run(&format!("seed {seed}"), from_ref(&program), &[Way::Eager, faulty]);
        values += u64::from(outcome.result.is_ok());
    }
    differences.finish();
    assert!(values * 4 > seeds(LOOPS).count() as u64, "only {values} programs have a value");
}

/// Returns the seeds: `RPS_RANDOM_PROGRAMS` says how many there are, `RPS_RANDOM_SEED` with which they begin.
pub(crate) fn seeds(count: u64) -> std::ops::Range<u64> {
    let number = |variable| env::var(variable).ok().and_then(|text| text.parse().ok());
    let first = number("RPS_RANDOM_SEED").unwrap_or(0);
    first..first + number("RPS_RANDOM_PROGRAMS").unwrap_or(count)
}
