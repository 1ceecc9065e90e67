//! Which files a dump writes, what they look like, and which it leaves alone.

use std::path::Path;

use expect_test::expect;
use rps_persist::native::DumpOptions;
use rps_persist::vfs::Vfs;
use rps_persist::vfs::memory::MemoryVfs;
use rps_persist::{Access, Store, load_embedded};
use rps_runtime::object::Payload;
use rps_runtime::{Oid, Runtime, Value, known};

use crate::support::{ROOT, THING, arc, dumped, files, load, make_space, small, stored, text};

#[test]
fn a_space_file_reads_like_this() {
    let runtime = small(|m, thing| {
        let name = m.object(known::NAME).unwrap();
        thing.put_attribute(m, name, m.string("a\n\"b\"")).unwrap();
        thing.push_component(m, Value::int(m, 42));
        thing.push_component(m, Value::double(m, 3.0));
        thing.push_component(m, thing.into());
        m.install_symbol(thing, "display", m.class(known::SET).into(), false).unwrap();
        thing.set_mtime(158_806_384_150);
        m.add_root(thing);
        m.add_constant(thing);
    });
    expect![[r#"
        {"format":"repersys-1"
        ,"space":{"name":"core","oid":"_8J6vNYtP5E800eCr5q"}
        ,"objects":[
        {"oid":"_006mAbXTG4G00QR5HS","class":"_5yhJGgxLwLp00X0xEQ"
        ,"mtime":1588063841.50
        ,"attributes":{
         "_1EBVGSfW2m200z18rx":"a\n\"b\""
        }
        ,"components":[
         42
        ,3.0
        ,"_006mAbXTG4G00QR5HS"
        ]
        ,"payload":{"kind":"symbol"
        ,"name":"display"
        ,"value":"_6JYterg6iAu00cV9Ye"
        }
        },
        {"oid":"_8J6vNYtP5E800eCr5q","class":"_2i66FFjmS7n03HNNBx"
        ,"mtime":1.00
        ,"attributes":{
         "_1EBVGSfW2m200z18rx":"core"
        }
        ,"payload":{"kind":"space"
        }
        }
        ]}
    "#]]
    .assert_eq(&text(&dumped(&runtime), "core.json"));
    load(&dumped(&runtime)).enter(|m| {
        let thing = m.object(THING).unwrap();
        assert_eq!((m.roots(), m.constants(), thing.mtime()), (vec![thing], vec![thing], 158_806_384_150));
        assert_eq!(m.global("display"), Some(m.class(known::SET).into()));
        assert_eq!(m.spaces().len(), 1);
    });
}

#[test]
fn nothing_changes_when_nothing_changed_rps_3() {
    let memory = dumped(&small(|_, _| {}));
    let before = memory.files();
    let store = Store::open(&arc(&memory), Path::new(ROOT), Access::Write).unwrap();
    let (runtime, _) = store.load().unwrap();
    let report = store.dump(&runtime).unwrap();
    assert_eq!((report.objects, report.generation.is_new, report.generation.written), (2, false, 0));
    drop(store);
    assert_eq!(memory.files(), before);
}

#[test]
fn only_the_changed_file_is_written_rps_3() {
    let runtime = Runtime::new();
    let memory = MemoryVfs::new();
    let store = Store::create(&arc(&memory), Path::new(ROOT)).unwrap();
    runtime.enter(|m| {
        let space = make_space(m);
        for n in 0..200 {
            stored(m, numbered(n), known::OBJECT, Some(space)).push_component(m, m.string(&"x".repeat(100)));
        }
    });
    let mut options = DumpOptions::default();
    options.file_limit = 2000;
    let first = store.dump_with(&runtime, &options).unwrap();
    assert!(first.generation.written > 10, "{first:?}");
    for (path, content) in files(&memory) {
        assert!(content.len() < 2200 || path.ends_with("manifest.json"), "{}", path.display());
        assert!(!path.to_str().unwrap().contains(|c: char| c.is_ascii_uppercase()), "{}", path.display());
    }
    runtime.enter(|m| m.object(numbered(7)).unwrap().push_component(m, Value::TRUE));
    let second = store.dump_with(&runtime, &options).unwrap();
    assert_eq!((second.generation.written, second.generation.kept), (1, first.generation.written - 1));
    drop(store);
    assert_eq!(load(&memory).object_count(), runtime.object_count());
}

/// Returns oids whose first digits differ, in more than case.
fn numbered(n: u64) -> Oid {
    Oid::from_words(n * 30_000_000_000_000_000 + 1_000_000, 1_000_000 + n).unwrap()
}

#[test]
fn objects_that_stored_ones_can_not_do_without_become_stored_rps_46() {
    let runtime = small(|m, thing| {
        let class = m.make_class("point", m.class(known::OBJECT)).unwrap();
        thing.set_class(m, class).unwrap();
        let key = m.intern("x").unwrap();
        thing.put_attribute(m, key, Value::int(m, 1)).unwrap();
        let selector = m.make_symbol("plus", true).unwrap();
        class.put_method(m, selector, Value::NIL).unwrap();
    });
    let memory = MemoryVfs::new();
    let store = Store::create(&arc(&memory), Path::new(ROOT)).unwrap();
    let report = store.dump(&runtime).unwrap();
    // The class, its symbol, the attribute and the selector; the classes of all of them are the runtime's.
    assert_eq!((report.adopted, report.objects, report.transient_references), (4, 6, 0));
    assert!(!store.dump(&runtime).unwrap().generation.is_new, "the second dump has nothing to adopt");
    drop(store);
    load(&memory).enter(|m| {
        let thing = m.object(THING).unwrap();
        assert_eq!(m.name_of(thing.class().unwrap()).as_deref(), Some("point"));
        assert_eq!(thing.get_attribute(m.intern("x").unwrap()), Some(Value::int(m, 1)));
    });
}

#[test]
fn names_of_spaces_never_leave_the_store_rps_8() {
    let names = ["../x", "CON", "", "manifest", "état", "a/b", "core"];
    let runtime = Runtime::new();
    runtime.enter(|m| {
        make_space(m);
        for (n, name) in names.iter().enumerate() {
            let space = stored(m, numbered(n as u64 + 1), known::SPACE, None);
            space.install_payload(m, Some(Payload::Space));
            space.put_attribute(m, m.object(known::NAME).unwrap(), m.string(name)).unwrap();
        }
    });
    let memory = dumped(&runtime);
    let loaded = load(&memory);
    assert_eq!(files(&dumped(&loaded)), files(&memory));
    assert_eq!(loaded.enter(|m| m.spaces().len()), names.len() + 1);
    assert!(text(&memory, "%2e%2e%2fx.json").contains("../x"));
}

#[test]
fn a_store_in_the_program_loads_like_any_other() {
    let memory = dumped(&small(|_, _| {}));
    let (core, manifest) = (text(&memory, "core.json"), text(&memory, "manifest.json"));
    let embedded = [("manifest.json", manifest.as_bytes()), ("core.json", core.as_bytes())];
    let runtime = load_embedded(&embedded).unwrap();
    assert_eq!(files(&dumped(&runtime)), files(&memory));
    assert_eq!(load_embedded(&embedded[..1]).err().unwrap().code(), "store::missing-file");
}

#[test]
fn access_is_what_was_asked_for() {
    let memory = dumped(&small(|_, _| {}));
    let root = Path::new(ROOT);
    let reader = Store::open(&arc(&memory), root, Access::Read).unwrap();
    assert_eq!(reader.dump(&Runtime::new()).unwrap_err().code(), "store::permission");
    assert!(Store::create(&arc(&memory), root).unwrap_err().to_string().contains("where one is"));
    let writer = Store::open(&arc(&memory), root, Access::Write).unwrap();
    assert_eq!(Store::open(&arc(&memory), root, Access::Write).unwrap_err().code(), "store::locked");
    writer.dump(&Runtime::new()).unwrap();
    assert_eq!(reader.load().unwrap().1.objects, 2, "a reader keeps the generation that it opened");
    assert_eq!(writer.load().unwrap().1.objects, 0);
    let nowhere = MemoryVfs::new();
    let error = Store::open(&arc(&nowhere), root, Access::Write).unwrap_err();
    assert_eq!(error.code(), "store::not-found");
    assert!(nowhere.metadata(root).is_err(), "looking for a store makes none");
}
