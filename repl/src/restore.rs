//! `rps restore`: the generations before the current one, and going back to one of them.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use clap::Args;
use rps_persist::Severity;
use rps_persist::generation::{
    PreviousGeneration, RestoreError, RestoreOptions, Restored, previous_generations, restore,
};
use rps_persist::native::LoadOptions;
use serde::Serialize;

use crate::answer::Report;
use crate::arguments::Arguments;
use crate::console::Console;
use crate::failure::Failure;
use crate::plugin::stats::size;
use crate::plugins::Plugins;
use crate::print::date::utc;
use crate::print::table::Table;
use crate::problem::{JsonProblem, error_count};
use crate::salvage::{JsonCommits, told_of_commits};
use crate::store;

/// What to go back to.
#[derive(Debug, Args)]
pub(crate) struct RestoreTask {
    /// The directory of the store
    #[arg(value_name = "STORE")]
    store: PathBuf,
    /// The number of the generation; without it the newest one
    #[arg(value_name = "N")]
    number: Option<u64>,
    /// Only tell which generations there are
    #[arg(long, conflicts_with_all = ["number", "force"])]
    list: bool,
    /// Restore it even if it is not sound
    #[arg(long)]
    force: bool,
}

/// A previous generation, as JSON.
#[derive(Serialize)]
struct JsonGeneration {
    number: u64,
    /// When it was dumped.
    dumped: Option<String>,
    objects: Option<u64>,
    spaces: Option<usize>,
    size: u64,
    sound: bool,
    problems: Vec<JsonProblem>,
}

#[derive(Serialize)]
struct JsonRestore {
    store: String,
    generation: JsonGeneration,
    replaced: Option<u64>,
    commits: Option<JsonCommits>,
    commits_returned: Option<u64>,
}

/// Does what `rps restore …` asks for.
pub(crate) fn run(task: &RestoreTask, arguments: &Arguments, console: &mut Console) -> Result<(), Failure> {
    // What lies in the store itself is not run to look at the store.
    store::must_exist(&task.store)?;
    let plugins = Plugins::start(arguments, None, console)?;
    let mut load = LoadOptions::default();
    load.extensions = plugins.extensions();
    match task.list {
        true => list(&task.store, &load, console),
        false => go_back(task, load, console),
    }
}

fn list(directory: &Path, load: &LoadOptions, console: &mut Console) -> Result<(), Failure> {
    let generations = previous_generations(&store::vfs(), directory, load)
        .map_err(|error| failed(directory, &RestoreError::File(error)))?;
    let mut table =
        Table::new(&["number", "dumped", "objects", "spaces", "size", "state"]).numbers(&[0, 2, 3, 4]);
    let unknown = || "?".to_owned();
    for generation in &generations {
        table.row([
            generation.number.to_string(),
            dumped(generation).unwrap_or_else(unknown),
            generation.objects.map_or_else(unknown, |objects| objects.to_string()),
            generation.spaces.map_or_else(unknown, |spaces| spaces.to_string()),
            size(generation.size),
            match generation.report.has_errors() {
                true => error_count(&generation.report),
                false => "sound".to_owned(),
            },
        ]);
    }
    let text = match generations.is_empty() {
        true => format!("the store {} has no previous generation", directory.display()),
        false => table.render(console.look()),
    };
    let mirrors: Vec<JsonGeneration> = generations.iter().map(mirror).collect();
    Report::new(text, "generations", mirrors).tell(console);
    Ok(())
}

fn go_back(task: &RestoreTask, load: LoadOptions, console: &mut Console) -> Result<(), Failure> {
    let directory = &task.store;
    let mut options = RestoreOptions::default();
    options.load = load;
    options.is_forced = task.force;
    let restored = restore(&store::vfs(), directory, task.number, &options)
        .map_err(|error| failed(directory, &error))?;
    let Restored { generation, replaced, commits, returned, report, .. } = &restored;
    let objects = generation.objects.map_or_else(String::new, |objects| format!(", with {objects} objects"));
    let mut text = format!("{} is generation {} again{objects}", directory.display(), generation.number);
    if let Some(number) = replaced {
        text += &format!(
            "\nwhat it was before is generation {number} now: `rps restore {} {number}` takes this back",
            directory.display()
        );
    }
    if let Some(commits) = commits {
        text += &format!("\n{}; they come back with it", told_of_commits(commits, "replaced"));
    }
    if let Some(count) = returned {
        text += &format!("\n{count} commits after its dump are back, too");
    }
    if generation.report.has_errors() {
        text += &format!(
            "\nit has {}: `rps check --salvage` takes what is sound",
            error_count(&generation.report)
        );
    }
    let warnings: Vec<String> = report.problems().iter().map(ToString::to_string).collect();
    let mirror = JsonRestore {
        store: directory.display().to_string(),
        generation: mirror(generation),
        replaced: *replaced,
        commits: commits.as_ref().map(JsonCommits::from),
        commits_returned: *returned,
    };
    Report::new(text, "restore", mirror).warn(&warnings).tell(console);
    Ok(())
}

fn mirror(generation: &PreviousGeneration) -> JsonGeneration {
    let problems = generation.report.problems().iter();
    JsonGeneration {
        number: generation.number,
        dumped: dumped(generation),
        objects: generation.objects,
        spaces: generation.spaces,
        size: generation.size,
        sound: !generation.report.has_errors(),
        problems: problems.filter(|problem| problem.severity == Severity::Error).map(Into::into).collect(),
    }
}

/// Returns when a generation was dumped: its manifest was the last file to be written.
fn dumped(generation: &PreviousGeneration) -> Option<String> {
    let manifest = generation.path.join(rps_persist::layout::MANIFEST);
    let modified = std::fs::metadata(manifest).ok()?.modified().ok()?;
    let since = modified.duration_since(UNIX_EPOCH).ok()?;
    Some(utc(i64::try_from(since.as_millis() / 10).ok()?))
}

fn failed(directory: &Path, error: &RestoreError) -> Failure {
    if let RestoreError::Unsound(generation) = error {
        let message =
            format!("the previous generation {} has {}", generation.number, error_count(&generation.report));
        let failure = Failure::new(error.code(), message).maybe_hint(error.hint());
        return generation.report.problems().iter().fold(failure, Failure::problem);
    }
    store::with_causes(Failure::new(error.code(), error.to_string()), error)
        .detail(format!("the store `{}` is as it was", directory.display()))
        .maybe_hint(error.hint())
}
