//! Going back to a previous generation, in one step.
//!
//! The files of the previous generation are linked into a temporary directory, which then takes the place of `spaces/` as
//! a dump does, with all that the [module](super) says of partial states. What was current becomes a previous generation
//! itself, so that a restore can be taken back; nothing is removed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::reader::GenerationReader;
use super::{previous, publish, recover};
use crate::error::{DumpError, FileError, LoadError, LockError, OpenError};
use crate::layout::{Layout, MANIFEST, TEMP_PREFIX};
use crate::lock::WriterLock;
use crate::manifest::Manifest;
use crate::native::{self, Lazy, LoadOptions, Overlay};
use crate::salvage::commits::{self, Commits};
use crate::salvage::quarantine;
use crate::vfs::{self, FileKind, LockMode, TreeEntry, Vfs};
use crate::{Problem, Report};

/// A generation before the current one.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PreviousGeneration {
    /// Its number: the name of its directory in `.rps/previous`.
    pub number: u64,
    /// Its directory.
    pub path: PathBuf,
    /// How many objects its manifest says there are, if that can be read.
    pub objects: Option<u64>,
    /// How many spaces they are in.
    pub spaces: Option<usize>,
    /// How many bytes its files have.
    pub size: u64,
    /// Everything that is wrong with it.
    pub report: Report,
}

/// How to restore.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct RestoreOptions {
    /// How the generation is loaded to see that it is sound.
    pub load: LoadOptions,
    /// Whether it is restored even if it is not.
    pub is_forced: bool,
}

/// What a restore did.
#[derive(Debug)]
#[non_exhaustive]
pub struct Restored {
    /// The generation that is the current one now.
    pub generation: PreviousGeneration,
    /// The number under which the one that was current before can be restored; nothing if there was none.
    pub replaced: Option<u64>,
    /// The commits since the last dump, which belong to the generation that was replaced: they were put aside.
    pub commits: Option<Commits>,
    /// How many commits came back with the generation, which had been put aside when it was replaced.
    pub returned: Option<u64>,
    /// What went wrong after the generation was in its place.
    pub report: Report,
}

/// Why nothing was restored. The store is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// An operation on files failed.
    #[error(transparent)]
    File(#[from] FileError),
    /// Another process has the store.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// What an interrupted dump left can not be finished.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The generation could not be put into its place.
    #[error(transparent)]
    Dump(#[from] DumpError),
    /// There is no such generation.
    #[error("the store `{}` has no previous generation{}", root.display(), number.map_or_else(String::new, |number| format!(" {number}")))]
    NoSuch {
        /// The directory of the store.
        root: PathBuf,
        /// The one that was asked for, if one was.
        number: Option<u64>,
        /// Those that there are.
        there: Vec<u64>,
    },
    /// The generation is not sound.
    #[error("the previous generation {} is not sound\n{}", .0.number, .0.report)]
    Unsound(Box<PreviousGeneration>),
}

impl RestoreError {
    /// Returns the stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::File(error) => error.code().as_str(),
            Self::Lock(error) => error.code(),
            Self::Open(error) => error.code(),
            Self::Dump(error) => error.code(),
            Self::NoSuch { .. } => "store::no-generation",
            Self::Unsound(_) => "store::unsound",
        }
    }

    /// Returns what one can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.code().hint().map(str::to_owned),
            Self::Lock(LockError::Held { .. }) => {
                Some("close the store there first: a restore replaces what it holds".to_owned())
            }
            Self::Lock(error) => error.hint(),
            Self::Open(error) => error.hint(),
            Self::Dump(error) => error.hint(),
            Self::NoSuch { there, .. } if there.is_empty() => Some(
                "each dump keeps the generation before it; take the store from git or from a backup".to_owned(),
            ),
            Self::NoSuch { there, .. } => {
                let there: Vec<String> = there.iter().map(u64::to_string).collect();
                Some(format!("there are {}: `rps restore STORE --list` tells what they are", there.join(", ")))
            }
            Self::Unsound(_) => Some(
                "take another one of `rps restore STORE --list`, or this one with --force, then `rps check STORE --salvage`"
                    .to_owned(),
            ),
        }
    }
}

