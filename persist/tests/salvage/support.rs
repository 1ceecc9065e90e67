//! A store with something of everything, what is done to it, and what must hold after a salvage.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rps_persist::manifest::FileEntry;
use rps_persist::native::DumpOptions;
use rps_persist::salvage::{SalvageOptions, Salvaged, salvage};
use rps_persist::vfs::memory::MemoryVfs;
use rps_persist::vfs::{self, Vfs};
use rps_persist::{Code, Report, Severity, Store, check};
use rps_runtime::extension::StateSection;
use rps_runtime::object::Payload;
use rps_runtime::object::payload::{ClassInfo, StringBuffer};
use rps_runtime::value::{SetRef, TupleRef};
use rps_runtime::{Mutator, ObjectRef, Oid, Runtime, Value, known};

pub(crate) const ROOT: &str = "/store";
pub(crate) const CORE: Oid = Oid::known("_8J6vNYtP5E800eCr5q");
pub(crate) const USER: Oid = Oid::known("_9Ib7KNsLJeqA6rWFiZ");
pub(crate) const ANIMAL: Oid = Oid::known("_0cSUtWqTYdZ00mjeNx");
pub(crate) const DOG: Oid = Oid::known("_0cSUtWqTYdZ00mjeNy");
pub(crate) const COLOUR: Oid = Oid::known("_0cSUtWqTYdZ00mjeNz");

/// The files of a store by their paths.
pub(crate) type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Returns the oid of one of the objects of the space `user`.
pub(crate) fn pet(number: usize) -> Oid {
    Oid::of_name(&format!("pet {number}"))
}

fn stored(m: &Mutator<'_>, oid: Oid, class: Oid, space: Oid) -> ObjectRef {
    let object = m.object_or_skeleton(oid);
    object.set_class_unchecked(Some(m.object_or_skeleton(class)));
    object.set_space_unchecked(m, Some(m.object_or_skeleton(space)));
    object
}

/// Returns a runtime with two spaces: classes in one, their instances in the other.
pub(crate) fn graph() -> Runtime {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let name = m.object(known::NAME).unwrap();
        for (oid, called) in [(CORE, "core"), (USER, "user")] {
            let space = stored(m, oid, known::SPACE, oid);
            space.install_payload(m, Some(Payload::Space));
            space.put_attribute(m, name, m.string(called)).unwrap();
        }
        for (oid, superclass) in [(ANIMAL, known::OBJECT), (DOG, ANIMAL)] {
            let class = stored(m, oid, known::CLASS, CORE);
            let info = ClassInfo::new(Some(m.object_or_skeleton(superclass)), None);
            class.install_payload(m, Some(Payload::ClassInfo(Box::new(info))));
        }
        let colour = stored(m, COLOUR, known::SYMBOL, CORE);
        m.install_symbol(colour, "colour", Value::NIL, false).unwrap();
        for number in 0..24 {
            let object = stored(m, pet(number), if number % 3 == 0 { ANIMAL } else { DOG }, USER);
            object.put_attribute(m, colour, m.string(["brown", "grün", "a \"b\"\n{c}"][number % 3])).unwrap();
            object.push_component(m, Value::int(m, number as i64 * 1_000_003));
            object.push_component(m, m.object_or_skeleton(pet((number + 7) % 24)).into());
            let pair = [Value::double(m, 1.5), m.object_or_skeleton(pet((number + 1) % 24)).into()];
            object.push_component(m, TupleRef::new(m, &pair).unwrap().into());
            let mut set = [m.string("x"), m.string("_not an oid"), Value::TRUE];
            object.push_component(m, SetRef::new(m, &mut set).unwrap().into());
            let payload = match number % 4 {
                0 => Some(Payload::ValueVector(vec![Value::NIL, colour.into()])),
                1 => {
                    Some(Payload::StringBuffer(StringBuffer { text: "one\ntwo\n},\n".into(), indent: None }))
                }
                2 => Some(Payload::Dictionary([(m.string("k"), object.into())].into_iter().collect())),
                _ => None,
            };
            object.install_payload(m, payload);
        }
        for object in m.stored_objects() {
            object.set_mtime(158_806_384_150);
        }
        assert!(m.add_root(m.object(pet(3)).unwrap()) && m.add_root(m.object(DOG).unwrap()));
        assert!(m.add_constant(colour));
        runtime.set_annotation("origin", Some("\"here\"".to_owned()));
    });
    runtime
}

/// Returns the state of a plugin.
pub(crate) fn state() -> StateSection {
    let (id, plugin) = ("geo/counter".to_owned(), "geo".to_owned());
    StateSection { id, plugin, version: 3, bytes: b"a state of some bytes".repeat(9), is_stale: false }
}

