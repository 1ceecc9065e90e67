use std::sync::Arc;

use super::StatefulPlugin;

/// A state, whatever its type is; clones are the same state.
#[derive(Clone)]
pub struct StatefulPluginHandle(Arc<dyn StatefulPlugin>);

impl StatefulPluginHandle {
    /// Returns the handle of a state.
    pub fn new<P: StatefulPlugin + 'static>(plugin: P) -> StatefulPluginHandle {
        StatefulPluginHandle(Arc::new(plugin))
    }

    /// Returns the handle of a state that is shared already.
    pub fn from_arc(plugin: Arc<dyn StatefulPlugin>) -> StatefulPluginHandle {
        StatefulPluginHandle(plugin)
    }

    /// Returns the state.
    pub fn as_dyn(&self) -> &(dyn StatefulPlugin + 'static) {
        &*self.0
    }
}
