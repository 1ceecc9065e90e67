//! Cleaning up after a process that died in the middle of a dump.

use std::path::{Path, PathBuf};

use super::redo::Redo;
use super::{previous, replaced};
use crate::error::{FileError, OpenError};
use crate::layout::{Layout, TEMP_PREFIX};
use crate::lock::WriterLock;
use crate::vfs::{self, FileKind, Vfs};
use crate::{Problem, Report};

/// What [`recover`] found and did.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Recovery {
    /// Whether a dump that was in its last step was brought to its end.
    pub finished: bool,
    /// Whether a dump that was in its last step was taken back.
    pub undone: bool,
    /// The temporary directories that were removed.
    pub removed: Vec<PathBuf>,
    /// Where generations are now that had been replaced, and not been put away.
    pub kept: Vec<PathBuf>,
    /// What could not be tidied, and does no harm.
    pub report: Report,
}

/// Finishes or takes back the last step of a dump that was interrupted, and removes what it left.
///
/// Only the store's writer may do that: the lock proves that no other process is in the middle of a dump.
///
/// # Errors
///
/// Those of reading and renaming, and a redo record that can not be understood or followed.
pub fn recover(lock: &WriterLock) -> Result<Recovery, OpenError> {
    let (vfs, layout) = (&**lock.vfs(), lock.layout());
    let mut recovery = Recovery::default();
    match Redo::read(vfs, layout)? {
        Some(redo) => follow(vfs, layout, &redo, &mut recovery)?,
        // A draft of a record is from before the first rename.
        None => Redo::remove(vfs, layout)?,
    }
    remove_stale(vfs, layout, &mut recovery)?;
    Ok(recovery)
}

/// Does what a redo record says, as far as it is not done yet.
fn follow(vfs: &dyn Vfs, layout: &Layout, redo: &Redo, recovery: &mut Recovery) -> Result<(), OpenError> {
    let (spaces, new, old) = (layout.spaces(), redo.new_path(layout), redo.old_path(layout));
    let exists = |path: &Path| vfs::exists(vfs, path);
    match (exists(&spaces)?, exists(&new)?, exists(&old)?) {
        (true, true, false) => {
            rename(vfs, &spaces, &old)?;
            rename(vfs, &new, &spaces)?;
            recovery.finished = true;
        }
        (false, true, _) => {
            rename(vfs, &new, &spaces)?;
            recovery.finished = true;
        }
        (false, false, true) => {
            rename(vfs, &old, &spaces)?;
            recovery.undone = true;
        }
        // Both renames were done; or someone put a `spaces` there since, which is not ours to replace.
        (true, _, _) => {}
        (false, false, false) => {
            let detail = "neither of the directories that it names exists".to_owned();
            return Err(OpenError::BadRedo { path: layout.redo(), detail });
        }
    }
    for dir in [layout.root(), &layout.previous()] {
        vfs.sync_dir(dir).map_err(FileError::of("sync the directory", dir))?;
    }
    Redo::remove(vfs, layout)?;
    Ok(())
}

/// Removes the temporary directories whose writers are dead, but for a generation that one of them had replaced.
fn remove_stale(vfs: &dyn Vfs, layout: &Layout, recovery: &mut Recovery) -> Result<(), OpenError> {
    let root = layout.root();
    let entries = vfs.read_dir(root).map_err(FileError::of("list", root))?;
    let is_temp = |name: &str| name.starts_with(TEMP_PREFIX);
    let mut stale =
        entries.iter().filter(|e| e.kind == FileKind::Dir && e.name.to_str().is_some_and(is_temp)).peekable();
    if stale.peek().is_some() {
        // One of them may be the old generation after an exchange that is not durable yet: what is in `spaces` must not
        // turn back into it once it is gone.
        vfs.sync_dir(root).map_err(FileError::of("sync the directory", root))?;
    }
    for entry in stale {
        let path = root.join(&entry.name);
        let tidied = match replaced::is_replaced(vfs, layout, &path) {
            true => previous::keep(vfs, layout, &path).map(|place| recovery.kept.push(place)),
            false => match previous::remove_unless_held(vfs, &path) {
                Ok(true) => {
                    recovery.removed.push(path);
                    Ok(())
                }
                Ok(false) => Ok(()),
                Err(error) => Err(error),
            },
        };
        if let Err(error) = tidied {
            let message = format!("{error}: {}", error.source);
            recovery.report.push(Problem::warning(error.code(), &entry.name, message));
        }
    }
    Ok(())
}

fn rename(vfs: &dyn Vfs, from: &Path, to: &Path) -> Result<(), FileError> {
    vfs.rename(from, to).map_err(FileError::of("rename", from))
}