/// Returns a file system with the store, dumped once.
pub(crate) fn sample() -> MemoryVfs {
    dumped(&graph(), &MemoryVfs::new())
}

/// Returns a file system with the store, in many files, dumped twice: the first generation had another pet.
pub(crate) fn sample_with_previous() -> MemoryVfs {
    let memory = MemoryVfs::new();
    let runtime = graph();
    runtime.enter(|m| m.object(pet(5)).unwrap().push_component(m, Value::FALSE));
    dumped(&runtime, &memory);
    dumped(&graph(), &memory)
}

fn dumped(runtime: &Runtime, memory: &MemoryVfs) -> MemoryVfs {
    let vfs = arc(memory);
    let store = Store::create(&vfs, Path::new(ROOT))
        .or_else(|_| Store::open(&vfs, Path::new(ROOT), rps_persist::Access::Write))
        .unwrap();
    let mut options = DumpOptions::default();
    options.states = vec![state()];
    options.file_limit = 3000;
    store.dump_with(runtime, &options).unwrap();
    memory.clone()
}

pub(crate) fn arc(memory: &MemoryVfs) -> Arc<dyn Vfs> {
    Arc::new(memory.clone())
}

/// Returns a file system with these files.
pub(crate) fn with_files(files: &Files) -> MemoryVfs {
    let memory = MemoryVfs::new();
    for (path, content) in files {
        let dir = path.parent().unwrap();
        vfs::create_dirs(&memory, dir).unwrap();
        let mut file = memory.create(path).unwrap();
        file.write_all(content).and_then(|()| file.sync()).unwrap();
        memory.sync_dir(dir).unwrap();
    }
    memory
}

pub(crate) fn path(name: &str) -> PathBuf {
    Path::new(ROOT).join("spaces").join(name)
}

/// Returns the files of the current generation, by their paths below `spaces/`.
pub(crate) fn generation(files: &Files) -> BTreeMap<String, Vec<u8>> {
    let below = |(path, content): (&PathBuf, &Vec<u8>)| {
        let name = path.strip_prefix(Path::new(ROOT).join("spaces")).ok()?;
        Some((name.to_string_lossy().into_owned(), content.clone()))
    };
    files.iter().filter_map(below).collect()
}

/// Returns the path of the file below `spaces/` that holds an object.
pub(crate) fn file_of(files: &Files, oid: Oid) -> String {
    let start = format!("\n{{\"oid\":\"{oid}\"");
    let mut all = generation(files).into_iter();
    all.find(|(_, content)| String::from_utf8_lossy(content).contains(&start)).unwrap().0
}

/// Returns the records of a generation, by their oids.
pub(crate) fn records(files: &Files) -> BTreeMap<String, String> {
    let mut records = BTreeMap::new();
    for (path, content) in generation(files) {
        if path == "manifest.json" || path.starts_with("state/") {
            continue;
        }
        let text = String::from_utf8_lossy(&content).into_owned();
        for part in text.split("\n{\"oid\":\"").skip(1) {
            let body = part.strip_suffix("\n},").or_else(|| part.strip_suffix("\n}\n]}\n"));
            let Some(body) = body else { continue };
            records.insert(part[..19].to_owned(), format!("{{\"oid\":\"{body}\n}}"));
        }
    }
    records
}

/// Makes the manifest describe the files as they are now.
pub(crate) fn describe(files: &mut Files) {
    let manifest = path("manifest.json");
    let mut text = String::from_utf8(files[&manifest].clone()).unwrap();
    for (name, content) in generation(files) {
        let start = format!("{{\"path\":\"{name}\",");
        if let Some(at) = text.find(&start) {
            let end = at + text[at..].find('}').unwrap() + 1;
            let entry = FileEntry::of_content(&name, &content);
            let line =
                format!("{{\"path\":\"{name}\",\"size\":{},\"blake3\":\"{}\"}}", entry.size, entry.hash);
            text.replace_range(at..end, &line);
        }
    }
    files.insert(manifest, text.into_bytes());
}

/// What a salvage made of a store.
pub(crate) struct Outcome {
    pub(crate) before: Report,
    pub(crate) salvaged: Salvaged,
    pub(crate) files: Files,
}

