//! The prompt at a terminal: what keys do.

use std::process::Command;

use crate::support::Stage;
use crate::support::terminal::Terminal;

const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const TAB: &str = "\t";
const UP: &str = "\x1b[A";

/// Starts the prompt, and waits for it; a machine without terminals is told.
fn prompt(stage: &Stage, columns: u16) -> Option<Terminal> {
    start(&stage.command(&[]), columns)
}

fn start(command: &Command, columns: u16) -> Option<Terminal> {
    match Terminal::start(command, columns) {
        Ok(mut terminal) => {
            terminal.wait_for("`:help` lists the commands.");
            terminal.wait_for("rps> ");
            Some(terminal)
        }
        Err(reason) => {
            rps_tests::skip(&reason);
            None
        }
    }
}

fn quit(mut terminal: Terminal) {
    terminal.press(":quit\r");
    let (status, rest) = terminal.end();
    assert!(status.success(), "{status}: {rest}");
}

/// Leaves with changes that were not dumped.
fn quit_without_dump(mut terminal: Terminal) {
    terminal.press(":quit\r");
    terminal.wait_for("[c]ancel: ");
    terminal.press("n\r");
    let (status, rest) = terminal.end();
    assert!(status.success(), "{status}: {rest}");
}

#[test]
fn ctrl_c_stops_an_endless_loop_and_keeps_the_session_rps_11() {
    let stage = Stage::new();
    let Some(mut terminal) = prompt(&stage, 100) else { return };
    terminal.ask("let kept = 40", "\n");
    terminal.run("while true { nil }");
    terminal.press(CTRL_C);
    terminal.wait_for("error[run::interrupted]");
    terminal.wait_for("rps> ");
    terminal.ask("kept + 2", "42\r\n");
    quit(terminal);
}

/// In loops, in calls, in a native that waits, and in one that calls back.
#[test]
fn ctrl_c_stops_whatever_runs_rps_11() {
    let stage = Stage::new();
    let Some(mut terminal) = prompt(&stage, 100) else { return };
    terminal.ask("fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }", "fn fib(n)\r\n");
    for endless in [
        "fib(90)",
        "for i in 0..1000000000000 { i }",
        "sleep(1000)",
        "[3, 1, 2].sort(|a, b| { while true { nil }; 0 })",
        "try { while true { nil } } catch e { 1 }",
        ":time fib(90)",
        ":profile fib(90)",
    ] {
        terminal.run(endless);
        terminal.press(CTRL_C);
        terminal.wait_for("error[run::interrupted]");
        terminal.wait_for("rps> ");
        terminal.ask("fib(10)", "55\r\n");
    }
    quit_without_dump(terminal);
}

#[test]
fn definitions_are_typed_over_several_lines_and_answered_in_short() {
    let stage = Stage::new();
    let Some(mut terminal) = prompt(&stage, 100) else { return };
    terminal.press("fn twice(n) {\r2 * n\r");
    terminal.ask("}", "\nfn twice(n)\r\n");
    terminal.press("class point {\rx\rfn double() {\rtwice(self.x)\r}\r");
    terminal.ask("}", "\nclass point\r\n");
    terminal.ask("let p = new point { x: 21 }", "\n");
    terminal.ask("p.double()", "42\r\n");
    terminal.ask("write(\"no line end\")", "\nno line end\r\n");
    terminal.ask("print(\"hello\")", "\nhello\r\n");
    quit_without_dump(terminal);
}

