//! The files of the generation before, of which as few as possible are read.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use rayon::prelude::*;
use rps_runtime::Oid;
use rps_runtime::oid::TEXT_LEN;

use super::super::index::{RecordSpan, SpaceIndex};
use super::layout::{Piece, parts_of};
use crate::codec::{self, Plan};
use crate::generation::GenerationWriter;
use crate::manifest::{FileEntry, Manifest, SpaceEntry};
use crate::text::Limits;
use crate::vfs::Bytes;

/// The generation before cannot be gone on from: all objects are to be dumped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Stale;

/// The spaces of the generation before.
pub(in super::super) struct Old<'o> {
    writer: &'o GenerationWriter<'o>,
    codecs: &'o Plan<'o>,
    pub(super) spaces: BTreeMap<Oid, OldSpace<'o>>,
    /// The files that were read, by their paths.
    read: Mutex<HashMap<&'o str, Arc<OldText>>>,
}

/// A space of the generation before.
pub(super) struct OldSpace<'o> {
    pub(super) entry: &'o SpaceEntry,
    /// What its files are called, without digits and ending.
    pub(super) base: &'o str,
    /// The files, by the digits that the oids in them begin with.
    pub(super) files: BTreeMap<String, OldFile<'o>>,
}

/// A file of the generation before.
#[derive(Clone)]
pub(super) struct OldFile<'o> {
    pub(super) entry: &'o FileEntry,
    /// The name of the codec that it is encoded by.
    pub(super) codec: Option<String>,
}

/// What is in a file.
pub(super) struct OldText {
    pub(super) content: Bytes,
    pub(super) records: Vec<RecordSpan>,
}

impl<'o> Old<'o> {
    /// Returns the spaces that a manifest describes.
    pub(in super::super) fn new(
        manifest: &'o Manifest,
        writer: &'o GenerationWriter<'o>,
        codecs: &'o Plan<'o>,
    ) -> Result<Old<'o>, Stale> {
        let spaces = manifest.spaces.iter().map(|entry| Ok((entry.oid, OldSpace::new(entry)?)));
        Ok(Old { writer, codecs, spaces: spaces.collect::<Result<_, Stale>>()?, read: Mutex::default() })
    }

    /// Returns in which spaces objects are; each comes with the space that it is in now, where it is looked for first.
    pub(super) fn locate(&self, wanted: &[(Oid, Option<Oid>)]) -> Result<HashMap<Oid, Oid>, Stale> {
        let mut found = HashMap::new();
        let at_home: Vec<(Oid, Oid)> =
            wanted.iter().filter_map(|&(oid, space)| Some((oid, space?))).collect();
        self.look_into(&at_home, &mut found)?;
        let elsewhere: Vec<(Oid, Oid)> = wanted
            .iter()
            .filter(|(oid, _)| !found.contains_key(oid))
            .flat_map(|&(oid, home)| self.spaces.keys().map(move |&space| (oid, space, home)))
            .filter(|&(_, space, home)| home != Some(space))
            .map(|(oid, space, _)| (oid, space))
            .collect();
        self.look_into(&elsewhere, &mut found)?;
        Ok(found)
    }

    /// Looks for objects in one space each.
    fn look_into(&self, places: &[(Oid, Oid)], found: &mut HashMap<Oid, Oid>) -> Result<(), Stale> {
        let mut files: BTreeMap<(Oid, &str), Vec<Oid>> = BTreeMap::new();
        for (oid, space) in places {
            if let Some((digits, _)) = self.spaces.get(space).and_then(|space| space.file_of(*oid)) {
                files.entry((*space, digits)).or_default().push(*oid);
            }
        }
        let there: Vec<Vec<(Oid, Oid)>> = files
            .into_par_iter()
            .map(|((number, digits), oids)| {
                let space = &self.spaces[&number];
                let text = self.open(space, &space.files[digits])?;
                Ok(oids
                    .into_iter()
                    .filter(|&oid| text.record(oid).is_some())
                    .map(|oid| (oid, number))
                    .collect())
            })
            .collect::<Result<_, Stale>>()?;
        found.extend(there.into_iter().flatten());
        Ok(())
    }

    /// Returns the text of an object's record in a space.
    pub(super) fn record(&self, space: Oid, oid: Oid) -> Result<Vec<u8>, Stale> {
        let space = self.spaces.get(&space).ok_or(Stale)?;
        let (_, file) = space.file_of(oid).ok_or(Stale)?;
        Ok(self.open(space, file)?.record(oid).ok_or(Stale)?.to_vec())
    }

    /// Returns what is in a file of a space.
    ///
    /// # Errors
    ///
    /// If it is not the file that was dumped, in the form that a dump writes.
    pub(super) fn open(&self, space: &OldSpace<'o>, file: &OldFile<'o>) -> Result<Arc<OldText>, Stale> {
        let path = file.entry.path.as_str();
        if let Some(read) = self.read.lock().get(path) {
            return Ok(Arc::clone(read));
        }
        let text = Arc::new(self.read(space, file)?);
        self.read.lock().insert(path, Arc::clone(&text));
        Ok(text)
    }

    /// Returns the plain content of a file, whatever is in it.
    pub(super) fn content(&self, file: &OldFile<'o>) -> Result<Bytes, Stale> {
        let path = file.entry.path.as_str();
        if let Some(read) = self.read.lock().get(path) {
            return Ok(read.content.clone());
        }
        let content = self.writer.old_content(path).ok_or(Stale)?;
        codec::decoded(Path::new(path), content, u64::MAX, self.codecs.extensions()).map_err(|_| Stale)
    }

    /// Returns how many bytes a file has when it is decoded, without decoding it.
    pub(super) fn plain_size(&self, file: &OldFile<'o>) -> Result<u64, Stale> {
        match &file.codec {
            None => Ok(file.entry.size),
            Some(_) => {
                let content = self.writer.old_content(&file.entry.path).ok_or(Stale)?;
                codec::plain_size(&content).ok_or(Stale)
            }
        }
    }

    fn read(&self, space: &OldSpace<'o>, file: &OldFile<'o>) -> Result<OldText, Stale> {
        let FileEntry { path, size, hash, .. } = file.entry;
        let content = self.writer.old_content(path).ok_or(Stale)?;
        if content.len() as u64 != *size || blake3::hash(&content) != *hash {
            return Err(Stale);
        }
        let path = Path::new(path);
        let content = codec::decoded(path, content, u64::MAX, self.codecs.extensions()).map_err(|_| Stale)?;
        let (index, report) = SpaceIndex::read(path, &content, &Limits::default());
        let index = index.filter(|_| report.is_empty()).ok_or(Stale)?;
        let header = &index.header;
        if (header.oid, &header.name) != (space.entry.oid, &space.entry.name) || !header.unknown.is_empty() {
            return Err(Stale);
        }
        Ok(OldText { content, records: index.records })
    }
}

