//! Snapshots of small stores, whole, damaged, and out of date.

mod damage;
mod process;
mod stale;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rps_runtime::extension::{Extensions, NoExtensions};
use rps_runtime::object::Payload;
use rps_runtime::{Mutator, ObjectRef, Oid, Runtime, Value, known};

use super::*;
use crate::generation::GenerationReader;
use crate::layout::{Layout, MANIFEST};
use crate::native::{DumpOptions, Lazy, LoadOptions};
use crate::text::Limits;
use crate::vfs::memory::MemoryVfs;
use crate::vfs::{RealVfs, Vfs};
use crate::{Access, Store};

const ROOT: &str = "/store";
const COUNT: u64 = 60;

fn oid(number: u64) -> Oid {
    // Spread over all first digits, so that there are several files.
    Oid::of_name(&number.to_string())
}

/// Fills a runtime with objects of all sorts.
fn fill(m: &Mutator<'_>) {
    let _suspended = m.suspend_collections();
    let space = m.object_or_skeleton(known::INITIAL_SPACE);
    space.set_class_unchecked(Some(m.class(known::SPACE)));
    space.install_payload(m, Some(Payload::Space));
    for object in m.all_objects().iter().filter_map(|value| value.as_object()) {
        object.set_space(m, Some(space));
    }
    let transient = m.new_object(m.class(known::OBJECT));
    let objects: Vec<ObjectRef> = (0..COUNT).map(|number| m.object_or_skeleton(oid(number))).collect();
    for (number, &object) in objects.iter().enumerate() {
        object.set_class_unchecked(Some(m.class(known::OBJECT)));
        object.set_space(m, Some(space));
        let other = objects[(number * 7 + 3) % objects.len()];
        let text = m.string(&format!("the text of {number}"));
        object.set_attributes(m, &[(m.object(known::COMMENT).unwrap(), text)]);
        object.set_components(m, &[Value::int(m, number as i64), other.into(), transient.into()]);
        if number % 9 == 0 {
            m.install_symbol(object, &format!("symbol_{number}"), other.into(), false).unwrap();
        } else if number % 9 == 1 {
            object.install_payload(m, Some(Payload::ObjectVector(vec![other.into()])));
        }
        object.set_mtime(158_806_384_150 + number as i64);
    }
    m.add_root(objects[5]);
    m.add_constant(objects[6]);
}

/// Makes a store with many files, and its snapshot.
fn store(vfs: &Arc<dyn Vfs>, root: &Path) -> Layout {
    store_of_files(vfs, root, 2_000)
}

fn store_of_files(vfs: &Arc<dyn Vfs>, root: &Path, file_limit: usize) -> Layout {
    let runtime = Runtime::new();
    runtime.enter(fill);
    let options = DumpOptions { file_limit, lazy: Lazy::Never, ..DumpOptions::default() };
    Store::create(vfs, root).unwrap().dump_with(&runtime, &options).unwrap();
    let layout = Layout::new(root);
    make(vfs, &layout, &NoExtensions, &Limits::default()).unwrap();
    layout
}

fn memory() -> (MemoryVfs, Arc<dyn Vfs>, Layout) {
    let memory = MemoryVfs::new();
    let vfs: Arc<dyn Vfs> = Arc::new(memory.clone());
    let layout = store(&vfs, Path::new(ROOT));
    (memory, vfs, layout)
}

fn opened(vfs: &Arc<dyn Vfs>, root: &Path) -> Result<Opened, String> {
    let generation = Arc::new(GenerationReader::open(vfs, root).unwrap());
    let manifest = generation.read(MANIFEST).unwrap();
    let extensions: Arc<dyn Extensions> = Arc::new(NoExtensions);
    open(&generation, &manifest, &extensions).map_err(|skipped| skipped.to_string())
}

fn lazily(vfs: &Arc<dyn Vfs>, root: &Path, lazy: Lazy) -> (Runtime, bool) {
    let options = LoadOptions { lazy, ..LoadOptions::default() };
    let (runtime, report) = Store::open(vfs, root, Access::Read).unwrap().load_with(&options).unwrap();
    (runtime, report.is_lazy)
}

/// Returns everything that a dump of a runtime gives: what two runtimes must agree on.
fn dumped(runtime: &Runtime) -> Vec<(PathBuf, Vec<u8>)> {
    let memory = MemoryVfs::new();
    let vfs: Arc<dyn Vfs> = Arc::new(memory.clone());
    let options = DumpOptions { lazy: Lazy::Never, ..DumpOptions::default() };
    Store::create(&vfs, Path::new(ROOT)).unwrap().dump_with(runtime, &options).unwrap();
    memory.files().into_iter().filter(|(path, _)| path.starts_with("/store/spaces")).collect()
}

/// Replaces a file by another one, as editors do.
fn replace(vfs: &dyn Vfs, path: &Path, content: &[u8]) {
    let _ = vfs.remove_file(path);
    vfs.create(path).unwrap().write_all(content).unwrap();
}

/// Returns the paths of the files of a snapshot, of one kind.
fn files(vfs: &dyn Vfs, layout: &Layout, extension: &str) -> Vec<PathBuf> {
    let entries = vfs.read_dir(&layout.snapshot()).unwrap();
    let paths = entries.into_iter().map(|entry| layout.snapshot().join(entry.name));
    paths.filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
}

