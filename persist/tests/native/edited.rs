//! What somebody writes to the files of a store that is open: a dump neither loses it nor takes it for its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rps_persist::native::{DumpOptions, DumpReport};
use rps_persist::vfs::Vfs;
use rps_persist::vfs::memory::MemoryVfs;
use rps_persist::{Access, Store, check};
use rps_runtime::object::Payload;
use rps_runtime::{ObjectRef, Oid, Runtime, Value, known};

use crate::support::{ROOT, THING, arc, make_space, stored, text};

const AWAY: Oid = Oid::known("_02iWbXmFx8f04ldLRt");

/// Returns a store with two spaces, which was opened and loaded.
fn opened() -> (MemoryVfs, Store, Runtime) {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let core = make_space(m);
        stored(m, THING, known::OBJECT, Some(core)).push_component(m, Value::int(m, 11));
        let away: ObjectRef = stored(m, AWAY, known::SPACE, None);
        away.install_payload(m, Some(Payload::Space));
        away.put_attribute(m, m.object(known::NAME).unwrap(), m.string("away")).unwrap();
        away.push_component(m, Value::int(m, 22));
    });
    let memory = MemoryVfs::new();
    Store::create(&arc(&memory), Path::new(ROOT)).unwrap().dump(&runtime).unwrap();
    let store = Store::open(&arc(&memory), Path::new(ROOT), Access::Write).unwrap();
    let (runtime, _) = store.load().unwrap();
    (memory, store, runtime)
}

/// Edits a file of the current generation as an editor does; its length stays.
fn edit(memory: &MemoryVfs, path: &str, from: &str, to: &str) -> String {
    assert_eq!(from.len(), to.len());
    let before = text(memory, path);
    let edited = before.replace(from, to);
    assert_ne!(edited, before);
    write(memory, path, &edited);
    edited
}

fn write(memory: &MemoryVfs, path: &str, text: &str) {
    let path = Path::new("/store/spaces").join(path);
    let _ = memory.remove_file(&path);
    memory.create(&path).unwrap().write_all(text.as_bytes()).unwrap();
}

fn change(runtime: &Runtime) {
    runtime.enter(|m| m.object(THING).unwrap().push_component(m, Value::TRUE));
}

/// Returns what is in quarantine, the lists left out.
fn aside(memory: &MemoryVfs) -> BTreeMap<PathBuf, String> {
    let files = memory.files().into_iter().filter_map(|(path, content)| {
        let path = path.strip_prefix("/store/.rps/quarantine").ok()?;
        Some((path.to_path_buf(), String::from_utf8(content).unwrap()))
    });
    files.filter(|(path, _)| !path.ends_with("quarantine.json")).collect()
}

fn told(report: &DumpReport) -> Vec<(String, &'static str)> {
    let problems = report.report.problems().iter();
    problems.map(|problem| (problem.file.display().to_string(), problem.code.as_str())).collect()
}

/// Makes sure that the store is sound, and holds what the runtime does.
fn assert_sound(memory: &MemoryVfs, runtime: &Runtime) {
    let report = check(&arc(memory), Path::new(ROOT));
    assert!(report.is_empty(), "{report}");
    let components = |runtime: &Runtime| runtime.enter(|m| m.object(THING).unwrap().component_count());
    assert_eq!(components(&crate::support::load(memory)), components(runtime));
}

#[test]
fn a_file_that_was_edited_and_did_not_change_in_memory_is_put_aside() {
    let (memory, store, runtime) = opened();
    let edited = edit(&memory, "away.json", " 22", " 33");
    change(&runtime);
    let report = store.dump(&runtime).unwrap();
    assert_eq!(told(&report), [("spaces/away.json".to_owned(), "store::edited-file")]);
    let hint = report.report.problems()[0].hint.as_deref().unwrap();
    assert!(hint.contains(".rps/quarantine/000001"), "{hint}");
    assert_sound(&memory, &runtime);
    assert_eq!(aside(&memory), BTreeMap::from([("000001/spaces/away.json".into(), edited)]));
    assert!(text(&memory, "away.json").contains(" 22"));
    // From here on it is a file like any other.
    change(&runtime);
    let next = store.dump(&runtime).unwrap();
    assert!(next.is_incremental && next.report.is_empty(), "{}", next.report);
    assert_eq!(aside(&memory).len(), 1);
    assert_sound(&memory, &runtime);
}

#[test]
fn a_file_that_was_edited_and_changed_in_memory_is_put_aside() {
    let (memory, store, runtime) = opened();
    let edited = edit(&memory, "core.json", " 11", " 44");
    change(&runtime);
    let report = store.dump(&runtime).unwrap();
    assert_eq!(told(&report), [("spaces/core.json".to_owned(), "store::edited-file")]);
    assert_eq!(aside(&memory), BTreeMap::from([("000001/spaces/core.json".into(), edited)]));
    assert_sound(&memory, &runtime);
}

#[test]
fn edits_are_found_without_any_change_in_memory_and_by_a_dump_of_all_objects() {
    for is_whole in [false, true] {
        let (memory, store, runtime) = opened();
        edit(&memory, "away.json", " 22", " 33");
        write(&memory, "mine.json", "{}");
        memory.remove_file(Path::new("/store/spaces/core.json")).unwrap();
        let mut options = DumpOptions::default();
        options.is_whole = is_whole;
        let report = store.dump_with(&runtime, &options).unwrap();
        let files: Vec<String> = told(&report).into_iter().map(|(file, _)| file).collect();
        assert_eq!(files, ["spaces/away.json", "spaces/mine.json", "spaces/core.json"]);
        let aside: Vec<PathBuf> = aside(&memory).into_keys().collect();
        assert_eq!(aside, [Path::new("000001/spaces/away.json"), Path::new("000001/spaces/mine.json")]);
        assert_sound(&memory, &runtime);
    }
}

#[test]
fn another_generation_in_its_place_is_put_aside_as_a_whole() {
    let (memory, store, runtime) = opened();
    let manifest = edit(&memory, "manifest.json", "\"away\"", "\"AWAY\"");
    edit(&memory, "away.json", " 22", " 33");
    change(&runtime);
    let report = store.dump(&runtime).unwrap();
    let files: Vec<String> = told(&report).into_iter().map(|(file, _)| file).collect();
    assert_eq!(files, ["spaces/away.json", "spaces/manifest.json"]);
    assert_eq!(aside(&memory)[Path::new("000001/spaces/manifest.json")], manifest);
    assert_sound(&memory, &runtime);
}

#[test]
fn a_file_that_was_written_anew_with_the_same_content_is_no_edit() {
    let (memory, store, runtime) = opened();
    let same = text(&memory, "away.json");
    write(&memory, "away.json", &same);
    change(&runtime);
    let report = store.dump(&runtime).unwrap();
    assert!(report.is_incremental && report.report.is_empty(), "{}", report.report);
    assert_eq!(aside(&memory), BTreeMap::new());
    assert_sound(&memory, &runtime);
}
