//! Programs in files: what they print, how they fail, `rps fmt` and `rps test`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use expect_test::expect;

use crate::support::Stage;
use crate::support::terminal::Terminal;

#[test]
fn a_script_prints_and_is_given_its_arguments() {
    let stage = Stage::new();
    let text = "#!/usr/bin/env rps\nprint(\"given\", arguments)\n1 + 1\nfn f() { 1 }\nprint(\"done\")\n";
    fs::write(stage.path("a.rps"), text).unwrap();
    fs::write(stage.path("no_ending"), text).unwrap();
    stage.check(&["a.rps"], "given []\ndone\n");
    stage.check(&["no_ending", "a", "--json", "-e", "--", "ü"], "given [a, --json, -e, --, ü]\ndone\n");
    let run = stage.run(&["--json", "a.rps", "test"], "");
    let printed: Vec<_> = run.json_out().iter().map(|line| line["output"].clone()).collect();
    assert_eq!(printed, ["given [test]\n", "done\n"]);
    fs::write(stage.path("commands.rps"), "let x = 1\n:show x\nx + 1\n:quit\nprint(\"never\")\n").unwrap();
    stage.check(&["commands.rps"], "1\n");
}

/// Also where standard output is a pipe.
#[test]
fn a_line_is_there_as_soon_as_it_is_printed() {
    let stage = Stage::new();
    fs::write(stage.path("a.rps"), "print(\"first\")\nwhile true { nil }\n").unwrap();
    let mut child = stage.command(&["a.rps"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "first");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_program_whose_output_nobody_reads_ends() {
    let stage = Stage::new();
    fs::write(stage.path("a.rps"), "let i = 0\nwhile true { print(i); i = i + 1 }\n").unwrap();
    let mut command = stage.command(&["a.rps"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "0");
    drop(lines);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

#[test]
fn an_error_tells_the_line_in_the_file_and_the_calls_rps_14() {
    let stage = Stage::new();
    let text = "# sums\nlet unused = 1\n:show unused\n\nfn divide(a, b) {\n    a / b\n}\nclass sum {\n    n\n    \
                fn part(b) { divide(self.n, b) }\n}\n:show unused\nlet s = new sum { n: 7 }\n[2, 0].map(|b| s.part(b))\n";
    fs::write(stage.path("a.rps"), text).unwrap();
    let run = stage.run(&["a.rps"], "");
    assert_eq!((run.status, run.out.as_str()), (1, "1\n1\n"));
    expect![[r#"
        error[run::division-by-zero]: division of an integer by zero
         --> a.rps:6:5
          |
        6 |     a / b
          |     ^^^^^ in divide
          |
          = note: called from sum.part (a.rps:10)
          = note: called from a closure (a.rps:14)
          = note: called from object.map (collection.rps)
          = note: called from a.rps:14
          = help: test the divisor first; doubles divide by zero: `1.0 / 0` is infinite
    "#]]
    .assert_eq(&without_lines_of(&run.err, "collection.rps"));
    let error = &stage.run(&["--json", "a.rps"], "").json_err()[0]["error"];
    assert_eq!((&error["place"]["file"], &error["place"]["line"]), (&"a.rps".into(), &6.into()));
    let trace = error["trace"].as_array().unwrap();
    assert_eq!(trace.len(), 5);
    let part = serde_json::json!({ "function": "sum.part", "file": "a.rps", "line": 10, "column": 18 });
    assert_eq!(trace[1], part);
    assert_eq!((&trace[4]["line"], &trace[4]["column"]), (&14.into(), &1.into()));
}

/// The library may change.
fn without_lines_of(text: &str, file: &str) -> String {
    let (before, after) = text.split_once(&format!("{file}:")).expect("the file is named");
    format!("{before}{file}{}", after.trim_start_matches(|digit: char| digit.is_ascii_digit()))
}

/// The text that is shown is that of the function, wherever it came from.
#[test]
fn an_error_in_a_function_from_a_store_shows_its_source() {
    let stage = Stage::new();
    let define = "# Halves.\nfn halves(n) {\n    [n / 2, n / 0]\n}";
    assert_eq!(stage.run(&["--dump", "-e", define], "").status, 0);
    let run = stage.run(&["-e", "let x = 1\nhalves(x)"], "");
    expect![[r#"
        error[run::division-by-zero]: division of an integer by zero
         --> halves:3:13
          |
        3 |     [n / 2, n / 0]
          |             ^^^^^ in halves
          |
          = note: called from -e:2
          = help: test the divisor first; doubles divide by zero: `1.0 / 0` is infinite
    "#]]
    .assert_eq(&run.err);
    let run = stage.run(&["-e", ":time  halves(1)"], "");
    assert!(
        run.err.contains("3 |     [n / 2, n / 0]") && run.err.contains("called from -e:1"),
        "{}",
        run.err
    );
}

#[test]
fn a_deep_trace_is_short() {
    let stage = Stage::new();
    let run = stage.run(&["-e", "fn down(n) { 1 + down(n + 1) }\ndown(0)"], "");
    assert!(run.err.contains("error[run::stack-overflow]"), "{}", run.err);
    assert!(run.err.contains("note: called from down (-e:1), ") && run.err.contains(" times"), "{}", run.err);
    assert!(run.err.lines().count() < 12, "{}", run.err);
}

#[test]
fn ctrl_c_stops_a_script_with_status_130() {
    let stage = Stage::new();
    fs::write(stage.path("loop.rps"), "print(\"started\")\nwhile true { nil }\n").unwrap();
    fs::write(stage.path("sleep.rps"), "print(\"started\")\ntry { sleep(1000) } catch e { nil }\n").unwrap();
    fs::write(stage.path("good.rps"), "check(\"good\", || true)\n").unwrap();
    for (arguments, script, sign) in [
        (&["loop.rps"][..], "loop.rps", "started"),
        (&["sleep.rps"], "sleep.rps", "started"),
        (&["test", "good.rps", "loop.rps"], "loop.rps", "ok    good.rps"),
    ] {
        let mut terminal = match Terminal::start(&stage.command(arguments), 100) {
            Ok(terminal) => terminal,
            Err(reason) => return rps_tests::skip(&reason),
        };
        terminal.wait_for(sign);
        terminal.press("\x03");
        terminal.wait_for("error[run::interrupted]");
        terminal.wait_for(&format!("{script}:"));
        assert_eq!(terminal.end().0.code(), Some(130));
    }
}

#[test]
fn fmt_lays_programs_out_in_place() {
    let stage = Stage::new();
    fs::create_dir(stage.path("d")).unwrap();
    fs::write(stage.path("d/a.rps"), "let  x=1+2 # three").unwrap();
    fs::write(stage.path("d/b.rps"), "let y = 1\n").unwrap();
    let check = stage.run(&["fmt", "--check", "d"], "");
    assert_eq!((check.status, check.out.as_str()), (1, "d/a.rps\n"));
    assert!(check.err.contains("error[format::unformatted]"), "{}", check.err);
    assert_eq!(fs::read_to_string(stage.path("d/a.rps")).unwrap(), "let  x=1+2 # three");
    stage.check(&["fmt", "d"], "d/a.rps\n");
    assert_eq!(fs::read_to_string(stage.path("d/a.rps")).unwrap(), "let x = 1 + 2 # three\n");
    stage.check(&["fmt", "--check", "d"], "");
    let piped = stage.run(&["fmt", "-"], "f( 1)");
    assert_eq!((piped.status, piped.out.as_str(), piped.err.as_str()), (0, "f(1)\n", ""));
    assert_eq!(stage.run(&["fmt", "--check", "-"], "f( 1)").status, 1);
}

/// What is no program stays as it is, and the other files are formatted all the same.
#[test]
fn fmt_tells_what_is_no_program() {
    let stage = Stage::new();
    fs::write(stage.path("a.rps"), "f(\n1").unwrap();
    fs::write(stage.path("b.rps"), "f( 1)").unwrap();
    let run = stage.run(&["fmt", "a.rps", "none.rps", "b.rps"], "");
    assert_eq!((run.status, run.out.as_str()), (1, "b.rps\n"));
    assert!(run.err.contains("syntax::unclosed-paren") && run.err.contains("a.rps:1:2"), "{}", run.err);
    assert!(run.err.contains("store::not-found") && run.err.contains("none.rps"), "{}", run.err);
    assert_eq!(fs::read_to_string(stage.path("a.rps")).unwrap(), "f(\n1");
    let json = stage.run(&["--json", "fmt", "a.rps", "b.rps"], "");
    assert_eq!(json.json_out(), [serde_json::json!({ "format": { "file": "b.rps", "changed": false } })]);
    assert_eq!(json.json_err()[0]["error"]["place"]["file"], "a.rps");
    fs::create_dir(stage.path("empty")).unwrap();
    assert!(stage.run(&["fmt", "empty"], "").err.contains("command::no-files"));
}

#[test]
fn test_runs_the_checks_of_all_files() {
    let stage = Stage::new();
    fs::create_dir_all(stage.path("t/deep")).unwrap();
    let write = |name: &str, text: &str| fs::write(stage.path(name), text).unwrap();
    // What one file defines is not there in the next.
    write(
        "t/a.rps",
        "let shared = 1\nfn helper() { shared }\ncheck(\"helper\", || helper() == 1)\nprint(\"not shown\")\n",
    );
    write("t/deep/b.rps", "check_equal(\"sum\", 1 + 1, 2)\n");
    stage.check(
        &["test", "t"],
        "ok    t/a.rps: 1 check\nok    t/deep/b.rps: 1 check\n2 files, 2 checks, 0 failed\n",
    );

    write(
        "t/deep/b.rps",
        "print(\"seen\")\ncheck_equal(\"sum\", 1 + 1, 3)\ncheck(\"raises\", || 1 / 0)\ncheck(\"ok\", || true)\n",
    );
    write("t/c.rps", "check(\"before\", || true)\nfn f() { 1 / 0 }\nf()\n");
    write("t/d.rps", "print(1)\n");
    write("t/e.rps", "check(\"alone\", || helper() == 1)\n");
    let run = stage.run(&["test", "t"], "");
    assert_eq!(run.status, 1);
    expect![[r#"
        ok    t/a.rps: 1 check
        FAIL  t/c.rps: 0 of 1 check failed, ended early
        ok    t/d.rps: 0 checks
        FAIL  t/deep/b.rps: 2 of 3 checks failed
              t/deep/b.rps:2: sum: it is 2, not 3
              t/deep/b.rps:3: raises: it raises run::division-by-zero: division of an integer by zero
              printed:
              | seen
        FAIL  t/e.rps: 0 of 0 checks failed, ended early
        5 files, 5 checks, 2 failed
    "#]]
    .assert_eq(&run.out);
    expect![[r#"
        error[run::division-by-zero]: division of an integer by zero
         --> t/c.rps:2:10
          |
        2 | fn f() { 1 / 0 }
          |          ^^^^^ in f
          |
          = note: called from t/c.rps:3
          = help: test the divisor first; doubles divide by zero: `1.0 / 0` is infinite
        warning[test::no-checks]: `t/d.rps` checks nothing
         |
         = help: `check("name", || …)` checks something
        error[name::unknown]: nothing is named `helper`
         --> t/e.rps:1:19
          |
        1 | check("alone", || helper() == 1)
          |                   ^^^^^^
          |
          = help: `let helper = …` makes a variable
        error[test::failed]: 2 checks failed, 2 files ended early
    "#]]
    .assert_eq(&run.err);
    let json = stage.run(&["--json", "test", "t/deep/b.rps"], "");
    let out = json.json_out();
    assert_eq!((json.status, &out[0]["test"]["failed"][0]["line"]), (1, &2.into()));
    assert_eq!(out[1]["summary"], serde_json::json!({ "files": 1, "checks": 3, "failed": 2, "errors": 0 }));
    assert_eq!(json.json_err()[0]["error"]["code"], "test::failed");
}

/// The store is read, and stays as it is.
#[test]
fn test_runs_on_a_store_on_request() {
    let stage = Stage::new();
    assert_eq!(stage.run(&["--store", "s", "--dump", "-e", "fn seven() { 7 }"], "").status, 0);
    fs::write(stage.path("a.rps"), "check(\"seven\", || seven() == 7)\nfn seven() { 8 }\n").unwrap();
    fs::write(stage.path("b.rps"), "check_equal(\"still\", seven(), 7)\n").unwrap();
    stage.check(&["test", "--store", "s", "a.rps", "b.rps"], |out: &str| {
        out.ends_with("2 checks, 0 failed\n")
    });
    assert_eq!(stage.run(&["test", "b.rps"], "").status, 1);
    assert!(stage.run(&["test", "--store", "none", "b.rps"], "").err.contains("store::not-found"));
}
