//! The same plugin as a part of the program and as a library: whoever has made the objects, a store has the same bytes
//! (DYN-18, COMMY-4).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rps_lang::Session;
use rps_persist::Store;
use rps_persist::native::{DumpOptions, LoadOptions};
use rps_persist::vfs::Vfs;
use rps_persist::vfs::memory::MemoryVfs;
use rps_plugin_host::{Manager, Options};
use rps_runtime::{Runtime, known};

use crate::stage::example;

type Files = BTreeMap<PathBuf, Vec<u8>>;

const ROOT: &str = "/store";

/// Makes objects, whose oids are random.
const MAKE: &[&str] = &[
    "keep geo_point(1.5, 2) as here",
    "keep geo_point(4.5, 6) as there",
    "keep geo_path(here, there) as way",
    "here.set_label(\"h\u{e9}re\")",
];

/// Changes them, and looks at them; the last one is a point that nobody keeps.
const CHANGE: &[(&str, &str)] = &[
    ("way.length()", "5.0"),
    ("here.move_by(-0.0, 1e300)\nhere.y()", "1e300"),
    ("here.move_by(0, -1e300)\nhere.y()", "0.0"),
    ("here.set_label(here.label() + \"!\")\nhere.label()", "\"h\u{e9}re!\""),
    ("way.add(there).length()", ""),
    ("way.points()", ""),
    ("geo_point(1, 2).x()", "1.0"),
];

fn built_in() -> Arc<Manager> {
    let mut options = Options::default();
    options.built_ins = vec![rps_example_geo::PLUGIN];
    Arc::new(Manager::new(options))
}

fn loaded() -> Arc<Manager> {
    let manager = Manager::new(Options::default());
    let library = example("geo");
    assert_eq!(manager.load(library.to_str().expect("the path is UTF-8")).expect("it can be loaded"), "geo");
    assert!(manager.info("geo").expect("it is there").path.is_some());
    Arc::new(manager)
}

/// A runtime with a plugin, and a session that keeps objects.
struct World {
    manager: Arc<Manager>,
    runtime: Arc<Runtime>,
    session: Session,
}

impl World {
    fn new(manager: &Arc<Manager>, runtime: Runtime) -> World {
        let (manager, runtime) = (Arc::clone(manager), Arc::new(runtime));
        runtime.set_clock(Some(170_000_000_000));
        manager.attach(&runtime);
        let session = runtime.enter(Session::new);
        World { manager, runtime, session }
    }

    fn eval(&mut self, text: &str) -> String {
        self.runtime.enter(|m| match self.session.eval(m, text) {
            Ok(value) => m.quoted_text_of(value),
            Err(error) => panic!("{text}: {error:?}"),
        })
    }

    /// Dumps into a store that has nothing, and returns it with the files of its objects.
    fn dump(&self) -> (Store, Files) {
        let memory = MemoryVfs::new();
        let vfs: Arc<dyn Vfs> = Arc::new(memory.clone());
        let store = Store::create(&vfs, Path::new(ROOT)).expect("it can be made");
        let mut options = DumpOptions::default();
        options.extensions = Arc::clone(&self.manager) as _;
        store.dump_with(&self.runtime, &options).expect("it is dumped");
        let files = memory.files().into_iter().filter(|(path, _)| path.starts_with("/store/spaces"));
        let files = files.map(|(path, bytes)| (path, bytes.to_vec())).collect();
        (store, files)
    }

    /// Loads a store, with the plugin to read the payloads.
    fn load(manager: &Arc<Manager>, store: &Store) -> World {
        let mut options = LoadOptions::default();
        options.extensions = Arc::clone(manager) as _;
        let (runtime, report) = store.load_with(&options).expect("it loads");
        assert_eq!((report.foreign_payloads, report.kept_payloads), (3, 0));
        World::new(manager, runtime)
    }
}

#[test]
fn dyn_18_built_in_and_loaded_plugins_write_the_same_bytes() {
    for make in [built_in, loaded] {
        let mut first = World::new(&make(), Runtime::new());
        first.runtime.enter(|m| {
            let space = m.new_object(m.class(known::SPACE));
            first.session.set_space(Some(space));
        });
        for text in MAKE {
            first.eval(text);
        }
        let (store, files) = first.dump();
        assert!(files.values().any(|bytes| String::from_utf8_lossy(bytes).contains("geo/Point")));
        let mut changed = Vec::new();
        for manager in [built_in(), loaded()] {
            let mut world = World::load(&manager, &store);
            assert!(world.dump().1 == files, "what was loaded is written as it was");
            let mut said = Vec::new();
            for (text, expected) in CHANGE {
                let found = world.eval(text);
                assert!(expected.is_empty() || found == *expected, "{text}: {found}");
                said.push(found);
            }
            changed.push((said, world.dump().1));
        }
        assert!(changed[0].1 != files, "the session changes something");
        assert_eq!(changed[0].0, changed[1].0);
        assert!(changed[0].1 == changed[1].1, "the same session gives the same bytes");
    }
}
