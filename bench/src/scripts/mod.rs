//! Scripts that say the same in several languages, run by the interpreters that are installed.
//!
//! [`interpreter`] knows the languages, [`suite`] what is run and where its texts lie, [`process`] runs one process and
//! reads its figures, [`rounds`] all of them in turns, [`report`] prints what came out, and [`warm_up`] is a table of its own.

pub(crate) mod interpreter;
pub(crate) mod process;
pub(crate) mod report;
pub(crate) mod rounds;
pub(crate) mod suite;
mod warm_up;

use std::path::PathBuf;

use clap::Args;

use self::interpreter::Interpreter;
use self::rounds::{Counts, Figures};
use self::suite::Suite;

/// What suites of scripts may be told.
#[derive(Args)]
pub(crate) struct Options {
    /// Only these benchmarks.
    names: Vec<String>,
    /// Fewer processes and iterations: figures to look at, not to keep.
    #[arg(long)]
    quick: bool,
    /// Processes of each benchmark in each language.
    #[arg(long, value_name = "N")]
    processes: Option<usize>,
    /// Iterations of each process.
    #[arg(long, value_name = "N")]
    iterations: Option<usize>,
    /// Only these: repersys, interpreted, lua, luajit, python, node, c.
    #[arg(long, value_name = "LANGUAGE", value_delimiter = ',')]
    only: Vec<Interpreter>,
    /// The program `rps`; else the one beside this program.
    #[arg(long, value_name = "PROGRAM")]
    rps: Option<PathBuf>,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Runs a suite and prints what came out.
///
/// # Errors
///
/// Returns how many runs failed, after the others were printed: a wrong result is such a failure.
pub(crate) fn run(suite: &Suite, options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    let benchmarks = suite.choose(&options.names)?;
    let counts = Counts::new(options.quick, options.processes, options.iterations);
    let mut installed = Vec::new();
    for &interpreter in suite.interpreters {
        if !options.only.is_empty() && !options.only.contains(&interpreter) {
            continue;
        }
        match interpreter.find(options.rps.as_deref()) {
            Some(found) => installed.push(found),
            None => eprintln!("{} is not there: {}", interpreter.title(), interpreter.advice()),
        }
    }
    let ours = installed.iter().find(|each| each.interpreter == Interpreter::Repersys);
    if let Some(ours) = ours {
        let home = tempfile::tempdir()?;
        // Figures of a compiled tier that is not there mean nothing.
        process::check_tier(&ours.program, home.path())?;
    }
    let mut figures = Figures::default();
    let mut failures = rounds::run(suite, &benchmarks, &installed, counts, &mut figures)?;
    if options.json {
        println!("{}", report::json(suite, &benchmarks, &installed, counts, &figures)?);
    } else {
        report::print(suite, &benchmarks, &installed, counts, &figures);
        if let Some(ours) = ours.filter(|_| suite.timed.is_some()) {
            failures.extend(warm_up::run(suite, &benchmarks, ours, counts)?);
        }
    }
    for failure in &failures {
        eprintln!("{failure}");
    }
    if failures.is_empty() { Ok(()) } else { Err(format!("{} of the runs failed", failures.len()).into()) }
}
