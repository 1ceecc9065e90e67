//! The store that is being put together, object by object, each with the records that it may be made of.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use rps_runtime::extension::{
    Codec, CodecInfo, ExtensionError, Extensions, Finding, NoExtensions, Restored, StateSection,
    StateSnapshot, TypeLookup,
};
use rps_runtime::{Oid, Runtime, known};
use serde_json::Value;

use super::pieces::{self, Side};
use super::sources::{SourceFile, Sources, in_store};
use super::{Fate, Item, SalvageError, in_memory, read_manifest};
use crate::error::{FileError, LoadError};
use crate::generation::GenerationReader;
use crate::layout::{Layout, MANIFEST};
use crate::manifest::{FileEntry, Manifest, SpaceEntry, UnknownKeys};
use crate::native::{
    self, DumpOptions, Lazy, LoadOptions, LoadReport, Overlay, SpaceFileWriter, SpaceHeader, SpaceIndex,
};
use crate::vfs::memory::MemoryVfs;
use crate::vfs::{self, Bytes, Vfs};
use crate::{Access, Code, CodecChoice, Problem, Report, Severity, Store};

/// The directory of the draft, in a file system of its own.
const ROOT: &str = "/salvage";

/// A file of the draft has about so many bytes: it is written anew for each change of a record in it.
const CHUNK: usize = 4 << 20;

/// A store that is being put together.
pub(super) struct Draft {
    pub(super) sources: Sources,
    pub(super) objects: BTreeMap<Oid, Object>,
    /// The names of the spaces.
    spaces: BTreeMap<Oid, String>,
    chunks: Vec<Chunk>,
    /// In which chunk an object is.
    homes: BTreeMap<Oid, usize>,
    items: Vec<Item>,
    memory: Arc<dyn Vfs>,
}

/// An object, and what it may be made of.
#[derive(Default)]
pub(super) struct Object {
    /// The best one first.
    alternatives: Vec<Alternative>,
    /// Which alternative is taken; behind the last one there is none.
    active: usize,
    /// The record of the active one, changed.
    patched: Option<Vec<u8>>,
    /// What stands for the object when no alternative is left.
    pub(super) stand_in: Option<StandIn>,
    /// A stand-in was no good either.
    is_banned: bool,
}

/// A record that an object may be made of.
struct Alternative {
    space: Oid,
    text: Text,
    rank: Rank,
    file: usize,
    lines: (u32, u32),
}

/// Where a record is from; what is above is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// From a file that is as the manifest describes it.
    Described,
    /// From another file.
    Readable,
    /// The same, and it does not begin as a dump writes it: its lines may be those of several records.
    Odd,
    /// From the other side of a merge.
    Theirs,
    /// From the file that the manifest describes, as a previous generation has it.
    Original,
}

/// The bytes of a record.
enum Text {
    Part(Bytes, Range<usize>),
    Own(Vec<u8>),
}

/// What stands for an object that is lost and that others can not do without.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct StandIn {
    pub(super) kind: StandInKind,
    pub(super) space: Oid,
}

/// What a stand-in has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum StandInKind {
    Plain,
    Class,
    Space,
}

/// Some objects of a space: a file of the draft.
struct Chunk {
    space: Oid,
    path: String,
    oids: BTreeSet<Oid>,
    /// The entry of the file, unless it has to be written anew.
    entry: Option<FileEntry>,
    /// The first line of each record.
    lines: Vec<(u32, Oid)>,
    text: Vec<u8>,
}

/// A generation that is sound.
pub(super) struct Result {
    pub(super) files: Vec<(String, Bytes)>,
    pub(super) manifest: Manifest,
}

impl Draft {
    /// Takes every record that is JSON from the sources.
    pub(super) fn new(sources: Sources) -> Self {
        let mut draft = Self {
            sources,
            objects: BTreeMap::new(),
            spaces: BTreeMap::new(),
            chunks: Vec::new(),
            homes: BTreeMap::new(),
            items: Vec::new(),
            memory: Arc::new(MemoryVfs::new()),
        };
        let files = std::mem::take(&mut draft.sources.files);
        for (number, file) in files.iter().enumerate() {
            draft.take(number, file);
        }
        draft.sources.files = files;
        draft.take_unlisted();
        draft.rank();
        draft.cut();
        draft
    }

