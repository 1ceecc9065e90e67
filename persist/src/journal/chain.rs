//! Reading a journal: the segments that belong to a generation, and the records in them that count.

use std::path::{Path, PathBuf};

use super::SyncLevel;
use super::directory::{Directory, Listing, Start};
use super::error::JournalError;
use super::format::{self, Beginning, End, Header, Link, Record};
use crate::error::FileError;
use crate::layout::Layout;
use crate::vfs::{Bytes, Vfs};

/// Which segments to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Select<'h> {
    /// Those that belong to the generation with this manifest.
    Of(&'h blake3::Hash),
    /// All, whatever they belong to.
    All,
}

/// The commits that a journal holds, in their order.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    segments: Vec<Segment>,
    records: Vec<(usize, Record)>,
    pub(super) position: Position,
    is_torn: bool,
}

/// A segment that was read.
#[derive(Debug)]
struct Segment {
    number: u64,
    path: PathBuf,
    bytes: Bytes,
    header: Header,
}

/// One commit as it was written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'c> {
    /// Its number.
    pub(crate) number: u64,
    /// The segment that it is in.
    pub(crate) segment: u64,
    /// The path of that.
    pub(crate) path: &'c PathBuf,
    /// What was committed.
    pub(crate) content: &'c [u8],
}

/// Where a journal goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Position {
    /// The number of the next segment.
    pub(super) segment: u64,
    /// The number of the next record.
    pub(super) record: u64,
    /// The hash of the last one.
    pub(super) link: Link,
    /// The segments whose records count.
    pub(super) behind: Vec<u64>,
    /// Whether a marker says that the generation's replay begins with these segments, or with the next one.
    pub(super) is_marked: bool,
}

impl Default for Position {
    fn default() -> Position {
        Position { segment: 1, record: 1, link: Link::default(), behind: Vec::new(), is_marked: false }
    }
}

/// Reads the journal of a store.
///
/// # Errors
///
/// Those of reading; [`JournalError::OtherBase`] when there are commits, and they were made to another generation.
pub(crate) fn read(vfs: &dyn Vfs, layout: &Layout, select: Select<'_>) -> Result<Chain, JournalError> {
    let directory = Directory::of(layout);
    let listing = directory.list(vfs)?;
    let start = match select {
        Select::Of(manifest) => listing.start_of(manifest),
        // What lies before the first marker belongs to a dump that could not remove it.
        Select::All => listing.first_start(),
    };
    let mut chain = read_from(vfs, &directory, &listing, start)?;
    if start.is_none()
        && let Select::Of(_) = select
    {
        if !chain.records.is_empty() {
            let commits = chain.records.len() as u64;
            return Err(JournalError::OtherBase { path: layout.journal(), commits });
        }
        // Segments without a commit, of a session that came to nothing.
        chain = Chain::default();
    }
    chain.position.segment = listing.next_segment();
    chain.position.is_marked = start.is_some() && matches!(select, Select::Of(_));
    Ok(chain)
}

fn read_from(
    vfs: &dyn Vfs,
    directory: &Directory,
    listing: &Listing,
    start: Option<Start>,
) -> Result<Chain, JournalError> {
    let mut chain = Chain::default();
    chain.position.record = start.map_or(1, |start| start.record);
    // A record that is damaged, and not by an interrupted write, unless a later segment takes its place.
    let mut damage = None;
    for &number in listing.segments.range(start.map_or(0, |start| start.segment)..) {
        let path = directory.segment(number);
        let bytes = vfs.read(&path).map_err(FileError::of("read", &path))?;
        let header = match Header::read(&bytes) {
            Beginning::Sound(header) => header,
            Beginning::Foreign(version) => return Err(JournalError::Format { path, version }),
            Beginning::Torn => {
                // A header is durable before the first record is written. Without one, whoever began the segment got no
                // further: nothing in it was ever reported as committed.
                if let Some(record) = format::first_record(&bytes) {
                    let detail = "its header is not as it was written".to_owned();
                    damage = Some((JournalError::Damaged { path, detail }, record));
                }
                chain.position.behind.push(number);
                continue;
            }
        };
        chain.join(&path, number, &header, start)?;
        if let Some((_, record)) = &damage
            && header.first <= *record
        {
            damage = None;
        }
        if let Some((error, _)) = damage.take() {
            return Err(error);
        }
        let (records, end) = format::records(&bytes, &header);
        let last = records.last().map_or((header.first, header.link), |last| (last.number + 1, last.hash));
        (chain.position.record, chain.position.link) = last;
        chain.is_torn = end != End::Clean;
        if let End::Damaged(at) = end
            // Of what was never synced, a power loss may take a part and leave a later one.
            && header.sync != SyncLevel::None
        {
            let detail = format!("commit {}, at byte {at}, is not as it was written", last.0);
            damage = Some((JournalError::Damaged { path: path.clone(), detail }, last.0));
        }
        let index = chain.segments.len();
        chain.records.extend(records.into_iter().map(|record| (index, record)));
        chain.position.behind.push(number);
        chain.segments.push(Segment { number, path, bytes, header });
    }
    match damage {
        Some((error, _)) => Err(error),
        None => Ok(chain),
    }
}

impl Chain {
    /// Makes the next segment follow on the records before it: those from its first number on do not count.
    fn join(
        &mut self,
        path: &Path,
        number: u64,
        header: &Header,
        start: Option<Start>,
    ) -> Result<(), JournalError> {
        let damaged =
            |detail: &str| JournalError::Damaged { path: path.to_path_buf(), detail: detail.into() };
        if header.segment != number {
            return Err(damaged("it is another segment than its name says"));
        }
        let first = self.segments.first().map(|segment| segment.header);
        if first.is_none() && start.is_none() {
            return Ok(());
        }
        if header.first > self.position.record {
            let (expected, found) = (self.position.record, header.first);
            return Err(JournalError::Gap { path: path.to_path_buf(), expected, found });
        }
        while self.records.last().is_some_and(|(_, record)| record.number >= header.first) {
            self.records.pop();
        }
        let begins = (self.records.last().map(|(_, last)| (last.number + 1, last.hash)))
            .or(first.map(|first| (first.first, first.link)))
            .unwrap_or((self.position.record, header.link));
        if begins != (header.first, header.link) {
            return Err(damaged("it does not follow on the segments before it"));
        }
        Ok(())
    }

    /// Returns the commits, in their order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.records.iter().map(|(segment, record)| {
            let segment = &self.segments[*segment];
            let content = &segment.bytes[record.content.clone()];
            Entry { number: record.number, segment: segment.number, path: &segment.path, content }
        })
    }

    /// Returns how many commits there are.
    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    /// Tells whether the last segment ends with a record that was not written to its end.
    pub(crate) fn is_torn(&self) -> bool {
        self.is_torn
    }
}
