//! Where it is measured, and what else the machine does meanwhile.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Failure, Outcome};

/// The types of file systems that have no disk, by what the kernel calls them.
const IN_MEMORY: &[&str] = &["tmpfs", "ramfs"];

/// A directory of the benchmark's own, that is removed with it.
pub(super) struct Place {
    dir: TempDir,
    file_system: String,
}

impl Place {
    /// Makes a directory in one that is given, or in that for temporary files.
    ///
    /// # Errors
    ///
    /// Refuses a file system in memory: nothing is made durable there.
    pub(super) fn new(within: Option<&Path>) -> Result<Place, Failure> {
        let dir = match within {
            Some(within) => TempDir::new_in(within)?,
            None => TempDir::new()?,
        };
        let (kind, device) = file_system(dir.path())?;
        if IN_MEMORY.contains(&kind.as_str()) {
            return Err(format!(
                "{} is on {kind}, which is not a disk: name one with --dir",
                dir.path().display()
            )
            .into());
        }
        Ok(Place { dir, file_system: format!("{kind} on {device}") })
    }

    /// Returns the kind of the file system and its device.
    pub(super) fn file_system(&self) -> &str {
        &self.file_system
    }

    /// Returns the path of something in it.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Copies a prepared store, so that each measurement begins with the same; returns where it is.
    pub(super) fn copy(&self, prepared: &Path) -> Result<PathBuf, Failure> {
        let copy = self.path("measured");
        if copy.exists() {
            fs::remove_dir_all(&copy)?;
        }
        copy_dir(prepared, &copy)?;
        // What is copied is written to the disk now, not while something is measured.
        rustix::fs::syncfs(fs::File::open(&copy)?)?;
        Ok(copy)
    }
}

fn copy_dir(from: &Path, to: &Path) -> Outcome {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_dir(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Returns the kind and the device of the file system that a directory is on.
fn file_system(dir: &Path) -> Result<(String, String), Failure> {
    let dir = dir.canonicalize()?;
    let mounts = fs::read_to_string("/proc/self/mounts")?;
    let fields = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ');
        Some((fields.next()?, Path::new(fields.next()?), fields.next()?))
    });
    // Of two mounts at the same place, the later one is seen.
    let found =
        fields.filter(|(_, at, _)| dir.starts_with(at)).max_by_key(|(_, at, _)| at.components().count());
    let (device, _, kind) = found.ok_or("the file system is not among the mounted ones")?;
    Ok((kind.to_owned(), device.to_owned()))
}

/// Returns how many threads of the machine were ready to run in the last minute, on average.
pub(super) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("unknown").to_owned()
}
