//! RefPerSys stores become graphs and stores again.

use std::fs;
use std::path::{Path, PathBuf};

use rps_persist::refpersys::{self, ExportError, MANIFEST};
use rps_persist::vfs::RealVfs;
use rps_persist::{LoadError, Report};
use rps_runtime::object::Payload;
use rps_runtime::object::payload::Function;
use rps_runtime::value::{ClosureRef, JsonRef, SetRef, TupleRef};
use rps_runtime::{Mutator, ObjectRef, Oid, Runtime, Value, known};

/// Makes a graph of everything that RefPerSys knows: the built-in classes and a few objects, in the initial space.
fn sample() -> Runtime {
    let runtime = Runtime::new();
    runtime.set_clock(Some(158_806_384_150));
    runtime.enter(|m| {
        let space = m.object_or_skeleton(known::INITIAL_SPACE);
        space.set_class_unchecked(Some(m.class(known::SPACE)));
        space.install_payload(m, Some(Payload::Space));
        for object in m.all_objects().iter().filter_map(|value| value.as_object()) {
            object.set_space(m, Some(space));
        }
        let name = m.object(known::NAME).unwrap();
        space.put_attribute(m, name, m.string("initial_space")).unwrap();
        for class in known::CLASSES {
            let class = m.class(class.class);
            class.put_attribute(m, name, m.string(&m.name_of(class).unwrap())).unwrap();
        }
        let set = stored(m, known::MUTABLE_SET);
        set.set_payload(m, Some(Payload::Set([space.into(), name.into()].into())));
        let dictionary = stored(m, known::STRING_DICTIONARY);
        let entries = [("b\u{e9}".into(), Value::int(m, 2)), ("a".into(), space.into())].into();
        dictionary.set_payload(m, Some(Payload::StringDictionary(entries)));
        let method = ClosureRef::new(m, name, &[Value::NIL]).unwrap();
        m.class(known::STRING).put_method(m, name, method.into()).unwrap();
        let extras = ["applying", "true"].map(|text| m.string(text));
        name.set_extras(Some(TupleRef::new(m, &extras).unwrap()));
        let odd = stored(m, known::OBJECT);
        odd.set_payload(m, Some(Payload::Unknown("vegetable".into())));
        odd.set_extras(Some(
            TupleRef::new(m, &["leaves", "[1,{\"big\":1.50}]"].map(|text| m.string(text))).unwrap(),
        ));
        m.add_root(space);
        m.add_root(m.symbol("string").unwrap());
        m.add_constant(name);
    });
    runtime
}

/// A store of 2019, in one file: comments, classes below the start lines, kinds that have other names now.
const OLD: &str = r##"// written by hand
{ "format": "RefPerSysFormat2019A", "spaceid": "_8J6vNYtP5E800eCr5q", "nbobjects": 5 }
# not even kept
//+ob_41OFI3r0S1t03qdB2E
//∈class
{ "oid": "_41OFI3r0S1t03qdB2E", "mtime": 1605162639.9200001, "class": "_41OFI3r0S1t03qdB2E",
  "payload": "class", "class_super": "_41OFI3r0S1t03qdB2E", "class_methodict": [] /* none */ }
//+ob_2i66FFjmS7n03HNNBx
{ "oid": "_2i66FFjmS7n03HNNBx", "mtime": 1, "class": "_41OFI3r0S1t03qdB2E",
  "payload": "class", "class_super": "_41OFI3r0S1t03qdB2E", "class_methodict": [] }
//+ob_8J6vNYtP5E800eCr5q
{ "oid": "_8J6vNYtP5E800eCr5q", "mtime": 2.5, "class": "_2i66FFjmS7n03HNNBx", "payload": "space" }
//+ob_3FztYBKABxZ02DUPRm
{ "oid": "_3FztYBKABxZ02DUPRm", "mtime": 3, "class": "_41OFI3r0S1t03qdB2E", "magicattr": true,
  "payload": "string_dictionnary", "dictionnary": [ { "str": "k", "val": {"str": "_underscore"} } ] }
