//! The files of a RefPerSys store on disk.

use std::path::Path;

use super::{Manifest, space_path};
use crate::error::FileError;
use crate::vfs::{FileKind, Vfs};
use crate::{Code, Problem, Report};

/// Reports the files in `persistore/` that the manifest does not name: they are no part of the store.
///
/// Those with a name that ends in `~` are RefPerSys's own backups, and not worth a word.
///
/// # Errors
///
/// Those of listing the directory.
pub fn unlisted_files(vfs: &dyn Vfs, top: &Path, manifest: &Manifest) -> Result<Report, FileError> {
    let dir = top.join("persistore");
    let listed: Vec<String> = manifest.spaces.iter().map(|space| space_path(*space)).collect();
    let mut report = Report::new();
    for entry in vfs.read_dir(&dir).map_err(FileError::of("list", &dir))? {
        let path = format!("persistore/{}", entry.name.to_string_lossy());
        if entry.kind == FileKind::File && !path.ends_with('~') && !listed.contains(&path) {
            report.push(Problem::lenient(Code::UnlistedFile, path, "the manifest does not name this file"));
        }
    }
    Ok(report)
}
