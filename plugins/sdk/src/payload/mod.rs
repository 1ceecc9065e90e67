//! Payloads: native data that objects of the program hold.
//!
//! Read in this order: this file (what an author implements or derives), `cell` (how a payload is stored and locked),
//! `object_ref` (how it refers to objects), `field` (what a derived payload may consist of), `schema` (its text),
//! `derived` (what the derive calls).

mod cell;
pub(crate) mod derived;
mod field;
mod object_ref;
mod schema;

use core::ffi::CStr;

pub use self::field::Field;
pub use self::object_ref::{ObjectRef, Visitor};
pub use self::schema::SchemaText;

pub(crate) use self::cell::PayloadCell;
pub(crate) use self::object_ref::{NoHost, adopt, tell};

use crate::call::Call;
use crate::error::Error;
use crate::hash::xxh64;
use crate::json::{Json, JsonWriter};

/// A type of native data that objects hold. Mostly it is derived: see `RpsPayload`.
///
/// It is registered by [`Registrar::payload`](crate::Registrar::payload), made by [`Call::new_payload`], read by
/// [`Value::payload`](crate::Value::payload) and changed by [`Value::update`](crate::Value::update): the SDK keeps a lock around
/// it, so that plain fields will do.
pub trait Payload: Send + Sync + Sized + 'static {
    /// The type's name: the plugin's id, a slash and a name, such as `geo/Point`.
    const TYPE_NAME: &'static CStr;
    /// The name of the class of the objects that hold it.
    const CLASS_NAME: &'static CStr;
    /// What it consists of, as text. Two versions of a type that differ in it are two types to the host.
    const SCHEMA: &'static str;
    /// The XXH64 hash, with seed 0, of [`Payload::SCHEMA`].
    const SCHEMA_HASH: u64 = xxh64(Self::SCHEMA.as_bytes());

    /// Writes it as JSON, as the store keeps it.
    ///
    /// # Errors
    ///
    /// Refuse the dump.
    fn to_json(&self, writer: &mut JsonWriter<'_>) -> Result<(), Error>;

    /// Returns the payload that was written as this JSON. Objects that it names may not have their content yet.
    ///
    /// # Errors
    ///
    /// [`Error::corrupt`] where it is not what [`Payload::to_json`] writes.
    fn from_json(json: &Json, call: &Call) -> Result<Self, Error>;

    /// Visits each [`ObjectRef`] that it has. One that is not visited is never collected.
    fn trace(&self, visitor: &mut Visitor<'_>) {
        let _ = visitor;
    }

    /// Returns about how many bytes it has.
    fn size(&self) -> usize {
        size_of::<Self>()
    }
}
