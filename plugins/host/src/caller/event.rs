//! The point `event.hook`: what is told of events.

use std::sync::Arc;

use rps_plugin_abi as abi;

use super::guarded::Guarded;
use crate::manager::Inner;
use crate::point::Interface;

impl Inner {
    /// Tells all hooks of an event; `json` is an object. What a hook makes of it changes nothing.
    pub(crate) fn emit(self: &Arc<Self>, name: &str, json: &str) {
        // What tells of plugins themselves loads none.
        if !name.starts_with("plugin.") {
            self.load_declared(abi::point::EVENT_HOOK);
        }
        for entry in self.registry.list(abi::point::EVENT_HOOK).iter() {
            let Some((instance, Interface::EventHook(hook), data)) = entry.loaded() else { continue };
            let (hook, name, json) = (*hook, name.to_owned(), json.to_owned());
            let called = Guarded::of(self, entry, instance).call(move |call| {
                let data = data;
                // SAFETY: the plugin has registered the function as what the point says.
                let status =
                    unsafe { hook(data.0, call, name.as_ptr(), name.len(), json.as_ptr(), json.len()) };
                (status, ())
            });
            if let Err(error) = called {
                self.log(abi::host::LOG_WARN, &entry.plugin, &error.to_string());
            }
        }
    }
}
