//! Damaged snapshots: none may be believed, and none may do harm.

use super::*;

/// Returns where the index of a file of a snapshot ends.
fn index_len(bytes: &[u8]) -> usize {
    usize::try_from(u64::from_le_bytes(*bytes[56..].first_chunk().unwrap())).unwrap()
}

#[test]
fn every_flipped_byte_of_an_index_is_noticed_commy_30() {
    let (_, vfs, layout) = memory();
    let top = files(&*vfs, &layout, "top").remove(0);
    let shard = files(&*vfs, &layout, "snap").remove(0);
    let hash = |path: &Path| blake3::Hash::from_hex(path.file_stem().unwrap().to_str().unwrap()).unwrap();
    let is_sound = |path: &Path, bytes: Vec<u8>| match path == top {
        true => top::Top::new(bytes.into(), &hash(path)).is_ok(),
        false => shard::Shard::new(bytes.into(), &hash(path)).is_ok(),
    };
    for path in [&top, &shard] {
        let bytes = vfs.read(path).unwrap().to_vec();
        assert!(is_sound(path, bytes.clone()));
        for at in 0..index_len(&bytes) {
            for bit in [1, 0x80] {
                let mut damaged = bytes.clone();
                damaged[at] ^= bit;
                assert!(!is_sound(path, damaged), "byte {at} of {}", path.display());
            }
        }
        for len in 0..bytes.len() {
            assert!(!is_sound(path, bytes[..len].to_vec()), "{len} bytes of {}", path.display());
        }
        assert!(!is_sound(path, [&bytes[..], b"!"].concat()));
    }
}

/// The checksum says that nothing was damaged by accident; that the entries mean something is checked as well.
#[test]
fn an_index_that_was_forged_is_refused_and_never_a_panic() {
    let (_, vfs, layout) = memory();
    for extension in ["top", "snap"] {
        let path = files(&*vfs, &layout, extension).remove(0);
        let hash = blake3::Hash::from_hex(path.file_stem().unwrap().to_str().unwrap()).unwrap();
        let sound = vfs.read(&path).unwrap().to_vec();
        let len = index_len(&sound);
        for at in (24..len).filter(|at| !(56..72).contains(at)) {
            let mut forged = sound.clone();
            forged[at] ^= 0xFF;
            let text = forged.split_off(len);
            layout::seal(&mut forged, text.len());
            forged.extend_from_slice(&text);
            match extension {
                "top" => {
                    if let Ok(top) = top::Top::new(forged.into(), &hash) {
                        top.files().into_iter().flatten().for_each(|file| {
                            top.files_of(file.first).for_each(drop);
                        });
                        std::hint::black_box((
                            top.symbol("symbol_9"),
                            top.manifest(),
                            top.directories().count(),
                        ));
                    }
                }
                _ => {
                    if let Ok(shard) = shard::Shard::new(forged.into(), &hash) {
                        for entry in shard.entries() {
                            std::hint::black_box((shard.record(entry), entry.head(&shard)));
                        }
                        let tables =
                            [shard.symbols().count(), shard.foreign().count(), shard.transients().count()];
                        std::hint::black_box(tables);
                    }
                }
            }
        }
    }
}

#[test]
fn a_damaged_top_means_an_ordinary_load() {
    let (_, vfs, layout) = memory();
    let path = files(&*vfs, &layout, "top").remove(0);
    let sound = vfs.read(&path).unwrap().to_vec();
    let version = {
        let mut other = sound.clone();
        other[8] += 1;
        other
    };
    let damaged = [&b""[..], &sound[..sound.len() / 2], &version, b"rps-top."];
    for content in damaged {
        replace(&*vfs, &path, content);
        let (runtime, is_lazy) = lazily(&vfs, Path::new(ROOT), Lazy::Always);
        assert!(!is_lazy, "{} bytes", content.len());
        assert!(runtime.enter(|m| m.object(oid(0)).is_some()));
    }
    vfs.remove_file(&path).unwrap();
    assert!(!lazily(&vfs, Path::new(ROOT), Lazy::Always).1);
    replace(&*vfs, &path, &sound);
    assert!(lazily(&vfs, Path::new(ROOT), Lazy::Always).1);
}

#[test]
fn damaged_shards_are_made_anew_from_the_files() {
    type Damage = fn(&[u8]) -> Option<Vec<u8>>;
    let damages: [(&str, Damage); 6] = [
        ("gone", |_| None),
        ("empty", |_| Some(Vec::new())),
        ("cut off in the index", |bytes| Some(bytes[..100].to_vec())),
        ("cut off in the text", |bytes| Some(bytes[..bytes.len() - 10].to_vec())),
        ("zeros in the text", |bytes| {
            let mut bytes = bytes.to_vec();
            let from = index_len(&bytes);
            bytes[from..].fill(0);
            Some(bytes)
        }),
        ("one bit in each record", |bytes| {
            let mut bytes = bytes.to_vec();
            let from = index_len(&bytes);
            bytes[from..].iter_mut().step_by(40).for_each(|byte| *byte ^= 1);
            Some(bytes)
        }),
    ];
    let (_, vfs, layout) = memory();
    let expected = dumped(&lazily(&vfs, Path::new(ROOT), Lazy::Never).0);
    let shards = files(&*vfs, &layout, "snap");
    let sound: Vec<Vec<u8>> = shards.iter().map(|path| vfs.read(path).unwrap().to_vec()).collect();
    for (what, damage) in damages {
        for (path, bytes) in shards.iter().zip(&sound) {
            match damage(bytes) {
                Some(damaged) => replace(&*vfs, path, &damaged),
                None => vfs.remove_file(path).unwrap(),
            }
        }
        let (runtime, is_lazy) = lazily(&vfs, Path::new(ROOT), Lazy::Always);
        assert!(is_lazy, "{what}");
        runtime.enter(|m| {
            m.load_all();
            assert_eq!(m.unreadable(), [], "{what}");
        });
        assert_eq!(dumped(&runtime), expected, "{what}");
    }
}