    /// Takes files that the manifest does not list where it says that their space has more objects: it has lost a line.
    fn take_unlisted(&mut self) {
        for file in std::mem::take(&mut self.sources.unlisted) {
            let Some((_, space)) = file.content.as_deref().and_then(pieces::header) else { continue };
            let is_of_space =
                |object: &&Object| object.alternatives.iter().any(|record| record.space == space);
            let there = self.objects.values().filter(is_of_space).count() as u64;
            if self.sources.counts.get(&space).is_some_and(|count| there < *count) {
                self.take(self.sources.files.len(), &file);
                self.sources.files.push(file);
            }
        }
    }

    /// Takes the records of a file.
    fn take(&mut self, number: usize, file: &SourceFile) {
        let name = in_store(&file.path);
        if let Some(content) = &file.content {
            let (index, report) = SpaceIndex::read(&name, content, &crate::text::Limits::default());
            let of_header = index.as_ref().map(|index| (index.header.name.clone(), index.header.oid));
            // The index does not look into records: one that has lost its first line is a part of the one before it.
            let is_one = |index: &SpaceIndex| {
                let mut records = index.records.iter().map(|record| &content[record.range()]);
                records.all(|record| memchr::memmem::find(record, b"\n},\n").is_none())
            };
            let is_sound = !report.has_errors() && index.as_ref().is_some_and(is_one);
            let header = of_header.or_else(|| pieces::header(content));
            let space = space_of(file, header);
            match (index, space) {
                (Some(index), Some(space)) if is_sound => {
                    let is_regular = !report.codes().contains(&Code::OldForm);
                    self.take_sound(number, file, content, &index, is_regular, &space);
                }
                (_, space) => self.take_pieces(number, file, content, &report, space.as_ref()),
            }
        }
        if let Some(original) = &file.original
            && let (Some(index), _) = SpaceIndex::read(&name, original, &crate::text::Limits::default())
        {
            let space = (index.header.name.clone(), index.header.oid);
            self.name_space(&space);
            for record in &index.records {
                let lines = (record.line, record.line);
                let text = Text::Part(original.clone(), record.range());
                self.add(
                    record.oid,
                    Alternative { space: space.1, text, rank: Rank::Original, file: number, lines },
                );
            }
        }
    }

    fn take_sound(
        &mut self,
        number: usize,
        file: &SourceFile,
        content: &Bytes,
        index: &SpaceIndex,
        is_regular: bool,
        space: &(String, Oid),
    ) {
        self.name_space(space);
        if !file.is_described {
            let message =
                "the file is not the one that the manifest describes; what is in it is taken as it is";
            self.items.push(Item::new(Fate::Taken, in_store(&file.path), Code::BadHash, message));
        }
        for record in &index.records {
            let bytes = &content[record.range()];
            let last = record.line + crate::report::saturated(memchr::memchr_iter(b'\n', bytes).count());
            let text = match is_regular {
                true => Text::Part(content.clone(), record.range()),
                false => match pieces::in_layout(bytes) {
                    Some(text) => Text::Own(text),
                    None => continue,
                },
            };
            let rank = if file.is_described { Rank::Described } else { Rank::readable(text.bytes()) };
            self.add(
                record.oid,
                Alternative { space: space.1, text, rank, file: number, lines: (record.line, last) },
            );
        }
    }

