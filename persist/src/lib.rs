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
pub mod native;
pub mod refpersys;
mod report;
pub mod text;
pub mod vfs;
pub use code::Code;
pub use error::*;
pub use report::*;
