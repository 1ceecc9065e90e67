//! Dropping the objects of a store that nothing leads to.
//!
//! A store keeps every object of its spaces, so this is only done when it is asked for, and in two steps that are at least
//! one generation apart: a first run marks what it finds dead, in `.rps/pack.json`; a later one drops what was marked and is
//! still dead. What is dropped stays in `.rps/previous` for as long as generations are kept there.
//!
//! Nothing leads to an object if it is not reached from the roots, constants and names of the manifest, the spaces, the
//! symbols (but weak ones), the classes that have a name or a symbol, what the states of plugins mention as text, and what
//! the caller keeps: that is in `reach`.

mod reach;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rps_runtime::Oid;
use rps_runtime::extension::Extensions;
use serde_json::{Value, json};

use crate::codec;
use crate::diff::{Names, Version};
use crate::error::{DumpError, FileError, LoadError, LockError};
use crate::format::FORMAT;
use crate::generation::{self, GenerationWriter};
use crate::journal;
use crate::layout::{Layout, MANIFEST};
use crate::lock::WriterLock;
use crate::manifest::{Manifest, SpaceEntry};
use crate::merge::{SpaceText, lay_out, write_file};
use crate::native::SpaceFileWriter;
use crate::store::require_store;
use crate::vfs::{LockMode, Vfs};

/// How to pack.
#[derive(Debug, Clone, Default)]
pub struct PackOptions {
    /// Objects that are kept whatever leads to them: those that come with the program.
    pub keep: BTreeSet<Oid>,
    /// Whether nothing is to be written, not even marks.
    pub is_dry_run: bool,
    /// A space with more bytes of records than this has several files; 0 stands for the limit of a dump.
    pub file_limit: usize,
}

/// What packing did, or would do.
#[derive(Debug)]
#[non_exhaustive]
pub struct Packed {
    /// How many objects there were.
    pub objects: usize,
    /// What was dropped, or would be: it was found dead in an earlier generation, too.
    pub dropped: Vec<DeadObject>,
    /// What is dead, and was found so in this generation for the first time.
    pub marked: Vec<DeadObject>,
    /// Where the generation is that still has what was dropped.
    pub previous: Option<PathBuf>,
    /// Whether plugins have states in the store: objects that such a state refers to in a form of its own are not seen.
    pub has_states: bool,
}

/// An object that nothing leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadObject {
    /// The object.
    pub oid: Oid,
    /// What people call it.
    pub name: Option<String>,
    /// The name of its space.
    pub space: String,
}

/// Why a store was not packed. It is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// The store was not read, or something is wrong with it: what can not be read may lead anywhere.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The new generation was not written, or another process writes to the store.
    #[error(transparent)]
    Dump(#[from] DumpError),
    /// Another process reads the store.
    #[error("another process reads the store `{}`", path.display())]
    Read {
        /// The directory of the store.
        path: PathBuf,
    },
    /// There are commits that no dump has taken over.
    #[error("there are {commits} commits in the journal of `{}`", path.display())]
    Commits {
        /// The directory of the store.
        path: PathBuf,
        /// How many.
        commits: usize,
    },
}

/// What an earlier run found dead.
#[derive(Debug, Default)]
struct Marks {
    /// The hash of the manifest of the generation in which it did.
    manifest: String,
    dead: BTreeSet<Oid>,
}

/// Packs the store in a directory.
///
/// # Errors
///
/// [`PackError::Load`] with all problems of a damaged store, [`PackError::Read`] and [`LockError::Held`] while another process
/// holds it, [`PackError::Commits`], and those of writing.
pub fn pack(
    vfs: &Arc<dyn Vfs>,
    store: &Path,
    options: &PackOptions,
    extensions: &dyn Extensions,
) -> Result<Packed, PackError> {
    if options.is_dry_run {
        let found = Found::look(vfs, store, options, extensions)?;
        return Ok(found.into_packed(None));
    }
    require_store(&**vfs, store).map_err(LoadError::from)?;
    let lock = WriterLock::acquire(vfs, store).map_err(DumpError::from)?;
    generation::recover(&lock).map_err(LoadError::from)?;
    alone(&lock, store)?;
    let found = Found::look(vfs, store, options, extensions)?;
    let mut marks = Marks { manifest: found.manifest_hash.clone(), dead: found.marked.clone() };
    let mut previous = None;
    if !found.dropped.is_empty() {
        let limit = if options.file_limit == 0 { 1_000_000 } else { options.file_limit };
        let hash = found.write(&lock, limit, extensions)?;
        journal::discard(&lock).map_err(DumpError::from)?;
        // What is dead now is looked at again in a later generation than this new one.
        marks.manifest = hash;
        previous = newest(&**vfs, lock.layout());
    } else if found.marked_before.manifest == found.manifest_hash {
        // Marked in this generation already.
        return Ok(found.into_packed(None));
    }
    marks.write(&**vfs, lock.layout()).map_err(DumpError::from)?;
    Ok(found.into_packed(previous))
}

