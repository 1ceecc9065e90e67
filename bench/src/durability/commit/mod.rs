//! The latency of commits: ours beside SQLite and redb, on the same objects, in turns.
//!
//! A commit changes some objects, chosen at random, and returns when that is durable. To the peers, an object is a row: its
//! oid, and its record as the text that our files have. Where several threads commit, each has changes of its own; what
//! the stores make of it is theirs: ours lets commits that come at the same time share one write, the peers let one thread
//! in at a time.
//!
//! [`ours`] is our store, [`sqlite`] and [`redb`] are the peers, [`floor`] is what the disk allows: appending to a file.

mod floor;
mod ours;
mod redb;
mod sqlite;

use std::path::{Path, PathBuf};
use std::sync::{Barrier, OnceLock};
use std::thread;
use std::time::Instant;

use clap::ValueEnum;
use rps_runtime::Oid;

use super::child::{self, name_of};
use super::latency::{self, Latency};
use super::place::{self, Place};
use super::{Failure, Outcome};
use crate::store::{Random, cpu_seconds, standard_oids};
use crate::table;

/// The size of the store, unless all is smaller.
const OBJECTS: usize = 100_000;

/// Threads, and objects that change in each commit.
const SETTINGS: &[(usize, usize)] = &[(1, 1), (1, 10), (1, 1000), (8, 1), (8, 10), (8, 1000)];

/// What stores commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    /// A file that is appended to.
    Floor,
    /// Our store.
    Repersys,
    /// SQLite, `journal_mode=WAL`.
    Sqlite,
    /// redb.
    Redb,
}

/// What a commit waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sync {
    /// `fsync`.
    Full,
    /// `fdatasync`.
    Data,
    /// The operating system has it.
    None,
}

/// The rows of each table: what each engine has of the three.
const ROWS: &[(Engine, Sync, &str)] = &[
    (Engine::Floor, Sync::Full, "append, fsync"),
    (Engine::Repersys, Sync::Full, "Repersys, full (fsync)"),
    (Engine::Sqlite, Sync::Full, "SQLite, WAL, FULL (fsync)"),
    (Engine::Floor, Sync::Data, "append, fdatasync"),
    (Engine::Repersys, Sync::Data, "Repersys, data (fdatasync)"),
    (Engine::Redb, Sync::Data, "redb, Immediate (fdatasync)"),
    (Engine::Repersys, Sync::None, "Repersys, none"),
    (Engine::Sqlite, Sync::None, "SQLite, WAL, OFF (none)"),
    (Engine::Redb, Sync::None, "redb, None"),
];

/// One measured process.
#[derive(Clone, Copy, clap::Args)]
pub(crate) struct Load {
    engine: Engine,
    sync: Sync,
    /// How many objects the store has.
    objects: usize,
    threads: usize,
    /// How many objects change in a commit.
    changes: usize,
    /// How many commits are measured, of all threads together.
    commits: usize,
    seed: u64,
}

/// One measured process, and its store.
#[derive(clap::Args)]
pub(crate) struct CommitRun {
    store: PathBuf,
    #[command(flatten)]
    load: Load,
}

/// Changes objects to have these numbers, and returns when that is durable.
type Commit<'c> = dyn FnMut(&[(Oid, i64)]) -> Outcome + 'c;

