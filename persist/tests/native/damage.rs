//! Damaged stores: every problem has its code, its place and a hint, and nothing is touched (issue 2, point 6).

use std::path::Path;

use rps_persist::native::LoadOptions;
use rps_persist::vfs::Vfs;
use rps_persist::vfs::fault::{FaultVfs, OperationKind};
use rps_persist::vfs::memory::MemoryVfs;
use rps_persist::{Access, Code, LoadError, Report, Severity, Store, check};
use rps_runtime::object::Payload;
use rps_runtime::object::payload::ClassInfo;
use rps_runtime::value::{JsonRef, TupleRef};
use rps_runtime::{Oid, Value, known};

use crate::support::{
    ROOT, SPACE, THING, arc, dumped, files, only, problems, small, stored, text, with_file, with_raw,
};

const FILE: &str = "core.json";

fn sample() -> MemoryVfs {
    dumped(&small(|m, thing| {
        thing.push_component(m, Value::int(m, 42));
        thing.push_component(m, m.string("é"));
    }))
}

/// Replaces a part of the space file, whose hash is put right, and returns what a load says.
fn edited(from: &str, to: &str) -> Report {
    let memory = sample();
    let content = text(&memory, FILE);
    assert!(content.contains(from), "{from}");
    loaded_with(&memory, content.replacen(from, to, 1).as_bytes())
}

fn loaded_with(memory: &MemoryVfs, content: &[u8]) -> Report {
    let damaged = with_file(memory, FILE, content);
    let before = damaged.files();
    let report = problems(&damaged);
    assert_eq!(damaged.files(), before, "a load changes nothing");
    assert_eq!(check(&arc(&damaged), Path::new(ROOT)), report, "a check says the same");
    report
}

fn expect(report: &Report, code: Code, line: u32) {
    let problem = only(report);
    let place = problem.place.map_or(0, |place| place.line);
    assert_eq!((problem.code, place, problem.severity), (code, line, Severity::Error), "{report}");
    assert_eq!(problem.file, Path::new("spaces").join(FILE));
    assert!(problem.hint.is_some(), "{report}");
}

#[test]
fn a_file_that_is_no_text_of_ours() {
    let memory = sample();
    let sound = text(&memory, FILE);
    expect(&loaded_with(&memory, b""), Code::EmptyFile, 0);
    expect(&loaded_with(&memory, format!("\u{feff}{sound}").as_bytes()), Code::Bom, 0);
    expect(&loaded_with(&memory, sound.replace('\n', "\r\n").as_bytes()), Code::Crlf, 1);
    expect(&edited("repersys-1", "repersys-9"), Code::UnknownFormat, 1);
    expect(&edited(" 42\n", "<<<<<<< ours\n 42\n"), Code::ConflictMarkers, 7);
    let at = sound.find('é').unwrap();
    let mut latin = sound.clone().into_bytes();
    latin[at] = 0xE9;
    expect(&loaded_with(&memory, &latin), Code::NotUtf8, 8);
}

#[test]
fn a_file_that_is_missing_cut_off_or_another() {
    let memory = sample();
    let missing = problems(&with_raw(&memory, FILE, None));
    expect(&missing, Code::MissingFile, 0);
    let cut = text(&memory, FILE);
    let cut = loaded_with(&memory, &cut.as_bytes()[..cut.find("42").unwrap()]);
    assert!(cut.codes().contains(&Code::Truncated) && cut.codes().contains(&Code::WrongCount), "{cut}");
    let changed = text(&memory, FILE).replace("42", "43");
    let changed = with_raw(&memory, FILE, Some(changed.as_bytes()));
    expect(&problems(&changed), Code::BadHash, 0);
    let extra = with_raw(&memory, "more.json", Some(b"{}"));
    assert_eq!(problems(&extra).codes(), [Code::UnlistedFile]);
    let no_manifest = with_raw(&memory, "manifest.json", None);
    assert_eq!(problems(&no_manifest).codes(), [Code::MissingFile]);
    let elsewhere = edited("\"name\":\"core\"", "\"name\":\"else\"");
    expect(&elsewhere, Code::WrongSpace, 2);
}

#[test]
fn a_change_by_hand_can_be_accepted() {
    let memory = sample();
    let changed = with_raw(&memory, FILE, Some(text(&memory, FILE).replace("42", "43").as_bytes()));
    let mut options = LoadOptions::default();
    options.accept_changed_files = true;
    let store = Store::open(&arc(&changed), Path::new(ROOT), Access::Write).unwrap();
    let (runtime, report) = store.load_with(&options).unwrap();
    assert_eq!((report.report.codes(), report.report.has_errors()), (vec![Code::BadHash], false));
    assert!(store.dump(&runtime).unwrap().generation.is_new);
    assert!(store.load().unwrap().1.report.is_empty());
}

