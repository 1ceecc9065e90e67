//! All processes, in turns: each round runs every benchmark in every interpreter once, so that what disturbs the machine
//! for a while disturbs all of them.
//!
//! The statistic is that of the literature: of each process the median of the last half of its iterations, when caches
//! and compilers are warm; of these the median over the processes. Beside it stands the least time of any iteration: what else the
//! machine does can only add to it, so on a busy one that is the figure that comes back.

use std::collections::BTreeMap;

use super::interpreter::{Installed, Interpreter};
use super::process::{self, Work};
use super::suite::{Benchmark, Suite};
use crate::table;

/// How much is run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    pub(crate) processes: usize,
    pub(crate) iterations: usize,
}

/// What was measured, in the suite's unit.
#[derive(Default)]
pub(crate) struct Figures {
    /// Of each process.
    steady: BTreeMap<(&'static str, Interpreter), Vec<f64>>,
    /// Of each iteration.
    all: BTreeMap<(&'static str, Interpreter), Vec<f64>>,
}

/// Those that compile while they run are given so many times the iterations.
const MORE: usize = 4;

impl Counts {
    /// Returns how much is run, unless it is said otherwise.
    pub(crate) fn new(quick: bool, processes: Option<usize>, iterations: Option<usize>) -> Counts {
        let (few, fewer) = if quick { (2, 5) } else { (5, 15) };
        Counts { processes: processes.unwrap_or(few).max(1), iterations: iterations.unwrap_or(fewer).max(1) }
    }

    /// Returns how many iterations a process does.
    pub(crate) fn iterations(self, interpreter: Interpreter) -> usize {
        if interpreter.is_fast() { MORE * self.iterations } else { self.iterations }
    }
}

impl Figures {
    /// Returns the figure of a benchmark in an interpreter, if a process of it succeeded.
    pub(crate) fn get(&self, benchmark: &Benchmark, interpreter: Interpreter) -> Option<f64> {
        self.steady.get(&(benchmark.name, interpreter)).cloned().map(table::median)
    }

    /// Returns the figures of the fastest iterations.
    pub(crate) fn least(&self) -> Figures {
        let least = |all: &Vec<f64>| vec![all.iter().copied().fold(f64::INFINITY, f64::min)];
        let steady = self.all.iter().map(|(key, all)| (*key, least(all)));
        Figures { steady: steady.collect(), all: BTreeMap::new() }
    }

    fn push(&mut self, benchmark: &Benchmark, interpreter: Interpreter, times: &[f64]) {
        let key = (benchmark.name, interpreter);
        self.steady.entry(key).or_default().push(steady(times));
        self.all.entry(key).or_default().extend(times);
    }
}

/// Runs all rounds, and returns what failed. What failed once is not run again.
pub(crate) fn run(
    suite: &Suite,
    benchmarks: &[&'static Benchmark],
    installed: &[Installed],
    counts: Counts,
    figures: &mut Figures,
) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let scratch = tempfile::tempdir()?;
    let mut failed = BTreeMap::new();
    for round in 1..=counts.processes {
        eprintln!("round {round} of {}", counts.processes);
        for benchmark in benchmarks {
            for each in installed {
                let key = (benchmark.name, each.interpreter);
                if failed.contains_key(&key) {
                    continue;
                }
                let size = if each.interpreter.is_fast() { benchmark.size } else { benchmark.small_size };
                let iterations = counts.iterations(each.interpreter);
                let work = Work { suite, benchmark, iterations, size, by_wall: false };
                match process::run(work, each, scratch.path(), scratch.path()) {
                    Ok(measured) => {
                        let scale = benchmark.factor * benchmark.size as f64 / size as f64;
                        let times: Vec<f64> = measured.times.iter().map(|time| scale * time).collect();
                        figures.push(benchmark, each.interpreter, &times);
                    }
                    Err(error) => {
                        let error = format!("{} in {}: {error}", benchmark.name, each.interpreter.title());
                        failed.insert(key, error);
                    }
                }
            }
        }
    }
    Ok(failed.into_values().collect())
}

/// Returns the median of the last half.
pub(super) fn steady(times: &[f64]) -> f64 {
    table::median(times[times.len() / 2..].to_vec())
}

#[cfg(test)]
mod tests {
    use super::{Figures, Interpreter, steady};

    #[test]
    fn the_first_half_is_warming_up() {
        assert_eq!(steady(&[90.0, 80.0, 3.0, 1.0, 2.0]), 2.0);
        assert_eq!(steady(&[7.0]), 7.0);
    }

    #[test]
    fn the_fastest_iteration_of_all_processes_is_kept() {
        let [benchmark, ..] = crate::kernels::SUITE.benchmarks else { panic!("there are kernels") };
        let mut figures = Figures::default();
        figures.push(benchmark, Interpreter::C, &[9.0, 3.0, 4.0]);
        figures.push(benchmark, Interpreter::C, &[2.0, 8.0, 8.0]);
        assert_eq!(figures.get(benchmark, Interpreter::C), Some(8.0));
        assert_eq!(figures.least().get(benchmark, Interpreter::C), Some(2.0));
        assert_eq!(figures.least().get(benchmark, Interpreter::Node), None);
    }
}