/// Makes sure that nobody else holds the store.
fn alone(lock: &WriterLock, store: &Path) -> Result<(), PackError> {
    let (vfs, layout) = (lock.vfs(), lock.layout());
    match vfs.lock(&layout.spaces(), LockMode::Exclusive) {
        Ok(guard) => drop(guard),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            return Err(PackError::Read { path: store.to_path_buf() });
        }
        Err(error) => return Err(LoadError::from(FileError::of("lock", &layout.spaces())(error)).into()),
    }
    let commits = journal::inspect(&**vfs, layout).map_err(LoadError::from)?.0.len();
    if commits > 0 {
        return Err(PackError::Commits { path: store.to_path_buf(), commits });
    }
    Ok(())
}

/// A version of a store, and what is dead in it.
struct Found {
    version: Version,
    manifest: Manifest,
    manifest_hash: String,
    marked_before: Marks,
    dropped: BTreeSet<Oid>,
    marked: BTreeSet<Oid>,
}

impl Found {
    fn look(
        vfs: &Arc<dyn Vfs>,
        store: &Path,
        options: &PackOptions,
        extensions: &dyn Extensions,
    ) -> Result<Found, PackError> {
        let version = Version::read(vfs, store, extensions)?;
        if version.report().has_errors() {
            return Err(LoadError::Unsound(version.report().clone()).into());
        }
        if version.commits() > 0 {
            return Err(PackError::Commits { path: store.to_path_buf(), commits: version.commits() });
        }
        let manifest = version.manifest.clone().unwrap_or_default();
        let layout = Layout::new(store);
        let path = layout.spaces().join(MANIFEST);
        let bytes = vfs.read(&path).map_err(FileError::of("read", &path)).map_err(LoadError::from)?;
        let manifest_hash = blake3::hash(&bytes).to_hex().to_string();
        let marked_before = Marks::read(&**vfs, &layout);
        let dead = reach::dead(&version, &manifest, options);
        let is_later = marked_before.manifest != manifest_hash;
        let (dropped, marked) =
            dead.into_iter().partition(|oid| is_later && marked_before.dead.contains(oid));
        Ok(Found { version, manifest, manifest_hash, marked_before, dropped, marked })
    }

    fn into_packed(self, previous: Option<PathBuf>) -> Packed {
        let names = match self.dropped.is_empty() && self.marked.is_empty() {
            true => Names::default(),
            false => Names::of(&[&self.version]),
        };
        let mut packed = Packed {
            objects: self.version.len(),
            dropped: Vec::new(),
            marked: Vec::new(),
            previous,
            has_states: !self.version.states.is_empty(),
        };
        for file in &self.version.files {
            for span in file.records() {
                let list = match () {
                    () if self.dropped.contains(&span.oid) => &mut packed.dropped,
                    () if self.marked.contains(&span.oid) => &mut packed.marked,
                    () => continue,
                };
                let name = names.get(span.oid).map(str::to_owned);
                let space = file.space().map_or("", |(name, _)| name).to_owned();
                list.push(DeadObject { oid: span.oid, name, space });
            }
        }
        packed
    }

