//! Which store a session works on, and how it is opened, made and loaded.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use etcetera::BaseStrategy;
use rps_persist::native::{DumpOptions, Lazy, LoadOptions, LoadReport};
use rps_persist::vfs::Vfs;
use rps_persist::{Access, Code, LoadError, OpenError, Severity, Store};
use rps_runtime::Runtime;

use super::failure::{problem_failure, undumped, unloaded, unopened};
use super::{Intent, StoreHandle, is_vacant, vfs};
use crate::bootstrap;
use crate::console::Console;
use crate::failure::Failure;
use crate::plugins::Plugins;
use crate::progress::Bar;

/// Opens the store that is named, by the command line or by `RPS_STORE`, or the default one.
pub(crate) fn open(
    named: Option<&Path>,
    intent: Intent,
    plugins: &Arc<Plugins>,
    console: &mut Console,
) -> Result<(Runtime, StoreHandle), Failure> {
    match directory(named) {
        Some(directory) => open_at(&directory, intent, plugins, console),
        None => open_default(&default_directory()?, intent, plugins, console),
    }
}

/// Returns the store that is named, by the command line or by `RPS_STORE`.
pub(crate) fn directory(named: Option<&Path>) -> Option<PathBuf> {
    let variable = || std::env::var_os("RPS_STORE").filter(|value| !value.is_empty()).map(PathBuf::from);
    named.map(Path::to_path_buf).or_else(variable)
}

/// Opens a store to read it.
pub(crate) fn open_to_read(
    directory: &Path,
    plugins: &Arc<Plugins>,
    console: &mut Console,
) -> Result<(Runtime, StoreHandle), Failure> {
    open_at(directory, Intent::Read, plugins, console)
}

fn default_directory() -> Result<PathBuf, Failure> {
    let strategy = etcetera::choose_base_strategy().map_err(|error| {
        Failure::new("command::no-home", "there is no place for the default store")
            .detail(error.to_string())
            .hint("set HOME or XDG_DATA_HOME, or name a store by --store")
    })?;
    Ok(strategy.data_dir().join("repersys").join("store"))
}

/// Opens the default store, which is made the first time. Where that is impossible, reading goes on without it.
fn open_default(
    directory: &Path,
    intent: Intent,
    plugins: &Arc<Plugins>,
    console: &mut Console,
) -> Result<(Runtime, StoreHandle), Failure> {
    let vfs = vfs();
    let made = match Store::open(&vfs, directory, Access::Read) {
        Err(OpenError::NoGeneration { .. }) => make(&vfs, directory),
        Err(error) if error.as_code() == Code::NotADirectory => Err(unopened(&error)),
        _ => Ok(()),
    };
    if let (Err(failure), Intent::Read) = (&made, intent) {
        console.warn(failure);
        let runtime = bootstrap::load().map_err(|error| unloaded(Path::new("embedded"), &error))?;
        return Ok((runtime, StoreHandle::none(plugins)));
    }
    made?;
    open_at(directory, intent, plugins, console)
}

fn make(vfs: &Arc<dyn Vfs>, directory: &Path) -> Result<(), Failure> {
    let runtime = bootstrap::load().map_err(|error| unloaded(Path::new("embedded"), &error))?;
    match Store::create(vfs, directory) {
        Ok(store) => {
            let mut options = DumpOptions::default();
            options.lazy = Lazy::from_environment();
            store.dump_with(&runtime, &options).map(drop).map_err(|error| undumped(directory, &error))
        }
        // Another process was faster.
        Err(_) if Store::open(vfs, directory, Access::Read).is_ok() => Ok(()),
        Err(error) => Err(unopened(&error)),
    }
}

/// Opens a store for what is intended; one that is not there yet is made by the first dump.
pub(super) fn open_at(
    directory: &Path,
    intent: Intent,
    plugins: &Arc<Plugins>,
    console: &mut Console,
) -> Result<(Runtime, StoreHandle), Failure> {
    let vfs = vfs();
    let access = if intent == Intent::Read { Access::Read } else { Access::Write };
    match Store::open(&vfs, directory, access) {
        Ok(store) => load(store, access, plugins, console),
        Err(OpenError::NoGeneration { .. }) if access == Access::Write && is_vacant(directory) => {
            let store = Store::create(&vfs, directory).map_err(|error| unopened(&error))?;
            let runtime = bootstrap::load().map_err(|error| unloaded(Path::new("embedded"), &error))?;
            let mut handle = StoreHandle::new(Some(Arc::new(store)), access, plugins);
            handle.is_new = true;
            Ok((runtime, handle))
        }
        Err(error) if intent == Intent::Prompt && error.as_code() == Code::Locked => {
            console.warn(
                &unopened(&error)
                    .hint("the store is open for reading: `:dump` works to another directory only"),
            );
            let store = Store::open(&vfs, directory, Access::Read).map_err(|error| unopened(&error))?;
            load(store, Access::Read, plugins, console)
        }
        Err(error) => Err(unopened(&error)),
    }
}

/// Loads a store, and shows how far it is.
pub(crate) fn load_watched(store: &Store, plugins: &Plugins) -> Result<(Runtime, LoadReport), LoadError> {
    let bar = Bar::new("loading");
    let mut options = LoadOptions::default();
    options.lazy = Lazy::from_environment();
    options.extensions = plugins.extensions();
    options.progress = bar.progress();
    store.load_with(&options)
}

fn load(
    store: Store,
    access: Access,
    plugins: &Arc<Plugins>,
    console: &mut Console,
) -> Result<(Runtime, StoreHandle), Failure> {
    let (runtime, report) = load_watched(&store, plugins).map_err(|error| unloaded(store.root(), &error))?;
    for problem in report.report.problems().iter().filter(|problem| problem.severity == Severity::Warning) {
        console.warn(&problem_failure(problem));
    }
    let mut handle = StoreHandle::new(Some(Arc::new(store)), access, plugins);
    handle.states = report.states;
    Ok((runtime, handle))
}
