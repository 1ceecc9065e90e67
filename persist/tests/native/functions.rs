//! Functions, their closures, and what those can not do without: into a store, and out of it into another runtime.

use std::path::Path;

use rps_persist::vfs::memory::MemoryVfs;
use rps_persist::{Code, Report, Severity, check};
use rps_runtime::object::Payload;
use rps_runtime::object::payload::{Capture, Function};
use rps_runtime::value::{ClosureRef, InstanceRef, TupleRef};
use rps_runtime::{Mutator, ObjectRef, Oid, Value, known};

use crate::support::{ROOT, THING, arc, back, dumped, files, load, problems, small, text, with_file};

const FILE: &str = "core.json";
const OTHER: Oid = Oid::known("_0cSUtWqTYdZ00mjeNx");

const SOURCE: &str = "|step| {\n    count = count + step * n\n}";

/// Makes a function that is in no space.
fn function(m: &Mutator<'_>, function: Function) -> ObjectRef {
    let object = m.new_object(m.class(known::FUNCTION));
    object.set_payload(m, Some(Payload::Function(Box::new(function))));
    object
}

fn counter() -> Function {
    let capture = |name: &str, shared| Capture { name: name.into(), shared };
    Function::new(SOURCE, vec!["step".into()], vec![capture("n", false), capture("count", true)])
}

fn method(source: &str, class: ObjectRef) -> Function {
    let mut function = Function::new(source, Vec::new(), Vec::new());
    function.class = Some(class);
    function.is_method = true;
    function
}

fn closure(m: &Mutator<'_>, function: ObjectRef, env: &[Value]) -> Value {
    ClosureRef::new(m, function, env).unwrap().into()
}

/// Returns the payload of a function, field by field.
fn described(m: &Mutator<'_>, object: ObjectRef) -> String {
    object.with_payload(m, |payload| match payload {
        Some(Payload::Function(function)) => {
            let class = function.class.map(ObjectRef::oid);
            format!(
                "{:?} {:?} {:?} {class:?} {}",
                function.source, function.parameters, function.captured, function.is_method
            )
        }
        other => panic!("{} is no function: {other:?}", object.oid()),
    })
}

/// Returns the function of a class's own method.
fn method_of(m: &Mutator<'_>, class: ObjectRef, selector: &str) -> ObjectRef {
    let selector = m.symbol(selector).unwrap();
    let method = class.with_payload(m, |payload| match payload {
        Some(Payload::ClassInfo(info)) => info.method(selector).and_then(Value::as_closure),
        _ => None,
    });
    method.unwrap().function()
}

/// Returns a store with a function that has everything, as the payload of the one thing in it.
fn sample() -> MemoryVfs {
    dumped(&small(|m, thing| {
        let mut function = counter();
        function.class = Some(m.class(known::OBJECT));
        function.is_method = true;
        thing.set_payload(m, Some(Payload::Function(Box::new(function))));
    }))
}

#[test]
fn a_function_is_its_source_line_by_line() {
    let memory = sample();
    let payload = r#"
,"payload":{"kind":"function"
,"source":[
 "|step| {"
,"    count = count + step * n"
,"}"
]
,"parameters":[
 "step"
]
,"captured":[
 "n"
,{"shared":"count"}
]
,"class":"_5yhJGgxLwLp00X0xEQ"
,"method":true
}
}"#;
    assert!(text(&memory, FILE).contains(payload), "{}", text(&memory, FILE));
    let loaded = load(&memory);
    assert_eq!(files(&dumped(&loaded)), files(&memory), "a second dump is the same");
    loaded.enter(|m| {
        let thing = m.object(THING).unwrap();
        assert_eq!(
            described(m, thing),
            format!(
                "{SOURCE:?} [\"step\"] [Capture {{ name: \"n\", shared: false }}, \
                 Capture {{ name: \"count\", shared: true }}] Some({:?}) true",
                known::OBJECT
            )
        );
        thing.update_payload(m, |payload| {
            let Some(Payload::Function(function)) = payload else { panic!("{payload:?}") };
            function.source = SOURCE.replace('*', "-").into();
        });
        thing.set_mtime(158_806_384_150);
    });
    let (before, after) = (text(&memory, FILE), text(&dumped(&loaded), FILE));
    let changed = before.lines().zip(after.lines()).filter(|(before, after)| before != after);
    assert_eq!((changed.count(), before.lines().count()), (1, after.lines().count()));
}

