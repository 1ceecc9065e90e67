//! Dumps that go on from the generation before: the same bytes as a dump of all objects, and little work.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;
use rps_persist::native::{CommitOptions, DumpOptions, DumpReport};
use rps_persist::vfs::Vfs;
use rps_persist::vfs::fault::{FaultVfs, OperationKind};
use rps_persist::vfs::memory::MemoryVfs;
use rps_persist::{Access, Store};
use rps_runtime::object::Payload;
use rps_runtime::object::payload::{Capture, Function};
use rps_runtime::value::{ClosureRef, TupleRef};
use rps_runtime::{Mutator, ObjectRef, Oid, Runtime, Value, known};

use crate::support::{ROOT, THING, arc, files, load, make_space, small, stored};

/// How many objects the changes are about, and how many spaces they can be in.
const OBJECTS: usize = 40;
const SPACES: usize = 3;

/// What happens between two dumps.
#[derive(Debug, Clone)]
enum Step {
    /// A text of so many bytes becomes an attribute.
    Grow(usize, usize),
    /// A reference becomes a component.
    Refer(usize, usize),
    /// A reference becomes the key of an attribute, or a collection that is a part of the object.
    Need(usize, usize, bool),
    /// All attributes and components go.
    Clear(usize),
    /// The object goes into a space, or out of all.
    Move(usize, Option<usize>),
    /// The space gets another name.
    Rename(usize, usize),
    /// The object becomes a function, whose `return` ends the call that its closures capture first or second.
    Define(usize, bool),
    /// A closure of an object becomes a component.
    Close(usize, usize),
    /// The object becomes a root, or none any more.
    Root(usize),
    Dump,
    /// The store is closed, opened and loaded.
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let object = || 0..OBJECTS;
    prop_oneof![
        4 => (object(), 0usize..300).prop_map(|(n, size)| Step::Grow(n, size)),
        4 => (object(), object()).prop_map(|(n, other)| Step::Refer(n, other)),
        2 => (object(), object(), any::<bool>()).prop_map(|(n, other, is_key)| Step::Need(n, other, is_key)),
        2 => object().prop_map(Step::Clear),
        4 => (object(), prop::option::of(0..SPACES)).prop_map(|(n, space)| Step::Move(n, space)),
        1 => (0..SPACES, 0usize..4).prop_map(|(n, name)| Step::Rename(n, name)),
        1 => (object(), any::<bool>()).prop_map(|(n, is_first)| Step::Define(n, is_first)),
        1 => (object(), object()).prop_map(|(n, other)| Step::Close(n, other)),
        1 => object().prop_map(Step::Root),
        6 => Just(Step::Dump),
        1 => Just(Step::Reopen),
    ]
}

/// Returns oids of which many begin with the same digits.
fn oid(n: usize) -> Oid {
    let n = n as u64;
    Oid::from_words(n / 4 * 150_000_000_000_000_000 + n * 400_000_000_000 + 1_000_000, 1_000_000 + n).unwrap()
}

fn numbered(n: usize) -> Oid {
    Oid::from_words(4_000_000_000_000_000 * n as u64 + 1_000_000, 1_000_000).unwrap()
}

fn space_oid(n: usize) -> Oid {
    Oid::from_words(5_000_000_000_000_000_000 + 1000 * n as u64, 7_000_000).unwrap()
}

fn object(m: &Mutator<'_>, n: usize) -> ObjectRef {
    let object = m.object_or_skeleton(oid(n));
    if object.class().is_none() {
        object.set_class_unchecked(Some(m.class(known::OBJECT)));
    }
    object
}

fn space(m: &Mutator<'_>, n: usize) -> ObjectRef {
    m.object_or_skeleton(space_oid(n))
}

fn make(m: &Mutator<'_>) {
    make_space(m);
    for n in 0..SPACES {
        let space = stored(m, space_oid(n), known::SPACE, None);
        space.install_payload(m, Some(Payload::Space));
    }
    for n in 0..OBJECTS {
        let object = object(m, n);
        object.set_space(m, (n % 4 > 0).then(|| space(m, n % SPACES)));
    }
}

