//! Disabling, enabling, unloading and reloading.

use std::ptr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rps_plugin_abi as abi;
use rps_runtime::extension::StateOutcome;
use rps_runtime::{ObjectRef, Value};

use super::record::{Origin, Record, Stage};
use super::{Inner, Manager};
use crate::caller::{self, Guarded, payload};
use crate::error::{CallError, LoadError, PluginError};
use crate::instance::{Instance, Phase};
use crate::library::{FileIdentity, Module};

impl Manager {
    /// Enables a plugin: what it has registered is found again. One that was never loaded is loaded at its first use.
    ///
    /// # Errors
    ///
    /// [`PluginError::NotFound`].
    pub fn enable(&self, plugin: &str) -> Result<(), PluginError> {
        let inner = self.inner();
        let record = inner.record(plugin).ok_or_else(|| inner.no_plugin(plugin))?;
        inner.enable(&record)
    }

    /// Disables a plugin: nothing that it has registered is found, and its state and payloads stay as they are.
    ///
    /// # Errors
    ///
    /// [`PluginError::NotFound`], [`PluginError::Needed`], and what keeps its state from being taken down.
    pub fn disable(&self, plugin: &str) -> Result<(), PluginError> {
        let inner = self.inner();
        let record = inner.record(plugin).ok_or_else(|| inner.no_plugin(plugin))?;
        let needed_by = inner.dependents(plugin);
        if !needed_by.is_empty() {
            return Err(PluginError::Needed { plugin: plugin.to_owned(), by: needed_by });
        }
        inner.disable(&record)
    }

    /// Unloads a plugin: what it has registered is gone, its calls are waited for, it is ended. Its library stays mapped.
    /// With `force`, objects that hold its payloads keep them as a store does.
    ///
    /// # Errors
    ///
    /// [`PluginError::InUse`], [`PluginError::Needed`], [`PluginError::BuiltIn`]; the plugin is as it was, then.
    pub fn unload(&self, plugin: &str, force: bool) -> Result<(), PluginError> {
        let inner = self.inner();
        let record = inner.record(plugin).ok_or_else(|| inner.no_plugin(plugin))?;
        if let Origin::BuiltIn(_) = record.origin {
            return Err(PluginError::BuiltIn { plugin: plugin.to_owned() });
        }
        let needed_by = inner.dependents(plugin);
        if !needed_by.is_empty() {
            return Err(PluginError::Needed { plugin: plugin.to_owned(), by: needed_by });
        }
        inner.unload(&record, force)
    }

    /// Loads a plugin anew, from the library as it is on disk now: its state and payloads go over to it. If the new one
    /// cannot be loaded, the old one is there again.
    ///
    /// # Errors
    ///
    /// As [`Manager::unload`] and [`Manager::load`].
    pub fn reload(&self, plugin: &str) -> Result<(), PluginError> {
        let inner = self.inner();
        let record = inner.record(plugin).ok_or_else(|| inner.no_plugin(plugin))?;
        inner.reload(&record)
    }
}

