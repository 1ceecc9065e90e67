//! What is to be known of a store without loading it: what changed since the last dump, who holds it, what is beside it.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use crate::error::{FileError, LoadError};
use crate::generation::GenerationReader;
use crate::journal;
use crate::layout::{Layout, MANIFEST, TEMP_PREFIX};
use crate::lock;
use crate::native;
use crate::snapshot::KnownFiles;
use crate::text::Limits;
use crate::vfs::{LockMode, Vfs};
use crate::{Report, Severity, vfs};

/// What is to be known of a store.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Status {
    /// How many objects the manifest counts.
    pub objects: u64,
    /// How many spaces there are.
    pub spaces: usize,
    /// How many of their files were read to know whether they have changed. Of the others the snapshot knows how they looked.
    pub read: usize,
    /// The files that are not as the last dump left them, by path below `spaces/`.
    pub files: Vec<ChangedFile>,
    /// How many commits no dump has taken over.
    pub commits: usize,
    /// Whether these commits are to the generation that is there; if not, it was replaced by something else, such as git.
    pub are_commits_of_generation: bool,
    /// Why the journal can not be read.
    pub journal_problem: Option<String>,
    /// The generations before the current one, the oldest first.
    pub previous: Vec<PathBuf>,
    /// The process that writes to the store; `Some(None)` if it did not say which it is.
    pub writer: Option<Option<u32>>,
    /// Whether processes read the current generation.
    pub has_readers: bool,
    /// What was put aside: records that were damaged, states that no plugin wanted.
    pub aside: Vec<PathBuf>,
    /// What a dump left that was interrupted; the next writer finishes or removes it.
    pub unfinished: Vec<PathBuf>,
    /// What deserves a warning about the manifest.
    pub report: Report,
}

/// A file that is not as the last dump left it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChangedFile {
    /// The path below `spaces/`.
    pub path: String,
    /// What happened to it.
    pub change: FileChange,
}

/// What happened to a file behind the back of the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileChange {
    /// Its content is another one.
    Changed,
    /// It is not there.
    Missing,
    /// The manifest does not list it.
    Unlisted,
}

/// How thoroughly [`status()`] looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Thoroughness {
    /// A file that looks as it did when the snapshot was made is not read.
    #[default]
    Looks,
    /// Every file is read.
    Reads,
}

/// Returns what is to be known of the store in a directory. Nothing is written, and nobody is kept from anything.
///
/// # Errors
///
/// Those of opening the store and of reading its manifest.
pub fn status(vfs: &Arc<dyn Vfs>, store: &Path, thoroughness: Thoroughness) -> Result<Status, LoadError> {
    let layout = Layout::new(store);
    let mut status = Status { has_readers: is_read(&**vfs, &layout), ..Status::default() };
    status.writer = lock::writer(&**vfs, &layout);
    status.are_commits_of_generation = true;
    let generation = GenerationReader::open(vfs, store)?;
    let (manifest, manifest_bytes) =
        native::read_manifest(&generation, &Limits::default(), &mut status.report)?;
    status.objects = manifest.spaces.iter().map(|space| space.objects).sum();
    status.spaces = manifest.spaces.len();
    let entries: Vec<_> = manifest.files().collect();
    let known = match thoroughness {
        Thoroughness::Looks => KnownFiles::of(&generation, &blake3::hash(&manifest_bytes)),
        Thoroughness::Reads => KnownFiles::default(),
    };
    let unknown: Vec<_> = generation
        .in_place(|vfs, spaces| {
            entries.iter().filter(|file| !known.has(vfs, spaces, &file.path, &file.hash)).collect()
        })
        .unwrap_or_else(|| entries.iter().collect());
    status.read = unknown.len();
    let looked_at: Vec<Option<ChangedFile>> = unknown
        .par_iter()
        .map(|entry| {
            let mut report = Report::new();
            let content = native::read_listed(&generation, entry, &mut report);
            let change = match content {
                None => FileChange::Missing,
                Some(_) if report.count(Severity::Error) > 0 => FileChange::Changed,
                Some(_) => return None,
            };
            Some(ChangedFile { path: entry.path.clone(), change })
        })
        .collect();
    status.files.extend(looked_at.into_iter().flatten());
    let listed: BTreeSet<&str> = entries.iter().map(|entry| &*entry.path).chain([MANIFEST]).collect();
    for path in generation.list()?.into_iter().filter(|path| !listed.contains(path.as_str())) {
        status.files.push(ChangedFile { path, change: FileChange::Unlisted });
    }
    status.files.sort_by(|a, b| a.path.cmp(&b.path));
    match journal::inspect(&**vfs, &layout) {
        Ok((chain, is_of_generation)) => {
            (status.commits, status.are_commits_of_generation) = (chain.len(), is_of_generation);
        }
        Err(error) => status.journal_problem = Some(error.to_string()),
    }
    status.previous = children(&**vfs, &layout.previous())?;
    for directory in [layout.private().join("quarantine"), layout.rejected()] {
        status.aside.extend(children(&**vfs, &directory)?);
    }
    let is_unfinished =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(TEMP_PREFIX));
    status.unfinished = children(&**vfs, store)?.into_iter().filter(is_unfinished).collect();
    if !vfs::is_absent(&**vfs, &layout.redo()).map_err(FileError::of("look at", &layout.redo()))? {
        status.unfinished.push(layout.redo());
    }
    Ok(status)
}

/// Returns whether somebody holds the current generation.
fn is_read(vfs: &dyn Vfs, layout: &Layout) -> bool {
    let tried = vfs.lock(&layout.spaces(), LockMode::Exclusive);
    tried.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

fn children(vfs: &dyn Vfs, directory: &Path) -> Result<Vec<PathBuf>, FileError> {
    match vfs.read_dir(directory) {
        Ok(entries) => Ok(entries.into_iter().map(|entry| directory.join(entry.name)).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(FileError::of("list", directory)(error)),
    }
}
