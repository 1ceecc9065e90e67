//! The store that is being put together, object by object, each with the records that it may be made of.
//!
//! In the order to read: `object` (what an object may be made of), `take` (the records of the sources), this file (what can
//! be done with an object), `files` (the draft as files, which are loaded and at last dumped).

mod files;
mod object;
mod take;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rps_runtime::Oid;

use self::files::Chunk;
use self::object::{Object, Rank, StandIn};
use super::sources::{Sources, in_store};
use super::{Fate, Item};
use crate::layout::MANIFEST;
use crate::native::Overlay;
use crate::vfs::Vfs;
use crate::{Code, Problem};

pub(super) use self::object::StandInKind;

/// A store that is being put together.
pub(super) struct Draft {
    pub(super) sources: Sources,
    /// What was committed since the last dump, as far as it is not in records: which objects have left their spaces.
    commits: Overlay,
    objects: BTreeMap<Oid, Object>,
    /// The names of the spaces.
    spaces: BTreeMap<Oid, String>,
    chunks: Vec<Chunk>,
    /// In which chunk an object is.
    homes: BTreeMap<Oid, usize>,
    items: Vec<Item>,
    memory: Arc<dyn Vfs>,
}

impl Draft {
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
        let is_original = taken.rank == Rank::Original;
        let message = format!("{message}{}", if is_original { ", in the original of the file" } else { "" });
        let mut item = Item::new(fate, &*taken.place, code, message);
        let has_lines = !matches!(taken.rank, Rank::Original | Rank::Committed);
        (item.lines, item.oid) = (Some(taken.lines).filter(|_| has_lines), Some(oid));
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
}