impl Manager {
    /// Ends all plugins, those that need others first: waits for the agenda and for calls that are under way, at most so
    /// long, and tells each that it is over. Nothing can be called afterwards (DYN-8).
    ///
    /// A plugin with an execution tier is not waited for: what it makes is for nobody any more. If it is at work it is left as it
    /// is, and is not told. Who ends the process then makes sure that it is done, or ends by `_exit`, as `rps` does: destructors
    /// of the library would run under it.
    pub fn shut_down(&self, limit: Duration) {
        let inner = self.inner();
        let end = Instant::now() + limit;
        inner.agenda.drain(limit);
        let loaded = |record: &Arc<Record>| {
            let state = record.state.lock();
            state.instance.is_some_and(|instance| instance.phase() == Phase::Live)
        };
        let tiers = inner.registry.list(abi::point::TIER);
        let is_compiler = |instance: &'static Instance| {
            tiers.iter().any(|entry| entry.loaded().is_some_and(|(tier, ..)| ptr::eq(tier, instance)))
        };
        let mut order: Vec<Arc<Record>> = Vec::new();
        for record in inner.all_records().iter().filter(|record| loaded(record)) {
            for planned in inner.plan(record).unwrap_or_else(|_| vec![Arc::clone(record)]) {
                if loaded(&planned) && order.iter().all(|known| known.id != planned.id) {
                    order.push(planned);
                }
            }
        }
        for record in &order {
            inner.withdraw(record);
            if let Some(instance) = record.state.lock().instance {
                instance.set_phase(Phase::Closing);
            }
        }
        inner.stop_all();
        for record in order.iter().rev() {
            let _changing = inner.change(record);
            let Some(instance) = record.state.lock().instance else { continue };
            while instance.calls() > 0 && Instant::now() < end && !is_compiler(instance) {
                std::thread::sleep(Duration::from_millis(1));
            }
            if instance.calls() == 0 {
                inner.deinit(record, instance);
                instance.set_phase(Phase::Closed);
            }
        }
        for record in inner.all_records() {
            inner.end_process(&record.id);
        }
    }
}

/// What is done rather than refusing to end a plugin.
#[derive(Clone, Copy)]
struct Force {
    /// Objects keep the plugin's payloads as a store does.
    payloads: bool,
    /// A state that cannot be taken down is given up; the store has what was saved of it.
    states: bool,
}

impl Inner {
    pub(super) fn enable(&self, record: &Arc<Record>) -> Result<(), PluginError> {
        let _changing = self.change(record);
        let mut state = record.state.lock();
        if state.is_enabled && state.stage != Stage::Faulted {
            return Ok(());
        }
        state.is_enabled = true;
        state.error = None;
        let live = state.instance.filter(|instance| instance.is_live());
        match (state.stage, live) {
            (Stage::Loaded | Stage::Faulted, Some(instance)) => {
                state.stage = Stage::Loaded;
                instance.faults.store(0, Ordering::Release);
                self.publish(record, &state.entries, &state.definitions);
                // Its state has stayed where it was.
                caller::unpark(self, &record.id);
            }
            (stage, _) => {
                if stage != Stage::Unloaded && state.description.is_some() {
                    state.stage = Stage::Found;
                }
                if let Some(sidecar) = state.sidecar.clone() {
                    self.declare(&record.id, sidecar.declared);
                }
            }
        }
        drop(state);
        self.bind();
        self.revive(record);
        self.tell("plugin.enabled", record);
        Ok(())
    }

    pub(super) fn disable(&self, record: &Arc<Record>) -> Result<(), PluginError> {
        let _changing = self.change(record);
        if !record.state.lock().is_enabled {
            return Ok(());
        }
        self.withdraw(record);
        let (stage, entries) = {
            let mut state = record.state.lock();
            state.is_enabled = false;
            (state.stage, state.entries.clone())
        };
        if self.end_process(&record.id) {
            let mut state = record.state.lock();
            state.stage = Stage::Found;
            state.entries.clear();
        } else if stage == Stage::Loaded
            && let Err(error) = caller::park(self, &entries)
        {
            // A dump will say so again.
            self.log(abi::host::LOG_WARN, &record.id, &error.to_string());
        }
        self.tell("plugin.disabled", record);
        Ok(())
    }

    /// Makes sure that nothing of a plugin is found any more.
    fn withdraw(&self, record: &Record) {
        self.registry.replace(&record.id, Vec::new(), Vec::new());
        self.bind();
    }

    fn unload(&self, record: &Arc<Record>, force: bool) -> Result<(), PluginError> {
        let _changing = self.change(record);
        let live = record.state.lock().instance.filter(|instance| instance.is_live());
        match live {
            Some(instance) => self.close(record, instance, Force { payloads: force, states: force })?,
            None => {
                self.withdraw(record);
                self.end_process(&record.id);
            }
        }
        let mut state = record.state.lock();
        state.stage = Stage::Unloaded;
        state.entries.clear();
        state.definitions.clear();
        // It can come back at its next use.
        if let Some(sidecar) = state.sidecar.clone().filter(|_| state.is_enabled) {
            state.stage = Stage::Found;
            self.declare(&record.id, sidecar.declared);
        }
        drop(state);
        self.bind();
        self.tell("plugin.unloaded", record);
        Ok(())
    }