fn apply(m: &Mutator<'_>, step: &Step) {
    let _suspended = m.suspend_collections();
    match *step {
        Step::Grow(n, size) => {
            object(m, n)
                .put_attribute(m, m.object(known::COMMENT).unwrap(), m.string(&"x".repeat(size)))
                .unwrap();
        }
        Step::Refer(n, other) => object(m, n).push_component(m, object(m, other).into()),
        Step::Need(n, other, true) => object(m, n).put_attribute(m, object(m, other), Value::TRUE).unwrap(),
        Step::Need(n, other, false) => {
            let number = (n * OBJECTS + other) as u64;
            let vector = m.object_or_skeleton(Oid::from_words(2_000_000 + number, 9_000_000).unwrap());
            vector.set_class_unchecked(Some(m.class(known::VALUE_VECTOR)));
            vector.set_payload(m, Some(Payload::ValueVector(vec![object(m, other).into()])));
            object(m, n).push_component(m, vector.into());
        }
        Step::Clear(n) => {
            let object = object(m, n);
            let keys: Vec<ObjectRef> = object.attributes().map(|(key, _)| key).collect();
            for key in keys {
                object.remove_attribute(m, key).unwrap();
            }
            while object.component_count() > 0 {
                object.remove_component(m, 0).unwrap();
            }
        }
        Step::Move(n, to) => object(m, n).set_space(m, to.map(|to| space(m, to))),
        Step::Rename(n, name) => {
            let name = ["a", "b", "core", ""][name];
            space(m, n).put_attribute(m, m.object(known::NAME).unwrap(), m.string(name)).unwrap();
        }
        Step::Define(n, is_first) => {
            let capture = |name: &str| Capture { name: name.into(), shared: false };
            let names = if is_first { ["return", "x"] } else { ["x", "return"] };
            let function = Function::new("1", Vec::new(), names.map(capture).to_vec());
            object(m, n).set_payload(m, Some(Payload::Function(Box::new(function))));
        }
        Step::Close(n, other) => {
            let env = [Value::int(m, 1), Value::int(m, 2)];
            let closure = ClosureRef::with_meta(m, object(m, other), &env, None).unwrap();
            object(m, n).push_component(m, closure.into());
        }
        Step::Root(n) => {
            let object = object(m, n);
            if !m.add_root(object) {
                m.remove_root(object);
            }
        }
        Step::Dump | Step::Reopen => {}
    }
}

fn open(memory: &MemoryVfs) -> (Store, Runtime) {
    let store = Store::open(&arc(memory), Path::new(ROOT), Access::Write).unwrap();
    let (runtime, _) = store.load().unwrap();
    (store, runtime)
}

fn limited(limit: usize) -> DumpOptions {
    let mut options = DumpOptions::default();
    options.file_limit = limit;
    options
}

/// Returns what a dump of all objects writes into an empty store.
fn whole(runtime: &Runtime, limit: usize) -> BTreeMap<PathBuf, Vec<u8>> {
    let memory = MemoryVfs::new();
    let store = Store::create(&arc(&memory), Path::new(ROOT)).unwrap();
    assert!(!store.dump_with(runtime, &limited(limit)).unwrap().is_incremental);
    files(&memory)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn dumps_one_after_the_other_give_the_bytes_of_a_whole_one_rps_3(
        steps in prop::collection::vec(step(), 1..60),
        limit in prop::sample::select(vec![300usize, 1000, 5000]),
    ) {
        let memory = MemoryVfs::new();
        let mut store = Store::create(&arc(&memory), Path::new(ROOT)).unwrap();
        let mut runtime = Runtime::new();
        runtime.enter(make);
        store.dump_with(&runtime, &limited(limit)).unwrap();
        for step in steps.iter().chain([&Step::Dump]) {
            match step {
                Step::Dump => {
                    let report = store.dump_with(&runtime, &limited(limit)).unwrap();
                    prop_assert!(report.is_incremental);
                    let (incremental, whole) = (files(&memory), whole(&runtime, limit));
                    let paths = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
                    prop_assert_eq!(paths(&incremental), paths(&whole));
                    for (path, content) in &incremental {
                        prop_assert_eq!(String::from_utf8_lossy(content), String::from_utf8_lossy(&whole[path]));
                    }
                }
                Step::Reopen => {
                    // What was not dumped is lost.
                    drop(store);
                    (store, runtime) = open(&memory);
                }
                step => runtime.enter(|m| apply(m, step)),
            }
        }
    }
}

