//! What machine code costs: opening the compiler's library, compiling, linking what was kept, and what stays in memory.
//!
//! The library must lie beside the program, where `cargo xtask bench jit` puts it. Read in this order: [`modules`] (what
//! is compiled), [`starting`], [`compiling`], [`memory`] (one table each).

mod compiling;
mod memory;
mod modules;
mod starting;

use std::path::{Path, PathBuf};

use rps_plugin_host::{LinkedCode, Manager, NativeTier};

/// The result of a measurement.
type Outcome = Result<(), Box<dyn std::error::Error>>;

/// How the measured process of [`starting`] is asked for.
pub(crate) const CHILD: &str = "jit-child";

/// How much is measured.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Rounds of each; the median is printed.
    #[arg(long, default_value_t = 9)]
    rounds: usize,
    /// How many functions are linked and freed one after the other.
    #[arg(long, default_value_t = 100_000)]
    linked: usize,
    /// How many functions are compiled, linked and freed one after the other.
    #[arg(long, default_value_t = 5000)]
    compiled: usize,
    /// How many functions are there at once.
    #[arg(long, default_value_t = 10_000)]
    alive: usize,
}

/// Prints the tables.
pub(crate) fn run(options: &Options) -> Outcome {
    let library = library()?;
    let megabytes = library.metadata()?.len() as f64 / 1e6;
    println!("\nThe library of the compiled tier has {megabytes:.0} MB.");
    starting::run(options.rounds)?;
    let tier = open(&library)?;
    compiling::run(&tier, options.rounds)?;
    memory::run(&tier, options)
}

/// Measures a start in this process, and prints it: [`starting`].
pub(crate) fn child(kept: Option<&Path>) -> Outcome {
    starting::child(&library()?, kept)
}

fn library() -> Result<PathBuf, String> {
    NativeTier::library().ok_or_else(|| "the library of the compiled tier is not beside this program".into())
}

fn open(library: &Path) -> Result<NativeTier, Box<dyn std::error::Error>> {
    Ok(Manager::new(rps_plugin_host::Options::default()).native_tier(Some(library))?)
}

/// Links the code of one of the [`modules`], and returns what its function gives for ones.
fn link_and_call(tier: &NativeTier, code: &[u8]) -> Result<(LinkedCode, i64), Box<dyn std::error::Error>> {
    let linked = tier.link(code, &modules::symbols())?;
    Ok((linked, modules::call(tier.find(linked, modules::NAME)?)))
}
