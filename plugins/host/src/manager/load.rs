//! From found to loaded: in the order of dependencies, each wholly or not at all.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use rps_plugin_abi as abi;
use rps_runtime::extension::{Restored, StateOutcome};

use super::record::{Origin, Record, Stage};
use super::{Inner, Manager};
use crate::api;
use crate::caller::{self, Guarded};
use crate::error::{CallError, LoadError, PluginError};
use crate::instance::{Instance, Phase};
use crate::library::{Description, FileIdentity, Module, Sidecar, hash_of};
use crate::point::{Definition, Entry, Interface};
use crate::registrar::Staging;

/// So many plugins are loaded at once.
const LOADERS: usize = 4;

impl Manager {
    /// Loads a plugin by its id, or the one in a file, and what it needs. Loading what is loaded changes nothing. Returns
    /// the plugin's id.
    ///
    /// # Errors
    ///
    /// Why it was not loaded; whatever it has registered until then is gone again.
    pub fn load(&self, plugin: &str) -> Result<String, PluginError> {
        let inner = self.inner();
        if let Some(record) = inner.record(plugin) {
            inner.load(&record)?;
            return Ok(record.id.clone());
        }
        let path = Path::new(plugin);
        let is_path = plugin.contains(std::path::MAIN_SEPARATOR) || path.is_file();
        if !is_path {
            return Err(inner.no_plugin(plugin));
        }
        let failed = |source| PluginError::Load { plugin: plugin.to_owned(), source };
        let id = inner.add_file(path).map_err(failed)?;
        let record = inner.record(&id).ok_or_else(|| inner.no_plugin(&id))?;
        inner.load(&record)?;
        Ok(id)
    }

    /// Loads every plugin that is not declared by a sidecar and is enabled, several at once (DYN-24). What fails is told
    /// by [`Manager::list`]; the others are loaded all the same.
    pub fn start(&self) {
        let inner = self.inner();
        let all = inner.all_records();
        let wanted: Vec<Arc<Record>> = all
            .into_iter()
            .filter(|record| {
                let state = record.state.lock();
                state.stage == Stage::Found && state.sidecar.is_none() && state.is_enabled
            })
            .collect();
        inner.load_several(&wanted);
    }

    /// Loads plugins, several at once, and returns what came of each.
    pub fn load_all(&self) {
        let inner = self.inner();
        let enabled = |record: &Arc<Record>| record.state.lock().is_enabled;
        let all: Vec<_> = inner.all_records().into_iter().filter(enabled).collect();
        inner.load_several(&all);
    }
}

impl Inner {
    fn load_several(&self, wanted: &[Arc<Record>]) {
        let next = Mutex::new(wanted.iter());
        let count = wanted.len().min(LOADERS);
        if count <= 1 {
            for record in wanted {
                // `load` notes why it failed.
                let _noted = self.load(record);
            }
            return;
        }
        std::thread::scope(|scope| {
            for _ in 0..count {
                scope.spawn(|| {
                    loop {
                        let Some(record) = next.lock().next() else { return };
                        let _noted = self.load(record);
                    }
                });
            }
        });
    }

    /// Loads a plugin and what it needs.
    pub(super) fn load(&self, record: &Arc<Record>) -> Result<(), PluginError> {
        if is_loaded(record) {
            return Ok(());
        }
        let plan = self.plan(record).map_err(|error| note_failure(record, error))?;
        let mut failures: Vec<(&Record, PluginError)> = Vec::new();
        for planned in &plan {
            let missed = failures.iter().find(|(other, _)| planned.is_in_need_of(other));
            let result = match missed {
                Some((other, error)) => {
                    let source =
                        LoadError::Dependency { needs: other.id.clone(), message: error.to_string() };
                    Err(note_failure(planned, PluginError::Load { plugin: planned.id.clone(), source }))
                }
                None => self.load_alone(planned),
            };
            if let Err(error) = result {
                // Whoever works without it goes on without it; the plugin itself is the last of the plan.
                failures.push((planned, error));
            }
        }
        match failures.pop() {
            Some((last, error)) if last.id == record.id => Err(error),
            _ => Ok(()),
        }
    }

