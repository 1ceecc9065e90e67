//! `rps import`, `rps export`, `rps check`, `rps version`.

use std::path::Path;

use rps_persist::{Problem, Report as Problems, Severity};
use serde::Serialize;

use crate::arguments::Task;
use crate::console::Console;
use crate::failure::Failure;
use crate::store;

/// What is wrong with a store, as JSON.
#[derive(Serialize)]
struct JsonCheck {
    store: String,
    errors: usize,
    warnings: usize,
    lenient: usize,
    problems: Vec<JsonProblem>,
}

/// A problem of a store, as JSON.
#[derive(Serialize)]
struct JsonProblem {
    severity: String,
    code: &'static str,
    file: String,
    line: Option<u32>,
    column: Option<u32>,
    oid: Option<String>,
    message: String,
    hint: Option<String>,
}

/// Does what a subcommand asks for.
pub(crate) fn run(task: &Task, console: &mut Console) -> Result<(), Failure> {
    match task {
        Task::Version => {
            version(console);
            Ok(())
        }
        Task::Check { store } => check(store, console),
        Task::Import { .. } | Task::Export { .. } => {
            Err(Failure::new("command::not-yet", "RefPerSys stores can not be read or written yet"))
        }
    }
}

fn version(console: &mut Console) {
    let version = env!("CARGO_PKG_VERSION");
    let format = rps_persist::format::FORMAT;
    if console.is_json() {
        let mirror = serde_json::json!({ "version": { "rps": version, "store_format": format } });
        console.line(&mirror.to_string());
    } else {
        console.line(&format!("rps {version}, store format {format}"));
    }
}

fn check(directory: &Path, console: &mut Console) -> Result<(), Failure> {
    let problems = rps_persist::check(&store::vfs(), directory);
    if console.is_json() {
        console.line(&serde_json::json!({ "check": mirror(directory, &problems) }).to_string());
    } else {
        console.line(&problems.to_string());
    }
    if problems.has_errors() {
        let count = problems.count(Severity::Error);
        let message = format!("the store `{}` is not sound: {count} errors", directory.display());
        let first = problems.problems().iter().find(|problem| problem.severity == Severity::Error);
        return Err(Failure::new(first.map_or("store::io", |problem| problem.code.as_str()), message));
    }
    Ok(())
}

fn mirror(directory: &Path, problems: &Problems) -> JsonCheck {
    JsonCheck {
        store: directory.display().to_string(),
        errors: problems.count(Severity::Error),
        warnings: problems.count(Severity::Warning),
        lenient: problems.count(Severity::Lenient),
        problems: problems.problems().iter().map(problem).collect(),
    }
}

fn problem(problem: &Problem) -> JsonProblem {
    JsonProblem {
        severity: problem.severity.to_string(),
        code: problem.code.as_str(),
        file: problem.file.display().to_string(),
        line: problem.place.map(|place| place.line),
        column: problem.place.map(|place| place.column),
        oid: problem.oid.map(|oid| oid.to_string()),
        message: problem.message.to_string(),
        hint: problem.hint.as_ref().map(ToString::to_string),
    }
}
