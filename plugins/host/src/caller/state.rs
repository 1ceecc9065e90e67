//! The point `plugin.state`: states that are saved and restored with the store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rps_plugin_abi as abi;
use rps_runtime::extension::{ExtensionError, Restored, StateOutcome, StateSection, StateSnapshot};

use super::guarded::Guarded;
use crate::error::{CallError, PluginError};
use crate::instance::Instance;
use crate::manager::Inner;
use crate::point::{Data, Entry, Interface, StateInterface};

/// A state may have so many bytes.
const LIMIT: u64 = 1 << 32;

/// The states of plugins that were unloaded or disabled since the store was loaded, by id: newer than what the store has.
#[derive(Debug, Default)]
pub(crate) struct Parked {
    sections: BTreeMap<String, ParkedState>,
}

#[derive(Debug)]
struct ParkedState {
    section: StateSection,
    /// Whether its plugin is there again and has not taken it up: it goes into the store as it is.
    is_refused: bool,
}

impl Parked {
    /// Forgets all: another store is worked on.
    pub(crate) fn clear(&mut self) {
        self.sections.clear();
    }
}

/// A state that can be called.
#[derive(Clone)]
struct State {
    entry: Arc<Entry>,
    instance: &'static Instance,
    data: Data,
}

impl State {
    fn of(entry: &Arc<Entry>) -> Option<State> {
        match entry.loaded()? {
            (instance, Interface::State(_), data) => Some(State { entry: Arc::clone(entry), instance, data }),
            _ => None,
        }
    }

    fn interface(&self) -> &StateInterface {
        match self.entry.loaded() {
            Some((_, Interface::State(interface), _)) => interface,
            // See `of`.
            _ => unreachable!("the entry of a state that is loaded"),
        }
    }

    /// Returns a call of the plugin; at the end of its life it is the only one that may be made.
    fn guarded<'g>(&self, manager: &'g Inner, is_lifecycle: bool) -> Guarded<'g> {
        let mut guarded = Guarded::of(manager, &self.entry, self.instance);
        guarded.is_lifecycle = is_lifecycle;
        guarded
    }

    fn quiesce(&self, manager: &Inner, is_lifecycle: bool) -> Result<(), PluginError> {
        let Some(quiesce) = self.interface().table.quiesce else { return Ok(()) };
        let data = self.data;
        self.guarded(manager, is_lifecycle).call(move |call| {
            let data = data;
            // SAFETY: the plugin has registered the function as what the point says.
            (unsafe { quiesce(data.0, call) }, ())
        })
    }

    fn resume(&self) {
        if let Some(resume) = self.interface().table.resume.filter(|_| self.instance.can_be_called()) {
            // SAFETY: the plugin has registered the function as what the point says.
            unsafe { resume(self.data.0) };
        }
    }

    fn reset(&self, manager: &Inner) -> Result<(), PluginError> {
        let Some(reset) = self.interface().table.reset else { return Ok(()) };
        let data = self.data;
        self.guarded(manager, true).call(move |call| {
            let data = data;
            // SAFETY: the plugin has registered the function as what the point says.
            (unsafe { reset(data.0, call) }, ())
        })
    }

    fn snapshot(&self, manager: &Inner, is_lifecycle: bool) -> Result<StateSection, PluginError> {
        let interface = self.interface();
        let (snapshot, data) = (interface.table.snapshot, self.data);
        let bytes = self.guarded(manager, is_lifecycle).write(LIMIT, move |call, sink| {
            let data = data;
            match snapshot {
                // SAFETY: the plugin has registered the function as what the point says.
                Some(snapshot) => unsafe { snapshot(data.0, call, sink) },
                None => abi::status::UNSUPPORTED,
            }
        })?;
        Ok(StateSection {
            id: self.entry.name.clone(),
            plugin: self.entry.plugin.clone(),
            version: interface.version,
            bytes,
            is_stale: false,
        })
    }

    /// Restores a state, after the plugin has looked whether it can.
    fn restore(&self, manager: &Inner, section: &StateSection) -> StateOutcome {
        let table = &self.interface().table;
        for function in [table.validate, table.restore].into_iter().flatten() {
            let (data, version, bytes) = (self.data, section.version, section.bytes.clone());
            let mut guarded = Guarded::of(manager, &self.entry, self.instance);
            guarded.input = bytes.len();
            let called = guarded.call(move |call| {
                let data = data;
                // SAFETY: the plugin has registered the function as what the point says.
                (unsafe { function(data.0, call, version, bytes.as_ptr(), bytes.len()) }, ())
            });
            match called {
                Ok(()) => {}
                // Another version is no failure: the plugin begins anew (BMUX-4).
                Err(PluginError::Execution { source: CallError::Unsupported { message }, .. }) => {
                    return StateOutcome::Reset { message };
                }
                Err(error) => return StateOutcome::Failed(error.into()),
            }
        }
        StateOutcome::Restored
    }
}

