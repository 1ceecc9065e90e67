//! Running programs by the command `rps`, which says as JSON what they give.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use rps_tests::golden::{Failure, Outcome, without_new_oids};
use rps_tests::program;
use serde_json::Value;

/// After this time a process is stopped: it would never end.
const PATIENCE: Duration = Duration::from_secs(40);

/// Returns the command on a store, which it makes if need be; what it is to evaluate is still to be added.
pub(crate) fn rps(home: &Path, store: &Path) -> Command {
    let mut command = program::rps(home);
    command.arg("--json").arg("--store").arg(store);
    command
}

/// Runs the command with a program, and returns what the program gives: its parts are evaluated one after the other. That
/// the process crashes or does not end is an error like others, which no case expects.
///
/// Places in functions from a store are those in `whole`, the text that also has their definitions.
pub(crate) fn run(mut command: Command, parts: &[&str], whole: &str) -> Outcome {
    let program = &parts.join("\n");
    let (mut out, mut value, mut failures) = (Vec::new(), None, Vec::new());
    let mut written = String::new();
    let failed = |what: &str| Outcome { out: Vec::new(), result: Err(vec![Failure::new("process", what)]) };
    let Some(output) = wait(command.args(parts.iter().flat_map(|part| ["-e", part]))) else {
        return failed(&format!("it did not end in {PATIENCE:?}"));
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    for line in text.lines() {
        let document = serde_json::from_str(line).ok().filter(|_| line.starts_with('{'));
        match document.as_ref().and_then(Value::as_object) {
            Some(document) if document.contains_key("dump") => {}
            Some(document) if document.contains_key("output") => {
                written.push_str(document["output"].as_str().unwrap_or_default());
            }
            Some(document) if document.contains_key("value") => value = document.get("value").map(print),
            _ => out.push(without_new_oids(line, program)),
        }
    }
    out.splice(0..0, written.lines().map(|line| without_new_oids(line, program)));
    for line in said.lines() {
        match serde_json::from_str::<Value>(line) {
            Ok(document) if document["error"].is_object() => {
                failures.push(failure(&document["error"], program, whole));
            }
            Ok(document) if document["warning"].is_object() => {}
            _ => return failed(&format!("it crashed ({}): {}", output.status, said.trim())),
        }
    }
    let result = match value {
        Some(value) if output.status.success() => Ok(without_new_oids(&value, program)),
        _ if failures.is_empty() => return failed(&format!("it failed ({})", output.status)),
        _ => Err(failures),
    };
    Outcome { out, result }
}

/// Waits for a process to end; one that does not end is stopped.
fn wait(command: &mut Command) -> Option<Output> {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.expect("the command starts");
    let id = child.id().to_string();
    let (ended, end) = channel();
    let waiting = thread::spawn(move || ended.send(child.wait_with_output()));
    let output = end.recv_timeout(PATIENCE).ok();
    if output.is_none() {
        Command::new("kill").args(["-KILL", &id]).status().expect("the command `kill` starts");
    }
    let _ = waiting.join();
    output.map(|output| output.expect("the output of the command can be read"))
}

fn failure(error: &Value, program: &str, whole: &str) -> Failure {
    let text = |key: &str| error[key].as_str().map(|text| without_new_oids(text, program));
    Failure {
        code: text("code").unwrap_or_default(),
        message: text("message").unwrap_or_default(),
        place: place(&error["place"], whole),
        hint: text("hint"),
        calls: Vec::new(),
    }
}

/// Returns line and column of a place in the program. A function that was loaded from a store has a text of its own: then
/// it is the place of that line in the program.
fn place(place: &Value, program: &str) -> (u32, u32) {
    let number = |key: &str| place[key].as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or(0);
    let (line, column) = (number("line"), number("column"));
    let source = place["source"].as_str().unwrap_or_default();
    if place["file"] == "-e" || source.is_empty() {
        return (line, column);
    }
    // The text of a function in a store is less indented than where it was written.
    let bare = source.trim_start();
    let found =
        program.lines().zip(1..).find_map(|(text, line)| text.find(bare).map(|at| (&text[..at], line)));
    let count = |text: &str| u32::try_from(text.chars().count()).unwrap_or(0);
    let indent = count(source) - count(bare);
    found.map_or((0, 0), |(before, line)| (line, (column + count(before)).saturating_sub(indent)))
}

/// Returns a value as the prompt prints it, from the form in which programs get it.
fn print(value: &Value) -> String {
    let all = |items: &Value| {
        let items = items.as_array().map(Vec::as_slice).unwrap_or_default();
        items.iter().map(print).collect::<Vec<_>>().join(", ")
    };
    match value {
        Value::Null => "nil".to_owned(),
        Value::Number(number) => {
            let digits = number.to_string();
            let double = digits.contains(['.', 'e', 'E']).then(|| digits.parse::<f64>());
            double.and_then(Result::ok).map_or(digits, |double| format!("{double:?}"))
        }
        Value::String(text) => format!("{text:?}"),
        Value::Array(_) => format!("[{}]", all(value)),
        Value::Bool(truth) => truth.to_string(),
        Value::Object(_) => match value["kind"].as_str() {
            Some("double") => value["value"].as_str().unwrap_or_default().to_owned(),
            Some("object") => reference(value),
            Some("set") => format!("{{{}}}", all(&value["items"])),
            Some("closure") => format!("closure {}", reference(&value["function"])),
            Some("instance") => {
                let attributes = value["attributes"].as_array().map(Vec::as_slice).unwrap_or_default().iter();
                let attributes = attributes.map(|one| {
                    format!("{}: {}", one["attribute"].as_str().unwrap_or_default(), print(&one["value"]))
                });
                let components = value["components"].as_array().map(Vec::as_slice).unwrap_or_default();
                let parts = attributes.chain(components.iter().map(print)).collect::<Vec<_>>().join(", ");
                format!("instance {} {{{parts}}}", name(&value["class"]))
            }
            _ => "json".to_owned(),
        },
    }
}

fn reference(object: &Value) -> String {
    format!("{}∈{}", name(object), object["class"].as_str().unwrap_or("?"))
}

fn name(object: &Value) -> &str {
    object["name"].as_str().or(object["oid"].as_str()).unwrap_or_default()
}
