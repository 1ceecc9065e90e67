//! The top: which shards there are, how the generation's files looked, and what must be known of the whole.
//!
//! ```text
//! prefix               as `layout` says; the hash is that of the manifest
//! files, directories, symbols, foreign, transients    4 bytes each: how many entries the tables have
//! strings    4 bytes   the length of the paths and names
//! manifest   4 bytes   the length of the manifest without its files
//! reserved   4 bytes   0
//! objects    8 bytes   how many records there are
//! files     136 each   hash, first and last oid, space, path, number of records, reserved, stat data; by space and oid
//! directories 48 each  path, stat data
//! symbols    32 each   name, oid, number of the file, reserved; sorted by name
//! foreign    24 each   oid, number of the file, reserved
//! transients 24 each   oid, number of the file, reserved
//! strings              the paths and names
//! manifest             the manifest as `spaces/manifest.json` has it, but no space has files
//! ```

use std::ops::Range;
use std::path::Path;

use rps_runtime::Oid;

use super::layout::{self, PREFIX, Strings, Tables, Unusable, oid_at, put_oid, put_u32, put_u64};
use super::layout::{text_at, u32_at, u64_at};
use super::stat::STAT;
use crate::manifest::Manifest;
use crate::text::Limits;
use crate::vfs::{Bytes, Stat};

const MAGIC: [u8; 8] = *b"rps-top.";
const HEADER: usize = PREFIX + 8 * 4 + 8;
const FILE: usize = 32 + 3 * 16 + 8 + 8 + STAT;
const DIRECTORY: usize = 8 + STAT;
const SYMBOL: usize = 32;
const OBJECT: usize = 24;

/// A space file, as the top knows it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct File {
    /// Of the content on disk, as in the manifest.
    pub(super) hash: blake3::Hash,
    pub(super) first: Oid,
    pub(super) last: Oid,
    pub(super) space: Oid,
    pub(super) path: String,
    pub(super) records: u32,
    pub(super) stat: Stat,
    pub(super) symbols: Vec<(Oid, String)>,
    pub(super) foreign: Vec<Oid>,
    pub(super) transients: Vec<Oid>,
}

/// Returns the bytes of a top. The files are put into order.
pub(super) fn build(
    manifest_hash: &blake3::Hash,
    manifest: &Manifest,
    files: &mut [File],
    directories: &[(String, Stat)],
) -> Option<Vec<u8>> {
    files.sort_by_key(|file| (file.space, file.first));
    let mut out = layout::begin(MAGIC, manifest_hash);
    let mut strings = Strings::default();
    let (mut rows, mut symbols) = (Vec::with_capacity(files.len() * FILE), Vec::new());
    let (mut foreign, mut transients) = (Vec::new(), Vec::new());
    for (number, file) in (0..).zip(&*files) {
        rows.extend_from_slice(file.hash.as_bytes());
        [file.first, file.last, file.space].into_iter().for_each(|oid| put_oid(&mut rows, oid));
        strings.put(&mut rows, &file.path);
        put_u32(&mut rows, file.records);
        put_u32(&mut rows, 0);
        file.stat.put(&mut rows);
        symbols.extend(file.symbols.iter().map(|(oid, name)| (&**name, *oid, number)));
        for (table, oids) in [(&mut foreign, &file.foreign), (&mut transients, &file.transients)] {
            for &oid in oids {
                put_oid(table, oid);
                put_u32(table, number);
                put_u32(table, 0);
            }
        }
    }
    symbols.sort_unstable();
    let mut names = Vec::with_capacity(symbols.len() * SYMBOL);
    for (name, oid, number) in &symbols {
        strings.put(&mut names, name);
        put_oid(&mut names, *oid);
        put_u32(&mut names, *number);
        put_u32(&mut names, 0);
    }
    let mut dirs = Vec::new();
    for (path, stat) in directories {
        strings.put(&mut dirs, path);
        stat.put(&mut dirs);
    }
    let (strings, document) = (strings.finish()?, document(manifest));
    let objects: u64 = files.iter().map(|file| u64::from(file.records)).sum();
    let counts = [files.len(), directories.len(), symbols.len(), foreign.len() / OBJECT];
    for count in counts.into_iter().chain([transients.len() / OBJECT, strings.len(), document.len(), 0]) {
        put_u32(&mut out, u32::try_from(count).ok()?);
    }
    put_u64(&mut out, objects);
    for table in [rows, dirs, names, foreign, transients, strings, document] {
        out.extend_from_slice(&table);
    }
    layout::seal(&mut out, 0);
    Some(out)
}

