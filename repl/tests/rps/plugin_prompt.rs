//! Plugins at the prompt: `:plugin`, their commands, their views, and what keys do meanwhile.

use std::fs;
use std::process::Command;

use serde_json::json;

use crate::plugins::{SERVICES, TEXT, compile, plugins, rps};
use crate::support::terminal::Terminal;
use crate::support::{Run, Stage};

const STATE: &str = "tests/fixtures/plugins/state.c";
const VIEWS: &str = "repl/tests/rps/fixtures/views.c";

/// Starts the prompt with the plugins of the stage, and types the input.
fn transcript(stage: &Stage, input: &str) -> Run {
    let folder = stage.path("plugins").display().to_string();
    let mut command = stage.command(&["--plugin-path", &folder]);
    command.env("RPS_TRANSCRIPT", "1");
    stage.start(command, input)
}

#[test]
fn the_prompt_has_the_same_verbs_dyn_9_rps_24() {
    let stage = Stage::new();
    plugins(&stage, &[TEXT]);
    compile(SERVICES, stage.path("elsewhere.so"), &[]);
    let run = transcript(
        &stage,
        ":plugin list\n:plugin disable text-c\ntext_reverse(\"ab\")\n:plugin enable text-c\n\
         text_reverse(\"ba\")\n:plugin unload text-c\n:shout a\n:plugin load text-c\n:shout b\n\
         :plugin load \"elsewhere.so\"\n:plugin execute echo \"1\" + \"2\"\n:plugin reload text-c\n\
         :plugin exec text-c \"upper c\"\n:plugin stats\n:plugin points\n:plugin notes\n:plugin lsit\n:plugin\n\
         :plugin info\n:plugin unload text-c --now\n:plugin unload a b\n:plugin execute echo 7\n:plugin info txt-c\n",
    );
    for (typed, expected) in [
        (":plugin disable text-c", "disabled text-c"),
        (":plugin enable text-c", "enabled text-c"),
        ("text_reverse(\"ba\")", "\"ab\""),
        (":plugin unload text-c", "unloaded text-c"),
        (":plugin load text-c", "loaded text-c 1.0.0"),
        (":shout b", "B!"),
        (":plugin load \"elsewhere.so\"", "loaded services 1.0.0"),
        (":plugin execute echo \"1\" + \"2\"", "12"),
        (":plugin reload text-c", "reloaded text-c 1.0.0"),
        (":plugin exec text-c \"upper c\"", "C"),
        (":plugin notes", "nothing was noticed"),
    ] {
        assert_eq!(run.answer(typed), expected, "{}\n{}", run.out, run.err);
    }
    assert!(run.answer(":plugin stats").contains("  service text"), "{}", run.out);
    assert!(run.answer(":plugin points").contains("value.view"), "{}", run.out);
    let errors: Vec<&str> = run.err.lines().filter(|line| line.starts_with("error[")).collect();
    let codes: Vec<&str> = errors.iter().map(|line| &line[6..line.find(']').unwrap()]).collect();
    assert_eq!(
        codes,
        [
            "name::unknown",
            "command::unknown",
            "command::unknown",
            "command::missing",
            "command::missing",
            "command::unknown-option",
            "command::extra-arguments",
            "command::not-a-string",
            "plugin::not-found",
        ],
        "{}",
        run.err
    );
    assert!(
        run.err.contains("did you mean `list`?") && run.err.contains("did you mean `text-c`?"),
        "{}",
        run.err
    );
}

#[test]
fn what_is_switched_at_the_prompt_is_written_when_that_is_wished() {
    let stage = Stage::new();
    plugins(&stage, &[TEXT]);
    let file = stage.path("config/repersys/config.yaml");
    transcript(&stage, ":plugin disable text-c\n");
    assert!(!file.exists());
    let run = transcript(&stage, ":plugin disable text-c --save\n:shout a\n");
    assert!(run.err.contains("command::unknown"), "{}", run.err);
    assert!(fs::read_to_string(&file).unwrap().contains("enabled: false"));
}

#[test]
fn the_prompt_answers_in_json_in_the_same_form_dyn_15() {
    let stage = Stage::new();
    plugins(&stage, &[TEXT]);
    let run =
        rps(&stage, &["--json", "-e", ":plugin execute text \"upper a\"", "-e", ":plugin info nobody"], "");
    let answers = run.json_out();
    assert_eq!(answers[0]["data"]["output"], "A", "{}", run.out);
    assert_eq!((&answers[1]["success"], &answers[1]["data"]), (&json!(false), &json!(null)), "{}", run.out);
    assert_eq!(answers[1]["error"]["code"], "plugin::not-found");
    assert_eq!((run.status, run.err.as_str()), (1, ""));
}