/// Returns the generations before the current one, the oldest first, and what is wrong with each.
///
/// # Errors
///
/// Those of listing them.
pub fn previous_generations(
    vfs: &Arc<dyn Vfs>,
    root: &Path,
    options: &LoadOptions,
) -> Result<Vec<PreviousGeneration>, FileError> {
    let layout = Layout::new(root);
    let places = previous::places(&**vfs, &layout)?;
    places.into_iter().map(|(number, path)| look_at(vfs, &layout, number, path, options)).collect()
}

/// Makes a previous generation the current one, the newest where none is named. The current one becomes a previous one.
///
/// # Errors
///
/// See [`RestoreError`]; the store is as it was, then.
pub fn restore(
    vfs: &Arc<dyn Vfs>,
    root: &Path,
    number: Option<u64>,
    options: &RestoreOptions,
) -> Result<Restored, RestoreError> {
    let layout = Layout::new(root);
    let places = previous::places(&**vfs, &layout)?;
    let wanted = places.iter().rev().find(|(there, _)| number.is_none_or(|number| number == *there)).cloned();
    let Some((number, path)) = wanted else {
        let there = places.into_iter().map(|(number, _)| number).collect();
        return Err(RestoreError::NoSuch { root: root.to_path_buf(), number, there });
    };
    let lock = WriterLock::acquire(vfs, root)?;
    recover(&lock)?;
    let generation = look_at(vfs, &layout, number, path, &options.load)?;
    if generation.report.has_errors() && !options.is_forced {
        return Err(RestoreError::Unsound(Box::new(generation)));
    }
    let (vfs, layout) = (&**vfs, &layout);
    let before = commits::manifest(vfs, layout);
    let (replaced, unkept) = put(vfs, layout, &generation.path)?;
    let mut restored =
        Restored { generation, replaced, commits: None, returned: None, report: Report::new() };
    if let Some(error) = unkept {
        restored.report.push(Problem::warning(error.code(), ".rps/previous", error.to_string()));
    }
    if let Err(error) = journal(vfs, layout, &before, &mut restored) {
        // The next opening says that the journal is that of another generation: nothing is lost.
        restored.report.push(Problem::warning(error.code(), ".rps/journal", error.to_string()));
    }
    Ok(restored)
}

/// Puts the commits to the generation before aside, and brings those to this one back.
fn journal(vfs: &dyn Vfs, layout: &Layout, before: &[u8], restored: &mut Restored) -> Result<(), FileError> {
    let after = commits::manifest(vfs, layout);
    if let Some(found) = commits::foreign(vfs, layout, before, &after)? {
        let commits = restored.commits.insert(found);
        let place = quarantine::begin(vfs, layout)?;
        commits.place = Some(commits::set_aside(vfs, layout, &place, before)?);
    }
    restored.returned = commits::bring_back(vfs, layout, &after)?;
    Ok(())
}

fn look_at(
    vfs: &Arc<dyn Vfs>,
    layout: &Layout,
    number: u64,
    path: PathBuf,
    options: &LoadOptions,
) -> Result<PreviousGeneration, FileError> {
    let files = vfs::tree(&**vfs, &path)?;
    let sizes = files.iter().filter_map(|file| vfs.metadata(&file.place).ok());
    let size = sizes.filter(|metadata| metadata.kind == FileKind::File).map(|metadata| metadata.len).sum();
    let bytes = vfs.read(&path.join(MANIFEST)).ok();
    let manifest = bytes.and_then(|bytes| Manifest::read(Path::new(MANIFEST), &bytes, &options.limits).ok());
    let manifest = manifest.map(|(manifest, _)| manifest);
    let objects = manifest.as_ref().map(|manifest| manifest.spaces.iter().map(|space| space.objects).sum());
    let spaces = manifest.as_ref().map(|manifest| manifest.spaces.len());
    let generation = GenerationReader::open_at(vfs, layout, path.clone())?;
    let options = LoadOptions { lazy: Lazy::Never, ..options.clone() };
    let report = match native::load(&Arc::new(generation), &Overlay::default(), &options, false) {
        Ok((_, found)) => found.report,
        Err(LoadError::Unsound(report)) => report,
        Err(error) => Report::from_iter([Problem::error(error.as_code(), &path, error.to_string())]),
    };
    Ok(PreviousGeneration { number, path, objects, spaces, size, report })
}

