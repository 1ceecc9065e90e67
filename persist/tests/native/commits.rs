//! What was committed is what is loaded: as if a dump had written it (RPS-12).

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use proptest::prelude::*;
use rps_persist::native::{CommitOptions, LoadOptions, Replay, journal_info};
use rps_persist::vfs::fault::{FaultVfs, OperationKind};
use rps_persist::vfs::memory::MemoryVfs;
use rps_persist::vfs::{RealVfs, Vfs};
use rps_persist::{Access, CommitReport, Store, SyncLevel, check};
use rps_runtime::object::Payload;
use rps_runtime::value::View;
use rps_runtime::{Mutator, ObjectRef, Oid, Runtime, Value, known};

use crate::fake::Given;
use crate::support::{ROOT, SPACE, THING, arc, dumped, files, load, make_space, open, small};

fn writer(memory: &MemoryVfs) -> Store {
    Store::open(&arc(memory), Path::new(ROOT), Access::Write).unwrap()
}

fn commit(store: &Store, runtime: &Runtime) -> CommitReport {
    store.commit(runtime, &CommitOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn put(m: &Mutator<'_>, object: ObjectRef, value: Value) {
    object.put_attribute(m, m.object(known::COMMENT).unwrap(), value).unwrap();
}

fn comment(runtime: &Runtime, oid: Oid) -> Option<i64> {
    runtime.enter(|m| match m.object(oid)?.get_attribute(m.object(known::COMMENT)?)?.view() {
        View::Int(int) => Some(int),
        _ => None,
    })
}

/// Returns a store with one object, and a runtime that was loaded from it.
fn loaded() -> (MemoryVfs, Store, Runtime) {
    let memory = dumped(&small(|_, _| {}));
    let store = writer(&memory);
    let (runtime, report) = store.load().unwrap();
    assert_eq!(report.commits, 0);
    (memory, store, runtime)
}

#[test]
fn a_commit_is_found_by_the_next_opening_and_leaves_the_generation_alone() {
    let (memory, store, runtime) = loaded();
    let before = files(&memory);
    runtime.enter(|m| put(m, m.object(THING).unwrap(), Value::int(m, 7)));
    assert_eq!(comment(&load(&memory), THING), None, "not committed");
    let report = commit(&store, &runtime);
    assert_eq!((report.record, report.objects, report.removed), (1, 1, 0));
    assert_eq!(comment(&load(&memory), THING), Some(7));
    assert_eq!(files(&memory), before);
    assert_eq!(commit(&store, &runtime).record, 0, "nothing has changed");
    let (_, report) = open(&memory).load().unwrap();
    assert_eq!((report.commits, report.objects), (1, 2));
    store.dump(&runtime).unwrap();
    assert_eq!(open(&memory).load().unwrap().1.commits, 0, "the dump holds it");
    assert_eq!(comment(&load(&memory), THING), Some(7));
}

#[test]
fn what_was_committed_counts_as_not_dumped_when_it_is_loaded() {
    let (memory, store, runtime) = loaded();
    runtime.enter(|m| {
        put(m, m.object(THING).unwrap(), Value::int(m, 7));
        m.add_root(m.object(THING).unwrap());
    });
    commit(&store, &runtime);
    let changes = load(&memory).enter(|m| m.changes());
    assert_eq!((changes.undumped, changes.is_graph_undumped), (vec![THING], true));
    assert_eq!((changes.uncommitted, changes.is_graph_uncommitted), (Vec::new(), false));
}

#[test]
fn a_session_after_a_session_goes_on() {
    let memory = dumped(&small(|_, _| {}));
    for n in 0..5 {
        let store = writer(&memory);
        let (runtime, _) = store.load().unwrap();
        assert_eq!(comment(&runtime, THING), (n > 0).then_some(n - 1));
        runtime.enter(|m| put(m, m.object(THING).unwrap(), Value::int(m, n)));
        assert_eq!(commit(&store, &runtime).record, n as u64 + 1);
    }
    let info = journal_info(&memory, Path::new(ROOT)).unwrap();
    assert_eq!((info.commits.len(), info.objects, info.is_of_generation), (5, 1, true));
    assert_eq!(info.commits[4].segment, 5);
}

#[test]
fn what_refuses_a_commit_says_so_by_its_code() {
    let (memory, store, runtime) = loaded();
    let code = |store: &Store, runtime: &Runtime| {
        let error = store.commit(runtime, &CommitOptions::default()).unwrap_err();
        assert!(error.hint().is_some(), "{error}");
        error.code()
    };
    assert_eq!(code(&open(&memory), &runtime), "commit::read-only");
    runtime.enter(|m| {
        let inside = m.transaction(|| Err::<(), _>(code(&store, &runtime)));
        assert_eq!(inside, Err("commit::in-transaction"));
    });
    drop(store);
    assert_eq!(code(&writer(&memory), &runtime), "commit::no-generation", "not loaded from it");
    let fresh = Store::create(&arc(&memory), Path::new("/fresh")).unwrap();
    assert_eq!(code(&fresh, &runtime), "commit::no-generation", "nothing was dumped to it");
    fresh.dump(&runtime).unwrap();
    commit(&fresh, &runtime);
}

#[test]
fn a_payload_that_fails_refuses_the_commit_and_nothing_is_lost() {
    let (memory, store, runtime) = loaded();
    let failing = Given { name: crate::fake::POINT, values: Vec::new(), form: Err("on purpose") };
    runtime.enter(|m| {
        let thing = m.object(THING).unwrap();
        put(m, thing, Value::int(m, 7));
        thing.set_payload(m, Some(Payload::Foreign(Arc::new(failing))));
    });
    let error = store.commit(&runtime, &CommitOptions::default()).unwrap_err();
    assert!(error.to_string().contains("on purpose"), "{error}");
    runtime.enter(|m| {
        let given = Given {
            name: crate::fake::POINT,
            values: Vec::new(),
            form: Ok(rps_runtime::extension::PayloadForm::Json("{\"x\":1}".to_owned())),
        };
        m.object(THING).unwrap().set_payload(m, Some(Payload::Foreign(Arc::new(given))));
    });
    commit(&store, &runtime);
    let (kept, report) = open(&memory).load().unwrap();
    assert_eq!((comment(&kept, THING), report.kept_payloads), (Some(7), 1));
    assert!(report.report.problems()[0].file.starts_with(".rps/journal"), "{}", report.report);
    let mut options = LoadOptions::default();
    options.extensions = Arc::new(crate::fake::Fake::with_points());
    let (alive, report) = open(&memory).load_with(&options).unwrap();
    assert_eq!((report.foreign_payloads, report.kept_payloads), (1, 0));
    drop(alive);
}

#[test]
fn commits_to_another_generation_are_kept_until_somebody_decides() {
    let (memory, store, runtime) = loaded();
    runtime.enter(|m| put(m, m.object(THING).unwrap(), Value::int(m, 7)));
    commit(&store, &runtime);
    drop(store);
    // Somebody puts another generation there, as git does.
    let other = files(&dumped(&small(|m, thing| put(m, thing, m.string("other")))));
    memory.remove_dir_all(Path::new("/store/spaces")).unwrap();
    memory.create_dir(Path::new("/store/spaces")).unwrap();
    for (path, content) in other {
        memory.create(&path).unwrap().write_all(&content).unwrap();
    }
    let error = Store::open(&arc(&memory), Path::new(ROOT), Access::Read).unwrap_err();
    assert_eq!(error.code(), "journal::other-base");
    assert_eq!(check(&arc(&memory), Path::new(ROOT)).problems()[0].code.as_str(), "journal::other-base");
    assert!(!journal_info(&memory, Path::new(ROOT)).unwrap().is_of_generation);
    let store = writer(&memory);
    assert_eq!(store.load().err().unwrap().code(), "journal::other-base");
    let mut options = LoadOptions::default();
    options.replay = Replay::Nothing;
    assert_eq!(comment(&store.load_with(&options).unwrap().0, THING), None);
    options.replay = Replay::All;
    let (applied, _) = store.load_with(&options).unwrap();
    assert_eq!(comment(&applied, THING), Some(7));
    let refused = store.commit(&applied, &CommitOptions::default()).unwrap_err();
    assert_eq!(refused.code(), "commit::no-generation", "it is not what the generation and its commits are");
    store.dump(&applied).unwrap();
    assert_eq!(comment(&load(&memory), THING), Some(7));
}

#[test]
fn eight_threads_commit_and_all_is_found() {
    let fault = FaultVfs::new(MemoryVfs::new());
    let vfs: Arc<dyn Vfs> = Arc::new(fault.clone());
    let runtime = Runtime::new();
    let oids: Vec<Oid> = runtime.enter(|m| {
        let space = make_space(m);
        let class = m.class(known::OBJECT);
        (0..8)
            .map(|_| {
                let object = m.new_object(class);
                object.set_space(m, Some(space));
                object.oid()
            })
            .collect()
    });
    let store = Store::create(&vfs, Path::new(ROOT)).unwrap();
    store.dump(&runtime).unwrap();
    let before = fault.count();
    std::thread::scope(|scope| {
        for &oid in &oids {
            let (store, runtime) = (&store, &runtime);
            scope.spawn(move || {
                for n in 1..=20 {
                    runtime.enter(|m| put(m, m.object(oid).unwrap(), Value::int(m, n)));
                    commit(store, runtime);
                }
            });
        }
    });
    let trace = fault.trace();
    let of = |kind| trace[before..].iter().filter(|operation| operation.kind == kind).count();
    assert!(of(OperationKind::Write) <= 161, "a commit is one write, and there may be fewer");
    let found = load(fault.inner());
    assert!(oids.iter().all(|&oid| comment(&found, oid) == Some(20)));
}

#[test]
fn readers_beside_a_writer_find_what_was_committed_before_they_came() {
    let dir = tempfile::tempdir().unwrap();
    let vfs: Arc<dyn Vfs> = Arc::new(RealVfs);
    let store = Store::create(&vfs, dir.path()).unwrap();
    let runtime = small(|_, _| {});
    store.dump(&runtime).unwrap();
    let (committed, opened) = (AtomicI64::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let options = CommitOptions::synced(SyncLevel::None);
            let mut n = 0;
            while opened.load(Ordering::Relaxed) < 60 {
                n += 1;
                runtime.enter(|m| put(m, m.object(THING).unwrap(), Value::int(m, n)));
                store.commit(&runtime, &options).unwrap();
                committed.store(n, Ordering::Release);
                if n % 7 == 0 {
                    store.dump(&runtime).unwrap();
                }
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..30 {
                    let least = committed.load(Ordering::Acquire);
                    let (found, _) = Store::open(&vfs, dir.path(), Access::Read).unwrap().load().unwrap();
                    let found = comment(&found, THING).unwrap_or(0);
                    assert!(found >= least, "found {found}, and {least} was committed before");
                    opened.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        writing.join().unwrap();
    });
}

#[test]
fn a_commit_that_fails_is_in_the_next_one_whatever_fails() {
    let memory = dumped(&small(|_, _| {}));
    let run = |fault: &FaultVfs<MemoryVfs>, plan: &dyn Fn(&FaultVfs<MemoryVfs>)| {
        let vfs: Arc<dyn Vfs> = Arc::new(fault.clone());
        let store = Store::open(&vfs, Path::new(ROOT), Access::Write).unwrap();
        let (runtime, _) = store.load().unwrap();
        runtime.enter(|m| put(m, m.object(THING).unwrap(), Value::int(m, 7)));
        let before = fault.count();
        plan(fault);
        let first = store.commit(&runtime, &CommitOptions::default());
        let operations = fault.count() - before;
        runtime.enter(|m| m.add_root(m.object(SPACE).unwrap()));
        commit(&store, &runtime);
        (first.is_ok(), operations)
    };
    let (_, operations) = run(&FaultVfs::new(memory.process_death()), &|_| {});
    let mut failed = 0;
    for n in 0..operations {
        for errno in [5, 13, 28] {
            let fault = FaultVfs::new(memory.process_death());
            let (succeeded, _) = run(&fault, &|fault| fault.fail_at(fault.count() + n, errno));
            failed += usize::from(!succeeded);
            let found = load(&fault.inner().process_death());
            assert_eq!(comment(&found, THING), Some(7), "operation {n}");
            assert_eq!(found.enter(|m| m.roots().len()), 1);
        }
    }
    assert!(failed >= operations, "only {failed} failures of {operations} operations were told");
}

/// A change of a graph; objects are named by numbers.
#[derive(Debug, Clone)]
enum Change {
    Attribute(usize, usize, Option<usize>),
    Component(usize, usize),
    Vector(usize, usize),
    Symbol(usize),
    Space(usize, usize),
    Remove(usize),
    Root(usize, bool),
    Annotation(u8),
    Commit,
    Reopen,
    Dump,
}

const OBJECTS: usize = 6;

fn change() -> impl Strategy<Value = Change> {
    let object = 0..OBJECTS;
    prop_oneof![
        3 => (object.clone(), object.clone(), prop::option::of(object.clone()))
            .prop_map(|(o, key, value)| Change::Attribute(o, key, value)),
        2 => (object.clone(), object.clone()).prop_map(|(o, value)| Change::Component(o, value)),
        1 => (object.clone(), object.clone()).prop_map(|(o, value)| Change::Vector(o, value)),
        1 => object.clone().prop_map(Change::Symbol),
        2 => (object.clone(), 0..2usize).prop_map(|(o, space)| Change::Space(o, space)),
        2 => object.clone().prop_map(Change::Remove),
        1 => (object, any::<bool>()).prop_map(|(o, add)| Change::Root(o, add)),
        1 => any::<u8>().prop_map(Change::Annotation),
        3 => Just(Change::Commit),
        1 => Just(Change::Reopen),
        1 => Just(Change::Dump),
    ]
}

const OTHER_SPACE: Oid = Oid::known("_9Ib7KNsLJeqA6rWFiZ");

fn oid(number: usize) -> Oid {
    const OIDS: [Oid; OBJECTS] = [
        THING,
        Oid::known("_02iWbXmFx8f04ldLRt"),
        Oid::known("_083n2ydb4Zm03bbZW1"),
        Oid::known("_0abcdefghij00kLmNo"),
        Oid::known("_0bcdefghijk00lMnOp"),
        Oid::known("_0cdefghijkl00mNoPq"),
    ];
    OIDS[number]
}

/// Makes a change. What has left its space is put into it again before it changes: what is not stored is not committed.
fn apply(m: &Mutator<'_>, change: &Change, has_removed: &mut bool) {
    *has_removed |= matches!(change, Change::Remove(_));
    if let Change::Attribute(o, ..) | Change::Component(o, _) | Change::Vector(o, _) | Change::Symbol(o) =
        *change
        && *has_removed
    {
        apply(m, &Change::Space(o, 0), &mut false);
    }
    let object = |number| {
        let object = m.object_or_skeleton(oid(number));
        if object.class().is_none() {
            object.set_class(m, m.class(known::OBJECT)).unwrap();
        }
        object
    };
    match *change {
        Change::Attribute(o, key, Some(value)) => {
            object(o).put_attribute(m, object(key), object(value).into()).unwrap();
        }
        Change::Attribute(o, key, None) => drop(object(o).remove_attribute(m, object(key))),
        Change::Component(o, value) => object(o).push_component(m, object(value).into()),
        Change::Vector(o, value) => {
            let vector = m.new_object(m.class(known::VALUE_VECTOR));
            vector.set_payload(m, Some(Payload::ValueVector(vec![object(value).into()])));
            object(o).push_component(m, vector.into());
        }
        Change::Symbol(o) => {
            if !object(o).has_payload()
                && let Ok(symbol) = m.make_symbol(&format!("name{o}"), false)
            {
                symbol.set_space(m, m.object(SPACE));
                object(o).push_component(m, symbol.into());
            }
        }
        Change::Space(o, space) => {
            let other = m.object_or_skeleton(OTHER_SPACE);
            if other.class().is_none() {
                other.set_class(m, m.class(known::SPACE)).unwrap();
                other.set_payload(m, Some(Payload::Space));
                other.set_space(m, Some(other));
            }
            object(o).set_space(m, if space == 0 { m.object(SPACE) } else { Some(other) });
        }
        Change::Remove(o) => object(o).set_space(m, None),
        Change::Root(o, true) => drop(m.add_root(object(o))),
        Change::Root(o, false) => drop(m.remove_root(object(o))),
        Change::Annotation(n) => m.runtime().set_annotation("note", (n > 9).then(|| n.to_string())),
        Change::Commit | Change::Reopen | Change::Dump => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Whatever happens, a store that is opened again is the store that would have been dumped at the last commit.
    #[test]
    fn a_journal_is_worth_a_dump(changes in prop::collection::vec(change(), 1..40)) {
        let memory = dumped(&small(|_, _| {}));
        let mut store = writer(&memory);
        let mut runtime = store.load().unwrap().0;
        let mut expected = files(&memory);
        let mut has_removed = false;
        for change in &changes {
            runtime.enter(|m| apply(m, change, &mut has_removed));
            match change {
                Change::Commit => {
                    commit(&store, &runtime);
                    expected = files(&dumped(&runtime));
                }
                Change::Dump => {
                    store.dump(&runtime).unwrap();
                    expected = files(&memory);
                }
                Change::Reopen => {
                    drop(store);
                    store = writer(&memory);
                    runtime = store.load().unwrap().0;
                }
                _ => {}
            }
            let found = files(&dumped(&load(&memory)));
            prop_assert_eq!(texts(&found), texts(&expected), "after {:?}", change);
        }
    }
}

fn texts(files: &std::collections::BTreeMap<std::path::PathBuf, Vec<u8>>) -> Vec<(String, String)> {
    let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
    files.iter().map(|(path, bytes)| (path.display().to_string(), text(bytes))).collect()
}

#[test]
fn a_space_that_is_removed_as_a_whole_is_none_any_more() {
    let (memory, store, runtime) = loaded();
    runtime.enter(|m| {
        m.object(THING).unwrap().set_space(m, None);
        m.object(SPACE).unwrap().set_space(m, None);
    });
    assert_eq!(commit(&store, &runtime).removed, 2);
    let (_, report) = open(&memory).load().unwrap();
    assert_eq!((report.objects, report.spaces), (0, 0));
}
