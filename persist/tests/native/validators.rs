//! What plugins find in a store that is being loaded, and what they hear of a dump.

use std::path::Path;
use std::sync::Arc;

use rps_persist::native::{DumpOptions, LoadOptions, LoadReport};
use rps_persist::vfs::memory::MemoryVfs;
use rps_persist::{Access, Code, LoadError, Severity, Store};
use rps_runtime::Runtime;
use rps_runtime::extension::{Finding, PayloadForm};

use crate::fake::{Fake, Given, POINT};
use crate::support::{ROOT, THING, arc, dumped, files, only, open, small, text, with_file};

fn finding(is_error: bool) -> Finding {
    Finding { plugin: "tax".to_owned(), is_error, object: Some(THING), message: "no number".to_owned() }
}

fn load(memory: &MemoryVfs, extensions: &Arc<Fake>) -> Result<(Runtime, LoadReport), LoadError> {
    let mut options = LoadOptions::default();
    options.extensions = Arc::clone(extensions) as _;
    open(memory).load_with(&options)
}

#[test]
fn what_a_validator_finds_is_reported_with_its_place() {
    let memory = dumped(&small(|_, _| {}));
    let warning = Arc::new(Fake { findings: vec![finding(false)], ..Fake::default() });
    let (_, report) = load(&memory, &warning).unwrap();
    let problem = only(&report.report);
    assert_eq!(
        (problem.code, problem.severity, problem.oid),
        (Code::Validator, Severity::Warning, Some(THING))
    );
    assert_eq!((&*problem.file, problem.place.unwrap().line), (Path::new("spaces/core.json"), 4));
    assert!(problem.message.contains("`tax`") && problem.message.contains("no number"), "{problem}");
    let nowhere = Finding { object: None, ..finding(true) };
    let error = Arc::new(Fake { findings: vec![finding(true), nowhere], ..Fake::default() });
    match load(&memory, &error) {
        Err(LoadError::Unsound(report)) => assert_eq!(report.codes(), [Code::Validator; 2]),
        _ => panic!("the store is refused"),
    }
}

#[test]
fn a_validator_that_does_not_end_refuses_the_load() {
    let memory = dumped(&small(|_, _| {}));
    let leaking = Arc::new(Fake { leaks: true, ..Fake::default() });
    let error = load(&memory, &leaking).map(drop).unwrap_err();
    assert_eq!(error.code(), "plugin::timeout");
}

#[test]
fn validators_see_sound_stores_only() {
    let memory = dumped(&small(|m, thing| thing.push_component(m, thing.into())));
    let dangling =
        text(&memory, "core.json").replace(" \"_006mAbXTG4G00QR5HS\"\n", " \"_006mAbXTG4G00QR5H0\"\n");
    let extensions = Arc::new(Fake { findings: vec![finding(true)], ..Fake::default() });
    let error =
        load(&with_file(&memory, "core.json", dangling.as_bytes()), &extensions).map(drop).unwrap_err();
    assert_eq!(error.code(), "store::dangling-oid");
    assert!(extensions.log.lock().unwrap().is_empty());
}

#[test]
fn whoever_is_told_of_a_dump_is_told_of_its_end() {
    let memory = dumped(&small(|_, _| {}));
    let before = files(&memory);
    let store = Store::open(&arc(&memory), Path::new(ROOT), Access::Write).unwrap();
    let dump = |runtime: &Runtime, extensions: &Arc<Fake>| {
        let mut options = DumpOptions::default();
        options.extensions = Arc::clone(extensions) as _;
        let dumped = store.dump_with(runtime, &options);
        (dumped.map(drop), extensions.log.lock().unwrap().join(", "))
    };
    let (done, log) = dump(&small(|_, _| {}), &Arc::default());
    assert_eq!((done.is_ok(), &*log), (true, "before, snapshot, after true 2"));
    let refusing = Arc::new(Fake { refuses: true, ..Fake::default() });
    let (refused, log) = dump(&small(|m, thing| thing.push_component(m, thing.into())), &refusing);
    let error = refused.unwrap_err();
    assert_eq!((error.code(), &*log), ("plugin::failed", "before, after false 0"));
    assert!(error.to_string().contains("`geo`") && error.to_string().contains("not now"), "{error}");
    let unwritable = small(|m, thing| {
        Given { name: POINT, values: vec![], form: Err::<PayloadForm, _>("no") }.install(m, thing);
    });
    let (failed, log) = dump(&unwritable, &Arc::default());
    assert_eq!((failed.is_err(), &*log), (true, "before, snapshot, after false 0"));
    assert_eq!(files(&memory), before);
}
