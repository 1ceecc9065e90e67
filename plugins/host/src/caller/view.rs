//! The point `value.view`: ways to look at a value.

use rps_plugin_abi as abi;
use rps_runtime::{Mutator, Value};

use super::guarded::Guarded;
use crate::context::Crossing;
use crate::error::{CallError, PluginError};
use crate::manager::Manager;
use crate::point::Interface;

/// A view of a value.
#[derive(Clone, Debug, PartialEq)]
pub struct ViewOf {
    /// The plugin that gives it.
    pub plugin: String,
    /// The name of the view.
    pub name: String,
    /// The view: an object with `title`, `kind`, and what belongs to the kind.
    pub view: serde_json::Value,
}

/// A view may have so many bytes.
const LIMIT: u64 = 16 << 20;

impl Manager {
    /// Returns the views of a value, in the order of dispatch, and what failed. Plugins that have no view of such values
    /// give none.
    pub fn views(&self, m: &Mutator<'_>, value: Value) -> (Vec<ViewOf>, Vec<PluginError>) {
        let inner = self.inner();
        inner.load_declared(abi::point::VIEW);
        let (mut views, mut errors) = (Vec::new(), Vec::new());
        for entry in inner.registry.list(abi::point::VIEW).iter() {
            let Some((instance, Interface::View(view), data)) = entry.loaded() else { continue };
            let (view, crossing) = (*view, Crossing::new(m, [value]));
            let written = Guarded::of(inner, entry, instance).write(LIMIT, move |call, sink| {
                let data = data;
                // SAFETY: the plugin has registered the function as what the point says; the value is kept alive.
                unsafe { view(data.0, call, crossing.raw()[0], sink) }
            });
            let plugin = entry.plugin.clone();
            let written = match written {
                Err(PluginError::Execution { source: CallError::Unsupported { .. }, .. }) => continue,
                written => written,
            };
            let parsed = written.and_then(|bytes| {
                serde_json::from_slice(&bytes).map_err(|error| PluginError::Execution {
                    plugin: plugin.clone(),
                    what: format!("value.view {}", entry.name),
                    source: CallError::Corrupt { message: format!("the view is no JSON: {error}") },
                })
            });
            match parsed {
                Ok(view) => views.push(ViewOf { plugin, name: entry.name.clone(), view }),
                Err(error) => errors.push(error),
            }
        }
        (views, errors)
    }
}
