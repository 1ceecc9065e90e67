//! States of plugins, which are saved and restored with a store.

use std::any::Any;

use super::ExtensionError;

/// The state of a plugin, or of a part of one, as a store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateSection {
    /// Whose it is: `namespace/name`.
    pub id: String,
    /// The plugin that wrote it.
    pub plugin: String,
    /// The version of the bytes.
    pub version: u32,
    /// The state.
    pub bytes: Vec<u8>,
    /// Whether it is older than the objects beside it: a later snapshot failed.
    pub is_stale: bool,
}

/// All states at one moment. Until it is dropped, none of them changes.
#[derive(Default)]
pub struct StateSnapshot {
    /// The states, by id.
    pub sections: Vec<StateSection>,
    /// The ids of the states that gave none, with the reason: what was saved of them before is still the best there is.
    pub failures: Vec<(String, ExtensionError)>,
    /// Lets the states change again when it is dropped.
    pub quiet: Option<Box<dyn Any + Send>>,
}

/// What became of a state that was to be restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Whose it is.
    pub id: String,
    /// What became of it.
    pub outcome: StateOutcome,
}

/// What becomes of a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateOutcome {
    /// It is as it was saved.
    Restored,
    /// Nobody here knows it: it is kept as it is, and written back unchanged.
    Absent,
    /// Its version is one that the plugin does not know: the plugin begins anew, and the bytes are to be kept aside.
    Reset {
        /// What the plugin says.
        message: String,
    },
    /// The plugin could not restore it: the bytes stay as they were saved.
    Failed(ExtensionError),
}
