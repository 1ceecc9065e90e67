//! The operations that the fault matrix strikes.

use std::io::Write as _;
use std::sync::{Arc, Barrier};

use rps_persist::generation::{self, RestoreError, RestoreOptions};
use rps_persist::native::Lazy;
use rps_persist::salvage::{self, SalvageError, SalvageOptions};
use rps_persist::vfs::Vfs;
use rps_persist::vfs::fault::{FaultVfs, OperationKind};
use rps_persist::vfs::memory::MemoryVfs;
use rps_persist::{Access, Store, SyncLevel};

use crate::graph::Graph;
use crate::matrix::{Disk, Process};
use crate::scene;
use crate::session::{self, Event, Ledger, Session};

/// An operation on a store.
pub(crate) struct Operation {
    /// What it is called.
    pub(crate) name: &'static str,
    /// Returns the disk on which it begins.
    pub(crate) base: fn() -> MemoryVfs,
    /// Brings the process to where the operation begins. Nothing fails before.
    pub(crate) begin: fn(&mut Process),
    /// Does it. What was promised is in the ledger.
    pub(crate) act: fn(&mut Process) -> Result<(), String>,
    /// On which disks it is done.
    pub(crate) disks: &'static [Disk],
    /// How durable its commits are.
    pub(crate) syncs: &'static [SyncLevel],
}

const ALL_DISKS: &[Disk] = &[Disk::Able, Disk::WithoutExchange, Disk::WithoutLinks];
const ONE_DISK: &[Disk] = &[Disk::Able];
const ALL_LEVELS: &[SyncLevel] = &[SyncLevel::Full, SyncLevel::Data, SyncLevel::None];
const FULL: &[SyncLevel] = &[SyncLevel::Full];

