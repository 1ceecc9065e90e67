//! `rps check STORE --salvage`: a sound store of what is sound in a damaged one.

use std::path::Path;

use rps_persist::salvage::{self, Commits, Item, SalvageError, SalvageOptions, Salvaged};
use serde::Serialize;

use crate::arguments::Arguments;
use crate::console::Console;
use crate::failure::Failure;
use crate::plugins::Plugins;
use crate::problem::{JsonProblem, error_count};
use crate::store;

/// What was salvaged, as JSON.
#[derive(Serialize)]
struct JsonSalvage {
    store: String,
    dry_run: bool,
    objects: usize,
    spaces: usize,
    unchanged: usize,
    quarantine: Option<String>,
    commits: Option<JsonCommits>,
    found: Vec<JsonProblem>,
    items: Vec<JsonItem>,
    warnings: Vec<String>,
}

/// Commits that were put aside, as JSON.
#[derive(Serialize)]
pub(crate) struct JsonCommits {
    count: Option<u64>,
    place: Option<String>,
    taken: bool,
}

#[derive(Serialize)]
struct JsonItem {
    fate: &'static str,
    code: &'static str,
    file: String,
    lines: Option<(u32, u32)>,
    oid: Option<String>,
    message: String,
    part: Option<String>,
}

/// So many lines are written for people; all of them are in the quarantine's list.
const LINES: usize = 200;

/// Salvages a store, or tells what that would do.
pub(crate) fn run(
    directory: &Path,
    is_dry_run: bool,
    arguments: &Arguments,
    console: &mut Console,
) -> Result<(), Failure> {
    // What lies in the store itself is not run to look at the store.
    let plugins = Plugins::start(arguments, None, console)?;
    let mut options = SalvageOptions::default();
    options.load.extensions = plugins.extensions();
    options.codec = plugins.codec();
    options.is_dry_run = is_dry_run;
    let salvaged =
        salvage::salvage(&store::vfs(), directory, &options).map_err(|error| failed(directory, &error))?;
    if console.is_json() {
        let mirror = mirror(directory, &salvaged, is_dry_run);
        console.line(&serde_json::json!({ "salvage": mirror }).to_string());
        return Ok(());
    }
    for line in lines(directory, &salvaged, is_dry_run) {
        console.line(&line);
    }
    Ok(())
}

/// Returns what is said to people.
fn lines(directory: &Path, salvaged: &Salvaged, is_dry_run: bool) -> Vec<String> {
    let store = directory.display();
    if salvaged.items.is_empty() {
        return vec![format!("the store {store} is sound: there is nothing to salvage")];
    }
    let mut lines: Vec<String> = salvaged.items.iter().take(LINES).map(line).collect();
    if let more @ 1.. = salvaged.items.len().saturating_sub(LINES) {
        lines.push(format!("… and {more} more"));
    }
    let errors = error_count(&salvaged.found);
    let (objects, spaces, unchanged) = (salvaged.objects, salvaged.spaces, salvaged.unchanged);
    lines.push(match is_dry_run {
        true => format!(
            "{store} has {errors}; a salvage would keep {objects} objects in {spaces} spaces, {unchanged} of them as they are"
        ),
        false => {
            format!("{store} had {errors}; it has {objects} objects in {spaces} spaces now, {unchanged} of them as they were")
        }
    });
    lines.extend(salvaged.commits.as_ref().map(|commits| told_of_commits(commits, "damaged")));
    if is_dry_run {
        lines.push("nothing was changed".to_owned());
    }
    if let Some(quarantine) = &salvaged.quarantine {
        lines.push(format!(
            "what could not be taken is in {0}, quarantine.json there tells what it is; the damaged generation is in {1}",
            directory.join(quarantine).display(),
            directory.join(".rps/previous").display(),
        ));
    }
    lines.extend(
        salvaged.generation.iter().flat_map(|dumped| dumped.report.problems()).map(ToString::to_string),
    );
    lines
}

/// Returns what is to be said of commits that were put aside.
pub(crate) fn told_of_commits(commits: &Commits, which: &str) -> String {
    let many = match commits.count {
        Some(1) => "1 commit after the last dump was".to_owned(),
        Some(count) => format!("{count} commits after the last dump were"),
        None => "what was committed after the last dump, which can not be read, was".to_owned(),
    };
    match &commits.place {
        Some(place) if commits.is_taken => {
            format!("{many} taken, too; the journal is in {}", place.display())
        }
        None if commits.is_taken => format!("{many} sound, and would be taken, too"),
        Some(place) => format!("{many} made to the {which} generation: moved to {}", place.display()),
        None => format!("{many} made to the {which} generation, and would be put aside with it"),
    }
}

fn line(item: &Item) -> String {
    let lines = match item.lines {
        Some((first, last)) if first == last => format!(":{first}"),
        Some((first, last)) => format!(":{first}-{last}"),
        None => String::new(),
    };
    let object = item.oid.map_or_else(String::new, |oid| format!(" (object {oid})"));
    let (fate, file, code, message) = (item.fate.as_str(), item.file.display(), item.code, &item.message);
    format!("{fate:<11} {file}{lines}: [{code}] {message}{object}")
}

fn mirror(directory: &Path, salvaged: &Salvaged, is_dry_run: bool) -> JsonSalvage {
    let item = |item: &Item| JsonItem {
        fate: item.fate.as_str(),
        code: item.code.as_str(),
        file: item.file.display().to_string(),
        lines: item.lines,
        oid: item.oid.map(|oid| oid.to_string()),
        message: item.message.to_string(),
        part: item.part.as_ref().map(|part| part.display().to_string()),
    };
    let warnings = salvaged.generation.iter().flat_map(|dumped| dumped.report.problems());
    JsonSalvage {
        store: directory.display().to_string(),
        dry_run: is_dry_run,
        objects: salvaged.objects,
        spaces: salvaged.spaces,
        unchanged: salvaged.unchanged,
        quarantine: salvaged.quarantine.as_ref().map(|place| place.display().to_string()),
        commits: salvaged.commits.as_ref().map(JsonCommits::from),
        found: salvaged.found.problems().iter().map(JsonProblem::from).collect(),
        items: salvaged.items.iter().map(item).collect(),
        warnings: warnings.map(ToString::to_string).collect(),
    }
}

impl From<&Commits> for JsonCommits {
    fn from(commits: &Commits) -> JsonCommits {
        let place = commits.place.as_ref().map(|place| place.display().to_string());
        JsonCommits { count: commits.count, place, taken: commits.is_taken }
    }
}

fn failed(directory: &Path, error: &SalvageError) -> Failure {
    if let SalvageError::Stuck(problems) = error {
        let message = format!("nothing can be salvaged from `{}` as it is", directory.display());
        let failure = Failure::new(error.code().as_str(), message).maybe_hint(error.hint());
        return problems.problems().iter().fold(failure, Failure::problem);
    }
    let failure = Failure::new(error.code().as_str(), error.to_string());
    store::with_causes(failure, error)
        .detail(format!("the store `{}` is as it was", directory.display()))
        .maybe_hint(error.hint())
}