#[test]
fn every_record_comes_back_as_it_was_written_rps_2() {
    let (_, vfs, layout) = memory();
    let opened = opened(&vfs, Path::new(ROOT)).unwrap();
    assert!(files(&*vfs, &layout, "snap").len() > 5, "the space has several files");
    assert_eq!(files(&*vfs, &layout, "top").len(), 1);
    let mut oids = Vec::new();
    opened.for_each(&mut |oid, _| oids.push(oid)).unwrap();
    assert_eq!(oids.len() as u64, opened.objects());
    oids.sort_unstable();
    oids.dedup();
    assert_eq!(oids.len() as u64, opened.objects());
    for number in 0..COUNT {
        let record = opened.record(oid(number)).unwrap().unwrap();
        assert!(record.contains(&format!("the text of {number}\"")), "{record}");
        let found = opened.find(oid(number)).unwrap();
        let mtime = 158_806_384_150 + number as i64;
        let expected = Found { class: Some(known::OBJECT), space: known::INITIAL_SPACE, mtime };
        assert_eq!(found, expected);
        let name = format!("symbol_{number}");
        assert_eq!(opened.symbol(&name), (number % 9 == 0).then(|| oid(number)), "{name}");
    }
    assert_eq!(opened.record(oid(COUNT)).unwrap(), None);
    assert_eq!(opened.find(oid(COUNT)), None);
    assert_eq!(opened.symbol("symbol_"), None);
    assert_eq!(opened.transients().collect::<std::collections::BTreeSet<_>>().len(), 1);
}

#[test]
fn an_object_comes_when_it_is_touched_and_all_are_as_a_load_gives_them_rps_2() {
    let (_, vfs, _) = memory();
    let (whole, is_lazy) = lazily(&vfs, Path::new(ROOT), Lazy::Never);
    assert!(!is_lazy);
    let (runtime, is_lazy) = lazily(&vfs, Path::new(ROOT), Lazy::Always);
    assert!(is_lazy);
    runtime.enter(|m| {
        let object = m.object(oid(9)).unwrap();
        assert_eq!(object.components().next(), Some(Value::int(m, 9)));
        assert_eq!(m.symbol("symbol_18"), m.object(oid(18)));
        assert_eq!(m.name_of(m.object(oid(27)).unwrap()), Some("symbol_27".to_owned()));
        assert_eq!(m.roots().len() + m.constants().len(), 2);
        m.load_all();
        assert_eq!(m.unreadable(), []);
    });
    assert_eq!(dumped(&whole), dumped(&runtime));
    assert!(!lazily(&vfs, Path::new(ROOT), Lazy::Auto).1, "a small store is loaded");
}

#[test]
fn what_was_committed_since_lies_over_the_snapshot() {
    let (_, vfs, _) = memory();
    let options = LoadOptions { lazy: Lazy::Always, ..LoadOptions::default() };
    {
        let store = Store::open(&vfs, Path::new(ROOT), Access::Write).unwrap();
        let (runtime, report) = store.load_with(&options).unwrap();
        assert!(report.is_lazy);
        runtime.enter(|m| {
            let [changed, removed] = [3, 4].map(|number| m.object(oid(number)).unwrap());
            changed.push_component(m, Value::int(m, 77));
            removed.set_space(m, None);
            let made = m.new_object(m.class(known::OBJECT));
            made.set_space(m, m.object(known::INITIAL_SPACE));
            m.install_symbol(made, "made", Value::NIL, false).unwrap();
            made.touch(m);
            m.add_root(changed);
        });
        store.commit(&runtime, &crate::native::CommitOptions::default()).unwrap();
    }
    let loaded = |lazy| {
        let options = LoadOptions { lazy, ..LoadOptions::default() };
        let store = Store::open(&vfs, Path::new(ROOT), Access::Read).unwrap();
        let (runtime, report) = store.load_with(&options).unwrap();
        assert_eq!((report.is_lazy, report.commits), (lazy == Lazy::Always, 1));
        runtime.enter(|m| {
            assert!(m.is_changed(rps_runtime::change::Purpose::Dump), "it is not in the generation");
            assert!(!m.is_changed(rps_runtime::change::Purpose::Commit));
            assert_eq!(m.object(oid(3)).unwrap().components().last(), Some(Value::int(m, 77)));
            assert!(m.symbol("made").is_some_and(|made| made.space().is_some()));
            assert_eq!(m.object(oid(4)).and_then(ObjectRef::space), None);
            assert_eq!(report.objects, m.stored_objects().len());
        });
        runtime
    };
    assert_eq!(dumped(&loaded(Lazy::Never)), dumped(&loaded(Lazy::Always)));
}

#[test]
fn opening_reads_no_text_of_an_object_rps_2() {
    let memory = MemoryVfs::new();
    let inner: Arc<dyn Vfs> = Arc::new(memory.clone());
    store(&inner, Path::new(ROOT));
    let vfs = crate::vfs::fault::FaultVfs::new(memory);
    let counted: Arc<dyn Vfs> = Arc::new(vfs.clone());
    let (runtime, is_lazy) = lazily(&counted, Path::new(ROOT), Lazy::Always);
    assert!(is_lazy);
    use crate::vfs::fault::OperationKind::{Map, Read};
    let of = |kind| vfs.trace().iter().filter(|operation| operation.kind == kind).count();
    let mapped = of(Map);
    assert_eq!(of(Read), 1, "the manifest");
    runtime.enter(|m| m.object(oid(3)).map(|object| object.components().count()));
    assert!(of(Map) > mapped || mapped > 1, "the shard");
    assert_eq!(of(Read), 1, "no space file was read");
}
