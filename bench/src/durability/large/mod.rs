//! A large store: opening it, loading it, dumping it, and how little of that another thread feels.
//!
//! [`work`] is what a measured process does, [`figures`] what it prints, [`start_up`] measures the whole program `rps`,
//! [`pauses`] a thread that goes on changing objects.

mod figures;
mod pauses;
mod start_up;
mod work;

use std::path::Path;

use clap::ValueEnum;

use self::figures::Figures;
pub(super) use self::pauses::measure as measure_pauses;
use self::work::Work;
pub(super) use self::work::measure;
use super::child::{self, name_of};
use super::place::{self, Place};
use super::{Outcome, Part};
use crate::store;
use crate::table;

/// One measured process.
#[derive(clap::Args)]
pub(crate) struct LargeRun {
    work: Work,
    /// The store.
    store: std::path::PathBuf,
    /// How many objects it has.
    objects: usize,
    seed: u64,
}

/// One measured process whose pauses are printed.
#[derive(clap::Args)]
pub(crate) struct PausesRun {
    /// The store.
    store: std::path::PathBuf,
    /// How many objects it has.
    objects: usize,
}

/// Prints the tables.
pub(super) fn run(place: &Place, objects: usize, rounds: usize, is_asked: &dyn Fn(Part) -> bool) -> Outcome {
    let store = place.path("large");
    child::start("generate", [store.clone().into_os_string(), objects.to_string().into()])?;
    // What was written is on the disk now, not while something is measured.
    rustix::fs::syncfs(std::fs::File::open(&store)?)?;
    println!("\nA store of {objects} standard objects (medians of {rounds} rounds).");
    if is_asked(Part::Open) {
        start_up::run(&store, objects, rounds)?;
    }
    if is_asked(Part::Work) {
        works(&store, objects, rounds)?;
    }
    if is_asked(Part::Pauses) {
        pauses::run(&store, objects, rounds)?;
    }
    Ok(())
}

fn works(store: &Path, objects: usize, rounds: usize) -> Outcome {
    println!("\nIn one process:\n");
    table::header(&["", "wall ms", "CPU ms", "MB of its own", "MB of files", "MB written", "load"]);
    for &work in Work::value_variants() {
        let mut all = Vec::new();
        for round in 0..rounds {
            let numbers = [objects, round].map(|number| number.to_string().into());
            let arguments = [name_of(&work).into(), store.as_os_str().to_owned()].into_iter().chain(numbers);
            all.push(Figures::parse(&child::start("large", arguments)?)?);
        }
        let figures = Figures::median(&all);
        let mut cells = vec![work.title().to_owned()];
        cells.extend(figures.cells());
        cells.push(place::load());
        table::row(&cells);
    }
    Ok(())
}

/// Returns a standard object of a store, and the number that it was made with.
fn some_object(objects: usize, seed: u64) -> (rps_runtime::Oid, i64) {
    let index = store::Random::new(seed ^ 0x6f70_656e).below(objects);
    (store::standard_oids(index + 1)[index], store::standard_number(index))
}
