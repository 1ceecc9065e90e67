//! Stores that tests work on.
//!
//! The real RefPerSys stores are data under a licence of their own and no part of the project: they lie beside it, in
//! `../shared/data`, or where an environment variable says.

use std::env;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::skip;
use crate::workspace;

/// Returns a new empty folder, removed with everything in it when the value is dropped.
///
/// # Panics
///
/// Panics when the system's folder of temporary files cannot be written.
pub fn temporary() -> TempDir {
    tempfile::Builder::new().prefix("rps-test-").tempdir().expect("a temporary folder can be made")
}

/// Returns the real RefPerSys store: `RPS_REFPERSYS_STORE`, else `../shared/data/refpersys` beside the project.
///
/// When there is none, the calling test is counted as skipped and has only to return.
///
/// # Panics
///
/// Panics when the variable names something that is no RefPerSys store.
pub fn refpersys_store() -> Option<PathBuf> {
    let store = folder("RPS_REFPERSYS_STORE", "../shared/data/refpersys")?;
    assert!(is_refpersys(&store), "{} has no rps_manifest.json", store.display());
    Some(store)
}

/// Returns the older RefPerSys stores, oldest first: the folders in `RPS_REFPERSYS_HISTORY`, else in
/// `../shared/data/refpersys-history` beside the project.
///
/// When there are none, the result is empty, the calling test is counted as skipped and has only to return.
///
/// # Panics
///
/// Panics when the folder is there and holds no RefPerSys store.
pub fn refpersys_history() -> Vec<PathBuf> {
    let Some(history) = folder("RPS_REFPERSYS_HISTORY", "../shared/data/refpersys-history") else {
        return Vec::new();
    };
    let entries = history.read_dir().expect("the folder of older stores can be read");
    let mut stores: Vec<_> = entries.map(|entry| entry.expect("its entries can be read").path()).collect();
    stores.retain(|store| is_refpersys(store));
    stores.sort();
    assert!(!stores.is_empty(), "{} holds no RefPerSys store", history.display());
    stores
}

fn folder(variable: &str, beside: &str) -> Option<PathBuf> {
    if let Some(named) = env::var_os(variable) {
        return Some(PathBuf::from(named));
    }
    let folder = workspace::root().join(beside);
    if folder.is_dir() {
        return Some(folder);
    }
    skip(&format!("no {beside} beside the project, and {variable} is not set"));
    None
}

fn is_refpersys(folder: &Path) -> bool {
    folder.join("rps_manifest.json").is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_folder_goes_away() {
        let folder = temporary();
        let path = folder.path().to_owned();
        assert!(path.is_dir());
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn older_stores_come_oldest_first() {
        let stores = refpersys_history();
        assert!(stores.is_sorted(), "{stores:?}");
    }
}
