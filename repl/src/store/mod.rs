//! The store that a session works on: which one, how it is opened, made, loaded and dumped.
//!
//! Here is the [`StoreHandle`]; [`open`](mod@open) is how it comes to be, [`dump`](mod@dump) how what has changed is written, and
//! [`failure`] what is said where that does not work.

mod dump;
mod failure;
mod open;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Weak};
use std::time::Duration;

use rps_persist::layout::Layout;
use rps_persist::native::DumpReport;
use rps_persist::vfs::{RealVfs, Vfs};
use rps_persist::{Access, Code, CodecChoice, CommitError, DumpError, Store};
use rps_runtime::change::Purpose;
use rps_runtime::extension::{DurabilityService, StateOutcome, StateSection};
use rps_runtime::{Mutator, ObjectRef, Runtime, known};

use self::failure::problem_failure;
use self::open::open_at;
use crate::answer::Report;
use crate::background::Background;
use crate::bootstrap;
use crate::console::Console;
use crate::durability::{self, Committer, Sync};
use crate::failure::Failure;
use crate::plugins::Plugins;

pub(crate) use self::dump::dump_watched;
pub(crate) use self::failure::{REPAIR, remedy, undumped, unloaded, unopened, unsound, with_causes};
pub(crate) use self::open::{directory, load_watched, open, open_to_read};

/// What a store is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intent {
    /// To evaluate something: nothing is written, and no other process is in the way.
    Read,
    /// To dump at the end.
    Write,
    /// To work at the prompt, and perhaps to dump.
    Prompt,
}

/// The store of a session.
pub(crate) struct StoreHandle {
    /// Nothing when the objects are those of the embedded spaces, because no store could be made.
    store: Option<Arc<Store>>,
    access: Access,
    /// Whether the store comes into being with its first dump.
    is_new: bool,
    /// The objects.
    runtime: Weak<Runtime>,
    /// How long a dump is waited for, which goes on beside the prompt then; for nothing, it is waited for to its end.
    pub(crate) patience: Option<Duration>,
    dumps: Background<Result<DumpReport, DumpError>>,
    /// How far the dump is that goes on.
    position: Arc<[AtomicU64; 2]>,
    /// The plugins that the objects may need.
    plugins: Arc<Plugins>,
    /// How durable commits are.
    pub(crate) sync: Sync,
    /// How dumps are encoded.
    codec: CodecChoice,
    /// The states that were loaded and wait for the plugins that they belong to.
    states: Vec<StateSection>,
}

/// Returns the space where a session keeps what is new.
pub(crate) fn user_space(m: &Mutator<'_>) -> Option<ObjectRef> {
    let spaces = [bootstrap::USER_SPACE, known::INITIAL_SPACE];
    spaces.into_iter().find_map(|oid| m.object(oid).filter(|space| space.class().is_some()))
}

impl StoreHandle {
    /// Returns the handle of a session without a store.
    pub(crate) fn none(plugins: &Arc<Plugins>) -> StoreHandle {
        StoreHandle::new(None, Access::Read, plugins)
    }

    fn new(store: Option<Arc<Store>>, access: Access, plugins: &Arc<Plugins>) -> StoreHandle {
        StoreHandle {
            store,
            access,
            is_new: false,
            runtime: Weak::new(),
            patience: None,
            dumps: Background::new(),
            position: Arc::default(),
            plugins: Arc::clone(plugins),
            sync: Sync::default(),
            codec: plugins.codec(),
            states: Vec::new(),
        }
    }

    /// Returns the plugins that the objects may need.
    pub(crate) fn plugins(&self) -> &Arc<Plugins> {
        &self.plugins
    }

    /// Makes a runtime the one that plugins work on, and gives them the states that the store has for them.
    pub(crate) fn attach(&mut self, runtime: &Arc<Runtime>, console: &mut Console) {
        self.plugins.attach(runtime, self.store.as_ref().map(|store| store.root()));
        self.runtime = Arc::downgrade(runtime);
        let store = self.store.as_ref().map_or_else(Weak::new, Arc::downgrade);
        runtime.provide(DurabilityService(Arc::new(Committer { store, sync: self.sync })));
        for failure in self.restore_states() {
            console.warn(&failure);
        }
        let root = self.store.as_ref().map(|store| store.root().display().to_string());
        let event = serde_json::json!({ "store": root, "objects": runtime.object_count() });
        self.plugins.manager.emit("store.loaded", &event.to_string());
    }