/// The operations, in the order in which a store sees them.
pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "first dump",
        base: MemoryVfs::new,
        begin: |process| {
            let mut session = Session::create(&process.vfs, scene::runtime());
            session.ledger = Ledger::holding(Graph::default());
            process.session = Some(session);
        },
        act: |process| done(process.session().dump()),
        disks: ALL_DISKS,
        syncs: FULL,
    },
    Operation {
        name: "full dump",
        base: stored,
        begin: |process| {
            // The runtime is not known to come from the store, so all of it is written.
            let store = Store::open(&process.vfs, session::ROOT.as_ref(), Access::Write).unwrap();
            let reader = Store::open(&process.vfs, session::ROOT.as_ref(), Access::Read).unwrap();
            let (runtime, _) = reader.load().unwrap();
            let ledger = Ledger::holding(Graph::of(&runtime));
            runtime.set_clock(Some(scene::LATER));
            runtime.enter(|m| scene::change_everything(m, 0));
            process.session =
                Some(Session { store, runtime, ledger, sync: SyncLevel::Full, is_based: false });
        },
        act: |process| done(process.session().dump()),
        disks: ALL_DISKS,
        syncs: FULL,
    },
    Operation {
        name: "dump after one change",
        base: stored,
        begin: |process| {
            process.open(Lazy::Never);
            process.session().runtime.enter(|m| scene::change_one(m, 4, "one change"));
        },
        act: |process| done(process.session().dump()),
        disks: ALL_DISKS,
        syncs: FULL,
    },
    Operation {
        name: "dump of what is opened lazily",
        base: stored,
        begin: |process| {
            process.open(Lazy::Always);
            process.session().runtime.enter(|m| scene::change_everything(m, 0));
        },
        act: |process| done(process.session().dump()),
        disks: ONE_DISK,
        syncs: FULL,
    },
    Operation {
        name: "dump without what was removed",
        base: stored,
        begin: |process| {
            process.open(Lazy::Never);
            process.session().runtime.enter(scene::remove_much);
        },
        act: |process| done(process.session().dump()),
        disks: ALL_DISKS,
        syncs: FULL,
    },
    Operation {
        name: "first commit",
        base: stored,
        begin: |process| {
            process.open(Lazy::Never);
            process.session().runtime.enter(|m| scene::change_everything(m, 0));
        },
        act: |process| done(process.session().commit()),
        disks: ONE_DISK,
        syncs: ALL_LEVELS,
    },
    Operation {
        name: "later commits",
        base: stored,
        begin: |process| {
            process.open(Lazy::Never);
            process.session().runtime.enter(|m| scene::change_everything(m, 0));
            process.session().commit().unwrap();
        },
        act: |process| {
            let mut result = Ok(());
            for round in 1..4 {
                process.session().runtime.enter(|m| scene::change_everything(m, round));
                // What one commit does not make durable, the next one does.
                result = done(process.session().commit()).and(result);
            }
            result
        },
        disks: ONE_DISK,
        syncs: ALL_LEVELS,
    },
    Operation {
        name: "commits of several levels",
        base: stored,
        begin: |process| process.open(Lazy::Never),
        act: |process| {
            let mut result = Ok(());
            for (round, sync) in
                [SyncLevel::Full, SyncLevel::None, SyncLevel::None, SyncLevel::Data, SyncLevel::None]
                    .into_iter()
                    .enumerate()
            {
                process.session().runtime.enter(|m| scene::change_one(m, round, "changed"));
                process.session().sync = sync;
                result = done(process.session().commit()).and(result);
            }
            result
        },
        disks: ONE_DISK,
        syncs: FULL,
    },
    Operation {
        name: "commit of a group",
        base: stored,
        begin: |process| {
            process.open(Lazy::Never);
            process.session().runtime.enter(|m| scene::change_everything(m, 0));
        },
        act: commit_as_group,
        disks: ONE_DISK,
        syncs: FULL,
    },
    Operation {
        name: "opening, with commits to replay",
        base: committed,
        begin: |process| process.before = Ledger::holding(held(&process.disk.inner().process_death())),
        act: open_and_commit,
        disks: ONE_DISK,
        syncs: FULL,
    },
    Operation {
        name: "opening after an interrupted dump",
        base: interrupted,
        begin: |process| process.before = Ledger::holding(held(&process.disk.inner().process_death())),
        act: open_and_commit,
        disks: ALL_DISKS,
        syncs: FULL,
    },
    Operation {
        name: "dump with commits before it",
        base: committed,
        begin: |process| {
            process.open(Lazy::Never);
            process.session().runtime.enter(|m| scene::change_one(m, 5, "before the dump"));
            process.session().commit().unwrap();
        },
        act: |process| {
            let dumped = done(process.session().dump());
            process.session().runtime.enter(|m| scene::change_one(m, 6, "after the dump"));
            done(process.session().commit()).and(dumped)
        },
        disks: ALL_DISKS,
        syncs: &[SyncLevel::Full, SyncLevel::None],
    },
    Operation {
        name: "dump with commits meanwhile",
        base: stored,
        begin: |process| {
            process.open(Lazy::Never);
            process.session().runtime.enter(|m| scene::change_one(m, 5, "before the dump"));
        },
        act: dump_and_commit,
        disks: ONE_DISK,
        syncs: &[SyncLevel::Full, SyncLevel::None],
    },
    Operation {
        name: "dump after a failed dump",
        base: stored,
        begin: |process| {
            process.open(Lazy::Never);
            process.session().runtime.enter(|m| scene::change_one(m, 5, "before the dump"));
            process.disk.fill_at(process.disk.count() + 12);
            process.session().dump().unwrap_err();
            process.disk.heal();
            process.session().runtime.enter(|m| scene::change_one(m, 6, "between the dumps"));
            process.session().commit().unwrap();
        },
        act: |process| done(process.session().dump()),
        disks: ALL_DISKS,
        syncs: FULL,
    },
    Operation {
        name: "dump after one that failed at its end",
        base: stored,
        begin: |process| {
            let change =
                |session: &mut Session| session.runtime.enter(|m| scene::change_one(m, 5, "before the dump"));
            process.open(Lazy::Never);
            change(process.session());
            // Where the new generation takes the place of the old one: the marker of its commits is there already.
            let trial = FaultVfs::new(process.disk.inner().process_death());
            let mut session = Session::open(&(Arc::new(trial.clone()) as Arc<dyn Vfs>), Lazy::Never).unwrap();
            session.runtime.set_clock(Some(scene::LATER));
            change(&mut session);
            let first = trial.count();
            session.dump().unwrap();
            let exchange =
                trial.trace().iter().position(|operation| operation.kind == OperationKind::Exchange);
            process.disk.fail_at(process.disk.count() + exchange.unwrap() - first, 5);
            process.session().dump().unwrap_err();
            process.disk.heal();
            process.session().runtime.enter(|m| scene::change_one(m, 6, "between the dumps"));
            process.session().commit().unwrap();
        },
        act: |process| {
            process.session().runtime.enter(|m| scene::change_one(m, 7, "after the failed dump"));
            let committed = done(process.session().commit());
            done(process.session().dump()).and(committed)
        },
        disks: ONE_DISK,
        syncs: FULL,
    },
    Operation {
        name: "restore",
        base: committed,
        begin: |process| {
            let disk = process.disk.inner();
            process.before = Ledger::holding(held(&disk.process_death()));
            // When the generation is in its place, the commits to the other one are put aside. Who comes in between is told.
            process.before.ask(Graph::of_two_generations());
            process.before.ask(after(disk, |vfs| done(restore(vfs))));
        },
        act: |process| promise_second(process, |vfs| done(restore(vfs))),
        disks: ALL_DISKS,
        syncs: FULL,
    },
    Operation {
        name: "salvage",
        base: damaged,
        begin: |process| {
            process.before = Ledger::holding(Graph::damaged());
            // What a generation before still has can not be taken where that can not be read.
            let poorer = process.disk.inner().process_death();
            poorer.remove_dir_all("/store/.rps/previous".as_ref()).unwrap();
            process.before.ask(after(&poorer, |vfs| done(salvage(vfs))));
            let salvaged = after(process.disk.inner(), |vfs| done(salvage(vfs)));
            process.before.ask(salvaged);
        },
        act: |process| promise_second(process, |vfs| done(salvage(vfs))),
        disks: ALL_DISKS,
        syncs: FULL,
    },
];

