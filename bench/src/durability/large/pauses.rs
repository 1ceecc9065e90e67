//! A thread that goes on changing stored objects while others dump and commit: how long one change takes at most.
//!
//! The machine is shared: a thread that could run but has no processor is no pause of ours. The kernel tells how long
//! that was (`schedstat`), and it is taken off.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rps_persist::native::{CommitOptions, Lazy};
use rps_persist::{Access, Store};
use rps_runtime::{Mutator, Oid, Runtime, Value};

use super::PausesRun;
use super::work::{open, vfs};
use crate::durability::latency::{Histogram, Latency, number};
use crate::durability::{Failure, Outcome, child, place};
use crate::store::{NUMBER, Random, standard_oids};
use crate::table;

/// What happens meanwhile, in the order in which it is measured and printed.
const MEANWHILE: [&str; 5] =
    ["nothing", "commits of ten objects, fsync", "dump after these changes", "dump all", "nothing again"];

/// Changes that take longer than this are looked at: µs.
const SLOW: f64 = 50.0;

/// Prints the table.
pub(super) fn run(store: &Path, objects: usize, rounds: usize) -> Outcome {
    println!(
        "\nOne thread changes objects at random, one change after the other, each timed, µs; meanwhile another:\n"
    );
    table::header(&[
        "meanwhile",
        "seconds",
        "changes",
        "p50",
        "p99",
        "p99.9",
        "longest",
        "without collections",
        "collections",
        "with waiting for a processor",
        "load",
    ]);
    let mut rows = vec![Vec::new(); MEANWHILE.len()];
    for _ in 0..rounds {
        let printed = child::start("pauses", [store.as_os_str().to_owned(), objects.to_string().into()])?;
        for (line, row) in printed.lines().zip(&mut rows) {
            row.push(Pauses::parse(line)?);
        }
    }
    for (title, row) in MEANWHILE.iter().zip(rows) {
        let median = |of: fn(&Pauses) -> f64| table::median(row.iter().map(of).collect());
        let latency = Latency::median(&row.iter().map(|one| one.latency).collect::<Vec<_>>());
        table::row(&[
            (*title).to_owned(),
            format!("{:.1}", median(|one| one.seconds)),
            format!("{:.0}", median(|one| one.changes)),
            format!("{:.2}", latency.p50),
            format!("{:.2}", latency.p99),
            format!("{:.1}", latency.p999),
            format!("{:.0}", latency.max),
            format!("{:.0}", median(|one| one.longest_without_collections)),
            format!("{:.0}", median(|one| one.collections)),
            format!("{:.0}", median(|one| one.longest_with_waiting)),
            place::load(),
        ]);
    }
    Ok(())
}

/// What one thread felt.
#[derive(Clone, Copy, Debug)]
struct Pauses {
    seconds: f64,
    changes: f64,
    latency: Latency,
    longest_with_waiting: f64,
    longest_without_collections: f64,
    collections: f64,
}

impl Pauses {
    fn parse(line: &str) -> Result<Pauses, Failure> {
        let mut words = line.split_whitespace();
        Ok(Pauses {
            seconds: number(&mut words)?,
            changes: number(&mut words)?,
            longest_with_waiting: number(&mut words)?,
            longest_without_collections: number(&mut words)?,
            collections: number(&mut words)?,
            latency: Latency::parse(&mut words)?,
        })
    }
}

/// Measures in this process: prints a line for each of [`MEANWHILE`].
pub(crate) fn measure(run: &PausesRun) -> Outcome {
    let (store, runtime) = open(&run.store, Access::Write, Lazy::Never)?;
    let oids = standard_oids(run.objects);
    let out = run.store.with_extension("out");
    let quiet = || {
        thread::sleep(Duration::from_secs(3));
        Ok(())
    };
    felt(&runtime, &oids, quiet)?;
    felt(&runtime, &oids, || commits(&store, &runtime, &oids))?;
    felt(&runtime, &oids, || Ok(store.dump(&runtime).map(drop)?))?;
    felt(&runtime, &oids, || Ok(Store::create(&vfs(), &out)?.dump(&runtime).map(drop)?))?;
    felt(&runtime, &oids, quiet)?;
    std::fs::remove_dir_all(out)?;
    std::mem::forget(runtime);
    Ok(())
}