#[test]
fn references_and_values_that_can_not_be_rps_7() {
    expect(&edited(" 42\n", " \"_0cSUtWqTYdZ00mjeNx\"\n"), Code::DanglingOid, 7);
    expect(&edited(" 42\n", " \"_ZZZZZZZZZZZZZZZZZZ\"\n"), Code::BadOid, 7);
    expect(&edited(" 42\n", " {\"tuple\":[1,{\"wrong\":2}]}\n"), Code::BadRecord, 7);
    expect(&edited(" 42\n", " {\"tuple\":[1],\"more\":2}\n"), Code::BadRecord, 7);
    expect(&edited(" 42\n", " 1e400\n"), Code::WrongType, 7);
    expect(&edited(" 42\n", " [1]\n"), Code::BadRecord, 7);
    expect(&edited(" 42\n", " nul\n"), Code::BadJson, 7);
    expect(&edited("1588063841.50", "\"now\""), Code::BadJson, 5);
    expect(&edited("{\"kind\":\"space\"\n}", "{\"kind\":\"symbol\"\n}"), Code::MissingKey, 16);
    expect(&edited("{\"kind\":\"space\"\n}", "{\"kind\":\"space\"\n,\"x\":1\n}"), Code::BadRecord, 17);
}

#[test]
fn all_problems_are_reported_together_rps_47() {
    let memory = sample();
    let content = text(&memory, FILE)
        .replace(" 42\n", " \"_0cSUtWqTYdZ00mjeNx\"\n")
        .replace(",\"é\"", ",{\"tuple\":[\"_0cSUtWqTYdZ00mjeNy\"]}")
        .replace("1.00", "1.005");
    let report = loaded_with(&memory, content.as_bytes());
    assert_eq!(report.codes(), [Code::DanglingOid, Code::DanglingOid, Code::WrongType], "{report}");
    assert_eq!(report.problems()[0].oid, Some(THING));
    assert_eq!(report.problems()[2].oid, Some(SPACE));
}

#[test]
fn nesting_a_hundred_thousand_deep() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    expect(&edited(" 42\n", &format!(" {}\n", deep("{\"tuple\":[", "]}"))), Code::TooDeep, 7);
    expect(&edited(" 42\n", &format!(" {{\"json\":{}}}\n", deep("[", "]"))), Code::TooDeep, 7);
    let member = format!("1588063841.50\n,\"later\":{}", deep("[", "]"));
    expect(&edited("1588063841.50", &member), Code::TooDeep, 6);
}

#[test]
fn the_deepest_value_that_there_can_be_is_kept_rps_14() {
    let runtime = small(|m, thing| {
        let (mut tuple, mut json) = (TupleRef::new(m, &[]).unwrap(), JsonRef::array(m, &[]).unwrap());
        while let Ok(deeper) = TupleRef::new(m, &[tuple.into()]) {
            tuple = deeper;
        }
        while let Ok(deeper) = JsonRef::array(m, &[json.into()]) {
            json = deeper;
        }
        thing.set_components(m, &[tuple.into(), json.into()]);
    });
    let memory = dumped(&runtime);
    assert_eq!(files(&dumped(&crate::support::load(&memory))), files(&memory));
}

#[test]
fn an_object_that_is_there_twice_rps_7() {
    let memory = sample();
    let content = text(&memory, FILE);
    let record = &content[content.find("{\"oid\"").unwrap()..content.find("},\n{\"oid\"").unwrap() + 3];
    let twice = content.replacen(record, &record.repeat(2), 1);
    let report = loaded_with(&memory, twice.as_bytes());
    assert_eq!(report.codes(), [Code::DuplicateOid, Code::WrongCount], "{report}");
}

#[test]
fn an_object_that_is_in_two_spaces_rps_7() {
    let other = Oid::known("_0cSUtWqTYdZ00mjeNx");
    let memory = dumped(&small(|m, thing| {
        let space = stored(m, other, known::SPACE, None);
        space.install_payload(m, Some(Payload::Space));
        thing.push_component(m, Value::TRUE);
    }));
    let (core, file) = (text(&memory, FILE), "_0c+s+ut+wq+t+yd+z00mje+nx.json");
    let record = &core[core.find("{\"oid\"").unwrap()..core.find("},\n{\"oid\"").unwrap() + 3];
    let content = text(&memory, file).replacen("{\"oid\"", &format!("{record}{{\"oid\""), 1);
    let report = problems(&with_file(&memory, file, content.as_bytes()));
    assert_eq!(report.codes(), [Code::DuplicateOid, Code::WrongCount], "{report}");
    assert!(report.problems()[0].message.contains(".json` on line 4"), "{report}");
}

#[test]
fn a_wrong_count_rps_7() {
    let memory = sample();
    let manifest = text(&memory, "manifest.json").replace("\"objects\":2", "\"objects\":3");
    let report = problems(&with_raw(&memory, "manifest.json", Some(manifest.as_bytes())));
    assert_eq!(report.codes(), [Code::WrongCount]);
    assert!(only(&report).message.contains("has 2 objects, and 3 in the manifest"), "{report}");
}

#[test]
fn a_class_that_is_no_class_rps_7() {
    let report = edited(&known::OBJECT.to_string(), &SPACE.to_string());
    expect(&report, Code::NotAClass, 4);
    assert_eq!(only(&report).oid, Some(THING));
}

