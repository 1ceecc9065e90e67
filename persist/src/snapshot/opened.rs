//! A generation that is opened by its snapshot.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::RwLock;
use rayon::prelude::*;
use rps_runtime::Oid;
use rps_runtime::extension::Extensions;

use super::shard::{self, Shard};
use super::top::{Row, Top};
use super::writer::{Skipped, put_top, shard_path, skipped, top_path};
use crate::codec;
use crate::generation::GenerationReader;
use crate::manifest::Manifest;
use crate::native;
use crate::text::Limits;
use crate::vfs::{FileId, Metadata, Stat, Vfs};

/// So many files are looked at by one thread; more are shared out.
const FILES_OF_A_THREAD: usize = 256;

/// A generation whose snapshot is sound and up to date. Nothing of a shard was read yet.
pub(crate) struct Opened {
    generation: Arc<GenerationReader>,
    extensions: Arc<dyn Extensions>,
    manifest_hash: blake3::Hash,
    top: Top,
    /// One for each file of the top.
    shards: Box<[RwLock<Option<Arc<Held>>>]>,
    /// How everything looks now, if some of it looks otherwise than the top says, although it is the same.
    refreshed: Option<Looked>,
}

/// A shard that was needed.
struct Held {
    shard: Shard,
    /// The file that is mapped, and its length; nothing if the shard was made from the text.
    file: Option<(PathBuf, FileId, u64)>,
}

/// What is known of an object before its record is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) class: Option<Oid>,
    pub(crate) space: Oid,
    pub(crate) mtime: i64,
}

/// The whole text of a space file.
#[derive(Debug)]
pub(crate) struct Text {
    /// The path below `spaces/`.
    pub(crate) path: String,
    pub(crate) space: Oid,
    pub(crate) text: String,
}

/// Opens a generation by its snapshot, if there is one that can be used. No text of an object is read.
///
/// # Errors
///
/// Why there is none; the generation is to be loaded, then.
pub(crate) fn open(
    generation: &Arc<GenerationReader>,
    manifest_bytes: &[u8],
    extensions: &Arc<dyn Extensions>,
) -> Result<Opened, Skipped> {
    let manifest_hash = blake3::hash(manifest_bytes);
    let path = top_path(generation.layout(), &manifest_hash);
    let (bytes, metadata) = generation.vfs().map(&path).map_err(skipped("there is no snapshot"))?;
    // It is small and always needed: a copy is safe from whatever becomes of the file.
    let top =
        Top::new(bytes.to_vec().into(), &manifest_hash).map_err(skipped("the snapshot can not be used"))?;
    let looked = generation.in_place(|vfs, spaces| look_at_all(vfs, spaces, &top, metadata.mtime));
    let looked = looked.ok_or_else(|| Skipped("the generation is gone".to_owned()))??;
    let shards = (0..top.len()).map(|_| RwLock::new(None)).collect();
    let refreshed = looked.is_other.then_some(looked);
    let (generation, extensions) = (Arc::clone(generation), Arc::clone(extensions));
    Ok(Opened { generation, extensions, manifest_hash, top, shards, refreshed })
}

/// How everything looks, and whether some of it looks otherwise than it did.
struct Looked {
    files: Vec<Stat>,
    directories: Vec<(String, Stat)>,
    is_other: bool,
}

/// Makes sure that the files of a generation are those of which a top was made: they look as they did, or have the same
/// hash.
fn look_at_all(vfs: &dyn Vfs, spaces: &Path, top: &Top, made: i64) -> Result<Looked, Skipped> {
    let look_at = |number: usize| match top.file(number) {
        Some(row) => look_at_file(vfs, spaces, row, made),
        None => Err(Skipped(String::new())),
    };
    let files: Vec<(Stat, bool)> = if top.len() <= FILES_OF_A_THREAD {
        (0..top.len()).map(look_at).collect::<Result<_, _>>()?
    } else {
        (0..top.len())
            .into_par_iter()
            .with_min_len(FILES_OF_A_THREAD)
            .map(look_at)
            .collect::<Result<_, _>>()?
    };
    let mut is_other = files.iter().any(|(_, is_other)| *is_other);
    let files = files.into_iter().map(|(stat, _)| stat).collect();
    let mut directories = Vec::new();
    for (path, known) in top.directories() {
        let metadata = vfs.metadata(&spaces.join(path)).map_err(skipped("a directory is gone"))?;
        let stat =
            Stat::of_directory(&metadata).ok_or_else(|| Skipped(format!("`{path}` is no directory")))?;
        if stat != known || stat.mtime >= made {
            is_other = true;
        }
        directories.push((path.to_owned(), stat));
    }
    Ok(Looked { files, directories, is_other })
}

