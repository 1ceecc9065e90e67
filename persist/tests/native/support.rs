//! Stores in memory, and what is in them.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rps_persist::vfs::Vfs;
use rps_persist::vfs::memory::MemoryVfs;
use rps_persist::{Access, LoadError, Problem, Report, Store};
use rps_runtime::object::Payload;
use rps_runtime::{Mutator, ObjectRef, Oid, Runtime, Value, known};

pub(crate) const ROOT: &str = "/store";

/// Returns a file system with a store that holds what a runtime holds.
pub(crate) fn dumped(runtime: &Runtime) -> MemoryVfs {
    let memory = MemoryVfs::new();
    let store = Store::create(&arc(&memory), Path::new(ROOT)).unwrap();
    store.dump(runtime).unwrap();
    memory
}

pub(crate) fn arc(memory: &MemoryVfs) -> Arc<dyn Vfs> {
    Arc::new(memory.clone())
}

pub(crate) fn load(memory: &MemoryVfs) -> Runtime {
    open(memory).load().unwrap_or_else(|error| panic!("{error}")).0
}

pub(crate) fn open(memory: &MemoryVfs) -> Store {
    Store::open(&arc(memory), Path::new(ROOT), Access::Read).unwrap()
}

/// Returns what a load of the store complains about.
pub(crate) fn problems(memory: &MemoryVfs) -> Report {
    match open(memory).load() {
        Err(LoadError::Unsound(report)) => report,
        Ok(_) => panic!("the store is sound"),
        Err(error) => panic!("{error}"),
    }
}

/// Returns the files of the current generation.
pub(crate) fn files(memory: &MemoryVfs) -> BTreeMap<PathBuf, Vec<u8>> {
    memory.files().into_iter().filter(|(path, _)| path.starts_with("/store/spaces")).collect()
}

/// Returns a file of the current generation as text.
pub(crate) fn text(memory: &MemoryVfs, path: &str) -> String {
    String::from_utf8(files(memory)[&Path::new("/store/spaces").join(path)].clone()).unwrap()
}

/// Returns a copy of the store in which one file has another content, and the manifest knows it.
pub(crate) fn with_file(memory: &MemoryVfs, path: &str, content: &[u8]) -> MemoryVfs {
    let old = rps_persist::manifest::FileEntry::of_content(path, text(memory, path).as_bytes());
    let new = rps_persist::manifest::FileEntry::of_content(path, content);
    let manifest = text(memory, "manifest.json").replace(
        &format!("\"size\":{},\"blake3\":\"{}\"", old.size, old.hash),
        &format!("\"size\":{},\"blake3\":\"{}\"", new.size, new.hash),
    );
    let copy = with_raw(memory, path, Some(content));
    with_raw(&copy, "manifest.json", Some(manifest.as_bytes()))
}

/// Returns a copy of the store in which one file, which need not be text, is changed, and the manifest knows it.
pub(crate) fn with_coded(memory: &MemoryVfs, path: &str, change: &dyn Fn(&mut Vec<u8>)) -> MemoryVfs {
    use rps_persist::manifest::FileEntry;
    let mut content = files(memory)[&Path::new("/store/spaces").join(path)].clone();
    let described = |content: &[u8]| {
        let entry = FileEntry::of_content(path, content);
        format!("\"size\":{},\"blake3\":\"{}\"", entry.size, entry.hash)
    };
    let before = described(&content);
    change(&mut content);
    let manifest = text(memory, "manifest.json").replace(&before, &described(&content));
    let copy = with_raw(memory, path, Some(&content));
    with_raw(&copy, "manifest.json", Some(manifest.as_bytes()))
}

/// Returns a copy of the store in which one file has another content, or is not there.
pub(crate) fn with_raw(memory: &MemoryVfs, path: &str, content: Option<&[u8]>) -> MemoryVfs {
    let copy = MemoryVfs::new();
    let mut all = files(memory);
    let path = Path::new("/store/spaces").join(path);
    match content {
        Some(content) => all.insert(path, content.to_vec()),
        None => all.remove(&path),
    };
    for (path, content) in all {
        rps_persist::vfs::create_dirs(&copy, path.parent().unwrap()).unwrap();
        copy.create(&path).unwrap().write_all(&content).unwrap();
    }
    copy
}

/// Returns the one problem of a report.
pub(crate) fn only(report: &Report) -> &Problem {
    assert_eq!(report.problems().len(), 1, "{report}");
    &report.problems()[0]
}

pub(crate) const SPACE: Oid = Oid::known("_8J6vNYtP5E800eCr5q");
pub(crate) const THING: Oid = Oid::known("_006mAbXTG4G00QR5HS");

/// Makes the space `core`, which is in itself.
pub(crate) fn make_space(m: &Mutator<'_>) -> ObjectRef {
    let space = stored(m, SPACE, known::SPACE, None);
    space.install_payload(m, Some(Payload::Space));
    let name = m.object(known::NAME).unwrap();
    space.put_attribute(m, name, m.string("core")).unwrap();
    space.set_mtime(100);
    space
}

/// Makes an object of a known class in a space, or in itself.
pub(crate) fn stored(m: &Mutator<'_>, oid: Oid, class: Oid, space: Option<ObjectRef>) -> ObjectRef {
    let object = m.object_or_skeleton(oid);
    object.set_class_unchecked(Some(m.class(class)));
    object.set_space_unchecked(m, Some(space.unwrap_or(object)));
    object.set_mtime(158_806_384_150);
    object
}

/// Returns a runtime with the space `core` and one object in it.
pub(crate) fn small(fill: impl FnOnce(&Mutator<'_>, ObjectRef)) -> Runtime {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let space = make_space(m);
        let thing = stored(m, THING, known::OBJECT, Some(space));
        fill(m, thing);
        thing.set_mtime(158_806_384_150);
    });
    runtime
}

/// Stores a value as a component, dumps, loads, and gives the value that came back to a test.
pub(crate) fn back(make: impl FnOnce(&Mutator<'_>) -> Value, test: impl FnOnce(&Mutator<'_>, Value)) {
    let runtime = small(|m, thing| thing.push_component(m, make(m)));
    let memory = dumped(&runtime);
    let loaded = load(&memory);
    assert_eq!(files(&dumped(&loaded)), files(&memory), "a second dump is the same");
    loaded.enter(|m| test(m, m.object(THING).unwrap().component(0).unwrap()));
}