/// Returns a store of a hundred spaces with ten objects each, and its runtime.
fn hundred(vfs: &Arc<dyn Vfs>) -> (Store, Runtime) {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        make_space(m);
        for n in 0..100 {
            let space = stored(m, space_oid(n), known::SPACE, None);
            space.install_payload(m, Some(Payload::Space));
            for k in 0..10 {
                stored(m, numbered(10 * n + k), known::OBJECT, Some(space))
                    .push_component(m, Value::int(m, 7));
            }
        }
    });
    let store = Store::create(vfs, Path::new(ROOT)).unwrap();
    store.dump(&runtime).unwrap();
    drop((store, runtime));
    let store = Store::open(vfs, Path::new(ROOT), Access::Write).unwrap();
    let (runtime, _) = store.load().unwrap();
    (store, runtime)
}

#[test]
fn one_change_in_one_of_a_hundred_spaces_writes_one_file_and_reads_one_rps_3() {
    let faulty = FaultVfs::new(MemoryVfs::new());
    let vfs: Arc<dyn Vfs> = Arc::new(faulty.clone());
    let (store, runtime) = hundred(&vfs);
    runtime.enter(|m| m.object(numbered(423)).unwrap().push_component(m, Value::TRUE));
    let before = faulty.count();
    let report = store.dump(&runtime).unwrap();
    assert!(report.is_incremental);
    assert_eq!((report.encoded, report.objects), (1, 1101));
    assert_eq!((report.generation.written, report.generation.kept), (1, 100));
    assert!(report.generation.written_bytes < 2000, "{report:?}");
    let named = |kind| {
        let trace = faulty.trace();
        let done = trace[before..].iter().filter(|operation| operation.kind == kind);
        let mut names: Vec<String> = done
            .filter(|operation| !operation.path.to_string_lossy().contains("/.rps/"))
            .map(|operation| operation.path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names.dedup();
        names
    };
    let file = "_".to_owned() + &rps_persist_escaped(&space_oid(42).to_string()[1..]) + ".json";
    assert_eq!(named(OperationKind::Read), [file.clone(), "manifest.json".to_owned()]);
    assert_eq!(named(OperationKind::Create), [file, "manifest.json".to_owned()]);
}

/// Returns digits as they are in the name of a file.
fn rps_persist_escaped(digits: &str) -> String {
    let escape = |char: char| match char.is_ascii_uppercase() {
        true => format!("+{}", char.to_ascii_lowercase()),
        false => char.to_string(),
    };
    digits.chars().map(escape).collect()
}

/// Dumps twice with a change between, and returns what the second dump did.
fn changed(store: &Store, runtime: &Runtime) -> DumpReport {
    runtime.enter(|m| m.object(THING).unwrap().push_component(m, Value::TRUE));
    store.dump(runtime).unwrap()
}

#[test]
fn a_dump_goes_on_only_from_what_it_knows() {
    let memory = MemoryVfs::new();
    let runtime = small(|_, _| {});
    let store = Store::create(&arc(&memory), Path::new(ROOT)).unwrap();
    assert!(!changed(&store, &runtime).is_incremental, "there is nothing to go on from");
    assert!(changed(&store, &runtime).is_incremental);
    // Another store gets a copy, which takes nothing away from the runtime's own.
    let elsewhere = MemoryVfs::new();
    let other = Store::create(&arc(&elsewhere), Path::new(ROOT)).unwrap();
    assert!(!changed(&other, &runtime).is_incremental);
    assert!(!changed(&other, &runtime).is_incremental, "a copy is made of all objects each time");
    assert!(runtime.enter(|m| m.is_changed(rps_runtime::change::Purpose::Dump)));
    assert!(!runtime.enter(|m| m.changes()).uncommitted.is_empty());
    let refused = other.commit(&runtime, &CommitOptions::default()).unwrap_err();
    assert_eq!(refused.code(), "commit::other-store");
    assert_eq!(store.commit(&runtime, &CommitOptions::default()).unwrap().objects, 1);
    assert!(changed(&store, &runtime).is_incremental);
    assert_eq!(files(&memory), whole(&runtime, 1_000_000));
    drop(other);
    // Another runtime is there.
    let fresh = small(|_, _| {});
    assert!(!changed(&store, &fresh).is_incremental);
    assert_eq!(files(&memory), whole(&fresh, 1_000_000));
}

#[test]
fn what_someone_else_did_to_the_files_is_put_right() {
    let memory = MemoryVfs::new();
    let runtime = small(|_, _| {});
    let store = Store::create(&arc(&memory), Path::new(ROOT)).unwrap();
    store.dump(&runtime).unwrap();
    let path = Path::new("/store/spaces/core.json");
    for damage in [&b"damaged"[..], b""] {
        memory.remove_file(path).unwrap();
        if !damage.is_empty() {
            memory.create(path).unwrap().write_all(damage).unwrap();
        }
        assert!(!changed(&store, &runtime).is_incremental);
        assert_eq!(files(&memory), whole(&runtime, 1_000_000));
        assert!(changed(&store, &runtime).is_incremental);
    }
}

#[test]
fn what_failed_to_be_dumped_counts_as_changed() {
    let memory = MemoryVfs::new();
    let faulty = FaultVfs::new(memory.clone());
    let vfs: Arc<dyn Vfs> = Arc::new(faulty.clone());
    let runtime = small(|_, _| {});
    let store = Store::create(&vfs, Path::new(ROOT)).unwrap();
    store.dump(&runtime).unwrap();
    let mut failures = 0;
    for n in 0.. {
        let key = runtime.enter(|m| {
            let thing = m.object(THING).unwrap();
            // An object that has to be adopted, and one that only is named.
            let key = m.new_object(m.class(known::OBJECT));
            thing.put_attribute(m, key, TupleRef::new(m, &[Value::TRUE]).unwrap().into()).unwrap();
            key.oid()
        });
        faulty.fail_at(faulty.count() + n, 28);
        let done = store.dump(&runtime);
        let is_over = done.is_ok();
        failures += usize::from(!is_over);
        let report = match done {
            Ok(report) => report,
            Err(_) => store.dump(&runtime).unwrap(),
        };
        assert!(report.objects >= 3 + n, "{n}: {report:?}");
        assert_eq!(files(&memory), whole(&runtime, 1_000_000), "{n}");
        assert!(load(&memory).enter(|m| m.object(key).unwrap().space().is_some()), "{n}");
        if is_over && n > 60 {
            break;
        }
    }
    assert!(failures > 10, "{failures}");
}

#[test]
fn a_runtime_goes_on_with_another_store_when_its_own_is_closed() {
    let (memory, elsewhere) = (MemoryVfs::new(), MemoryVfs::new());
    let runtime = small(|_, _| {});
    let store = Store::create(&arc(&memory), Path::new(ROOT)).unwrap();
    store.dump(&runtime).unwrap();
    drop(store);
    let other = Store::create(&arc(&elsewhere), Path::new(ROOT)).unwrap();
    assert!(!changed(&other, &runtime).is_incremental);
    assert!(changed(&other, &runtime).is_incremental);
    other.commit(&runtime, &CommitOptions::default()).unwrap();
    // Who only reads keeps nobody from being the one.
    let reader = Store::open(&arc(&elsewhere), Path::new(ROOT), Access::Read).unwrap();
    let (loaded, _) = reader.load().unwrap();
    drop(other);
    let again = Store::open(&arc(&memory), Path::new(ROOT), Access::Write).unwrap();
    assert!(!changed(&again, &loaded).is_incremental);
    assert!(changed(&again, &loaded).is_incremental);
}

#[test]
fn a_reference_to_a_stored_object_as_a_transient_one_is_written_anew() {
    let other = Oid::known("_02iWbXmFx8f04ldLRt");
    let runtime = small(|m, thing| {
        thing.push_component(m, stored(m, other, known::OBJECT, thing.space()).into());
    });
    let memory = crate::support::dumped(&runtime);
    let before = files(&memory);
    let text = crate::support::text(&memory, "core.json");
    // A merge can come to this: one side has brought the object back, the other one names it as it was.
    let merged = text.replace(&format!(" \"{other}\""), &format!(" {{\"transient\":\"{other}\"}}"));
    assert_ne!(merged, text);
    let memory = crate::support::with_file(&memory, "core.json", merged.as_bytes());
    let (store, runtime) = open(&memory);
    runtime.enter(|m| assert_eq!(m.object(THING).unwrap().component(0), m.object(other).map(Value::from)));
    assert!(!store.dump(&runtime).unwrap().is_incremental);
    assert_eq!(files(&memory), before);
    assert!(changed(&store, &runtime).is_incremental);
}