/// Returns a manifest without what the tables say.
fn document(manifest: &Manifest) -> Vec<u8> {
    let mut manifest = manifest.clone();
    manifest.spaces.iter_mut().for_each(|space| space.files.clear());
    manifest.to_bytes()
}

/// A top that is sound.
#[derive(Debug)]
pub(super) struct Top {
    bytes: Bytes,
    /// How many objects there are.
    pub(super) objects: u64,
    files: Range<usize>,
    directories: Range<usize>,
    symbols: Range<usize>,
    foreign: Range<usize>,
    transients: Range<usize>,
    strings: Range<usize>,
    document: Range<usize>,
    /// The spaces in ascending order, each with the numbers of its files.
    spaces: Vec<(Oid, Range<usize>)>,
}

impl Top {
    /// Checks a top, which is to be that of the manifest with this hash.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with it.
    pub(super) fn new(bytes: Bytes, manifest_hash: &blake3::Hash) -> Result<Self, Unusable> {
        let index = layout::index_of(&bytes, MAGIC, manifest_hash)?;
        let counts = index.get(PREFIX..HEADER).ok_or(Unusable::Malformed)?;
        let count = |number: usize| u32_at(counts, number * 4);
        let mut tables = Tables::new(index, HEADER);
        let mut top = Self {
            objects: u64_at(counts, 8 * 4),
            files: tables.next(count(0), FILE)?,
            directories: tables.next(count(1), DIRECTORY)?,
            symbols: tables.next(count(2), SYMBOL)?,
            foreign: tables.next(count(3), OBJECT)?,
            transients: tables.next(count(4), OBJECT)?,
            strings: tables.next(count(5), 1)?,
            document: tables.next(count(6), 1)?,
            spaces: Vec::new(),
            bytes: bytes.clone(),
        };
        tables.end()?;
        if bytes.len() != index.len() {
            return Err(Unusable::Malformed);
        }
        top.spaces = top.check().ok_or(Unusable::Malformed)?;
        Ok(top)
    }

    /// Makes sure that all entries mean something, and returns which files the spaces have.
    fn check(&self) -> Option<Vec<(Oid, Range<usize>)>> {
        let mut spaces: Vec<(Oid, Range<usize>)> = Vec::new();
        let (mut last, mut objects) = (None, 0);
        for (number, entry) in self.table::<FILE>(&self.files).iter().enumerate() {
            let row = Row { top: self, entry };
            let (space, [from, to]) = (oid_at(entry, 64)?, [oid_at(entry, 32)?, oid_at(entry, 48)?]);
            row.path()?;
            objects += u64::from(row.records());
            if from > to || last >= Some((space, from)) || row.records() == 0 {
                return None;
            }
            last = Some((space, to));
            match spaces.last_mut() {
                Some((same, files)) if *same == space => files.end = number + 1,
                _ => spaces.push((space, number..number + 1)),
            }
        }
        let files = self.len() as u32;
        let mut name = None;
        for entry in self.table::<SYMBOL>(&self.symbols) {
            let next = Some(self.text(entry, 0)?);
            if name >= next || oid_at(entry, 8).is_none() || u32_at(entry, 24) >= files {
                return None;
            }
            name = next;
        }
        let sound = |entry: &[u8; OBJECT]| oid_at(entry, 0).is_some() && u32_at(entry, 16) < files;
        let mut objects_of_tables =
            [&self.foreign, &self.transients].into_iter().flat_map(|table| self.table::<OBJECT>(table));
        let mut directories = self.table::<DIRECTORY>(&self.directories).iter();
        let is_sound = objects_of_tables.all(sound)
            && directories.all(|entry| self.text(entry, 0).is_some())
            && objects == self.objects;
        is_sound.then_some(spaces)
    }

    /// Returns how many files there are.
    pub(super) fn len(&self) -> usize {
        self.table::<FILE>(&self.files).len()
    }