//+ob_5dkRQtwGUHs02MVQT0
{ "oid": "_5dkRQtwGUHs02MVQT0", "mtime": 4, "class": "_41OFI3r0S1t03qdB2E", "comps": [
  {"vtype": "tuple", "comp": ["_8J6vNYtP5E800eCr5q"]}, {"string": "_8J6vNYtP5E800eCr5q"},
  {"vtype": "instance", "iclass": "_2i66FFjmS7n03HNNBx", "isize": 0},
  {"vtype": "closure", "fn": "_2i66FFjmS7n03HNNBx", "env": [null], "metaobj": "_8J6vNYtP5E800eCr5q", "metarank": 3} ] }
"##;

fn old() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("persistore")).unwrap();
    fs::write(dir.path().join("persistore/sp_8J6vNYtP5E800eCr5q-rps.json"), OLD).unwrap();
    fs::write(dir.path().join("persistore/old_8J6vNYtP5E800eCr5q-rps.json"), "forgotten").unwrap();
    let manifest = r#"{ "format": "RefPerSysFormat2019A", "spaceset": ["_8J6vNYtP5E800eCr5q"], "constset": [],
        "globalroots": ["_8J6vNYtP5E800eCr5q"], "globalnames": [], "plugins": [] }"#;
    fs::write(dir.path().join(MANIFEST), manifest).unwrap();
    dir
}

fn import(top: &Path) -> (Runtime, Report) {
    refpersys::import(&RealVfs, top).unwrap_or_else(|error| panic!("{}: {error}", top.display()))
}

/// Returns every file of a store that a manifest names, by its relative path.
fn files(top: &Path) -> Vec<(PathBuf, String)> {
    let mut names: Vec<PathBuf> = fs::read_dir(top.join("persistore"))
        .unwrap()
        .map(|entry| Path::new("persistore").join(entry.unwrap().file_name()))
        .filter(|path| path.to_string_lossy().contains("sp_"))
        .collect();
    names.push(MANIFEST.into());
    names.sort();
    names.into_iter().map(|name| (name.clone(), fs::read_to_string(top.join(name)).unwrap())).collect()
}

fn export(runtime: &Runtime) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    refpersys::export(&RealVfs, runtime, dir.path(), false)
        .unwrap_or_else(|error| panic!("{error}: {error:?}"));
    dir
}

fn same_files(a: &Path, b: &Path) {
    for ((path, left), (other, right)) in files(a).into_iter().zip(files(b)) {
        assert_eq!(path, other);
        for (number, (x, y)) in left.lines().zip(right.lines()).enumerate() {
            assert_eq!(x, y, "{} line {}", path.display(), number + 1);
        }
        assert_eq!(left, right, "{}", path.display());
    }
}

/// Imports, exports, and imports what was exported: the same files again.
fn survives(top: &Path) -> Report {
    let (runtime, report) = import(top);
    let first = export(&runtime);
    let (again, _) = import(first.path());
    assert_eq!(runtime.enter(|m| m.stored_objects().len()), again.enter(|m| m.stored_objects().len()));
    same_files(first.path(), export(&again).path());
    report
}

#[test]
fn a_sample_comes_back_byte_for_byte() {
    let top = export(&sample());
    let report = survives(top.path());
    assert_eq!(report.codes(), [rps_persist::Code::OldForm], "the vegetable is kept verbatim: {report}");
    same_files(top.path(), export(&import(top.path()).0).path());
}