/// Puts the files of a generation into the place of the current one, and returns the number of that, and what kept it
/// from getting one: it is in the temporary directory then, and the next opening puts it away.
fn put(
    vfs: &dyn Vfs,
    layout: &Layout,
    from: &Path,
) -> Result<(Option<u64>, Option<FileError>), RestoreError> {
    let (root, spaces) = (layout.root(), layout.spaces());
    let has_old = vfs::exists(vfs, &spaces)?;
    if has_old && vfs.metadata(&spaces).map_err(FileError::of("look at", &spaces))?.kind != FileKind::Dir {
        return Err(FileError::of("replace", &spaces)(std::io::ErrorKind::NotADirectory.into()).into());
    }
    let mut temp = vfs
        .create_temp_dir(root, TEMP_PREFIX)
        .map_err(FileError::of("make a temporary directory in", root))?;
    let guard = vfs.lock(&temp, LockMode::Exclusive).map_err(FileError::of("lock", &temp))?;
    let filled = fill(vfs, from, &temp).and_then(|()| match has_old {
        // What is the user's own stays as it is.
        true => own_files(vfs, &spaces, &temp),
        false => own_files(vfs, from, &temp),
    });
    let filled =
        filled.and_then(|()| vfs.sync_dir(&temp).map_err(FileError::of("sync the directory", &temp)));
    drop(guard);
    let manifest = commits::manifest_in(vfs, &temp);
    let published = filled
        .map_err(DumpError::from)
        .and_then(|()| publish::publish(vfs, layout, &mut temp, &manifest, has_old));
    let old = match published {
        Ok(old) => old,
        Err(error) => {
            // As in a dump: what may still become `spaces` at a power loss is left to the next opening.
            if vfs.sync_dir(root).is_ok() {
                let _ = vfs.remove_dir_all(&temp);
            }
            return Err(error.into());
        }
    };
    let kept = match old {
        Some(old) => previous::keep(vfs, layout, &old).map(Some),
        // It was put away on the way.
        None if has_old => {
            previous::places(vfs, layout).map(|mut places| places.pop().map(|(_, place)| place))
        }
        None => Ok(None),
    };
    let number = |place: PathBuf| place.file_name()?.to_str()?.parse().ok();
    Ok(match kept {
        Ok(place) => (place.and_then(number), None),
        Err(error) => (None, Some(error)),
    })
}

/// Links the files of a generation into a directory, and makes them durable there.
fn fill(vfs: &dyn Vfs, from: &Path, to: &Path) -> Result<(), FileError> {
    let mut dirs = Vec::new();
    for TreeEntry { path, place, kind } in vfs::tree(vfs, from)? {
        let target = to.join(path);
        match kind {
            FileKind::Dir => {
                vfs.create_dir(&target).map_err(FileError::of("make the directory", &target))?;
                dirs.push(target);
            }
            _ => vfs::link_or_copy(vfs, &place, &target)?,
        }
    }
    dirs.iter().rev().try_for_each(|dir| vfs.sync_dir(dir).map_err(FileError::of("sync the directory", dir)))
}

/// Links the files at the top of a directory whose names begin with a dot.
fn own_files(vfs: &dyn Vfs, from: &Path, to: &Path) -> Result<(), FileError> {
    for entry in vfs.read_dir(from).map_err(FileError::of("list", from))? {
        if entry.kind == FileKind::File && entry.name.to_string_lossy().starts_with('.') {
            vfs::link_or_copy(vfs, &from.join(&entry.name), &to.join(&entry.name))?;
        }
    }
    Ok(())
}