/// The editor is a program that changes the file that it is given.
#[test]
fn functions_and_methods_are_edited() {
    let stage = Stage::new();
    let editor = stage.path("editor");
    rps_tests::program::script(&editor, "sed -i -f \"$HOME/change.sed\" \"$2\"\n");
    let mut command = stage.command(&[]);
    command.env("VISUAL", format!("{} --wait", editor.display()));
    let Some(mut terminal) = start(&command, 100) else { return };
    let change = |script: &str| std::fs::write(stage.path("change.sed"), script).unwrap();
    terminal.ask("fn one() { 1 }", "fn one()\r\n");
    change("s/1/2/");
    terminal.ask(":edit one", "\nfn one()\r\n");
    terminal.ask("one()", "\n2\r\n");
    change("");
    terminal.ask(":edit one", "nothing changed");
    terminal.ask("class point { x\nfn norm() { self.x } }", "class point\r\n");
    change("s/self.x/-self.x/");
    terminal.ask(":edit point.norm", "class point\r\n");
    terminal.ask("(new point { x: 5 }).norm()", "\n-5\r\n");
    // What has a mistake can be edited again, or given up.
    change("s/nil/1 +/");
    terminal.press(":edit fresh\r");
    terminal.wait_for("error[syntax::");
    terminal.wait_for("Go on editing? [y]es, [n]o: ");
    change("s/1 +/1 + 6/");
    terminal.ask("y", "fn fresh()\r\n");
    terminal.ask("fresh()", "\n7\r\n");
    change("s/6/(/");
    terminal.press(":edit fresh\r");
    terminal.wait_for("[n]o: ");
    terminal.ask("n", "\n");
    terminal.ask("fresh()", "\n7\r\n");
    quit_without_dump(terminal);
}

#[test]
fn without_an_editor_there_is_a_hint() {
    let stage = Stage::new();
    let mut command = stage.command(&[]);
    command.env_remove("VISUAL").env("EDITOR", "");
    let Some(mut terminal) = start(&command, 100) else { return };
    terminal.ask(":edit fresh", "EDITOR=nano");
    quit(terminal);
}

#[test]
fn ctrl_c_clears_a_line_and_ctrl_d_ends_the_session_rps_11() {
    let stage = Stage::new();
    let Some(mut terminal) = prompt(&stage, 100) else { return };
    for half in ["nonsense+", "[1,\r2,"] {
        terminal.press(half);
        terminal.wait_for(half.rsplit('\r').next().unwrap());
        terminal.press(CTRL_C);
        terminal.wait_for("rps> ");
        terminal.ask("6 * 7", "42\r\n");
    }
    terminal.press(CTRL_C);
    terminal.wait_for("rps> ");
    terminal.press(CTRL_D);
    let (status, rest) = terminal.end();
    assert!(status.success() && !rest.contains("error"), "{status}: {rest}");
}

#[test]
fn the_tab_key_completes_rps_11() {
    let stage = Stage::new();
    let Some(mut terminal) = prompt(&stage, 100) else { return };
    for (typed, completed, rest, answer) in [
        (":insp", ":inspect", " 3", "understands: "),
        ("mutable_s", "mutable_set", "", "mutable_set∈class _0J1C39JoZiv03qA2HA"),
        ("class.superc", "class.superclass()", "", "object∈class _5yhJGgxLwLp00X0xEQ"),
        ("chec", "check", "(\"a\", || true)", "true"),
        ("\"abc\".upp", "\"abc\".upper()", "", "\"ABC\""),
        ("_41OF", "_41OFI3r0S1t03qdB2E", "", "class∈class _41OFI3r0S1t03qdB2E"),
    ] {
        terminal.press(&format!("{typed}{TAB}"));
        terminal.wait_for(completed);
        terminal.ask(rest, answer);
    }
    terminal.press(&format!("_4{TAB}{TAB}"));
    terminal.wait_for("named_attribute∈class");
    terminal.ask("pSwobFHGf301Qgwzh", "named_attribute∈class _4pSwobFHGf301Qgwzh");
    quit(terminal);
}

#[test]
fn the_history_survives_rps_11() {
    let stage = Stage::new();
    let Some(mut terminal) = prompt(&stage, 100) else { return };
    terminal.ask("6 * 7", "42\r\n");
    quit(terminal);
    let Some(mut terminal) = prompt(&stage, 100) else { return };
    terminal.press(UP);
    terminal.wait_for(":quit");
    terminal.press(UP);
    terminal.wait_for("6 * 7");
    terminal.ask("", "42\r\n");
    quit(terminal);
}

#[test]
fn changes_are_not_lost_by_ctrl_d_rps_1() {
    let stage = Stage::new();
    let Some(mut terminal) = prompt(&stage, 100) else { return };
    terminal.ask("keep new object as home", "home∈object");
    terminal.press(CTRL_D);
    terminal.wait_for("[c]ancel: ");
    terminal.ask("c", "\n");
    terminal.press(CTRL_D);
    terminal.wait_for("[c]ancel: ");
    terminal.press("y\r");
    assert!(terminal.end().0.success());
    stage.check(&["-e", "home"], |out: &str| out.starts_with("home∈object"));
}

