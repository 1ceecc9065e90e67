//! Taking the records of the sources into the draft.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rps_runtime::Oid;

use super::Draft;
use super::object::{Alternative, Object, Rank, Text};
use crate::native::{Graph, Overlay, SpaceIndex, StoredRecord};
use crate::salvage::pieces::{self, Side};
use crate::salvage::sources::{SourceFile, Sources, in_store};
use crate::salvage::{Fate, Item};
use crate::text::Limits;
use crate::vfs::Bytes;
use crate::vfs::memory::MemoryVfs;
use crate::{Code, Problem, Report, Severity};

impl Draft {
    /// Takes every record that is JSON from the sources, and what was committed on top of them.
    pub(in super::super) fn new(sources: Sources, commits: Overlay) -> Self {
        let mut draft = Self {
            sources,
            commits,
            objects: BTreeMap::new(),
            spaces: BTreeMap::new(),
            chunks: Vec::new(),
            homes: BTreeMap::new(),
            items: Vec::new(),
            memory: Arc::new(MemoryVfs::new()),
        };
        let files = std::mem::take(&mut draft.sources.files);
        for file in &files {
            draft.take(file);
        }
        draft.sources.files = files;
        draft.take_unlisted();
        draft.take_commits();
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
                self.take(&file);
                self.sources.files.push(file);
            }
        }
    }

    /// Puts the records of commits into the place of those that they replaced.
    fn take_commits(&mut self) {
        for oid in self.commits.changed() {
            self.objects.remove(&oid);
        }
        let (stored, graph) = self.commits.take_stored();
        for StoredRecord { oid, space, text, place } in stored {
            self.name_space(&space);
            let (text, rank, lines) = (Text::Own(text), Rank::Committed, (1, 1));
            self.add(oid, Alternative { space: space.1, text, rank, place, lines });
        }
        if let Some(Graph { roots, constants, annotations }) = graph {
            (self.sources.roots, self.sources.constants) = (roots, constants);
            self.sources.annotations = annotations;
        }
    }

    /// Takes the records of a file.
    fn take(&mut self, file: &SourceFile) {
        let name = in_store(&file.path);
        if let Some(content) = &file.content {
            let (index, report) = SpaceIndex::read(&name, content, &Limits::default());
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
                    self.take_sound(file, content, &index, is_regular, &space);
                }
                (_, space) => self.take_pieces(file, content, &report, space.as_ref()),
            }
        }
        if let Some(original) = &file.original
            && let (Some(index), _) = SpaceIndex::read(&name, original, &Limits::default())
        {
            let space = (index.header.name.clone(), index.header.oid);
            let place: Arc<Path> = name.into();
            self.name_space(&space);
            for record in &index.records {
                let lines = (record.line, record.line);
                let text = Text::Part(original.clone(), record.range());
                self.add(
                    record.oid,
                    Alternative {
                        space: space.1,
                        text,
                        rank: Rank::Original,
                        place: Arc::clone(&place),
                        lines,
                    },
                );
            }
        }
    }

    fn take_sound(
        &mut self,
        file: &SourceFile,
        content: &Bytes,
        index: &SpaceIndex,
        is_regular: bool,
        space: &(String, Oid),
    ) {
        self.name_space(space);
        let place: Arc<Path> = in_store(&file.path).into();
        if !file.is_described {
            let message = "the file is not the one that the manifest describes; what is sound in it is taken";
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
                Alternative {
                    space: space.1,
                    text,
                    rank,
                    place: Arc::clone(&place),
                    lines: (record.line, last),
                },
            );
        }
    }

    /// Takes what is sound in a damaged file, and notes the rest.
    fn take_pieces(
        &mut self,
        file: &SourceFile,
        content: &Bytes,
        report: &Report,
        space: Option<&(String, Oid)>,
    ) {
        let name = in_store(&file.path);
        let place: Arc<Path> = name.clone().into();
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
                    let (text, place) = (Text::Own(text), Arc::clone(&place));
                    self.add(oid, Alternative { space, text, rank, place, lines });
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
            let first_file = Arc::clone(&all[0].place);
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
                let mut item = Item::new(Fate::Quarantined, &*other.place, code, message);
                (item.lines, item.oid) = (Some(other.lines), Some(oid));
                item.content = other.text.bytes().to_vec();
                self.items.push(item);
            }
        }
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