    /// Ends an instance: nothing of it is found, called or held any more. If that cannot be, it is as it was.
    fn close(&self, record: &Record, instance: &'static Instance, force: Force) -> Result<(), PluginError> {
        self.withdraw(record);
        instance.set_phase(Phase::Closing);
        // Whoever was about to make a direct call has begun it after this, or finds that it is too late.
        self.stop_all();
        if let Err(error) = self.settle_before_end(record, instance, force) {
            instance.set_phase(Phase::Live);
            let state = record.state.lock();
            if state.is_enabled {
                self.publish(record, &state.entries, &state.definitions);
                caller::unpark(self, &record.id);
            }
            drop(state);
            self.bind();
            self.revive(record);
            return Err(error);
        }
        // Payloads of objects that died are dropped while their plugin is still there to do it.
        self.stop_all();
        self.deinit(record, instance);
        instance.set_phase(Phase::Closed);
        Ok(())
    }

    /// Waits for the calls of a plugin, and takes its states and, with force, its payloads down.
    fn settle_before_end(
        &self,
        record: &Record,
        instance: &'static Instance,
        force: Force,
    ) -> Result<(), PluginError> {
        let in_use = |calls, objects| PluginError::InUse { plugin: record.id.clone(), calls, objects };
        self.drain(instance).map_err(|calls| in_use(calls, 0))?;
        let entries = record.state.lock().entries.clone();
        if let Err(error) = caller::park(self, &entries) {
            if !force.states {
                return Err(error);
            }
            self.log(abi::host::LOG_WARN, &record.id, &format!("its state is kept as it was saved: {error}"));
        }
        match self.objects_of(&record.id, force.payloads)? {
            0 => Ok(()),
            objects => Err(in_use(0, objects)),
        }
    }

    /// Stops all threads of the runtime for a moment, and collects.
    fn stop_all(&self) {
        if let Some(runtime) = self.runtime() {
            runtime.enter(|m| m.collect());
        }
    }

    /// Tells a plugin that it is over.
    pub(super) fn deinit(&self, record: &Record, instance: &'static Instance) {
        if let Some(deinit) = instance.module.deinit {
            let guarded = Guarded {
                manager: self,
                instance,
                what: "deinit".into(),
                metrics: None,
                runtime: None,
                input: 0,
                is_lifecycle: true,
            };
            let ended = guarded.run(move |_| {
                // SAFETY: the library exports it as what the interface says; no call of it is under way.
                unsafe { deinit(&raw const instance.host) };
                (abi::status::OK, ())
            });
            if let Err(failure) = ended {
                self.log(abi::host::LOG_WARN, &record.id, &format!("deinit: {}", failure.error));
            }
        }
    }

    /// Waits until no call of a plugin is under way, or returns how many are.
    fn drain(&self, instance: &Instance) -> Result<(), usize> {
        let end = Instant::now() + self.drain_limit();
        let wait = || {
            while instance.calls() > 0 && Instant::now() < end {
                std::thread::sleep(Duration::from_millis(1));
            }
        };
        if instance.calls() > 0 {
            match self.runtime() {
                Some(runtime) => runtime.blocking(wait),
                None => wait(),
            }
        }
        match instance.calls() {
            0 => Ok(()),
            calls => Err(calls),
        }
    }