#[test]
fn a_superclass_cycle_rps_7() {
    let oids = ["_0cSUtWqTYdZ00mjeNx", "_0cSUtWqTYdZ00mjeNy", "_0cSUtWqTYdZ00mjeNz"].map(Oid::known);
    let runtime = small(|m, thing| {
        for (oid, superclass) in [(oids[0], oids[1]), (oids[1], oids[2]), (oids[2], oids[1])] {
            let class = stored(m, oid, known::CLASS, thing.space());
            let info = ClassInfo::new(Some(m.object_or_skeleton(superclass)), None);
            class.install_payload(m, Some(Payload::ClassInfo(Box::new(info))));
        }
    });
    let report = problems(&dumped(&runtime));
    assert_eq!((only(&report).code, only(&report).oid), (Code::SuperclassCycle, Some(oids[1])), "{report}");
    assert!(only(&report).place.is_some() && only(&report).hint.is_some());
}

#[test]
fn a_name_that_two_symbols_have_rps_7() {
    let runtime = small(|m, thing| {
        let other = stored(m, Oid::known("_0cSUtWqTYdZ00mjeNx"), known::SYMBOL, thing.space());
        m.install_symbol(thing, "one", Value::NIL, false).unwrap();
        m.install_symbol(other, "two", Value::NIL, false).unwrap();
    });
    let memory = dumped(&runtime);
    let content = text(&memory, FILE).replace("\"two\"", "\"one\"");
    let report = loaded_with(&memory, content.as_bytes());
    assert_eq!(report.codes(), [Code::DuplicateName], "{report}");
    assert!(only(&report).message.contains("`one`"));
}

#[test]
fn a_root_that_is_not_there_rps_7() {
    let memory = dumped(&small(|m, thing| assert!(m.add_root(thing))));
    let manifest = text(&memory, "manifest.json").replace(&THING.to_string(), "_0cSUtWqTYdZ00mjeNx");
    let report = problems(&with_raw(&memory, "manifest.json", Some(manifest.as_bytes())));
    assert_eq!((only(&report).code, only(&report).place.unwrap().line), (Code::DanglingOid, 8), "{report}");
}

#[test]
fn a_disk_that_is_full_leaves_the_old_store_rps_11() {
    let memory = sample();
    let before = files(&memory);
    let mut failures = 0;
    for n in 0.. {
        let faulty = FaultVfs::new(memory.process_death());
        let vfs: std::sync::Arc<dyn Vfs> = std::sync::Arc::new(faulty.clone());
        let store = Store::open(&vfs, Path::new(ROOT), Access::Write).unwrap();
        let (runtime, _) = store.load().unwrap();
        runtime.enter(|m| m.object(THING).unwrap().push_component(m, Value::TRUE));
        let begun = faulty.count();
        faulty.fail_at(begun + n, 28);
        let dumped = store.dump(&runtime);
        if faulty.count() <= begun + n {
            assert!(dumped.unwrap().generation.is_new);
            break;
        }
        if let Err(error) = dumped {
            assert_eq!(error.code(), "store::disk-full");
            failures += 1;
        }
    }
    assert!(failures > 5, "{failures}");
    assert_eq!(files(&memory), before);
}

#[test]
fn a_file_in_the_place_of_a_directory() {
    let memory = MemoryVfs::new();
    memory.create(Path::new(ROOT)).unwrap();
    let error = Store::open(&arc(&memory), Path::new(ROOT), Access::Read).unwrap_err();
    assert_eq!(error.code(), "store::not-a-directory");
    assert!(error.hint().is_some());
    let report = check(&arc(&memory), Path::new(ROOT));
    assert_eq!(report.codes(), [Code::NotADirectory]);
    assert_eq!(check(&arc(&memory), Path::new("/nowhere")).codes(), [Code::NotFound]);
}

#[test]
fn a_file_above_the_limit_rps_8() {
    let memory = sample();
    let mut options = LoadOptions::default();
    options.limits.space_file = 100;
    match crate::support::open(&memory).load_with(&options) {
        Err(LoadError::Unsound(report)) => expect(&report, Code::TooLarge, 0),
        _ => panic!("the file is too large"),
    }
}

#[test]
fn a_file_that_may_not_be_read() {
    let faulty = FaultVfs::new(sample());
    let vfs: std::sync::Arc<dyn Vfs> = std::sync::Arc::new(faulty.clone());
    let load = || Store::open(&vfs, Path::new(ROOT), Access::Read).unwrap().load();
    assert!(load().is_ok());
    let is_read = |operation: &rps_persist::vfs::fault::Operation| {
        operation.kind == OperationKind::Read && operation.path.ends_with(FILE)
    };
    let at = faulty.trace().iter().position(is_read).unwrap();
    faulty.fail_at(faulty.count() + at, 13);
    match load() {
        Err(LoadError::Unsound(report)) => expect(&report, Code::Permission, 0),
        _ => panic!("the file can not be read"),
    }
}
