use std::sync::RwLock;

use super::{StateId, StatefulPluginError, StatefulPluginResult, StatefulPluginSnapshot};

/// The last snapshot of something that takes long to write: a thread of the plugin publishes, the dump takes what is there.
///
/// ```
/// use rps_plugin::{CachedSnapshot, StateId};
///
/// let cached = CachedSnapshot::new(StateId::from_static("search/index"), 1);
/// assert_eq!(
///     cached.snapshot().unwrap_err().to_string(),
///     "stateful plugin 'search/index' failed to snapshot: nothing was published yet"
/// );
/// cached.publish(vec![1, 2, 3]);
/// assert_eq!(cached.snapshot().unwrap().as_bytes(), [1, 2, 3]);
/// ```
#[derive(Debug)]
pub struct CachedSnapshot {
    id: StateId,
    version: u32,
    last: RwLock<Option<Vec<u8>>>,
}

impl CachedSnapshot {
    /// Returns one that has nothing yet.
    pub const fn new(id: StateId, version: u32) -> CachedSnapshot {
        CachedSnapshot { id, version, last: RwLock::new(None) }
    }

    /// Puts new bytes in the place of the old ones.
    pub fn publish(&self, bytes: Vec<u8>) {
        // The old bytes are whole or replaced: a panic elsewhere does not damage them.
        *self.last.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(bytes);
    }

    /// Returns the bytes that were published last.
    ///
    /// # Errors
    ///
    /// [`StatefulPluginError::SnapshotFailed`] when there are none yet, or the lock is poisoned.
    pub fn snapshot(&self) -> StatefulPluginResult<StatefulPluginSnapshot> {
        let last = self.last.read().map_err(|error| StatefulPluginError::snapshot_failed(&self.id, error))?;
        match &*last {
            Some(bytes) => Ok(StatefulPluginSnapshot::new(self.id.clone(), self.version, bytes.clone())),
            None => Err(StatefulPluginError::snapshot_failed(&self.id, "nothing was published yet")),
        }
    }
}