/// An open store.
trait Keeper: std::marker::Sync {
    /// Does the work of one thread, that is given what commits.
    fn session(&self, work: &mut dyn FnMut(&mut Commit<'_>) -> Outcome) -> Outcome;
}

impl Engine {
    /// Writes a store of so many objects into a directory.
    fn prepare(self, dir: &Path, objects: usize) -> Outcome {
        match self {
            Engine::Floor => Ok(std::fs::create_dir_all(dir)?),
            Engine::Repersys => ours::prepare(dir, objects),
            Engine::Sqlite => sqlite::prepare(dir, objects),
            Engine::Redb => redb::prepare(dir, objects),
        }
    }

    fn open(self, dir: &Path, sync: Sync) -> Result<Box<dyn Keeper>, Failure> {
        Ok(match self {
            Engine::Floor => Box::new(floor::File::open(dir, sync)?),
            Engine::Repersys => Box::new(ours::Repersys::open(dir, sync)?),
            Engine::Sqlite => Box::new(sqlite::Sqlite::open(dir, sync)?),
            Engine::Redb => Box::new(redb::Redb::open(dir, sync)?),
        })
    }
}

/// Prints the tables.
pub(super) fn run(place: &Place, objects: usize, commits: usize, rounds: usize) -> Outcome {
    let objects = objects.min(OBJECTS);
    for engine in Engine::value_variants() {
        engine.prepare(&place.path(&name_of(engine)), objects)?;
    }
    println!("\nCommits to a store of {objects} standard objects, µs (medians of {rounds} rounds):\n");
    table::header(&["threads", "objects", "", "p50", "p99", "p99.9", "commits/s", "CPU µs", "load"]);
    for &(threads, changes) in SETTINGS {
        let commits = (commits / if changes > 100 { 10 } else { 1 }).max(threads);
        let mut figures = vec![(Vec::new(), Vec::new(), Vec::new()); ROWS.len()];
        for round in 0..rounds {
            for (&(engine, sync, _), (latencies, rates, cpu)) in ROWS.iter().zip(&mut figures) {
                let load = Load { engine, sync, objects, threads, changes, commits, seed: round as u64 };
                let printed = start(place, load)?;
                let mut words = printed.split_whitespace();
                latencies.push(Latency::parse(&mut words)?);
                rates.push(latency::number(&mut words)?);
                cpu.push(latency::number(&mut words)?);
            }
        }
        for ((_, _, title), (latencies, rates, cpu)) in ROWS.iter().zip(figures) {
            let latency = Latency::median(&latencies);
            let [p50, p99, p999] = [latency.p50, latency.p99, latency.p999].map(|time| format!("{time:.0}"));
            let [rate, cpu] = [rates, cpu].map(|figures| format!("{:.0}", table::median(figures)));
            let (threads, changes) = (threads.to_string(), changes.to_string());
            table::row(&[threads, changes, (*title).to_owned(), p50, p99, p999, rate, cpu, place::load()]);
        }
    }
    Ok(())
}

/// Starts a process on a copy of the prepared store; returns what it printed.
fn start(place: &Place, load: Load) -> Result<String, Failure> {
    let store = place.copy(&place.path(&name_of(&load.engine)))?;
    let numbers = [load.objects, load.threads, load.changes, load.commits, load.seed as usize];
    let words = [name_of(&load.engine), name_of(&load.sync)]
        .into_iter()
        .chain(numbers.map(|number| number.to_string()));
    child::start("commit", [store.into_os_string()].into_iter().chain(words.map(Into::into)))
}

/// Measures in this process: prints percentiles of the latency, commits per second, and processor time of each, µs.
pub(super) fn measure(run: &CommitRun) -> Outcome {
    let load = run.load;
    let keeper = load.engine.open(&run.store, load.sync)?;
    let oids = standard_oids(load.objects);
    let each = load.commits.div_ceil(load.threads);
    let warm_up = each.div_ceil(10);
    let (barrier, begin) = (Barrier::new(load.threads), OnceLock::new());
    let work = |thread: u64| -> Outcome<Vec<f64>> {
        let mut random = Random::new(load.seed << 8 | thread);
        let mut commits = |count: usize| -> Outcome<Vec<f64>> {
            let mut times = Vec::with_capacity(count);
            keeper.session(&mut |commit| {
                for _ in 0..count {
                    let changes: Vec<(Oid, i64)> = (0..load.changes)
                        .map(|_| (oids[random.below(oids.len())], random.below(1 << 40) as i64))
                        .collect();
                    let start = Instant::now();
                    commit(&changes)?;
                    times.push(start.elapsed().as_secs_f64() * 1e6);
                }
                Ok(())
            })?;
            Ok(times)
        };
        let warmed_up = commits(warm_up);
        // Outside of a session, where nobody waits for this thread; and also if it failed, since the others wait for it.
        if barrier.wait().is_leader() {
            begin.get_or_init(|| (Instant::now(), cpu_seconds()));
        }
        warmed_up.and_then(|_| commits(each))
    };
    let mut times = thread::scope(|scope| -> Outcome<Vec<f64>> {
        let work = &work;
        let threads: Vec<_> =
            (0..load.threads as u64).map(|number| scope.spawn(move || work(number))).collect();
        let results: Vec<_> = threads.into_iter().map(thread::ScopedJoinHandle::join).collect();
        let mut times = Vec::new();
        for result in results {
            times.extend(result.map_err(|_| "a thread panicked")??);
        }
        Ok(times)
    })?;
    let &(start, cpu) = begin.get().ok_or("nothing was measured")?;
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    let count = times.len() as f64;
    println!("{} {} {}", Latency::of(&mut times), count / seconds, cpu * 1e6 / count);
    Ok(())
}

/// Returns the record of a standard object, as our files have it.
fn record(oid: Oid, number: i64) -> String {
    format!(
        r#"{{
  "oid": "{oid}",
  "class": "_5yhJGgxLwLp00X0xEQ",
  "mtime": 1588063841.50,
  "attributes": {{
    "_1sxEncP5Yyn02wQ3vZ": "the text of object {number}",
    "_3kfLQb9Ujdp01rTz6Y": {number},
    "_5vRm2WxHsKa03bNqJ8": "{oid}"
  }},
  "components": [
    {number},
    "component {number}",
    "{oid}",
    "{oid}"
  ]
}}"#
    )
}