    /// Gives plugins the states that the store has for them and that they have not got yet, and returns what is to be said
    /// of that.
    pub(crate) fn restore_states(&mut self) -> Vec<Failure> {
        let Some(store) = self.store.as_ref().filter(|_| !self.states.is_empty()) else { return Vec::new() };
        let restored = store.restore_states(&self.states, &*self.plugins.extensions());
        let is_absent = |id: &str| {
            let mut states = restored.states.iter();
            states.any(|state| state.id == id && state.outcome == StateOutcome::Absent)
        };
        self.states.retain(|section| is_absent(&section.id));
        restored.report.problems().iter().map(problem_failure).collect()
    }

    /// Makes what has changed since the last commit durable. A store that is not there yet comes into being by a dump.
    pub(crate) fn commit(&mut self, m: &Mutator<'_>) -> Result<Report, Failure> {
        let Some(store) = &self.store else {
            return Err(Failure::new(durability::NO_STORE, "there is no store to commit to")
                .hint("start with --store, or name a directory: `:dump \"directory\"`"));
        };
        match store.commit(m.runtime(), &self.sync.options()) {
            Ok(report) => Ok(durability::told(store, &report)),
            Err(CommitError::Unbased) => self.dump(m),
            Err(error) => Err(durability::uncommitted(&error)),
        }
    }

    /// Loads a store to go on with: another one, or this one as it is on disk.
    pub(crate) fn load_again(
        &mut self,
        directory: Option<&Path>,
        console: &mut Console,
    ) -> Result<(Runtime, StoreHandle), Failure> {
        self.finish_dumps(console);
        match (directory, &self.store) {
            (Some(directory), Some(store)) if !is_same(store.root(), directory) => {
                open_at(directory, Intent::Prompt, &self.plugins, console)
            }
            (Some(directory), None) => open_at(directory, Intent::Prompt, &self.plugins, console),
            (_, None) => Err(Failure::new("command::no-store", "there is no store to load")),
            (_, Some(store)) => {
                let (runtime, report) =
                    load_watched(store, &self.plugins).map_err(|error| unloaded(store.root(), &error))?;
                let mut handle = StoreHandle::new(self.store.take(), self.access, &self.plugins);
                handle.sync = self.sync;
                handle.states = report.states;
                Ok((runtime, handle))
            }
        }
    }

    /// Returns whether a dump writes the store that was loaded.
    pub(crate) fn is_writable(&self) -> bool {
        self.store.is_some() && self.access == Access::Write
    }

    /// Returns the file of the prompt's history.
    pub(crate) fn history(&self) -> Option<PathBuf> {
        let store = self.store.as_ref().filter(|_| self.access == Access::Write)?;
        Some(Layout::new(store.root()).private().join("history"))
    }

    /// Returns whether anything changed that neither a dump nor a commit has made durable.
    pub(crate) fn is_changed(&self, m: &Mutator<'_>) -> bool {
        self.is_new || [Purpose::Commit, Purpose::Dump].into_iter().all(|purpose| m.is_changed(purpose))
    }

    /// Returns what people call the store.
    pub(crate) fn describe(&self) -> String {
        match &self.store {
            Some(store) => format!("store {}", store.root().display()),
            None => "no store".to_owned(),
        }
    }
}

/// Returns the file system of stores.
pub(crate) fn vfs() -> Arc<dyn Vfs> {
    Arc::new(RealVfs)
}

/// Fails unless there is a store, or what is left of one.
pub(crate) fn must_exist(directory: &Path) -> Result<(), Failure> {
    let layout = Layout::new(directory);
    if layout.spaces().exists() || layout.private().exists() {
        return Ok(());
    }
    let message = format!("there is no store in `{}`", directory.display());
    Err(Failure::new(Code::NotFound.as_str(), message).hint("check the path"))
}

/// Returns whether a new store may be made there: nothing is in it but names that begin with a dot.
pub(crate) fn is_vacant(directory: &Path) -> bool {
    match std::fs::read_dir(directory) {
        Ok(entries) => entries.flatten().all(|entry| entry.file_name().to_string_lossy().starts_with('.')),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

fn is_same(a: &Path, b: &Path) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    a == b || real(a).is_some_and(|a| Some(a) == real(b))
}