    /// Takes what is sound in a damaged file, and notes the rest.
    fn take_pieces(
        &mut self,
        number: usize,
        file: &SourceFile,
        content: &Bytes,
        report: &Report,
        space: Option<&(String, Oid)>,
    ) {
        let name = in_store(&file.path);
        let (sides, wrong) = pieces::sides(content);
        for (code, message) in &wrong {
            self.items.push(Item::new(Fate::Taken, &name, *code, *message));
        }
        if let Some(space) = space {
            self.name_space(space);
        }
        let before = self.items.len();
        let mut count = 0;
        for Side { bytes, is_theirs, .. } in &sides {
            let side = sides.iter().find(|side| side.is_theirs == *is_theirs);
            for piece in pieces::split(&name, bytes) {
                let text = &bytes[piece.range.clone()];
                let lines = side.map_or((1, 1), |side| side.lines_of(&piece.range));
                let taken = match (&piece.fault, piece.oid, space) {
                    (None, Some(oid), Some(space)) => {
                        pieces::in_layout(text).map(|text| (oid, space.1, text))
                    }
                    _ => None,
                };
                if let Some((oid, space, text)) = taken {
                    let rank = if *is_theirs { Rank::Theirs } else { Rank::readable(&text) };
                    self.add(oid, Alternative { space, text: Text::Own(text), rank, file: number, lines });
                    count += 1;
                    continue;
                }
                let (code, message) = piece.fault.unwrap_or_else(|| {
                    (Code::WrongSpace, "nothing says which space the record belongs to".to_owned())
                });
                let mut item = Item::new(Fate::Quarantined, &name, code, message);
                (item.lines, item.oid, item.content) = (Some(lines), piece.oid, text.to_vec());
                self.items.push(item);
            }
        }
        if self.items.len() == before && wrong.is_empty() {
            // Nothing but the frame of the file is damaged.
            let first = report.problems().iter().find(|problem| problem.severity == Severity::Error);
            let generic = || Problem::error(Code::BadRecord, &name, "the file can not be read as a whole");
            let problem = first.cloned().unwrap_or_else(generic);
            let fate = if count == 0 { Fate::Quarantined } else { Fate::Taken };
            self.items.push(Item::of_problem(fate, &problem));
        }
    }

    fn name_space(&mut self, (name, oid): &(String, Oid)) {
        let is_taken = self.spaces.iter().any(|(other, taken)| taken == name && other != oid);
        let name = if is_taken { oid.to_string() } else { name.clone() };
        self.spaces.entry(*oid).or_insert(name);
    }

    fn add(&mut self, oid: Oid, alternative: Alternative) {
        self.objects.entry(oid).or_default().alternatives.push(alternative);
    }

    /// Puts the best alternative of each object first, and notes those that come twice.
    fn rank(&mut self) {
        for (&oid, object) in &mut self.objects {
            let all = &mut object.alternatives;
            if all.len() == 1 {
                continue;
            }
            all.sort_by_key(|alternative| alternative.rank);
            // Both sides of a merge have what neither has changed.
            let ours: Vec<Vec<u8>> = all
                .iter()
                .filter(|alternative| alternative.rank < Rank::Theirs)
                .map(|alternative| alternative.text.bytes().to_vec())
                .collect();
            all.retain(|alternative| {
                alternative.rank != Rank::Theirs || !ours.iter().any(|ours| *ours == alternative.text.bytes())
            });
            let first = all[0].lines;
            let first_file = in_store(&self.sources.files[all[0].file].path);
            for other in all.iter().skip(1).filter(|other| other.rank != Rank::Original) {
                let (code, message) = match other.rank {
                    Rank::Theirs => (
                        Code::ConflictMarkers,
                        "this is what the other side of the merge made of it".to_owned(),
                    ),
                    _ => {
                        let (file, line) = (crate::report::Slashed(&first_file).to_string(), first.0);
                        (
                            Code::DuplicateOid,
                            format!("another record with this oid is taken, in `{file}` on line {line}"),
                        )
                    }
                };
                let path = in_store(&self.sources.files[other.file].path);
                let mut item = Item::new(Fate::Quarantined, path, code, message);
                (item.lines, item.oid) = (Some(other.lines), Some(oid));
                item.content = other.text.bytes().to_vec();
                self.items.push(item);
            }
        }
    }

    /// Puts the objects into files.
    fn cut(&mut self) {
        let mut by_space: BTreeMap<Oid, Vec<Oid>> = BTreeMap::new();
        for (&oid, object) in &self.objects {
            if let Some(alternative) = object.alternatives.first() {
                by_space.entry(alternative.space).or_default().push(oid);
            }
        }
        for (space, oids) in by_space {
            let mut size = CHUNK;
            for oid in oids {
                if size >= CHUNK {
                    self.add_chunk(space);
                    size = 0;
                }
                size += self.objects[&oid].alternatives[0].text.bytes().len();
                self.put(oid, self.chunks.len() - 1);
            }
        }
    }

    fn add_chunk(&mut self, space: Oid) {
        let path = format!("{}.json", self.chunks.len());
        self.chunks.push(Chunk {
            space,
            path,
            oids: BTreeSet::new(),
            entry: None,
            lines: Vec::new(),
            text: Vec::new(),
        });
    }

