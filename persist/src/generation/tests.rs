//! Tests of whole dumps: what they do, and that no failure and no power loss ever leaves a mixture.

mod crash;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use rps_runtime::Oid;

use super::*;
use crate::error::{DumpError, LoadError, OpenError};
use crate::layout::Layout;
use crate::lock::WriterLock;
use crate::manifest::{FileEntry, Manifest, SpaceEntry, UnknownKeys};
use crate::text::Limits;
use crate::vfs::fault::{FaultVfs, OperationKind};
use crate::vfs::memory::MemoryVfs;
use crate::vfs::{RealVfs, Vfs};

const STORE: &str = "/store";

/// The content of a small store, by path.
type Content = BTreeMap<String, Vec<u8>>;

/// Returns the content of "version `n`" of a store: one file is always the same, one differs, one comes or goes.
fn version(n: u8) -> Content {
    let mut content = Content::from([("a.json".to_owned(), b"always\n".to_vec())]);
    content.insert("b/0.json".to_owned(), vec![n; 1000]);
    content.insert(format!("b/{n}.json"), b"new\n".to_vec());
    content
}

fn manifest(files: Vec<FileEntry>) -> Manifest {
    let oid = Oid::parse("_8J6vNYtP5E800eCr5q").unwrap();
    let mut manifest = Manifest {
        spaces: vec![SpaceEntry { name: "s".into(), oid, objects: 0, files, unknown: UnknownKeys::new() }],
        ..Manifest::default()
    };
    manifest.sort();
    manifest
}

fn write_all(writer: &GenerationWriter<'_>, content: &Content) -> Result<Manifest, DumpError> {
    let mut files = Vec::new();
    for (path, bytes) in content {
        let mut file = writer.write_file(path)?;
        file.write_all(bytes).map_err(crate::error::FileError::of("write", Path::new(path)))?;
        files.push(file.finish()?);
    }
    Ok(manifest(files))
}

fn dump(vfs: &Arc<dyn Vfs>, store: &Path, content: &Content) -> Result<Dumped, DumpError> {
    let lock = WriterLock::acquire(vfs, store)?;
    let writer = GenerationWriter::begin(&lock)?;
    let manifest = write_all(&writer, content)?;
    writer.commit(&manifest)
}

/// Reads the current generation and checks all of it against its manifest.
fn load(vfs: &Arc<dyn Vfs>, store: &Path) -> Option<Content> {
    match GenerationReader::open(vfs, store) {
        Ok(reader) => Some(read_all(&reader)),
        Err(OpenError::NoGeneration { .. }) => None,
        Err(error) => panic!("{error}"),
    }
}

fn read_all(reader: &GenerationReader) -> Content {
    let bytes = reader.read("manifest.json").unwrap();
    let (manifest, _) = Manifest::read(Path::new("manifest.json"), &bytes, &Limits::default()).unwrap();
    let mut listed: Vec<_> = manifest.files().map(|entry| entry.path.clone()).collect();
    listed.push("manifest.json".to_owned());
    listed.sort();
    assert_eq!(reader.list().unwrap(), listed);
    let read = |entry: &FileEntry| {
        let content = reader.read(&entry.path).unwrap();
        assert!(FileEntry::of_content(&entry.path, &content).is_same_file(entry), "{}", entry.path);
        (entry.path.clone(), content.to_vec())
    };
    manifest.files().map(read).collect()
}

/// Returns the directories in the store, other than `spaces` and `.rps`.
fn strays(vfs: &dyn Vfs, store: &Path) -> Vec<String> {
    let names = vfs.read_dir(store).unwrap().into_iter().map(|entry| entry.name.into_string().unwrap());
    names.filter(|name| name != "spaces" && name != ".rps").collect()
}

fn memory() -> (MemoryVfs, Arc<dyn Vfs>) {
    let memory = MemoryVfs::new();
    (memory.clone(), Arc::new(memory))
}

#[test]
fn a_dump_onto_an_existing_store_replaces_it_rps_11() {
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("store");
    let vfs: Arc<dyn Vfs> = Arc::new(RealVfs);
    assert_eq!(load(&vfs, dir.path()), None);
    for n in 1..=4 {
        let dumped = dump(&vfs, &store, &version(n)).unwrap();
        assert!(dumped.is_new && dumped.report.is_empty(), "{}", dumped.report);
        assert_eq!(load(&vfs, &store), Some(version(n)));
        assert!(strays(&*vfs, &store).is_empty());
    }
    let previous = vfs.read_dir(&Layout::new(&store).previous()).unwrap();
    assert_eq!(
        previous.iter().map(|entry| entry.name.to_str().unwrap()).collect::<Vec<_>>(),
        ["000002", "000003"]
    );
}

