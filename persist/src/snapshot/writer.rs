//! Writing the snapshot of the current generation, after a dump or a load.
//!
//! Nothing here may make a dump fail: what goes wrong ends the snapshot, and the next opening is an ordinary load. Nothing is synced either: after a power loss the checksums tell what is left.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use rayon::prelude::*;
use rps_runtime::Oid;
use rps_runtime::extension::Extensions;

use super::shard::{self, Shard};
use super::top::{self, File, Top};
use crate::codec;
use crate::layout::{Layout, MANIFEST};
use crate::manifest::{FileEntry, Manifest};
use crate::native::{self, Heads};
use crate::text::Limits;
use crate::vfs::{self, Stat, Vfs};

/// Why there is no snapshot of a generation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Skipped(pub(crate) String);

/// The snapshot of the current generation. Threads may add files at once.
struct Writer<'e> {
    vfs: Arc<dyn Vfs>,
    layout: Layout,
    extensions: &'e dyn Extensions,
    /// The files of the snapshot before this one, by path.
    old: HashMap<String, File>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By path.
    files: HashMap<String, File>,
    skipped: Option<Skipped>,
}

/// Makes the snapshot of the current generation anew. The caller holds the store's lock.
///
/// # Errors
///
/// Why there is none.
pub(crate) fn make(
    vfs: &Arc<dyn Vfs>,
    layout: &Layout,
    extensions: &dyn Extensions,
    limits: &Limits,
) -> Result<(), Skipped> {
    let bytes = vfs.read(&layout.spaces().join(MANIFEST)).map_err(skipped("no manifest"))?;
    let (manifest, report) = Manifest::read(Path::new(MANIFEST), &bytes, limits)
        .map_err(|_| Skipped("the manifest is damaged".to_owned()))?;
    if !report.is_empty() {
        return Err(Skipped("the manifest deserves a warning".to_owned()));
    }
    let writer = Writer::begin(vfs, layout, extensions);
    let files =
        manifest.spaces.iter().flat_map(|space| space.files.iter().map(move |file| (space.oid, file)));
    files.collect::<Vec<_>>().into_par_iter().for_each(|(space, file)| writer.add_file(space, file));
    writer.finish(&manifest, &bytes)
}

