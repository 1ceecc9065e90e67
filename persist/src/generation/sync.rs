//! Making many files durable at once.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::FileError;
use crate::vfs::Vfs;

/// So many syncs wait for the disk at the same time. File systems merge them into few journal commits; beyond a dozen
/// there is nothing more to merge.
const WAITING: usize = 12;

/// Syncs files, several at a time.
///
/// # Errors
///
/// One of the failures; others may not have been tried.
pub(super) fn sync_files(vfs: &dyn Vfs, files: &[PathBuf]) -> Result<(), FileError> {
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(error) = vfs.sync_file(path) {
                next.store(files.len(), Ordering::Relaxed);
                return Err(FileError::of("sync", path)(error));
            }
        }
        Ok(())
    };
    let threads = WAITING.min(files.len());
    if threads <= 1 {
        return work();
    }
    std::thread::scope(|scope| {
        let workers: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut result = work();
        for worker in workers {
            // A worker only panics if the file system below does; that panic goes on here.
            let done = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            result = result.and(done);
        }
        result
    })
}
