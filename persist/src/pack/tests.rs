//! What is dropped when, and who keeps a store from being packed.

use rps_runtime::extension::NoExtensions;
use rps_runtime::{Runtime, known};

use super::*;
use crate::vfs::memory::MemoryVfs;
use crate::{Access, Store};

const SPACE: &str = "_9Ib7KNsLJeqA6rWFiZ";
const OIDS: [&str; 3] = ["_0cSUtWqTYdZ00mjeNx", "_1BPNX0zyint2kmoW3U", "_4azohMEfnuF2v0QXTG"];

/// Returns a store with a space, a root that refers to another object, and an object that nothing leads to.
fn store() -> (Arc<dyn Vfs>, Runtime) {
    let vfs: Arc<dyn Vfs> = Arc::new(MemoryVfs::new());
    let runtime = Runtime::new();
    runtime.enter(|m| {
        let object = |oid: &str| m.object_or_skeleton(Oid::parse(oid).expect("it is one"));
        let space = object(SPACE);
        for oid in OIDS.iter().chain([&SPACE]) {
            object(oid).set_class(m, m.class(known::OBJECT)).expect("a class");
            object(oid).set_space(m, Some(space));
        }
        object(OIDS[0]).push_component(m, object(OIDS[1]).into());
        m.add_root(object(OIDS[0]));
    });
    (vfs, runtime)
}

fn dump(vfs: &Arc<dyn Vfs>, runtime: &Runtime) {
    let root = Path::new("/s");
    let opened = Store::open(vfs, root, Access::Write).or_else(|_| Store::create(vfs, root));
    opened.expect("it opens").dump(runtime).expect("it is dumped");
}

fn packed(vfs: &Arc<dyn Vfs>, is_dry_run: bool) -> Result<(Vec<String>, Vec<String>), PackError> {
    let options = PackOptions { is_dry_run, ..PackOptions::default() };
    let packed = pack(vfs, Path::new("/s"), &options, &NoExtensions)?;
    let oids = |dead: &[DeadObject]| dead.iter().map(|dead| dead.oid.to_string()).collect();
    Ok((oids(&packed.dropped), oids(&packed.marked)))
}

#[test]
fn only_what_is_dead_in_two_generations_is_dropped() {
    let (vfs, runtime) = store();
    dump(&vfs, &runtime);
    let dead = vec![OIDS[2].to_owned()];
    assert_eq!(packed(&vfs, true).expect("it is looked at"), (vec![], dead.clone()));
    assert_eq!(packed(&vfs, false).expect("it is marked"), (vec![], dead.clone()));
    assert_eq!(packed(&vfs, false).expect("in the same generation"), (vec![], dead.clone()));
    runtime.enter(|m| {
        let root = m.object(Oid::parse(OIDS[0]).expect("it is one")).expect("it is there");
        root.push_component(m, true.into());
    });
    dump(&vfs, &runtime);
    assert_eq!(packed(&vfs, true).expect("it is looked at"), (dead.clone(), vec![]));
    assert_eq!(packed(&vfs, false).expect("it is dropped"), (dead, vec![]));
    let opened = Store::open(&vfs, Path::new("/s"), Access::Read).expect("it opens");
    assert_eq!(opened.load().expect("it is sound").1.objects, 3);
}

#[test]
fn a_store_that_somebody_holds_is_not_packed() {
    let (vfs, runtime) = store();
    dump(&vfs, &runtime);
    let reader = Store::open(&vfs, Path::new("/s"), Access::Read).expect("it opens");
    let error = packed(&vfs, false).expect_err("it is read");
    assert_eq!(error.code(), "store::locked");
    drop(reader);
    let writer = Store::open(&vfs, Path::new("/s"), Access::Write).expect("it opens");
    assert_eq!(packed(&vfs, false).expect_err("it is written").code(), "store::locked");
    drop(writer);
    packed(&vfs, false).expect("nobody holds it");
}

#[test]
fn a_file_that_was_formatted_by_another_program_keeps_what_it_names() {
    let (vfs, runtime) = store();
    runtime.enter(|m| {
        let symbol = m.object(Oid::parse(OIDS[2]).expect("it is one")).expect("it is there");
        symbol.set_class(m, m.class(known::SYMBOL)).expect("a class");
        m.install_symbol(symbol, "kept", rps_runtime::Value::NIL, false).expect("it is free");
    });
    dump(&vfs, &runtime);
    assert_eq!(packed(&vfs, true).expect("it is looked at"), (vec![], vec![]));
    let (root, referred) = (OIDS[0], OIDS[1]);
    let spaces = Path::new("/s/spaces");
    let entries = vfs.read_dir(spaces).expect("it is there");
    let path = entries.iter().map(|entry| spaces.join(&entry.name)).find(|path| !path.ends_with(MANIFEST));
    let path = path.expect("a space has a file");
    let text = String::from_utf8(vfs.read(&path).expect("it is there").to_vec()).expect("it is text");
    let mut formatted = text.replace("{\"kind\":\"symbol\"", "{ \"kind\" : \"symbol\"");
    formatted = formatted.replace(&format!(" \"{referred}\""), &format!(" \"\\u005f{}\"", &referred[1..]));
    assert!(formatted.contains("u005f") && formatted.contains("\"kind\" :"), "{formatted}");
    for (kind, text) in
        [("blanks", formatted.clone()), ("escapes", formatted.replace("\"symbol\"", "\"s\\u0079mbol\""))]
    {
        vfs.remove_file(&path).expect("it is there");
        vfs.create(&path).and_then(|mut file| file.write_all(text.as_bytes())).expect("it is written");
        assert_eq!(packed(&vfs, true).expect("it is looked at"), (vec![], vec![]), "{kind} {root}");
    }
}
