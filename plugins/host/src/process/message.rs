//! What the frames carry.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The most that a frame carries unless something else is agreed.
pub const DEFAULT_MAX_FRAME: u32 = 64 << 20;

/// What the child is to load, and within which limits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoadRequest {
    /// The shared library.
    pub library: PathBuf,
    /// The settings of the plugin, as its configuration has them.
    pub settings: serde_json::Value,
    /// What the process may use; set before the library is opened.
    pub limits: ResourceLimits,
    /// The most bytes that a frame may carry, in either direction.
    pub max_frame: u32,
}

/// What the process of a service may use. `None` leaves a limit as it is inherited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceLimits {
    /// Bytes of address space on top of what the process has when it starts (`RLIMIT_AS`), in which the host's allocator may
    /// have reserved some for the host itself. An allocation beyond fails: Rust code aborts then, C code gets `NULL`.
    pub memory: Option<u64>,
    /// Seconds of processor time during the life of the process (`RLIMIT_CPU`), at least 1.
    pub cpu_seconds: Option<u64>,
    /// Open files, pipes and sockets (`RLIMIT_NOFILE`), standard streams included.
    pub open_files: Option<u64>,
}

/// What the child has loaded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// The id of the plugin.
    pub id: String,
    /// The version of the plugin.
    pub version: String,
    /// The names of its services.
    pub services: Vec<String>,
    /// What else the child wants to tell; `null` for nothing.
    pub details: serde_json::Value,
}

impl LoadRequest {
    /// Returns a request to load `library` with nothing set.
    pub fn new(library: impl Into<PathBuf>) -> LoadRequest {
        LoadRequest {
            library: library.into(),
            settings: serde_json::Value::Null,
            limits: ResourceLimits::default(),
            max_frame: DEFAULT_MAX_FRAME,
        }
    }
}

/// Packs the name of a service and its input; `None` when the name has 64 KiB or more.
pub(super) fn pack(service: &str, input: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(service.len()).ok()?;
    let mut payload = Vec::with_capacity(2 + service.len() + input.len());
    payload.extend_from_slice(&length.to_le_bytes());
    payload.extend_from_slice(service.as_bytes());
    payload.extend_from_slice(input);
    Some(payload)
}

/// Takes apart what [`pack`] made.
pub(super) fn unpack(payload: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = payload.split_first_chunk::<2>()?;
    let (service, input) = rest.split_at_checked(u16::from_le_bytes(*length).into())?;
    Some((str::from_utf8(service).ok()?, input))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked() {
        let payload = pack("größe", b"\0input").unwrap();
        assert_eq!(unpack(&payload), Some(("größe", b"\0input".as_slice())));
        assert_eq!(unpack(&pack("", b"").unwrap()), Some(("", b"".as_slice())));
        assert_eq!(pack(&"x".repeat(1 << 16), b""), None);
        for bad in [b"".as_slice(), b"\x01", b"\x05\0ab", b"\x01\0\xff"] {
            assert_eq!(unpack(bad), None);
        }
    }
}