#[test]
fn a_function_of_one_line_says_no_more_than_it_must() {
    let memory = dumped(&small(|m, thing| {
        let function = Function::new("fn one() { 1 }", Vec::new(), Vec::new());
        thing.set_payload(m, Some(Payload::Function(Box::new(function))));
    }));
    let payload = ",\"payload\":{\"kind\":\"function\"\n,\"source\":\"fn one() { 1 }\"\n}\n}";
    assert!(text(&memory, FILE).contains(payload), "{}", text(&memory, FILE));
}

/// A global function, a class with methods, closures that share a variable: all that a store's own objects refer to
/// arrives in another runtime, and nothing changes when that dumps it.
#[test]
fn a_program_arrives_whole() {
    let runtime = small(|m, thing| {
        let space = thing.space();
        let twice = function(m, Function::new("fn twice(x) { x + x }", vec!["x".into()], Vec::new()));
        m.define_function(twice, "twice", space).unwrap();
        let point = m.define_class("point", None, space).unwrap();
        let selector = m.intern("dist").unwrap();
        // Not by `define_method`, which keeps them: the dump must.
        let dist = function(m, method("fn dist() {\n    self.x\n}", point));
        point.put_method(m, selector, closure(m, dist, &[])).unwrap();
        let variable = m.new_variable(Value::int(m, 41));
        let inner = closure(m, function(m, counter()), &[Value::int(m, 3), variable.into()]);
        let outer = closure(m, function(m, counter()), &[inner, variable.into()]);
        thing.push_component(m, TupleRef::new(m, &[outer]).unwrap().into());
        let other = crate::support::stored(m, OTHER, known::OBJECT, space);
        other.push_component(m, inner);
        other.set_mtime(158_806_384_150);
    });
    let memory = dumped(&runtime);
    assert!(!text(&memory, FILE).contains("transient"), "{}", text(&memory, FILE));
    let loaded = load(&memory);
    assert_eq!(files(&dumped(&loaded)), files(&memory), "a second dump is the same");
    let functions = |m: &Mutator<'_>| -> Vec<String> {
        let stored = m.stored_objects().into_iter().filter(|object| object.is_function(m));
        stored.map(|object| format!("{} {}", object.oid(), described(m, object))).collect()
    };
    let expected = runtime.enter(functions);
    assert_eq!(expected.len(), 4);
    loaded.enter(|m| {
        assert_eq!(functions(m), expected);
        let twice = m.global("twice").and_then(Value::as_object).unwrap();
        assert!(described(m, twice).contains("x + x"));
        let point = m.global("point").and_then(Value::as_object).unwrap();
        let dist = method_of(m, point, "dist");
        assert!(described(m, dist).ends_with(&format!("Some({:?}) true", point.oid())));
        let component = |oid| m.object(oid).and_then(|object: ObjectRef| object.component(0)).unwrap();
        let outer = component(THING).as_tuple().unwrap().items()[0].as_closure().unwrap();
        let inner = component(OTHER).as_closure().unwrap();
        let variable = outer.env()[1].as_object().unwrap();
        assert_eq!(inner.env()[1].as_object(), Some(variable), "they share the variable");
        assert_eq!(outer.env()[0].as_closure().unwrap().env()[1], variable.into());
        assert_eq!(variable.class(), Some(m.class(known::VARIABLE)));
        assert_eq!(m.variable_value(variable), Value::int(m, 41));
        assert_eq!(variable.space(), m.object(THING).unwrap().space());
    });
}