    fn put(&mut self, oid: Oid, chunk: usize) {
        self.chunks[chunk].oids.insert(oid);
        self.chunks[chunk].entry = None;
        self.homes.insert(oid, chunk);
    }

    /// Brings an object into the file where it belongs after a change.
    pub(super) fn changed(&mut self, oid: Oid) {
        if let Some(home) = self.homes.remove(&oid) {
            self.chunks[home].oids.remove(&oid);
            self.chunks[home].entry = None;
        }
        let Some((space, _)) = self.record(oid) else { return };
        self.spaces.entry(space).or_insert_with(|| space.to_string());
        let home = self.chunks.iter().position(|chunk| chunk.space == space);
        let home = home.unwrap_or_else(|| {
            self.add_chunk(space);
            self.chunks.len() - 1
        });
        self.put(oid, home);
    }

    /// Returns the space and the record of an object as it is now; nothing if it is lost.
    pub(super) fn record(&self, oid: Oid) -> Option<(Oid, Cow<'_, [u8]>)> {
        let object = self.objects.get(&oid)?;
        match (object.alternatives.get(object.active), &object.patched, &object.stand_in) {
            (Some(taken), Some(patched), _) => Some((taken.space, Cow::Borrowed(&patched[..]))),
            (Some(taken), None, _) => Some((taken.space, Cow::Borrowed(taken.text.bytes()))),
            (None, _, Some(stand_in)) => {
                let name = self.spaces.get(&oid).cloned();
                Some((stand_in.space, Cow::Owned(stand_in.record(oid, name))))
            }
            (None, _, None) => None,
        }
    }

    /// Returns whether a stand-in is all that there is of an object.
    pub(super) fn is_stand_in(&self, oid: Oid) -> bool {
        self.objects.get(&oid).is_some_and(|object| object.active >= object.alternatives.len())
    }

    /// Replaces the record of an object; what it was goes into quarantine.
    pub(super) fn patch(&mut self, oid: Oid, record: Vec<u8>, problem: &Problem) {
        self.note(Fate::Changed, oid, problem.code, &problem.message);
        if let Some(object) = self.objects.get_mut(&oid) {
            object.patched = Some(record);
        }
        self.changed(oid);
    }

    /// Gives up the record of an object, and takes the next one if there is one.
    pub(super) fn reject(&mut self, oid: Oid, problem: &Problem) {
        if self.is_stand_in(oid) {
            if let Some(object) = self.objects.get_mut(&oid) {
                (object.stand_in, object.is_banned) = (None, true);
            }
        } else {
            self.note(Fate::Quarantined, oid, problem.code, &problem.message);
            if let Some(object) = self.objects.get_mut(&oid) {
                object.active += 1;
                object.patched = None;
            }
        }
        self.changed(oid);
    }

    /// Makes a stand-in for a lost object, or a better one. Returns whether that can be done.
    pub(super) fn stand_in(&mut self, oid: Oid, kind: StandInKind, space: Oid) -> bool {
        let object = self.objects.entry(oid).or_default();
        if object.active < object.alternatives.len() || object.is_banned {
            return false;
        }
        let space = object.alternatives.last().map_or(space, |lost| lost.space);
        let space = if kind == StandInKind::Space { oid } else { space };
        match &object.stand_in {
            Some(there) if there.kind >= kind => return false,
            _ => object.stand_in = Some(StandIn { kind, space }),
        }
        self.changed(oid);
        true
    }

    /// Forgets a root or a constant.
    pub(super) fn forget_root(&mut self, oid: Oid, problem: &Problem) -> bool {
        let before = self.sources.roots.len() + self.sources.constants.len();
        self.sources.roots.retain(|root| *root != oid);
        self.sources.constants.retain(|constant| *constant != oid);
        let mut item =
            Item::new(Fate::Quarantined, in_store(MANIFEST), problem.code, problem.message.clone());
        (item.oid, item.content) = (Some(oid), format!("{oid}\n").into_bytes());
        self.items.push(item);
        self.sources.roots.len() + self.sources.constants.len() < before
    }

