//! Programs whose loops are hot, by machine code.

use crate::cases;
use crate::difference::Differences;
use crate::stress;
use crate::way::{Way, has_backend};

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
    let ways = if stress::is_on() { &ways[2..] } else { &ways };
    cases::run("tests/compiled", &mut differences, ways);
    differences.finish();
}

/// RPS-35: the same with a collection at every allocation.
#[test]
fn rps_35_hot_loops_give_the_same_with_a_collection_at_every_allocation() {
    if has_backend() {
        let test = "loops::rps_35_hot_loops_give_the_same_by_machine_code";
        stress::again(test);
        stress::endless_again(test);
    }
}
