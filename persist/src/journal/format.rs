//! The bytes of a segment: a header, then records. Numbers are little-endian.
//!
//! ```text
//! header   "rps-jrnl"  version u32  sync u32   segment u64  first record u64  link 16  hash 16      64 bytes
//! record   "rps-rec\n" length u64   number u64 flags u64    link 16           hash 16              64 bytes, then content
//! ```
//!
//! A hash is BLAKE3, the first 16 bytes, of everything before it in the header, and of a record's content. The link is the
//! hash of the record before: a record only counts after the very record that it was written after.

use std::ops::Range;

use super::SyncLevel;

/// The version of the format that this version writes, and the only one that it reads.
pub(super) const VERSION: u32 = 1;

/// How many bytes the header of a segment has.
pub(super) const HEADER: usize = 64;

/// How many bytes a record has before its content.
pub(super) const RECORD: usize = 64;

const MAGIC: &[u8; 8] = b"rps-jrnl";

/// How a record begins. Its content is JSON, in which this can not occur: no token ends so before a newline.
const MARK: &[u8; 8] = b"rps-rec\n";

/// Where the hash begins, in both headers.
const HASHED: usize = 48;

/// The hash by which a record knows the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Link([u8; 16]);

/// What the header of a segment says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// The number of the segment, which its name says too.
    pub(super) segment: u64,
    /// The number of its first record. Records of earlier segments from this number on do not count.
    pub(super) first: u64,
    /// The hash of the record before the first one.
    pub(super) link: Link,
    /// How its records were made durable.
    pub(super) sync: SyncLevel,
}

/// What the beginning of a file is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Beginning {
    /// A header.
    Sound(Header),
    /// A header that was not written to its end, or is damaged: no record behind it can be trusted.
    Torn,
    /// The header of another version.
    Foreign(u32),
}

/// A record in the bytes of its segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// Its number: consecutive from segment to segment.
    pub(super) number: u64,
    /// Where its content is.
    pub(super) content: Range<usize>,
    /// Its hash.
    pub(super) hash: Link,
    link: Link,
}

/// How the records of a segment end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// With the last record.
    Clean,
    /// With bytes from this offset on that are no record, as an interrupted write leaves them.
    Torn(usize),
    /// With a damaged record at this offset: a sound one comes later, so that this one had been written, too.
    Damaged(usize),
}

impl Header {
    /// Returns the bytes of the header.
    pub(super) fn to_bytes(self) -> [u8; HEADER] {
        let sync: u32 = match self.sync {
            SyncLevel::Full => 0,
            SyncLevel::Data => 1,
            SyncLevel::None => 2,
        };
        let mut bytes = [0; HEADER];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&sync.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.segment.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.first.to_le_bytes());
        bytes[32..48].copy_from_slice(&self.link.0);
        let hash = hash(&[&bytes[..HASHED]]);
        bytes[HASHED..].copy_from_slice(&hash.0);
        bytes
    }

    /// Reads the header at the beginning of a file.
    pub(super) fn read(file: &[u8]) -> Beginning {
        let Some(bytes) = file.get(..HEADER).filter(|bytes| bytes.starts_with(MAGIC)) else {
            return Beginning::Torn;
        };
        let word = |at: usize| u32::from_le_bytes(array(&bytes[at..at + 4]));
        if word(8) != VERSION {
            return Beginning::Foreign(word(8));
        }
        let sync = match word(12) {
            0 => SyncLevel::Full,
            1 => SyncLevel::Data,
            _ => SyncLevel::None,
        };
        if hash(&[&bytes[..HASHED]]).0 != bytes[HASHED..] {
            return Beginning::Torn;
        }
        let link = Link(array(&bytes[32..48]));
        Beginning::Sound(Header { segment: long(bytes, 16), first: long(bytes, 24), link, sync })
    }
}

