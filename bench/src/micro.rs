//! Microbenchmarks: what one operation costs, loop included.

use crate::scripts::interpreter::Interpreter;
use crate::scripts::suite::{Benchmark, Layout, Suite};

/// The suite of `bench/micro/`.
pub(crate) const SUITE: Suite = Suite {
    folder: "micro",
    title: "Microbenchmarks",
    unit: "ns an operation",
    benchmarks: &[
        // fib(25) makes 2 fib(26) - 1 calls.
        operation("call", 25, 242_785, 75_025.0),
        operation("closure", MILLION, MILLION, 3e6),
        operation("methods-1", MILLION, MILLION, 1e6),
        operation("methods-4", MILLION, MILLION, 1.5e6),
        operation("methods-16", MILLION, MILLION, 7.5e6),
        operation("attribute-get", MILLION, 4 * MILLION, 6e6),
        operation("attribute-put", MILLION, 4 * MILLION, 1_999_998.0),
        operation("integer-loop", MILLION, MILLION, 499_999_500_000.0),
        operation("double-loop", MILLION, MILLION, 2.0),
        operation("string-building", 300_000, 300_000, 3_488_889.0),
        operation("dictionary-insert", MILLION, MILLION, 1e6),
        operation("dictionary-get", MILLION, MILLION, 499_999_500_000.0),
        operation("raise-and-catch", 100_000, 100_000, 4_999_950_000.0),
        // A tree of depth 16 has 2^17 - 1 nodes.
        operation("tree", 16, 131_071, 131_071.0),
    ],
    layout: Layout::Single,
    timed: None,
    interpreters: &Interpreter::SCRIPTED,
    ratios: &[
        (Interpreter::Repersys, Interpreter::Node),
        (Interpreter::Repersys, Interpreter::Interpreted),
        (Interpreter::Interpreted, Interpreter::Lua),
        (Interpreter::Interpreted, Interpreter::Python),
    ],
    references: &[Interpreter::Node, Interpreter::Lua],
};

const MILLION: u64 = 1_000_000;

/// A benchmark of so many operations.
const fn operation(name: &'static str, size: u64, operations: u64, result: f64) -> Benchmark {
    Benchmark {
        name,
        parts: &[],
        size,
        small_size: size,
        factor: 1e6 / operations as f64,
        result: Some(result),
    }
}