    /// Loads a plugin whose dependencies are loaded.
    fn load_alone(&self, record: &Arc<Record>) -> Result<(), PluginError> {
        let _changing = self.change(record);
        if is_loaded(record) {
            return Ok(());
        }
        if let Some(path) = record.path().filter(|_| self.is_isolated(&record.id)) {
            return self.load_isolated(record, path);
        }
        let result = self.initialise(record);
        let name = self.name_of(record);
        let mut state = record.state.lock();
        match result {
            Ok(()) => {
                state.stage = Stage::Loaded;
                state.error = None;
                drop(state);
                self.log(abi::host::LOG_DEBUG, &record.id, "loaded");
                self.settle(record);
                Ok(())
            }
            Err(source) => {
                let error = match source {
                    LoadError::Disabled => PluginError::Disabled { plugin: record.id.clone() },
                    source => PluginError::Load { plugin: name, source },
                };
                if !matches!(error, PluginError::Disabled { .. }) {
                    state.stage = Stage::Failed;
                    state.error = Some(error.clone());
                }
                Err(error)
            }
        }
    }

    /// Starts the process of a plugin that is not to be mapped here.
    fn load_isolated(&self, record: &Record, path: &Path) -> Result<(), PluginError> {
        if !record.state.lock().is_enabled {
            return Err(PluginError::Disabled { plugin: record.id.clone() });
        }
        let needs = record.state.lock().description.as_ref().is_some_and(|description| {
            description.requires.iter().any(|requirement| !requirement.is_optional)
        });
        let started = match needs {
            true => Err(LoadError::Refused {
                message: "`isolation: process` is for plugins that need no others".into(),
            }),
            false => self.start_process(&record.id, path),
        };
        let mut state = record.state.lock();
        match started {
            Ok(entries) => {
                state.stage = Stage::Loaded;
                state.error = None;
                state.entries = entries;
                self.publish(record, &state.entries, &[]);
                Ok(())
            }
            Err(source) => {
                let error = PluginError::Load { plugin: record.id.clone(), source };
                state.stage = Stage::Failed;
                state.error = Some(error.clone());
                Err(error)
            }
        }
    }

    /// Returns the id of a plugin, or its path where that says more.
    fn name_of(&self, record: &Record) -> String {
        match record.state.lock().description {
            Some(_) => record.id.clone(),
            None => record.path().map_or_else(|| record.id.clone(), |path| path.display().to_string()),
        }
    }

    /// Maps a plugin's library, if that is not done, lets it register what it has, and makes that count.
    fn initialise(&self, record: &Arc<Record>) -> Result<(), LoadError> {
        if !record.state.lock().is_enabled {
            return Err(LoadError::Disabled);
        }
        let instance = self.instance(record)?;
        self.initialise_instance(record, instance)
    }

    /// Lets an instance register what it has, and makes that count.
    pub(super) fn initialise_instance(
        &self,
        record: &Record,
        instance: &'static Instance,
    ) -> Result<(), LoadError> {
        for needed in &instance.module.description.extensions {
            if !api::EXTENSIONS.contains(&needed.as_str()) {
                return Err(LoadError::MissingExtension { name: needed.clone() });
            }
        }
        if instance.calls() > 0 {
            // Its last `init`, perhaps: two at once would register into one another.
            let message = "a call of it that was given up has not ended yet".to_owned();
            return Err(LoadError::Init(CallError::Busy { message }));
        }
        *instance.staging.lock() = Some(Staging::default());
        instance.set_phase(Phase::Initialising);
        *instance.timeout.write() = Some(self.config.read().timeout_of(instance.id));
        instance.faults.store(0, Ordering::Release);
        let result = self.run_init(record, instance);
        // From here on nothing can be registered, not by a thread that `init` has left behind either.
        let staging = instance.staging.lock().take().unwrap_or_default();
        let publishing = self.publishing.lock();
        let has_begun = result.is_ok();
        let checked = match (staging.error.clone(), result) {
            (Some(error), _) => Err(error),
            (None, Err(error)) => Err(LoadError::Init(error)),
            (None, Ok(())) => self.check_conflicts(instance, &staging.entries),
        };
        if let Err(error) = checked {
            drop(publishing);
            if has_begun {
                self.deinit(record, instance);
            }
            instance.set_phase(Phase::Closed);
            return Err(error);
        }
        instance.set_phase(Phase::Live);
        let mut state = record.state.lock();
        state.entries = staging.entries;
        state.definitions = staging.definitions;
        state.instance = Some(instance);
        self.publish(record, &state.entries, &state.definitions);
        Ok(())
    }

