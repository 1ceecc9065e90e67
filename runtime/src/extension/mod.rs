//! Extensions: what others add to a runtime and its stores, as the crates below them see it.
//!
//! Plugins are loaded by a crate that knows no store, and stores are written by one that knows no plugin: they meet
//! here. [`Extensions`] is what a store asks when it is loaded or dumped; [`payload`], [`codec`] and [`state`] are the
//! parts of it. [`Durability`] is what a program asks of its store. Without any plugin it is [`NoExtensions`].

pub mod codec;
pub mod durability;
pub mod payload;
pub mod state;

use std::sync::Arc;

pub use self::codec::{Codec, CodecInfo};
pub use self::durability::{Durability, DurabilityService};
pub use self::payload::{ForeignPayload, PayloadForm, PayloadType, TypeLookup};
pub use self::state::{Restored, StateOutcome, StateSection, StateSnapshot};

use crate::oid::Oid;
use crate::runtime::Runtime;

/// What failed in an extension.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExtensionError {
    /// The stable code, such as `plugin::timeout`.
    pub code: &'static str,
    /// The id of the plugin, or what else it is about.
    pub plugin: String,
    /// What went wrong.
    pub message: String,
    /// What to do about it, where something can be said.
    pub hint: Option<String>,
}

/// What a check of a loaded store found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The plugin that found it.
    pub plugin: String,
    /// Whether it keeps the store from being loaded.
    pub is_error: bool,
    /// What it is about.
    pub object: Option<Oid>,
    /// What was found.
    pub message: String,
}

/// What a store asks when it is loaded or dumped. Any thread may ask.
pub trait Extensions: Send + Sync {
    /// Returns the type of a payload by its name and the hash of its schema.
    fn payload_type(&self, name: &str, schema_hash: u64) -> TypeLookup;

    /// Returns the codec that wrote a frame, by the first bytes of the frame.
    fn codec_by_magic(&self, magic: [u8; 4]) -> Option<Arc<dyn Codec>>;

    /// Returns a codec by its name, or with `auto` the one that scores best.
    fn codec_by_name(&self, name: &str) -> Option<Arc<dyn Codec>>;

    /// Returns all codecs, in order of preference.
    fn codecs(&self) -> Vec<CodecInfo>;

    /// Checks a runtime whose store was loaded and that nobody has seen yet.
    fn validate(&self, runtime: &Arc<Runtime>) -> Vec<Finding>;

    /// Is told that a dump begins.
    ///
    /// # Errors
    ///
    /// Whoever is told may refuse it.
    fn before_dump(&self) -> Result<(), ExtensionError>;

    /// Is told that a dump is done, or was given up, and how many objects it wrote.
    fn after_dump(&self, is_done: bool, objects: usize);

    /// Stops all states from changing until the result is dropped, and returns them as they are.
    fn snapshot_states(&self) -> StateSnapshot;

    /// Restores states, those that others depend on first. What cannot be restored yet, as its plugin is not there, is
    /// [`StateOutcome::Absent`].
    fn restore_states(&self, sections: &[StateSection]) -> Vec<Restored>;
}

/// No extensions: every payload type and codec is unknown, and nobody has a state.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoExtensions;

impl Extensions for NoExtensions {
    fn payload_type(&self, _name: &str, _schema_hash: u64) -> TypeLookup {
        TypeLookup::Absent
    }

    fn codec_by_magic(&self, _magic: [u8; 4]) -> Option<Arc<dyn Codec>> {
        None
    }

    fn codec_by_name(&self, _name: &str) -> Option<Arc<dyn Codec>> {
        None
    }

    fn codecs(&self) -> Vec<CodecInfo> {
        Vec::new()
    }

    fn validate(&self, _runtime: &Arc<Runtime>) -> Vec<Finding> {
        Vec::new()
    }

    fn before_dump(&self) -> Result<(), ExtensionError> {
        Ok(())
    }

    fn after_dump(&self, _is_done: bool, _objects: usize) {}

    fn snapshot_states(&self) -> StateSnapshot {
        StateSnapshot::default()
    }

    fn restore_states(&self, sections: &[StateSection]) -> Vec<Restored> {
        let absent =
            |section: &StateSection| Restored { id: section.id.clone(), outcome: StateOutcome::Absent };
        sections.iter().map(absent).collect()
    }
}
