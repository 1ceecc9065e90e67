//! `rps diff`: what differs between two versions of a store.

use rps_persist::Severity;
use rps_persist::diff::{Edit, Names, ObjectDiff, ObjectFate, StoreDiff, Version};
use rps_runtime::extension::Extensions;
use serde::Serialize;

use super::arguments::DiffTask;
use super::print;
use super::side::Sides;
use crate::console::Console;
use crate::failure::Failure;

/// What differs, as JSON.
#[derive(Serialize)]
struct JsonDiff<'d> {
    added: usize,
    removed: usize,
    changed: usize,
    objects: Vec<JsonObject<'d>>,
    graph: Vec<JsonGraph<'d>>,
}

#[derive(Serialize)]
struct JsonObject<'d> {
    oid: String,
    name: Option<&'d str>,
    fate: &'static str,
    space: &'d str,
    #[serde(skip_serializing_if = "Option::is_none")]
    moved_from: Option<&'d str>,
    changes: Vec<JsonChange<'d>>,
}

/// A change of a part. Values are as they are written in the store.
#[derive(Serialize)]
struct JsonChange<'d> {
    part: String,
    before: Option<&'d str>,
    after: Option<&'d str>,
}

#[derive(Serialize)]
struct JsonGraph<'d> {
    what: &'static str,
    oid: Option<String>,
    before: Option<&'d str>,
    after: Option<&'d str>,
}

/// Compares, and tells what differs.
pub(super) fn run(
    task: &DiffTask,
    extensions: &dyn Extensions,
    console: &mut Console,
) -> Result<(), Failure> {
    let sides = Sides { extensions, of: task.of.clone() };
    let before = sides.version(task.before.as_deref().unwrap_or("HEAD"))?;
    let after = match &task.after {
        Some(after) => sides.version(after)?,
        // A folder is compared with another one only if that is named.
        None => sides.directory(&sides.tracked()?.directory())?,
    };
    for version in [&before, &after] {
        warn(version, console);
    }
    let diff = StoreDiff::of(&before, &after);
    if console.is_json() {
        console.line(&serde_json::json!({ "diff": mirror(&diff) }).to_string());
    } else if task.stat {
        console.write(&print::stat(&diff, console.look()));
    } else {
        console.write(&print::diff(&diff, console.look()));
    }
    if task.exit_code && !diff.is_empty() {
        console.finish()?;
        // As `git diff --exit-code`: it is an answer, no failure.
        std::process::exit(1);
    }
    Ok(())
}

/// Tells what is wrong with a version: the rest of it is compared all the same.
pub(super) fn warn(version: &Version, console: &mut Console) {
    for problem in version.report().problems().iter().filter(|problem| problem.severity == Severity::Error) {
        let failure = Failure::new(problem.code.as_str(), problem.message.to_string());
        console.warn(&failure.detail(problem.file.display().to_string()));
    }
}

pub(super) fn fate(fate: ObjectFate) -> &'static str {
    match fate {
        ObjectFate::Added => "added",
        ObjectFate::Removed => "removed",
        ObjectFate::Changed => "changed",
    }
}

fn mirror(diff: &StoreDiff) -> JsonDiff<'_> {
    JsonDiff {
        added: diff.count(ObjectFate::Added),
        removed: diff.count(ObjectFate::Removed),
        changed: diff.count(ObjectFate::Changed),
        objects: diff.objects.iter().map(|object| mirror_object(object, &diff.names)).collect(),
        graph: diff
            .graph
            .iter()
            .map(|change| JsonGraph {
                what: change.what,
                oid: change.oid.map(|oid| oid.to_string()),
                before: change.before.as_deref(),
                after: change.after.as_deref(),
            })
            .collect(),
    }
}

fn mirror_object<'d>(object: &'d ObjectDiff, names: &'d Names) -> JsonObject<'d> {
    let changes = object.changes.iter().map(|change| {
        let (Edit::Value { before, after } | Edit::Text { before, after }) = &change.edit;
        JsonChange { part: change.part.label(names), before: before.as_deref(), after: after.as_deref() }
    });
    JsonObject {
        oid: object.oid.to_string(),
        name: names.get(object.oid),
        fate: fate(object.fate),
        space: &object.space,
        moved_from: object.moved_from.as_deref(),
        changes: changes.collect(),
    }
}
