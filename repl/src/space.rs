//! `rps space`: the files of a store.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use rps_persist::FileInfo;
use serde::Serialize;

use crate::answer::Report;
use crate::codec::magic;
use crate::console::Console;
use crate::failure::Failure;
use crate::plugin::stats::size;
use crate::print::table::Table;
use crate::problem::JsonProblem;
use crate::store;

/// What can be done with the files of a store.
#[derive(Debug, Subcommand)]
pub(crate) enum SpaceTask {
    /// Tell how the files of a store are encoded, without decoding them
    Inspect {
        /// The directory of the store
        #[arg(value_name = "STORE")]
        store: PathBuf,
    },
}

#[derive(Serialize)]
struct JsonFile {
    path: String,
    space: Option<String>,
    codec: Option<String>,
    magic: Option<String>,
    plain_size: u64,
    coded_size: u64,
    ratio: f64,
    checksum: Option<String>,
    problem: Option<JsonProblem>,
}

/// Does what `rps space …` asks for.
pub(crate) fn run(task: &SpaceTask, console: &mut Console) -> Result<(), Failure> {
    let SpaceTask::Inspect { store } = task;
    inspect(store, console)
}

fn inspect(directory: &Path, console: &mut Console) -> Result<(), Failure> {
    let files = rps_persist::inspect_files(&store::vfs(), directory)
        .map_err(|error| store::unloaded(directory, &error).answered(serde_json::Value::Null))?;
    let mut table =
        Table::new(&["file", "codec", "plain", "stored", "ratio", "checksum", "space"]).numbers(&[2, 3, 4]);
    for file in &files {
        table.row([
            file.path.clone(),
            file.codec.clone().unwrap_or_else(|| "plain".into()),
            size(file.plain_size),
            size(file.coded_size),
            format!("{:.2}", file.ratio()),
            file.checksum.map_or_else(|| "-".into(), |checksum| format!("{checksum:016x}")),
            file.space.clone().unwrap_or_else(|| "(state of a plugin)".into()),
        ]);
        if let Some(problem) = &file.problem {
            table.note(problem.to_string());
        }
    }
    let problem = files.iter().find_map(|file| file.problem.clone());
    let report = Report::response(table.render(console.look()), mirrors(&files));
    let Some(problem) = problem else {
        report.tell(console);
        return Ok(());
    };
    if !console.is_json() {
        report.tell(console);
    }
    let damaged = files.iter().filter(|file| file.problem.is_some()).count();
    let message = format!("{damaged} of {} files of `{}` are damaged", files.len(), directory.display());
    let hint = "mend the files, or restore them from a backup or from git";
    Err(Failure::new(problem.code.as_str(), message).hint(hint).answered(mirrors(&files)))
}

fn mirrors(files: &[FileInfo]) -> Vec<JsonFile> {
    let mirror = |file: &FileInfo| JsonFile {
        path: file.path.clone(),
        space: file.space.clone(),
        codec: file.codec.clone(),
        magic: file.magic.map(magic),
        plain_size: file.plain_size,
        coded_size: file.coded_size,
        ratio: file.ratio(),
        checksum: file.checksum.map(|checksum| format!("{checksum:016x}")),
        problem: file.problem.as_ref().map(Into::into),
    };
    files.iter().map(mirror).collect()
}
