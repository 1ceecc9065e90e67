//! Writing what the manifest says of files anew, after a merge or an edit by hand put other files there.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rps_runtime::extension::Extensions;

use crate::diff::Version;
use crate::error::{DumpError, FileError, LoadError};
use crate::generation::GenerationReader;
use crate::journal;
use crate::layout::{Layout, MANIFEST};
use crate::lock::WriterLock;
use crate::manifest::{FileEntry, Manifest, SpaceEntry, UnknownKeys};
use crate::store::require_store;
use crate::vfs::{Bytes, Vfs};
use crate::{Code, Problem, Report, Severity};

/// What came of [`seal()`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sealed {
    /// Whether the manifest was another one.
    pub is_changed: bool,
    /// How many objects the files hold.
    pub objects: usize,
    /// How many files there are.
    pub files: usize,
    /// How many commits the journal has that were made to an earlier generation: they are kept, but nothing opens them.
    pub orphaned_commits: usize,
}

/// Makes the manifest of the store in a directory describe the files that are there. Only texts are looked at: whether
/// references lead anywhere is told by a [`check`](crate::check()) afterwards.
///
/// # Errors
///
/// [`LoadError::Unsound`] with all problems of the files and of the manifest, conflict markers among them; the manifest is
/// as it was, then. [`DumpError::Commits`] if the manifest would be another one, and there are commits to the generation as it
/// is. Those of the lock, and of reading and writing.
pub fn seal(vfs: &Arc<dyn Vfs>, store: &Path, extensions: &dyn Extensions) -> Result<Sealed, SealError> {
    require_store(&**vfs, store).map_err(LoadError::from)?;
    let lock = WriterLock::acquire(vfs, store).map_err(DumpError::from)?;
    let generation = GenerationReader::open(vfs, store).map_err(LoadError::from)?;
    let mut files = Vec::new();
    for path in generation.list()? {
        files.push((path.clone(), generation.read(&path)?));
    }
    let old = files.iter().find(|(path, _)| path == MANIFEST).map(|(_, bytes)| bytes.to_vec());
    let count = files.len().saturating_sub(1);
    let (manifest, objects) = describe(files, extensions).map_err(LoadError::Unsound)?;
    let bytes = manifest.to_bytes();
    let is_changed = old.as_deref() != Some(&*bytes);
    let (chain, are_of_generation) = match journal::has_segments(&**vfs, lock.layout()) {
        Ok(true) => journal::inspect(&**vfs, lock.layout()).map_err(LoadError::from)?,
        Ok(false) => Default::default(),
        Err(error) => return Err(LoadError::from(error).into()),
    };
    let commits = chain.len();
    if is_changed && are_of_generation && commits > 0 {
        return Err(DumpError::Commits { path: store.to_path_buf(), commits }.into());
    }
    if is_changed {
        replace(&**vfs, lock.layout(), &bytes).map_err(DumpError::from)?;
    }
    let orphaned_commits = if are_of_generation { 0 } else { commits };
    Ok(Sealed { is_changed, objects, files: count, orphaned_commits })
}

/// Why a store was not sealed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The files were not read, or something is wrong with them.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The manifest was not written, or another process writes to the store.
    #[error(transparent)]
    Dump(#[from] DumpError),
}