    fn run_init(&self, record: &Record, instance: &'static Instance) -> Result<(), CallError> {
        let init = instance.module.init;
        let registrar = std::ptr::dangling_mut::<abi::Registrar>();
        if let Origin::BuiltIn(_) = record.origin {
            // A part of the program is trusted: a thread of its own would cost more than all it does.
            api::take_failure();
            // SAFETY: the program hands over its own function.
            let status = unsafe { init(&raw const instance.host, registrar) };
            return match caller::error_of(status) {
                None => Ok(()),
                Some(error) => Err(error),
            };
        }
        let guarded = Guarded {
            manager: self,
            instance,
            what: "init".into(),
            metrics: None,
            runtime: None,
            input: 0,
            is_lifecycle: true,
        };
        let called = guarded.run(move |_| {
            // SAFETY: the library exports it as what the interface says. The registrar is never looked into.
            (unsafe { init(&raw const instance.host, std::ptr::dangling_mut()) }, ())
        });
        called.map_err(|failure| failure.error)
    }

    /// Makes what a plugin has registered count.
    pub(super) fn publish(&self, record: &Record, entries: &[Arc<Entry>], definitions: &[Definition]) {
        self.registry.replace(&record.id, entries.to_vec(), definitions.to_vec());
    }

    /// Does what is to be done when a plugin has come: its functions get their names, its state and its payloads come
    /// back.
    pub(super) fn settle(&self, record: &Record) {
        self.bind();
        let restored = caller::restore_parked(self, &record.id);
        caller::forget_restored(self, &restored);
        for Restored { id, outcome } in restored {
            let why = match outcome {
                StateOutcome::Failed(error) => error.to_string(),
                StateOutcome::Reset { message } => message,
                StateOutcome::Restored | StateOutcome::Absent => continue,
            };
            let text = format!("the state {id} was not taken up, and stays in the store as it is: {why}");
            self.log(abi::host::LOG_WARN, &record.id, &text);
        }
        self.revive(record);
        if let Some(me) = self.arc() {
            me.emit("plugin.loaded", &serde_json::json!({ "id": record.id }).to_string());
        }
    }

