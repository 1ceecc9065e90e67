//! Commits on top of a generation: for each object the last record counts, wherever it is.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rps_runtime::Oid;

use super::super::frame::SpaceHeader;
use super::super::index::{RecordSpan, SpaceIndex};
use super::super::load::{LoadedFile, Part};
use super::text::{CommitText, Graph};
use crate::journal::{Chain, Entry, JournalError};
use crate::manifest::UnknownKeys;

/// What was committed since a generation was dumped.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    chain: Chain,
    commits: Vec<CommitText>,
    /// What became of each object that a commit names.
    fates: BTreeMap<Oid, Fate>,
}

/// What became of an object, by the last commit that names it; commits are counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is in a space, and its record is in this commit.
    Stored(usize),
    /// It is in no space, and its record is in this commit.
    Left(usize),
    /// It is in no space, and nothing more is known of it.
    Gone,
}

/// The record that commits left of an object.
#[derive(Debug)]
pub(crate) struct StoredRecord {
    pub(crate) oid: Oid,
    /// The name and the oid of the space that it is in.
    pub(crate) space: (String, Oid),
    pub(crate) text: Vec<u8>,
    /// Where the record is, for people.
    pub(crate) place: Arc<Path>,
}

/// What one commit has of one space.
#[derive(Debug)]
pub(crate) struct CommittedPart<'o> {
    /// The segment and the number of the commit, as problems name them.
    pub(crate) path: PathBuf,
    /// The text of the commit.
    pub(crate) text: &'o str,
    /// The name of the space.
    pub(crate) name: &'o str,
    pub(crate) space: Oid,
    /// The records that count, where they are in the text.
    pub(crate) records: Vec<RecordSpan>,
}

impl Overlay {
    /// Reads what the commits of a journal say.
    ///
    /// # Errors
    ///
    /// A commit that is no such text, although it is as it was written.
    pub(crate) fn read(chain: Chain) -> Result<Overlay, JournalError> {
        let mut commits = Vec::with_capacity(chain.len());
        let mut fates = BTreeMap::new();
        for entry in chain.entries() {
            let damaged = |detail: String| JournalError::Damaged {
                path: entry.path.clone(),
                detail: format!("commit {}: {detail}", entry.number),
            };
            let text = std::str::from_utf8(entry.content).map_err(|error| damaged(error.to_string()))?;
            let commit = CommitText::read(text)
                .map_err(|fault| damaged(format!("{} at byte {}", fault.message, fault.at)))?;
            let number = commits.len();
            let written = commit.spaces.iter().flat_map(|space| &space.records);
            fates.extend(commit.removed.iter().map(|&oid| (oid, Fate::Gone)));
            fates.extend(commit.left.iter().map(|record| (record.oid, Fate::Left(number))));
            fates.extend(written.map(|record| (record.oid, Fate::Stored(number))));
            commits.push(commit);
        }
        Ok(Overlay { chain, commits, fates })
    }

    /// Returns the journal.
    pub(crate) fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Returns the commits with what they say, in their order.
    pub(crate) fn commits(&self) -> impl Iterator<Item = (Entry<'_>, &CommitText)> {
        self.chain.entries().zip(&self.commits)
    }

    /// Tells whether there is no commit.
    pub(crate) fn is_empty(&self) -> bool {
        self.commits.is_empty()
    }

    /// Returns the objects that a commit wrote or removed, sorted.
    pub(crate) fn changed(&self) -> Vec<Oid> {
        self.fates.keys().copied().collect()
    }

    /// Returns the objects that were removed and of which there is no record, sorted: others may still refer to them.
    pub(crate) fn gone(&self) -> impl Iterator<Item = Oid> {
        self.fates.iter().filter(|(_, fate)| **fate == Fate::Gone).map(|(&oid, _)| oid)
    }

    /// Tells whether a record of the generation does not count any more, because a commit wrote or removed the object.
    pub(crate) fn replaces(&self, oid: Oid) -> bool {
        self.fates.contains_key(&oid)
    }

