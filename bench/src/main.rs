//! Benchmarks side by side with peers: `cargo xtask bench [NAME]`.
//!
//! Every benchmark measures its peers in the same run, since the machines are shared and noisy: what counts are the
//! ratios. Figures that were kept are in `bench/RESULTS.md`. [`heap`] is the heap beside malloc and mimalloc,
//! [`store`] loading and dumping beside serde_json; [`awfy`], [`micro`] and [`kernels`] are programs in our language
//! beside the same in others, run by [`scripts`]; [`jit`] is what machine code costs,
//! [`churn`] what stays of it, [`start`] what a session pays that needs none, [`plugins`] what plugins cost, and [`durability`] what
//! commits and large stores do.

mod awfy;
mod churn;
mod durability;
mod heap;
mod jit;
mod kernels;
mod micro;
mod plugins;
mod process_figures;
mod scripts;
mod start;
mod store;
mod table;

use std::path::PathBuf;

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
    /// Loading and dumping standard objects, beside serde_json on the same bytes.
    LoadDump {
        /// How many objects.
        #[arg(default_values_t = [10_000, 100_000, 1_000_000])]
        counts: Vec<usize>,
        /// Rounds of each; the median is printed.
        #[arg(long, default_value_t = 3)]
        rounds: usize,
    },
    /// The "Are We Fast Yet" benchmarks, beside Lua 5.4, LuaJIT, CPython and node as far as they are installed.
    Awfy(scripts::Options),
    /// What a call, a send, an attribute, a loop, … costs, beside the same languages.
    Micro(scripts::Options),
    /// Numeric kernels, beside node and C.
    Kernels(scripts::Options),
    /// Functions that are compiled, replaced and dropped in one process: time, memory and mappings.
    Churn(churn::Options),
    /// Starting `rps`, with the library of the compiled tier beside it and without.
    Start(start::Options),
    /// What machine code costs: opening the compiler, compiling, linking, freeing; and what stays in memory.
    Jit(jit::Options),
    /// One measured process of `jit`.
    #[command(name = jit::CHILD, hide = true)]
    JitChild {
        /// Where the code is kept.
        kept: Option<PathBuf>,
    },
    /// What plugins cost: calls, guarded and isolated ones, finding and loading, codecs, payloads in place.
    Plugins {
        /// Rounds of each; the median is printed.
        #[arg(long, default_value_t = 5)]
        rounds: usize,
        /// The library of `rps-codecs-library`, to compare the codecs of it with the built-in ones.
        #[arg(long)]
        codecs: Option<PathBuf>,
    },
    /// Opening, dumping and committing to a large store; commits beside SQLite and redb.
    Durability(durability::Options),
    /// One measured process of `durability`.
    #[command(hide = true)]
    DurabilityChild {
        /// What it measures.
        #[command(subcommand)]
        measurement: durability::Measurement,
    },
    /// The process of an isolated plugin.
    #[command(name = plugins::HOST_SUBCOMMAND, hide = true)]
    PluginHost,
    /// Writes a store of so many standard objects.
    GenStore {
        /// How many objects.
        count: usize,
        /// Where; the directory must not hold a store.
        dir: PathBuf,
        /// In RefPerSys's format.
        #[arg(long)]
        refpersys: bool,
    },
    /// One measured process of `load-dump`.
    #[command(hide = true)]
    Child {
        /// What it measures.
        subject: store::Subject,
        /// The store to load.
        store: PathBuf,
        /// Where to dump.
        out: PathBuf,
    },
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    match Arguments::parse().benchmark {
        Some(Benchmark::Heap { rounds }) => heap::run(rounds.max(1)),
        Some(Benchmark::LoadDump { counts, rounds }) => {
            for count in counts {
                store::run(count.max(1), rounds.max(1))?;
            }
        }
        Some(Benchmark::Awfy(options)) => scripts::run(&awfy::SUITE, &options)?,
        Some(Benchmark::Micro(options)) => scripts::run(&micro::SUITE, &options)?,
        Some(Benchmark::Kernels(options)) => scripts::run(&kernels::SUITE, &options)?,
        Some(Benchmark::Churn(options)) => churn::run(&options)?,
        Some(Benchmark::Start(options)) => start::run(&options)?,
        Some(Benchmark::Jit(options)) => jit::run(&options)?,
        Some(Benchmark::JitChild { kept }) => jit::child(kept.as_deref())?,
        Some(Benchmark::Plugins { rounds, codecs }) => plugins::run(rounds.max(1), codecs.as_deref())?,
        Some(Benchmark::Durability(options)) => durability::run(&options)?,
        Some(Benchmark::DurabilityChild { measurement }) => durability::run_child(&measurement)?,
        Some(Benchmark::PluginHost) => plugins::serve()?,
        Some(Benchmark::GenStore { count, dir, refpersys }) => {
            store::generate(count.max(1), &dir, refpersys)?;
        }
        Some(Benchmark::Child { subject, store, out }) => store::child(subject, &store, &out)?,
        None => {
            println!(
                "benchmarks: awfy, churn, durability, heap, jit, kernels, load-dump, micro, plugins, start; and gen-store N DIR [--refpersys]"
            );
        }
    }
    Ok(())
}
