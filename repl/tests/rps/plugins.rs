//! Plugins on the command line and at the prompt: with plugins in C that are compiled here.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use rps_tests::{c, workspace};
use serde_json::{Value, json};

use crate::support::terminal::Terminal;
use crate::support::{Run, Stage};

const TEXT: &str = "plugins/examples/text-c/text_c.c";
const RLE: &str = "plugins/examples/rle-c/rle_c.c";
const SERVICES: &str = "tests/fixtures/plugins/services.c";
const INIT: &str = "tests/fixtures/plugins/init.c";
const STATE: &str = "tests/fixtures/plugins/state.c";
const VIEWS: &str = "repl/tests/rps/fixtures/views.c";

/// Compiles plugins into a folder of the stage, and returns the option that names it.
fn plugins(stage: &Stage, sources: &[&str]) -> [String; 2] {
    let folder = stage.path("plugins");
    fs::create_dir_all(&folder).unwrap();
    for source in sources {
        compile(source, folder.join(PathBuf::from(source).with_extension("so").file_name().unwrap()), &[]);
    }
    ["--plugin-path".to_owned(), folder.display().to_string()]
}

fn compile(source: &str, library: PathBuf, defines: &[(&str, &str)]) {
    c::compile_c(&workspace::root().join(source), &library, defines);
}

/// Starts the command with the plugins of the stage.
fn rps(stage: &Stage, arguments: &[&str], input: &str) -> Run {
    let folder = stage.path("plugins").display().to_string();
    let all: Vec<&str> = ["--plugin-path", &folder].into_iter().chain(arguments.iter().copied()).collect();
    stage.run(&all, input)
}

/// Returns the answer of a command with `--json`: one document, in the form of DYN-15.
fn answer(stage: &Stage, arguments: &[&str]) -> Value {
    let arguments: Vec<&str> = ["--json"].into_iter().chain(arguments.iter().copied()).collect();
    let run = rps(stage, &arguments, "");
    let documents = run.json_out();
    let [answer] = &documents[..] else { panic!("{arguments:?}: {} {}", run.out, run.err) };
    let members: Vec<&str> = answer.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["data", "error", "success"], "{answer}");
    assert_eq!(run.status == 0, answer["success"] == true, "{answer}");
    // Failures stand in the answer; beside it there is nothing but the log.
    assert!(run.json_err().iter().all(|document| document.get("log").is_some()), "{}", run.err);
    assert_eq!(answer["success"] == true, answer["error"].is_null(), "{answer}");
    answer.clone()
}

/// Starts the prompt with the plugins of the stage, and types the input.
fn transcript(stage: &Stage, input: &str) -> Run {
    let folder = stage.path("plugins").display().to_string();
    let mut command = stage.command(&["--plugin-path", &folder]);
    command.env("RPS_TRANSCRIPT", "1");
    stage.start(command, input)
}