/// Salvages a damaged store, and checks all that must hold whatever the damage is. `sound` has the records as they were.
pub(crate) fn salvaged(name: &str, damaged: &Files, sound: &BTreeMap<String, String>) -> Outcome {
    let memory = with_files(damaged);
    let vfs = arc(&memory);
    let root = Path::new(ROOT);
    let before = check(&vfs, root);
    for problem in before.problems().iter().filter(|problem| problem.severity == Severity::Error) {
        assert!(problem.hint.is_some() || problem.code.hint().is_some(), "{name}: no hint: {problem}");
    }
    let mut options = SalvageOptions::default();
    options.is_dry_run = true;
    let dry = salvage(&vfs, root, &options).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(&memory.files(), damaged, "{name}: a dry run changes nothing");
    let salvaged = salvage(&vfs, root, &SalvageOptions::default()).unwrap();
    let told = |salvaged: &Salvaged| -> Vec<_> {
        let items = salvaged.items.iter();
        items.map(|item| (item.fate, item.file.clone(), item.lines, item.oid, item.message.clone())).collect()
    };
    assert_eq!(told(&dry), told(&salvaged), "{name}: a dry run tells what is done");
    let after = check(&vfs, root);
    // The name of a kind that is damaged could be that of a plugin's type.
    let after: Report = after.into_iter().filter(|problem| problem.code != Code::PayloadAbsent).collect();
    assert!(after.is_empty(), "{name}: a check is clean afterwards: {after}");
    assert_eq!(before.is_empty(), salvaged.items.is_empty(), "{name}: {before}\n{:#?}", salvaged.items);
    let again = salvage(&vfs, root, &SalvageOptions::default()).unwrap();
    assert!(again.items.is_empty() && again.generation.is_none(), "{name}: {:?}", again.items);
    let files = memory.files();
    nothing_is_gone(name, damaged, &files);
    what_was_sound_is_there(name, damaged, sound, &files);
    Outcome { before, salvaged, files }
}

/// Every file of before is somewhere, byte for byte.
fn nothing_is_gone(name: &str, before: &Files, after: &Files) {
    let contents: BTreeSet<&Vec<u8>> = after.values().collect();
    for (path, content) in before.iter().filter(|(path, _)| !path.ends_with(".rps/lock")) {
        assert!(contents.contains(content), "{name}: {} is gone", path.display());
    }
    // Once more where no later dump removes it.
    let now: BTreeSet<Vec<u8>> = generation(after).into_values().collect();
    let quarantine: BTreeSet<&Vec<u8>> = after
        .iter()
        .filter(|(path, _)| path.starts_with(Path::new(ROOT).join(".rps/quarantine")))
        .map(|(_, content)| content)
        .collect();
    for (path, content) in generation(before) {
        if path == "manifest.json" && !quarantine.contains(&content) {
            continue;
        }
        assert!(
            now.contains(&content) || quarantine.contains(&content) || all_records_in(&content, after),
            "{name}: {path} is not in quarantine"
        );
    }
}

/// Returns whether all that a file held is in the current generation.
pub(crate) fn all_records_in(content: &[u8], after: &Files) -> bool {
    let of_file = BTreeMap::from([(path("x.json"), content.to_vec())]);
    let (was, is) = (records(&of_file), records(after));
    was.iter().all(|(oid, record)| is.get(oid) == Some(record))
}

/// Every record that the damage has left as it was is in the store, byte for byte but for references to what is lost.
fn what_was_sound_is_there(name: &str, damaged: &Files, sound: &BTreeMap<String, String>, after: &Files) {
    let texts: Vec<String> = generation(damaged)
        .into_iter()
        .filter(|(path, _)| path != "manifest.json")
        .map(|(_, content)| String::from_utf8_lossy(&content).into_owned())
        .collect();
    let now = records(after);
    for (oid, record) in sound {
        let is_left = |text: &String| {
            let whole = [",", "\n]}\n"].map(|behind| format!("\n{record}{behind}"));
            whole.iter().any(|whole| text.contains(whole.as_str()))
        };
        if !texts.iter().any(is_left) {
            continue;
        }
        let found = now.get(oid).unwrap_or_else(|| panic!("{name}: {oid} was sound and is lost"));
        assert_eq!(&unmarked(found, &now), record, "{name}: {oid} was sound and is another one");
    }
}

/// Returns a record whose references to lost objects are as they were.
fn unmarked(record: &str, now: &BTreeMap<String, String>) -> String {
    let mut text = record.to_owned();
    while let Some(at) = text.find("{\"transient\":\"_") {
        let oid = text[at + 14..at + 33].to_owned();
        assert!(!now.contains_key(&oid), "{oid} is there, and a reference to it is transient");
        text.replace_range(at..at + 35, &format!("\"{oid}\""));
    }
    text
}
