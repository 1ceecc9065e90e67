//! The bytes that every file of a snapshot begins with, and the tables behind them.
//!
//! ```text
//! magic      8 bytes   `rps-shrd` or `rps-top.`
//! version    4 bytes   of the layout, little endian as all numbers here
//! reserved   4 bytes   0
//! checksum   8 bytes   XXH64 with seed 0 of the index, but for these 8 bytes
//! hash      32 bytes   BLAKE3 of the space file, or of the manifest
//! index      8 bytes   the length of the index, from the magic on
//! length     8 bytes   of the whole file
//! ```
//!
//! Tables of entries with a fixed size follow; no field needs an alignment. All of it is checked once, when the file is
//! mapped, and whoever reads an entry later reads it where it is.

use rps_runtime::Oid;
use xxhash_rust::xxh64::Xxh64;

/// The version of the layout of all files of a snapshot. A snapshot of another version is passed over.
pub(super) const VERSION: u32 = 1;

/// The length of what both kinds of files begin with.
pub(super) const PREFIX: usize = 72;

const CHECKSUM: std::ops::Range<usize> = 16..24;

/// Why a file of a snapshot is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("it is no such file of a snapshot")]
    Foreign,
    #[error("it has version {0} of the layout, and this program knows {VERSION}")]
    Version(u32),
    #[error("it is shorter or longer than it says")]
    Length,
    #[error("its checksum is wrong")]
    Checksum,
    #[error("it belongs to another file")]
    Other,
    #[error("its index does not fit together")]
    Malformed,
}

/// Begins a file: everything but the checksum and the lengths, which [`seal`] puts in.
pub(super) fn begin(magic: [u8; 8], hash: &blake3::Hash) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend_from_slice(&magic);
    put_u32(&mut out, VERSION);
    put_u32(&mut out, 0);
    put_u64(&mut out, 0);
    out.extend_from_slice(hash.as_bytes());
    put_u64(&mut out, 0);
    put_u64(&mut out, 0);
    out
}

/// Ends the index of a file, behind which `rest` bytes will follow.
pub(super) fn seal(out: &mut [u8], rest: usize) {
    let index = out.len() as u64;
    out[56..64].copy_from_slice(&index.to_le_bytes());
    out[64..72].copy_from_slice(&(index + rest as u64).to_le_bytes());
    let sum = checksum_of_index(out);
    out[CHECKSUM].copy_from_slice(&sum.to_le_bytes());
}

/// Returns the index of a file, from the first byte on, after everything was checked that can be told without knowing
/// its tables.
pub(super) fn index_of<'b>(
    bytes: &'b [u8],
    magic: [u8; 8],
    hash: &blake3::Hash,
) -> Result<&'b [u8], Unusable> {
    if !bytes.starts_with(&magic) {
        return Err(Unusable::Foreign);
    }
    let prefix: &[u8; PREFIX] = bytes.first_chunk().ok_or(Unusable::Length)?;
    let version = u32_at(prefix, 8);
    if version != VERSION {
        return Err(Unusable::Version(version));
    }
    if u64_at(prefix, 64) != bytes.len() as u64 {
        return Err(Unusable::Length);
    }
    let len = usize::try_from(u64_at(prefix, 56)).map_err(|_| Unusable::Length)?;
    let index = bytes.get(..len).filter(|index| index.len() >= PREFIX).ok_or(Unusable::Length)?;
    if checksum_of_index(index) != u64_at(prefix, CHECKSUM.start) {
        return Err(Unusable::Checksum);
    }
    if prefix[24..56] != hash.as_bytes()[..] {
        return Err(Unusable::Other);
    }
    Ok(index)
}

fn checksum_of_index(index: &[u8]) -> u64 {
    let mut hasher = Xxh64::new(0);
    hasher.update(&index[..CHECKSUM.start]);
    hasher.update(&index[CHECKSUM.end..]);
    hasher.digest()
}

/// Takes the tables of an index one after the other.
pub(super) struct Tables<'b> {
    index: &'b [u8],
    at: usize,
}

impl<'b> Tables<'b> {
    /// Begins behind `header` bytes.
    pub(super) fn new(index: &'b [u8], header: usize) -> Self {
        Self { index, at: header }
    }

    /// Returns where the next table is, of so many entries of `size` bytes.
    pub(super) fn next(&mut self, count: u32, size: usize) -> Result<std::ops::Range<usize>, Unusable> {
        let len = (count as usize).checked_mul(size);
        let end = len.and_then(|len| self.at.checked_add(len)).filter(|end| *end <= self.index.len());
        let range = self.at..end.ok_or(Unusable::Malformed)?;
        self.at = range.end;
        Ok(range)
    }

    /// Makes sure that there is nothing behind the last table.
    pub(super) fn end(self) -> Result<(), Unusable> {
        if self.at == self.index.len() { Ok(()) } else { Err(Unusable::Malformed) }
    }
}

pub(super) fn put_u32(out: &mut Vec<u8>, number: u32) {
    out.extend_from_slice(&number.to_le_bytes());
}

pub(super) fn put_u64(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(&number.to_le_bytes());
}

pub(super) fn put_i64(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(&number.to_le_bytes());
}

pub(super) fn put_oid(out: &mut Vec<u8>, oid: Oid) {
    put_u64(out, oid.high());
    put_u64(out, oid.low());
}

/// Returns the four bytes at an offset that is inside an entry, as a number; 0 beyond it.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

pub(super) fn i64_at(bytes: &[u8], at: usize) -> i64 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |bytes| i64::from_le_bytes(*bytes))
}

pub(super) fn oid_at(bytes: &[u8], at: usize) -> Option<Oid> {
    Oid::from_words(u64_at(bytes, at), u64_at(bytes, at + 8))
}

/// Texts of a file, one behind the other: each is named by its offset and its length.
#[derive(Debug, Default)]
pub(super) struct Strings(Vec<u8>);

impl Strings {
    /// Adds a text, and writes where it is.
    pub(super) fn put(&mut self, out: &mut Vec<u8>, text: &str) {
        put_u32(out, self.0.len() as u32);
        put_u32(out, text.len() as u32);
        self.0.extend_from_slice(text.as_bytes());
    }

    /// Returns all texts, unless their offsets were too large to be written.
    pub(super) fn finish(self) -> Option<Vec<u8>> {
        (u32::try_from(self.0.len()).is_ok()).then_some(self.0)
    }
}

/// Returns the text whose offset and length are at `at` in an entry.
pub(super) fn text_at<'b>(strings: &'b [u8], entry: &[u8], at: usize) -> Option<&'b str> {
    let (start, len) = (u32_at(entry, at) as usize, u32_at(entry, at + 4) as usize);
    let bytes = strings.get(start..start.checked_add(len)?)?;
    std::str::from_utf8(bytes).ok()
}