/// Tells whether files look otherwise than a top that was made then says; nothing if they are others.
#[cfg(test)]
pub(super) fn looks_otherwise(vfs: &dyn Vfs, spaces: &Path, top: &Top, made: i64) -> Option<bool> {
    look_at_all(vfs, spaces, top, made).ok().map(|looked| looked.is_other)
}

/// Returns how a file looks, and whether that is otherwise than the top says.
fn look_at_file(vfs: &dyn Vfs, spaces: &Path, row: Row<'_>, made: i64) -> Result<(Stat, bool), Skipped> {
    let path = spaces.join(row.path().unwrap_or_default());
    let changed = || Skipped(format!("`{}` was changed", path.display()));
    let stat = vfs.metadata(&path).ok().as_ref().and_then(Stat::of_file).ok_or_else(changed)?;
    // A file that was written in the same tick of the clock as the top may have been written once more after it.
    if stat == row.stat() && stat.mtime < made {
        return Ok((stat, false));
    }
    if stat.len != row.stat().len {
        return Err(changed());
    }
    let content = vfs.read(&path).map_err(skipped("a file was not read"))?;
    if blake3::hash(&content) == row.hash() { Ok((stat, true)) } else { Err(changed()) }
}

impl Opened {
    /// Returns the manifest, in which no space has files.
    pub(crate) fn manifest(&self) -> Option<Manifest> {
        self.top.manifest()
    }

    /// Tells whether a file or a directory looks otherwise than it did, although the files are the same. Then there may be
    /// files that the manifest does not list.
    pub(crate) fn looks_otherwise(&self) -> bool {
        self.refreshed.is_some()
    }

    /// Returns how many objects there are.
    pub(crate) fn objects(&self) -> u64 {
        self.top.objects
    }

    /// Returns how many files of objects there are, and how many bytes they have on disk.
    pub(crate) fn files(&self) -> (usize, u64) {
        let rows = (0..self.top.len()).filter_map(|number| self.top.file(number));
        (self.top.len(), rows.map(|row| row.stat().len).sum())
    }

