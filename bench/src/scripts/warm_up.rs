//! How long programs of ours take to become fast, by the clock on the wall: in a store of its own without machine code of earlier
//! processes, and again with what that has left in the code cache.

use super::interpreter::{Installed, Interpreter};
use super::process::{self, Measured, Work};
use super::report::cell;
use super::rounds::{Counts, steady};
use super::suite::{Benchmark, Suite};
use crate::table;

/// Within so much of what it takes in the end an iteration is fast.
const NEAR: f64 = 1.1;

/// The figures of a benchmark, one of each process.
#[derive(Default)]
struct Figures {
    first: Vec<f64>,
    last: Vec<f64>,
    until: Vec<f64>,
    until_with_cache: Vec<f64>,
    compiling: [Vec<f64>; 2],
    made: [Vec<f64>; 2],
    kilobytes: Vec<f64>,
    pause: Vec<f64>,
    /// The longest pause of all, and for what it was.
    longest: Option<(f64, String)>,
}

/// Runs the benchmarks and prints the table. Returns what failed.
pub(super) fn run(
    suite: &Suite,
    benchmarks: &[&'static Benchmark],
    ours: &Installed,
    counts: Counts,
) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    eprintln!("warming up");
    let scratch = tempfile::tempdir()?;
    let mut failures = Vec::new();
    println!(
        "\nWarming up: by the clock on the wall, medians of {} processes of {} iterations\n",
        counts.processes,
        counts.iterations(Interpreter::Repersys)
    );
    table::header(&[
        "",
        "first iteration, ms",
        "in the end, ms",
        "until fast, ms",
        "with a code cache, ms",
        "stage 1: made",
        "ms",
        "stage 2: made",
        "ms",
        "code in use, KB",
        "longest pause, µs",
        "longest of all, µs",
        "for",
    ]);
    for benchmark in benchmarks {
        let mut figures = Figures::default();
        let iterations = counts.iterations(Interpreter::Repersys);
        let work = Work { suite, benchmark, iterations, size: benchmark.size, by_wall: true };
        for _ in 0..counts.processes {
            let home = tempfile::tempdir()?;
            let one = || process::run(work, ours, scratch.path(), home.path());
            match one().and_then(|cold| Ok((cold, one()?))) {
                Ok((cold, warm)) => figures.add(&cold, &warm),
                Err(error) => {
                    failures.push(format!("{}: {error}", benchmark.name));
                    break;
                }
            }
        }
        if !figures.first.is_empty() {
            table::row(&figures.cells(benchmark.name));
        }
    }
    Ok(failures)
}

impl Figures {
    fn add(&mut self, cold: &Measured, warm: &Measured) {
        self.first.push(cold.times[0]);
        self.last.push(steady(&cold.times));
        self.until.push(until_fast(&cold.times));
        self.until_with_cache.push(until_fast(&warm.times));
        let Some(tier) = &cold.tier else { return };
        for (number, stage) in tier.stages.iter().take(2).enumerate() {
            self.compiling[number].push(stage.seconds * 1e3);
            self.made[number].push(stage.made as f64);
        }
        self.kilobytes.push(tier.code_bytes as f64 / 1e3);
        for tier in [&cold.tier, &warm.tier].into_iter().flatten() {
            let pause = tier.longest_pause.unwrap_or(0.0);
            self.pause.push(pause);
            if self.longest.as_ref().is_none_or(|(longest, _)| *longest < pause) {
                self.longest = Some((pause, tier.longest_pause_for.clone().unwrap_or_default()));
            }
        }
    }

    fn cells(self, name: &str) -> Vec<String> {
        let [soon, best] = self.compiling;
        let [made_soon, made_best] = self.made;
        let columns = [
            self.first,
            self.last,
            self.until,
            self.until_with_cache,
            made_soon,
            soon,
            made_best,
            best,
            self.kilobytes,
            self.pause,
        ];
        let (longest, cause) = self.longest.unwrap_or_default();
        let medians = columns.into_iter().map(|all| cell((!all.is_empty()).then(|| table::median(all))));
        std::iter::once(name.to_owned()).chain(medians).chain([cell(Some(longest)), cause]).collect()
    }
}

/// Returns how long it takes until an iteration is about as fast as those in the end.
fn until_fast(times: &[f64]) -> f64 {
    let near = NEAR * steady(times);
    // The sum of none is -0.0.
    times.iter().take_while(|time| **time > near).sum::<f64>() + 0.0
}

#[cfg(test)]
mod tests {
    use super::until_fast;

    #[test]
    fn what_comes_before_the_first_fast_one_is_warming_up() {
        assert_eq!(until_fast(&[50.0, 20.0, 10.5, 30.0, 10.0, 10.0, 10.0]), 70.0);
        assert_eq!(until_fast(&[10.0, 10.0]), 0.0);
    }
}
