//! The peer SQLite: one table, one connection that the threads share.
//!
//! A connection for each thread would be slower: SQLite lets one write at a time, and those who wait sleep.

use std::path::Path;
use std::sync::Mutex;

use rusqlite::Connection;

use super::{Commit, Keeper, Sync, record};
use crate::durability::{Failure, Outcome};
use crate::store::standard_oids;

pub(super) struct Sqlite(Mutex<Connection>);

/// Writes a database of so many objects.
pub(super) fn prepare(dir: &Path, objects: usize) -> Outcome {
    std::fs::create_dir_all(dir)?;
    let mut connection = connect(dir, Sync::None)?;
    let transaction = connection.transaction()?;
    transaction
        .execute_batch("CREATE TABLE objects (oid TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID")?;
    let mut insert = transaction.prepare("INSERT INTO objects VALUES (?1, ?2)")?;
    for (number, oid) in standard_oids(objects).into_iter().enumerate() {
        insert.execute((oid.to_string(), record(oid, number as i64)))?;
    }
    drop(insert);
    Ok(transaction.commit()?)
}

fn connect(dir: &Path, sync: Sync) -> Result<Connection, Failure> {
    let connection = Connection::open(dir.join("objects.sqlite"))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", if sync == Sync::None { "OFF" } else { "FULL" })?;
    // 64 MiB: the objects find room.
    connection.pragma_update(None, "cache_size", -65_536)?;
    Ok(connection)
}

impl Sqlite {
    pub(super) fn open(dir: &Path, sync: Sync) -> Result<Sqlite, Failure> {
        Ok(Sqlite(Mutex::new(connect(dir, sync)?)))
    }
}

impl Keeper for Sqlite {
    fn session(&self, work: &mut dyn FnMut(&mut Commit<'_>) -> Outcome) -> Outcome {
        work(&mut |changes| {
            let mut connection = self.0.lock().map_err(|_| "another thread panicked")?;
            let transaction = connection.transaction()?;
            let mut update = transaction.prepare_cached("UPDATE objects SET record = ?2 WHERE oid = ?1")?;
            for &(oid, number) in changes {
                update.execute((oid.to_string(), record(oid, number)))?;
            }
            drop(update);
            Ok(transaction.commit()?)
        })
    }
}
