//! Benchmarks side by side with peers: `cargo xtask bench [NAME]`.
//!
//! Every benchmark measures its peers in the same run, since the machines are shared and noisy: what counts are the
//! ratios. Figures that were kept are in `bench/RESULTS.md`. [`heap`] is the heap beside malloc and mimalloc.

mod heap;
mod table;

use clap::{Parser, Subcommand};

/// Benchmarks of Repersys side by side with its peers.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    benchmark: Option<Benchmark>,
}

#[derive(Subcommand)]
enum Benchmark {
    /// Allocation: a short-lived ring, binary trees, an old table of young cells; beside malloc and mimalloc.
    Heap {
        /// Rounds of each; the median is printed.
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
}

fn main() {
    match Arguments::parse().benchmark {
        Some(Benchmark::Heap { rounds }) => heap::run(rounds.max(1)),
        None => println!("benchmarks: heap"),
    }
}
