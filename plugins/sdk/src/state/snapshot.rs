use std::fmt;

use super::StateId;

/// A state as it is saved: bytes of a version that is the plugin's own matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatefulPluginSnapshot {
    /// Whose state it is.
    pub id: StateId,
    /// The version of the bytes.
    pub version: u32,
    /// The bytes: the host never looks into them.
    pub bytes: Vec<u8>,
}

impl StatefulPluginSnapshot {
    /// Returns a snapshot of these parts.
    pub const fn new(id: StateId, version: u32, bytes: Vec<u8>) -> StatefulPluginSnapshot {
        StatefulPluginSnapshot { id, version, bytes }
    }

    /// Returns its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns it, if it has one of these versions.
    ///
    /// # Errors
    ///
    /// [`StatefulPluginError::UnsupportedVersion`] else.
    pub fn expect_version(&self, expected: &[u32]) -> StatefulPluginResult<&StatefulPluginSnapshot> {
        if expected.contains(&self.version) {
            return Ok(self);
        }
        let (plugin, version) = (self.id.to_string(), self.version);
        Err(StatefulPluginError::UnsupportedVersion { plugin, version, expected: expected.to_vec() })
    }
}

/// Why a state was not saved or restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatefulPluginError {
    /// It could not be saved.
    SnapshotFailed {
        /// The id of the state.
        plugin: String,
        /// Why.
        details: String,
    },
    /// It could not be restored: the bytes are damaged, or do not fit.
    RestoreFailed {
        /// The id of the state.
        plugin: String,
        /// Why.
        details: String,
    },
    /// The bytes have a version that the plugin does not know.
    UnsupportedVersion {
        /// The id of the state.
        plugin: String,
        /// The version of the bytes.
        version: u32,
        /// The versions that it knows.
        expected: Vec<u32>,
    },
}

/// What the hooks of a state return.
pub type StatefulPluginResult<T> = Result<T, StatefulPluginError>;

impl StatefulPluginError {
    /// Returns that the state could not be saved.
    pub fn snapshot_failed(id: &StateId, details: impl fmt::Display) -> StatefulPluginError {
        StatefulPluginError::SnapshotFailed { plugin: id.to_string(), details: details.to_string() }
    }

    /// Returns that the state could not be restored.
    pub fn restore_failed(id: &StateId, details: impl fmt::Display) -> StatefulPluginError {
        StatefulPluginError::RestoreFailed { plugin: id.to_string(), details: details.to_string() }
    }
}

impl fmt::Display for StatefulPluginError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StatefulPluginError::SnapshotFailed { plugin, details } => {
                write!(formatter, "stateful plugin '{plugin}' failed to snapshot: {details}")
            }
            StatefulPluginError::RestoreFailed { plugin, details } => {
                write!(formatter, "stateful plugin '{plugin}' failed to restore: {details}")
            }
            StatefulPluginError::UnsupportedVersion { plugin, version, expected } => write!(
                formatter,
                "stateful plugin '{plugin}' received unsupported snapshot version: {version} (expected one of {expected:?})"
            ),
        }
    }
}

impl std::error::Error for StatefulPluginError {}
