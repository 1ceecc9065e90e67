//! Payloads of types that plugins define: written, read, kept, revived, frozen.

use std::path::Path;
use std::sync::Arc;

use expect_test::expect;
use rps_persist::native::{LoadOptions, LoadReport, Revival, freeze, freeze_all, revive, revive_all};
use rps_persist::refpersys::{ExportError, export};
use rps_persist::vfs::memory::MemoryVfs;
use rps_persist::{Access, Code, DumpError, LoadError, Report, Severity, Store, check_with};
use rps_runtime::extension::{Extensions, NoExtensions, PayloadForm, TypeLookup};
use rps_runtime::object::Payload;
use rps_runtime::value::TupleRef;
use rps_runtime::{Mutator, ObjectRef, Oid, Runtime, Value, known};

use crate::fake::{Fake, Given, POINT, Points, SCHEMA, failure};
use crate::support::{
    ROOT, SPACE, THING, arc, dumped, files, load, only, open, small, stored, text, with_file,
};

const OTHER: Oid = Oid::known("_9Ib7KNsLJeqA6rWFiZ");
const JSON: &str =
    r#" { "y":2.50, "x": [1 , {"b":1,"a":"\u00e9"}],"to":["_006mAbXTG4G00QR5HS","_9Ib7KNsLJeqA6rWFiZ"] } "#;

/// Returns a runtime in which the thing is a point that refers to another object.
fn with_point() -> Runtime {
    small(|m, thing| {
        let other = other(m, thing.space());
        Given::json(m, thing, JSON, &[other.into(), thing.into()]);
    })
}

fn other(m: &Mutator<'_>, space: Option<ObjectRef>) -> ObjectRef {
    let other = stored(m, OTHER, known::OBJECT, None);
    other.set_space_unchecked(m, space);
    other
}

fn options(extensions: impl Extensions + 'static) -> LoadOptions {
    let mut options = LoadOptions::default();
    options.extensions = Arc::new(extensions);
    options
}

