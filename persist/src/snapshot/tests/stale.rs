//! Snapshots that are not of what is there.

use super::*;

/// Returns the path of a space file, and its content.
fn space_file(vfs: &dyn Vfs, layout: &Layout) -> (PathBuf, Vec<u8>) {
    let bytes = vfs.read(&layout.spaces().join(MANIFEST)).unwrap();
    let (manifest, _) =
        crate::manifest::Manifest::read(Path::new(MANIFEST), &bytes, &Limits::default()).unwrap();
    let path = layout.spaces().join(&manifest.spaces[0].files[0].path);
    let content = vfs.read(&path).unwrap().to_vec();
    (path, content)
}

#[test]
fn a_file_that_was_replaced_by_the_same_is_hashed_and_the_top_brought_up_to_date() {
    let (_, vfs, layout) = memory();
    let (path, content) = space_file(&*vfs, &layout);
    replace(&*vfs, &path, &content);
    assert!(opened(&vfs, Path::new(ROOT)).unwrap().looks_otherwise());
    assert!(lazily(&vfs, Path::new(ROOT), Lazy::Always).1, "a reader leaves the top as it is");
    assert!(opened(&vfs, Path::new(ROOT)).unwrap().looks_otherwise());
    let options = LoadOptions { lazy: Lazy::Always, ..LoadOptions::default() };
    let store = Store::open(&vfs, Path::new(ROOT), Access::Write).unwrap();
    assert!(store.load_with(&options).unwrap().1.is_lazy);
    assert!(!opened(&vfs, Path::new(ROOT)).unwrap().looks_otherwise());
}

#[test]
fn a_file_with_another_content_is_found_although_it_is_as_long() {
    let (_, vfs, layout) = memory();
    let (path, mut content) = space_file(&*vfs, &layout);
    let at = memchr::memmem::find(&content, b"\"mtime\":").unwrap_or(0) + 9;
    content[at] ^= 1;
    replace(&*vfs, &path, &content);
    let refused = opened(&vfs, Path::new(ROOT)).unwrap_err();
    assert!(refused.contains("was changed"), "{refused}");
    let options = LoadOptions { lazy: Lazy::Always, ..LoadOptions::default() };
    let store = Store::open(&vfs, Path::new(ROOT), Access::Read).unwrap();
    assert!(store.load_with(&options).is_err(), "the ordinary load says what is wrong");
}

/// On this file system the clock ticks with every change; here it is as if it had not.
#[test]
fn a_file_written_in_the_tick_of_the_top_is_hashed() {
    let (_, vfs, layout) = memory();
    let hash = blake3::hash(&vfs.read(&layout.spaces().join(MANIFEST)).unwrap());
    let (bytes, _) = vfs.map(&writer::top_path(&layout, &hash)).unwrap();
    let top = top::Top::new(bytes, &hash).unwrap();
    let generation = GenerationReader::open(&vfs, Path::new(ROOT)).unwrap();
    let looks = |made| generation.in_place(|vfs, spaces| opened::looks_otherwise(vfs, spaces, &top, made));
    assert_eq!(looks(i64::MAX), Some(Some(false)));
    assert_eq!(looks(0), Some(Some(true)));
}

#[test]
fn a_file_that_the_manifest_does_not_list_is_found() {
    let (_, vfs, layout) = memory();
    replace(&*vfs, &layout.spaces().join("stray.json"), b"{}");
    assert!(opened(&vfs, Path::new(ROOT)).unwrap().looks_otherwise());
    let options = LoadOptions { lazy: Lazy::Always, ..LoadOptions::default() };
    let store = Store::open(&vfs, Path::new(ROOT), Access::Read).unwrap();
    assert!(store.load_with(&options).is_err());
    vfs.remove_file(&layout.spaces().join("stray.json")).unwrap();
    replace(&*vfs, &layout.spaces().join(".gitattributes"), b"*.json diff");
    assert!(store.load_with(&options).unwrap().1.is_lazy, "the user's own files are no matter");
}

#[test]
fn the_snapshot_of_another_manifest_is_not_taken() {
    let (_, vfs, layout) = memory();
    let top = files(&*vfs, &layout, "top").remove(0);
    let content = vfs.read(&top).unwrap().to_vec();
    let store = Store::open(&vfs, Path::new(ROOT), Access::Write).unwrap();
    let (runtime, _) = store.load_with(&LoadOptions { lazy: Lazy::Never, ..LoadOptions::default() }).unwrap();
    runtime.enter(|m| m.object(oid(1)).unwrap().push_component(m, Value::TRUE));
    let options = DumpOptions { file_limit: 2_000, lazy: Lazy::Never, ..DumpOptions::default() };
    store.dump_with(&runtime, &options).unwrap();
    assert!(opened(&vfs, Path::new(ROOT)).is_err());
    let hash = blake3::hash(&vfs.read(&layout.spaces().join(MANIFEST)).unwrap());
    replace(&*vfs, &writer::top_path(&layout, &hash), &content);
    let refused = opened(&vfs, Path::new(ROOT)).unwrap_err();
    assert!(refused.contains("belongs to another file"), "{refused}");
}

