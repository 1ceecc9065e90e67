//! The subcommands; `rps fmt` and `rps test` have files of their own.

use std::path::Path;

use rps_persist::native::LoadOptions;
use rps_persist::refpersys::{self, ExportError, Refusal};
use rps_persist::{Access, Code, CodecChoice, LoadError, Report as Problems, Severity, Store};
use serde::Serialize;

use crate::arguments::{Arguments, Task};
use crate::console::Console;
use crate::failure::Failure;
use crate::plugins::Plugins;
use crate::problem::{JsonProblem, error_count, leading_code};
use crate::{codec, configuration, fmt, git, journal, migrate, plugin, restore, salvage, space, store, test};

/// What is wrong with a store, as JSON.
#[derive(Serialize)]
struct JsonCheck {
    store: String,
    errors: usize,
    warnings: usize,
    lenient: usize,
    problems: Vec<JsonProblem>,
}

/// Does what a subcommand asks for.
pub(crate) fn run(task: &Task, arguments: &Arguments, console: &mut Console) -> Result<(), Failure> {
    match task {
        Task::Version => {
            version(console);
            Ok(())
        }
        Task::Check { store, salvage: true, dry_run, .. } => {
            salvage::run(store, *dry_run, arguments, console)
        }
        Task::Check { store, accept: true, .. } => accept(store, arguments, console),
        Task::Check { store, .. } => check(store, arguments, console),
        Task::Restore(task) => restore::run(task, arguments, console),
        Task::Import { from, to } => import(from, to, console),
        Task::Fmt { check, paths } => fmt::run(paths, *check, console),
        Task::Test { store, paths } => test::run(paths, store.as_deref(), arguments, console),
        Task::Export { from, to, lossy } => export(from, to, *lossy, arguments, console),
        Task::Plugin { task } => plugin::run(task, arguments, console),
        Task::Config { task } => configuration::run(task, arguments, console),
        Task::Codec { task } => codec::run(task, arguments, console),
        Task::Space { task } => space::run(task, console),
        Task::Migrate(what) => migrate::run(what, arguments, console),
        Task::Git(task) => git::run(task, arguments, console),
        Task::Journal { task } => journal::run(task, arguments, console),
        Task::PluginHost => plugin_host(),
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

fn check(directory: &Path, arguments: &Arguments, console: &mut Console) -> Result<(), Failure> {
    // What lies in the store itself is not run to look at the store.
    let plugins = Plugins::start(arguments, None, console)?;
    let mut options = LoadOptions::default();
    options.extensions = plugins.extensions();
    let problems = rps_persist::check_with(&store::vfs(), directory, &options);
    if console.is_json() {
        console.line(&serde_json::json!({ "check": mirror(directory, &problems) }).to_string());
    } else {
        console.line(&problems.to_string());
    }
    if problems.has_errors() {
        let message = format!("the store `{}` has {}", directory.display(), error_count(&problems));
        let failure = Failure::new(leading_code(&problems).as_str(), message);
        return Err(failure.hint(match leading_code(&problems) {
            Code::CodecMissing => store::remedy(&problems),
            code @ (Code::NotFound | Code::NotADirectory) => code.hint().unwrap_or(store::REPAIR),
            _ => store::REPAIR,
        }));
    }
    Ok(())
}

/// Takes files that were changed by hand or by a merge: loads them as they are, and dumps what they hold.
fn accept(directory: &Path, arguments: &Arguments, console: &mut Console) -> Result<(), Failure> {
    let plugins = Plugins::start(arguments, None, console)?;
    let vfs = store::vfs();
    let opened = Store::open(&vfs, directory, Access::Write).map_err(|error| store::unopened(&error))?;
    let mut options = LoadOptions::default();
    options.accept_changed_files = true;
    options.extensions = plugins.extensions();
    let (runtime, report) = opened.load_with(&options).map_err(|error| store::unloaded(directory, &error))?;
    store::dump_watched(&opened, &runtime, &plugins, &plugins.codec(), &[])
        .map_err(|error| store::undumped(directory, &error))?;
    std::mem::forget(runtime);
    if console.is_json() {
        console.line(&serde_json::json!({ "accept": mirror(directory, &report.report) }).to_string());
        return Ok(());
    }
    if !report.report.is_empty() {
        console.line(&report.report.to_string());
    }
    console.line(&format!("accepted {} objects as they are in {}", report.objects, directory.display()));
    Ok(())
}

fn import(from: &Path, to: &Path, console: &mut Console) -> Result<(), Failure> {
    let vfs = store::vfs();
    let (runtime, problems) = refpersys::import(&*vfs, from).map_err(|error| match error {
        LoadError::Unsound(problems) => {
            store::unsound(from, &problems).hint("mend the files, or take them from git; no store was made")
        }
        error => store::unloaded(from, &error),
    })?;
    let store = Store::create(&vfs, to).map_err(|error| store::unopened(&error))?;
    let report = store::dump_watched(&store, &runtime, &Plugins::none(), &CodecChoice::default(), &[])
        .map_err(|error| store::undumped(to, &error))?;
    std::mem::forget(runtime);
    if console.is_json() {
        let line = serde_json::json!({
            "import": { "objects": report.objects, "spaces": report.spaces, "found": mirror(from, &problems) }
        });
        console.line(&line.to_string());
        return Ok(());
    }
    if !problems.is_empty() {
        console.line(&problems.to_string());
    }
    let (objects, spaces) = (report.objects, report.spaces);
    console.line(&format!("imported {objects} objects in {spaces} spaces into {}", to.display()));
    Ok(())
}

fn export(
    from: &Path,
    to: &Path,
    lossy: bool,
    arguments: &Arguments,
    console: &mut Console,
) -> Result<(), Failure> {
    let plugins = Plugins::start(arguments, None, console)?;
    let vfs = store::vfs();
    let store = Store::open(&vfs, from, Access::Read).map_err(|error| store::unopened(&error))?;
    let (runtime, _) =
        store::load_watched(&store, &plugins).map_err(|error| store::unloaded(from, &error))?;
    let report = refpersys::export(&*vfs, &runtime, to, lossy).map_err(|error| unexported(&error))?;
    std::mem::forget(runtime);
    let lost: Vec<String> = report.lost.iter().map(refusal).collect();
    if console.is_json() {
        let line = serde_json::json!({
            "export": { "objects": report.objects, "spaces": report.spaces, "lost": lost }
        });
        console.line(&line.to_string());
        return Ok(());
    }
    for lost in lost {
        console.line(&format!("left out: {lost}"));
    }
    let (objects, spaces) = (report.objects, report.spaces);
    console.line(&format!("exported {objects} objects in {spaces} spaces to {}", to.display()));
    Ok(())
}

fn unexported(error: &ExportError) -> Failure {
    let failure = Failure::new(error.code(), error.to_string()).maybe_hint(error.hint());
    match error {
        ExportError::Refused(refusals) => {
            refusals.iter().fold(failure, |failure, refused| failure.detail(refusal(refused)))
        }
        error => store::with_causes(failure, error),
    }
}

fn refusal(refused: &Refusal) -> String {
    let name = refused.name.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
    format!("{}{name}: {}", refused.oid, refused.what)
}

fn mirror(directory: &Path, problems: &Problems) -> JsonCheck {
    JsonCheck {
        store: directory.display().to_string(),
        errors: problems.count(Severity::Error),
        warnings: problems.count(Severity::Warning),
        lenient: problems.count(Severity::Lenient),
        problems: problems.problems().iter().map(JsonProblem::from).collect(),
    }
}

/// Serves as the process of an isolated plugin; ends the process, as calls that hang may still be under way.
fn plugin_host() -> Result<(), Failure> {
    match rps_plugin_host::serve_isolated(crate::plugins::log_sink(false)) {
        Ok(()) => std::process::exit(0),
        Err(error) => Err(Failure::new("plugin::host", error.to_string())),
    }
}