fn load_as(memory: &MemoryVfs, extensions: impl Extensions + 'static) -> (Runtime, LoadReport) {
    open(memory).load_with(&options(extensions)).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(memory: &MemoryVfs, extensions: impl Extensions + 'static) -> Report {
    match open(memory).load_with(&options(extensions)) {
        Err(LoadError::Unsound(report)) => report,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("the store is sound"),
    }
}

fn thing_is_alive(runtime: &Runtime) -> bool {
    runtime.enter(|m| m.object(THING).unwrap().with_payload(m, |p| matches!(p, Some(Payload::Foreign(_)))))
}

/// Returns the store with another text in the place of one.
fn edited(memory: &MemoryVfs, from: &str, to: &str) -> MemoryVfs {
    let content = text(memory, "core.json");
    assert!(content.contains(from), "{from} in {content}");
    with_file(memory, "core.json", content.replacen(from, to, 1).as_bytes())
}

#[test]
fn a_payload_of_a_plugin_reads_like_this_commy_24() {
    let memory = dumped(&with_point());
    let content = text(&memory, "core.json");
    let (start, end) = (content.find(",\"payload\"").unwrap(), content.find("\n},\n").unwrap());
    expect![[r#"
        ,"payload":{"kind":"geo/Point"
        ,"schema":"00c0ffee00c0ffee"
        ,"refs":[
         "_006mAbXTG4G00QR5HS"
        ,"_9Ib7KNsLJeqA6rWFiZ"
        ]
        ,"data":{
         "to":["_006mAbXTG4G00QR5HS","_9Ib7KNsLJeqA6rWFiZ"]
        ,"x":[1,{"a":"é","b":1}]
        ,"y":2.50
        }
        }"#]]
    .assert_eq(&content[start..end]);
    serde_json::from_str::<serde_json::Value>(&content).unwrap();
}

#[test]
fn with_its_plugin_a_payload_is_alive_and_gives_the_same_bytes() {
    let memory = dumped(&with_point());
    let (runtime, report) = load_as(&memory, Fake::with_points());
    assert_eq!((report.foreign_payloads, report.kept_payloads, report.report.codes()), (1, 0, vec![]));
    assert!(thing_is_alive(&runtime));
    assert_eq!(files(&dumped(&runtime)), files(&memory));
}

#[test]
fn bytes_of_any_length_come_back() {
    for len in [0, 1, 57, 58, 3_000_000] {
        let bytes: Vec<u8> = (0..len).map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let form = PayloadForm::Bytes(bytes);
        let memory = dumped(&small(|m, thing| {
            Given { name: POINT, values: vec![], form: Ok(form.clone()) }.install(m, thing);
        }));
        let (runtime, _) = load_as(&memory, Fake::with_points());
        runtime.enter(|m| {
            m.object(THING).unwrap().with_payload(m, |payload| match payload {
                Some(Payload::Foreign(content)) => assert_eq!(content.write(m).unwrap(), form),
                other => panic!("{other:?}"),
            });
        });
        assert_eq!(files(&dumped(&runtime)), files(&memory));
        assert_eq!(files(&dumped(&load(&memory))), files(&memory), "kept, too");
    }
}

#[test]
fn without_its_plugin_a_payload_is_kept_rps_24() {
    let memory = dumped(&small(|m, thing| {
        let space = thing.space();
        Given::json(m, thing, JSON, &[other(m, space).into()]);
        Given::json(m, m.object(OTHER).unwrap(), "[]", &[]);
    }));
    let (runtime, report) = load_as(&memory, NoExtensions);
    assert_eq!((report.foreign_payloads, report.kept_payloads), (0, 2));
    let problem = only(&report.report);
    assert_eq!((problem.code, problem.severity), (Code::PayloadAbsent, Severity::Warning));
    assert!(problem.message.contains(POINT) && problem.message.contains("2 objects"), "{problem}");
    assert_eq!(problem.place.unwrap().line, 6, "that of the first");
    assert!(!thing_is_alive(&runtime));
    assert_eq!(files(&dumped(&runtime)), files(&memory));
    let checked = check_with(&arc(&memory), Path::new(ROOT), &options(Fake::with_points()));
    assert!(checked.is_empty(), "{checked}");
}

#[test]
fn another_schema_is_named_with_both_hashes_x_19() {
    let memory = edited(&dumped(&with_point()), "00c0ffee00c0ffee", "0123456789abcdef");
    let (runtime, report) = load_as(&memory, Fake::with_points());
    let problem = only(&report.report);
    assert_eq!((problem.code, problem.severity), (Code::SchemaMismatch, Severity::Warning));
    for part in [POINT, "0123456789abcdef", "00c0ffee00c0ffee"] {
        assert!(problem.message.contains(part), "{problem}");
    }
    assert_eq!(files(&dumped(&runtime)), files(&memory));
}

#[test]
fn a_plugin_that_fails_loses_nothing() {
    let memory = dumped(&with_point());
    let unreadable = Points { refuses: true, ..Points::default() };
    let failing = [TypeLookup::Found(Arc::new(unreadable)), TypeLookup::Failed(failure("not loaded"))];
    for lookup in failing {
        let (runtime, report) = load_as(&memory, Fake::of_points(lookup));
        let problem = only(&report.report);
        assert_eq!((problem.code, problem.severity), (Code::PayloadUnread, Severity::Warning));
        assert!(problem.message.contains("plugin::failed"), "{problem}");
        assert_eq!(problem.hint.as_deref(), Some("ask its author"));
        assert_eq!(report.kept_payloads, 1);
        assert_eq!(files(&dumped(&runtime)), files(&memory));
    }
}

#[test]
fn what_is_not_known_of_a_payload_is_kept_with_it() {
    let memory = dumped(&with_point());
    let newer = edited(&memory, "\n,\"data\"", "\n,\"later\":{\"a\":[ 1.0 ]}\n,\"data\"");
    let (runtime, report) = load_as(&newer, Fake::with_points());
    let problem = only(&report.report);
    assert_eq!(problem.code, Code::PayloadUnread);
    assert!(problem.message.contains("`later`"), "{problem}");
    assert_eq!(files(&dumped(&runtime)), files(&newer));
    let kind = edited(&memory, "geo/Point", "future");
    let (runtime, report) = load_as(&kind, Fake::with_points());
    assert_eq!(only(&report.report).code, Code::PayloadAbsent);
    assert_eq!(files(&dumped(&runtime)), files(&kind), "a kind of a later version of this crate");
}

#[test]
fn the_order_of_members_does_not_matter() {
    let memory = dumped(&with_point());
    let content = text(&memory, "core.json");
    let schema = "\n,\"schema\":\"00c0ffee00c0ffee\"";
    let moved = content.replacen(schema, "", 1).replacen(
        "\n,\"y\":2.50\n}\n}",
        &format!("\n,\"y\":2.50\n}}{schema}\n}}"),
        1,
    );
    assert_ne!(moved, content);
    let moved = with_file(&memory, "core.json", moved.as_bytes());
    let (runtime, report) = load_as(&moved, Fake::with_points());
    assert_eq!(report.foreign_payloads, 1);
    assert_eq!(files(&dumped(&runtime)), files(&memory), "the order of a dump is back");
    assert_eq!(files(&dumped(&load(&moved))), files(&moved), "what is kept is as it was");
}

#[test]
fn a_formatter_can_not_make_a_payload_look_like_a_record() {
    let memory = dumped(&small(|m, thing| Given::json(m, thing, "{\"a\":{\"oid\":\"_x\"}}", &[])));
    let content = text(&memory, "core.json");
    let formatted = content.replace("\"a\":{\"oid\"", "\"a\":\n{\"oid\"");
    let (runtime, _) = load_as(&with_file(&memory, "core.json", formatted.as_bytes()), NoExtensions);
    let again = dumped(&runtime);
    let (runtime, report) = load_as(&again, Fake::with_points());
    assert_eq!(report.foreign_payloads, 1);
    assert_eq!(files(&dumped(&runtime)), files(&memory));
}

#[test]
fn references_of_kept_payloads_are_checked_rps_7() {
    let memory = dumped(&with_point());
    let dangling = edited(&memory, ",\"_9Ib7KNsLJeqA6rWFiZ\"\n]", ",\"_9Ib7KNsLJeqA6rWFi0\"\n]");
    for report in [refused(&dangling, NoExtensions), refused(&dangling, Fake::with_points())] {
        let problem = only(&report);
        assert_eq!((problem.code, problem.place.unwrap().line), (Code::DanglingOid, 10), "{report}");
        assert_eq!(problem.oid, Some(THING));
    }
}

#[test]
fn malformed_members_are_errors_with_their_place() {
    let memory = dumped(&with_point());
    let code = |from: &str, to: &str| {
        let report = refused(&edited(&memory, from, to), NoExtensions);
        let problem = only(&report).clone();
        assert!(problem.place.is_some() && problem.hint.is_some(), "{problem}");
        problem.code
    };
    assert_eq!(code("00c0ffee00c0ffee", "00C0FFEE00C0FFEE"), Code::WrongType);
    assert_eq!(code(",\"schema\":\"00c0ffee00c0ffee\"\n", ""), Code::MissingKey);
    assert_eq!(code(",\"data\":{", ",\"base64\":[\"====\"]\n,\"dat\":{"), Code::WrongType);
    assert_eq!(code(",\"data\":{", ",\"data\":1\n,\"data\":{"), Code::BadRecord);
    assert_eq!(code("\n \"_006mAbXTG4G00QR5HS\"\n,\"_9", "\n {\"transient\":\"x\"}\n,\"_9"), Code::BadOid);
}

#[test]
fn references_to_transient_objects_are_counted_and_collections_adopted_rps_46() {
    let runtime = small(|m, thing| {
        let nameless = m.new_object(m.class(known::OBJECT));
        let list = m.new_object(m.class(known::VALUE_VECTOR));
        list.install_payload(m, Some(Payload::ValueVector(vec![Value::int(m, 7)])));
        let tuple = TupleRef::new(m, &[list.into()]).unwrap();
        let json = format!("{{\"to\":[\"{}\",\"{}\"]}}", nameless.oid(), list.oid());
        Given::json(m, thing, &json, &[nameless.into(), tuple.into()]);
    });
    let memory = MemoryVfs::new();
    let store = Store::create(&arc(&memory), Path::new(ROOT)).unwrap();
    let report = store.dump(&runtime).unwrap();
    assert_eq!((report.adopted, report.transient_references, report.objects), (1, 1, 3));
    assert!(text(&memory, "core.json").contains("{\"transient\":\""));
    let (again, report) = load_as(&memory, Fake::with_points());
    assert_eq!((report.placeholders, report.foreign_payloads), (1, 1));
    assert_eq!(files(&dumped(&again)), files(&memory));
    assert_eq!(files(&dumped(&load(&memory))), files(&memory));
}

#[test]
fn an_object_that_is_stored_no_more_is_transient_for_what_is_kept() {
    let memory = dumped(&with_point());
    let runtime = load(&memory);
    runtime.enter(|m| m.object(OTHER).unwrap().set_space_unchecked(m, None));
    let again = dumped(&runtime);
    assert!(text(&again, "core.json").contains(",{\"transient\":\"_9Ib7KNsLJeqA6rWFiZ\"}\n]"));
    assert_eq!(load_as(&again, NoExtensions).1.placeholders, 1, "the store can be loaded");
}

#[test]
fn what_can_not_be_written_refuses_the_dump() {
    let memory = dumped(&with_point());
    let before = memory.files();
    let error_of = |name, form: Result<&str, &'static str>| {
        let runtime = small(|m, thing| {
            let form = form.map(|text| PayloadForm::Json(text.to_owned()));
            Given { name, values: vec![], form }.install(m, thing);
        });
        let store = Store::open(&arc(&memory), Path::new(ROOT), Access::Write).unwrap();
        let error = store.dump(&runtime).unwrap_err();
        assert!(matches!(&error, DumpError::Payload(payload) if payload.oid == THING), "{error}");
        assert!(
            error.to_string().contains(name) && error.to_string().contains(&THING.to_string()),
            "{error}"
        );
        error
    };
    let failed = error_of(POINT, Err("out of ink"));
    assert_eq!((failed.code(), failed.hint().as_deref()), ("plugin::failed", Some("ask its author")));
    assert!(failed.to_string().contains("out of ink"));
    for text in ["", "{", "{\"a\":1,\"a\":2}", "[1] [2]", &"[".repeat(100_000)] {
        assert_eq!(error_of(POINT, Ok(text)).code(), "store::bad-payload");
    }
    assert_eq!(error_of("symbol", Ok("{}")).code(), "store::bad-payload", "a kind of this crate");
    let unchanged = |files: std::collections::BTreeMap<std::path::PathBuf, Vec<u8>>| {
        files.into_iter().filter(|(path, _)| !path.ends_with("lock")).collect::<Vec<_>>()
    };
    assert_eq!(unchanged(memory.files()), unchanged(before));
}

#[test]
fn a_plugin_that_comes_later_finds_its_payloads_rps_24() {
    let memory = dumped(&with_point());
    let runtime = load(&memory);
    runtime.enter(|m| {
        let thing = m.object(THING).unwrap();
        assert!(matches!(revive(m, thing, &NoExtensions), Revival::Absent));
        let other = Fake::of_points(TypeLookup::OtherSchema(vec![1]));
        assert!(matches!(revive(m, thing, &other), Revival::OtherSchema { stored: SCHEMA, .. }));
        let failing = Fake::of_points(TypeLookup::Failed(failure("not loaded")));
        assert!(matches!(revive(m, thing, &failing), Revival::Failed(_)));
        assert!(matches!(revive(m, m.object(SPACE).unwrap(), &Fake::with_points()), Revival::NotKept));
    });
    assert_eq!(files(&dumped(&runtime)), files(&memory), "failing changes nothing");
    let none = revive_all(&runtime, &Fake::with_points(), |kind| kind.starts_with("other/"));
    assert_eq!((none.revived, none.kept), (0, 0));
    let absent = revive_all(&runtime, &NoExtensions, |_| true);
    assert_eq!((absent.revived, absent.kept, absent.report.codes()), (0, 1, vec![Code::PayloadAbsent]));
    let all = revive_all(&runtime, &Fake::with_points(), |kind| kind.starts_with("geo/"));
    assert_eq!((all.revived, all.kept, all.report.is_empty()), (1, 0, true));
    assert!(thing_is_alive(&runtime));
    runtime.enter(|m| assert!(m.object(THING).unwrap().extras().is_none()));
    assert_eq!(files(&dumped(&runtime)), files(&memory));
}

#[test]
fn a_frozen_payload_is_dumped_like_a_live_one_rps_24() {
    let make = || {
        small(|m, thing| {
            let list = m.new_object(m.class(known::VALUE_VECTOR));
            list.install_payload(m, Some(Payload::ValueVector(vec![])));
            let tuple = TupleRef::new(m, &[list.into(), other(m, thing.space()).into()]).unwrap();
            thing.set_extras(Some(TupleRef::new(m, &[m.string("z"), m.string("1")]).unwrap()));
            Given::json(m, thing, JSON, &[tuple.into()]);
        })
    };
    let runtime = make();
    runtime.enter(|m| {
        let thing = m.object(THING).unwrap();
        let mtime = thing.mtime();
        assert!(freeze(m, thing).unwrap());
        assert!(!freeze(m, thing).unwrap(), "it is frozen");
        assert_eq!(thing.mtime(), mtime);
        m.collect();
    });
    assert!(!thing_is_alive(&runtime));
    let frozen = dumped(&runtime);
    let content = text(&frozen, "core.json");
    assert!(!content.contains("transient") && content.contains("\n,\"z\":1\n"), "{content}");
    assert_eq!(files(&dumped(&load(&frozen))), files(&frozen));
    let revivals = revive_all(&runtime, &Fake::with_points(), |_| true);
    assert_eq!(revivals.revived, 1);
    assert!(text(&dumped(&runtime), "core.json").contains("\n,\"z\":1\n"));
    let refusing = small(|m, thing| Given { name: POINT, values: vec![], form: Err("no") }.install(m, thing));
    refusing.enter(|m| assert_eq!(freeze(m, m.object(THING).unwrap()).unwrap_err().message, "no"));
    assert!(thing_is_alive(&refusing));
}

#[test]
fn a_frozen_payload_and_a_live_one_give_the_same_bytes() {
    let (live, frozen) = (with_point(), with_point());
    frozen.enter(|m| assert!(freeze(m, m.object(THING).unwrap()).unwrap()));
    assert_eq!(files(&dumped(&frozen)), files(&dumped(&live)));
}

#[test]
fn refpersys_has_no_such_payloads() {
    let live = with_point();
    let kept = load(&dumped(&live));
    for runtime in [live, kept] {
        let memory = MemoryVfs::new();
        match export(&memory, &runtime, Path::new("/old"), false) {
            Err(ExportError::Refused(lost)) => {
                assert!(lost.iter().any(|refusal| refusal.oid == THING), "{lost:?}");
                let text = format!("{lost:?}");
                assert!(text.contains("a payload of a plugin's type"), "{text}");
            }
            other => panic!("{other:?}"),
        }
        export(&memory, &runtime, Path::new("/old"), true).unwrap();
    }
}

#[test]
fn a_record_has_one_payload() {
    let memory = dumped(&with_point());
    let twice = edited(&memory, ",\"payload\"", ",\"payload\":{\"kind\":\"space\"}\n,\"payload\"");
    assert_eq!(only(&refused(&twice, NoExtensions)).code, Code::BadRecord);
}

#[test]
fn all_payloads_of_a_plugin_are_frozen_or_none_rps_24() {
    let runtime = small(|m, thing| {
        Given::json(m, thing, "{}", &[]);
        Given::json(m, other(m, thing.space()), "[]", &[]);
    });
    let live = files(&dumped(&runtime));
    assert_eq!(freeze_all(&runtime, |kind| kind.starts_with("other/")), Ok(0));
    assert_eq!(freeze_all(&runtime, |kind| kind.starts_with("geo/")), Ok(2));
    assert!(!thing_is_alive(&runtime));
    assert_eq!(files(&dumped(&runtime)), live);
    assert_eq!(revive_all(&runtime, &Fake::with_points(), |_| true).revived, 2);
    runtime.enter(|m| {
        let refusing = Given { name: POINT, values: vec![], form: Err("no") };
        refusing.install(m, m.object(OTHER).unwrap());
    });
    let errors = freeze_all(&runtime, |_| true).unwrap_err();
    assert_eq!(errors.iter().map(|error| (error.oid, &*error.message)).collect::<Vec<_>>(), [(OTHER, "no")]);
    assert!(thing_is_alive(&runtime), "none");
}