#[test]
fn a_new_snapshot_keeps_what_is_the_same_and_removes_the_rest() {
    let (_, vfs, layout) = memory();
    let before = files(&*vfs, &layout, "snap");
    let store = Store::open(&vfs, Path::new(ROOT), Access::Write).unwrap();
    let (runtime, _) = store.load_with(&LoadOptions { lazy: Lazy::Never, ..LoadOptions::default() }).unwrap();
    runtime.enter(|m| {
        let object = m.object(oid(1)).unwrap();
        object.push_component(m, Value::int(m, 123_456_789));
    });
    let options = DumpOptions { file_limit: 2_000, lazy: Lazy::Never, ..DumpOptions::default() };
    store.dump_with(&runtime, &options).unwrap();
    replace(&*vfs, &layout.snapshot().join("left.tmp"), b"by a process that died");
    make(&vfs, &layout, &NoExtensions, &Limits::default()).unwrap();
    let after = files(&*vfs, &layout, "snap");
    assert_eq!(after.len(), before.len());
    assert_eq!(after.iter().filter(|path| !before.contains(path)).count(), 1);
    assert_eq!((files(&*vfs, &layout, "top").len(), files(&*vfs, &layout, "tmp").len()), (1, 0));
    let opened = opened(&vfs, Path::new(ROOT)).unwrap();
    assert!(opened.record(oid(1)).unwrap().unwrap().contains("123456789"));
}

/// A session goes on reading the generation that it opened, also from shards that were removed since.
#[test]
fn who_opened_an_older_generation_goes_on_reading_it() {
    let (_, vfs, layout) = memory();
    let old = opened(&vfs, Path::new(ROOT)).unwrap();
    old.record(oid(0)).unwrap().unwrap();
    for round in 0..4 {
        let store = Store::open(&vfs, Path::new(ROOT), Access::Write).unwrap();
        let (runtime, _) =
            store.load_with(&LoadOptions { lazy: Lazy::Never, ..LoadOptions::default() }).unwrap();
        runtime.enter(|m| {
            for number in 0..COUNT {
                m.object(oid(number)).unwrap().set_components(m, &[Value::int(m, round)]);
            }
        });
        let options = DumpOptions { file_limit: 2_000, lazy: Lazy::Never, ..DumpOptions::default() };
        store.dump_with(&runtime, &options).unwrap();
        make(&vfs, &layout, &NoExtensions, &Limits::default()).unwrap();
    }
    for number in 0..COUNT {
        let record = old.record(oid(number)).unwrap().unwrap();
        assert!(record.contains("transient"), "the components of then: {record}");
    }
}

#[test]
fn a_crash_while_a_snapshot_is_made_leaves_the_store_as_it_is() {
    let memory = MemoryVfs::new();
    let vfs: Arc<dyn Vfs> = Arc::new(memory.clone());
    let layout = store_of_files(&vfs, Path::new(ROOT), 30_000);
    vfs.remove_dir_all(&layout.snapshot()).unwrap();
    let faulty = |disk: MemoryVfs| {
        let faulty = crate::vfs::fault::FaultVfs::new(disk);
        let shared: Arc<dyn Vfs> = Arc::new(faulty.clone());
        (faulty, shared)
    };
    let (counted, shared) = faulty(memory.process_death());
    make(&shared, &layout, &NoExtensions, &Limits::default()).unwrap();
    assert!(counted.count() > 8);
    for at in 0..counted.count() {
        let disk = memory.process_death();
        let (torn, shared) = faulty(disk.clone());
        torn.tear_at(at);
        let _ = make(&shared, &layout, &NoExtensions, &Limits::default());
        let disk: Arc<dyn Vfs> = Arc::new(disk.process_death());
        let (runtime, _) = lazily(&disk, Path::new(ROOT), Lazy::Always);
        assert!(runtime.enter(|m| m.object(oid(7)).is_some()), "{at}");
        // What a dead process left is in nobody's way.
        make(&disk, &layout, &NoExtensions, &Limits::default()).unwrap();
        assert!(opened(&disk, Path::new(ROOT)).is_ok(), "{at}");
    }
}