fn commits(store: &Store, runtime: &Runtime, oids: &[Oid]) -> Outcome {
    let mut random = Random::new(4);
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(3) {
        runtime.enter(|m| {
            let key = m.object_or_skeleton(Oid::known(NUMBER));
            for _ in 0..10 {
                let Some(object) = m.object(oids[random.below(oids.len())]) else { continue };
                object.put_attribute(m, key, Value::int(m, random.below(1 << 40) as i64))?;
            }
            Ok::<_, Failure>(())
        })?;
        store.commit(runtime, &CommitOptions::default())?;
    }
    Ok(())
}

/// Prints what a thread that changes objects feels while `meanwhile` runs.
fn felt(runtime: &Runtime, oids: &[Oid], meanwhile: impl FnOnce() -> Outcome) -> Outcome {
    let is_over = AtomicBool::new(false);
    let felt = thread::scope(|scope| {
        let changing = scope.spawn(|| runtime.enter(|m| change(m, oids, &is_over)));
        let outcome = meanwhile();
        // Also if it failed: the other thread would never end.
        is_over.store(true, Ordering::Relaxed);
        let felt = changing.join().map_err(|_| "a thread panicked")?;
        outcome.and(felt)
    })?;
    println!("{felt}");
    Ok(())
}

/// Changes objects until it is over.
fn change(m: &Mutator<'_>, oids: &[Oid], is_over: &AtomicBool) -> Outcome<Felt> {
    let key = m.object_or_skeleton(Oid::known(NUMBER));
    let mut random = Random::new(3);
    let (mut felt, mut waited, mut collections) = (Felt::default(), waited_for_a_processor(), collections(m));
    let before = collections;
    let begin = Instant::now();
    // Each time reaches to the beginning of the next, so that no wait for a processor is outside of all.
    let mut start = begin;
    while !is_over.load(Ordering::Relaxed) {
        let oid = oids[random.below(oids.len())];
        let number = Value::int(m, random.below(1 << 40) as i64);
        if let Some(object) = m.object(oid) {
            object.put_attribute(m, key, number)?;
        }
        m.safepoint();
        let now = Instant::now();
        let mut time = (now - start).as_secs_f64() * 1e6;
        start = now;
        if time > SLOW {
            felt.longest_with_waiting = felt.longest_with_waiting.max(time);
            let waited_before = std::mem::replace(&mut waited, waited_for_a_processor());
            time = (time - (waited - waited_before)).max(0.0);
            let collections_before = std::mem::replace(&mut collections, self::collections(m));
            if collections == collections_before {
                felt.longest_without_collections = felt.longest_without_collections.max(time);
            }
            start = Instant::now();
        }
        felt.times.add(time);
    }
    felt.seconds = begin.elapsed().as_secs_f64();
    felt.collections = self::collections(m) - before;
    Ok(felt)
}

/// What one thread felt: times in µs.
#[derive(Default)]
struct Felt {
    seconds: f64,
    times: Histogram,
    longest_with_waiting: f64,
    longest_without_collections: f64,
    collections: u64,
}

impl fmt::Display for Felt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Felt { seconds, times, longest_with_waiting, longest_without_collections, collections } = self;
        write!(f, "{seconds} {} {longest_with_waiting} {longest_without_collections} ", times.count())?;
        write!(f, "{collections} {}", times.latency())
    }
}

fn collections(m: &Mutator<'_>) -> u64 {
    m.runtime().heap_stats().collections
}

/// Returns how long this thread could have run but had no processor, in all: µs. Zero where the kernel does not tell.
fn waited_for_a_processor() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').nth(1).and_then(|word| word.parse::<f64>().ok()).unwrap_or_default() / 1e3
}
