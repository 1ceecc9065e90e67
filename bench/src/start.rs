//! The start of `rps`, in turns with and without the library of the compiled tier beside it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use rps_plugin_host::NativeTier;

use crate::scripts::interpreter::Interpreter;
use crate::scripts::process;
use crate::table;

/// How often it is started.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Starts of each.
    #[arg(long, default_value_t = 30)]
    runs: usize,
    /// The program `rps`; else the one beside this program.
    #[arg(long, value_name = "PROGRAM")]
    rps: Option<PathBuf>,
}

/// Prints the table.
pub(crate) fn run(options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    let found = Interpreter::Repersys.find(options.rps.as_deref()).ok_or("`rps` is not there")?;
    let library = found.program.with_file_name(NativeTier::library_name());
    let (with, without, home) = (tempfile::tempdir()?, tempfile::tempdir()?, tempfile::tempdir()?);
    if !library.is_file() {
        return Err(format!("{} is not there", library.display()).into());
    }
    // The library is looked for one folder above, too.
    let programs = [with.path(), without.path()].map(|folder| folder.join("bin").join("rps"));
    for program in &programs {
        fs::create_dir(program.with_file_name(""))?;
        put(&found.program, program)?;
    }
    put(&library, &programs[0].with_file_name(NativeTier::library_name()))?;
    process::check_tier(&programs[0], home.path())?;
    if process::check_tier(&programs[1], home.path()).is_ok() {
        return Err("there is a compiled tier where its library is not".into());
    }
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..options.runs.max(1) {
        // Who is the first changes, too.
        for number in [round % 2, 1 - round % 2] {
            times[number].push(start(&programs[number], home.path())?);
        }
    }
    println!("\n`rps -e 1`, the whole process, ms of {} starts in turns:\n", options.runs.max(1));
    table::header(&["the library of the compiled tier", "least", "median", "most"]);
    for (name, mut times) in ["is beside it", "is not there"].into_iter().zip(times) {
        times.sort_by(f64::total_cmp);
        let figures = [times[0], times[times.len() / 2], times[times.len() - 1]];
        table::row(
            &[name.to_owned()]
                .into_iter()
                .chain(figures.map(|time| format!("{time:.2}")))
                .collect::<Vec<_>>(),
        );
    }
    Ok(())
}

/// Puts a file into another folder, as a link where that can be.
fn put(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(drop))
}

/// Starts the program once, and returns milliseconds.
fn start(program: &Path, home: &Path) -> Result<f64, Box<dyn std::error::Error>> {
    let mut command = process::ours(program, home);
    command.args(["-e", "1"]).stdin(Stdio::null()).stdout(Stdio::null());
    let start = Instant::now();
    let status = command.status()?;
    let time = start.elapsed().as_secs_f64() * 1e3;
    if status.success() { Ok(time) } else { Err(format!("{command:?}: {status}").into()) }
}
