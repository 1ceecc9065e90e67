//! The heap beside malloc and mimalloc: nanoseconds for each 32-byte cell, and the longest pause.
//!
//! Three patterns, those of the measurements that decided the design: a *ring* in which each new cell replaces the one
//! of a thousand allocations ago, *trees* that are built and dropped, and a *table* of old cells that keep getting young
//! ones. The peers free by hand, which a collector does not ask for.

mod ours;
mod peer;

use std::time::Instant;

use crate::table;

/// Cells of a run.
pub(crate) const CELLS: usize = 4_000_000;
/// Cells of the ring that are alive at once.
pub(crate) const RING: usize = 1000;
/// Depth of a tree: 2^16 - 1 cells.
pub(crate) const DEPTH: u32 = 15;
/// Cells of the table.
pub(crate) const TABLE: usize = 200_000;

/// The three patterns, of one allocator on one thread.
pub(crate) trait Patterns {
    /// Replaces the oldest of [`RING`] cells, [`CELLS`] times.
    fn ring(&mut self);
    /// Builds and drops trees until [`CELLS`] cells were made.
    fn trees(&mut self);
    /// Gives cells of an old table young ones, [`CELLS`] times.
    fn table(&mut self);
}

/// Prints the table.
pub(crate) fn run(rounds: usize) {
    for threads in [1, 2] {
        println!(
            "\n{threads} thread{}, ns a cell (median of {rounds}):\n",
            if threads == 1 { "" } else { "s" }
        );
        table::header(&["allocator", "ring", "trees", "table", "longest pause, ms"]);
        for (name, peer) in [("malloc", &peer::SYSTEM as &dyn peer::Allocator), ("mimalloc", &peer::MIMALLOC)]
        {
            let figures = measure(rounds, threads, |_| peer::Patterns::new(peer));
            table::row(&[
                name.into(),
                figures[0].clone(),
                figures[1].clone(),
                figures[2].clone(),
                "–".into(),
            ]);
        }
        let runtime = rps_runtime::Runtime::new();
        let figures = {
            let runtime = &runtime;
            std::array::from_fn(|pattern| {
                let times =
                    (0..rounds).map(|_| time(threads, || runtime.enter(|m| ours::run(m, pattern)))).collect();
                format!("{:.1}", table::median(times))
            })
        };
        let [ring, trees, old] = figures;
        let pause = runtime.heap_stats().longest_pause.as_secs_f64() * 1e3;
        table::row(&["Repersys".into(), ring, trees, old, format!("{pause:.1}")]);
    }
}

fn measure<P: Patterns>(rounds: usize, threads: usize, make: impl Fn(usize) -> P + Sync) -> [String; 3] {
    let patterns: [fn(&mut P); 3] = [P::ring, P::trees, P::table];
    patterns.map(|pattern| {
        let times = (0..rounds).map(|_| time(threads, || pattern(&mut make(0)))).collect();
        format!("{:.1}", table::median(times))
    })
}

/// Returns the nanoseconds a cell took, on each of some threads at once.
fn time(threads: usize, work: impl Fn() + Sync) -> f64 {
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(&work);
        }
    });
    start.elapsed().as_secs_f64() * 1e9 / CELLS as f64
}