#[test]
fn plugins_are_listed_with_all_that_is_known_dyn_13_dyn_2() {
    let stage = Stage::new();
    plugins(&stage, &[TEXT]);
    fs::write(stage.path("plugins/broken.so"), "no library").unwrap();
    compile(INIT, stage.path("plugins/moody.so"), &[("CASE_INIT_FAILS", "1")]);
    let run = rps(&stage, &["plugin", "list"], "");
    assert_eq!((run.status, run.err.as_str()), (0, ""), "{}", run.out);
    assert!(
        run.out.contains("broken            failed\n  plugin::bad-file: Plugin loading failed:"),
        "{}",
        run.out
    );
    assert!(run.out.contains("text-c   1.0.0    loaded  Changes the case"), "{}", run.out);
    let list = answer(&stage, &["plugin", "list"])["data"].clone();
    let text = list.as_array().unwrap().iter().find(|plugin| plugin["id"] == "text-c").unwrap().clone();
    for (member, value) in [
        ("name", json!("Text in C")),
        ("version", json!("1.0.0")),
        ("description", json!("Changes the case and the order of texts")),
        ("enabled", json!(true)),
        ("loaded", json!(true)),
        ("state", json!("loaded")),
        ("faults", json!(0)),
        ("error", json!(null)),
    ] {
        assert_eq!(text[member], value, "{member}: {text}");
    }
    assert!(text["path"].as_str().unwrap().ends_with("plugins/text_c.so"), "{text}");
    let failed = list.as_array().unwrap().iter().filter(|plugin| plugin["state"] == "failed");
    let codes: Vec<&str> = failed.map(|plugin| plugin["error"]["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["plugin::bad-file", "plugin::init-failed"], "{list}");
}

#[test]
fn info_tells_everything_of_one_plugin_rps_17() {
    let stage = Stage::new();
    plugins(&stage, &[TEXT]);
    let run = rps(&stage, &["plugin", "info", "text-c"], "");
    for line in [
        "text-c 1.0.0\n  Text in C\n",
        "\n  state   loaded\n",
        "\nfunction\n  text_reverse  (s) the characters",
        "\nrepl.command\n  shout  Show a text in capital letters\n",
        "\nservice\n  text  `upper TEXT`",
    ] {
        assert!(run.out.contains(line), "{line:?} in\n{}", run.out);
    }
    let info = answer(&stage, &["plugin", "info", "text-c"])["data"].clone();
    let points: Vec<&Value> =
        info["extensions"].as_array().unwrap().iter().map(|found| &found["point"]).collect();
    assert_eq!(points.len(), 3, "{info}");
    let unknown = answer(&stage, &["plugin", "info", "text-d"]);
    assert_eq!(unknown["error"]["code"], "plugin::not-found");
    assert_eq!(unknown["error"]["message"], "Plugin not found: text-d");
    assert_eq!(unknown["error"]["hint"], "did you mean `text-c`?");
    let unknown = rps(&stage, &["plugin", "info", "zzzzzz"], "");
    assert!(unknown.status == 1 && unknown.err.contains("there is text-c"), "{}", unknown.err);
}

/// DYN-6, DYN-9: several at once, what came of each, and nothing but the keys changes in the file.
#[test]
fn enabling_and_disabling_write_the_configuration_dyn_6_dyn_9() {
    let stage = Stage::new();
    plugins(&stage, &[TEXT, RLE]);
    let file = stage.path("config/repersys/config.yaml");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "# mine\ntimeout_ms: 500 # short\n").unwrap();
    let run = rps(&stage, &["plugin", "disable", "text-c", "rle-c"], "");
    let told = |verb: &str, id: &str| format!("{verb} {id} in {}\n", file.display());
    assert_eq!(run.out, told("disabled", "text-c") + &told("disabled", "rle-c"), "{}", run.err);
    let text = fs::read_to_string(&file).unwrap();
    assert!(
        text.starts_with("# mine\ntimeout_ms: 500 # short\n") && text.contains("enabled: false"),
        "{text}"
    );
    let states = |stage: &Stage| {
        let list = answer(stage, &["plugin", "list"])["data"].clone();
        let state = |plugin: &Value| (plugin["enabled"] == true, plugin["loaded"] == true);
        list.as_array().unwrap().iter().map(state).collect::<Vec<_>>()
    };
    assert_eq!(states(&stage), [(false, false), (false, false)]);
    assert_eq!(rps(&stage, &["-e", "text_reverse(\"ab\")"], "").status, 1);

    let partly = answer(&stage, &["plugin", "enable", "text-c", "nobody"]);
    assert_eq!(partly["error"]["code"], "plugin::incomplete", "{partly}");
    assert_eq!(partly["data"][0], json!({"plugin": "text-c", "success": true, "error": null}));
    assert_eq!(partly["data"][1]["error"]["code"], "plugin::not-found", "{partly}");
    assert_eq!(states(&stage), [(false, false), (true, true)]);
    let run = rps(&stage, &["plugin", "enable", "--all"], "");
    assert_eq!((run.status, run.out.lines().count()), (0, 2), "{}", run.err);
    assert_eq!(states(&stage), [(true, true), (true, true)]);
}

#[test]
fn services_are_executed_dyn_9_dyn_15_dyn_16() {
    let stage = Stage::new();
    plugins(&stage, &[TEXT, SERVICES]);
    let check = |arguments: &[&str], input: &str, expected: &str| {
        let run = rps(&stage, &[&["plugin", "execute"], arguments].concat(), input);
        assert_eq!((run.out.as_str(), run.status, run.err.as_str()), (expected, 0, ""), "{arguments:?}");
    };
    check(&["text", "upper drawer"], "", "DRAWER");
    check(&["text-c", "reverse drawer"], "", "reward");
    check(&["echo", "-"], "a\nb\0", "a\nb\0");
    check(&["echo"], "not read", "");
    let done = answer(&stage, &["plugin", "execute", "text", "lower ABC"])["data"].clone();
    assert_eq!((&done["plugin"], &done["output"]), (&json!("text-c"), &json!("abc")));
    assert!(done["duration_ms"].is_number() && done.as_object().unwrap().len() == 3, "{done}");

    for (arguments, code, text) in [
        (&["fails"][..], "plugin::failed", "Plugin execution failed: services: service fails: no luck today"),
        (&["nobody"][..], "plugin::not-found", "Plugin not found: nobody"),
        (&["services"][..], "plugin::ambiguous", "the plugin services has several services: "),
    ] {
        let failed = answer(&stage, &[&["plugin", "execute"], arguments].concat());
        assert_eq!(failed["error"]["code"], code, "{failed}");
        assert!(failed["error"]["message"].as_str().unwrap().starts_with(text), "{failed}");
    }
    fs::write(stage.path("quick.yaml"), "timeout_ms: 50\nplugins: {text-c: {enabled: false}}\n").unwrap();
    let late = answer(&stage, &["--config", "quick.yaml", "plugin", "execute", "patient"]);
    assert_eq!(late["error"]["code"], "plugin::timeout", "{late}");
    let off = answer(&stage, &["--config", "quick.yaml", "plugin", "execute", "text-c", "upper a"]);
    assert_eq!(off["error"]["code"], "plugin::disabled", "{off}");
}

#[test]
fn unknown_verbs_and_missing_directories_are_told() {
    let stage = Stage::new();
    plugins(&stage, &[]);
    let run = stage.run(&["plugin"], "");
    assert!(run.status == 2 && run.err.contains("List the plugins"), "{}", run.err);
    let run = stage.run(&["plugin", "lits"], "");
    assert!(run.status == 2 && run.err.contains("'list'"), "{}", run.err);
    let run = stage.run(&["--plugin-path", "nowhere", "-e", "1"], "");
    assert_eq!((run.status, run.out.as_str()), (0, "1\n"));
    assert!(run.err.starts_with("warning[plugin::no-directory]: `nowhere`"), "{}", run.err);
    let run = rps(&stage, &["plugin", "list"], "");
    assert!(run.status == 0 && run.out.starts_with("there are no plugins"), "{}", run.out);
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

/// CRUSH-21: the codecs in a fixed order; and what is in the files of a store, without decoding it.
#[test]
fn codecs_and_encoded_files_are_told_crush_21() {
    let stage = Stage::new();
    plugins(&stage, &[RLE]);
    let codecs = answer(&stage, &["codec", "list"])["data"].clone();
    let rle = codecs.as_array().unwrap().iter().find(|codec| codec["name"] == "rle").unwrap().clone();
    assert_eq!((&rle["plugin"], &rle["magic"]), (&json!("rle-c"), &json!("43520180")), "{rle}");
    let run = rps(&stage, &["--store", "s", "--codec", "rle", "--dump", "-e", "1"], "");
    assert_eq!(run.status, 0, "{}", run.err);
    let files = answer(&stage, &["space", "inspect", "s"])["data"].clone();
    let coded = files.as_array().unwrap().iter().find(|file| file["codec"] == "rle").unwrap().clone();
    assert!(coded["checksum"].is_string() && coded["plain_size"].as_u64().unwrap() > 0, "{coded}");
    let run = rps(&stage, &["space", "inspect", "s"], "");
    assert!(run.status == 0 && run.out.starts_with("file ") && run.out.contains(".rle "), "{}", run.out);
    // Without the plugin the files are whole, and what helps is the plugin.
    let run = stage.run(&["--store", "s", "-e", "1"], "");
    assert!(run.status == 1 && run.err.starts_with("error[store::codec-missing]"), "{}", run.err);
    assert!(run.err.contains("install or enable the plugin") && !run.err.contains("mend"), "{}", run.err);
}

#[test]
fn the_configuration_is_shown_with_its_layers_and_without_secrets_dyn_23_dyn_29() {
    let stage = Stage::new();
    let run = stage.run(&["config", "path"], "");
    assert!(run.out.contains("config/repersys/config.yaml (it does not exist"), "{}", run.out);
    assert_eq!(stage.run(&["config", "init"], "").status, 0);
    let again = stage.run(&["config", "init"], "");
    assert!(again.status == 1 && again.err.contains("plugin::config-exists"), "{}", again.err);
    let file = stage.path("config/repersys/config.yaml");
    fs::write(&file, "plugins:\n  db:\n    settings: {db_password: hunter2, user: me}\n").unwrap();
    let mut command = stage.command(&["--json", "config", "show"]);
    command.env("RPS_TIMEOUT_MS", "700");
    let run = stage.start(command, "");
    let entries = run.json_out()[0]["data"].clone();
    let entry =
        |key: &str| entries.as_array().unwrap().iter().find(|entry| entry["key"] == key).unwrap().clone();
    assert_eq!(entry("timeout_ms"), json!({"key": "timeout_ms", "value": 700, "origin": "$RPS_TIMEOUT_MS"}));
    assert_eq!(entry("plugins.db.settings.db_password")["value"], "***");
    assert!(entry("plugins.db.settings.user")["origin"].as_str().unwrap().contains("config.yaml:3:"));
    assert_eq!(entry("log_level")["origin"], "default");
    assert!(!run.out.contains("hunter2"));
    fs::write(&file, "timeout_ms: never\n").unwrap();
    let run = stage.run(&["config", "show"], "");
    assert!(run.status == 1 && run.err.contains("plugin::config-invalid"), "{}", run.err);
    assert!(run.out.contains("timeout_ms") && run.out.contains("30000"), "{}", run.out);
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