    /// Returns the instance of a plugin, mapping its library if that is not done, or if there is another one now.
    fn instance(&self, record: &Record) -> Result<&'static Instance, LoadError> {
        let Origin::File(path) = &record.origin else { return self.built_in_instance(record) };
        let known = record.state.lock().instance;
        let identity = match (FileIdentity::of(path), known) {
            (Ok(identity), _) => identity,
            // What is mapped needs no file.
            (Err(LoadError::File { .. }), Some(instance)) => return Ok(instance),
            (Err(error), _) => return Err(error),
        };
        let is_same = record.state.lock().identity.as_ref() == Some(&identity);
        if let Some(instance) = known.filter(|_| is_same) {
            return Ok(instance);
        }
        let mapped = self.instances.lock().get(&identity).copied();
        let instance = match mapped {
            Some(instance) => instance,
            None => {
                self.read_sidecar(record, path)?;
                let kept = record.state.lock().module.take().filter(|_| is_same);
                let module = match kept {
                    Some(module) => module,
                    // The system's loader gives the old library for a path that it knows.
                    None if known.is_some() => Module::open_copy(path)?,
                    None => Module::open(path)?,
                };
                if let Some(sidecar) = &record.state.lock().sidecar {
                    check_sidecar(&sidecar.description, &module.description)?;
                }
                if module.description.id != record.id {
                    let other = format!("it is the plugin {} now", module.description.id);
                    return Err(LoadError::Sidecar { sidecar: record.id.clone(), library: other });
                }
                let instance = Instance::leak(module, self.me.clone());
                self.instances.lock().insert(identity.clone(), instance);
                instance
            }
        };
        let mut state = record.state.lock();
        state.description = Some(instance.module.description.clone());
        state.identity = Some(identity);
        state.instance = Some(instance);
        Ok(instance)
    }

    fn built_in_instance(&self, record: &Record) -> Result<&'static Instance, LoadError> {
        let mut state = record.state.lock();
        match (&record.origin, state.instance) {
            (Origin::BuiltIn(built_in), None) => {
                let instance = Instance::leak(Module::built_in(built_in)?, self.me.clone());
                state.instance = Some(instance);
                Ok(instance)
            }
            (_, Some(instance)) => Ok(instance),
            (Origin::File(path), None) => {
                Err(LoadError::File { path: path.clone(), message: "it is no part of the program".into() })
            }
        }
    }

    /// Reads a plugin's sidecar anew, if it has one, and makes sure that the library is the one that it describes.
    pub(super) fn read_sidecar(&self, record: &Record, path: &Path) -> Result<(), LoadError> {
        if record.state.lock().sidecar.is_none() {
            return Ok(());
        }
        let sidecar = Sidecar::read(&Sidecar::path_of(path))?;
        if let Some(expected) = &sidecar.blake3 {
            check_hash(path, expected)?;
        }
        record.state.lock().sidecar = Some(sidecar);
        Ok(())
    }

    /// Makes sure that what a plugin has registered is not there already, where a name can be there once only.
    fn check_conflicts(&self, instance: &Instance, entries: &[Arc<Entry>]) -> Result<(), LoadError> {
        for entry in entries {
            let list = self.registry.list(&entry.point);
            let others = list.iter().filter(|other| other.plugin != instance.id);
            let mut others = others.filter_map(|other| Some((other, other.loaded()?.1)));
            let Some((_, own, _)) = entry.loaded() else { continue };
            let taken = match own {
                Interface::State(_) => others.find(|(other, _)| other.name == entry.name),
                Interface::Codec(codec) => others.find(|(other, theirs)| {
                    let same = matches!(theirs, Interface::Codec(theirs) if theirs.magic == codec.magic);
                    same || other.name == entry.name
                }),
                _ => None,
            };
            if let Some((other, _)) = taken {
                return Err(LoadError::Registration {
                    code: "plugin::duplicate-registration",
                    what: format!("`{}` at the point `{}`", entry.name, entry.point),
                    problem: format!("{} has registered `{}` there", other.plugin, other.name),
                });
            }
        }
        Ok(())
    }

    /// Waits until nobody else loads, unloads, enables or disables a plugin. A thread that is in the runtime lets others
    /// in meanwhile: who has the lock may want to.
    pub(super) fn change<'r>(&self, record: &'r Record) -> MutexGuard<'r, ()> {
        if let Some(guard) = record.changing.try_lock() {
            return guard;
        }
        match self.runtime() {
            Some(runtime) => runtime.blocking(|| record.changing.lock()),
            None => record.changing.lock(),
        }
    }

    pub(super) fn no_plugin(&self, name: &str) -> PluginError {
        let known = self.all_records().iter().map(|record| record.id.clone()).collect();
        PluginError::NotFound { name: name.to_owned(), known }
    }

    /// Returns how long a plugin's calls are waited for when it goes.
    pub(super) fn drain_limit(&self) -> Duration {
        Duration::from_secs(2)
    }
}

/// Notes why a plugin is not loaded.
fn note_failure(record: &Record, error: PluginError) -> PluginError {
    let mut state = record.state.lock();
    if state.stage == Stage::Found {
        state.stage = Stage::Failed;
    }
    state.error = Some(error.clone());
    error
}

fn is_loaded(record: &Record) -> bool {
    let state = record.state.lock();
    state.stage == Stage::Loaded && state.is_enabled
}

fn check_hash(path: &Path, expected: &str) -> Result<(), LoadError> {
    let found = hash_of(path)?;
    if found == expected.to_ascii_lowercase() {
        return Ok(());
    }
    Err(LoadError::Checksum { path: path.to_path_buf(), expected: expected.to_owned(), found })
}

fn check_sidecar(sidecar: &Description, library: &Description) -> Result<(), LoadError> {
    if (&sidecar.id, &sidecar.version) == (&library.id, &library.version) {
        return Ok(());
    }
    let told = |description: &Description| format!("{} {}", description.id, description.version);
    Err(LoadError::Sidecar { sidecar: told(sidecar), library: told(library) })
}
