//! Plugins on the command line: with plugins in C that are compiled here.

use std::fs;
use std::path::PathBuf;

use rps_tests::{c, workspace};
use serde_json::{Value, json};

use crate::support::{Run, Stage};

pub(crate) const TEXT: &str = "plugins/examples/text-c/text_c.c";
const RLE: &str = "plugins/examples/rle-c/rle_c.c";
pub(crate) const SERVICES: &str = "tests/fixtures/plugins/services.c";
const INIT: &str = "tests/fixtures/plugins/init.c";

/// Compiles plugins into a folder of the stage, and returns the option that names it.
pub(crate) fn plugins(stage: &Stage, sources: &[&str]) -> [String; 2] {
    let folder = stage.path("plugins");
    fs::create_dir_all(&folder).unwrap();
    for source in sources {
        compile(source, folder.join(PathBuf::from(source).with_extension("so").file_name().unwrap()), &[]);
    }
    ["--plugin-path".to_owned(), folder.display().to_string()]
}

pub(crate) fn compile(source: &str, library: PathBuf, defines: &[(&str, &str)]) {
    c::compile_c(&workspace::root().join(source), &library, defines);
}

/// Starts the command with the plugins of the stage.
pub(crate) fn rps(stage: &Stage, arguments: &[&str], input: &str) -> Run {
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
    assert!(unknown.status == 1 && unknown.err.contains("there is codecs, text-c"), "{}", unknown.err);
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
        // The first is part of the command.
        list.as_array().unwrap().iter().skip(1).map(state).collect::<Vec<_>>()
    };
    assert_eq!(states(&stage), [(false, false), (false, false)]);
    assert_eq!(rps(&stage, &["-e", "text_reverse(\"ab\")"], "").status, 1);

    let partly = answer(&stage, &["plugin", "enable", "text-c", "nobody"]);
    assert_eq!(partly["error"]["code"], "plugin::incomplete", "{partly}");
    assert_eq!(partly["data"][0], json!({"plugin": "text-c", "success": true, "error": null}));
    assert_eq!(partly["data"][1]["error"]["code"], "plugin::not-found", "{partly}");
    assert_eq!(states(&stage), [(false, false), (true, true)]);
    let run = rps(&stage, &["plugin", "enable", "--all"], "");
    assert_eq!((run.status, run.out.lines().count()), (0, 3), "{}", run.err);
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
    assert!(run.status == 0 && run.out.lines().count() == 2 && run.out.contains("codecs"), "{}", run.out);
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
