//! States of plugins: saved, restored, carried, put aside. Nothing complete is ever replaced by less.

use std::any::Any;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use rps_persist::native::{CommitOptions, DumpOptions, DumpReport, LoadOptions};
use rps_persist::vfs::Vfs;
use rps_persist::vfs::fault::FaultVfs;
use rps_persist::vfs::memory::MemoryVfs;
use rps_persist::{Access, Code, DumpError, Severity, StateFate, Store, check};
use rps_runtime::extension::{
    ExtensionError, Extensions, ForeignPayload, NoExtensions, PayloadForm, StateOutcome, StateSection,
};
use rps_runtime::object::Payload;
use rps_runtime::{Mutator, Value};

use crate::fake::{Fake, POINT, SCHEMA, failure};
use crate::support::{ROOT, THING, arc, dumped, files, load, only, small, text, with_file, with_raw};

const ID: &str = "geo/counter";
const FILE: &str = "state/geo%2fcounter.json";

fn section(id: &str, bytes: &[u8]) -> StateSection {
    StateSection { id: id.into(), plugin: "geo".into(), version: 1, bytes: bytes.into(), is_stale: false }
}

/// Returns extensions with these states.
fn with_states(states: impl IntoIterator<Item = StateSection>) -> Arc<Fake> {
    let fake = Fake::default();
    fake.states.lock().unwrap().extend(states.into_iter().map(Ok));
    Arc::new(fake)
}

fn failing(id: &str) -> Arc<Fake> {
    let fake = Fake::default();
    fake.states.lock().unwrap().push(Err((id.to_owned(), failure("too busy"))));
    Arc::new(fake)
}

fn options(extensions: Arc<dyn Extensions>) -> DumpOptions {
    let mut options = DumpOptions::default();
    options.extensions = extensions;
    options
}

fn writer(memory: &MemoryVfs) -> Store {
    Store::open(&arc(memory), Path::new(ROOT), Access::Write).unwrap()
}

/// Dumps a small store with a state.
fn saved(bytes: &[u8]) -> MemoryVfs {
    let memory = dumped(&small(|_, _| {}));
    dump(&memory, with_states([section(ID, bytes)])).unwrap();
    memory
}

/// Loads the store without restoring anything that was not asked for, changes an object, and dumps.
fn dump(memory: &MemoryVfs, extensions: Arc<Fake>) -> Result<DumpReport, DumpError> {
    let store = writer(memory);
    let (runtime, report) = store.load().unwrap();
    store.restore_states(&report.states, &*extensions);
    runtime.enter(|m| m.object(THING).unwrap().push_component(m, Value::TRUE));
    store.dump_with(&runtime, &options(extensions))
}

fn fates(report: &DumpReport) -> Vec<(&str, StateFate)> {
    report.states.iter().map(|state| (&*state.id, state.fate)).collect()
}

fn states(memory: &MemoryVfs) -> Vec<StateSection> {
    crate::support::open(memory).load().unwrap().1.states
}

/// Returns what was put aside.
fn rejected(memory: &MemoryVfs) -> BTreeMap<PathBuf, Vec<u8>> {
    memory.files().into_iter().filter(|(path, _)| path.starts_with("/store/.rps/rejected")).collect()
}

fn restoring(outcome: StateOutcome, states: impl IntoIterator<Item = StateSection>) -> Arc<Fake> {
    let fake = with_states(states);
    fake.outcomes.lock().unwrap().insert(ID, outcome);
    fake
}

