//! A store that an earlier version wrote: from now on every version must open it.
//!
//! `tests/fixtures/stores/v1` was written by [`write`] when the format was new. What [`write`] writes today may look
//! different; what the old files say may not.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rps_persist::native::Lazy;
use rps_persist::vfs::{RealVfs, Vfs};
use rps_persist::{Access, Store, SyncLevel, check};
use rps_runtime::Runtime;
use rps_runtime::extension::StateSection;

use crate::graph::Graph;
use crate::session;
use crate::specimen;

/// The id of the plugin whose state is in the store.
const PLUGIN: &str = "example/counter";

/// The state.
const STATE: &[u8] = b"state of a plugin\n\x00\xff";

/// What the files of the fixture were when they were made: how many, and the hash of their paths and contents.
const FILES: (usize, u64) = (32, 0xf0288d824481bb0f);

fn fixture() -> PathBuf {
    rps_tests::workspace::root().join("tests/fixtures/stores/v1")
}

/// Writes the store: a dump, and commits of two sessions.
fn write(root: &Path) {
    let vfs: Arc<dyn Vfs> = Arc::new(RealVfs);
    let store = Store::create(&vfs, root).unwrap();
    let mut options = session::dump_options();
    options.lazy = Lazy::Always;
    options.states = vec![StateSection {
        id: PLUGIN.to_owned(),
        plugin: "example".to_owned(),
        version: 1,
        bytes: STATE.to_vec(),
        is_stale: false,
    }];
    store.dump_with(&specimen::runtime(), &options).unwrap();
    drop(store);
    for round in 0..2 {
        let store = Store::open(&vfs, root, Access::Write).unwrap();
        let (runtime, _) = store.load_with(&session::load_options(Lazy::Never)).unwrap();
        runtime.set_clock(Some(specimen::TIME + 1));
        runtime.enter(|m| specimen::change(m, round));
        store.commit(&runtime, &session::commit_options(SyncLevel::Full)).unwrap();
    }
}

/// Returns what the store is to hold.
fn expected() -> Graph {
    let runtime = specimen::runtime();
    runtime.set_clock(Some(specimen::TIME + 1));
    runtime.enter(|m| (0..2).for_each(|round| specimen::change(m, round)));
    Graph::of(&runtime)
}

/// Copies a directory with everything in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let entry = entry.unwrap();
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        match entry.file_type().unwrap().is_dir() {
            true => copy(&from, &to),
            false => drop(fs::copy(&from, &to).unwrap()),
        }
    }
}

fn load(root: &Path, lazy: Lazy) -> (Store, Runtime) {
    let vfs: Arc<dyn Vfs> = Arc::new(RealVfs);
    let store = Store::open(&vfs, root, Access::Write).unwrap();
    let (runtime, report) =
        store.load_with(&session::load_options(lazy)).unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(report.states.len(), 1);
    assert_eq!((report.states[0].id.as_str(), report.states[0].version), (PLUGIN, 1));
    assert_eq!(report.states[0].bytes, STATE);
    (store, runtime)
}

fn same(found: &Graph, expected: &Graph) {
    assert!(found == expected, "expected and found:\n{}", expected.difference(found));
}

/// A store of the first version is opened with all that is in it, and goes on.
#[test]
fn the_fixture_is_opened_and_goes_on_rps_14() {
    let folder = rps_tests::stores::temporary();
    let root = folder.path().join("store");
    copy(&fixture(), &root);
    let vfs: Arc<dyn Vfs> = Arc::new(RealVfs);
    let report = check(&vfs, &root);
    assert!(report.problems().is_empty(), "{report}");
    for lazy in [Lazy::Always, Lazy::Never] {
        same(&Graph::of(&load(&root, lazy).1), &expected());
    }
    let (store, runtime) = load(&root, Lazy::Always);
    runtime.enter(|m| specimen::change(m, 2));
    store.commit(&runtime, &session::commit_options(SyncLevel::Full)).unwrap();
    drop(store);
    let (store, reopened) = load(&root, Lazy::Never);
    same(&Graph::of(&reopened), &Graph::of(&runtime));
    store.dump_with(&reopened, &session::dump_options()).unwrap();
    drop(store);
    same(&Graph::of(&load(&root, Lazy::Always).1), &Graph::of(&runtime));
}

/// The fixture is what the first version wrote, and not what this one would write: who made it anew made it worthless.
#[test]
fn the_fixture_is_as_it_was_made() {
    let mut found = Vec::new();
    list(&fixture(), &fixture(), &mut found);
    found.sort();
    let all: Vec<u8> = found.iter().flat_map(|(path, content)| [path.as_bytes(), content].concat()).collect();
    assert_eq!((found.len(), hash(&all)), FILES, "the files of the fixture are not to be changed");
}

/// What this version writes of the same graph is opened as well.
#[test]
fn what_is_written_today_holds_the_same_as_the_fixture() {
    let folder = rps_tests::stores::temporary();
    let root = folder.path().join("store");
    write(&root);
    same(&Graph::of(&load(&root, Lazy::Never).1), &expected());
    if let Some(target) = std::env::var_os("RPS_WRITE_FIXTURE") {
        assert!(!Path::new(&target).exists(), "a fixture is made once");
        copy(&root, Path::new(&target));
    }
}

fn list(root: &Path, folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list(root, &path, found);
        } else {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            found.push((name, fs::read(&path).unwrap()));
        }
    }
}

/// Returns the FNV-1a hash of some bytes (Fowler, Noll and Vo, 1991).
fn hash(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
