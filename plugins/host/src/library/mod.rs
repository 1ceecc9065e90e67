//! Libraries: from a file on disk to a plugin whose descriptor was checked, and nothing of which was called.
//!
//! Read `file` (what is looked at before the system's loader sees the file), `open` (mapping it, and what it exports),
//! `descriptor` (what it says of itself), `sidecar` (what a file beside it says of it, so that it need not be opened).
//!
//! A library that was opened and whose `init` ran stays mapped for good: its threads, its thread-local destructors and
//! its payloads may outlive it otherwise (libloading#5, rust-lang/rust#59629).

mod descriptor;
mod file;
mod open;
mod sidecar;

pub use self::descriptor::{Description, Requirement, check_id};
pub use self::file::{FileIdentity, exports, hash_of, is_library_name};
pub use self::open::Module;
pub use self::sidecar::{Declared, SIDECAR_SUFFIX, Sidecar};

pub(crate) use self::descriptor::text_at;
