//! A session as a process has it: a store, the runtime that was loaded from it, and a ledger of what was promised.

use std::path::Path;
use std::sync::Arc;

use rps_persist::native::{CommitOptions, DumpOptions, DumpReport, Lazy, LoadOptions};
use rps_persist::vfs::Vfs;
use rps_persist::{Access, CommitError, DumpError, LoadError, Store, SyncLevel};
use rps_runtime::Runtime;

use crate::graph::Graph;

/// Where the store is.
pub(crate) const ROOT: &str = "/store";

/// A space with more bytes than this gets several files: small, so that small graphs have some that do not change.
const FILE_LIMIT: usize = 1500;

/// What a session has asked to be made durable, and what it was told about it.
#[derive(Debug, Clone)]
pub(crate) struct Ledger<S = Graph> {
    /// Every state that the store may hold, the latest last.
    states: Vec<S>,
    /// The first of them that may be found after the death of the process.
    after_death: usize,
    /// The first of them that may be found after a power loss.
    after_power_loss: usize,
}

/// What happened to a disk before it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Event {
    /// Nothing worse than the death of the process.
    Death,
    /// The power failed.
    PowerLoss,
}

impl<S> Default for Ledger<S> {
    fn default() -> Ledger<S> {
        Ledger { states: Vec::new(), after_death: 0, after_power_loss: 0 }
    }
}

impl<S: Clone + PartialEq> Ledger<S> {
    /// Returns a ledger of a store that holds a state.
    pub(crate) fn holding(state: S) -> Ledger<S> {
        Ledger { states: vec![state], after_death: 0, after_power_loss: 0 }
    }

    /// Notes a state that is about to be made durable. Returns its number.
    pub(crate) fn ask(&mut self, state: S) -> usize {
        if self.states.last() != Some(&state) {
            self.states.push(state);
        }
        self.states.len() - 1
    }

    /// Notes that a state was said to be durable.
    pub(crate) fn promise(&mut self, number: usize, sync: SyncLevel) {
        self.after_death = self.after_death.max(number);
        if sync != SyncLevel::None {
            self.after_power_loss = self.after_power_loss.max(number);
        }
    }

    /// Notes that a state was found after an event: what came after it is gone for good.
    pub(crate) fn found(&mut self, state: &S, event: Event) {
        let number = self.states.iter().rposition(|known| known == state).unwrap_or(0);
        match event {
            Event::Death => {
                self.states.truncate(number + 1);
                self.after_death = number;
                self.after_power_loss = self.after_power_loss.min(number);
            }
            Event::PowerLoss => *self = Ledger::holding(state.clone()),
        }
    }

    /// Returns the states that may be found after an event, the oldest first.
    pub(crate) fn allowed(&self, event: Event) -> &[S] {
        let first = match event {
            Event::Death => self.after_death,
            Event::PowerLoss => self.after_power_loss,
        };
        &self.states[first.min(self.states.len())..]
    }
}

/// A store that is open for writing, and its runtime.
pub(crate) struct Session {
    pub(crate) store: Store,
    pub(crate) runtime: Runtime,
    pub(crate) ledger: Ledger,
    pub(crate) sync: SyncLevel,
    /// Whether the runtime is known to come from the store.
    pub(crate) is_based: bool,
}

impl Session {
    /// Makes a store that nothing was dumped to yet, for a runtime.
    pub(crate) fn create(vfs: &Arc<dyn Vfs>, runtime: Runtime) -> Session {
        let store = Store::create(vfs, Path::new(ROOT)).unwrap();
        Session { store, runtime, ledger: Ledger::default(), sync: SyncLevel::Full, is_based: false }
    }

    /// Opens the store for writing. The ledger begins with what is there.
    pub(crate) fn open(vfs: &Arc<dyn Vfs>, lazy: Lazy) -> Result<Session, LoadError> {
        let store = Store::open(vfs, Path::new(ROOT), Access::Write)?;
        let (runtime, _) = store.load_with(&load_options(lazy))?;
        Ok(Session { store, runtime, ledger: Ledger::default(), sync: SyncLevel::Full, is_based: true })
    }

    /// Makes a commit of what the runtime holds now.
    pub(crate) fn commit(&mut self) -> Result<(), CommitError> {
        let number = self.ledger.ask(Graph::of(&self.runtime));
        self.store.commit(&self.runtime, &commit_options(self.sync))?;
        self.ledger.promise(number, self.sync);
        Ok(())
    }

    /// Dumps what the runtime holds now.
    pub(crate) fn dump(&mut self) -> Result<DumpReport, DumpError> {
        let number = self.ledger.ask(Graph::of(&self.runtime));
        let report = self.store.dump_with(&self.runtime, &dump_options())?;
        self.ledger.promise(number, SyncLevel::Full);
        Ok(report)
    }
}

/// Returns how to make a commit of a level.
pub(crate) fn commit_options(sync: SyncLevel) -> CommitOptions {
    CommitOptions::synced(sync)
}

/// Returns how stores are loaded here.
pub(crate) fn load_options(lazy: Lazy) -> LoadOptions {
    let mut options = LoadOptions::default();
    options.lazy = lazy;
    options
}

/// Returns how stores are dumped here.
pub(crate) fn dump_options() -> DumpOptions {
    let mut options = DumpOptions::default();
    options.file_limit = FILE_LIMIT;
    options
}

/// Returns what a reader finds in the store.
pub(crate) fn read(vfs: &Arc<dyn Vfs>, lazy: Lazy) -> Result<Graph, LoadError> {
    let store = Store::open(vfs, Path::new(ROOT), Access::Read)?;
    let (runtime, _) = store.load_with(&load_options(lazy))?;
    Ok(Graph::of(&runtime))
}
