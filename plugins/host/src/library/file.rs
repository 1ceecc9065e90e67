//! What is looked at before the system's loader sees a file.
//!
//! The loader trusts what it maps: a truncated library kills the process with a signal. So the file's header and
//! segments are checked first.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use object::{Architecture, Object, ObjectKind, ObjectSegment, ReadCache, ReadRef};

use crate::error::LoadError;

/// Which file it is: two paths to one file, as by a link, have the same identity.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileIdentity {
    device: u64,
    inode: u64,
    size: u64,
    modified: Option<SystemTime>,
    /// Where the system does not number files, the path.
    path: Option<PathBuf>,
}

impl FileIdentity {
    /// Returns the identity of a file.
    ///
    /// # Errors
    ///
    /// [`LoadError::File`], and [`LoadError::NotALibrary`] for what is no file.
    pub fn of(path: &Path) -> Result<FileIdentity, LoadError> {
        let metadata = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
        if !metadata.is_file() {
            return Err(not_a_library(path, "is no file"));
        }
        let (device, inode, by_path) = numbers(&metadata, path);
        let modified = metadata.modified().ok();
        Ok(FileIdentity { device, inode, size: metadata.len(), modified, path: by_path })
    }
}

#[cfg(unix)]
fn numbers(metadata: &fs::Metadata, _path: &Path) -> (u64, u64, Option<PathBuf>) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino(), None)
}

#[cfg(not(unix))]
fn numbers(_metadata: &fs::Metadata, path: &Path) -> (u64, u64, Option<PathBuf>) {
    (0, 0, fs::canonicalize(path).ok())
}

/// Returns whether a file is named as libraries are on this platform.
///
/// ```
/// # use rps_plugin_host::library::is_library_name;
/// # use std::path::Path;
/// assert!(is_library_name(Path::new("libgeo.so"), "so"));
/// assert!(!is_library_name(Path::new("libgeo.so.plugin.json"), "so"));
/// assert!(!is_library_name(Path::new(".libgeo.so"), "so"));
/// ```
pub fn is_library_name(path: &Path, extension: &str) -> bool {
    let is_hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
    !is_hidden && path.extension().is_some_and(|found| found == extension)
}

/// Returns the BLAKE3 hash of a file, as 64 hexadecimal digits.
///
/// # Errors
///
/// [`LoadError::File`].
pub fn hash_of(path: &Path) -> Result<String, LoadError> {
    let mut hasher = blake3::Hasher::new();
    let file = fs::File::open(path).map_err(|error| unreadable(path, &error))?;
    hasher.update_reader(file).map_err(|error| unreadable(path, &error))?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// Returns the symbols that a library exports, sorted. It is read, not mapped.
///
/// # Errors
///
/// [`LoadError::File`], and [`LoadError::NotALibrary`] for what is none.
pub fn exports(path: &Path) -> Result<Vec<String>, LoadError> {
    let bytes = fs::read(path).map_err(|error| unreadable(path, &error))?;
    let wrong =
        |error: object::Error| not_a_library(path, &format!("is no library, or a damaged one: {error}"));
    let parsed = object::File::parse(&*bytes).map_err(wrong)?;
    // Where names are decorated, as on macOS, what begins them says nothing.
    let name = |name: &[u8]| {
        let name = String::from_utf8_lossy(name);
        let plain = if cfg!(target_os = "macos") { name.strip_prefix('_') } else { None };
        plain.unwrap_or(&name).to_owned()
    };
    let mut names = Vec::new();
    for export in parsed.exports().map_err(wrong)? {
        names.extend(export.map_err(wrong)?.name().name().map(name));
    }
    names.sort();
    names.dedup();
    Ok(names)
}

/// Makes sure that a file is a whole library for this machine.
pub(super) fn check(path: &Path) -> Result<(), LoadError> {
    let failed = |error: std::io::Error| unreadable(path, &error);
    let file = fs::File::open(path).map_err(failed)?;
    let len = file.metadata().map_err(failed)?.len();
    if len == 0 {
        return Err(not_a_library(path, "is empty"));
    }
    // Only what is looked at is read: libraries may have a hundred megabytes.
    let bytes = ReadCache::new(file);
    let parsed = object::File::parse(&bytes).map_err(|error| {
        let head = (&bytes).read_bytes_at(0, len.min(512)).unwrap_or_default();
        if std::str::from_utf8(head).is_ok() && !head.contains(&0) {
            return not_a_library(path, "is a text, no library");
        }
        not_a_library(path, &format!("is no library, or a damaged one: {error}"))
    })?;
    if parsed.kind() != ObjectKind::Dynamic {
        return Err(not_a_library(path, &format!("is no shared library, but {:?}", parsed.kind())));
    }
    if parsed.architecture() != this_architecture() {
        let found = parsed.architecture();
        let problem = format!("is for {found:?}, and this is {:?}", this_architecture());
        return Err(not_a_library(path, &problem));
    }
    // What the loader maps must be there: it does not look.
    let truncated =
        || not_a_library(path, &format!("is truncated: it has {len} bytes, and says that it has more"));
    for segment in parsed.segments() {
        let (start, size) = segment.file_range();
        if start.checked_add(size).is_none_or(|end| end > len) {
            return Err(truncated());
        }
    }
    // A library is written from its front to its end, which the section headers are.
    if parsed.symbols().next().is_none() && parsed.dynamic_symbols().next().is_none() {
        return Err(not_a_library(path, "has no symbols, or is truncated"));
    }
    Ok(())
}

fn this_architecture() -> Architecture {
    match std::env::consts::ARCH {
        "x86_64" => Architecture::X86_64,
        "aarch64" => Architecture::Aarch64,
        "x86" => Architecture::I386,
        "arm" => Architecture::Arm,
        "riscv64" => Architecture::Riscv64,
        _ => Architecture::Unknown,
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> LoadError {
    LoadError::File { path: path.to_path_buf(), message: error.to_string() }
}

fn not_a_library(path: &Path, problem: &str) -> LoadError {
    LoadError::NotALibrary { path: path.to_path_buf(), problem: problem.to_owned() }
}