impl<'e> Writer<'e> {
    fn begin(vfs: &Arc<dyn Vfs>, layout: &Layout, extensions: &'e dyn Extensions) -> Writer<'e> {
        let state = State {
            skipped: make_directory(&**vfs, &layout.snapshot()).err().map(skipped("no directory")),
            ..State::default()
        };
        let old = old_files(&**vfs, layout).unwrap_or_default();
        Writer { vfs: Arc::clone(vfs), layout: layout.clone(), extensions, old, state: Mutex::new(state) }
    }

    /// Adds a space file of the generation. One that an earlier snapshot knows is not read.
    fn add_file(&self, space: Oid, entry: &FileEntry) {
        self.with(&entry.path, || {
            let stat = self.look_at(&entry.path).ok_or(Skipped(format!("`{}` is gone", entry.path)))?;
            let known = self.old.get(&entry.path).filter(|old| (old.hash, old.space) == (entry.hash, space));
            if let Some(known) = known.filter(|known| known.stat.is_same_content(&stat))
                && self.vfs.metadata(&shard_path(&self.layout, &entry.hash)).is_ok()
            {
                return Ok(File { stat, ..known.clone() });
            }
            let path = self.layout.spaces().join(&entry.path);
            let content = self.vfs.read(&path).map_err(skipped("a file was not read"))?;
            if blake3::hash(&content) != entry.hash {
                return Err(Skipped(format!("`{}` is not the file of the manifest", entry.path)));
            }
            // What an earlier snapshot has left.
            if let Ok((bytes, _)) = self.vfs.map(&shard_path(&self.layout, &entry.hash))
                && let Ok(shard) = Shard::new(bytes, &entry.hash)
                && shard.entries().all(|entry| shard.record(entry).is_some())
            {
                return file_of(space, entry, stat, &shard);
            }
            let limit = Limits::default().space_file;
            let text = codec::decoded(&path, content, limit, self.extensions);
            let text = text.map_err(|problem| Skipped(problem.message.to_string()))?;
            self.write_shard(space, entry, stat, &text)
        });
    }

    /// Ends the snapshot, and removes what no longer belongs to it.
    ///
    /// # Errors
    ///
    /// Why there is no snapshot of this generation.
    fn finish(self, manifest: &Manifest, manifest_bytes: &[u8]) -> Result<(), Skipped> {
        let State { mut files, skipped: earlier } = self.state.into_inner();
        if let Some(earlier) = earlier {
            return Err(earlier);
        }
        let spaces = self.layout.spaces();
        let look_at = |path: &str| {
            self.vfs.metadata(&spaces.join(path)).map_err(skipped("a file of the generation is gone"))
        };
        let mut rows = Vec::with_capacity(files.len());
        for (space, entry) in
            manifest.spaces.iter().flat_map(|space| space.files.iter().map(move |f| (space, f)))
        {
            let row = files.remove(&entry.path);
            let row = row.filter(|row| (row.space, row.hash) == (space.oid, entry.hash));
            let mut row = row.ok_or_else(|| Skipped(format!("`{}` was not added", entry.path)))?;
            let stat = Stat::of_file(&look_at(&entry.path)?);
            let stat = stat.ok_or_else(|| Skipped(format!("`{}` is no file", entry.path)))?;
            // Somebody may have written to it since it was read.
            if stat.len != entry.size || !stat.is_same_content(&row.stat) {
                return Err(Skipped(format!("`{}` was changed by another program", entry.path)));
            }
            row.stat = stat;
            rows.push(row);
        }
        let mut directories = Vec::new();
        for path in directories_of(manifest) {
            let stat = Stat::of_directory(&look_at(&path)?);
            directories
                .push((path.clone(), stat.ok_or_else(|| Skipped(format!("`{path}` is no directory")))?));
        }
        let hash = blake3::hash(manifest_bytes);
        put_top(&*self.vfs, &self.layout, &hash, manifest, &mut rows, &directories)?;
        sweep(&*self.vfs, &self.layout, &hash, &rows);
        Ok(())
    }

    /// Adds what `f` makes of a file, unless something went wrong, now or before.
    fn with(&self, path: &str, f: impl FnOnce() -> Result<File, Skipped>) {
        if self.state.lock().skipped.is_some() {
            return;
        }
        let made = f();
        let state = &mut *self.state.lock();
        match made {
            Ok(file) => drop(state.files.insert(path.to_owned(), file)),
            Err(skipped) => state.skipped = Some(skipped),
        }
    }

    /// Returns how a file of the current generation looks.
    fn look_at(&self, path: &str) -> Option<Stat> {
        let metadata = self.vfs.metadata(&self.layout.spaces().join(path)).ok()?;
        Stat::of_file(&metadata)
    }

    fn write_shard(&self, space: Oid, entry: &FileEntry, stat: Stat, text: &[u8]) -> Result<File, Skipped> {
        let unusual = || Skipped(format!("`{}` is not as a dump writes it", entry.path));
        let heads = native::heads(text).filter(|heads| heads.space == space).ok_or_else(unusual)?;
        let bytes = shard::build(&entry.hash, &heads, text).ok_or_else(unusual)?;
        put(&*self.vfs, &shard_path(&self.layout, &entry.hash), &bytes)
            .map_err(skipped("a shard was not written"))?;
        file_of_heads(entry, stat, heads).ok_or_else(unusual)
    }
}

/// Makes the directory of a snapshot. It is a cache: a name that is not durable is no loss.
fn make_directory(vfs: &dyn Vfs, directory: &Path) -> io::Result<()> {
    if vfs::is_absent(vfs, directory)? { vfs::create_dirs(vfs, directory) } else { Ok(()) }
}

/// Returns where the shard of a space file is.
pub(super) fn shard_path(layout: &Layout, hash: &blake3::Hash) -> PathBuf {
    layout.snapshot().join(format!("{}.snap", hash.to_hex()))
}

/// Returns where the top for a manifest is.
pub(super) fn top_path(layout: &Layout, manifest: &blake3::Hash) -> PathBuf {
    layout.snapshot().join(format!("{}.top", manifest.to_hex()))
}

/// Writes a top.
pub(super) fn put_top(
    vfs: &dyn Vfs,
    layout: &Layout,
    hash: &blake3::Hash,
    manifest: &Manifest,
    files: &mut [File],
    directories: &[(String, Stat)],
) -> Result<(), Skipped> {
    let bytes = top::build(hash, manifest, files, directories);
    let bytes = bytes.ok_or_else(|| Skipped("the store is too large for its tables".to_owned()))?;
    // What would be passed over for ever must be made anew each time.
    Top::new(bytes.clone().into(), hash).map_err(|error| Skipped(error.to_string()))?;
    put(vfs, &top_path(layout, hash), &bytes).map_err(skipped("the top was not written"))
}

/// Writes a file under a temporary name, and gives it its own in one step.
fn put(vfs: &dyn Vfs, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("tmp");
    let mut file = match vfs.create(&temporary) {
        // Left by a process that died.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            vfs.remove_file(&temporary)?;
            vfs.create(&temporary)?
        }
        created => created?,
    };
    let written = file.write_all(bytes).and_then(|()| vfs.rename(&temporary, path));
    if written.is_err() {
        let _ = vfs.remove_file(&temporary);
    }
    written
}

