//! `rps journal`: what was committed to a store since its last dump.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use rps_persist::lock::WriterLock;
use rps_persist::native::{JournalInfo, LoadOptions, Replay, journal_info};
use rps_persist::{Access, CodecChoice, JournalError, Store};
use serde::Serialize;

use crate::answer::Report;
use crate::arguments::Arguments;
use crate::console::Console;
use crate::durability::counted;
use crate::failure::Failure;
use crate::plugin::stats::size;
use crate::plugins::Plugins;
use crate::print::table::Table;
use crate::store;

/// What can be done with the journal of a store.
#[derive(Debug, Subcommand)]
pub(crate) enum JournalTask {
    /// Tell which commits the journal holds
    Show {
        /// The directory of the store
        #[arg(value_name = "STORE")]
        store: PathBuf,
    },
    /// Put all commits on top of what is in the store, whatever they were made to, and dump
    Apply {
        /// The directory of the store
        #[arg(value_name = "STORE")]
        store: PathBuf,
    },
    /// Give up what was committed since the last dump
    Discard {
        /// The directory of the store
        #[arg(value_name = "STORE")]
        store: PathBuf,
        /// Really do it; else tell what would be lost
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Serialize)]
struct JsonJournal {
    store: String,
    of_generation: bool,
    interrupted: bool,
    objects: usize,
    commits: Vec<JsonCommit>,
}

#[derive(Serialize)]
struct JsonCommit {
    number: u64,
    segment: u64,
    bytes: u64,
    objects: usize,
    removed: usize,
    graph: bool,
}

/// Does what `rps journal …` asks for.
pub(crate) fn run(task: &JournalTask, arguments: &Arguments, console: &mut Console) -> Result<(), Failure> {
    let (JournalTask::Show { store } | JournalTask::Apply { store } | JournalTask::Discard { store, .. }) =
        task;
    store::must_exist(store)?;
    match task {
        JournalTask::Show { store } => show(store, console),
        JournalTask::Apply { store } => apply(store, arguments, console),
        JournalTask::Discard { store, yes } => discard(store, *yes, console),
    }
}

fn info(directory: &Path) -> Result<JournalInfo, Failure> {
    journal_info(&*store::vfs(), directory).map_err(|error| unread(&error))
}

fn show(directory: &Path, console: &mut Console) -> Result<(), Failure> {
    let info = info(directory)?;
    let mut table =
        Table::new(&["commit", "segment", "size", "objects", "removed"]).numbers(&[0, 1, 2, 3, 4]);
    for commit in &info.commits {
        let numbers = [commit.number, commit.segment].map(|number| number.to_string());
        let [number, segment] = numbers;
        let counts = [commit.objects, commit.removed].map(|count| count.to_string());
        let [objects, removed] = counts;
        table.row([number, segment, size(commit.bytes), objects, removed]);
    }
    if !info.is_of_generation {
        table.note("the commits were made to another generation than the one in the store");
    }
    if info.is_torn {
        table.note("a commit after these was interrupted, and does not count");
    }
    let text = match info.commits.len() {
        0 => "nothing was committed since the last dump".to_owned(),
        _ => table.render(console.look()),
    };
    Report::new(text, "journal", mirror(directory, &info)).tell(console);
    Ok(())
}

fn apply(directory: &Path, arguments: &Arguments, console: &mut Console) -> Result<(), Failure> {
    let plugins = Plugins::start(arguments, None, console)?;
    let opened =
        Store::open(&store::vfs(), directory, Access::Write).map_err(|error| store::unopened(&error))?;
    let mut options = LoadOptions::default();
    options.extensions = plugins.extensions();
    options.replay = Replay::All;
    let (runtime, report) = opened.load_with(&options).map_err(|error| store::unloaded(directory, &error))?;
    store::dump_watched(&opened, &runtime, &plugins, &CodecChoice::default(), &[])
        .map_err(|error| store::undumped(directory, &error))?;
    std::mem::forget(runtime);
    let text =
        format!("applied {} to {} and dumped it", counted(report.commits, "commit"), directory.display());
    let mirror = serde_json::json!({ "store": directory.display().to_string(), "commits": report.commits });
    Report::new(text, "applied", mirror).tell(console);
    Ok(())
}

fn discard(directory: &Path, yes: bool, console: &mut Console) -> Result<(), Failure> {
    // What can not be read can be given up, too.
    let commits = journal_info(&*store::vfs(), directory).ok().map(|info| info.commits.len());
    let count = commits.map_or_else(|| "what can not be read".to_owned(), |count| counted(count, "commit"));
    if commits == Some(0) {
        let mirror = serde_json::json!({ "store": directory.display().to_string(), "commits": 0 });
        Report::new("nothing was committed since the last dump", "discarded", mirror).tell(console);
        return Ok(());
    }
    if !yes {
        let message = format!("`{}` would lose {count}", directory.display());
        let hint = "add --yes to give them up; `rps journal show` lists them";
        return Err(Failure::new("journal::not-confirmed", message).hint(hint));
    }
    Store::open(&store::vfs(), directory, Access::Write)
        .map(drop)
        .map_err(|error| store::unopened(&error))?;
    let lock = WriterLock::acquire(&store::vfs(), directory)
        .map_err(|error| Failure::new(error.code(), error.to_string()).maybe_hint(error.hint()))?;
    rps_persist::journal::discard(&lock).map_err(|error| {
        store::with_causes(Failure::new(error.code().as_str(), error.to_string()), &error)
    })?;
    let text = format!("discarded {count} of {}", directory.display());
    let mirror = serde_json::json!({ "store": directory.display().to_string(), "commits": commits });
    Report::new(text, "discarded", mirror).tell(console);
    Ok(())
}

fn mirror(directory: &Path, info: &JournalInfo) -> JsonJournal {
    let commits = info.commits.iter().map(|commit| JsonCommit {
        number: commit.number,
        segment: commit.segment,
        bytes: commit.bytes,
        objects: commit.objects,
        removed: commit.removed,
        graph: commit.changes_graph,
    });
    JsonJournal {
        store: directory.display().to_string(),
        of_generation: info.is_of_generation,
        interrupted: info.is_torn,
        objects: info.objects,
        commits: commits.collect(),
    }
}

fn unread(error: &JournalError) -> Failure {
    store::with_causes(Failure::new(error.code(), error.to_string()), error).maybe_hint(error.hint())
}
