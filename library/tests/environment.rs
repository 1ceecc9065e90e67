//! Output, files, time, JSON: what reaches out of the runtime.

#![forbid(unsafe_code)]

#[allow(dead_code, reason = "each test uses a part")]
mod common;

use std::time::{Duration, Instant};

use common::{Recorder, check, check_failure, eval, eval_in};
use rps_lang::Session;
use rps_runtime::Runtime;

#[test]
fn output_goes_to_the_host() {
    let (runtime, recorder) = (Runtime::new(), Recorder::default());
    rps_library::install(&runtime, recorder.clone());
    assert_eq!(
        eval_in(&runtime, "print(1, \"a b\", [2, \"c\"], nil); print(); write(1, 2); write(new vector [1])"),
        "nil"
    );
    assert_eq!(*recorder.0.lock().unwrap(), "1 a b [2, c] nil\n\n12[1]");
    let class = "class p { x\n fn to_string() { f\"p({self.x})\" } }\nlet p = new p { x: 1 }; print(p, f\"{p}\", p.to_string())";
    assert_eq!(eval_in(&runtime, class), "nil");
    assert!(recorder.0.lock().unwrap().ends_with("p(1) p(1) p(1)\n"));
}

#[test]
fn arguments_are_what_the_host_sets() {
    let runtime = common::runtime();
    assert_eq!(eval_in(&runtime, "arguments"), "[]");
    runtime.enter(|m| rps_library::set_arguments(m, &["one".into(), "2".into()]));
    assert_eq!(eval_in(&runtime, "arguments[1].to_int()"), "2");
}

#[test]
fn errors_have_codes() {
    check(&[
        (
            "try { raise error(\"a::b\", \"c\") } catch x { [x.code, x.message, x.class == error] }",
            r#"["a::b", "c", true]"#,
        ),
        ("raise error(\"a::b\", \"c\")", "<a::b>"),
        ("error(\"a::b\")", "<run::arity>"),
        (
            "try { \"x\".to_int() } catch x { [x.code, x.hint] }",
            r#"["library::no-number", "`parse_int` gives nil for such a text"]"#,
        ),
    ]);
}

#[test]
fn times_are_written_and_read() {
    check(&[
        ("format_time(0)", r#""1970-01-01T00:00:00Z""#),
        ("format_time(-0.5)", r#""1969-12-31T23:59:59.500Z""#),
        ("parse_time(\"2024-02-29T12:00:00+01:00\")", "1709204400.0"),
        ("parse_time(\"2023-02-29\")", "<library::bad-time>"),
        ("parse_time(3)", "<run::wrong-kind>"),
        ("format_time(1e20)", "<library::bad-time>"),
        ("format_time(nan)", "<library::bad-time>"),
        ("parse_time(format_time(now())) - now() < 1", "true"),
        ("let start = clock(); sleep(0.03); clock() - start >= 0.03", "true"),
        ("sleep(-1)", "<library::negative>"),
        ("sleep(nan)", "<library::negative>"),
    ]);
}

#[test]
fn sleep_is_interrupted() {
    let runtime = common::runtime();
    let start = Instant::now();
    std::thread::scope(|scope| {
        let (sender, receiver) = std::sync::mpsc::channel();
        let runtime = &runtime;
        scope.spawn(move || {
            receiver.recv().unwrap();
            runtime.interrupt();
        });
        runtime.enter(|m| {
            let mut session = Session::new(m);
            session.eval(m, "let ready = 1").unwrap();
            sender.send(()).unwrap();
            let error = session.eval(m, "try { sleep(600) } catch x { 1 }").unwrap_err();
            assert_eq!(error.code(), "run::interrupted");
        });
    });
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[test]
fn files_are_written_and_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| format!("{:?}", folder.path().join(name).to_str().unwrap());
    let (note, missing) = (path("nöte.txt"), path("missing/note.txt"));
    let program = format!(
        "let p = {note}
        let before = file_exists(p)
        write_text(p, \"long text\")
        write_text(p, \"öne\\n\")
        append_text(p, \"two\")
        let read = [read_text(p), lines_of(p), file_exists(p), list_directory({})]
        remove_file(p)
        [before, read, file_exists(p)]",
        path("")
    );
    assert_eq!(eval(&program), r#"[false, ["öne\ntwo", ["öne", "two"], true, ["nöte.txt"]], false]"#);
    for call in [
        "read_text(p)",
        "lines_of(p)",
        "remove_file(p)",
        "write_text(p, \"\")",
        "append_text(p, \"\")",
        "list_directory(p)",
    ] {
        let program = format!(
            "let p = {missing}\ntry {{ {call} }} catch x {{ [x.code, x.message.contains(p), x.hint.contains(\"path\")] }}"
        );
        assert_eq!(eval(&program), r#"["library::file", true, true]"#, "{call}");
    }
    std::fs::write(folder.path().join("bytes"), [0xff]).unwrap();
    assert_eq!(eval(&format!("read_text({})", path("bytes"))), "<library::file>");
    assert_eq!(eval("read_text(3)"), "<run::wrong-kind>");
}

#[test]
fn json_is_read() {
    check(&[
        (
            r#"parse_json("[null, true, 1, -2.50, \"é\\u00e9\", 123456789012345678901234567890]").to_tuple()"#,
            r#"[nil, true, 1, -2.5, "éé", 123456789012345678901234567890]"#,
        ),
        (
            r#"let d = parse_json(r"{'a': {'b': [1]}, 'c': 1e40}".replace("'", "\"")); [d["a"]["b"][0], d.keys(), d["c"]]"#,
            r#"[1, ["a", "c"], 1e40]"#,
        ),
        (r#"parse_json("1e400")"#, "<library::bad-json>"),
        (r#"parse_json("1.0")"#, "1.0"),
        (r#"parse_json("-0")"#, "0"),
        (r#"[parse_json("[]").class == vector, parse_json("{}").class == dict]"#, "[true, true]"),
        (r#"parse_json("[1,]")"#, "<library::bad-json>"),
        (r#"parse_json("")"#, "<library::bad-json>"),
        (r#"parse_json("[".repeat(100000))"#, "<library::bad-json>"),
        ("parse_json(3)", "<run::wrong-kind>"),
    ]);
    check_failure(
        "parse_json(\"[1\\n x]\")",
        "library::bad-json",
        "the text is no JSON: expected `,` or `]` at line 2 column 2",
    );
}

#[test]
fn json_is_written() {
    check(&[
        (
            r#"to_json([nil, true, 1, 2.0, "é\"\n", {3}, 10.pow(30)])"#,
            r#""[null,true,1,2.0,\"é\\\"\\n\",[3],1000000000000000000000000000000]""#,
        ),
        (r#"to_json(new dict ["b": new vector [1], "a": []])"#, r#""{\"a\":[],\"b\":[1]}""#),
        (r#"to_json([1, [2]], 2)"#, r#""[\n  1,\n  [\n    2\n  ]\n]""#),
        (r#"let j = "[1,{\"k\":[null,2.5]}]"; to_json(parse_json(j)) == j"#, "true"),
        ("to_json(nan)", "<library::not-json>"),
        ("to_json(object)", "<library::not-json>"),
        ("to_json(|x| x)", "<library::not-json>"),
        ("to_json(new dict [1: 2])", "<library::not-json>"),
        ("let v = new vector []; v.push(v); to_json(v)", "<library::not-json>"),
        ("let t = 1; 120.times(|i| t = [t]); parse_json(to_json(t)).len()", "1"),
        ("to_json(1, 1000)", "<library::too-large>"),
    ]);
}