    /// Returns how many objects hold payloads of a plugin; with `freeze` they keep them as a store does, and none is left.
    fn objects_of(&self, plugin: &str, freeze: bool) -> Result<usize, PluginError> {
        let Some(runtime) = self.runtime() else { return Ok(0) };
        let keeper = self.keeper.read().clone();
        runtime.enter(|m| {
            // The payloads of plugins are read when a store is opened.
            let all = m.loaded_objects();
            let is_of = |object: &ObjectRef| {
                object.has_payload()
                    && object.with_payload(m, |held| payload::plugin_of(held) == Some(plugin))
            };
            let holders = all.iter().filter_map(|value: &Value| value.as_object()).filter(is_of);
            let mut left = 0;
            for object in holders {
                match (&keeper, freeze) {
                    (Some(keeper), true) => {
                        keeper.freeze(m, object).map_err(|error| PluginError::Execution {
                            plugin: plugin.to_owned(),
                            what: format!("keeping the payload of {}", object.oid()),
                            source: CallError::Failed { message: error.message },
                        })?;
                    }
                    _ => left += 1,
                }
            }
            Ok(left)
        })
    }

    fn reload(&self, record: &Arc<Record>) -> Result<(), PluginError> {
        let Some(path) = record.path().cloned() else {
            return Err(PluginError::BuiltIn { plugin: record.id.clone() });
        };
        let failed = |source| PluginError::Load { plugin: record.id.clone(), source };
        let changing = self.change(record);
        let (is_enabled, stage, old) = {
            let state = record.state.lock();
            (state.is_enabled, state.stage, state.instance.filter(|instance| instance.is_live()))
        };
        if !is_enabled && stage != Stage::Faulted {
            return Err(PluginError::Disabled { plugin: record.id.clone() });
        }
        let Some(old) = old else {
            // It is in a process of its own, or not loaded: it begins anew.
            self.withdraw(record);
            self.end_process(&record.id);
            let mut state = record.state.lock();
            state.stage = Stage::Found;
            state.is_enabled = true;
            state.entries.clear();
            drop(state);
            drop(changing);
            return self.load(record);
        };
        let identity = FileIdentity::of(&path).map_err(failed)?;
        let is_new = record.state.lock().identity.as_ref() != Some(&identity);
        // The new library is looked into before the old one goes.
        let fresh = match is_new {
            true => Some(self.fresh_module(record, &path).map_err(failed)?),
            false => None,
        };
        self.close(record, old, Force { payloads: true, states: false })?;
        let next = match fresh {
            Some(module) => Instance::leak(module, self.me.clone()),
            None => old,
        };
        if let Err(error) = self.take_over(record, next) {
            if is_new {
                // The old one was good: it is there again, and says why the new one is not.
                self.come_back(record, old)?;
            } else {
                let mut state = record.state.lock();
                state.stage = Stage::Failed;
                state.error = Some(error.clone());
            }
            return Err(error);
        }
        if is_new {
            self.instances.lock().insert(identity.clone(), next);
            let mut state = record.state.lock();
            state.description = Some(next.module.description.clone());
            state.identity = Some(identity);
            state.generation += 1;
        }
        self.settle_loaded(record);
        Ok(())
    }

    /// Opens a library that has taken the place of one that is mapped.
    fn fresh_module(&self, record: &Record, path: &std::path::Path) -> Result<Module, LoadError> {
        self.read_sidecar(record, path)?;
        let module = Module::open_copy(path)?;
        if module.description.id == record.id {
            return Ok(module);
        }
        let library = format!("it is the plugin {} now", module.description.id);
        Err(LoadError::Sidecar { sidecar: record.id.clone(), library })
    }

    /// Initialises an instance that takes the place of one that was ended, states included.
    fn take_over(&self, record: &Record, next: &'static Instance) -> Result<(), PluginError> {
        self.initialise_instance(record, next)
            .map_err(|source| PluginError::Load { plugin: record.id.clone(), source })?;
        let refused =
            caller::restore_parked(self, &record.id).into_iter().find_map(|restored| {
                match restored.outcome {
                    StateOutcome::Reset { message } => Some(format!("the state {}: {message}", restored.id)),
                    StateOutcome::Failed(error) => Some(format!("the state {}: {error}", restored.id)),
                    StateOutcome::Restored | StateOutcome::Absent => None,
                }
            });
        let Some(message) = refused else { return Ok(()) };
        // Whoever cannot take over the state does not take over: nothing is lost.
        self.withdraw(record);
        next.set_phase(Phase::Closing);
        self.stop_all();
        self.deinit(record, next);
        next.set_phase(Phase::Closed);
        let source = CallError::Unsupported { message };
        Err(PluginError::Execution { plugin: record.id.clone(), what: "reload".into(), source })
    }

