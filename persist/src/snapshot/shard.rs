//! A shard: the text of one space file behind an index of its records.
//!
//! ```text
//! prefix               as `layout` says; the hash is that of the space file on disk, encoded or not
//! records, classes, symbols, foreign, transients    4 bytes each: how many entries the tables have
//! strings    4 bytes   the length of the names
//! space     16 bytes   an oid: its two words
//! records    48 each   oid, mtime, checksum of the record (XXH64), offset in the text, length, number of the class
//! classes    16 each   oids, in the order in which records first have them
//! symbols    24 each   oid, offset and length of the name
//! foreign    16 each   oids of the objects whose payload is of a plugin's kind
//! transients 16 each   oids of the objects without a space that the records refer to
//! strings              the names
//! text                 the space file, decoded: here the index ends
//! ```
//!
//! The index has one checksum, and each record its own: it is checked when the record is read, never before.

use std::collections::HashMap;
use std::ops::Range;

use rps_runtime::Oid;
use xxhash_rust::xxh64::xxh64;

use super::layout::{self, PREFIX, Strings, Tables, Unusable, oid_at, put_i64, put_oid, put_u32, put_u64};
use super::layout::{i64_at, text_at, u32_at, u64_at};
use crate::native::{Head, Heads};
use crate::vfs::Bytes;

const MAGIC: [u8; 8] = *b"rps-shrd";
const HEADER: usize = PREFIX + 6 * 4 + OID;
const OID: usize = 16;
const RECORD: usize = 48;
const SYMBOL: usize = 24;
/// The number of the class of a record that has none.
const NO_CLASS: u32 = u32::MAX;

/// Returns the bytes of the shard of a space file.
pub(super) fn build(hash: &blake3::Hash, heads: &Heads, text: &[u8]) -> Option<Vec<u8>> {
    let mut out = layout::begin(MAGIC, hash);
    let (mut classes, mut numbers) = (Vec::new(), HashMap::new());
    let mut records = Vec::with_capacity(heads.records.len() * RECORD);
    for head in &heads.records {
        let class = head.class.map_or(NO_CLASS, |class| {
            *numbers.entry(class).or_insert_with(|| {
                classes.push(class);
                classes.len() as u32 - 1
            })
        });
        let record = text.get(head.start as usize..)?.get(..head.len as usize)?;
        put_oid(&mut records, head.oid);
        put_i64(&mut records, head.mtime);
        put_u64(&mut records, xxh64(record, 0));
        put_u32(&mut records, head.start);
        put_u32(&mut records, head.len);
        put_u32(&mut records, class);
        put_u32(&mut records, 0);
    }
    let (mut symbols, mut strings) = (Vec::new(), Strings::default());
    for (oid, name) in &heads.symbols {
        put_oid(&mut symbols, *oid);
        strings.put(&mut symbols, name);
    }
    let strings = strings.finish()?;
    let counts = [&heads.records.len(), &classes.len(), &heads.symbols.len(), &heads.foreign.len()];
    for &count in counts.into_iter().chain([&heads.transients.len(), &strings.len()]) {
        put_u32(&mut out, u32::try_from(count).ok()?);
    }
    put_oid(&mut out, heads.space);
    out.extend_from_slice(&records);
    classes.into_iter().for_each(|class| put_oid(&mut out, class));
    out.extend_from_slice(&symbols);
    heads.foreign.iter().chain(&heads.transients).for_each(|&oid| put_oid(&mut out, oid));
    out.extend_from_slice(&strings);
    layout::seal(&mut out, text.len());
    out.extend_from_slice(text);
    Some(out)
}

/// A shard whose index is sound.
#[derive(Debug, Clone)]
pub(crate) struct Shard {
    bytes: Bytes,
    /// The space that its objects are in.
    pub(super) space: Oid,
    records: Range<usize>,
    classes: Range<usize>,
    symbols: Range<usize>,
    foreign: Range<usize>,
    transients: Range<usize>,
    strings: Range<usize>,
}

impl Shard {
    /// Checks the index of a shard, which is to be that of the space file with this hash.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with the index. The text is not looked at.
    pub(super) fn new(bytes: Bytes, hash: &blake3::Hash) -> Result<Self, Unusable> {
        let index = layout::index_of(&bytes, MAGIC, hash)?;
        let counts = index.get(PREFIX..HEADER).ok_or(Unusable::Malformed)?;
        let count = |number: usize| u32_at(counts, number * 4);
        let mut tables = Tables::new(index, HEADER);
        let shard = Self {
            space: oid_at(counts, 6 * 4).ok_or(Unusable::Malformed)?,
            records: tables.next(count(0), RECORD)?,
            classes: tables.next(count(1), OID)?,
            symbols: tables.next(count(2), SYMBOL)?,
            foreign: tables.next(count(3), OID)?,
            transients: tables.next(count(4), OID)?,
            strings: tables.next(count(5), 1)?,
            bytes: bytes.clone(),
        };
        tables.end()?;
        shard.check(bytes.len() - index.len())?;
        Ok(shard)
    }

