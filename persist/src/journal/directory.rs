//! The files of a journal: segments, and the markers that say where the replay of a generation begins.
//!
//! A marker is an empty file; what it says is its name: the segment with which the replay begins, the number of the first
//! record, and the hash of the generation's manifest. It is there or it is not: it can not be torn.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;

use crate::error::FileError;
use crate::layout::Layout;
use crate::vfs::{self, FileKind, Vfs};

/// How many digits the number of a segment has in the name of its file.
const DIGITS: usize = 16;

/// The directory of a journal.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    path: PathBuf,
}

/// Where the replay of a generation begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Start {
    /// The segment: the first one, or what would be.
    pub(super) segment: u64,
    /// The number of the first record.
    pub(super) record: u64,
}

/// What is in the directory of a journal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Listing {
    /// The numbers of the segments.
    pub(super) segments: BTreeSet<u64>,
    /// From which segments and records on the replay begins, by the hash of the generation's manifest.
    pub(super) bases: BTreeMap<[u8; 32], BTreeSet<Start>>,
}

impl Listing {
    /// Returns where the replay of a generation begins.
    pub(super) fn start_of(&self, manifest: &blake3::Hash) -> Option<Start> {
        self.bases.get(manifest.as_bytes())?.last().copied()
    }

    /// Returns where the first marker says that a replay begins.
    pub(super) fn first_start(&self) -> Option<Start> {
        self.bases.values().filter_map(BTreeSet::first).min().copied()
    }

    /// Returns the number of the next segment: that of a marker whose segment never began may be used.
    pub(super) fn next_segment(&self) -> u64 {
        let marked = self.bases.values().filter_map(BTreeSet::last).map(|start| start.segment);
        self.segments.last().map(|last| last + 1).into_iter().chain(marked).max().unwrap_or(1)
    }
}

impl Directory {
    /// Returns the directory of the journal of a store, which need not exist.
    pub(super) fn of(layout: &Layout) -> Directory {
        Directory { path: layout.journal() }
    }

    /// Returns the file of a segment.
    pub(super) fn segment(&self, number: u64) -> PathBuf {
        self.path.join(format!("{number:0DIGITS$}.log"))
    }

    fn base(&self, Start { segment, record }: Start, manifest: &blake3::Hash) -> PathBuf {
        self.path.join(format!("{segment:0DIGITS$}-{record:0DIGITS$}-{}.base", manifest.to_hex()))
    }

    /// Returns what is in the directory; files with other names are none of a journal.
    pub(super) fn list(&self, vfs: &dyn Vfs) -> Result<Listing, FileError> {
        let entries = match vfs.read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(FileError::of("list", &self.path)(error)),
        };
        let mut listing = Listing::default();
        for entry in entries.iter().filter(|entry| entry.kind == FileKind::File) {
            match entry.name.to_str().and_then(parse) {
                Some(Named::Segment(number)) => drop(listing.segments.insert(number)),
                Some(Named::Base(start, manifest)) => {
                    listing.bases.entry(manifest).or_default().insert(start);
                }
                None => {}
            }
        }
        Ok(listing)
    }

    /// Makes the directory, durably, if it is not there.
    pub(super) fn make(&self, vfs: &dyn Vfs) -> Result<(), FileError> {
        vfs::create_dirs(vfs, &self.path).map_err(FileError::of("make the directory", &self.path))?;
        // It may be there since an attempt that failed to make its name durable.
        for dir in self.path.ancestors().skip(1).take(2) {
            vfs.sync_dir(dir).map_err(FileError::of("sync the directory", dir))?;
        }
        Ok(())
    }

    /// Makes durable which files there are.
    pub(super) fn sync(&self, vfs: &dyn Vfs) -> Result<(), FileError> {
        vfs.sync_dir(&self.path).map_err(FileError::of("sync the directory", &self.path))
    }

    /// Marks where the replay of a generation begins; [`Directory::sync`] makes that durable.
    pub(super) fn mark(&self, vfs: &dyn Vfs, start: Start, manifest: &blake3::Hash) -> Result<(), FileError> {
        let path = self.base(start, manifest);
        match vfs.create(&path) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(FileError::of("create", &path)(error)),
        }
    }

    /// Removes the markers of all generations but these; [`Directory::sync`] makes that durable.
    ///
    /// That of the generation before stays if the power fails after a dump: what is committed to the next one would be its own,
    /// too, if somebody puts it back.
    pub(super) fn unmark_others(
        &self,
        vfs: &dyn Vfs,
        kept: &[Option<blake3::Hash>],
    ) -> Result<(), FileError> {
        let listing = self.list(vfs)?;
        for (manifest, starts) in &listing.bases {
            let manifest = blake3::Hash::from_bytes(*manifest);
            for &start in starts.iter().filter(|_| !kept.contains(&Some(manifest))) {
                let path = self.base(start, &manifest);
                vfs.remove_file(&path).map_err(FileError::of("remove", &path))?;
            }
        }
        Ok(())
    }

    /// Removes the segments before a segment, and all markers but those of the current generation at that segment or later ones.
    ///
    /// A marker of an older generation must not stay, even at the same segment: if somebody puts that generation back, the
    /// commits made since are none of its own.
    /// The markers go first: what remains of an interrupted removal is not taken for the journal of an older generation
    /// that somebody puts back.
    pub(super) fn remove_before(
        &self,
        vfs: &dyn Vfs,
        segment: u64,
        current: Option<&blake3::Hash>,
    ) -> Result<(), FileError> {
        let listing = self.list(vfs)?;
        let old = listing.segments.range(..segment).map(|&number| self.segment(number));
        let markers = listing.bases.iter().flat_map(|(manifest, starts)| {
            let manifest = blake3::Hash::from_bytes(*manifest);
            let is_old = move |start: &&Start| {
                start.segment < segment || current.is_some_and(|current| manifest != *current)
            };
            let old = starts.iter().filter(is_old);
            old.map(move |&start| self.base(start, &manifest))
        });
        for path in markers.chain(old) {
            match vfs.remove_file(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(FileError::of("remove", &path)(error)),
            }
        }
        Ok(())
    }
}

