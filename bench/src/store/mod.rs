//! Loading and dumping standard objects, beside plain `serde_json` on the same bytes.
//!
//! A *standard object* has a class, three attributes (string, integer, reference) and four components (integer, string,
//! two references). Every measurement is a process of its own, which says what processor time and memory it took;
//! `taskset` binds it to one processor where one thread is asked for.

mod generate;
mod measure;
mod serde_peer;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use rps_persist::vfs::{RealVfs, Vfs};
use rps_persist::{Access, Store};

use crate::table;

pub(crate) use self::generate::{NUMBER, Random, generate, standard_number, standard_oids};
pub(crate) use self::measure::{Figures, cpu_seconds};

/// What a measured process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Subject {
    /// Loads a store, and dumps it anew.
    Repersys,
    /// Parses the same files into structures, and writes them with `serde_json::to_writer`.
    SerdeJson,
}

/// Runs one measured process: prints the figures of loading and of dumping, a line each.
pub(crate) fn child(subject: Subject, store: &Path, out: &Path) -> Result<(), Box<dyn std::error::Error>> {
    match subject {
        Subject::Repersys => {
            let vfs: Arc<dyn Vfs> = Arc::new(RealVfs);
            let opened = Store::open(&vfs, store, Access::Read)?;
            let start = Figures::now();
            let (runtime, report) = opened.load()?;
            println!("{}", start.until_now(report.bytes));
            let target = Store::create(&vfs, out)?;
            let start = Figures::now();
            target.dump(&runtime)?;
            println!("{}", start.until_now(report.bytes));
            // The process ends here; taking a heap apart is not measured.
            std::mem::forget(runtime);
        }
        Subject::SerdeJson => {
            let start = Figures::now();
            let loaded = serde_peer::load(store)?;
            println!("{}", start.until_now(loaded.bytes()));
            let start = Figures::now();
            serde_peer::dump(&loaded, out)?;
            println!("{}", start.until_now(loaded.bytes()));
            std::mem::forget(loaded);
        }
    }
    Ok(())
}

/// Prints the table for so many standard objects.
pub(crate) fn run(count: usize, rounds: usize) -> Result<(), Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    let store = dir.path().join("store");
    generate(count, &store, false)?;
    println!("\n{count} standard objects (medians of {rounds}):\n");
    table::header(&[
        "",
        "load CPU s",
        "load wall s",
        "bytes an object above the file",
        "dump CPU s",
        "dump wall s",
    ]);
    for (subject, name) in [(Subject::SerdeJson, "serde_json"), (Subject::Repersys, "Repersys")] {
        for processors in ["0", "0,1"] {
            let mut load = Vec::new();
            let mut dump = Vec::new();
            for round in 0..rounds {
                let out = dir.path().join(format!("out-{name}-{processors}-{round}"));
                let output = Command::new("taskset")
                    .args(["-c", processors])
                    .arg(std::env::current_exe()?)
                    .args(["child", if subject == Subject::Repersys { "repersys" } else { "serde-json" }])
                    .args([&store, &out])
                    .output()?;
                if !output.status.success() {
                    return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
                }
                let text = String::from_utf8(output.stdout)?;
                let mut lines = text.lines().map(Figures::parse);
                load.extend(lines.next().flatten());
                dump.extend(lines.next().flatten());
                std::fs::remove_dir_all(&out)?;
            }
            let median = |figures: &[Figures], of: fn(&Figures) -> f64| {
                table::median(figures.iter().map(of).collect())
            };
            let each = median(&load, |one| one.peak_bytes) / count as f64;
            table::row(&[
                format!(
                    "{name}, {} processor{}",
                    processors.split(',').count(),
                    if processors.len() > 1 { "s" } else { "" }
                ),
                format!("{:.2}", median(&load, |one| one.cpu)),
                format!("{:.2}", median(&load, |one| one.wall)),
                format!("{each:.0}"),
                format!("{:.2}", median(&dump, |one| one.cpu)),
                format!("{:.2}", median(&dump, |one| one.wall)),
            ]);
        }
    }
    Ok(())
}
