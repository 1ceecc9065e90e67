//! The generations before the current one: the last few are kept in `.rps/previous`.

use std::io;
use std::path::{Path, PathBuf};

use crate::error::FileError;
use crate::layout::Layout;
use crate::vfs::{self, LockMode, Vfs};

/// So many generations before the current one are kept.
pub const KEPT: usize = 2;

/// Returns a path for the generation that is now replaced.
pub(super) fn next(vfs: &dyn Vfs, layout: &Layout) -> Result<PathBuf, FileError> {
    let dir = layout.previous();
    vfs::create_dirs(vfs, &dir).map_err(FileError::of("make the directory", &dir))?;
    let last = numbers(vfs, &dir)?.last().copied().unwrap_or(0);
    Ok(dir.join(format!("{:06}", last + 1)))
}

/// Puts an old generation away, durably, and returns where it is now.
pub(super) fn keep(vfs: &dyn Vfs, layout: &Layout, old: &Path) -> Result<PathBuf, FileError> {
    let path = next(vfs, layout)?;
    vfs.rename(old, &path).map_err(FileError::of("rename", old))?;
    let dir = layout.previous();
    vfs.sync_dir(&dir).map_err(FileError::of("sync the directory", &dir))?;
    Ok(path)
}

/// Returns the numbers and the directories of the generations that are kept, the oldest first.
pub(crate) fn places(vfs: &dyn Vfs, layout: &Layout) -> Result<Vec<(u64, PathBuf)>, FileError> {
    let dir = layout.previous();
    if vfs::is_absent(vfs, &dir).map_err(FileError::of("look at", &dir))? {
        return Ok(Vec::new());
    }
    let place = |number: u64| (number, dir.join(format!("{number:06}")));
    Ok(numbers(vfs, &dir)?.into_iter().map(place).collect())
}

/// Removes the oldest generations beyond [`KEPT`]; one that a reader holds stays for now.
pub(super) fn prune(vfs: &dyn Vfs, layout: &Layout) -> Result<(), FileError> {
    let dir = layout.previous();
    let numbers = numbers(vfs, &dir)?;
    for number in &numbers[..numbers.len().saturating_sub(KEPT)] {
        remove_unless_held(vfs, &dir.join(format!("{number:06}")))?;
    }
    Ok(())
}

/// Removes a directory, and returns whether it is gone; one whose lock is held stays.
pub(super) fn remove_unless_held(vfs: &dyn Vfs, dir: &Path) -> Result<bool, FileError> {
    let _guard = match vfs.lock(dir, LockMode::Exclusive) {
        Ok(guard) => guard,
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
        Err(error) => return Err(FileError::of("lock", dir)(error)),
    };
    vfs.remove_dir_all(dir).map_err(FileError::of("remove", dir))?;
    Ok(true)
}

/// Returns the numbers of the generations that are kept, in ascending order.
fn numbers(vfs: &dyn Vfs, dir: &Path) -> Result<Vec<u64>, FileError> {
    let entries = vfs.read_dir(dir).map_err(FileError::of("list", dir))?;
    let mut numbers: Vec<u64> =
        entries.iter().filter_map(|entry| entry.name.to_str()?.parse().ok()).collect();
    numbers.sort_unstable();
    Ok(numbers)
}
