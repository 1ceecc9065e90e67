//! Telling the generation that was replaced from the one that was to replace it, after a process died between the two steps.
//!
//! In the exchange the old generation gets the name that the new one had. So that name says which manifest the new one has:
//! what is found under it with another manifest is the old one, which is to be kept.

use std::path::{Path, PathBuf};

use crate::layout::{Layout, MANIFEST};
use crate::vfs::Vfs;

/// What stands before the hash of the new manifest.
const MARK: &str = "-replacing-with-";

/// So many digits of the hash are in the name.
const DIGITS: usize = 32;

/// Returns the name that a temporary directory gets when the generation in it is complete.
pub(super) fn marked(temp: &Path, manifest: &[u8]) -> PathBuf {
    let name = temp.file_name().unwrap_or_default().to_string_lossy();
    temp.with_file_name(format!("{name}{MARK}{}", digits_of(manifest)))
}

/// Tells whether a temporary directory that a dead process left is a generation that was the current one.
///
/// Where old and new have the same manifest, as when a damaged file was put right, it can not be told: then it is kept, too.
pub(super) fn is_replaced(vfs: &dyn Vfs, layout: &Layout, temp: &Path) -> bool {
    let name = temp.file_name().unwrap_or_default().to_string_lossy();
    let Some((_, new)) = name.split_once(MARK) else { return false };
    let is_new = |dir: &Path| vfs.read(&dir.join(MANIFEST)).is_ok_and(|bytes| digits_of(&bytes) == new);
    is_new(&layout.spaces()) || !is_new(temp)
}

fn digits_of(manifest: &[u8]) -> String {
    blake3::hash(manifest).to_hex()[..DIGITS].to_owned()
}
