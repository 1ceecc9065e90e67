//! What authors of Repersys plugins in Rust use.
//!
//! A plugin is a crate of the type `cdylib` with a [`Plugin`] and [`register_plugin!`]. Read in this order: [`Plugin`] (what it
//! says of itself), [`Registrar`] (what it may register, one method for each), [`Call`] and [`Value`] (what its functions are
//! given), [`Payload`] (native data of objects), [`StatefulPlugin`] (what is saved with the store), [`Error`], and
//! [`testing`] (a host for its tests).
//!
//! ```
//! use rps_plugin::{Error, Plugin, Registrar};
//!
//! struct Hello;
//!
//! impl Plugin for Hello {
//!     const ID: &'static str = "hello";
//!     const VERSION: &'static str = "1.0.0";
//!
//!     fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
//!         registrar.function("hello", 1, "(name) Returns a greeting.", |call, args| {
//!             call.string(&format!("Hello, {}!", args.text(0)?))
//!         })
//!     }
//! }
//!
//! rps_plugin::register_plugin!(Hello);
//! # fn main() {}
//! ```
//!
//! An author writes no unsafe code: the macro makes the functions that the C ABI asks for, with a boundary around each
//! that no panic crosses.

mod call;
#[cfg(feature = "capnp")]
pub mod capnp;
mod entry;
mod error;
mod guard;
mod hash;
mod host;
mod json;
mod output;
mod payload;
mod plugin;
mod registrar;
mod state;
mod table;
pub mod testing;
mod text;
#[cfg(feature = "rkyv")]
pub mod zero_copy;

// What the derive writes begins with `::rps_plugin`, here, too.
extern crate self as rps_plugin;

#[cfg(feature = "rkyv")]
pub use rkyv;
pub use rps_plugin_abi as abi;
pub use rps_plugin_abi::BuiltIn;
pub use rps_plugin_derive::RpsPayload;

pub use self::call::{Args, Call, FromValue, Kind, PayloadRef, Root, Value};
pub use self::error::Error;
pub use self::hash::xxh64;
pub use self::host::{Host, LogLevel};
pub use self::json::{ArrayWriter, Json, JsonWriter, ObjectWriter};
pub use self::output::Output;
pub use self::payload::{Field, ObjectRef, Payload, SchemaText, Visitor};
pub use self::plugin::{Name, Plugin, Requirement, extension};
pub use self::registrar::{
    Codec, CodecMetadata, CommandRegistration, DumpHook, ExecutionTier, Implementation, NativeFunction,
    PayloadRegistration, PointDefinition, Registrar, Report, TaskPriority, TextService, TierForm, TierSymbol,
    TreeNode, View,
};
pub use self::state::{
    CachedSnapshot, InvalidStateId, StateId, StatefulPlugin, StatefulPluginError, StatefulPluginHandle,
    StatefulPluginResult, StatefulPluginSnapshot,
};

/// What the macros expand to: not for authors.
#[doc(hidden)]
pub mod __private {
    pub use crate::entry::{Instances, deinit, descriptor, init};
    pub use crate::payload::derived::{item, items, member, members, variant};
    pub use crate::text::terminated;
}
