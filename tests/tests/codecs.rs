//! The codecs that come with Repersys, as a store meets them: built in, and loaded from a library.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rps_persist::native::{DumpOptions, LoadOptions};
use rps_persist::vfs::memory::MemoryVfs;
use rps_persist::vfs::{RealVfs, Vfs};
use rps_persist::{Access, CodecChoice, Store, check_with, inspect_files};
use rps_plugin_host::{Manager, Options};
use rps_runtime::Runtime;
use rps_runtime::extension::{Codec, Extensions};
use rps_tests::workspace;

const NAMES: [&str; 3] = ["deflate", "lz4", "zstd"];

fn built_in() -> Manager {
    let mut options = Options::default();
    options.built_ins = vec![rps_codecs::PLUGIN];
    Manager::new(options)
}

fn loaded() -> Manager {
    let manager = Manager::new(Options::default());
    let library = library().to_str().expect("the path of the target folder is UTF-8");
    assert_eq!(manager.load(library).expect("it can be loaded"), "codecs");
    manager
}

/// Returns the library of the plugin, as cargo builds it.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let mut cargo = workspace::cargo();
        let output = cargo
            .args(["build", "--offline", "--package", "rps-codecs-library", "--message-format", "json"])
            .output()
            .expect("cargo starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).expect("cargo writes UTF-8");
        let messages = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let mut artifacts = messages
            .filter(|message| message["target"]["name"] == "rps_codecs_library")
            .filter_map(|message| Some(PathBuf::from(message["filenames"].as_array()?.first()?.as_str()?)));
        artifacts.next().expect("cargo tells where the library is")
    })
}

fn codec(manager: &Manager, name: &str) -> Arc<dyn Codec> {
    manager.codec_by_name(name).expect("the codec is there")
}

fn contents() -> Vec<Vec<u8>> {
    let text = (0..60_000).flat_map(|i| format!("\"line {}\": {i}.5,\n", i % 91).into_bytes()).collect();
    let noise = (0..100_000_u64).map(|i| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8).collect();
    vec![vec![], vec![1], vec![0; 1 << 20], text, noise]
}

/// CRUSH-18, 21; X-25: what is known of them is the same, and so is the order.
#[test]
fn both_kinds_say_the_same_of_themselves() {
    let (ours, theirs) = (built_in(), loaded());
    let infos = ours.codecs();
    assert_eq!(infos, theirs.codecs());
    let mut names: Vec<_> = infos.iter().map(|info| info.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, NAMES);
    for (name, number) in [("deflate", 0), ("zstd", 1), ("lz4", 2)] {
        let magic = [b'C', b'R', 1, number];
        assert_eq!(ours.codec_by_magic(magic).expect("it is there").info().name, name, "CRUSH-19");
    }
    assert!(ours.codec_by_magic(*b"CR\x01\x03").is_none());
    assert_eq!(codec(&ours, "auto").info(), &infos[0]);
    assert_eq!(infos[0].name, "zstd", "CRUSH-20: by 70 % speed and 30 % size");
}

/// the same plugin built in and loaded gives the same bytes.
#[test]
fn both_kinds_give_the_same_bytes() {
    let (ours, theirs) = (built_in(), loaded());
    for name in NAMES {
        let (ours, theirs) = (codec(&ours, name), codec(&theirs, name));
        for plain in contents() {
            let coded = ours.encode(plain.clone()).expect("it encodes");
            assert!(theirs.encode(plain.clone()).expect("it encodes") == coded, "{name}");
            let size = plain.len() as u64;
            assert!(theirs.decode(coded.clone(), size).expect("it decodes") == plain, "{name}");
            assert!(ours.decode(coded, size).expect("it decodes") == plain, "{name}");
        }
    }
}

/// … and fails with the same errors.
#[test]
fn both_kinds_fail_with_the_same_errors() {
    let (ours, theirs) = (built_in(), loaded());
    for name in NAMES {
        let (ours, theirs) = (codec(&ours, name), codec(&theirs, name));
        let plain = contents().swap_remove(3);
        let size = plain.len() as u64;
        let coded = ours.encode(plain).expect("it encodes");
        let mut cases = vec![
            (coded.clone(), size - 1),
            (coded.clone(), size + 1),
            (coded[..coded.len() / 2].to_vec(), size),
            (b"no stream of any codec".to_vec(), size),
            (vec![], size),
        ];
        for at in (4..coded.len()).step_by(coded.len() / 50) {
            let mut damaged = coded.clone();
            damaged[at] ^= 0x55;
            cases.push((damaged, size));
        }
        let mut failed = 0;
        for (bytes, size) in cases {
            let (ours, theirs) = (ours.decode(bytes.clone(), size), theirs.decode(bytes, size));
            if let Err(error) = &ours {
                failed += 1;
                assert_eq!(error.code, "plugin::corrupt", "{error:?}");
                assert!(error.message.contains(name), "{error:?}");
            }
            assert_eq!(ours.map_err(|error| error.message), theirs.map_err(|error| error.message));
        }
        assert!(failed >= 5, "{name}");
    }
}