impl<'o> OldSpace<'o> {
    fn new(entry: &'o SpaceEntry) -> Result<OldSpace<'o>, Stale> {
        let mut base = None;
        let mut files = BTreeMap::new();
        for file in &entry.files {
            let (path, codec) = codec::split(&file.path);
            let (of_file, digits) = parts_of(path).ok_or(Stale)?;
            if *base.get_or_insert(of_file) != of_file {
                return Err(Stale);
            }
            files.insert(digits, OldFile { entry: file, codec });
        }
        let mut prefixes = files.keys().zip(files.keys().skip(1));
        if files.len() != entry.files.len() || prefixes.any(|(a, b)| b.starts_with(a.as_str())) {
            return Err(Stale);
        }
        Ok(OldSpace { entry, base: base.unwrap_or_default(), files })
    }

    /// Returns the file in which the object is, if it is in this space.
    pub(super) fn file_of(&self, oid: Oid) -> Option<(&str, &OldFile<'o>)> {
        let text = oid.to_text();
        let text = std::str::from_utf8(&text[1..TEXT_LEN]).unwrap_or_default();
        // The digits of the file, if there is one, come next before the oid: what lies between would begin with them.
        let (digits, file) =
            self.files.range::<str, _>((Bound::Unbounded, Bound::Included(text))).next_back()?;
        text.starts_with(digits.as_str()).then_some((digits.as_str(), file))
    }
}

impl OldText {
    /// Returns the text of a record, if it is here.
    pub(super) fn record(&self, oid: Oid) -> Option<&[u8]> {
        let at = self.records.binary_search_by_key(&oid, |record| record.oid).ok()?;
        self.content.get(self.records[at].range())
    }
}

impl OldText {
    /// Returns the records, given the number of this text.
    pub(super) fn pieces(&self, text: usize) -> impl Iterator<Item = Piece> {
        self.records.iter().map(move |span| Piece { oid: span.oid, text, range: span.range() })
    }
}

/// Texts that records are in, by number.
#[derive(Default)]
pub(in super::super) struct Texts(Vec<Bytes>);

impl Texts {
    pub(in super::super) fn add(&mut self, text: Bytes) -> usize {
        self.0.push(text);
        self.0.len() - 1
    }

    pub(in super::super) fn of(&self, piece: &Piece) -> &[u8] {
        self.0.get(piece.text).and_then(|text| text.get(piece.range.clone())).unwrap_or_default()
    }
}
