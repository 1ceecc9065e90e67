//! A dump is of one moment: the states of plugins and the objects (BMUX-15). The plugin is `tally.c`.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rps_persist::native::{DumpOptions, LoadOptions};
use rps_persist::vfs::Vfs;
use rps_persist::vfs::memory::MemoryVfs;
use rps_persist::{Access, Store};
use rps_plugin_host::{Manager, Options};
use rps_runtime::{Mutator, Oid, Runtime, Value, known};

use crate::stage::Stage;

const PATIENCE: Duration = Duration::from_secs(20);
const ROOT: &str = "/store";

fn object_oid() -> Oid {
    Oid::of_name("what is counted in")
}

/// Makes an object that a store keeps, with the attribute that the plugin counts in.
fn make_object(m: &Mutator<'_>) {
    let space = m.new_object(m.class(known::SPACE));
    let key = m.make_symbol("tally", false).expect("the name is free");
    let object = m.object_or_skeleton(object_oid());
    object.set_class_unchecked(Some(m.class(known::OBJECT)));
    for kept in [key, object] {
        kept.set_space(m, Some(space));
    }
    m.add_root(object);
    object.put_attribute(m, key, Value::int(m, 0)).expect("it can be stored");
}

fn count_in_graph(runtime: &Runtime) -> i64 {
    runtime.enter(|m| {
        let object = m.object(object_oid()).expect("the object is there");
        let key = m.symbol("tally").expect("the symbol is there");
        object.get_attribute(key).and_then(Value::as_small_int).expect("it is a number")
    })
}

fn count_up(runtime: &Runtime) {
    runtime.enter(|m| {
        let function = m.library_global("count_up").expect("the plugin has it");
        let object = m.object(object_oid()).expect("the object is there");
        m.apply(function, Value::NIL, &[object.into()]).expect("it counts");
    });
}

/// BMUX-15: what a plugin and the graph count together is the same number in every dump, whoever counts meanwhile.
#[test]
fn bmux_15_states_and_objects_are_of_one_moment() {
    let stage = Stage::new();
    let library = stage.put_c("tests/fixtures/plugins/tally.c", "tally");
    let manager = Arc::new(Manager::new(Options::default()));
    manager.load(library.to_str().expect("the path is UTF-8")).expect("it can be loaded");
    let runtime = Arc::new(Runtime::new());
    runtime.enter(make_object);
    manager.attach(&runtime);

    let (vfs, root): (Arc<dyn Vfs>, _) = (Arc::new(MemoryVfs::new()), Path::new(ROOT));
    let mut options = DumpOptions::default();
    options.extensions = Arc::clone(&manager) as _;
    options.is_strict = true;
    let store = Store::create(&vfs, root).expect("it can be made");
    store.dump_with(&runtime, &options).expect("it is dumped");
    drop(store);
    let is_over = AtomicBool::new(false);
    let mut dumped = 0;
    thread::scope(|scope| {
        let _over = Over(&is_over);
        for _ in 0..3 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    count_up(&runtime);
                }
            });
        }
        for dump in 0..10 {
            // They do count between one dump and the next.
            let start = Instant::now();
            while count_in_graph(&runtime) <= dumped + 3 {
                assert!(start.elapsed() < PATIENCE, "nobody counts");
                thread::yield_now();
            }
            let store = Store::open(&vfs, root, Access::Write).expect("it opens");
            store.dump_with(&runtime, &options).expect("it is dumped");
            drop(store);

            let store = Store::open(&vfs, root, Access::Read).expect("it opens");
            let (again, report) = store.load_with(&LoadOptions::default()).expect("it loads");
            let [state] = &report.states[..] else { panic!("{:?}", report.states) };
            assert_eq!((state.id.as_str(), state.is_stale), ("tally/count", false));
            let in_plugin = u32::from_le_bytes(state.bytes[..].try_into().expect("it has four bytes"));
            assert_eq!(count_in_graph(&again), i64::from(in_plugin), "dump {dump}");
            assert!(i64::from(in_plugin) > dumped);
            dumped = i64::from(in_plugin);
        }
    });
}

/// Tells the other threads to end when it is dropped, also where the test fails.
struct Over<'o>(&'o AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
