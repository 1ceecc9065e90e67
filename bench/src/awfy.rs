//! Nine benchmarks of *Are We Fast Yet?* (Marr, Daloze and Mössenböck, 2016), written anew in each language by its rules:
//! the same algorithms on the same classes, with collections of their own.
//!
//! The sizes are such that an iteration of compiled code takes 20 ms or more; interpreters of bytecode get a fifth where
//! the time is proportional to the size.
//!
//! What differs between the languages is what each has to do differently: Lua's arrays begin at one and have no capacity,
//! and its bits are functions (operators in Lua 5.4, a library in LuaJIT); in ours a closure's `return` leaves the method
//! around it, so closures are written as expressions. The peers measure processor time, the one fine clock that Lua has:
//! it does not count what other programs take of a shared machine.

use crate::scripts::interpreter::Interpreter;
use crate::scripts::suite::{Benchmark, Layout, Suite};

/// The suite of `bench/awfy/`.
pub(crate) const SUITE: Suite = Suite {
    folder: "awfy",
    title: "Are We Fast Yet",
    unit: "ms",
    benchmarks: &[
        linear("richards", 20),
        Benchmark { parts: &["constraints"], ..whole("deltablue", 6000) },
        linear("bounce", 1500),
        linear("list", 1500),
        linear("queens", 1000),
        linear("sieve", 2000),
        linear("towers", 500),
        whole("mandelbrot", 500),
        linear("nbody", 250_000),
    ],
    layout: Layout::Folders,
    timed: Some("time_benchmark"),
    interpreters: &Interpreter::SCRIPTED,
    ratios: &[
        (Interpreter::Repersys, Interpreter::Node),
        (Interpreter::Repersys, Interpreter::Interpreted),
        (Interpreter::Interpreted, Interpreter::Lua),
        (Interpreter::Interpreted, Interpreter::Python),
    ],
    references: &[Interpreter::Node, Interpreter::Lua],
};

/// A benchmark whose time is proportional to its size.
const fn linear(name: &'static str, size: u64) -> Benchmark {
    Benchmark { name, parts: &[], size, small_size: size / 5, factor: 1.0, result: None }
}

/// A benchmark of which a part says little about the whole.
const fn whole(name: &'static str, size: u64) -> Benchmark {
    Benchmark { name, parts: &[], size, small_size: size, factor: 1.0, result: None }
}