#[test]
fn unchanged_files_are_linked_and_unchanged_stores_left_alone_rps_3() {
    let (_, vfs) = memory();
    let store = Path::new(STORE);
    let first = dump(&vfs, store, &version(1)).unwrap();
    assert_eq!((first.written, first.kept), (3, 0));
    let id = |path: &str| vfs.metadata(&store.join(path)).unwrap().id;
    let (generation, always) = (id("spaces"), id("spaces/a.json"));

    let same = dump(&vfs, store, &version(1)).unwrap();
    assert_eq!((same.is_new, same.written, same.kept), (false, 0, 3));
    assert_eq!(id("spaces"), generation, "the same directory is still in place");
    assert!(strays(&*vfs, store).is_empty());

    let second = dump(&vfs, store, &version(2)).unwrap();
    assert_eq!((second.is_new, second.written, second.written_bytes, second.kept), (true, 2, 1004, 1));
    assert_eq!(id("spaces/a.json"), always);
}

#[test]
fn kept_files_are_not_looked_into() {
    let (memory, vfs) = memory();
    let store = Path::new(STORE);
    dump(&vfs, store, &version(1)).unwrap();
    let fault = FaultVfs::new(memory);
    let counting: Arc<dyn Vfs> = Arc::new(fault.clone());
    let lock = WriterLock::acquire(&counting, store).unwrap();
    let writer = GenerationWriter::begin(&lock).unwrap();
    let kept = |path| writer.keep_file(path).unwrap();
    assert_eq!(kept("missing.json"), None);
    let files = vec![kept("a.json").unwrap(), kept("b/0.json").unwrap()];
    let dumped = writer.commit(&manifest(files)).unwrap();
    assert_eq!((dumped.is_new, dumped.written, dumped.kept), (true, 0, 2), "b/1.json is gone");
    let read: Vec<_> =
        fault.trace().into_iter().filter(|o| o.kind == OperationKind::Read).map(|o| o.path).collect();
    assert!(read.iter().all(|path| !path.ends_with("a.json")), "{read:?}");
    assert_eq!(load(&vfs, store).unwrap().len(), 2);
}

#[test]
fn where_links_do_not_exist_files_are_copied() {
    let fault = FaultVfs::new(MemoryVfs::new());
    fault.without_links(rustix::io::Errno::PERM.raw_os_error());
    let vfs: Arc<dyn Vfs> = Arc::new(fault.clone());
    let store = Path::new(STORE);
    dump(&vfs, store, &version(1)).unwrap();
    vfs.create(&store.join("spaces/.gitattributes")).unwrap().write_all(b"mine").unwrap();
    let before = fault.count();
    let dumped = dump(&vfs, store, &version(2)).unwrap();
    assert_eq!((dumped.written, dumped.kept), (3, 0), "a copy has to be synced like what is written");
    let synced = fault.trace().split_off(before).into_iter().filter(|o| o.kind == OperationKind::SyncFile);
    let synced: Vec<_> = synced.map(|o| o.path).collect();
    assert!(synced.iter().any(|path| path.ends_with("a.json")));
    assert!(synced.iter().any(|path| path.ends_with(".gitattributes")), "the user's own, too: {synced:?}");
    assert_eq!(load(&vfs, store), Some(version(2)));
}

#[test]
fn a_file_changed_behind_the_manifest_is_put_right() {
    let (_, vfs) = memory();
    let store = Path::new(STORE);
    dump(&vfs, store, &version(1)).unwrap();
    for damaged in [&b"edited\n"[..], b"longer than before\n"] {
        let path = store.join("spaces/a.json");
        vfs.remove_file(&path).unwrap();
        vfs.create(&path).unwrap().write_all(damaged).unwrap();
        let dumped = dump(&vfs, store, &version(1)).unwrap();
        assert_eq!((dumped.is_new, dumped.written), (true, 1));
        assert_eq!(load(&vfs, store), Some(version(1)));
    }
}

#[test]
fn large_files_are_written_in_pieces_and_linked_when_they_did_not_change() {
    let (_, vfs) = memory();
    let store = Path::new(STORE);
    let content = Content::from([("big.json".to_owned(), (0..9_000_001u32).map(|n| n as u8).collect())]);
    assert_eq!(dump(&vfs, store, &content).unwrap().written_bytes, 9_000_001);
    assert!(!dump(&vfs, store, &content).unwrap().is_new);
    let more = content.into_iter().chain([("small.json".to_owned(), b"{}".to_vec())]).collect();
    let dumped = dump(&vfs, store, &more).unwrap();
    assert_eq!((dumped.written, dumped.kept), (1, 1));
    assert_eq!(load(&vfs, store), Some(more));
}

#[test]
fn files_of_the_user_stay_in_the_store() {
    let (_, vfs) = memory();
    let store = Path::new(STORE);
    dump(&vfs, store, &version(1)).unwrap();
    vfs.create(&store.join("spaces/.gitattributes")).unwrap().write_all(b"* -text\n").unwrap();
    dump(&vfs, store, &version(2)).unwrap();
    assert_eq!(&*vfs.read(&store.join("spaces/.gitattributes")).unwrap(), b"* -text\n");
    assert_eq!(load(&vfs, store), Some(version(2)));
}