    /// Makes sure that all entries mean something, so that whoever reads one later can rely on it.
    fn check(&self, text: usize) -> Result<(), Unusable> {
        let classes = self.table::<OID>(&self.classes).len() as u32;
        let mut last = None;
        for entry in self.table(&self.records).iter().map(Entry) {
            let oid = oid_at(entry.0, 0).ok_or(Unusable::Malformed)?;
            let is_inside = (entry.range().end as usize) <= text;
            let class = u32_at(entry.0, 40);
            if !is_inside || last >= Some(oid) || (class >= classes && class != NO_CLASS) {
                return Err(Unusable::Malformed);
            }
            last = Some(oid);
        }
        let oids = [&self.classes, &self.foreign, &self.transients].into_iter();
        let mut oids = oids.flat_map(|table| self.table::<OID>(table));
        let mut symbols = self.table::<SYMBOL>(&self.symbols).iter();
        let is_sound = oids.all(|entry| oid_at(entry, 0).is_some())
            && symbols.all(|entry| oid_at(entry, 0).is_some() && self.name(entry).is_some());
        if is_sound { Ok(()) } else { Err(Unusable::Malformed) }
    }

    /// Returns how many records there are.
    pub(super) fn len(&self) -> usize {
        self.table::<RECORD>(&self.records).len()
    }

    /// Returns the entry of an object, where it is in the file.
    pub(super) fn find(&self, oid: Oid) -> Option<Entry<'_>> {
        let records = self.table(&self.records);
        let at = records.binary_search_by_key(&Some(oid), |entry| oid_at(entry, 0)).ok()?;
        records.get(at).map(Entry)
    }

    /// Returns the entries of all records, in ascending order.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.table(&self.records).iter().map(Entry)
    }

    /// Returns the class of the object of an entry.
    pub(super) fn class(&self, entry: Entry<'_>) -> Option<Oid> {
        let number = u32_at(entry.0, 40) as usize;
        self.table::<OID>(&self.classes).get(number).and_then(|class| oid_at(class, 0))
    }

    /// Returns the text of the whole file, as bytes that may have been damaged since.
    pub(super) fn text(&self) -> &[u8] {
        &self.bytes[self.strings.end..]
    }

    /// Returns a copy of the record of an entry, if it is what its checksum says.
    pub(super) fn record(&self, entry: Entry<'_>) -> Option<Vec<u8>> {
        let range = entry.range();
        let record = self.text().get(range.start as usize..range.end as usize)?.to_vec();
        (xxh64(&record, 0) == u64_at(entry.0, 24)).then_some(record)
    }

    /// Returns the symbols and their names.
    pub(super) fn symbols(&self) -> impl Iterator<Item = (Oid, &str)> {
        let symbols = self.table::<SYMBOL>(&self.symbols).iter();
        symbols.filter_map(|entry| Some((oid_at(entry, 0)?, self.name(entry)?)))
    }

    /// Returns the objects whose payload is of a plugin's kind.
    pub(super) fn foreign(&self) -> impl Iterator<Item = Oid> {
        self.table::<OID>(&self.foreign).iter().filter_map(|entry| oid_at(entry, 0))
    }

    /// Returns the objects without a space that the records refer to.
    pub(super) fn transients(&self) -> impl Iterator<Item = Oid> {
        self.table::<OID>(&self.transients).iter().filter_map(|entry| oid_at(entry, 0))
    }

    fn table<const N: usize>(&self, range: &Range<usize>) -> &[[u8; N]] {
        self.bytes.get(range.clone()).map_or(&[], |bytes| bytes.as_chunks().0)
    }

    fn name<'s>(&'s self, entry: &[u8]) -> Option<&'s str> {
        text_at(self.bytes.get(self.strings.clone())?, entry, 16)
    }
}

/// The entry of a record, where it is in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'b>(pub(super) &'b [u8; RECORD]);

impl Entry<'_> {
    /// Returns what the record says of itself.
    pub(super) fn head(self, shard: &Shard) -> Option<Head> {
        let Range { start, .. } = self.range();
        let (oid, len) = (oid_at(self.0, 0)?, u32_at(self.0, 36));
        Some(Head { oid, class: shard.class(self), mtime: self.mtime(), start: start as u32, len })
    }

    pub(super) fn mtime(self) -> i64 {
        i64_at(self.0, 16)
    }

    /// Returns where the record is in the text.
    pub(super) fn range(self) -> Range<u64> {
        let start = u64::from(u32_at(self.0, 32));
        start..start + u64::from(u32_at(self.0, 36))
    }
}