/// What was committed, by a program or by a command, is no loss; what programs change is.
#[test]
fn what_was_committed_is_not_asked_about() {
    let stage = Stage::new();
    let Some(mut terminal) = prompt(&stage, 100) else { return };
    terminal.ask("keep new object as home", "home∈object");
    terminal.ask("commit()", "\n");
    terminal.ask("home.y = 1", "\n");
    terminal.ask(":commit", "commit 2");
    quit(terminal);
    let Some(mut terminal) = prompt(&stage, 100) else { return };
    terminal.ask("let passing = new vector [1]; passing.push(2)", "\n");
    terminal.ask("[1, 2].each(|i| home.y = i + 40)", "\n");
    quit_without_dump(terminal);
    let Some(mut terminal) = prompt(&stage, 100) else { return };
    terminal.ask("home.y", "\n1\r\n");
    terminal.ask("let passing = new vector [1]; passing.push(2)", "\n");
    quit(terminal);
}

/// Who can not write is told so, and not asked whether to write.
#[test]
fn a_session_that_can_not_write_says_so_at_its_end() {
    let stage = Stage::new();
    let Some(mut first) = prompt(&stage, 100) else { return };
    let Some(mut second) = prompt(&stage, 100) else { return };
    second.ask("keep new object as home", "home∈object");
    second.press(CTRL_D);
    second.wait_for("can not keep");
    second.ask("n", "\n");
    second.press(CTRL_D);
    second.wait_for("[y]es, [n]o: ");
    second.press("y\r");
    assert!(second.end().0.success());
    first.ask("6 * 7", "42\r\n");
    quit(first);
}

/// Also when it is not pasted, but sent as if it were typed.
#[test]
fn a_line_of_ten_thousand_characters_is_a_line() {
    let stage = Stage::new();
    let Some(mut terminal) = prompt(&stage, 100) else { return };
    terminal.ask(&format!("\"{}\".len()", "x".repeat(10_000)), "10000\r\n");
    terminal.ask("6 * 7", "42\r\n");
    quit(terminal);
}

#[test]
fn answers_fit_the_window_when_it_changes() {
    let stage = Stage::new();
    let Some(mut terminal) = prompt(&stage, 200) else { return };
    let items = ["\"abcdefghijklmnop\""; 4];
    terminal.ask(&format!("[{}]", items.join(",")), &format!("[{}]\r\n", items.join(", ")));
    terminal.resize(50);
    terminal.ask("_", "[\r\n  \"abcdefghijklmnop\",\r\n");
    terminal.ask(":help gc", "    heap holds\r\n");
    quit(terminal);
}

#[test]
fn an_object_that_can_not_be_read_any_more_is_told_where_it_is_touched_rps_2() {
    let stage = Stage::new();
    let lazily = |arguments: &[&str]| {
        let mut command = stage.command(arguments);
        command.env("RPS_LAZY", "always");
        command
    };
    for program in ["keep new object { count: 42 } as origin", "nil"] {
        let run = stage.start(lazily(&["--store", "s", "--dump", "-e", program]), "");
        assert_eq!(run.status, 0, "{}", run.err);
    }
    let Some(mut terminal) = start(&lazily(&["--store", "s"]), 100) else { return };
    // A disk that fails: the bytes are others, in the snapshot and in the files.
    for folder in ["s/.rps/snapshot", "s/spaces"] {
        for entry in std::fs::read_dir(stage.path(folder)).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            let number = bytes.windows(3).position(|bytes| bytes == b":42");
            if let Some(number) = number {
                use std::os::unix::fs::FileExt;
                let file = std::fs::File::options().write(true).open(&path).unwrap();
                file.write_all_at(b":43", number as u64).unwrap();
            }
        }
    }
    terminal.run("origin.count");
    terminal.wait_for("error[store::unreadable-object]");
    terminal.wait_for("rps> ");
    // The session goes on, and nothing is written that would make it final.
    terminal.ask("1 + 1", "2\r\n");
    terminal.run("keep new object as other");
    terminal.wait_for("rps> ");
    terminal.run(":dump");
    terminal.wait_for("error[store::unreadable-object]");
    terminal.wait_for("rps> ");
    quit_without_dump(terminal);
}
