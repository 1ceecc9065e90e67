//! Our store: objects in memory that threads change, and [`Store::commit`].

use std::path::Path;
use std::sync::Arc;

use rps_persist::native::CommitOptions;
use rps_persist::vfs::{RealVfs, Vfs};
use rps_persist::{Access, Store, SyncLevel};
use rps_runtime::{Oid, Runtime, Value};

use super::{Commit, Keeper, Sync};
use crate::durability::{Failure, Outcome};
use crate::store::{NUMBER, generate};

pub(super) struct Repersys {
    store: Store,
    runtime: Runtime,
    options: CommitOptions,
}

/// Writes a store of so many objects.
pub(super) fn prepare(dir: &Path, objects: usize) -> Outcome {
    generate(objects, dir, false).map_err(|error| error.to_string().into())
}

impl Repersys {
    pub(super) fn open(dir: &Path, sync: Sync) -> Result<Repersys, Failure> {
        let vfs: Arc<dyn Vfs> = Arc::new(RealVfs);
        let store = Store::open(&vfs, dir, Access::Write)?;
        let (runtime, _) = store.load()?;
        runtime.enter(|m| m.load_all());
        let options = CommitOptions::synced(match sync {
            Sync::Full => SyncLevel::Full,
            Sync::Data => SyncLevel::Data,
            Sync::None => SyncLevel::None,
        });
        Ok(Repersys { store, runtime, options })
    }
}

impl Keeper for Repersys {
    fn session(&self, work: &mut dyn FnMut(&mut Commit<'_>) -> Outcome) -> Outcome {
        self.runtime.enter(|m| {
            let key = m.object_or_skeleton(Oid::known(NUMBER));
            work(&mut |changes| {
                for &(oid, number) in changes {
                    let object = m.object(oid).ok_or("a standard object is missing")?;
                    object.put_attribute(m, key, Value::int(m, number))?;
                }
                Ok(self.store.commit(&self.runtime, &self.options).map(drop)?)
            })
        })
    }
}
