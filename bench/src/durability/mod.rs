//! What durability costs, and what a large store costs: `cargo xtask bench durability`.
//!
//! Every measurement is a process of its own ([`child`]), on a copy of a prepared store; stores take turns within a round,
//! and what is printed is the median of the rounds. In the order to read: [`place`] (where it is measured, and what else the
//! machine does), [`latency`], [`commit`] (beside SQLite and redb), [`large`] (opening, dumping).

mod child;
mod commit;
mod large;
mod latency;
mod place;

use std::error::Error;
use std::path::PathBuf;

pub(crate) use self::child::Measurement;
use self::place::Place;

/// An error of any thread.
type Failure = Box<dyn Error + Send + Sync>;
type Outcome<T = ()> = Result<T, Failure>;

/// What can be measured on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Latency of commits, beside SQLite and redb.
    Commit,
    /// Opening a large store: the whole program.
    Open,
    /// Loading and dumping a large store: time, memory, bytes written.
    Work,
    /// How long a thread that changes objects has to wait.
    Pauses,
}

/// What the benchmark may be told.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many standard objects the large store has.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    objects: usize,
    /// Rounds of each; the median is printed.
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: usize,
    /// Commits of each measurement, if one object changes in each; fewer, if more do.
    #[arg(long, value_name = "N", default_value_t = 2000)]
    commits: usize,
    /// Only these parts.
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    only: Vec<Part>,
    /// Where stores are written: a file system of a disk; else the directory for temporary files.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Prints all tables.
pub(crate) fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    measure(options).map_err(|failure| -> Box<dyn Error> { failure })
}

/// Measures one thing: what a process that [`run`] started does.
pub(crate) fn run_child(measurement: &Measurement) -> Result<(), Box<dyn Error>> {
    child::measure(measurement).map_err(|failure| -> Box<dyn Error> { failure })
}

fn measure(options: &Options) -> Outcome {
    let place = Place::new(options.dir.as_deref())?;
    println!("\nFile system: {}.", place.file_system());
    let rounds = options.rounds.max(1);
    let is_asked = |part| options.only.is_empty() || options.only.contains(&part);
    if is_asked(Part::Commit) {
        commit::run(&place, options.objects.max(1), options.commits.max(1), rounds)?;
    }
    if [Part::Open, Part::Work, Part::Pauses].into_iter().any(is_asked) {
        large::run(&place, options.objects.max(1), rounds, &is_asked)?;
    }
    Ok(())
}