/// The class of a method is stored with the function, and so are its superclass and its other methods.
#[test]
fn the_class_of_a_method_is_stored_with_it() {
    let runtime = small(|m, thing| {
        let above = m.make_class("above", m.class(known::OBJECT)).unwrap();
        let below = m.make_class("below", above).unwrap();
        let sibling = function(m, method("fn sibling() { nil }", below));
        below.put_method(m, m.intern("sibling").unwrap(), closure(m, sibling, &[])).unwrap();
        let size = function(m, method("fn size() { super.size() }", below));
        thing.push_component(m, closure(m, size, &[]));
    });
    let memory = dumped(&runtime);
    assert!(!text(&memory, FILE).contains("transient"));
    let loaded = load(&memory);
    assert_eq!(files(&dumped(&loaded)), files(&memory));
    loaded.enter(|m| {
        let class = |name: &str| m.global(name).and_then(Value::as_object).unwrap();
        assert_eq!(class("below").superclass(m), Some(class("above")));
        let sibling = method_of(m, class("below"), "sibling");
        assert!(described(m, sibling).contains("fn sibling()"));
    });
}

/// A transient object that a closure captured by value is no part of it: it is left out, as everywhere else.
#[test]
fn only_variables_are_stored_with_a_closure() {
    let runtime = small(|m, thing| {
        let transient = m.new_object(m.class(known::OBJECT));
        let variable = m.new_variable(transient.into());
        thing.push_component(m, closure(m, function(m, counter()), &[transient.into(), variable.into()]));
    });
    let memory = dumped(&runtime);
    load(&memory).enter(|m| {
        let closure = m.object(THING).unwrap().component(0).unwrap().as_closure().unwrap();
        let transient = closure.env()[0].as_object().unwrap();
        assert_eq!((transient.space(), transient.class()), (None, None));
        assert_eq!(m.variable_value(closure.env()[1].as_object().unwrap()), transient.into());
    });
}

/// The call that a closure's `return` ends is over when the closure is read, and its number may be that of another one.
#[test]
fn the_call_that_a_closure_returns_from_is_not_stored() {
    back(
        |m| {
            let capture = |name: &str| Capture { name: name.into(), shared: false };
            let source = "|x| if x == n { return x }";
            let returns = Function::new(source, vec!["x".into()], vec![capture("n"), capture("return")]);
            closure(m, function(m, returns), &[Value::int(m, 5), Value::int(m, 7)])
        },
        |m, value| assert_eq!(value.as_closure().unwrap().env(), [Value::int(m, 5), Value::NIL]),
    );
}