    /// Returns what the last commit that says it says of the graph as a whole.
    pub(crate) fn graph(&self) -> Option<&Graph> {
        self.commits.iter().rev().find_map(|commit| commit.graph.as_ref())
    }

    /// Takes out what the commits wrote into spaces, and returns it with the graph that they left: each object with the space
    /// that it is in and its name, its record, and where that is. What stays is about the objects that are in no space.
    pub(crate) fn take_stored(&mut self) -> (Vec<StoredRecord>, Option<Graph>) {
        let mut stored = Vec::new();
        for CommittedPart { path, text, name, space, records } in self.stored() {
            let place: Arc<Path> = path.into();
            stored.extend(records.iter().map(|span| StoredRecord {
                oid: span.oid,
                space: (name.to_owned(), space),
                text: text.as_bytes()[span.range()].to_vec(),
                place: Arc::clone(&place),
            }));
        }
        let graph = self.graph().cloned();
        self.fates.retain(|_, fate| !matches!(fate, Fate::Stored(_)));
        self.commits.iter_mut().for_each(|commit| commit.graph = None);
        (stored, graph)
    }

    /// Takes the records that do not count any more out of the files of a generation, and adds those that do.
    pub(in super::super) fn apply<'t>(&'t self, files: &mut Vec<LoadedFile<'t>>) {
        if self.is_empty() {
            return;
        }
        files.retain_mut(|file| {
            let before = file.index.records.len();
            file.index.records.retain(|record| !self.replaces(record.oid));
            if file.index.records.len() < before {
                file.part = Part::Some;
            }
            // A space all of whose objects were removed is none any more.
            before == 0 || !file.index.records.is_empty()
        });
        for (number, (entry, commit)) in self.commits().enumerate() {
            let Ok(text) = std::str::from_utf8(entry.content) else { continue };
            for space in &commit.spaces {
                let records = self.counting(&space.records, Fate::Stored(number));
                files.extend(part(&entry, text, &space.name, space.oid, records, Part::Some));
            }
            let records = self.counting(&commit.left, Fate::Left(number));
            let nowhere = records.first().map(|record| record.oid);
            files.extend(nowhere.and_then(|oid| part(&entry, text, "", oid, records, Part::Left)));
        }
    }

    /// Returns the records that count of objects which are in a space, by commit and space.
    pub(crate) fn stored(&self) -> impl Iterator<Item = CommittedPart<'_>> {
        self.commits().enumerate().flat_map(move |(number, (entry, commit))| {
            let text = std::str::from_utf8(entry.content).unwrap_or_default();
            commit.spaces.iter().filter_map(move |space| {
                let records = self.counting(&space.records, Fate::Stored(number));
                let part =
                    CommittedPart { path: place(&entry), text, name: &space.name, space: space.oid, records };
                (!part.records.is_empty()).then_some(part)
            })
        })
    }

    /// Returns the records of the objects that have a fate.
    fn counting(&self, records: &[RecordSpan], fate: Fate) -> Vec<RecordSpan> {
        let mut seen = HashSet::new();
        let mut counts =
            |record: &RecordSpan| self.fates.get(&record.oid) == Some(&fate) && seen.insert(record.oid);
        records.iter().copied().filter(|record| counts(record)).collect()
    }
}

/// Returns records of a commit as if they were a file.
fn part<'t>(
    entry: &Entry<'_>,
    text: &'t str,
    name: &str,
    oid: Oid,
    records: Vec<RecordSpan>,
    part: Part,
) -> Option<LoadedFile<'t>> {
    let header = SpaceHeader { name: name.to_owned(), oid, unknown: UnknownKeys::new() };
    let (path, index) = (place(entry), SpaceIndex { header, records });
    let (objects, pending) = (Vec::new(), Vec::new());
    (!index.records.is_empty()).then_some(LoadedFile { path, text, index, objects, pending, part })
}

/// Returns what a problem says of where a commit is.
fn place(entry: &Entry<'_>) -> PathBuf {
    let file = entry.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    PathBuf::from(format!(".rps/journal/{file}#{}", entry.number))
}