    /// Returns a file by its number.
    pub(super) fn file(&self, number: usize) -> Option<Row<'_>> {
        self.table(&self.files).get(number).map(|entry| Row { top: self, entry })
    }

    /// Returns all files, each with its symbols and objects.
    pub(super) fn files(&self) -> Option<Vec<File>> {
        let mut files = Vec::with_capacity(self.len());
        for row in (0..self.len()).filter_map(|number| self.file(number)) {
            let [first, last] = row.bounds();
            files.push(File {
                hash: row.hash(),
                first: first?,
                last: last?,
                space: row.space()?,
                path: row.path()?.to_owned(),
                records: row.records(),
                stat: row.stat(),
                symbols: Vec::new(),
                foreign: Vec::new(),
                transients: Vec::new(),
            });
        }
        for (name, oid, number) in self.symbols() {
            files.get_mut(number)?.symbols.push((oid, name.to_owned()));
        }
        for (oid, number) in self.foreign() {
            files.get_mut(number)?.foreign.push(oid);
        }
        for (oid, number) in self.transients() {
            files.get_mut(number)?.transients.push(oid);
        }
        Some(files)
    }

    /// Returns the numbers of the files that may have an object: as a rule one at most.
    pub(super) fn files_of(&self, oid: Oid) -> impl Iterator<Item = usize> {
        let rows = self.table::<FILE>(&self.files);
        self.spaces.iter().filter_map(move |(_, files)| {
            let of_space = &rows[files.clone()];
            let at = of_space.partition_point(|entry| oid_at(entry, 32) <= Some(oid)).checked_sub(1)?;
            (oid_at(&of_space[at], 48) >= Some(oid)).then_some(files.start + at)
        })
    }

    /// Returns the directories, relative to the generation, and how they looked.
    pub(super) fn directories(&self) -> impl Iterator<Item = (&str, Stat)> {
        let entries = self.table::<DIRECTORY>(&self.directories).iter();
        entries.filter_map(|entry| Some((self.text(entry, 0)?, Stat::at(entry, 8))))
    }

    /// Returns the symbol with a name.
    pub(super) fn symbol(&self, name: &str) -> Option<Oid> {
        let symbols = self.table::<SYMBOL>(&self.symbols);
        let at = symbols.binary_search_by_key(&Some(name), |entry| self.text(entry, 0)).ok()?;
        oid_at(symbols.get(at)?, 8)
    }

    /// Returns all symbols with their names and the numbers of their files, sorted by name.
    pub(super) fn symbols(&self) -> impl Iterator<Item = (&str, Oid, usize)> {
        let symbols = self.table::<SYMBOL>(&self.symbols).iter();
        symbols
            .filter_map(|entry| Some((self.text(entry, 0)?, oid_at(entry, 8)?, u32_at(entry, 24) as usize)))
    }

    /// Returns the objects whose payload is of a plugin's kind, with the numbers of their files.
    pub(super) fn foreign(&self) -> impl Iterator<Item = (Oid, usize)> {
        self.objects_of(&self.foreign)
    }

    /// Returns the objects without a space that records refer to, with the numbers of the files where they do.
    pub(super) fn transients(&self) -> impl Iterator<Item = (Oid, usize)> {
        self.objects_of(&self.transients)
    }

    /// Returns the manifest, in which no space has files.
    pub(super) fn manifest(&self) -> Option<Manifest> {
        let (manifest, report) =
            Manifest::read(Path::new(""), &self.bytes[self.document.clone()], &Limits::default()).ok()?;
        report.is_empty().then_some(manifest)
    }

    fn objects_of(&self, table: &Range<usize>) -> impl Iterator<Item = (Oid, usize)> {
        let entries = self.table::<OBJECT>(table).iter();
        entries.filter_map(|entry| Some((oid_at(entry, 0)?, u32_at(entry, 16) as usize)))
    }

    fn table<const N: usize>(&self, range: &Range<usize>) -> &[[u8; N]] {
        self.bytes.get(range.clone()).map_or(&[], |bytes| bytes.as_chunks().0)
    }

    fn text<'t>(&'t self, entry: &[u8], at: usize) -> Option<&'t str> {
        text_at(self.bytes.get(self.strings.clone())?, entry, at)
    }
}

/// A space file, where it is in the top.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'t> {
    top: &'t Top,
    entry: &'t [u8; FILE],
}

impl<'t> Row<'t> {
    pub(super) fn hash(self) -> blake3::Hash {
        let bytes: [u8; 32] = *self.entry.first_chunk().unwrap_or(&[0; 32]);
        blake3::Hash::from_bytes(bytes)
    }

    pub(super) fn space(self) -> Option<Oid> {
        oid_at(self.entry, 64)
    }

    pub(super) fn bounds(self) -> [Option<Oid>; 2] {
        [oid_at(self.entry, 32), oid_at(self.entry, 48)]
    }

    pub(super) fn path(self) -> Option<&'t str> {
        self.top.text(self.entry, 80)
    }

    pub(super) fn records(self) -> u32 {
        u32_at(self.entry, 88)
    }

    pub(super) fn stat(self) -> Stat {
        Stat::at(self.entry, 96)
    }
}