#[test]
fn shards_of_another_file_are_passed_over() {
    let (_, vfs, layout) = memory();
    let shards = files(&*vfs, &layout, "snap");
    let contents: Vec<Vec<u8>> = shards.iter().map(|path| vfs.read(path).unwrap().to_vec()).collect();
    for (path, content) in shards.iter().zip(contents.iter().cycle().skip(1)) {
        replace(&*vfs, path, content);
    }
    let opened = opened(&vfs, Path::new(ROOT)).unwrap();
    for number in 0..COUNT {
        assert!(opened.record(oid(number)).unwrap().unwrap().contains(&format!("the text of {number}\"")));
    }
}

#[test]
fn a_shard_that_is_cut_off_while_it_is_mapped_is_read_from_the_file_rps_4() {
    let dir = tempfile::tempdir().unwrap();
    let vfs: Arc<dyn Vfs> = Arc::new(RealVfs);
    let layout = store(&vfs, dir.path());
    let opened = opened(&vfs, dir.path()).unwrap();
    for number in 0..COUNT / 2 {
        opened.record(oid(number)).unwrap().unwrap();
    }
    for path in files(&*vfs, &layout, "snap") {
        std::fs::OpenOptions::new().write(true).open(path).unwrap().set_len(0).unwrap();
    }
    for number in 0..COUNT {
        assert!(opened.find(oid(number)).is_some());
        assert!(opened.record(oid(number)).unwrap().unwrap().contains(&format!("the text of {number}\"")));
    }
}

#[test]
fn what_is_lost_in_both_places_is_said() {
    let (_, vfs, layout) = memory();
    let opened = opened(&vfs, Path::new(ROOT)).unwrap();
    for path in files(&*vfs, &layout, "snap") {
        vfs.remove_file(&path).unwrap();
    }
    for entry in vfs.read_dir(&layout.spaces()).unwrap() {
        if entry.kind == crate::vfs::FileKind::Dir {
            vfs.remove_dir_all(&layout.spaces().join(entry.name)).unwrap();
        }
    }
    let error = opened.record(oid(1)).unwrap_err().to_string();
    assert!(error.starts_with("the snapshot is damaged"), "{error}");
    let found = opened.find(oid(1)).map(|found| (found.class, found.space));
    assert_eq!(found, Some((None, known::INITIAL_SPACE)), "what refers to it must not lose it");
}

#[test]
fn a_shard_that_can_not_be_read_refuses_dumps_and_is_named() {
    let (memory, vfs, layout) = memory();
    let store = Store::open(&vfs, Path::new(ROOT), Access::Write).unwrap();
    let options = LoadOptions { lazy: Lazy::Always, ..LoadOptions::default() };
    let (runtime, report) = store.load_with(&options).unwrap();
    assert!(report.is_lazy);
    let generation = GenerationReader::open(&vfs, Path::new(ROOT)).unwrap();
    let text = |path: &str| String::from_utf8_lossy(&generation.read(path).unwrap()).into_owned();
    let start = format!("\n{{\"oid\":\"{}\"", oid(1));
    let path = generation.list().unwrap().into_iter().find(|path| text(path).contains(&start)).unwrap();
    for path in files(&*vfs, &layout, "snap") {
        vfs.remove_file(&path).unwrap();
    }
    let damaged = text(&path).replace("the text of 1\"", "the text of I\"");
    replace(&*vfs, &layout.spaces().join(&path), damaged.as_bytes());
    let before = memory.files();
    // Whatever is asked for, and whether it is touched or not: what can not be read is not written as if it were empty.
    for step in 0..3 {
        runtime.enter(|m| match step {
            0 => m.object(oid(2)).unwrap().push_component(m, Value::TRUE),
            1 => drop(m.object(oid(1)).unwrap().component_count()),
            _ => m.object(oid(1)).unwrap().push_component(m, Value::TRUE),
        });
        for is_whole in [false, true] {
            let options = DumpOptions { is_whole, lazy: Lazy::Never, ..DumpOptions::default() };
            let error = store.dump_with(&runtime, &options).unwrap_err();
            assert_eq!(error.code(), "store::unreadable-object", "{step}");
            assert!(error.to_string().contains(&path), "{step}: {error}");
        }
    }
    let now = memory.files();
    let spaces = |files: &std::collections::BTreeMap<PathBuf, Vec<u8>>| {
        files
            .iter()
            .filter(|(path, _)| path.starts_with(layout.spaces()))
            .map(|(p, c)| (p.clone(), c.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(spaces(&now), spaces(&before), "nothing was written");
}
