//! `rps status`: how a store is, without loading it.

use std::path::{Path, PathBuf};

use rps_persist::{FileChange, Severity, Status, Thoroughness};
use serde::Serialize;

use crate::console::Console;
use crate::failure::Failure;
use crate::problem::JsonProblem;
use crate::store;

/// How a store is, as JSON.
#[derive(Serialize)]
struct JsonStatus {
    store: String,
    objects: u64,
    spaces: usize,
    /// How many files were read, and not only looked at.
    read: usize,
    files: Vec<JsonFile>,
    commits: usize,
    commits_of_generation: bool,
    journal_problem: Option<String>,
    previous: Vec<String>,
    writer: Option<JsonWriter>,
    readers: bool,
    aside: Vec<String>,
    unfinished: Vec<String>,
    problems: Vec<JsonProblem>,
}

#[derive(Serialize)]
struct JsonFile {
    path: String,
    change: &'static str,
}

#[derive(Serialize)]
struct JsonWriter {
    pid: Option<u32>,
}

/// Tells how a store is.
pub(super) fn run(directory: &Path, verify: bool, console: &mut Console) -> Result<(), Failure> {
    let thoroughness = if verify { Thoroughness::Reads } else { Thoroughness::Looks };
    let status = rps_persist::status(&store::vfs(), directory, thoroughness)
        .map_err(|error| store::unloaded(directory, &error))?;
    if console.is_json() {
        console.line(&serde_json::json!({ "status": mirror(directory, &status) }).to_string());
        return Ok(());
    }
    for problem in status.report.problems().iter().filter(|problem| problem.severity != Severity::Lenient) {
        console.warn(&Failure::new(problem.code.as_str(), problem.message.to_string()));
    }
    for line in lines(directory, &status) {
        console.line(&line);
    }
    Ok(())
}

fn lines(directory: &Path, status: &Status) -> Vec<String> {
    let mut lines =
        vec![format!("{} objects in {} spaces of {}", status.objects, status.spaces, directory.display())];
    for file in &status.files {
        lines.push(format!("{}: spaces/{}", word(file.change), file.path));
    }
    if !status.files.is_empty() {
        lines.push(format!("`rps seal {}` takes them as they are, if they are sound", directory.display()));
    }
    match (status.commits, status.are_commits_of_generation) {
        (0, _) => lines.push("no commits since the last dump".to_owned()),
        (commits, true) => lines.push(format!("commits since the last dump: {commits}")),
        (commits, false) => {
            lines.push(format!("commits to another generation than the one that is there: {commits}"));
        }
    }
    if let Some(problem) = &status.journal_problem {
        lines.push(format!("the journal can not be read: {problem}"));
    }
    match status.writer {
        None => {}
        Some(None) => lines.push("another process writes to it".to_owned()),
        Some(Some(pid)) => lines.push(format!("process {pid} writes to it")),
    }
    if status.has_readers {
        lines.push("another process reads it".to_owned());
    }
    let mut list = |what: &str, paths: &[PathBuf]| {
        lines.extend(paths.iter().map(|path| format!("{what}: {}", path.display())));
    };
    list("generation before", &status.previous);
    list("put aside", &status.aside);
    list("left by an interrupted dump", &status.unfinished);
    lines
}

fn word(change: FileChange) -> &'static str {
    match change {
        FileChange::Changed => "changed",
        FileChange::Missing => "missing",
        FileChange::Unlisted => "unlisted",
    }
}

fn mirror(directory: &Path, status: &Status) -> JsonStatus {
    let paths = |paths: &[PathBuf]| paths.iter().map(|path| path.display().to_string()).collect();
    JsonStatus {
        store: directory.display().to_string(),
        objects: status.objects,
        spaces: status.spaces,
        read: status.read,
        files: status
            .files
            .iter()
            .map(|file| JsonFile { path: file.path.clone(), change: word(file.change) })
            .collect(),
        commits: status.commits,
        commits_of_generation: status.are_commits_of_generation,
        journal_problem: status.journal_problem.clone(),
        previous: paths(&status.previous),
        writer: status.writer.map(|pid| JsonWriter { pid }),
        readers: status.has_readers,
        aside: paths(&status.aside),
        unfinished: paths(&status.unfinished),
        problems: status.report.problems().iter().map(JsonProblem::from).collect(),
    }
}