/// Their classes are not in the store, as in one that was made before there were such classes.
#[test]
fn ranges_and_errors_are_kept_rps_14() {
    back(
        |m| {
            let ends = [Value::int(m, 1), Value::int(m, 10)];
            InstanceRef::new(m, m.class(known::RANGE), &[], &ends, None).unwrap().into()
        },
        |m, value| {
            let range = value.as_instance().unwrap();
            assert_eq!(range.class(), m.class(known::RANGE));
            assert_eq!(range.components(), [Value::int(m, 1), Value::int(m, 10)]);
        },
    );
    let names = ["code", "message", "hint", "trace"];
    back(
        |m| {
            let trace = TupleRef::new(m, &[m.string("at f")]).unwrap();
            let values = [m.string("run::arity"), m.string("one is needed"), Value::NIL, trace.into()];
            let attributes: Vec<(ObjectRef, Value)> =
                names.iter().zip(values).map(|(name, value)| (m.intern(name).unwrap(), value)).collect();
            InstanceRef::new(m, m.class(known::ERROR), &attributes, &[], None).unwrap().into()
        },
        |m, value| {
            let error = value.as_instance().unwrap();
            assert_eq!(error.class(), m.class(known::ERROR));
            let values = names.map(|name| error.attribute(m.symbol(name).unwrap()).unwrap());
            assert_eq!(format!("{values:?}"), r#"["run::arity", "one is needed", nil, ["at f"]]"#);
        },
    );
}

/// RefPerSys has payloads of this kind without a source.
#[test]
fn a_function_without_source_is_kept_as_it_is_rps_44() {
    let runtime = small(|m, thing| {
        let extras = ["fun_body", "[1.50, {\"a\" :2}]"].map(|text| m.string(text));
        thing.set_extras(Some(TupleRef::new(m, &extras).unwrap()));
        thing.install_payload(m, Some(Payload::Unknown("function".into())));
    });
    let memory = dumped(&runtime);
    let record = ",\"payload\":{\"kind\":\"function\"\n}\n,\"fun_body\":[1.50, {\"a\" :2}]\n}";
    assert!(text(&memory, FILE).contains(record), "{}", text(&memory, FILE));
    let loaded = load(&memory);
    assert_eq!(files(&dumped(&loaded)), files(&memory));
    loaded.enter(|m| {
        let thing = m.object(THING).unwrap();
        assert!(!thing.is_function(m));
        thing.with_payload(m, |payload| assert_eq!(payload.map(Payload::kind), Some("function")));
    });
}

/// Replaces a part of the store's file, whose hash is put right, and returns what a load says.
fn edited(from: &str, to: &str) -> Report {
    let memory = sample();
    let content = text(&memory, FILE);
    assert!(content.contains(from), "{from}");
    let damaged = with_file(&memory, FILE, content.replacen(from, to, 1).as_bytes());
    let report = problems(&damaged);
    assert_eq!(check(&arc(&damaged), Path::new(ROOT)), report, "a check says the same");
    report
}

#[test]
fn damaged_functions_are_reported_with_their_place_rps_7() {
    let source = "\"source\":[\n \"|step| {\"\n,\"    count = count + step * n\"\n,\"}\"\n]";
    let captured = "\"captured\":[\n \"n\"\n,{\"shared\":\"count\"}\n]";
    let class = "\"class\":\"_5yhJGgxLwLp00X0xEQ\"\n,\"method\"";
    let table: &[(&str, &str, Code, u32, &str)] = &[
        (&format!("{source}\n,"), "", Code::MissingKey, 6, "a function needs a `source`"),
        (source, "\"source\":7", Code::WrongType, 7, "a text or a list of its lines"),
        (source, "\"source\":null", Code::WrongType, 7, "a text or a list of its lines"),
        (source, "\"source\":{\"tuple\":[]}", Code::WrongType, 7, "a text or a list of its lines"),
        ("\"}\"\n", "[\"}\"]\n", Code::WrongType, 10, "a text or a list of its lines"),
        ("\"}\"\n", "\"\\q\"\n", Code::BadJson, 10, ""),
        (" \"step\"\n", " \"step\"\n,\"step\"\n", Code::DuplicateName, 14, "`step` is there twice"),
        (" \"step\"\n", " {\"shared\":\"step\"}\n", Code::WrongType, 13, "the name of a parameter"),
        (" \"step\"\n", " 1\n", Code::WrongType, 13, "the name of a parameter"),
        ("\"parameters\":[\n \"step\"\n]", "\"parameters\":\"step\"", Code::WrongType, 12, "a list of names"),
        ("{\"shared\":\"count\"}", "{\"shared\":\"n\"}", Code::DuplicateName, 17, "`n` is there twice"),
        ("{\"shared\":\"count\"}", "{\"shared\":true}", Code::WrongType, 17, "a captured name"),
        ("{\"shared\":\"count\"}", "{\"copied\":\"count\"}", Code::BadRecord, 17, "a captured name"),
        ("{\"shared\":\"count\"}", "{\"shared\":\"count\",\"n\":1}", Code::BadRecord, 17, "a captured name"),
        ("{\"shared\":\"count\"}", "[\"count\"]", Code::WrongType, 17, "a captured name"),
        (captured, "\"captured\":{}", Code::WrongType, 15, "a list of names"),
        (class, "\"class\":3\n,\"method\"", Code::WrongType, 19, "an object is needed"),
        (class, "\"class\":\"_0cSUtWqTYdZ00mjeNy\"\n,\"method\"", Code::DanglingOid, 19, "no object has"),
        (class, &format!("\"class\":\"{THING}\"\n,\"method\""), Code::NotAClass, 4, "is no class"),
        ("\"method\":true", "\"method\":1", Code::BadJson, 20, ""),
        ("\"method\":true", "\"method\":null", Code::WrongType, 20, "true or false"),
        ("\"method\":true", "\"code\":\"…\"", Code::BadRecord, 20, "has no field `code`"),
    ];
    for &(from, to, code, line, message) in table {
        let report = edited(from, to);
        let [problem] = report.problems() else { panic!("{to}: {report}") };
        let place = problem.place.map_or(0, |place| place.line);
        assert_eq!((problem.code, place, problem.severity), (code, line, Severity::Error), "{to}: {report}");
        assert_eq!((&*problem.file, problem.oid), (Path::new("spaces/core.json"), Some(THING)));
        assert!(problem.message.contains(message) && problem.hint.is_some(), "{to}: {report}");
    }
}

/// A function that is cut off anywhere is an error, and never a panic.
#[test]
fn a_function_that_is_cut_off_anywhere() {
    let memory = sample();
    let content = text(&memory, FILE);
    let payload = content.find("\"kind\":\"function\"").unwrap()..content.find("\n}\n},").unwrap();
    let fields = [",\"source\"", ",\"parameters\"", ",\"captured\"", ",\"class\"", ",\"method\""];
    // Between two fields there is nothing wrong: the rest may be absent.
    let is_within = |&end: &usize| !fields.iter().any(|field| content[end..].trim_start().starts_with(field));
    for end in payload.clone().filter(is_within) {
        let cut = format!("{}{}", &content[..end], &content[payload.end..]);
        let report = problems(&with_file(&memory, FILE, cut.as_bytes()));
        assert!(report.has_errors() && report.problems()[0].place.is_some(), "{end}: {report}");
    }
}

#[test]
fn a_function_has_as_many_parameters_as_a_call_has_arguments() {
    let with = |count: usize| {
        dumped(&small(|m, thing| {
            let parameters = (0..count).map(|n| format!("p{n}").into()).collect();
            let function = Function::new("fn f() {}", parameters, Vec::new());
            thing.set_payload(m, Some(Payload::Function(Box::new(function))));
        }))
    };
    load(&with(255)).enter(|m| assert!(m.object(THING).unwrap().is_function(m)));
    let report = problems(&with(256));
    assert_eq!(report.codes(), [Code::BadRecord], "{report}");
    assert!(report.problems()[0].message.contains("more than 255 names in `parameters`"), "{report}");
}

#[test]
fn a_source_of_a_megabyte() {
    let long = format!("fn long() {{\n    \"{}\"\n}}", "x".repeat(1 << 20));
    let many = format!("fn many() {{\n{}}}", "    print(\"é\\n\")\n".repeat(70_000));
    assert!(many.len() > 1 << 20);
    for source in [long, many] {
        let memory = dumped(&small(|m, thing| {
            let function = Function::new(&source, Vec::new(), Vec::new());
            thing.set_payload(m, Some(Payload::Function(Box::new(function))));
        }));
        let loaded = load(&memory);
        assert_eq!(files(&dumped(&loaded)), files(&memory));
        loaded.enter(|m| {
            let thing = m.object(THING).unwrap();
            thing.with_payload(m, |payload| {
                assert!(matches!(payload, Some(Payload::Function(function)) if *function.source == *source));
            });
        });
    }
}
