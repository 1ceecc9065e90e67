//! Loading at first use: what a sidecar has declared becomes what can be called.

use std::sync::{Arc, LazyLock};

use rps_plugin_abi as abi;

use super::Inner;
use super::record::{Record, Stage};
use crate::error::PluginError;
use crate::library::Declared;
use crate::metrics::CallMetrics;
use crate::point::{Entry, Implementation};

impl Inner {
    /// Makes the word of a sidecar count, until the plugin is loaded.
    pub(super) fn declare(&self, plugin: &str, declared: Vec<Declared>) {
        // Nothing that is not loaded is called: there is nothing to be measured.
        static NONE: LazyLock<Arc<CallMetrics>> = LazyLock::new(Arc::default);
        let entry = |declared: Declared| {
            let priority = self.priority_of(plugin, &declared.point, &declared.name);
            Arc::new(Entry {
                point: declared.point.clone(),
                name: declared.name.clone(),
                priority: priority.unwrap_or(declared.priority),
                plugin: plugin.to_owned(),
                metrics: Arc::clone(&NONE),
                implementation: Implementation::Declared(declared),
            })
        };
        self.registry.replace(plugin, declared.into_iter().map(entry).collect(), Vec::new());
    }

    /// Makes sure that a plugin is loaded. One that could not be loaded before is not tried again: [`super::Manager::load`]
    /// does that.
    pub(crate) fn require(&self, plugin: &str) -> Result<(), PluginError> {
        let record = self.record(plugin).ok_or_else(|| self.no_plugin(plugin))?;
        {
            let state = record.state.lock();
            match (state.stage, &state.error) {
                (Stage::Failed | Stage::Faulted, Some(error)) => return Err(error.clone()),
                _ if !state.is_enabled => {
                    return Err(PluginError::Disabled { plugin: plugin.to_owned() });
                }
                _ => {}
            }
        }
        self.load(&record)
    }

    /// Returns the first implementation with a name at a point, loading its plugin if need be.
    pub(crate) fn resolve(&self, point: &str, name: &str) -> Result<Arc<Entry>, PluginError> {
        self.load_built_ins();
        for _ in 0..2 {
            let list = self.registry.list(point);
            match list.iter().find(|entry| entry.name == name) {
                Some(entry) if entry.is_callable() => return Ok(Arc::clone(entry)),
                Some(entry) => self.require(&entry.plugin)?,
                None => break,
            }
        }
        Err(self.not_found(name, point))
    }

    /// Loads every plugin that has something at a point and is not loaded yet. What fails is noted.
    pub(crate) fn load_declared(&self, point: &str) {
        self.load_built_ins();
        let declared = |entry: &&Arc<Entry>| entry.declared().is_some();
        let list = self.registry.list(point);
        let mut plugins: Vec<&str> = list.iter().filter(declared).map(|entry| &*entry.plugin).collect();
        plugins.dedup();
        for plugin in plugins {
            // What has failed before was told then.
            let is_told = |record: Arc<Record>| record.state.lock().error.is_some();
            if self.record(plugin).is_some_and(is_told) {
                continue;
            }
            if let Err(error) = self.require(plugin) {
                self.log(abi::host::LOG_WARN, plugin, &error.to_string());
            }
        }
    }

    /// Loads the plugins that are part of the program, once.
    pub(super) fn load_built_ins(&self) {
        self.know_built_ins();
        if self.built_ins.is_empty() {
            return;
        }
        let is_fresh = |record: &Arc<Record>| {
            let state = record.state.lock();
            record.path().is_none() && state.stage == Stage::Found && state.is_enabled
        };
        for record in self.all_records().iter().filter(|record| is_fresh(record)) {
            if let Err(error) = self.load(record) {
                self.log(abi::host::LOG_ERROR, &record.id, &error.to_string());
            }
        }
    }

    /// Returns the error that nothing has a name at a point.
    pub(crate) fn not_found(&self, name: &str, point: &str) -> PluginError {
        let known = self.registry.list(point).iter().map(|entry| entry.name.clone()).collect();
        PluginError::NotFound { name: name.to_owned(), known }
    }
}
