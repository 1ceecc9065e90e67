//! Payloads of types that are defined elsewhere.

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

use super::ExtensionError;
use crate::runtime::Mutator;
use crate::value::Value;

/// Data that an object holds and whose type a plugin defines. Threads may use it at once.
pub trait ForeignPayload: Debug + Send + Sync {
    /// Returns the name of the type, such as `geo/Point`.
    fn type_name(&self) -> &str;

    /// Returns the hash of the type's schema.
    fn schema_hash(&self) -> u64;

    /// Calls `f` with every value that the payload refers to. A collection calls it while all threads stand still: it
    /// allocates nothing in the heap.
    fn for_each_value(&self, f: &mut dyn FnMut(Value));

    /// Returns about how many bytes it has outside the heap.
    fn outside_bytes(&self) -> usize;

    /// Returns the payload as a store keeps it.
    ///
    /// # Errors
    ///
    /// Whatever keeps the plugin from writing it.
    fn write(&self, m: &Mutator<'_>) -> Result<PayloadForm, ExtensionError>;

    /// Returns a copy.
    ///
    /// # Errors
    ///
    /// When payloads of the type cannot be copied.
    fn copy(&self, m: &Mutator<'_>) -> Result<Arc<dyn ForeignPayload>, ExtensionError>;

    /// Returns the payload as its plugin's host knows it.
    fn as_any(&self) -> &dyn Any;
}

/// What a store keeps of a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PayloadForm {
    /// JSON text, which shows in a diff what has changed.
    Json(String),
    /// Bytes that only the type's plugin understands.
    Bytes(Vec<u8>),
}

/// A type of payloads.
pub trait PayloadType: Debug + Send + Sync {
    /// Makes a payload of what a store kept. The objects that it names may have no content yet.
    ///
    /// # Errors
    ///
    /// Whatever keeps the plugin from reading it.
    fn read(&self, m: &Mutator<'_>, form: &PayloadForm) -> Result<Arc<dyn ForeignPayload>, ExtensionError>;
}

/// What is known of a type.
#[derive(Clone, Debug)]
pub enum TypeLookup {
    /// The type.
    Found(Arc<dyn PayloadType>),
    /// No type has the name.
    Absent,
    /// Types with the name have other schemas, with these hashes.
    OtherSchema(Vec<u64>),
    /// The plugin that has it could not be loaded.
    Failed(ExtensionError),
}
