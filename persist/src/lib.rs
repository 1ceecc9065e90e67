//! Stores of Repersys.
#![deny(unsafe_code)]
mod code;
mod error;
pub mod format;
pub mod generation;
mod json;
pub mod layout;
pub mod lock;
pub mod manifest;
pub mod refpersys;
mod report;
pub mod text;
pub mod vfs;
pub use code::Code;
pub use error::*;
pub use report::*;

// Until the runtime exports it.
extern crate self as rps_runtime;
#[path = "../../runtime/src/oid.rs"]
#[allow(unreachable_pub, reason = "shared file")]
pub mod oid;
pub use oid::Oid;