/// Lets states go on when it is dropped.
struct Quiet(Vec<State>);

impl Drop for Quiet {
    fn drop(&mut self) {
        for state in self.0.iter().rev() {
            state.resume();
        }
    }
}

/// Stops all states and takes them down.
pub(crate) fn snapshot(manager: &Inner) -> StateSnapshot {
    let mut taken = StateSnapshot::default();
    let mut quiet = Quiet(Vec::new());
    let mut willing = Vec::new();
    for state in ordered(manager) {
        let stopped = state.quiesce(manager, false);
        quiet.0.push(state.clone());
        match stopped {
            Ok(()) => willing.push(state),
            Err(error) => taken.failures.push((state.entry.name.clone(), failure(error))),
        }
    }
    for state in willing {
        match state.snapshot(manager, false) {
            Ok(section) => taken.sections.push(section),
            Err(error) => taken.failures.push((state.entry.name.clone(), failure(error))),
        }
    }
    // What is parked of a state that is there again was not taken up by it: it stays.
    let parked = manager.parked.lock();
    taken.sections.retain(|section| !parked.sections.contains_key(&section.id));
    taken.sections.extend(parked.sections.values().map(|parked| parked.section.clone()));
    for (id, error) in manager.silent_states() {
        if !parked.sections.contains_key(&id) {
            taken.failures.push((id, error.into()));
        }
    }
    drop(parked);
    taken.sections.sort_by(|a, b| a.id.cmp(&b.id));
    taken.quiet = Some(Box::new(quiet));
    taken
}

fn failure(error: PluginError) -> ExtensionError {
    error.into()
}

/// Restores the states of a store, those that others depend on first.
pub(crate) fn restore(manager: &Arc<Inner>, sections: &[StateSection]) -> Vec<Restored> {
    let by_id: BTreeMap<&str, &StateSection> =
        sections.iter().map(|section| (section.id.as_str(), section)).collect();
    let declared: Vec<String> = manager
        .registry
        .list(abi::point::STATE)
        .iter()
        .filter(|entry| entry.declared().is_some() && by_id.contains_key(entry.name.as_str()))
        .map(|entry| entry.plugin.clone())
        .collect();
    let mut failed: BTreeMap<String, ExtensionError> = BTreeMap::new();
    for plugin in declared {
        if let Err(error) = manager.require(&plugin) {
            failed.insert(plugin, error.into());
        }
    }
    let mut outcomes: BTreeMap<String, StateOutcome> = BTreeMap::new();
    for state in ordered(manager) {
        if let Some(section) = by_id.get(state.entry.name.as_str()) {
            outcomes.insert(section.id.clone(), state.restore(manager, section));
        }
    }
    let mut all = Vec::new();
    for section in sections {
        let absent =
            || failed.get(&section.plugin).cloned().map_or(StateOutcome::Absent, StateOutcome::Failed);
        let outcome = outcomes.remove(&section.id).unwrap_or_else(absent);
        all.push(Restored { id: section.id.clone(), outcome });
    }
    all
}

