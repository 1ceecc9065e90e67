//! States that are saved with the store and restored with it.
//!
//! Read in this order: this file (the trait), `id`, `snapshot` (what is saved, and what can go wrong), `handle`, `cached`.

mod cached;
mod handle;
mod id;
mod snapshot;

pub use self::cached::CachedSnapshot;
pub use self::handle::StatefulPluginHandle;
pub use self::id::{InvalidStateId, StateId};
pub use self::snapshot::{StatefulPluginError, StatefulPluginResult, StatefulPluginSnapshot};

/// Something of a plugin whose state is saved with the store; [`Registrar::state`](crate::Registrar::state) registers it.
///
/// The hooks are synchronous and small: they take a lock, write, and return. What takes long publishes its last result in
/// a [`CachedSnapshot`].
///
/// ```
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use rps_plugin::{StateId, StatefulPlugin, StatefulPluginError, StatefulPluginResult, StatefulPluginSnapshot};
///
/// const ID: StateId = StateId::from_static("counter/total");
/// struct Counter(AtomicU32);
///
/// impl StatefulPlugin for Counter {
///     fn id(&self) -> StateId {
///         ID
///     }
///     fn snapshot(&self) -> StatefulPluginResult<StatefulPluginSnapshot> {
///         let total = self.0.load(Ordering::Relaxed);
///         Ok(StatefulPluginSnapshot::new(ID, 1, total.to_le_bytes().to_vec()))
///     }
///     fn restore_snapshot(&self, snapshot: StatefulPluginSnapshot) -> StatefulPluginResult<()> {
///         let failed = |_| StatefulPluginError::restore_failed(&ID, "expected 4 bytes");
///         let bytes = snapshot.expect_version(&[1])?.as_bytes().try_into().map_err(failed)?;
///         self.0.store(u32::from_le_bytes(bytes), Ordering::Relaxed);
///         Ok(())
///     }
/// }
/// ```
pub trait StatefulPlugin: Send + Sync {
    /// Returns by which name the state is saved, and found again: `namespace/name`.
    fn id(&self) -> StateId;

    /// Returns the state of this moment.
    ///
    /// # Errors
    ///
    /// [`StatefulPluginError::SnapshotFailed`]: the dump goes on, and keeps the state that it has.
    fn snapshot(&self) -> StatefulPluginResult<StatefulPluginSnapshot>;

    /// Restores a state; twice is as good as once, and nothing else of the plugin need have run before. It ignores the
    /// state unless it is written.
    ///
    /// # Errors
    ///
    /// [`StatefulPluginError::RestoreFailed`] for damaged bytes, [`StatefulPluginError::UnsupportedVersion`] for a version
    /// that the plugin does not know: the plugin goes on as it began, and the bytes are kept aside.
    fn restore_snapshot(&self, snapshot: StatefulPluginSnapshot) -> StatefulPluginResult<()> {
        let _ = snapshot;
        Ok(())
    }

    /// Returns the version of the bytes of [`StatefulPlugin::snapshot`].
    fn version(&self) -> u32 {
        1
    }

    /// Returns the states that must be restored before.
    fn dependencies(&self) -> Vec<StateId> {
        Vec::new()
    }

    /// Looks whether a state could be restored, and changes nothing.
    ///
    /// # Errors
    ///
    /// As of [`StatefulPlugin::restore_snapshot`].
    fn validate_snapshot(&self, snapshot: &StatefulPluginSnapshot) -> StatefulPluginResult<()> {
        let _ = snapshot;
        Ok(())
    }

    /// Stops changing the state until [`StatefulPlugin::resume`]: in between it is saved together with the objects.
    ///
    /// # Errors
    ///
    /// [`StatefulPluginError::SnapshotFailed`] when it can not be stopped.
    fn quiesce(&self) -> StatefulPluginResult<()> {
        Ok(())
    }

    /// Goes on; it is called after every [`StatefulPlugin::quiesce`], whatever that returned.
    fn resume(&self) {}

    /// Goes back to how it began: another store is worked on from now on. What that has of this state is restored next.
    ///
    /// Without it, what was goes into the other store.
    ///
    /// # Errors
    ///
    /// [`StatefulPluginError::RestoreFailed`] when it can not go back.
    fn reset(&self) -> StatefulPluginResult<()> {
        Ok(())
    }
}