/// What older versions wrote is read leniently, and each leniency is listed.
#[test]
fn old_forms_are_read_and_listed() {
    let (runtime, report) = import(old().path());
    let text = report.to_string();
    let expected = [
        "`class` is called `classinfo`",
        "`string_dictionnary` is called",
        "older format",
        "by hand",
        "a line begins with `#`",
        "no end line",
        "does not name this file",
    ];
    for listed in expected {
        assert!(text.contains(listed), "{listed} is not in\n{text}");
    }
    runtime.enter(|m| {
        let object = m.object("_5dkRQtwGUHs02MVQT0".parse().unwrap()).unwrap();
        let components: Vec<String> = object.components().map(|value| format!("{value:?}")).collect();
        assert_eq!(components[..2], ["[_8J6vNYtP5E800eCr5q]", "\"_8J6vNYtP5E800eCr5q\""]);
        let (meta, rank) = object.component(3).unwrap().as_closure().unwrap().meta().unwrap();
        assert_eq!((meta.oid(), rank), (known::INITIAL_SPACE, 3));
        assert_eq!(m.class(known::CLASS).mtime(), 160_516_263_992);
        let extras = m.class(known::STRING_DICTIONARY).extras().unwrap();
        assert_eq!(extras.items()[0].as_string().unwrap().as_str(), "magicattr");
    });
}

/// Issue 1, shown by 1: the real store comes back byte for byte, headers and manifest included.
#[test]
fn the_real_store_comes_back_byte_for_byte() {
    let Some(top) = rps_tests::refpersys_store() else { return };
    let (runtime, report) = import(&top);
    assert!(report.is_empty(), "{report}");
    assert_eq!(runtime.enter(|m| m.stored_objects().len()), 301);
    same_files(&top, export(&runtime).path());
}

#[test]
fn the_older_real_stores_import_without_loss() {
    for top in rps_tests::refpersys_history() {
        let report = survives(&top);
        assert!(!report.has_errors(), "{report}");
        let manifest = fs::read_to_string(top.join(MANIFEST)).unwrap();
        if manifest.contains("RefPerSysFormat2024A") {
            same_files(&top, export(&import(&top).0).path());
        } else {
            assert!(!report.is_empty(), "what was read leniently is listed");
        }
    }
}

/// Makes an object in the initial space.
fn stored(m: &Mutator<'_>, class: Oid) -> ObjectRef {
    let object = m.new_object(m.class(class));
    object.set_space(m, m.object(known::INITIAL_SPACE));
    object
}

#[test]
fn what_refpersys_can_load_is_written_and_comes_back() {
    let runtime = sample();
    let oid = runtime.enter(|m| {
        let object = stored(m, known::OBJECT);
        let key = m.object(known::NAME).unwrap();
        object.put_attribute(m, key, m.string("_not an oid")).unwrap();
        object.push_component(m, Value::double(m, 3.25));
        object.push_component(m, m.string("_0000000000000000ab"));
        object.push_component(m, Value::NIL);
        object.push_component(m, SetRef::new(m, &mut [key.into(), object.into()]).unwrap().into());
        object.push_component(m, ClosureRef::new(m, key, &[Value::NIL, Value::int(m, 7)]).unwrap().into());
        object.push_component(m, JsonRef::array(m, &[Value::int(m, 1), m.string("\u{e9}")]).unwrap().into());
        object.oid()
    });
    let dir = export(&runtime);
    let (again, report) = import(dir.path());
    assert_eq!(report.problems().len(), 1, "{report}");
    let print = |runtime: &Runtime| {
        runtime.enter(|m| {
            let object = m.object(oid).unwrap();
            let attributes: Vec<String> =
                object.attributes().map(|(_, value)| format!("{value:?}")).collect();
            let components: Vec<String> = object.components().map(|value| format!("{value:?}")).collect();
            format!("{attributes:?} {components:?}")
        })
    };
    assert_eq!(print(&runtime), print(&again));
}

