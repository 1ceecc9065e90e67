//! Dumps while other threads go on changing the graph: each shows one moment (RPS-15).

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rps_persist::native::DumpOptions;
use rps_persist::vfs::memory::MemoryVfs;
use rps_persist::{Access, Store};
use rps_runtime::{Mutator, Oid, Runtime, Value, known};

use crate::support::{ROOT, arc, files, load, make_space, stored};

/// How many threads there are, and how many pairs of objects each keeps equal.
const THREADS: usize = 8;
const PAIRS: usize = 20;

/// Returns the objects of a pair, which are in different files.
fn pair(thread: usize, number: usize) -> [Oid; 2] {
    let at = |half: u64| {
        let n = (thread * PAIRS + number) as u64;
        Oid::from_words(5_000_000_000_000_000_000 * half + n * 4_000_000_000_000_000 + 1_000_000, 1_000_000)
    };
    [at(0).unwrap(), at(1).unwrap()]
}

fn graph() -> Runtime {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let space = make_space(m);
        for oid in (0..THREADS).flat_map(|thread| (0..PAIRS).flat_map(move |number| pair(thread, number))) {
            stored(m, oid, known::OBJECT, Some(space)).push_component(m, Value::int(m, 0));
        }
        // So many that nobody changes that it is worth it to go on from a dump.
        for n in 0..1000 {
            let oid = Oid::from_words(2_000_000_000_000_000 * n + 2_000_000, 1_000_001).unwrap();
            stored(m, oid, known::OBJECT, Some(space));
        }
    });
    runtime
}

/// Says that all is over when it is dropped.
struct Over<'o>(&'o AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Returns what an object of a pair says.
fn said(m: &Mutator<'_>, oid: Oid) -> Option<i64> {
    m.object(oid)?.component(0)?.as_small_int()
}

/// Keeps the pairs of a thread equal, and now and then one in another space, or in none.
fn work(m: &Mutator<'_>, thread: usize, round: &AtomicU64, is_over: &AtomicBool) {
    let space = m.object(crate::support::SPACE).unwrap();
    let mut number = 0;
    while !is_over.load(Ordering::Relaxed) {
        let next = round.fetch_add(1, Ordering::Relaxed) as i64;
        let objects = pair(thread, number % PAIRS).map(|oid| m.object(oid).unwrap());
        let done: Result<(), Infallible> = m.transaction(|| {
            for object in objects {
                object.put_component(m, 0, Value::int(m, next)).unwrap();
                let moves = next % 5 == 0;
                // Something keeps it while it is in no space.
                m.add_root(object);
                object.set_space(m, (!moves).then_some(space));
            }
            Ok(())
        });
        done.unwrap();
        number += 1;
    }
}

#[test]
fn every_dump_shows_a_moment_between_transactions_rps_15() {
    let runtime = Arc::new(graph());
    let memory = MemoryVfs::new();
    let store = Store::create(&arc(&memory), Path::new(ROOT)).unwrap();
    let (round, is_over) = (AtomicU64::new(1), AtomicBool::new(false));
    let mut options = DumpOptions::default();
    options.file_limit = 4000;
    std::thread::scope(|scope| {
        // However this ends, the threads do.
        let _over = Over(&is_over);
        for thread in 0..THREADS {
            let (runtime, round, is_over) = (Arc::clone(&runtime), &round, &is_over);
            scope.spawn(move || runtime.enter(|m| work(m, thread, round, is_over)));
        }
        let (mut incremental, mut rounds) = (0, BTreeSet::new());
        for number in 0..30 {
            options.is_whole = number % 5 == 0;
            let before = round.load(Ordering::Relaxed);
            let report = store.dump_with(&runtime, &options).unwrap();
            incremental += usize::from(report.is_incremental);
            rounds.insert(round.load(Ordering::Relaxed) - before);
            load(&memory).enter(|m| {
                for number in 0..THREADS * PAIRS {
                    let [a, b] = pair(number / PAIRS, number % PAIRS);
                    assert_eq!(said(m, a), said(m, b), "pair {number}");
                    let is_stored = |oid| m.object(oid).is_some_and(|object| object.space().is_some());
                    assert_eq!(is_stored(a), is_stored(b), "pair {number}");
                }
            });
        }
        assert_eq!(incremental, 24, "all but those that were to be whole");
        assert!(rounds.iter().any(|&rounds| rounds > 0), "nobody worked while it was dumped");
    });
    // What is left when all is quiet is the same both ways.
    options.is_whole = false;
    store.dump_with(&runtime, &options).unwrap();
    let by_changes = files(&memory);
    options.is_whole = true;
    store.dump_with(&runtime, &options).unwrap();
    assert_eq!(by_changes, files(&memory));
}

#[test]
fn dumps_that_are_asked_for_at_once_come_one_after_the_other_rps_16() {
    let runtime = graph();
    let memory = MemoryVfs::new();
    let store = Store::create(&arc(&memory), Path::new(ROOT)).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (store, runtime) = (&store, &runtime);
            scope.spawn(move || {
                for number in 0..5 {
                    runtime.enter(|m| {
                        let object = m.object(pair(thread, number)[0]).unwrap();
                        object.put_component(m, 0, Value::int(m, 7)).unwrap();
                        // A dump from within the runtime, too, keeps nobody from collecting.
                        store.dump(m.runtime()).unwrap();
                        m.collect();
                    });
                }
            });
        }
    });
    drop(store);
    let store = Store::open(&arc(&memory), Path::new(ROOT), Access::Read).unwrap();
    let (loaded, _) = store.load().unwrap();
    loaded.enter(|m| assert_eq!(said(m, pair(3, 4)[0]), Some(7)));
}

#[test]
fn within_a_transaction_nothing_is_dumped() {
    let runtime = graph();
    let store = Store::create(&arc(&MemoryVfs::new()), Path::new(ROOT)).unwrap();
    let refused = runtime.enter(|m| m.transaction(|| store.dump(m.runtime()))).unwrap_err();
    assert_eq!(refused.code(), "store::in-transaction");
    assert!(store.dump(&runtime).is_ok());
}