/// Lets states begin anew, of plugins that are disabled too.
pub(crate) fn reset(manager: &Inner, entries: &[Arc<Entry>]) {
    for state in entries.iter().filter_map(State::of).filter(|state| state.instance.can_be_called()) {
        if let Err(error) = state.reset(manager) {
            manager.log(abi::host::LOG_WARN, &state.entry.plugin, &error.to_string());
        }
    }
}

/// Takes the states of a plugin down that is about to go, of which nothing is found any more; what is parked already stays
/// as it is.
///
/// # Errors
///
/// The first that cannot be taken down.
pub(crate) fn park(manager: &Inner, entries: &[Arc<Entry>]) -> Result<(), PluginError> {
    let states: Vec<State> = {
        let parked = manager.parked.lock();
        let is_fresh = |state: &State| !parked.sections.contains_key(&state.entry.name);
        entries.iter().filter_map(State::of).filter(is_fresh).collect()
    };
    let mut quiet = Quiet(Vec::new());
    let mut fresh = Vec::new();
    for state in states {
        let stopped = state.quiesce(manager, true);
        quiet.0.push(state.clone());
        stopped?;
        fresh.push(state.snapshot(manager, true)?);
    }
    let mut parked = manager.parked.lock();
    for section in fresh {
        parked.sections.insert(section.id.clone(), ParkedState { section, is_refused: false });
    }
    Ok(())
}

/// Restores the states of a plugin that came back. What is parked of them stays so, until [`forget_restored`].
pub(crate) fn restore_parked(manager: &Inner, plugin: &str) -> Vec<Restored> {
    let mut all = Vec::new();
    for state in ordered(manager).into_iter().filter(|state| state.entry.plugin == plugin) {
        let section = {
            let parked = manager.parked.lock();
            parked.sections.get(&state.entry.name).map(|parked| parked.section.clone())
        };
        let Some(section) = section else { continue };
        let outcome = state.restore(manager, &section);
        all.push(Restored { id: section.id, outcome });
    }
    all
}

/// Forgets what was parked of states that have been restored; what was refused goes into the store as it is.
pub(crate) fn forget_restored(manager: &Inner, restored: &[Restored]) {
    let mut parked = manager.parked.lock();
    for Restored { id, outcome } in restored {
        match outcome {
            StateOutcome::Restored => {
                parked.sections.remove(id);
            }
            _ => {
                if let Some(parked) = parked.sections.get_mut(id) {
                    parked.is_refused = true;
                }
            }
        }
    }
}

/// Forgets what was parked of a plugin that has gone on meanwhile.
pub(crate) fn unpark(manager: &Inner, plugin: &str) {
    let is_kept = |parked: &ParkedState| parked.section.plugin != plugin || parked.is_refused;
    manager.parked.lock().sections.retain(|_, parked| is_kept(parked));
}

/// Returns the states that can be called, those that others depend on first.
fn ordered(manager: &Inner) -> Vec<State> {
    let list = manager.registry.list(abi::point::STATE);
    let states: BTreeMap<String, State> =
        list.iter().filter_map(State::of).map(|state| (state.entry.name.clone(), state)).collect();
    let mut order = Vec::new();
    let mut seen = BTreeSet::new();
    for id in states.keys() {
        visit(id, &states, &mut seen, &mut order);
    }
    order
}

/// A cycle is cut where it is met: each state comes once.
fn visit(id: &str, states: &BTreeMap<String, State>, seen: &mut BTreeSet<String>, order: &mut Vec<State>) {
    let Some(state) = states.get(id) else { return };
    if !seen.insert(id.to_owned()) {
        return;
    }
    for dependency in &state.interface().dependencies {
        visit(dependency, states, seen, order);
    }
    order.push(state.clone());
}