    /// Notes what becomes of the record of an object that is taken now.
    fn note(&mut self, fate: Fate, oid: Oid, code: Code, message: &str) {
        let Some(object) = self.objects.get(&oid) else { return };
        let Some(taken) = object.alternatives.get(object.active) else { return };
        let again = |item: &Item| {
            (item.oid, item.code, &*item.message, item.lines) == (Some(oid), code, message, Some(taken.lines))
        };
        if self.items.iter().rev().take(8).any(again) {
            return;
        }
        let path = in_store(&self.sources.files[taken.file].path);
        let is_original = taken.rank == Rank::Original;
        let message = format!("{message}{}", if is_original { ", in the original of the file" } else { "" });
        let mut item = Item::new(fate, path, code, message);
        (item.lines, item.oid) = (Some(taken.lines).filter(|_| !is_original), Some(oid));
        item.content = taken.text.bytes().to_vec();
        self.items.push(item);
    }

    /// Returns the object whose record has a place in a file of the draft, and how far that is from the record's beginning.
    pub(super) fn locate(&self, problem: &Problem) -> Option<(Oid, usize)> {
        let path = problem.file.strip_prefix("spaces").ok()?;
        let chunk = self.chunks.iter().find(|chunk| Path::new(&chunk.path) == path)?;
        let place = problem.place?;
        let at = chunk.lines.partition_point(|(line, _)| *line <= place.line).checked_sub(1)?;
        let (first, oid) = chunk.lines[at];
        let (_, record) = self.record(oid)?;
        let skipped = (place.line - first) as usize;
        let line = match skipped {
            0 => 0,
            nth => memchr::memchr_iter(b'\n', &record).nth(nth - 1)? + 1,
        };
        let text = std::str::from_utf8(&record[line..]).ok()?;
        let column =
            text.char_indices().nth(place.column.saturating_sub(1) as usize).map_or(text.len(), |(at, _)| at);
        Some((oid, line + column))
    }

    /// Returns the space of the file of the draft that a problem is in.
    pub(super) fn space_at(&self, problem: &Problem) -> Option<Oid> {
        let path = problem.file.strip_prefix("spaces").ok()?;
        self.chunks.iter().find(|chunk| Path::new(&chunk.path) == path).map(|chunk| chunk.space)
    }

    /// Returns how many objects are as they were.
    pub(super) fn unchanged(&self) -> usize {
        let is_unchanged =
            |object: &&Object| object.active < object.alternatives.len() && object.patched.is_none();
        self.objects.values().filter(is_unchanged).count()
    }

    /// Returns everything that is done.
    pub(super) fn items(&mut self) -> Vec<Item> {
        let mut items = std::mem::take(&mut self.items);
        items.append(&mut self.sources.items);
        for item in &mut items {
            let Some(object) = item.oid.and_then(|oid| self.objects.get(&oid)) else { continue };
            let taken = object.alternatives.get(object.active);
            if item.fate == Fate::Quarantined && taken.is_some_and(|taken| taken.rank == Rank::Original) {
                item.fate = Fate::Replaced;
            }
        }
        for (&oid, object) in &self.objects {
            if let (Some(stand_in), true) = (&object.stand_in, object.active >= object.alternatives.len()) {
                let what = match stand_in.kind {
                    StandInKind::Plain => "an object",
                    StandInKind::Class => "a class",
                    StandInKind::Space => "a space",
                };
                let message = format!(
                    "others can not do without it: {what} with its oid and nothing else stands for it"
                );
                let mut item = Item::new(Fate::StandIn, "spaces", Code::DanglingOid, message);
                item.oid = Some(oid);
                items.push(item);
            }
        }
        items
    }

    /// Loads the draft as it is now.
    pub(super) fn load(
        &mut self,
        options: &LoadOptions,
    ) -> std::result::Result<std::result::Result<(Runtime, LoadReport), Report>, SalvageError> {
        self.write()?;
        let generation = Arc::new(GenerationReader::open(&self.memory, Path::new(ROOT))?);
        match native::load(&generation, &Overlay::default(), options, false) {
            Ok(loaded) => Ok(Ok(loaded)),
            Err(LoadError::Unsound(report)) => Ok(Err(report)),
            Err(error) => Err(in_memory(error)),
        }
    }