/// Returns a record as it is appended to a segment, and its hash.
pub(super) fn record(number: u64, link: Link, content: &[u8]) -> (Vec<u8>, Link) {
    let mut bytes = Vec::with_capacity(RECORD + content.len());
    bytes.extend_from_slice(MARK);
    bytes.extend_from_slice(&(content.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&number.to_le_bytes());
    bytes.extend_from_slice(&0u64.to_le_bytes());
    bytes.extend_from_slice(&link.0);
    let hash = hash(&[&bytes, content]);
    bytes.extend_from_slice(&hash.0);
    bytes.extend_from_slice(content);
    (bytes, hash)
}

/// Returns the records of a segment up to the first one that is not sound or not the next one, and what is behind.
pub(super) fn records(file: &[u8], header: &Header) -> (Vec<Record>, End) {
    let (mut found, mut at) = (Vec::new(), HEADER);
    let (mut number, mut link) = (header.first, header.link);
    while at < file.len() {
        match record_at(file, at) {
            Some(record) if record.number == number && record.link == link => {
                at = record.content.end;
                (number, link) = (number + 1, record.hash);
                found.push(record);
            }
            _ => return (found, end(file, at, number)),
        }
    }
    (found, End::Clean)
}

/// Tells whether an interrupted write explains that there is no record with a number at an offset.
fn end(file: &[u8], at: usize, number: u64) -> End {
    let mut marks = memchr::memmem::find_iter(&file[at..], MARK).map(|found| at + found);
    match marks.any(|mark| record_at(file, mark).is_some_and(|record| record.number > number)) {
        true => End::Damaged(at),
        false => End::Torn(at),
    }
}

/// Returns the number of the first sound record of a segment whose header is none.
pub(super) fn first_record(file: &[u8]) -> Option<u64> {
    let mut marks = memchr::memmem::find_iter(file, MARK);
    marks.find_map(|mark| record_at(file, mark)).map(|record| record.number)
}

/// Returns the record at an offset, if it is sound in itself.
fn record_at(file: &[u8], at: usize) -> Option<Record> {
    let head = file.get(at..at.checked_add(RECORD)?).filter(|head| head.starts_with(MARK))?;
    let start = at + RECORD;
    let end = usize::try_from(long(head, 8)).ok().and_then(|length| start.checked_add(length))?;
    let content = file.get(start..end)?;
    let expected = Link(array(&head[HASHED..]));
    let is_sound = long(head, 24) == 0 && hash(&[&head[..HASHED], content]) == expected;
    let link = Link(array(&head[32..48]));
    is_sound.then(|| Record { number: long(head, 16), content: start..end, hash: expected, link })
}

fn hash(parts: &[&[u8]]) -> Link {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(part);
    }
    Link(array(&hasher.finalize().as_bytes()[..16]))
}

fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array(&bytes[at..at + 8]))
}

/// Returns bytes, of which there are as many as asked for, as an array.
fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(bytes);
    array
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        Header { segment: 3, first: 7, link: Link([9; 16]), sync: SyncLevel::Data }
    }

    fn segment(contents: &[&[u8]]) -> Vec<u8> {
        let mut file = header().to_bytes().to_vec();
        let mut link = header().link;
        for (number, content) in contents.iter().enumerate() {
            let (bytes, next) = record(7 + number as u64, link, content);
            file.extend(bytes);
            link = next;
        }
        file
    }

    fn contents(file: &[u8]) -> (Vec<&[u8]>, End) {
        let (records, end) = records(file, &header());
        (records.into_iter().map(|record| &file[record.content]).collect(), end)
    }

    #[test]
    fn what_is_written_is_read_and_every_cut_ends_with_a_whole_record() {
        let all: [&[u8]; 3] = [b"one", b"", b"three"];
        let file = segment(&all);
        assert_eq!(Header::read(&file), Beginning::Sound(header()));
        assert_eq!(contents(&file), (all.to_vec(), End::Clean));
        let ends = [HEADER, HEADER + RECORD + 3, HEADER + 2 * RECORD + 3, file.len()];
        for cut in HEADER..file.len() {
            let whole = ends.iter().filter(|end| **end <= cut).count() - 1;
            let end = if ends.contains(&cut) { End::Clean } else { End::Torn(ends[whole]) };
            assert_eq!(contents(&file[..cut]), (all[..whole].to_vec(), end), "cut at {cut}");
        }
        for cut in 0..HEADER {
            assert_eq!(Header::read(&file[..cut]), Beginning::Torn, "cut at {cut}");
        }
    }

    #[test]
    fn every_changed_byte_is_found_and_told_from_a_torn_write() {
        let file = segment(&[b"one", b"two", b"three"]);
        let first_end = HEADER + RECORD + 3;
        for at in 0..file.len() {
            let mut changed = file.clone();
            changed[at] ^= 0x40;
            match at {
                8..12 => assert!(matches!(Header::read(&changed), Beginning::Foreign(_))),
                0..HEADER => assert_eq!(Header::read(&changed), Beginning::Torn, "byte {at}"),
                _ => {
                    let (found, end) = contents(&changed);
                    let whole = (at - HEADER) / (RECORD + 3);
                    assert_eq!(found.len(), whole.min(2), "byte {at}");
                    let start = HEADER + whole.min(2) * (RECORD + 3);
                    let expected = if whole < 2 { End::Damaged(start) } else { End::Torn(start) };
                    assert_eq!(end, expected, "byte {at}");
                    assert!(start >= HEADER && (whole == 0 || start >= first_end));
                }
            }
        }
    }

    #[test]
    fn a_record_of_another_chain_does_not_count() {
        let mut file = segment(&[b"one"]);
        let (foreign, _) = record(8, Link([1; 16]), b"two");
        file.extend(foreign);
        assert_eq!(contents(&file), (vec![&b"one"[..]], End::Torn(HEADER + RECORD + 3)));
    }
}