/// Returns the manifest that describes files, one of which is the manifest as it was, and how many objects they hold.
pub(crate) fn describe(
    files: Vec<(String, Bytes)>,
    extensions: &dyn Extensions,
) -> Result<(Manifest, usize), Report> {
    let entries: HashMap<String, FileEntry> =
        files.iter().map(|(path, bytes)| (path.clone(), FileEntry::of_content(path, bytes))).collect();
    let version = Version::of_files(files, extensions);
    let mut report: Report = version.report().clone();
    report.retain(|problem| problem.severity == Severity::Error);
    duplicates(&version, &mut report);
    let Some(mut manifest) = version.manifest.clone() else {
        if !report.has_errors() {
            report.push(Problem::error(Code::MissingFile, in_store(MANIFEST), "the manifest is missing"));
        }
        return Err(report);
    };
    let mut old_files: HashMap<String, FileEntry> =
        manifest.files().map(|file| (file.path.clone(), file.clone())).collect();
    let mut entry = |path: &str| -> Option<FileEntry> {
        let new = entries.get(path)?.clone();
        let unknown = old_files.remove(path).map_or_else(UnknownKeys::new, |old| old.unknown);
        Some(FileEntry { unknown, ..new })
    };
    let mut spaces: BTreeMap<rps_runtime::Oid, SpaceEntry> = BTreeMap::new();
    for file in &version.files {
        let Some((name, oid)) = file.space() else { continue };
        let unknown = || {
            let old = manifest.spaces.iter().find(|space| space.oid == oid);
            old.map_or_else(UnknownKeys::new, |old| old.unknown.clone())
        };
        let space = spaces.entry(oid).or_insert_with(|| SpaceEntry {
            name: name.to_owned(),
            oid,
            objects: 0,
            files: Vec::new(),
            unknown: unknown(),
        });
        if space.name != name {
            let message =
                format!("the space {oid} is called `{name}` here, and `{}` in another file", space.name);
            report.push(Problem::error(Code::WrongSpace, in_store(&file.path), message).about(oid));
        }
        space.objects += file.records().len() as u64;
        space.files.extend(entry(&file.path));
    }
    let mut names = BTreeSet::new();
    for space in spaces.values() {
        if !names.insert(space.name.clone()) {
            let message = format!("two spaces are called `{}`", space.name);
            report.push(Problem::error(Code::DuplicateName, in_store(MANIFEST), message).about(space.oid));
        }
    }
    if report.has_errors() {
        report.sort();
        return Err(report);
    }
    manifest.spaces = spaces.into_values().collect();
    manifest.state = version.states.keys().filter_map(|path| entry(path)).collect();
    manifest.sort();
    Ok((manifest, version.len()))
}

/// Reports objects that are in more than one file.
fn duplicates(version: &Version, report: &mut Report) {
    let mut places: HashMap<rps_runtime::Oid, &str> = HashMap::with_capacity(version.len());
    for file in &version.files {
        for span in file.records() {
            match places.get(&span.oid) {
                // What is twice in one file was found with its index.
                Some(path) if **path != *file.path => {
                    let message = format!("a second object with this oid; the first one is in spaces/{path}");
                    let problem = Problem::error(Code::DuplicateOid, in_store(&file.path), message)
                        .at_line(span.line)
                        .about(span.oid)
                        .with_hint("a space was cut into other files on one side of a merge: `rps merge` puts it right");
                    report.push(problem);
                }
                _ => {
                    places.insert(span.oid, &file.path);
                }
            }
        }
    }
}

fn in_store(path: &str) -> PathBuf {
    Path::new("spaces").join(path)
}

/// Replaces the manifest in one step.
fn replace(vfs: &dyn Vfs, layout: &Layout, bytes: &[u8]) -> Result<(), FileError> {
    write_file(vfs, &layout.spaces().join(MANIFEST), bytes)
}

/// Writes a file in the place of another one, in one step.
pub(crate) fn write_file(vfs: &dyn Vfs, path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let directory = crate::vfs::parent_dir(path);
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    // A name that begins with a dot is none of a store's files.
    let fresh = directory.join(format!(".{name}.new"));
    match vfs.remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(FileError::of("remove", &fresh)(error));
        }
        _ => {}
    }
    let mut file = vfs.create(&fresh).map_err(FileError::of("create", &fresh))?;
    file.write_all(bytes).map_err(FileError::of("write", &fresh))?;
    file.sync().map_err(FileError::of("sync", &fresh))?;
    drop(file);
    vfs.rename(&fresh, path).map_err(FileError::of("rename", &fresh))?;
    vfs.sync_dir(directory).map_err(FileError::of("sync", directory))
}
