//! What people mean by a name.

use rps_plugin_abi as abi;

use crate::error::PluginError;
use crate::manager::{Inner, Manager, Stage};

/// A service, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceInfo {
    /// Its name.
    pub name: String,
    /// The plugin that it belongs to.
    pub plugin: String,
}

impl Manager {
    /// Returns the service that a name means: the first one that has the name, or the only one of the plugin that has it.
    ///
    /// # Errors
    ///
    /// [`PluginError::Disabled`] and [`PluginError::Faulted`] when it belongs to a plugin that may not be used,
    /// [`PluginError::Ambiguous`] when a plugin is named that has several, and [`PluginError::NotFound`].
    pub fn service(&self, name: &str) -> Result<ServiceInfo, PluginError> {
        self.inner().service(name)
    }
}

impl Inner {
    fn service(&self, name: &str) -> Result<ServiceInfo, PluginError> {
        self.load_built_ins();
        let list = self.registry.list(abi::point::SERVICE);
        if let Some(entry) = list.iter().find(|entry| entry.name == name) {
            return Ok(ServiceInfo { name: name.to_owned(), plugin: entry.plugin.clone() });
        }
        let own: Vec<String> =
            list.iter().filter(|entry| entry.plugin == name).map(|entry| entry.name.clone()).collect();
        match &own[..] {
            [] => Err(self.unusable(name).unwrap_or_else(|| self.not_found(name, abi::point::SERVICE))),
            [service] => Ok(ServiceInfo { name: service.clone(), plugin: name.to_owned() }),
            _ => {
                let what = format!("the plugin {name} has several services: {}", own.join(", "));
                Err(PluginError::Ambiguous { what })
            }
        }
    }

    /// Returns why a plugin that has the name, or a service with the name, may not be used.
    fn unusable(&self, name: &str) -> Option<PluginError> {
        self.all_records().iter().find_map(|record| {
            let state = record.state.lock();
            let is_used = state.is_enabled && state.stage != Stage::Failed;
            let declared = state.sidecar.iter().flat_map(|sidecar| &sidecar.declared);
            let mut names = declared
                .map(|declared| (&declared.point, &declared.name))
                .chain(state.entries.iter().map(|entry| (&entry.point, &entry.name)));
            let has =
                record.id == name || names.any(|(point, own)| point == abi::point::SERVICE && own == name);
            if is_used || !has {
                return None;
            }
            let disabled = || PluginError::Disabled { plugin: record.id.clone() };
            Some(state.error.clone().unwrap_or_else(disabled))
        })
    }
}
