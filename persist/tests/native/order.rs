//! In what order a store is loaded: it makes no difference, neither to references nor to what is found.

use std::path::{Path, PathBuf};

use rps_persist::native::{DumpOptions, Lazy, LoadOptions};
use rps_persist::vfs::memory::MemoryVfs;
use rps_persist::{LoadError, Store};
use rps_runtime::object::Payload;
use rps_runtime::{Mutator, ObjectRef, Oid, Runtime, Value, known};

use crate::support::{ROOT, arc, dumped, files, load, open, stored, text, with_file};

/// So many spaces there are.
const SPACES: u64 = 3;

fn space_oid(space: u64) -> Oid {
    Oid::from_words(2_000_000_000_000_000_000 * (space + 1), 1_000_000).unwrap()
}

/// Returns the oid of an object: those of a space are spread over the numbers, so that files hold some of them each.
fn object_oid(space: u64, number: u64) -> Oid {
    Oid::from_words(20_000_000_000_000_000 * (number + 1) + space * 1_000_000 + 7_000_000, 1_000_001).unwrap()
}

/// Makes spaces in which object `n` refers to number `n + 1` of the next space, the last space to the first, and each to
/// itself; its class and the key of its attribute are in the next space, too.
fn ring(objects: u64) -> Runtime {
    let runtime = Runtime::new();
    runtime.enter(|m| {
        for space in 0..SPACES {
            let object = stored(m, space_oid(space), known::SPACE, None);
            object.install_payload(m, Some(Payload::Space));
            let name = m.object(known::NAME).unwrap();
            object.put_attribute(m, name, m.string(&format!("part{space}"))).unwrap();
            object.set_mtime(100);
        }
        let object =
            |space: u64, number: u64| m.object_or_skeleton(object_oid(space % SPACES, number % objects));
        for space in 0..SPACES {
            for number in 0..objects {
                let own = stored(m, object_oid(space, number), known::OBJECT, m.object(space_oid(space)));
                own.put_attribute(m, object(space + 1, number + 1), own.into()).unwrap();
                own.push_component(m, object(space + 1, number + 1).into());
                own.push_component(m, object(space + SPACES - 1, number).into());
                own.set_mtime(100);
            }
        }
    });
    runtime
}

/// Tells whether an object refers to others as [`ring`] has made it.
fn is_whole(m: &Mutator<'_>, space: u64, number: u64, objects: u64) -> bool {
    let other = |space: u64, number: u64| m.object(object_oid(space % SPACES, number % objects));
    let Some(own) = m.object(object_oid(space, number)) else { return false };
    let next = other(space + 1, number + 1);
    let refers = |at: usize, to: Option<ObjectRef>| own.component(at).and_then(Value::as_object) == to;
    next.and_then(|next| own.get_attribute(next)) == Some(own.into())
        && refers(0, next)
        && refers(1, other(space + SPACES - 1, number))
        && own.space().map(ObjectRef::oid) == Some(space_oid(space))
}

#[test]
fn references_lead_forward_back_and_round_rps_6() {
    const OBJECTS: u64 = 20;
    let memory = dumped(&ring(OBJECTS));
    for lazy in [Lazy::Never, Lazy::Always] {
        let mut options = LoadOptions::default();
        options.lazy = lazy;
        let (runtime, _) = open(&memory).load_with(&options).unwrap();
        runtime.enter(|m| {
            for number in 0..OBJECTS {
                assert!((0..SPACES).all(|space| is_whole(m, space, number, OBJECTS)), "{lazy:?} {number}");
            }
        });
    }
}

#[test]
fn a_class_may_come_in_a_later_space_than_what_is_of_it_rps_6() {
    let memory = dumped(&ring(1));
    let (class, superclass) = (Oid::known("_1sxEncP5Yyn02wQ3vZ"), Oid::known("_3kfLQb9Ujdp01rTz6Y"));
    let runtime = load(&memory);
    runtime.enter(|m| {
        let make = |oid, space| {
            let object = stored(m, oid, known::CLASS, m.object(space_oid(space)));
            object.install_payload(m, Some(Payload::ClassInfo(Box::default())));
            object
        };
        let (superclass, class) = (make(superclass, 2), make(class, 1));
        class.set_superclass(m, superclass).unwrap();
        m.object(object_oid(0, 0)).unwrap().set_class(m, class).unwrap();
    });
    let (first, last) = (dumped(&runtime), load(&dumped(&runtime)));
    assert!(text(&first, "part0.json").contains(&class.to_string()));
    assert!(text(&first, "part1.json").contains(&superclass.to_string()));
    last.enter(|m| {
        let found = m.object(object_oid(0, 0)).unwrap().class().unwrap();
        assert_eq!((found.oid(), found.superclass(m).map(ObjectRef::oid)), (class, Some(superclass)));
    });
}

/// Does something with a pool of so many threads.
fn with_threads<R: Send>(count: usize, work: impl FnOnce() -> R + Send) -> R {
    rayon::ThreadPoolBuilder::new().num_threads(count).build().unwrap().install(work)
}

#[test]
fn one_thread_and_many_find_the_same_rps_10() {
    let memory = MemoryVfs::new();
    let mut options = DumpOptions::default();
    options.file_limit = 4000;
    Store::create(&arc(&memory), Path::new(ROOT)).unwrap().dump_with(&ring(200), &options).unwrap();
    let before = files(&memory);
    assert!(before.len() > 20, "several files for each thread");
    let again = |threads: usize| {
        with_threads(threads, || {
            let copy = MemoryVfs::new();
            let store = Store::create(&arc(&copy), Path::new(ROOT)).unwrap();
            store.dump_with(&load(&memory), &options).unwrap();
            files(&copy)
        })
    };
    assert!(again(1) == before && again(8) == before);

    // Damages in several files are told in one order.
    let inside = |path: &&Path| path.components().count() > 4;
    let damaged = before.keys().map(PathBuf::as_path).filter(inside).step_by(7).take(6);
    let damaged = damaged.fold(memory, |memory, path| {
        let path = path.strip_prefix("/store/spaces").unwrap().to_str().unwrap();
        let own = text(&memory, path);
        let at = own.find("\"components\":[\n \"").unwrap() + 16;
        let nowhere = [&own[..at], "_0cdefghijkl00mNoPq", &own[at + 19..]].concat();
        with_file(&memory, path, nowhere.as_bytes())
    });
    let problems = |threads: usize| {
        with_threads(threads, || match open(&damaged).load() {
            Err(LoadError::Unsound(report)) => report.to_string(),
            _ => String::new(),
        })
    };
    assert!(problems(1).lines().count() > 5, "{}", problems(1));
    assert_eq!(problems(1), problems(8));
}
