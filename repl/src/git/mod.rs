//! Stores among several people and several versions: comparing, merging, and what git needs for both.
//!
//! In the order to read: [`arguments`] (the verbs), [`repository`] (what is asked of git), [`side`] (a version of a store, by
//! whatever names it), [`diff`] and `print` (`rps diff`), [`driver`] (`rps merge-driver` and `rps textconv`), [`settle`] (manifests that git merges), [`merge`]
//! (`rps merge`), [`seal`] (`rps seal`: manifests after a merge, and the hooks that call it), [`setup`] (`rps git-setup`),
//! [`status`] and [`pack`].

mod arguments;
mod diff;
mod driver;
mod merge;
mod pack;
mod print;
mod repository;
mod seal;
mod settle;
mod setup;
mod side;
mod status;

pub(crate) use arguments::GitTask;

use crate::arguments::Arguments;
use crate::console::Console;
use crate::failure::Failure;
use crate::plugins::Plugins;

/// Does what a verb asks for.
pub(crate) fn run(task: &GitTask, arguments: &Arguments, console: &mut Console) -> Result<(), Failure> {
    // What lies in the store itself is not run to look at the store.
    let plugins = Plugins::start(arguments, None, console)?;
    let extensions = plugins.extensions();
    match task {
        GitTask::Diff(task) => diff::run(task, &*extensions, console),
        GitTask::Merge(task) => merge::run(task, &*extensions, console),
        GitTask::MergeDriver(task) => driver::merge(task, &*extensions, console),
        GitTask::Textconv { file, names } => driver::textconv(file, names.as_deref(), &*extensions, console),
        GitTask::Seal { store } => seal::run(store, extensions, console),
        GitTask::Status { store, verify } => status::run(store, *verify, console),
        GitTask::Pack { store, dry_run } => pack::run(store, *dry_run, &*extensions, console),
        GitTask::GitSetup { directory, undo } => setup::run(directory, *undo, console),
        GitTask::GitHook { hook } => seal::hook(hook, extensions, console),
    }
}