    /// Writes the files of the draft that have changed, and its manifest.
    fn write(&mut self) -> std::result::Result<(), SalvageError> {
        for number in 0..self.chunks.len() {
            if self.chunks[number].entry.is_none() {
                self.write_chunk(number)?;
            }
        }
        let mut spaces: BTreeMap<Oid, SpaceEntry> = BTreeMap::new();
        for chunk in self.chunks.iter().filter(|chunk| !chunk.oids.is_empty()) {
            let space = spaces.entry(chunk.space).or_insert_with(|| SpaceEntry {
                name: self.spaces[&chunk.space].clone(),
                oid: chunk.space,
                objects: 0,
                files: Vec::new(),
                unknown: UnknownKeys::new(),
            });
            space.objects += chunk.oids.len() as u64;
            space.files.extend(chunk.entry.clone());
        }
        for (entry, content) in &self.sources.states {
            self.put_file(&entry.path, content)?;
        }
        let mut manifest = Manifest {
            spaces: spaces.into_values().collect(),
            roots: self.sources.roots.clone(),
            constants: self.sources.constants.clone(),
            names: self.sources.names.clone(),
            state: self.sources.states.iter().map(|(entry, _)| entry.clone()).collect(),
            annotations: self.sources.annotations.clone(),
            unknown: self.sources.unknown.clone(),
        };
        manifest.sort();
        self.put_file(MANIFEST, &manifest.to_bytes())?;
        Ok(())
    }

    fn write_chunk(&mut self, number: usize) -> std::result::Result<(), SalvageError> {
        let chunk = &self.chunks[number];
        let header = SpaceHeader {
            name: self.spaces[&chunk.space].clone(),
            oid: chunk.space,
            unknown: UnknownKeys::new(),
        };
        let failed = FileError::of("write", Path::new(&chunk.path));
        let mut lines = Vec::with_capacity(chunk.oids.len());
        let written = SpaceFileWriter::begin(Vec::new(), &header).and_then(|mut file| {
            // Three lines come before the first record.
            let mut line = 4;
            for &oid in &chunk.oids {
                if let Some((_, record)) = self.record(oid) {
                    lines.push((line, oid));
                    line += crate::report::saturated(memchr::memchr_iter(b'\n', &record).count() + 1);
                    file.record(&record)?;
                }
            }
            file.finish()
        });
        let text = written.map_err(failed)?;
        let entry = FileEntry::of_content(&chunk.path, &text);
        self.put_file(&chunk.path, &text)?;
        let chunk = &mut self.chunks[number];
        (chunk.entry, chunk.lines, chunk.text) = (Some(entry), lines, Vec::new());
        if chunk.oids.is_empty() {
            let path = Layout::new(ROOT).spaces().join(&chunk.path);
            self.memory.remove_file(&path).map_err(FileError::of("remove", &path))?;
        }
        Ok(())
    }

    /// Writes a file of the draft.
    fn put_file(&self, path: &str, content: &[u8]) -> std::result::Result<(), FileError> {
        let vfs = &*self.memory;
        let path = Layout::new(ROOT).spaces().join(path);
        let dir = vfs::parent_dir(&path);
        vfs::create_dirs(vfs, dir).map_err(FileError::of("make the directory of", &path))?;
        match vfs.remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(FileError::of("remove", &path)(error)),
        }
        let mut file = vfs.create(&path).map_err(FileError::of("create", &path))?;
        file.write_all(content).map_err(FileError::of("write", &path))?;
        // A file system in memory remembers every change of a name that is not durable.
        vfs.sync_dir(dir).map_err(FileError::of("sync the directory", dir))
    }

    /// Dumps the draft, which is sound, as any dump does, and returns what came of it.
    pub(super) fn dumped(
        &mut self,
        options: &LoadOptions,
        codec: &CodecChoice,
    ) -> std::result::Result<Result, SalvageError> {
        self.write()?;
        // No plugin reads or changes anything on the way: what is theirs is kept as it is written.
        let extensions: Arc<dyn Extensions> = Arc::new(OnlyCodecs(Arc::clone(&options.extensions)));
        let quiet = LoadOptions { extensions: Arc::clone(&extensions), ..options.clone() };
        let store = Store::open(&self.memory, Path::new(ROOT), Access::Write)?;
        let (runtime, _) = store.load_with(&quiet).map_err(in_memory)?;
        let dump =
            DumpOptions { codec: codec.clone(), extensions, lazy: Lazy::Never, ..DumpOptions::default() };
        store.dump_with(&runtime, &dump)?;
        store.load_with(options).map_err(in_memory)?;
        let generation = GenerationReader::open(&self.memory, Path::new(ROOT))?;
        let mut files = Vec::new();
        let mut manifest = None;
        for path in generation.list().map_err(in_memory)? {
            let content = generation.read(&path).map_err(in_memory)?;
            if path == MANIFEST {
                manifest = read_manifest(Path::new(MANIFEST), &content, &options.limits);
            } else {
                files.push((path, content));
            }
        }
        Ok(Result { files, manifest: manifest.unwrap_or_default() })
    }
}