/// What announces little and holds much costs no more than was announced.
#[test]
fn a_bomb_is_an_error() {
    let ours = built_in();
    for name in NAMES {
        let codec = codec(&ours, name);
        let coded = codec.encode(vec![0; 64 << 20]).expect("it encodes");
        let error = codec.decode(coded, 1000).expect_err("it holds more");
        assert!(error.message.contains("more than the 1000 bytes"), "{error:?}");
    }
}

fn bootstrap() -> Runtime {
    let vfs: Arc<dyn Vfs> = Arc::new(RealVfs);
    // The store's own lock is a file: the one of the project is left alone.
    let dir = rps_tests::stores::temporary();
    copy(&workspace::root().join("spaces"), &dir.path().join("spaces"));
    let store = Store::open(&vfs, dir.path(), Access::Read).expect("it opens");
    store.load().expect("it loads").0
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).expect("the folder can be made");
    for entry in from.read_dir().expect("the folder can be read") {
        let entry = entry.expect("its entries can be read");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("the file can be copied");
        }
    }
}

/// A store's files below `spaces/`.
fn files(memory: &MemoryVfs) -> BTreeMap<PathBuf, Vec<u8>> {
    let all = memory.files().into_iter();
    all.filter(|(path, _)| path.starts_with("/store/spaces"))
        .map(|(path, bytes)| (path, bytes.to_vec()))
        .collect()
}

/// X-1, CRUSH-22: a store that was dumped with a codec is loaded, is dumped again with the same bytes, and is as it was
/// when it is plain again; a library does what the built-in one does.
#[test]
fn stores_are_dumped_with_each_codec() {
    let runtime = bootstrap();
    let managers = [Arc::new(built_in()), Arc::new(loaded())];
    let root = Path::new("/store");
    let plain = dump(&MemoryVfs::new(), &runtime, "plain", &managers[0]);
    for name in NAMES {
        let mut kinds = Vec::new();
        for (kind, manager) in managers.iter().enumerate() {
            let memory = MemoryVfs::new();
            let vfs: Arc<dyn Vfs> = Arc::new(memory.clone());
            let first = dump(&memory, &runtime, name, manager);
            let mut options = LoadOptions::default();
            // What one kind has written the other one reads.
            options.extensions = Arc::clone(&managers[1 - kind]) as Arc<dyn Extensions>;
            assert_eq!(check_with(&vfs, root, &options).problems(), []);
            let store = Store::open(&vfs, root, Access::Read).expect("it opens");
            let (again, _) = store.load_with(&options).expect("it loads");
            drop(store);
            assert!(dump(&memory, &again, "keep", manager) == first, "two dumps give the same bytes");
            let infos = inspect_files(&vfs, root).expect("it can be inspected");
            for info in &infos {
                assert_eq!((info.codec.as_deref(), &info.problem), (Some(name), &None), "{}", info.path);
                assert!(info.path.ends_with(&format!(".json.{name}")));
            }
            assert!(infos.iter().any(|info| info.plain_size > 10_000 && info.ratio() < 0.5), "{infos:?}");
            assert!(dump(&memory, &again, "plain", manager) == plain, "{name}");
            kinds.push(first);
        }
        assert!(kinds[0] == kinds[1], "{name}");
    }
}

fn dump(
    memory: &MemoryVfs,
    runtime: &Runtime,
    choice: &str,
    manager: &Arc<Manager>,
) -> BTreeMap<PathBuf, Vec<u8>> {
    let (vfs, root): (Arc<dyn Vfs>, _) = (Arc::new(memory.clone()), Path::new("/store"));
    let store =
        Store::open(&vfs, root, Access::Write).or_else(|_| Store::create(&vfs, root)).expect("it opens");
    let mut options = DumpOptions::default();
    options.codec = CodecChoice::from(choice);
    options.extensions = Arc::clone(manager) as Arc<dyn Extensions>;
    store.dump_with(runtime, &options).expect("it is dumped");
    files(memory)
}
