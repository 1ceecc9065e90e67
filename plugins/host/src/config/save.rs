//! Files that are replaced whole or not at all.
//!
//! The new text is written beside the file, synced, and renamed over it: a crash leaves the old file or the new one.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Returns the file that `path` leads to when it is a symbolic link, be the file there or not.
pub(super) fn target(path: &Path) -> PathBuf {
    let mut target = path.to_owned();
    // As many links as systems follow.
    for _ in 0..40 {
        match fs::read_link(&target) {
            Ok(next) => target = directory(&target).join(next),
            Err(_) => break,
        }
    }
    target
}

/// Returns the directory that a file is in.
pub(super) fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Replaces the file, keeping its permission bits; a new one is for its owner only. A symbolic link stays one.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let target = target(path);
    let file = written(&target, text)?;
    if let Ok(metadata) = fs::metadata(&target) {
        file.as_file().set_permissions(metadata.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(&target)?;
    sync_directory(&target)
}

/// Makes the file, which must not be there yet.
pub(super) fn create(path: &Path, text: &str) -> io::Result<()> {
    fs::create_dir_all(directory(path))?;
    let file = written(path, text)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path)?;
    sync_directory(path)
}

/// Copies the file to a new name beside it: `config.yaml.invalid-<seconds since 1970>`. Returns the name.
pub(super) fn keep_aside(path: &Path) -> io::Result<PathBuf> {
    let target = target(path);
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
    let name = target.file_name().unwrap_or_default().to_os_string();
    for number in 0..1000 {
        let mut aside = name.clone();
        aside.push(format!(".invalid-{seconds}"));
        if number > 0 {
            aside.push(format!("-{number}"));
        }
        let aside = target.with_file_name(aside);
        match File::create_new(&aside) {
            Ok(mut file) => {
                let mut from = File::open(&target)?;
                file.set_permissions(from.metadata()?.permissions())?;
                io::copy(&mut from, &mut file)?;
                file.sync_all()?;
                sync_directory(&aside)?;
                return Ok(aside);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Keeps other processes that save this file waiting until it is dropped. Where there are no such locks, it does nothing.
pub(super) fn lock(path: &Path) -> Option<File> {
    let directory = File::open(directory(&target(path))).ok()?;
    directory.lock().ok()?;
    Some(directory)
}

fn written(target: &Path, text: &str) -> io::Result<tempfile::NamedTempFile> {
    let mut file =
        tempfile::Builder::new().prefix(".config-").suffix(".tmp").tempfile_in(directory(target))?;
    file.write_all(text.as_bytes())?;
    Ok(file)
}

#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(directory(path))?.sync_all()
}

#[cfg(not(unix))]
fn sync_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}