fn restore(vfs: &Arc<dyn Vfs>) -> Result<(), RestoreError> {
    generation::restore(vfs, session::ROOT.as_ref(), None, &RestoreOptions::default()).map(drop)
}

fn salvage(vfs: &Arc<dyn Vfs>) -> Result<(), SalvageError> {
    salvage::salvage(vfs, session::ROOT.as_ref(), &SalvageOptions::default()).map(drop)
}

/// Returns what a store holds after an operation without faults on a copy of the disk.
fn after(disk: &MemoryVfs, act: fn(&Arc<dyn Vfs>) -> Result<(), String>) -> Graph {
    let disk = disk.process_death();
    act(&(Arc::new(disk.clone()) as Arc<dyn Vfs>)).unwrap();
    held(&disk)
}

/// Does something after which the first state may not be found any more, if it succeeds.
fn promise_second(
    process: &mut Process,
    act: impl FnOnce(&Arc<dyn Vfs>) -> Result<(), String>,
) -> Result<(), String> {
    let result = act(&process.vfs);
    if result.is_ok() {
        process.before.promise(1, SyncLevel::Full);
    }
    result
}

/// Returns a disk with a store in which one record can not be read.
fn damaged() -> MemoryVfs {
    let disk = stored();
    let is_large = |path: &&std::path::PathBuf| path.starts_with("/store/spaces/large");
    let files = disk.files();
    let path = files.keys().find(is_large).expect("the large space has files");
    let text = String::from_utf8(files[path].clone()).unwrap();
    disk.remove_file(path).unwrap();
    let mut file = disk.create(path).unwrap();
    file.write_all(text.replacen("\n,\"mtime\":", "\n,\"mtime\":nonsense", 1).as_bytes()).unwrap();
    file.sync().unwrap();
    disk.sync_dir(path.parent().unwrap()).unwrap();
    disk.power_loss(0)
}

fn done<T, E: std::fmt::Display>(result: Result<T, E>) -> Result<(), String> {
    result.map(drop).map_err(|error| error.to_string())
}

/// Returns a disk with a store that was dumped, all of it durable.
fn stored() -> MemoryVfs {
    let disk = MemoryVfs::new();
    let vfs: Arc<dyn Vfs> = Arc::new(disk.clone());
    let mut session = Session::create(&vfs, scene::runtime());
    // Dumps before the last one, so that the next also removes a generation.
    for number in 0..3 {
        session.runtime.enter(|m| scene::change_one(m, 20, &format!("generation {number}")));
        session.dump().unwrap();
    }
    drop(session);
    disk.power_loss(0)
}