#[test]
fn what_refpersys_can_not_load_is_refused_or_left_out() {
    let runtime = sample();
    runtime.enter(|m| {
        let object = stored(m, known::OBJECT);
        let transient = m.new_object(m.class(known::OBJECT));
        for value in [
            TupleRef::new(m, &[]).unwrap().into(),
            Value::double(m, 3.0),
            Value::TRUE,
            Value::int(m, i64::MAX),
            transient.into(),
        ] {
            object.push_component(m, value);
        }
        let vector = stored(m, known::OBJECT);
        vector.set_payload(m, Some(Payload::ValueVector(vec![Value::NIL])));
        let function = Function::new("fn f() { 1 }", Vec::new(), Vec::new());
        stored(m, known::FUNCTION).set_payload(m, Some(Payload::Function(Box::new(function))));
    });
    let dir = tempfile::tempdir().unwrap();
    let error = refpersys::export(&RealVfs, &runtime, dir.path(), false).unwrap_err();
    assert_eq!(error.code(), "export::refused");
    let ExportError::Refused(refusals) = error else { panic!("{error}") };
    let what: Vec<&str> = refusals.iter().map(|refusal| refusal.what.as_str()).collect();
    let expected = [
        "a tuple",
        "a boolean",
        "an integer beyond 63 bits",
        "nil in a vector",
        "a function in the language of Repersys",
    ];
    for expected in expected {
        assert!(what.contains(&expected), "{what:?}");
    }
    assert_eq!(refusals.len(), 7);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "nothing was written");
    let report = refpersys::export(&RealVfs, &runtime, dir.path(), true).unwrap();
    assert_eq!(report.lost, refusals);
    import(dir.path());
}

/// RPS-7, RPS-47: all problems are reported, with their lines; nothing is half visible.
#[test]
fn all_problems_of_a_store_are_reported_together() {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files(export(&sample()).path()) {
        let damaged = text
            .replacen("\"mtime\": ", "\"mtime\": \"soon\", \"was\": ", 1)
            .replace("\"class\" : \"_36I1BY2NetN03WjrOv\"", "\"class\" : \"_0jdbikGJFq100dgX1n\"")
            .replace(
                "\"class_super\" : \"_36I1BY2NetN03WjrOv\"",
                "\"class_super\" : \"_99999999999999999Z\"",
            );
        fs::create_dir_all(dir.path().join("persistore")).unwrap();
        fs::write(dir.path().join(path), damaged).unwrap();
    }
    let Err(LoadError::Unsound(report)) = refpersys::import(&RealVfs, dir.path()) else {
        panic!("it was imported")
    };
    let codes: Vec<&str> = report.problems().iter().map(|problem| problem.code.as_str()).collect();
    for code in ["store::wrong-type", "store::not-a-class", "store::dangling-oid"] {
        assert!(codes.contains(&code), "{code} is not in {report}");
    }
    assert!(
        report.problems().iter().all(|problem| problem.place.is_some() || problem.oid.is_some()),
        "{report}"
    );
}

/// An imported store is kept as one of our own, and is exported from there byte for byte: nothing of it is lost between.
fn survives_a_native_store(top: &Path) {
    let vfs: std::sync::Arc<dyn rps_persist::vfs::Vfs> = std::sync::Arc::new(RealVfs);
    let dir = tempfile::tempdir().unwrap();
    let (runtime, _) = import(top);
    let store = rps_persist::Store::create(&vfs, dir.path()).unwrap();
    store.dump(&runtime).unwrap();
    let (loaded, report) = store.load().unwrap();
    assert!(report.report.is_empty(), "{}", report.report);
    same_files(export(&runtime).path(), export(&loaded).path());
    assert!(!store.dump(&loaded).unwrap().generation.is_new, "nothing changed");
}

#[test]
fn a_sample_survives_a_native_store() {
    survives_a_native_store(export(&sample()).path());
    survives_a_native_store(old_exported().path());
}

/// The store of 2019 without what RefPerSys could not load: tuples and instances.
fn old_exported() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    refpersys::export(&RealVfs, &import(old().path()).0, dir.path(), true).unwrap();
    dir
}

#[test]
fn the_real_stores_survive_a_native_store() {
    for top in rps_tests::refpersys_store().into_iter().chain(rps_tests::refpersys_history()) {
        survives_a_native_store(&top);
    }
}