    /// Returns the paths of all files of objects.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        (0..self.top.len()).filter_map(|number| self.top.file(number)?.path())
    }

    /// Returns what is known of an object.
    ///
    /// Where the file is damaged that would have it, it is taken to exist: it can not be read, then, but what refers to it
    /// goes on referring to it.
    pub(crate) fn find(&self, oid: Oid) -> Option<Found> {
        self.top.files_of(oid).find_map(|number| match self.shard(number) {
            Ok(held) => {
                let entry = held.shard.find(oid)?;
                let class = held.shard.class(entry);
                Some(Found { class, space: held.shard.space, mtime: entry.mtime() })
            }
            Err(_) => {
                let space = self.top.file(number)?.space()?;
                Some(Found { class: None, space, mtime: 0 })
            }
        })
    }

    /// Returns a copy of the text of an object's record, if the store has the object.
    ///
    /// # Errors
    ///
    /// Why it can not be had: the snapshot is damaged, and so is the file.
    pub(crate) fn record(&self, oid: Oid) -> Result<Option<String>, Skipped> {
        for number in self.top.files_of(oid) {
            for _ in 0..2 {
                let held = self.shard(number)?;
                let Some(entry) = held.shard.find(oid) else { break };
                let record = held.shard.record(entry).and_then(|record| String::from_utf8(record).ok());
                match record {
                    Some(record) => return Ok(Some(record)),
                    None => self.pass_over(number, &held)?,
                }
            }
        }
        Ok(None)
    }

    /// Returns the symbol with a name.
    pub(crate) fn symbol(&self, name: &str) -> Option<Oid> {
        self.top.symbol(name)
    }

    /// Returns all names of symbols, sorted.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.top.symbols().map(|(name, ..)| name)
    }

    /// Returns the objects without a space that are referred to; some more than once.
    pub(crate) fn transients(&self) -> impl Iterator<Item = Oid> {
        self.top.transients().map(|(oid, _)| oid)
    }

    /// Returns the objects whose payloads are of plugins' kinds, with the numbers of their files, by file.
    pub(crate) fn foreign(&self) -> impl Iterator<Item = (Oid, usize)> {
        self.top.foreign()
    }

    /// Calls `f` with each object.
    ///
    /// # Errors
    ///
    /// As [`Opened::record`], for a file of which nothing can be had.
    pub(crate) fn for_each(&self, f: &mut dyn FnMut(Oid, Found)) -> Result<(), Skipped> {
        for number in 0..self.top.len() {
            let Held { shard, .. } = &*self.shard(number)?;
            let found = |entry: shard::Entry<'_>| Found {
                class: shard.class(entry),
                space: shard.space,
                mtime: entry.mtime(),
            };
            // At once: what is done with them takes its time, and the file may be cut off meanwhile.
            let all: Vec<_> =
                shard.entries().filter_map(|entry| Some((entry.head(shard)?.oid, found(entry)))).collect();
            all.into_iter().for_each(|(oid, found)| f(oid, found));
        }
        Ok(())
    }

    /// Returns the text of a file by its number.
    ///
    /// # Errors
    ///
    /// As [`Opened::record`].
    pub(crate) fn text(&self, number: usize) -> Result<Text, Skipped> {
        let path = self.top.file(number).and_then(Row::path).unwrap_or_default().to_owned();
        let shard = &self.shard_of_text(number)?.shard;
        let text = String::from_utf8(shard.text().to_vec()).map_err(skipped("the text is damaged"))?;
        Ok(Text { path, space: shard.space, text })
    }

    /// Returns where the record of an object is in the text of its file.
    pub(crate) fn span(&self, oid: Oid) -> Option<Range<usize>> {
        self.top.files_of(oid).find_map(|number| {
            let range = self.shard(number).ok()?.shard.find(oid)?.range();
            Some(range.start as usize..range.end as usize)
        })
    }

    /// Returns the path of the file that has an object, and the line on which its record begins.
    pub(crate) fn place(&self, oid: Oid) -> Option<(String, u32)> {
        self.top.files_of(oid).find_map(|number| {
            let held = self.shard(number).ok()?;
            let start = held.shard.find(oid)?.range().start as usize;
            let lines = memchr::memchr_iter(b'\n', held.shard.text().get(..start)?).count();
            Some((self.top.file(number)?.path()?.to_owned(), lines as u32 + 1))
        })
    }

    /// Writes the top anew, if files looked otherwise than it says, so that the next opening need not hash them again.
    /// Only who may write to the store may call this.
    pub(crate) fn refresh(&self) {
        let Some(Looked { files: stats, directories, .. }) = &self.refreshed else { return };
        let (Some(manifest), Some(mut files)) = (self.top.manifest(), self.top.files()) else { return };
        for (file, stat) in files.iter_mut().zip(stats) {
            file.stat = *stat;
        }
        let (vfs, layout) = (self.generation.vfs(), self.generation.layout());
        // It is a cache: if this fails, the next opening hashes again.
        let _ = put_top(&**vfs, layout, &self.manifest_hash, &manifest, &mut files, directories);
    }

    /// Returns a shard, which is mapped when it is first needed, or made from the text where the map is of no use.
    fn shard(&self, number: usize) -> Result<Arc<Held>, Skipped> {
        let slot = self.shards.get(number).ok_or_else(|| Skipped("no such shard".to_owned()))?;
        if let Some(held) = &*slot.read()
            && held.has_its_length(&**self.generation.vfs())
        {
            return Ok(Arc::clone(held));
        }
        let mut slot = slot.write();
        if let Some(held) = &*slot
            && held.has_its_length(&**self.generation.vfs())
        {
            return Ok(Arc::clone(held));
        }
        // One that lost its length is not mapped again.
        let held = match slot.is_none().then(|| self.map(number)).flatten() {
            Some(held) => held,
            None => self.read_text(number)?,
        };
        Ok(Arc::clone(slot.insert(Arc::new(held))))
    }

    /// Replaces a shard whose text is damaged by one that is made from the text of the generation.
    fn pass_over(&self, number: usize, damaged: &Arc<Held>) -> Result<(), Skipped> {
        let slot = self.shards.get(number).ok_or_else(|| Skipped("no such shard".to_owned()))?;
        let mut slot = slot.write();
        if slot.as_ref().is_some_and(|held| Arc::ptr_eq(held, damaged)) {
            *slot = Some(Arc::new(self.read_text(number)?));
        }
        Ok(())
    }

    fn shard_of_text(&self, number: usize) -> Result<Arc<Held>, Skipped> {
        let held = self.shard(number)?;
        // The text as a whole has no checksum of its own.
        let is_sound = held.shard.entries().all(|entry| held.shard.record(entry).is_some());
        if !is_sound {
            self.pass_over(number, &held)?;
        }
        self.shard(number)
    }

    fn map(&self, number: usize) -> Option<Held> {
        let row = self.top.file(number)?;
        let path = shard_path(self.generation.layout(), &row.hash());
        let (bytes, Metadata { id, len, .. }) = self.generation.vfs().map(&path).ok()?;
        let shard = Shard::new(bytes, &row.hash()).ok().filter(|shard| is_of(shard, row))?;
        Some(Held { shard, file: Some((path, id, len)) })
    }

    /// Makes a shard from the space file of the generation, which is held.
    fn read_text(&self, number: usize) -> Result<Held, Skipped> {
        let row = self.top.file(number).ok_or_else(|| Skipped("no such file".to_owned()))?;
        let path = row.path().unwrap_or_default();
        let content = self.generation.read(path).map_err(skipped("the snapshot is damaged"))?;
        let changed = || Skipped(format!("the snapshot is damaged, and `spaces/{path}` was changed"));
        if blake3::hash(&content) != row.hash() {
            return Err(changed());
        }
        let limit = Limits::default().space_file;
        let text = codec::decoded(Path::new(path), content, limit, &*self.extensions);
        let text = text.map_err(|problem| Skipped(problem.message.to_string()))?;
        let bytes = native::heads(&text).and_then(|heads| shard::build(&row.hash(), &heads, &text));
        let shard =
            Shard::new(bytes.ok_or_else(changed)?.into(), &row.hash()).map_err(skipped("no shard"))?;
        Ok(Held { shard, file: None })
    }
}

/// Tells whether a shard has what the top says of its file.
fn is_of(shard: &Shard, row: Row<'_>) -> bool {
    let oid = |entry: Option<shard::Entry<'_>>| Some(entry?.head(shard)?.oid);
    let bounds = [oid(shard.entries().next()), oid(shard.entries().last())];
    (Some(shard.space), shard.len(), bounds) == (row.space(), row.records() as usize, row.bounds())
}

impl Held {
    /// Tells whether the file under the map is as long as it was: what is behind its end can not be touched.
    ///
    /// A file that has lost its name can not be shortened any more by who looks for it under that name.
    fn has_its_length(&self, vfs: &dyn Vfs) -> bool {
        let Some((path, id, len)) = &self.file else { return true };
        match vfs.metadata(path) {
            Ok(now) => now.id != *id || now.len >= *len,
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        }
    }
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("manifest", &self.manifest_hash.to_hex()).finish_non_exhaustive()
    }
}
