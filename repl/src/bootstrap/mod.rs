//! The spaces that the command carries within itself, from which a new store is made.
//!
//! `spaces/` in the project is their text, one generation of a store. `make` (tests only) has what is in them; it writes
//! them when its test runs with `RPS_BLESS=1`.

#[cfg(test)]
mod make;

use rps_persist::LoadError;
use rps_runtime::{Oid, Runtime};

/// The space where a session keeps what is new, unless it is told another one.
pub(crate) const USER_SPACE: Oid = Oid::known("_9Ib7KNsLJeqA6rWFiZ");

/// The files below `spaces/`.
pub(crate) const FILES: &[(&str, &[u8])] = &[
    ("manifest.json", include_bytes!("../../../spaces/manifest.json")),
    ("core.json", include_bytes!("../../../spaces/core.json")),
    ("user.json", include_bytes!("../../../spaces/user.json")),
];

/// Loads the embedded spaces.
pub(crate) fn load() -> Result<Runtime, LoadError> {
    rps_persist::load_embedded(FILES)
}
