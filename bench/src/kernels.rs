//! Numeric kernels beside C: calls, integers, doubles, objects of doubles and vectors of doubles.
//!
//! The C is ours, the same algorithm with the same tests for overflow where the language tests, and compiled by
//! `clang -O2` without contracting multiplications and additions, so that every result is the same to the last bit; those are compared.

use crate::scripts::interpreter::Interpreter;
use crate::scripts::suite::{Benchmark, Layout, Suite};

/// The suite of `bench/kernels/`.
pub(crate) const SUITE: Suite = Suite {
    folder: "kernels",
    title: "Numeric kernels",
    unit: "ms",
    benchmarks: &[
        kernel("fib", 35, 9_227_465.0),
        kernel("integer-loop", 10_000_000, 907_196.0),
        kernel("mandelbrot", 750, 223_514.0),
        kernel("nbody", 500_000, -0.169_237_033_138_068_45),
        kernel("vector-sum", 3000, 742_500_000.0),
    ],
    layout: Layout::Flat,
    timed: None,
    interpreters: &[Interpreter::Repersys, Interpreter::Interpreted, Interpreter::Node, Interpreter::C],
    ratios: &[
        (Interpreter::Repersys, Interpreter::C),
        (Interpreter::Repersys, Interpreter::Node),
        (Interpreter::Repersys, Interpreter::Interpreted),
    ],
    references: &[Interpreter::C],
};

/// A kernel, whose result tells of its size.
const fn kernel(name: &'static str, size: u64, result: f64) -> Benchmark {
    Benchmark { name, parts: &[], size, small_size: size, factor: 1.0, result: Some(result) }
}
