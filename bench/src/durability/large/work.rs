//! What a measured process does with a large store.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use rps_persist::native::{Lazy, LoadOptions};
use rps_persist::vfs::{RealVfs, Vfs};
use rps_persist::{Access, Store};
use rps_runtime::{Oid, Runtime, Value};

use super::figures::{Figures, Start};
use super::{LargeRun, some_object};
use crate::durability::{Failure, Outcome};
use crate::store::{NUMBER, Random, standard_oids};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Work {
    /// Opens the store, and reads an attribute of one object.
    Open,
    /// Opens the store, and reads an attribute of every hundredth object, chosen at random.
    Touch,
    /// Opens the store; then every object is loaded.
    Materialise,
    /// Loads the store as a whole.
    Load,
    /// Opens the store, changes one object; then it is dumped.
    DumpOne,
    /// Loads the store as a whole; then it is dumped into another.
    DumpAll,
}

impl Work {
    pub(super) fn title(self) -> &'static str {
        match self {
            Work::Open => "open, read one object",
            Work::Touch => "open, read 1 % at random",
            Work::Materialise => "open, materialise all",
            Work::Load => "load all",
            Work::DumpOne => "dump after one change",
            Work::DumpAll => "dump all",
        }
    }
}

/// Does it in this process, and prints the figures.
pub(crate) fn measure(run: &LargeRun) -> Outcome {
    let LargeRun { work, store, objects, seed } = run;
    let (oid, number) = some_object(*objects, *seed);
    let figures = match work {
        Work::Open => {
            let start = Start::now();
            let (_store, runtime) = open(store, Access::Read, Lazy::Always)?;
            if read(&runtime, &[oid]) != number {
                return Err("the answer is wrong".into());
            }
            end(start, runtime)
        }
        Work::Touch => {
            let oids = standard_oids(*objects);
            let mut random = Random::new(*seed);
            let touched: Vec<Oid> =
                (0..objects.div_ceil(100)).map(|_| oids[random.below(oids.len())]).collect();
            // What this benchmark itself holds is not to be counted.
            drop(oids);
            let start = Start::now();
            let (_store, runtime) = open(store, Access::Read, Lazy::Always)?;
            black_box(read(&runtime, &touched));
            end(start, runtime)
        }
        Work::Materialise => {
            let start = Start::now();
            let (_store, runtime) = open(store, Access::Read, Lazy::Always)?;
            runtime.enter(|m| m.load_all());
            end(start, runtime)
        }
        Work::Load => {
            let start = Start::now();
            let (_store, runtime) = open(store, Access::Read, Lazy::Never)?;
            end(start, runtime)
        }
        Work::DumpOne => {
            let (store, runtime) = open(store, Access::Write, Lazy::Always)?;
            change(&runtime, oid, 1 + *seed as i64)?;
            let start = Start::now();
            store.dump(&runtime)?;
            let figures = start.end();
            // The next process finds what this one found.
            change(&runtime, oid, number)?;
            store.dump(&runtime)?;
            std::mem::forget(runtime);
            figures
        }
        Work::DumpAll => {
            let out = store.with_extension("out");
            let (_store, runtime) = open(store, Access::Read, Lazy::Never)?;
            let target = Store::create(&vfs(), &out)?;
            let start = Start::now();
            target.dump(&runtime)?;
            let figures = end(start, runtime);
            std::fs::remove_dir_all(out)?;
            figures
        }
    };
    println!("{figures}");
    Ok(())
}

/// Ends a measurement. The process ends soon: taking a heap apart is not measured, and takes its time.
fn end(start: Start, runtime: Runtime) -> Figures {
    let figures = start.end();
    std::mem::forget(runtime);
    figures
}

pub(super) fn vfs() -> Arc<dyn Vfs> {
    Arc::new(RealVfs)
}

pub(super) fn open(store: &Path, access: Access, lazy: Lazy) -> Result<(Store, Runtime), Failure> {
    let mut options = LoadOptions::default();
    options.lazy = lazy;
    let store = Store::open(&vfs(), store, access)?;
    let (runtime, _) = store.load_with(&options)?;
    Ok((store, runtime))
}

/// Returns the sum of the numbers of objects.
fn read(runtime: &Runtime, oids: &[Oid]) -> i64 {
    runtime.enter(|m| {
        let key = m.object_or_skeleton(Oid::known(NUMBER));
        let number = |&oid| m.object(oid)?.get_attribute(key)?.as_small_int();
        oids.iter().filter_map(number).sum()
    })
}

fn change(runtime: &Runtime, oid: Oid, number: i64) -> Outcome {
    runtime.enter(|m| {
        let key = m.object_or_skeleton(Oid::known(NUMBER));
        let object = m.object(oid).ok_or("a standard object is missing")?;
        Ok(object.put_attribute(m, key, Value::int(m, number))?)
    })
}
