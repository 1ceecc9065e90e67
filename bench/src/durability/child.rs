//! Measured processes.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

use clap::ValueEnum;

use super::commit::{self, CommitRun};
use super::large::{self, LargeRun, PausesRun};
use super::{Failure, Outcome};
use crate::store;

/// What a process measures.
#[derive(clap::Subcommand)]
pub(crate) enum Measurement {
    /// The latency of commits.
    Commit(CommitRun),
    /// Work on a large store.
    Large(LargeRun),
    /// What a thread feels that changes the objects of a large store.
    Pauses(PausesRun),
    /// Nothing: writes the store.
    Generate { store: PathBuf, objects: usize },
}

/// Measures, and prints the figures as words of lines.
pub(super) fn measure(measurement: &Measurement) -> Outcome {
    match measurement {
        Measurement::Commit(run) => commit::measure(run),
        Measurement::Large(run) => large::measure(run),
        Measurement::Pauses(run) => large::measure_pauses(run),
        Measurement::Generate { store, objects } => {
            store::generate(*objects, store, false).map_err(|error| error.to_string().into())
        }
    }
}

/// Starts a process that measures; returns what it printed.
///
/// # Errors
///
/// What the process said.
pub(super) fn start<A: AsRef<OsStr>>(
    name: &str,
    arguments: impl IntoIterator<Item = A>,
) -> Result<String, Failure> {
    let mut command = Command::new(std::env::current_exe()?);
    let output = command.args(["durability-child", name]).args(arguments).output()?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Returns how a variant of a `ValueEnum` is written.
pub(super) fn name_of(value: &impl ValueEnum) -> String {
    value.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}