    /// Brings an instance back that was ended for another one.
    fn come_back(&self, record: &Record, old: &'static Instance) -> Result<(), PluginError> {
        if let Err(source) = self.initialise_instance(record, old) {
            let error = PluginError::Load { plugin: record.id.clone(), source };
            let mut state = record.state.lock();
            state.stage = Stage::Failed;
            state.error = Some(error.clone());
            return Err(error);
        }
        self.settle_loaded(record);
        Ok(())
    }

    fn settle_loaded(&self, record: &Record) {
        {
            let mut state = record.state.lock();
            state.stage = Stage::Loaded;
            state.is_enabled = true;
            state.error = None;
        }
        self.settle(record);
    }

    /// Returns the states that nobody is asked for, as their plugins are disabled, each with why.
    pub(crate) fn silent_states(&self) -> Vec<(String, PluginError)> {
        let mut silent = Vec::new();
        for record in self.all_records() {
            let state = record.state.lock();
            let is_silent = matches!(state.stage, Stage::Loaded | Stage::Faulted) && !state.is_enabled;
            for entry in state.entries.iter().filter(|_| is_silent) {
                if entry.point == abi::point::STATE {
                    let disabled = PluginError::Disabled { plugin: record.id.clone() };
                    silent.push((entry.name.clone(), state.error.clone().unwrap_or(disabled)));
                }
            }
        }
        silent
    }

    /// Counts a panic or a timeout, and disables the plugin that has had too many.
    pub(crate) fn count_fault(&self, instance: &'static Instance, faults: u32, error: &CallError) {
        self.log(abi::host::LOG_WARN, instance.id, &error.to_string());
        let config = self.config.read().clone();
        let leaked = instance.leaks.now() as u32;
        let reason = if faults >= config.max_faults.max(1) {
            format!("it failed {faults} times, at last with: {error}")
        } else if leaked >= config.max_leaked_calls.max(1) {
            format!("{leaked} of its calls ignore that they were given up")
        } else {
            return;
        };
        // Built-ins are looked up without the lock that the caller may hold.
        let Some(record) = self.record(instance.id) else { return };
        let error = PluginError::Faulted { plugin: instance.id.to_owned(), reason };
        {
            let mut state = record.state.lock();
            if state.stage != Stage::Loaded || !state.is_enabled {
                return;
            }
            state.stage = Stage::Faulted;
            state.is_enabled = false;
            state.error = Some(error.clone());
        }
        self.withdraw(&record);
        self.log(abi::host::LOG_ERROR, instance.id, &error.to_string());
        self.tell("plugin.faulted", &record);
    }

    /// Does what the configuration says of what is enabled, and of time limits.
    pub(super) fn follow_config(&self) {
        let config = Arc::clone(&self.config.read());
        for record in self.all_records() {
            let (is_enabled, stage, instance) = {
                let state = record.state.lock();
                (state.is_enabled, state.stage, state.instance)
            };
            if let Some(instance) = instance {
                *instance.timeout.write() = Some(config.timeout_of(&record.id));
            }
            let result = match (config.is_enabled(&record.id), is_enabled) {
                (false, true) => self.disable(&record),
                // What the host has disabled itself stays so until somebody says otherwise.
                (true, false) if stage != Stage::Faulted => self.enable(&record),
                _ => Ok(()),
            };
            if let Err(error) = result {
                self.log(abi::host::LOG_WARN, &record.id, &error.to_string());
            }
        }
    }

    fn tell(&self, event: &str, record: &Record) {
        if let Some(me) = self.arc() {
            me.emit(event, &serde_json::json!({ "id": record.id }).to_string());
        }
    }
}
