//! What the disk allows: the records are appended to a file, which is synced. Nobody could find anything in it.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;

use super::{Commit, Keeper, Sync, record};
use crate::durability::{Failure, Outcome};

pub(super) struct File {
    file: Mutex<std::fs::File>,
    sync: Sync,
}

impl File {
    pub(super) fn open(dir: &Path, sync: Sync) -> Result<File, Failure> {
        let file = OpenOptions::new().create(true).append(true).open(dir.join("objects"))?;
        Ok(File { file: Mutex::new(file), sync })
    }
}

impl Keeper for File {
    fn session(&self, work: &mut dyn FnMut(&mut Commit<'_>) -> Outcome) -> Outcome {
        work(&mut |changes| {
            let records: Vec<String> = changes.iter().map(|&(oid, number)| record(oid, number)).collect();
            let mut file = self.file.lock().map_err(|_| "another thread panicked")?;
            file.write_all(records.concat().as_bytes())?;
            match self.sync {
                Sync::Full => file.sync_all()?,
                Sync::Data => file.sync_data()?,
                Sync::None => {}
            }
            Ok(())
        })
    }
}