/// What the name of a file says.
#[derive(Debug, PartialEq, Eq)]
enum Named {
    Segment(u64),
    Base(Start, [u8; 32]),
}

fn parse(name: &str) -> Option<Named> {
    let (segment, rest) = number(name)?;
    if rest == ".log" {
        return Some(Named::Segment(segment));
    }
    let (record, rest) = number(rest.strip_prefix('-')?)?;
    let hash = blake3::Hash::from_hex(rest.strip_prefix('-')?.strip_suffix(".base")?).ok()?;
    Some(Named::Base(Start { segment, record }, *hash.as_bytes()))
}

/// Returns the number with which a text begins, and the rest.
fn number(text: &str) -> Option<(u64, &str)> {
    let (digits, rest) = text.split_at_checked(DIGITS)?;
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Some((digits.parse().ok()?, rest)))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vfs::memory::MemoryVfs;

    #[test]
    fn names_say_what_files_are_and_others_are_left_alone() {
        let vfs = MemoryVfs::new();
        let directory = Directory::of(&Layout::new("/store"));
        assert_eq!(directory.list(&vfs).unwrap(), Listing::default());
        directory.make(&vfs).unwrap();
        let (old, new) = (blake3::hash(b"old"), blake3::hash(b"new"));
        for number in [1, 2, 3] {
            vfs.create(&directory.segment(number)).unwrap();
        }
        vfs.create(&directory.path.join("notes.txt")).unwrap();
        for (segment, manifest) in [(1, &old), (3, &new), (3, &new), (4, &new)] {
            directory.mark(&vfs, Start { segment, record: 9 }, manifest).unwrap();
        }
        let listing = directory.list(&vfs).unwrap();
        assert_eq!(listing.segments, BTreeSet::from([1, 2, 3]));
        let starts = [&old, &new].map(|manifest| listing.start_of(manifest).map(|start| start.segment));
        assert_eq!(starts, [Some(1), Some(4)]);
        assert_eq!((listing.start_of(&blake3::hash(b"")), listing.next_segment()), (None, 4));
        directory.mark(&vfs, Start { segment: 3, record: 9 }, &old).unwrap();
        directory.remove_before(&vfs, 3, Some(&new)).unwrap();
        let listing = directory.list(&vfs).unwrap();
        assert_eq!((&listing.segments, listing.bases.len()), (&BTreeSet::from([3]), 1));
        assert_eq!(listing.bases[new.as_bytes()].len(), 2);
        assert_eq!(vfs.files().len(), 4, "{:?}", vfs.files().keys());
        directory.mark(&vfs, Start { segment: 3, record: 9 }, &old).unwrap();
        directory.unmark_others(&vfs, &[Some(new), None]).unwrap();
        assert_eq!(directory.list(&vfs).unwrap(), listing);
    }

    #[test]
    fn names_of_another_form_are_no_files_of_a_journal() {
        let hash = blake3::hash(b"").to_hex();
        for name in [
            "1.log",
            "000000000000000x.log",
            "0000000000000001.txt",
            "0000000000000001-0000000000000001-00.base",
        ] {
            assert_eq!(parse(name), None, "{name}");
        }
        assert_eq!(parse("0000000000000012.log"), Some(Named::Segment(12)));
        let start = Start { segment: 12, record: 34 };
        let marker = format!("0000000000000012-0000000000000034-{hash}.base");
        assert_eq!(parse(&marker), Some(Named::Base(start, *blake3::hash(b"").as_bytes())));
    }
}
