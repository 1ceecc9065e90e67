//! The whole program: `rps --store STORE -e …`, from the start of the process to its end.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use rustix::fs::Advice;

use super::some_object;
use crate::durability::{Failure, Outcome, place};
use crate::store::NUMBER;
use crate::table;

/// How many processes are started in a round.
const STARTS: usize = 10;

/// Prints the table.
pub(super) fn run(store: &Path, objects: usize, rounds: usize) -> Outcome {
    let program = env::current_exe()?.with_file_name(format!("rps{}", env::consts::EXE_SUFFIX));
    let version = Command::new(&program).arg("--version").output();
    if !version.is_ok_and(|output| output.status.success()) {
        return Err(format!("{} is not there: cargo build --release --package rps", program.display()).into());
    }
    println!(
        "\nThe whole process `rps --store STORE -e …` that reads one object ({STARTS} in a round), ms:\n"
    );
    table::header(&["", "least", "median", "most", "CPU", "load"]);
    let rows: [(&str, &[&str], bool); 4] = [
        ("no store, `-e 1`", &[], false),
        ("files in memory", &["auto"], false),
        ("files not in memory", &["auto"], true),
        ("without a snapshot", &["never"], false),
    ];
    for (title, lazy, is_cold) in rows {
        let (mut times, mut cpu) = (Vec::new(), Vec::new());
        let starts = if title == "without a snapshot" { 1 } else { STARTS };
        for round in 0..rounds {
            let before = children_cpu_seconds()?;
            for number in 0..starts {
                let mut command = Command::new(&program);
                let mut expected = "1".to_owned();
                if let Some(lazy) = lazy.first() {
                    let (oid, number) = some_object(objects, (round * starts + number) as u64);
                    command.arg("--store").arg(store).env("RPS_LAZY", lazy);
                    command.arg("-e").arg(format!("{oid}.{NUMBER}"));
                    expected = number.to_string();
                } else {
                    command.args(["-e", "1"]);
                }
                if is_cold {
                    forget(store)?;
                }
                let start = Instant::now();
                let output = command.output()?;
                times.push(start.elapsed().as_secs_f64() * 1e3);
                if String::from_utf8_lossy(&output.stdout).trim() != expected {
                    return Err(format!("{command:?} said {output:?}, not {expected}").into());
                }
            }
            cpu.push((children_cpu_seconds()? - before) * 1e3 / starts as f64);
        }
        times.sort_by(f64::total_cmp);
        let least = times.first().copied().unwrap_or_default();
        let most = times.last().copied().unwrap_or_default();
        let figures = [least, table::median(times), most, table::median(cpu)];
        let mut cells = vec![title.to_owned()];
        cells.extend(figures.map(|figure| format!("{figure:.1}")));
        cells.push(place::load());
        table::row(&cells);
    }
    Ok(())
}

/// Makes the kernel forget the content of the files in a directory: the next reader gets them from the disk.
fn forget(dir: &Path) -> Outcome {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            forget(&entry.path())?;
        } else {
            rustix::fs::fadvise(fs::File::open(entry.path())?, 0, None, Advice::DontNeed)?;
        }
    }
    Ok(())
}

/// Returns the processor time of all processes that this one has waited for.
fn children_cpu_seconds() -> Result<f64, Failure> {
    let text = fs::read_to_string("/proc/self/stat")?;
    // The name of the program, in brackets, may hold anything.
    let fields = text.rsplit_once(')').map_or("", |(_, fields)| fields);
    let mut times = fields.split_whitespace().skip(13).map(str::parse::<f64>);
    let mut next = || Ok::<_, Failure>(times.next().ok_or("the times of children are missing")??);
    let ticks = next()? + next()?;
    Ok(ticks / rustix::param::clock_ticks_per_second() as f64)
}