#[test]
fn commands_of_plugins_are_commands_rps_11() {
    let stage = Stage::new();
    plugins(&stage, &[TEXT]);
    let run = transcript(&stage, ":shout hello\n:shou you\n:sho 1\n:help shout\n:help\n:shuot x\n:shout\n");
    assert_eq!(run.answer(":shout hello"), "HELLO!");
    assert_eq!(run.answer(":shou you"), "YOU!");
    assert!(run.err.contains("`:sho` may be `:show` or `:shout`"), "{}", run.err);
    assert!(run.answer(":help shout").ends_with("It is a command of the plugin text-c."), "{}", run.out);
    assert!(run.answer(":help").contains("\nof plugins:\n:shout TEXT"), "{}", run.out);
    assert!(run.err.contains("did you mean `:shout`?"), "{}", run.err);
    let run = rps(&stage, &["--json", "-e", ":shout a"], "");
    assert_eq!(run.json_out()[0], json!({"command": {"name": "shout", "plugin": "text-c", "output": "A!"}}));
}

/// A plugin that comes is given the state that the store has for it.
#[test]
fn a_plugin_that_comes_is_given_its_state() {
    let stage = Stage::new();
    plugins(&stage, &[STATE]);
    let count = ":plugin execute count";
    let run = rps(&stage, &["--store", "s", "--dump", "-e", count, "-e", count], "");
    assert_eq!((run.status, run.out.as_str()), (0, "1\n2\n"), "{}", run.err);
    fs::rename(stage.path("plugins/state.so"), stage.path("state.so")).unwrap();
    let run = rps(&stage, &["--store", "s", "-e", ":plugin load \"state.so\"", "-e", count], "");
    assert_eq!((run.status, run.out.as_str()), (0, "loaded state 1.0.0\n3\n"), "{}", run.err);
}

#[test]
fn views_of_plugins_are_shown_by_inspect() {
    let stage = Stage::new();
    plugins(&stage, &[VIEWS]);
    let run = transcript(&stage, ":inspect 42\n:inspect \"a\"\n");
    let shown = run.answer(":inspect 42");
    assert!(
        shown.contains("\nThe number (views)\n  what   value\n  half      21\n  twice     84"),
        "{shown}"
    );
    assert!(
        shown.contains(
            "\nwarning: plugin::failed: Plugin execution failed: views: value.view moody: not today"
        ),
        "{shown}"
    );
    assert!(!run.answer(":inspect \"a\"").contains("(views)"), "{}", run.out);
    let run = rps(&stage, &["--json", "-e", ":inspect 42"], "");
    let inspection = &run.json_out()[0];
    assert_eq!(inspection["inspection"]["views"][0]["view"]["kind"], "table", "{inspection}");
    assert_eq!(inspection["warnings"].as_array().unwrap().len(), 1, "{inspection}");
}

fn start(command: &Command) -> Option<Terminal> {
    match Terminal::start(command, 100) {
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

#[test]
fn ctrl_c_gives_up_a_call_of_a_plugin_and_keeps_the_session_rps_11() {
    let stage = Stage::new();
    let folder = plugins(&stage, &[SERVICES, TEXT]);
    let Some(mut terminal) = start(&stage.command(&[&folder[0], &folder[1]])) else { return };
    terminal.run(":plugin execute patient");
    terminal.press("\x03");
    terminal.wait_for("error[plugin::cancelled]");
    terminal.wait_for("rps> ");
    terminal.ask(":plugin execute text \"upper still here\"", "STILL HERE\r\n");
    // The names of plugins and of their commands are completed.
    terminal.press(":plugin info tex\t");
    terminal.wait_for("text-c");
    terminal.press("\x03");
    terminal.wait_for("rps> ");
    terminal.press(":shou\t loud\r");
    terminal.wait_for("LOUD!");
    terminal.wait_for("rps> ");
    terminal.press(":quit\r");
    assert!(terminal.end().0.success());
}

/// What is logged while a line is typed stands above that line, which goes on as if nothing had been.
#[test]
fn the_log_does_not_disturb_a_line_that_is_typed_dyn_7() {
    let stage = Stage::new();
    let file = stage.path("config/repersys/config.yaml");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "timeout_ms: 500\n").unwrap();
    let Some(mut terminal) = start(&stage.command(&[])) else { return };
    terminal.press("40 +");
    terminal.wait_for("40 +");
    fs::write(&file, "timeout_ms: soon\n").unwrap();
    terminal.wait_for("error: config: Configuration error:");
    // The editor shows the prompt and the line once more.
    terminal.wait_for("rps> 40 +");
    terminal.press(" 2\r");
    terminal.wait_for("42\r\n");
    terminal.wait_for("rps> ");
    terminal.press(":quit\r");
    assert!(terminal.end().0.success());
}
