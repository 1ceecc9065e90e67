//! The command `rps` as others start it: what it writes, and what it exits with.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use expect_test::expect;

use crate::support::Stage;

#[test]
fn expressions_are_evaluated_in_one_session_rps_11() {
    let stage = Stage::new();
    stage.check(&["-e", "let x = 6", "-e", "x * 7", "-e", "_ + 1"], "42\n43\n");
    stage.check(
        &["-e", "{3, 1, 1}", "-e", "[nil, true, 1.5, \"a\\n\"]"],
        "{1, 3}\n[nil, true, 1.5, \"a\\n\"]\n",
    );
}

#[test]
fn a_failure_stops_and_gives_status_1() {
    let stage = Stage::new();
    let run = stage.run(&["-e", "1", "-e", "1 / 0", "-e", "2"], "");
    assert_eq!((run.status, run.out.as_str()), (1, "1\n"));
    expect![[r#"
        error[run::division-by-zero]: division of an integer by zero
         --> -e:1:1
          |
        1 | 1 / 0
          | ^^^^^
          |
          = help: test the divisor first; doubles divide by zero: `1.0 / 0` is infinite
    "#]]
    .assert_eq(&run.err);
}

#[test]
fn a_syntax_error_has_line_caret_code_and_hint_rps_14() {
    let stage = Stage::new();
    let run = stage.run(&[], "let a = 1\n\nf(a, 2\n");
    assert_eq!((run.status, run.out.as_str()), (1, ""));
    assert!(run.err.contains("error[syntax::unclosed-paren]"), "{}", run.err);
    assert!(run.err.contains("<stdin>:3:2") && run.err.contains("3 | f(a, 2"), "{}", run.err);
    assert!(run.err.contains("help: close it with `)`"), "{}", run.err);
}

#[test]
fn usage_errors_give_status_2() {
    let stage = Stage::new();
    for arguments in [&["--nonsense"][..], &["check"], &["-e", "1", "check", "s"], &["check", "a", "b"]] {
        let run = stage.run(arguments, "");
        assert_eq!((run.status, run.out.as_str()), (2, ""), "{arguments:?}");
        assert!(run.err.contains("error: "), "{}", run.err);
    }
    let run = stage.run(&["--json", "--nonsense"], "");
    assert_eq!(run.status, 2);
    assert_eq!(run.json_err()[0]["error"]["code"], "command::usage");
}

#[test]
fn a_pipe_is_a_script_and_so_is_a_file() {
    let stage = Stage::new();
    let script = "let x = 2\n# a remark\n:time 1\nx * 21\n";
    let run = stage.run(&[], script);
    assert!(run.out.starts_with("1\ntook ") && run.out.ends_with("\n42\n"), "{}", run.out);
    std::fs::write(stage.path("a.rps"), "\u{feff}let x = 2\nx * 21").unwrap();
    stage.check(&["a.rps"], "");
    stage.check(&["-e", "x", "a.rps"], "2\n");
    let missing = stage.run(&["b.rps"], "");
    assert_eq!(missing.status, 1);
    assert!(missing.err.contains("store::not-found") && missing.err.contains("`b.rps`"), "{}", missing.err);
    std::fs::write(stage.path("c.rps"), b"1\n\xff").unwrap();
    let foreign = stage.run(&["c.rps"], "");
    assert!(foreign.status == 1 && foreign.err.contains("line 2 is not UTF-8"), "{}", foreign.err);
}

#[test]
fn everything_is_json_on_request() {
    let stage = Stage::new();
    let run = stage.run(&["--json", "-e", "[1, 2.5]", "-e", ":spaces", "-e", "nobody"], "");
    assert_eq!(run.status, 1);
    let out = run.json_out();
    assert_eq!(out[0]["value"], serde_json::json!([1, 2.5]));
    assert_eq!(out[1]["spaces"][1]["space"]["name"], "user");
    let error = &run.json_err()[0]["error"];
    assert_eq!((&error["code"], &error["place"]["line"]), (&"name::unknown".into(), &1.into()));
    let run = stage.run(&["--json", "--store", "nowhere", "-e", "1"], "");
    assert_eq!((run.status, run.json_err()[0]["error"]["code"].as_str()), (1, Some("store::not-found")));
    let run = stage.run(&["--json", "version"], "");
    assert_eq!(run.json_out()[0]["version"]["rps"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn what_is_dumped_is_there_the_next_time_rps_1() {
    let stage = Stage::new();
    stage
        .check(&["-e", "keep new object as origin", "-e", ":put origin : name = \"origin\""], |out: &str| {
            out.lines().count() == 2
        });
    let lost = stage.run(&["-e", "origin"], "");
    assert_eq!(lost.status, 1, "nothing is written without --dump");
    let made = stage.run(&["--dump", "-e", "keep new object as origin", "-e", ":put origin x 1"], "");
    assert_eq!((made.status, made.err.as_str()), (0, ""));
    stage.check(&["-e", "origin.x"], "1\n");
    let failed = stage.run(&["--dump", "-e", "origin.x = 2", "-e", "nobody"], "");
    assert_eq!(failed.status, 1);
    stage.check(&["-e", "origin.x"], "1\n");
}

#[test]
fn stores_are_named_by_option_or_variable() {
    let stage = Stage::new();
    let missing = stage.run(&["--store", "s", "-e", "1"], "");
    assert!(missing.status == 1 && missing.err.contains("help: "), "{}", missing.err);
    assert_eq!(stage.run(&["--store", "s", "--dump", "-e", ":make_symbol mine"], "").status, 0);
    stage.check(&["--store", "s", "-e", "mine"], |out: &str| out.starts_with("mine∈symbol _"));
    let mut command = stage.command(&["-e", "mine"]);
    let output = command.env("RPS_STORE", stage.path("s")).output().unwrap();
    assert!(output.status.success());
    stage.check(&["check", "s"], "0 errors, 0 warnings, 0 read leniently\n");
    std::fs::write(stage.path("s/spaces/user.json"), "{").unwrap();
    let broken = stage.run(&["check", "s"], "");
    assert!(broken.status == 1 && broken.out.contains("user.json"), "{}{}", broken.out, broken.err);
    assert_eq!(stage.run(&["--store", "s", "-e", "1"], "").status, 1);
}

/// A second writer is refused, a reader is not.
#[test]
fn readers_do_not_wait_for_a_writer() {
    let stage = Stage::new();
    assert_eq!(stage.run(&["-e", "1"], "").status, 0);
    let mut prompt = stage.command(&[]);
    let mut prompt =
        prompt.env("RPS_TRANSCRIPT", "1").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut typed = prompt.stdin.take().unwrap();
    let mut shown = BufReader::new(prompt.stdout.take().unwrap()).lines();
    typed.write_all(b"keep new object as fresh\n:dump\n").unwrap();
    shown.by_ref().find(|line| line.as_ref().unwrap().starts_with("dumped ")).unwrap().unwrap();
    stage.check(&["-e", "fresh.class"], |out: &str| out.starts_with("object∈class"));
    let second = stage.run(&["--dump", "-e", "1"], "");
    assert!(second.status == 1 && second.err.contains("store::locked"), "{}", second.err);
    // Killed in the middle of something, it leaves the store as it was last dumped.
    typed.write_all(b":put fresh : x = 5\n").unwrap();
    shown.by_ref().find(|line| line.as_ref().unwrap().contains(":put")).unwrap().unwrap();
    prompt.kill().unwrap();
    prompt.wait().unwrap();
    let store = stage.path("data/repersys/store");
    stage.check(&["check", store.to_str().unwrap()], "0 errors, 0 warnings, 0 read leniently\n");
    stage.check(&["-e", ":why fresh"], |out: &str| out.contains("global name `fresh`"));
    assert_eq!(stage.run(&["--dump", "-e", "1"], "").status, 0, "the lock went with the process");
}

/// `rps … | head`
#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let stage = Stage::new();
    let mut child = stage
        .command(&["-e", ":help", "-e", ":classes", "-e", ":classes"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn every_command_does_what_its_help_says() {
    let stage = Stage::new();
    let session = "keep new object as origin\n:put origin : x = 10\n:put origin y [1, 2]\n:append origin : \"c\"\n\
                   :append origin 2\n:remove origin : y\n:make_symbol mine\n:add_root origin\n:add_root origin\n\
                   :remove_root origin\n:refs origin\n:why origin\n:inspect 3\n:spaces\n:classes set\n:gc\n:time 1 + 1\n\
                   :dump\n:dump \"copy\"\n:load\norigin.x\n:load \"copy\"\norigin.x\n:help put\n:show origin\n:quit\n";
    let run = stage.transcript(session);
    assert_eq!((run.status, run.err.as_str()), (0, ""), "{}", run.out);
    let answer = |input: &str| run.answer(input);
    assert_eq!(answer(":remove origin : y"), "[1, 2]");
    assert!(answer(":make_symbol mine").starts_with("mine∈symbol"));
    assert!(answer(":remove_root origin").ends_with("is no root any more"));
    assert!(answer(":refs origin").contains("∈symbol  payload"));
    assert!(answer(":why origin").contains("global name `origin`"));
    assert!(answer(":inspect 3").contains("int∈class < object∈class < value∈class"));
    assert!(answer(":spaces").contains("* user: "));
    assert_eq!(answer(":classes set"), "set∈class _6JYterg6iAu00cV9Ye");
    assert!(answer(":gc").contains(" objects, "));
    assert!(answer(":time 1 + 1").starts_with("2\ntook "));
    assert!(answer(":dump").starts_with("dumped "));
    assert!(answer(":dump \"copy\"").ends_with(" to copy"));
    assert!(answer(":help put").contains(":put object : attribute = value"));
    assert_eq!(answer("origin.x"), "10");
    let shown = answer(":show origin");
    assert!(shown.contains("x: 10") && shown.contains("[0]: \"c\"") && shown.contains("[1]: 2"), "{shown}");
}

#[test]
fn commands_tell_what_is_wrong_with_their_arguments() {
    let stage = Stage::new();
    for (line, code, told) in [
        (":shw 1", "command::unknown", "did you mean `:show`?"),
        (":re class", "command::ambiguous", "`:refs` or `:remove`"),
        (":show", "command::missing", "it is used as `:show expression`"),
        (":gc 1", "command::extra-arguments", "takes no arguments"),
        (":put class : x", "command::missing", "attribute and its value"),
        (":put 1 : x = 2", "command::not-an-object", "an integer"),
        (":put class : class = 2", "object::magic-attribute", "computed"),
        (":put class : x = 1 +", "syntax::expected-expression", ":put class : x = 1 +"),
        (":remove class : name", "command::no-such-attribute", "no such attribute"),
        (":make_symbol class", "name::duplicate", "taken"),
        (":make_symbol 1", "name::bad-name", "no name"),
        (":refs nobody", "name::unknown", "nobody"),
        (":dump nowhere", "command::not-a-directory", "write it as a string"),
        (":dump", "command::read-only", "--dump"),
        (":classes nil", "command::not-an-object", "must be an object"),
        (":source print", "command::native", "`:doc`"),
        (":source 1", "command::not-a-function", "an integer has no source"),
        (":source string.lenn", "command::no-such-method", "did you mean `len`?"),
        (":disassemble string", "command::not-a-function", "`class.method`"),
        (":edit print", "command::native", "written in Rust"),
        (":edit fresh", "command::no-terminal", "type the definition"),
        (":doc nobody", "name::unknown", "nobody"),
    ] {
        let run = stage.run(&["-e", line], "");
        assert_eq!((run.status, run.out.as_str()), (1, ""), "{line}: {}", run.err);
        assert!(run.err.contains(&format!("error[{code}]")) && run.err.contains(told), "{line}: {}", run.err);
    }
}

/// What came from RefPerSys goes back as it was.
#[test]
fn a_refpersys_store_is_imported_and_exported_rps_3() {
    let stage = Stage::new();
    let Some(data) = rps_tests::refpersys_store() else { return };
    let data = data.to_str().unwrap();
    let imported = stage.run(&["import", data, "store"], "");
    assert_eq!((imported.status, imported.err.as_str()), (0, ""), "{}", imported.out);
    stage.check(&["check", "store"], "0 errors, 0 warnings, 0 read leniently\n");
    stage.check(&["--store", "store", "-e", ":why RefPerSys_system"], |out: &str| out.contains("root"));
    let again = stage.run(&["import", data, "store"], "");
    assert_eq!(again.status, 1, "a store is not written over: {}", again.out);
    let exported = stage.run(&["--json", "export", "store", "back"], "");
    assert_eq!((exported.status, exported.err.as_str()), (0, ""));
    let manifest = |folder: &std::path::Path| std::fs::read(folder.join("rps_manifest.json")).unwrap();
    assert!(manifest(&stage.path("back")) == manifest(std::path::Path::new(data)));
    let mut files = 0;
    for entry in std::fs::read_dir(stage.path("back/persistore")).unwrap() {
        let name = entry.unwrap().file_name();
        let read = |folder: std::path::PathBuf| std::fs::read(folder.join("persistore").join(&name)).unwrap();
        assert!(read(stage.path("back")) == read(data.into()), "{}", name.display());
        files += 1;
    }
    assert!(files > 0);
    assert_eq!(stage.run(&["--store", "store", "--dump", "-e", "class.comment = 2.5"], "").status, 0);
    let refused = stage.run(&["export", "store", "lossy"], "");
    if refused.status == 1 {
        assert!(
            refused.err.contains("export::refused") && refused.err.contains("--lossy"),
            "{}",
            refused.err
        );
        assert_eq!(stage.run(&["export", "store", "lossy", "--lossy"], "").status, 0);
    }
}

#[test]
fn a_home_where_nothing_can_be_made_is_enough_to_evaluate() {
    let stage = Stage::new();
    std::fs::write(stage.path("data"), "").unwrap();
    let run = stage.run(&["-e", "string.comment"], "");
    assert_eq!((run.status, run.out.as_str()), (0, "\"Immutable texts in UTF-8.\"\n"));
    assert!(run.err.contains("warning[store::"), "{}", run.err);
    assert_eq!(stage.run(&["--dump", "-e", "1"], "").status, 1);
}

/// Whatever is asked for: each line of both outputs is a document, and a failure is one with a code.
#[test]
fn every_path_gives_json_on_request() {
    let stage = Stage::new();
    std::fs::write(stage.path("a.rps"), "let a = 2.5\na\n:spaces\n").unwrap();
    std::fs::write(stage.path("bad.rps"), b"\xff").unwrap();
    for (arguments, status, documents) in [
        (["version"].as_slice(), 0, 1),
        (&["-e", "[1, nil]", "-e", "let x = {1}", "-e", "class", "-e", ":time 1"], 0, 4),
        (&["-e", ":help", "-e", ":classes", "-e", ":gc", "-e", ":show class", "-e", ":inspect 1"], 0, 5),
        (&["-e", "fn f() { 1 }", "-e", ":source f", "-e", ":doc print", "-e", ":methods f"], 0, 4),
        (&["-e", ":profile 1", "-e", "let f = |x| x", "-e", ":disassemble f"], 0, 3),
        (&["-e", ":refs class", "-e", ":why class", "-e", ":make_symbol a", "-e", ":add_root class"], 0, 4),
        (&["a.rps"], 0, 1),
        (&["bad.rps"], 1, 0),
        (&["none.rps"], 1, 0),
        (&["-e", "1 +"], 1, 0),
        (&["-e", "nobody"], 1, 0),
        (&["-e", ":nobody"], 1, 0),
        (&["--store", "new", "--dump", "-e", "1"], 0, 2),
        (&["check", "new"], 0, 1),
        (&["check", "none"], 1, 1),
        (&["export", "new", "out", "--lossy"], 0, 1),
        (&["export", "none", "out"], 1, 0),
        (&["import", "none", "other"], 1, 0),
        (&["--store", "none", "-e", "1"], 1, 0),
        (&["--unknown"], 2, 0),
        (&["check"], 2, 0),
    ] {
        let run = stage.run(&[&["--json"], arguments].concat(), "");
        assert_eq!(run.status, status, "{arguments:?}: {}{}", run.out, run.err);
        assert_eq!(run.json_out().len(), documents, "{arguments:?}: {}", run.out);
        let errors = run.json_err();
        assert_eq!(errors.is_empty(), status == 0, "{arguments:?}: {}", run.err);
        assert!(errors.iter().all(|line| line["error"]["code"].is_string()), "{arguments:?}: {}", run.err);
    }
}