    /// Writes a generation without what is dropped, and returns the hash of its manifest.
    fn write(
        &self,
        lock: &WriterLock,
        limit: usize,
        extensions: &dyn Extensions,
    ) -> Result<String, DumpError> {
        let writer = GenerationWriter::begin(lock)?;
        let mut manifest = self.manifest.clone();
        let mut old: HashMap<Oid, SpaceEntry> =
            std::mem::take(&mut manifest.spaces).into_iter().map(|space| (space.oid, space)).collect();
        let spaces = self.spaces();
        for (space, files) in spaces.iter().zip(lay_out(&spaces, limit)) {
            let mut entries = Vec::new();
            // A space is encoded as it was.
            let before = old.remove(&space.oid);
            let codec = before.as_ref().and_then(|space| space.files.first()?.path.split(".json.").nth(1));
            for file in files {
                let content = || -> io::Result<Vec<u8>> {
                    let mut out = SpaceFileWriter::begin(Vec::new(), &space.header())?;
                    for (.., text) in file.records {
                        out.record(text.as_bytes())?;
                    }
                    out.finish()
                };
                // Writing to a vector does not fail.
                let plain = content().unwrap_or_default();
                let (path, bytes) = match codec.and_then(|name| extensions.codec_by_name(name)) {
                    Some(codec) => {
                        let path = format!("{}.{}", file.path, codec.info().name);
                        let old = writer.old_content(&path);
                        let bytes = codec::framed(&*codec, &path, &plain, old.as_ref(), extensions)?;
                        (path, bytes)
                    }
                    None => (file.path, plain),
                };
                let mut out = writer.write_file(&path)?;
                out.write_all(&bytes).map_err(FileError::of("write", path.as_ref()))?;
                entries.push(out.finish()?);
            }
            manifest.spaces.push(SpaceEntry {
                name: space.name.clone(),
                oid: space.oid,
                objects: space.records.len() as u64,
                files: entries,
                unknown: before.map(|before| before.unknown).unwrap_or_default(),
            });
        }
        for state in &self.manifest.state {
            writer.carry_file(&state.path)?;
        }
        manifest.sort();
        writer.commit(&manifest)?;
        Ok(blake3::hash(&manifest.to_bytes()).to_hex().to_string())
    }

    fn spaces(&self) -> Vec<SpaceText<&str>> {
        let mut spaces: BTreeMap<Oid, SpaceText<&str>> = BTreeMap::new();
        for file in &self.version.files {
            let Some((name, oid)) = file.space() else { continue };
            let space = spaces.entry(oid).or_insert_with(|| SpaceText {
                name: name.to_owned(),
                oid,
                records: Vec::new(),
            });
            let kept = file.records().iter().filter(|span| !self.dropped.contains(&span.oid));
            space.records.extend(kept.map(|span| (span.oid, span.len as usize, file.text(span))));
        }
        let mut spaces: Vec<_> = spaces.into_values().filter(|space| !space.records.is_empty()).collect();
        for space in &mut spaces {
            space.records.sort_by_key(|(oid, ..)| *oid);
        }
        spaces
    }
}

/// Returns where the generation is that was replaced last.
fn newest(vfs: &dyn Vfs, layout: &Layout) -> Option<PathBuf> {
    let entries = vfs.read_dir(&layout.previous()).ok()?;
    let last = entries.iter().max_by(|a, b| a.name.cmp(&b.name))?;
    Some(layout.previous().join(&last.name))
}

impl Marks {
    fn path(layout: &Layout) -> PathBuf {
        layout.private().join("pack.json")
    }

    /// Returns what an earlier run left. Without it, or if it is damaged, nothing was found dead before.
    fn read(vfs: &dyn Vfs, layout: &Layout) -> Marks {
        let parsed = vfs.read(&Self::path(layout)).ok();
        let parsed = parsed.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
        let parsed = parsed.filter(|parsed| parsed["format"] == FORMAT).unwrap_or_default();
        let dead = parsed["dead"].as_array().into_iter().flatten();
        Marks {
            manifest: parsed["manifest"].as_str().unwrap_or_default().to_owned(),
            dead: dead.filter_map(|oid| Oid::parse(oid.as_str()?).ok()).collect(),
        }
    }

    fn write(&self, vfs: &dyn Vfs, layout: &Layout) -> Result<(), FileError> {
        let dead: Vec<String> = self.dead.iter().map(Oid::to_string).collect();
        let content = json!({ "format": FORMAT, "manifest": self.manifest, "dead": dead });
        write_file(vfs, &Self::path(layout), format!("{content}\n").as_bytes())
    }
}

impl PackError {
    /// Returns the stable code, such as `store::locked`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Load(error) => error.code(),
            Self::Dump(error) => error.code(),
            Self::Read { .. } => crate::Code::Locked.as_str(),
            Self::Commits { .. } => crate::Code::UndumpedCommits.as_str(),
        }
    }

    /// Returns what one can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Load(error) => error.hint(),
            Self::Dump(DumpError::Lock(error @ LockError::Held { .. })) => error.hint(),
            Self::Dump(error) => error.hint(),
            Self::Read { .. } => Some("wait until the other process has closed the store".to_owned()),
            Self::Commits { .. } => {
                Some("dump the store first: `rps --store STORE --dump -e nil`".to_owned())
            }
        }
    }
}
