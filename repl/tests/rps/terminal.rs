//! The prompt at a terminal: what keys do.

use crate::support::Stage;
use crate::support::terminal::Terminal;

const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const TAB: &str = "\t";
const UP: &str = "\x1b[A";

/// Starts the prompt, and waits for it; a machine without terminals is told.
fn prompt(stage: &Stage, columns: u16) -> Option<Terminal> {
    match Terminal::start(&stage.command(&[]), columns) {
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
        ("class.superc", "class.superclass", "()", "object∈class _5yhJGgxLwLp00X0xEQ"),
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