/// Returns a disk with a store that has commits of two sessions.
fn committed() -> MemoryVfs {
    let disk = stored();
    let vfs: Arc<dyn Vfs> = Arc::new(disk.clone());
    for number in 0..2 {
        let mut session = Session::open(&vfs, Lazy::Never).unwrap();
        session.runtime.set_clock(Some(scene::LATER - 1));
        session.runtime.enter(|m| scene::change_everything(m, number));
        session.commit().unwrap();
        session.runtime.enter(|m| scene::change_one(m, 1, "the last one"));
        session.commit().unwrap();
    }
    disk.power_loss(0)
}

/// Returns a disk on which a dump, to which commits were made before and meanwhile, was interrupted between the two renames
/// that replace a generation where directories can not be exchanged.
fn interrupted() -> MemoryVfs {
    let base = committed();
    let run = |crash: Option<usize>| {
        let fault = FaultVfs::new(base.process_death());
        fault.without_exchange(22);
        let vfs: Arc<dyn Vfs> = Arc::new(fault.clone());
        let mut session = Session::open(&vfs, Lazy::Never).unwrap();
        session.runtime.set_clock(Some(scene::LATER - 1));
        session.runtime.enter(|m| scene::change_one(m, 2, "to be dumped"));
        session.commit().unwrap();
        crash.into_iter().for_each(|at| fault.crash_at(at));
        let _ = session.dump();
        fault
    };
    let clean = run(None);
    let renames = clean.trace().iter().rposition(|operation| {
        operation.kind == OperationKind::Rename
            && operation.other.as_ref().is_some_and(|to| to.ends_with("spaces"))
    });
    run(renames).inner().process_death()
}

/// Returns what a store holds.
fn held(disk: &MemoryVfs) -> Graph {
    session::read(&(Arc::new(disk.clone()) as Arc<dyn Vfs>), Lazy::Never).unwrap()
}

/// How the error begins of an operation that gives something else than what was promised, instead of failing.
pub(crate) const LOST: &str = "LOST: ";

fn open_and_commit(process: &mut Process) -> Result<(), String> {
    let mut session = Session::open(&process.vfs, Lazy::Never).map_err(|error| error.to_string())?;
    session.runtime.set_clock(Some(scene::LATER));
    session.ledger = process.before.clone();
    let found = Graph::of(&session.runtime);
    if !session.ledger.allowed(Event::Death).contains(&found) {
        return Err(format!("{LOST}it opens as another state"));
    }
    session.runtime.enter(|m| scene::change_one(m, 6, "after opening"));
    let result = done(session.commit());
    process.session = Some(session);
    result
}

fn commit_as_group(process: &mut Process) -> Result<(), String> {
    let session = process.session.as_mut().expect("it is open");
    let number = session.ledger.ask(Graph::of(&session.runtime));
    let (store, runtime) = (&session.store, &session.runtime);
    let begin = Barrier::new(4);
    let results: Vec<_> = std::thread::scope(|scope| {
        let commit = || {
            begin.wait();
            store.commit(runtime, &session::commit_options(SyncLevel::Full))
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(commit)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    if results.iter().any(Result::is_ok) {
        session.ledger.promise(number, SyncLevel::Full);
    }
    results.into_iter().map(done).find(Result::is_err).unwrap_or(Ok(()))
}

/// Dumps on one thread and commits on another.
fn dump_and_commit(process: &mut Process) -> Result<(), String> {
    let session = process.session.as_mut().expect("it is open");
    let before = session.ledger.ask(Graph::of(&session.runtime));
    let Session { store, runtime, ledger, sync, .. } = session;
    let begin = Barrier::new(2);
    let mut result = Ok(());
    let dumped = std::thread::scope(|scope| {
        let dump = scope.spawn(|| {
            begin.wait();
            done(store.dump_with(runtime, &session::dump_options()))
        });
        begin.wait();
        for round in 0..3 {
            let changed: Result<(), ()> = runtime.enter(|m| {
                m.transaction(|| {
                    scene::change_one(m, 7, "meanwhile");
                    scene::change_one(m, 8 + round, "meanwhile");
                    Ok(())
                })
            });
            changed.unwrap();
            let number = ledger.ask(Graph::of(runtime));
            let committed = done(store.commit(runtime, &session::commit_options(*sync)));
            if committed.is_ok() {
                ledger.promise(number, *sync);
            }
            result = committed.and(std::mem::replace(&mut result, Ok(())));
        }
        dump.join().unwrap()
    });
    if dumped.is_ok() {
        ledger.promise(before, SyncLevel::Full);
    }
    dumped.and(result)
}