#[test]
fn a_dump_that_is_given_up_leaves_nothing_rps_5() {
    let (memory, vfs) = memory();
    let store = Path::new(STORE);
    dump(&vfs, store, &version(1)).unwrap();
    let lock = WriterLock::acquire(&vfs, store).unwrap();
    let before = memory.files();
    let writer = GenerationWriter::begin(&lock).unwrap();
    write_all(&writer, &version(2)).unwrap();
    drop(writer);
    assert_eq!(memory.files(), before);
    assert!(strays(&*vfs, store).is_empty());
}

#[test]
fn a_dump_that_contradicts_itself_is_refused() {
    let (_, vfs) = memory();
    let lock = WriterLock::acquire(&vfs, Path::new(STORE)).unwrap();
    let begin = || GenerationWriter::begin(&lock).unwrap();
    let code = |result: Result<Dumped, DumpError>| result.unwrap_err().code();

    let writer = begin();
    assert_eq!(writer.write_file("../up.json").err().unwrap().code(), "store::misuse");
    assert_eq!(writer.write_file("manifest.json").err().unwrap().code(), "store::misuse");
    let entry = writer.write_file("a.json").unwrap().finish().unwrap();
    assert_eq!(writer.write_file("a.json").err().unwrap().code(), "store::misuse");
    assert_eq!(code(writer.commit(&manifest(vec![]))), "store::misuse", "a.json is not listed");
    assert_eq!(
        code(begin().commit(&manifest(vec![entry.clone()]))),
        "store::misuse",
        "a.json was not written"
    );

    let writer = begin();
    drop(writer.write_file("a.json").unwrap());
    assert_eq!(
        code(writer.commit(&manifest(vec![entry.clone()]))),
        "store::misuse",
        "a.json was not finished"
    );

    let writer = begin();
    let _ = writer.write_file("a.json").unwrap().finish().unwrap();
    let other = FileEntry { size: 7, ..entry };
    assert_eq!(code(writer.commit(&manifest(vec![other]))), "store::misuse", "another a.json is listed");
}

#[test]
fn many_threads_write_one_generation() {
    let (_, vfs) = memory();
    let store = Path::new(STORE);
    let content: Content = (0..64).map(|n| (format!("s/{n:02}.json"), vec![n; 3000])).collect();
    let lock = WriterLock::acquire(&vfs, store).unwrap();
    let writer = GenerationWriter::begin(&lock).unwrap();
    let entries = parking_lot::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for part in 0..4 {
            let (writer, content, entries) = (&writer, &content, &entries);
            scope.spawn(move || {
                for (path, bytes) in content.iter().skip(part).step_by(4) {
                    let mut file = writer.write_file(path).unwrap();
                    file.write_all(bytes).unwrap();
                    entries.lock().push(file.finish().unwrap());
                }
            });
        }
    });
    writer.commit(&manifest(entries.into_inner())).unwrap();
    drop(lock);
    assert_eq!(load(&vfs, store), Some(content));
}

#[test]
fn a_reader_keeps_its_generation_through_any_number_of_dumps() {
    let dir = tempfile::tempdir().unwrap();
    let real: Arc<dyn Vfs> = Arc::new(RealVfs);
    let (_, memory) = memory();
    for (vfs, store) in [(real, dir.path()), (memory, Path::new(STORE))] {
        dump(&vfs, store, &version(1)).unwrap();
        let reader = GenerationReader::open(&vfs, store).unwrap();
        assert!(reader.is_current());
        for n in 2..7 {
            dump(&vfs, store, &version(n)).unwrap();
            assert_eq!(read_all(&reader), version(1), "after dump {n}");
        }
        assert!(!reader.is_current());
        assert!(
            matches!(reader.read("missing.json"), Err(LoadError::File(error)) if error.code().as_str() == "store::not-found")
        );
        assert_eq!(load(&vfs, store), Some(version(6)));
        drop(reader);
        dump(&vfs, store, &version(7)).unwrap();
        assert_eq!(
            vfs.read_dir(&Layout::new(store).previous()).unwrap().len(),
            KEPT,
            "it is removed once it is free"
        );
    }
}

#[test]
fn a_store_that_is_none_is_refused_with_its_reason() {
    let (_, vfs) = memory();
    vfs.create(Path::new("/file")).unwrap();
    vfs.create_dir(Path::new("/odd")).unwrap();
    vfs.create(Path::new("/odd/spaces")).unwrap();
    let code = |path: &str| GenerationReader::open(&vfs, Path::new(path)).unwrap_err().code();
    assert_eq!(code("/missing"), "store::not-found");
    assert_eq!(code("/file"), "store::not-a-directory");
    assert_eq!(code("/odd"), "store::not-a-directory");
}