#[test]
fn bytes_are_saved_exactly_bmux_5() {
    let long: Vec<u8> = (0..4_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for bytes in [&b""[..], b"\0\xff\"\n", &long] {
        let memory = saved(bytes);
        assert_eq!(states(&memory), [section(ID, bytes)]);
        assert!(check(&arc(&memory), Path::new(ROOT)).is_empty());
    }
}

#[test]
fn a_state_that_fails_leaves_the_others_alone_bmux_6() {
    let memory = saved(b"first");
    let fake = restoring(StateOutcome::Restored, [section("geo/other", b"new"), section("A/b", b"")]);
    fake.states.lock().unwrap().push(Err((ID.to_owned(), failure("too busy"))));
    fake.states.lock().unwrap().push(Err(("geo/none".to_owned(), failure("too busy"))));
    let report = dump(&memory, Arc::clone(&fake)).unwrap();
    let expected = [
        ("A/b", StateFate::Saved),
        (ID, StateFate::Stale),
        ("geo/none", StateFate::Failed),
        ("geo/other", StateFate::Saved),
    ];
    assert_eq!(fates(&report), expected);
    assert!(report.states[1].message.as_ref().unwrap().contains("too busy [plugin::failed]"));
    let stale = StateSection { is_stale: true, ..section(ID, b"first") };
    assert_eq!(states(&memory), [section("A/b", b""), stale, section("geo/other", b"new")]);
    let before = files(&memory);
    dump(&memory, failing(ID)).unwrap();
    assert_eq!(
        text(&memory, FILE).as_bytes(),
        before[&Path::new("/store/spaces").join(FILE)],
        "once is enough"
    );
    let report = dump(&memory, restoring(StateOutcome::Restored, [section(ID, b"second")])).unwrap();
    assert!(fates(&report).contains(&(ID, StateFate::Saved)));
    assert!(states(&memory).contains(&section(ID, b"second")), "and it is not stale any more");
}

#[test]
fn a_strict_dump_has_all_states_or_none_x_5() {
    let memory = saved(b"first");
    let before = files(&memory);
    let store = writer(&memory);
    let (runtime, report) = store.load().unwrap();
    runtime.enter(|m| m.object(THING).unwrap().push_component(m, Value::TRUE));
    let mut strict = options(failing("geo/other"));
    strict.is_strict = true;
    let error = store.dump_with(&runtime, &strict).unwrap_err();
    assert_eq!((error.code(), error.hint().as_deref()), ("plugin::failed", Some("ask its author")));
    assert!(error.to_string().contains("`geo/other`"), "{error}");
    strict.extensions = with_states([section(ID, b"second")]);
    let error = store.dump_with(&runtime, &strict).unwrap_err();
    assert_eq!(error.code(), "store::state-failed", "what was saved was not restored");
    assert_eq!(files(&memory), before);
    store.restore_states(&report.states, &*restoring(StateOutcome::Restored, []));
    store.dump_with(&runtime, &strict).unwrap();
    drop(store);
    assert_eq!(states(&memory), [section(ID, b"second")]);
}

#[test]
fn states_of_absent_plugins_are_carried_verbatim_bmux_12() {
    let memory = saved(b"first");
    let section_text = text(&memory, FILE);
    let foreign = section_text.replace("\"version\":1", "\"version\" : 1");
    let memory = with_file(&memory, FILE, foreign.as_bytes());
    let report = dump(&memory, Arc::default()).unwrap();
    assert_eq!((fates(&report), report.generation.is_new), (vec![(ID, StateFate::Carried)], true));
    assert_eq!(text(&memory, FILE), foreign);
    dump(&memory, Arc::default()).unwrap();
    assert_eq!(text(&memory, FILE), foreign);
}

#[test]
fn what_a_plugin_has_not_restored_is_not_replaced() {
    let memory = saved(b"first");
    let store = writer(&memory);
    let (runtime, report) = store.load().unwrap();
    let extensions = with_states([section(ID, b"from nothing")]);
    let dumped = store.dump_with(&runtime, &options(extensions.clone())).unwrap();
    assert_eq!((fates(&dumped), dumped.generation.is_new), (vec![(ID, StateFate::Carried)], false));
    extensions.outcomes.lock().unwrap().insert(ID, StateOutcome::Restored);
    let restored = store.restore_states(&report.states, &*extensions);
    assert_eq!((restored.states.len(), restored.report.is_empty()), (1, true));
    let dumped = store.dump_with(&runtime, &options(extensions)).unwrap();
    assert_eq!(fates(&dumped), [(ID, StateFate::Saved)]);
}

#[test]
fn a_version_that_is_not_known_is_put_aside_bmux_4_x_19() {
    let memory = saved(b"first");
    let section_text = text(&memory, FILE);
    let reset = StateOutcome::Reset { message: "version 1 is too old".to_owned() };
    let store = writer(&memory);
    let (runtime, report) = store.load().unwrap();
    let fake = restoring(reset.clone(), [section(ID, b"anew")]);
    let restored = store.restore_states(&report.states, &*fake);
    let problem = only(&restored.report);
    assert_eq!((problem.code, problem.severity), (Code::StateFailed, Severity::Warning));
    assert!(problem.message.contains("too old") && problem.hint.as_ref().unwrap().contains(".rps/rejected"));
    let aside = rejected(&memory);
    assert_eq!(aside.values().collect::<Vec<_>>(), [section_text.as_bytes()], "before anything is dumped");
    assert_eq!(rejected(&memory.power_loss(0)), aside, "durably");
    store.restore_states(&report.states, &*fake);
    assert_eq!(rejected(&memory), aside, "once");
    let dumped = store.dump_with(&runtime, &options(fake)).unwrap();
    assert_eq!(fates(&dumped), [(ID, StateFate::Saved)]);
    drop(store);
    assert_eq!((states(&memory), rejected(&memory)), (vec![section(ID, b"anew")], aside));
    let reader = crate::support::open(&memory);
    let before = memory.files();
    let report = reader.load().unwrap().1;
    assert_eq!(
        reader.restore_states(&report.states, &*restoring(reset, [])).report.codes(),
        [Code::StateFailed]
    );
    assert_eq!(memory.files(), before, "a reader writes nothing");
}

#[test]
fn what_can_not_be_put_aside_stays() {
    let memory = saved(b"first");
    let mut failures = 0;
    for n in 0.. {
        let copy = memory.process_death();
        let faulty = FaultVfs::new(copy.clone());
        let vfs: Arc<dyn Vfs> = Arc::new(faulty.clone());
        let store = Store::open(&vfs, Path::new(ROOT), Access::Write).unwrap();
        let (runtime, report) = store.load().unwrap();
        let begun = faulty.count();
        faulty.fail_at(begun + n, 28);
        let fake = restoring(StateOutcome::Reset { message: "old".into() }, [section(ID, b"anew")]);
        let restored = store.restore_states(&report.states, &*fake);
        let is_over = faulty.count() <= begun + n;
        let is_stuck = only(&restored.report).message.contains("could not be put aside");
        if is_over {
            assert!(!is_stuck, "{n}");
            break;
        }
        let fate = fates(&store.dump_with(&runtime, &options(fake)).unwrap())[0].1;
        assert_eq!(fate, if is_stuck { StateFate::Carried } else { StateFate::Saved }, "{n}");
        assert!(is_stuck || rejected(&copy).len() == 1, "{n}");
        failures += usize::from(is_stuck);
    }
    assert!(failures > 4, "{failures}");
}

#[test]
fn a_failed_restore_keeps_what_was_saved_bmux_9() {
    let memory = saved(b"first");
    let before = text(&memory, FILE);
    let failed = StateOutcome::Failed(failure("corrupt"));
    let report = dump(&memory, restoring(failed.clone(), [section(ID, b"default")])).unwrap();
    assert_eq!(fates(&report), [(ID, StateFate::Carried)]);
    assert_eq!(text(&memory, FILE), before);
    dump(&memory, failing(ID)).unwrap();
    assert_eq!(text(&memory, FILE), before, "not even marked as stale");
    let store = writer(&memory);
    let (runtime, report) = store.load().unwrap();
    let fake = restoring(failed, [section(ID, b"default")]);
    let restored = store.restore_states(&report.states, &*fake);
    assert_eq!(only(&restored.report).hint.as_deref(), Some("ask its author"));
    let place = store.discard_state(ID).unwrap().unwrap();
    assert_eq!(rejected(&memory)[&place], before.as_bytes());
    assert_eq!(store.discard_state("geo/none").unwrap(), None);
    assert_eq!(fates(&store.dump_with(&runtime, &options(fake)).unwrap()), [(ID, StateFate::Saved)]);
}

#[test]
fn damaged_states_are_warnings_and_carried() {
    let memory = saved(b"first");
    let sound = text(&memory, FILE);
    let changed = sound.replace("\"version\":1", "\"version\":2");
    let cases: [(MemoryVfs, Code); 4] = [
        (with_raw(&memory, FILE, Some(changed.as_bytes())), Code::BadHash),
        (with_raw(&memory, FILE, Some(&sound.as_bytes()[..50])), Code::BadHash),
        (with_file(&memory, FILE, sound.replace("base64", "base65").as_bytes()), Code::BadState),
        (with_file(&memory, FILE, sound.replace("counter", "other").as_bytes()), Code::BadState),
    ];
    for (damaged, code) in cases {
        let content = text(&damaged, FILE);
        let store = writer(&damaged);
        let (runtime, report) = store.load().unwrap();
        let problem = only(&report.report);
        assert_eq!((problem.code, problem.severity), (code, Severity::Warning));
        assert_eq!(
            (problem.file.as_path(), problem.hint.is_some()),
            (&*Path::new("spaces").join(FILE), true)
        );
        assert!(report.states.is_empty());
        let dumped = store.dump_with(&runtime, &options(failing(ID))).unwrap();
        assert_eq!(fates(&dumped), [(ID, StateFate::Carried)]);
        runtime.enter(|m| m.object(THING).unwrap().push_component(m, Value::TRUE));
        assert!(store.dump(&runtime).unwrap().generation.is_new);
        assert_eq!(text(&damaged, FILE), content);
        assert_eq!(store.load().unwrap().1.report.codes(), [code], "it is still told");
        let replaced = store.dump_with(&runtime, &options(with_states([section(ID, b"new")]))).unwrap();
        assert_eq!(fates(&replaced), [(ID, StateFate::Saved)]);
        assert_eq!(rejected(&damaged).values().collect::<Vec<_>>(), [content.as_bytes()], "nothing is lost");
    }
    let missing = with_raw(&memory, FILE, None);
    let store = writer(&missing);
    let (runtime, report) = store.load().unwrap();
    assert_eq!((report.report.codes(), report.report.has_errors()), (vec![Code::MissingFile], false));
    assert_eq!(fates(&store.dump(&runtime).unwrap()), [(ID, StateFate::Failed)]);
    assert!(store.load().unwrap().1.report.is_empty());
}

#[test]
fn a_state_that_was_merged_can_be_accepted() {
    let memory = saved(b"first");
    let changed = text(&memory, FILE).replace("\"version\":1", "\"version\":2");
    let memory = with_raw(&memory, FILE, Some(changed.as_bytes()));
    let mut accept = LoadOptions::default();
    accept.accept_changed_files = true;
    let store = writer(&memory);
    let (runtime, report) = store.load_with(&accept).unwrap();
    assert_eq!(report.states, [StateSection { version: 2, ..section(ID, b"first") }]);
    assert!(store.dump(&runtime).unwrap().generation.is_new);
    assert_eq!(text(&memory, FILE), changed);
    assert!(store.load().unwrap().1.report.is_empty());
}

#[test]
fn states_go_along_into_another_store() {
    let memory = saved(b"first");
    let brought = states(&memory);
    let other = MemoryVfs::new();
    let store = Store::create(&arc(&other), Path::new(ROOT)).unwrap();
    let mut bringing = options(Arc::new(NoExtensions));
    bringing.states = brought.clone();
    assert_eq!(fates(&store.dump_with(&load(&memory), &bringing).unwrap()), [(ID, StateFate::Carried)]);
    bringing.extensions = failing(ID);
    assert_eq!(fates(&store.dump_with(&load(&memory), &bringing).unwrap()), [(ID, StateFate::Stale)]);
    bringing.extensions = with_states([section(ID, b"second")]);
    assert_eq!(fates(&store.dump_with(&load(&memory), &bringing).unwrap()), [(ID, StateFate::Saved)]);
    drop(store);
    assert_eq!(states(&other), [section(ID, b"second")]);
}

#[test]
fn two_states_with_one_id_are_one_too_many_bmux_12() {
    let memory = dumped(&small(|_, _| {}));
    let report = dump(&memory, with_states([section(ID, b"one"), section(ID, b"two")])).unwrap();
    assert_eq!(fates(&report), [(ID, StateFate::Saved), (ID, StateFate::Failed)]);
    assert_eq!(states(&memory), [section(ID, b"one")]);
}

/// A payload that notes whether the states stand still while it is written.
#[derive(Debug)]
struct Witness(Arc<AtomicBool>, AtomicBool);

impl ForeignPayload for Witness {
    fn type_name(&self) -> &str {
        POINT
    }

    fn schema_hash(&self) -> u64 {
        SCHEMA
    }

    fn for_each_value(&self, _: &mut dyn FnMut(Value)) {}

    fn outside_bytes(&self) -> usize {
        0
    }

    fn write(&self, _: &Mutator<'_>) -> Result<PayloadForm, ExtensionError> {
        self.1.store(self.0.load(Ordering::SeqCst), Ordering::SeqCst);
        Ok(PayloadForm::Json("{}".to_owned()))
    }

    fn copy(&self, _: &Mutator<'_>) -> Result<Arc<dyn ForeignPayload>, ExtensionError> {
        Err(failure("not copied"))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[test]
fn states_stand_still_until_all_objects_are_encoded_bmux_15() {
    let fake = with_states([section(ID, b"1")]);
    let witness = Arc::new(Witness(Arc::clone(&fake.quiet), AtomicBool::new(false)));
    let payload = Arc::clone(&witness);
    let runtime = small(|m, thing| thing.install_payload(m, Some(Payload::Foreign(payload))));
    let memory = MemoryVfs::new();
    let store = Store::create(&arc(&memory), Path::new(ROOT)).unwrap();
    store.dump_with(&runtime, &options(fake.clone())).unwrap();
    assert!(witness.1.load(Ordering::SeqCst), "they stood still while the object was written");
    assert!(!fake.quiet.load(Ordering::SeqCst), "and not any more");
}

#[test]
fn a_dump_with_states_is_all_or_nothing() {
    let memory = saved(b"first");
    let before = files(&memory);
    let (mut failures, mut after) = (0, None);
    for n in 0.. {
        let copy = memory.process_death();
        let faulty = FaultVfs::new(copy.clone());
        let vfs: Arc<dyn Vfs> = Arc::new(faulty.clone());
        let store = Store::open(&vfs, Path::new(ROOT), Access::Write).unwrap();
        let (runtime, report) = store.load().unwrap();
        let fake = restoring(StateOutcome::Restored, [section(ID, b"second"), section("geo/new", b"")]);
        store.restore_states(&report.states, &*fake);
        runtime.enter(|m| m.object(THING).unwrap().push_component(m, Value::TRUE));
        runtime.enter(|m| m.object(THING).unwrap().set_mtime(1));
        let begun = faulty.count();
        faulty.crash_at(begun + n);
        let done = store.dump_with(&runtime, &options(fake));
        let is_over = faulty.count() <= begun + n;
        drop(store);
        let survivor = copy.power_loss(0);
        // The next opening for writing finishes or removes what was left.
        drop(writer(&survivor));
        let found = files(&survivor);
        assert!(found == before || found == *after.get_or_insert_with(|| found.clone()), "{n}");
        failures += usize::from(done.is_err());
        if is_over {
            done.unwrap();
            assert_eq!(states(&survivor), [section(ID, b"second"), section("geo/new", b"")]);
            break;
        }
    }
    assert!(failures > 10, "{failures}");
}

#[test]
fn a_plugin_that_is_asked_for_its_state_can_not_wait_for_the_dump() {
    let memory = dumped(&small(|_, _| {}));
    let store = Arc::new(writer(&memory));
    let runtime = Arc::new(store.load().unwrap().0);
    let codes = Arc::new(Mutex::new(Vec::new()));
    let (told, theirs, shared) = (Arc::clone(&codes), Arc::clone(&store), Arc::clone(&runtime));
    let act = move || {
        let commit = theirs.commit(&shared, &CommitOptions::default()).unwrap_err();
        let dump = theirs.dump(&shared).unwrap_err();
        told.lock().unwrap().extend([commit.code(), dump.code()]);
        assert!(shared.enter(|m| m.is_beginning_view() && !m.can_freeze()));
    };
    let fake = Fake { when_asked: Some(Box::new(act)), ..Fake::default() };
    store.dump_with(&runtime, &options(Arc::new(fake))).unwrap();
    assert_eq!(*codes.lock().unwrap(), ["commit::in-transaction", "store::in-transaction"]);
    assert!(runtime.enter(|m| m.can_freeze()), "the dump is over");
}
