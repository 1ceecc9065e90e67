//! Where sections go that their plugins do not want: `.rps/rejected`.

use std::path::PathBuf;

use crate::error::FileError;
use crate::layout::Layout;
use crate::vfs::{self, Vfs};

/// Puts the text of a section aside, durably, and returns where it is. The same text is put aside once.
///
/// # Errors
///
/// Those of writing.
pub(crate) fn put_aside(
    vfs: &dyn Vfs,
    layout: &Layout,
    path: &str,
    text: &[u8],
) -> Result<PathBuf, FileError> {
    let dir = layout.rejected();
    vfs::create_dirs(vfs, &dir).map_err(FileError::of("make the directory", &dir))?;
    let name = path.trim_start_matches("state/").trim_end_matches(".json");
    let hash = blake3::hash(text).to_hex();
    let target = dir.join(format!("{name}-{}.json", &hash[..16]));
    if vfs.read(&target).is_ok_and(|there| *there == *text) {
        return Ok(target);
    }
    // Under its name it is there as a whole or not at all.
    let draft = dir.join(format!("{name}-{}.part", &hash[..16]));
    if !vfs::is_absent(vfs, &draft).map_err(FileError::of("look at", &draft))? {
        vfs.remove_file(&draft).map_err(FileError::of("remove", &draft))?;
    }
    let mut file = vfs.create(&draft).map_err(FileError::of("create", &draft))?;
    file.write_all(text).map_err(FileError::of("write", &draft))?;
    file.sync().map_err(FileError::of("sync", &draft))?;
    drop(file);
    vfs.rename(&draft, &target).map_err(FileError::of("rename", &draft))?;
    vfs.sync_dir(&dir).map_err(FileError::of("sync the directory", &dir))?;
    Ok(target)
}