/// Returns the space that the records of a file belong to.
///
/// A file that says another one than the manifest was copied or renamed if it is otherwise in name and oid, else one of
/// the two is damaged.
fn space_of(file: &SourceFile, header: Option<(String, Oid)>) -> Option<(String, Oid)> {
    match (header, &file.space) {
        (None, listed) => listed.clone(),
        (Some(header), None) => Some(header),
        (Some(header), Some(listed)) => {
            let is_half = (header.0 == listed.0) != (header.1 == listed.1);
            Some(if is_half && !file.is_described { listed.clone() } else { header })
        }
    }
}

impl Rank {
    fn readable(record: &[u8]) -> Self {
        let second = memchr::memchr(b'\n', record).map_or(record, |end| &record[end + 1..]);
        if second.starts_with(b",\"mtime\":") { Self::Readable } else { Self::Odd }
    }
}

impl Text {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Part(bytes, range) => &bytes[range.clone()],
            Self::Own(bytes) => bytes,
        }
    }
}

impl StandIn {
    fn record(&self, oid: Oid, name: Option<String>) -> Vec<u8> {
        let class = match self.kind {
            StandInKind::Plain => known::OBJECT,
            StandInKind::Class => known::CLASS,
            StandInKind::Space => known::SPACE,
        };
        let more = match self.kind {
            StandInKind::Plain => String::new(),
            StandInKind::Class => {
                format!("\n,\"payload\":{{\"kind\":\"classinfo\"\n,\"superclass\":\"{}\"\n}}", known::OBJECT)
            }
            StandInKind::Space => {
                let name = Value::from(name.unwrap_or_else(|| oid.to_string()));
                let name = match name.as_str().is_some_and(Oid::has_shape) {
                    true => format!("{{\"string\":{name}}}"),
                    false => name.to_string(),
                };
                format!(
                    "\n,\"attributes\":{{\n \"{}\":{name}\n}}\n,\"payload\":{{\"kind\":\"space\"\n}}",
                    known::NAME
                )
            }
        };
        format!("{{\"oid\":\"{oid}\",\"class\":\"{class}\"\n,\"mtime\":0.00{more}\n}}").into_bytes()
    }
}

/// Extensions of which only the codecs are used.
struct OnlyCodecs(Arc<dyn Extensions>);

impl Extensions for OnlyCodecs {
    fn payload_type(&self, name: &str, schema_hash: u64) -> TypeLookup {
        NoExtensions.payload_type(name, schema_hash)
    }

    fn codec_by_magic(&self, magic: [u8; 4]) -> Option<Arc<dyn Codec>> {
        self.0.codec_by_magic(magic)
    }

    fn codec_by_name(&self, name: &str) -> Option<Arc<dyn Codec>> {
        self.0.codec_by_name(name)
    }

    fn codecs(&self) -> Vec<CodecInfo> {
        self.0.codecs()
    }

    fn validate(&self, runtime: &Arc<Runtime>) -> Vec<Finding> {
        NoExtensions.validate(runtime)
    }

    fn before_dump(&self) -> std::result::Result<(), ExtensionError> {
        Ok(())
    }

    fn after_dump(&self, _is_done: bool, _objects: usize) {}

    fn snapshot_states(&self) -> StateSnapshot {
        StateSnapshot::default()
    }

    fn restore_states(&self, sections: &[StateSection]) -> Vec<Restored> {
        NoExtensions.restore_states(sections)
    }
}
