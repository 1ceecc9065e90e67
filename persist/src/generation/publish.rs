//! The step that makes a complete generation the current one.

use std::path::{Path, PathBuf};

use super::redo::Redo;
use super::{previous, replaced};
use crate::error::{DumpError, FileError};
use crate::layout::Layout;
use crate::vfs::{self, Vfs};

/// Puts the complete generation in `temp`, which has this manifest, into the place of the current one, durably. `temp` gets a
/// name by which [`recover`](super::recover()) knows what is in it.
///
/// Returns where the old generation is now, if it still has to be put away. After an error the old generation is in its
/// place, unless the error is [`DumpError::Interrupted`].
pub(super) fn publish(
    vfs: &dyn Vfs,
    layout: &Layout,
    temp: &mut PathBuf,
    manifest: &[u8],
    has_old: bool,
) -> Result<Option<PathBuf>, DumpError> {
    let spaces = layout.spaces();
    if !has_old {
        let undo = || rename(vfs, &spaces, temp);
        rename(vfs, temp, &spaces)?;
        sync_or_undo(vfs, layout, undo)?;
        return Ok(None);
    }
    let marked = replaced::marked(temp, manifest);
    rename(vfs, temp, &marked)?;
    *temp = marked;
    match vfs.exchange(temp, &spaces) {
        Ok(()) => {
            let undo = || vfs.exchange(temp, &spaces).map_err(FileError::of("exchange back", &spaces));
            sync_or_undo(vfs, layout, undo)?;
            Ok(Some(temp.clone()))
        }
        Err(error) if vfs::is_unsupported(&error) => in_two_steps(vfs, layout, temp).map(|()| None),
        Err(error) => Err(FileError::of("exchange", &spaces)(error).into()),
    }
}

/// Makes the new names in the store's directory durable.
fn sync_or_undo(
    vfs: &dyn Vfs,
    layout: &Layout,
    undo: impl FnOnce() -> Result<(), FileError>,
) -> Result<(), DumpError> {
    let root = layout.root();
    match vfs.sync_dir(root).map_err(FileError::of("sync the directory", root)) {
        Ok(()) => Ok(()),
        Err(error) => Err(undone(error, undo())),
    }
}

/// Replaces the old generation where directories can not be exchanged: two renames, named by a record.
fn in_two_steps(vfs: &dyn Vfs, layout: &Layout, temp: &Path) -> Result<(), DumpError> {
    let spaces = layout.spaces();
    let old = previous::next(vfs, layout)?;
    let redo = Redo::new(temp, &old);
    redo.write(vfs, layout)?;
    let forget = || Redo::remove(vfs, layout);
    if let Err(error) = rename(vfs, &spaces, &old) {
        return Err(undone(error, forget()));
    }
    let back = || rename(vfs, &old, &spaces).and_then(|()| forget());
    if let Err(error) = rename(vfs, temp, &spaces) {
        return Err(undone(error, back()));
    }
    let all_back = || rename(vfs, &spaces, temp).and_then(|()| back());
    for dir in [layout.root(), &layout.previous()] {
        if let Err(error) = vfs.sync_dir(dir).map_err(FileError::of("sync the directory", dir)) {
            return Err(undone(error, all_back()));
        }
    }
    // The new generation is in place and durable. A record that stays is removed by the next opening.
    let _ = forget();
    Ok(())
}

fn undone(source: FileError, undo: Result<(), FileError>) -> DumpError {
    match undo {
        Ok(()) => DumpError::File(source),
        Err(undo) => DumpError::Interrupted { source, undo },
    }
}

fn rename(vfs: &dyn Vfs, from: &Path, to: &Path) -> Result<(), FileError> {
    vfs.rename(from, to).map_err(FileError::of("rename", from))
}