/// Removes what a snapshot does not consist of. A session that holds an older generation reads from that, then.
fn sweep(vfs: &dyn Vfs, layout: &Layout, manifest: &blake3::Hash, files: &[File]) {
    let dir = layout.snapshot();
    let shards = files.iter().map(|file| shard_path(layout, &file.hash));
    let wanted: BTreeSet<PathBuf> = shards.chain([top_path(layout, manifest)]).collect();
    for entry in vfs.read_dir(&dir).unwrap_or_default() {
        let path = dir.join(entry.name);
        if entry.kind == vfs::FileKind::File && !wanted.contains(&path) {
            let _ = vfs.remove_file(&path);
        }
    }
}

/// Returns the directories of a generation, relative to it: itself is the empty path.
fn directories_of(manifest: &Manifest) -> BTreeSet<String> {
    let parents = manifest.files().flat_map(|entry| Path::new(&entry.path).ancestors().skip(1));
    let parents = parents.filter_map(|path| path.to_str().map(str::to_owned));
    parents.chain([String::new()]).collect()
}

/// Returns the files of the snapshot that is there, of whichever manifest it is: as a rule there is one.
fn old_files(vfs: &dyn Vfs, layout: &Layout) -> Option<HashMap<String, File>> {
    let entries = vfs.read_dir(&layout.snapshot()).ok()?;
    let tops = entries.iter().filter_map(|entry| {
        let hash = blake3::Hash::from_hex(entry.name.to_str()?.strip_suffix(".top")?).ok()?;
        let (bytes, _) = vfs.map(&top_path(layout, &hash)).ok()?;
        Top::new(bytes, &hash).ok()?.files()
    });
    Some(tops.flatten().map(|file| (file.path.clone(), file)).collect())
}

fn file_of(space: Oid, entry: &FileEntry, stat: Stat, shard: &Shard) -> Result<File, Skipped> {
    let oid =
        |entry: Option<shard::Entry<'_>>| entry.and_then(|entry| entry.head(shard)).map(|head| head.oid);
    let bounds = oid(shard.entries().next()).zip(oid(shard.entries().last()));
    let (first, last) = bounds
        .filter(|_| shard.space == space)
        .ok_or_else(|| Skipped(format!("`{}` has no records, or belongs to another space", entry.path)))?;
    Ok(File {
        hash: entry.hash,
        first,
        last,
        space,
        path: entry.path.clone(),
        records: shard.len() as u32,
        stat,
        symbols: shard.symbols().map(|(oid, name)| (oid, name.to_owned())).collect(),
        foreign: shard.foreign().collect(),
        transients: shard.transients().collect(),
    })
}

fn file_of_heads(entry: &FileEntry, stat: Stat, heads: Heads) -> Option<File> {
    let Heads { space, records, symbols, foreign, transients } = heads;
    let (first, last) = (records.first()?.oid, records.last()?.oid);
    let (hash, path, records) = (entry.hash, entry.path.clone(), u32::try_from(records.len()).ok()?);
    Some(File { hash, first, last, space, path, records, stat, symbols, foreign, transients })
}

pub(super) fn skipped<E: std::fmt::Display>(what: &str) -> impl FnOnce(E) -> Skipped {
    let what = what.to_owned();
    move |error| Skipped(format!("{what}: {error}"))
}
