//! Payloads of types that plugins define.
//!
//! ```text
//! ,"payload":{"kind":"geo/Point"
//! ,"schema":"00c0ffee00c0ffee"
//! ,"refs":[
//!  "_006mAbXTG4G00QR5HS"
//! ]
//! ,"data":{
//!  "x":1
//! ,"y":2.50
//! }
//! }
//! ```
//!
//! Such a payload is alive ([`Payload::Foreign`](rps_runtime::object::Payload)), or it is *kept*: its plugin is not there,
//! and its text is among the object's extras until it is. The order to read this in:
//!
//! - `write`: from a live payload to its text; `canonical` gives the JSON in it its one form;
//! - `text`: what a text of a payload says, as far as that can be told without its plugin;
//! - `read`: from what a text says to a live payload, or why there is none;
//! - `kept`: the payloads that are kept, and how a dump writes them;
//! - `install`: the payloads of a store that is being loaded;
//! - `convert`: from one to the other while the program runs.

mod canonical;
mod convert;
mod install;
mod kept;
mod read;
mod text;
mod write;

pub use convert::{Revival, Revivals, freeze, freeze_all, revive, revive_all};

pub(super) use install::{Installed, Pending, install};
pub(super) use kept::{encode_kept, is_kept_key, keep, kept_values};
pub(super) use write::encode;

/// The key of the extras under which the text of a kept payload is: no key of a record can be called so.
pub(crate) const KEY: &str = "payload";

/// Returns whether payloads of this kind belong to a plugin: `plugin/Type`.
fn is_plugin_kind(kind: &str) -> bool {
    kind.contains('/')
}
