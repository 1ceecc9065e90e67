//! The peer redb: one table. It lets one thread write at a time.

use std::path::Path;

use redb::{Database, Durability, TableDefinition};
use rps_runtime::Oid;

use super::{Commit, Keeper, Sync, record};
use crate::durability::{Failure, Outcome};
use crate::store::standard_oids;

const OBJECTS: TableDefinition<'_, u128, &str> = TableDefinition::new("objects");

pub(super) struct Redb {
    database: Database,
    durability: Durability,
}

/// Writes a database of so many objects.
pub(super) fn prepare(dir: &Path, objects: usize) -> Outcome {
    std::fs::create_dir_all(dir)?;
    let redb = Redb::open(dir, Sync::Data)?;
    let records: Vec<(Oid, i64)> = standard_oids(objects).into_iter().zip(0..).collect();
    redb.put(&records)
}

impl Redb {
    pub(super) fn open(dir: &Path, sync: Sync) -> Result<Redb, Failure> {
        let durability = if sync == Sync::None { Durability::None } else { Durability::Immediate };
        Ok(Redb { database: Database::create(dir.join("objects.redb"))?, durability })
    }

    fn put(&self, changes: &[(Oid, i64)]) -> Outcome {
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(self.durability)?;
        let mut table = transaction.open_table(OBJECTS)?;
        for &(oid, number) in changes {
            let key = u128::from(oid.high()) << 64 | u128::from(oid.low());
            table.insert(key, record(oid, number).as_str())?;
        }
        drop(table);
        Ok(transaction.commit()?)
    }
}

impl Keeper for Redb {
    fn session(&self, work: &mut dyn FnMut(&mut Commit<'_>) -> Outcome) -> Outcome {
        work(&mut |changes| self.put(changes))
    }
}
