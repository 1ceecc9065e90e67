//! Merging one object, which each of the three versions may have or lack.

use rps_runtime::Oid;

use super::record::{self, MergedRecord};
use crate::diff::Part;
use crate::native::outline::{Line, LinePart, Outline};

/// What made a merged object what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Nobody changed it.
    Unchanged,
    /// Our side changed it.
    Ours,
    /// Their side changed it.
    Theirs,
    /// Both sides made the same change.
    Same,
    /// Both sides changed it, in different parts.
    Both,
}

/// Something that both sides changed, so that a person must choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The object.
    pub oid: Oid,
    /// What happened.
    pub kind: ConflictKind,
    /// The part of the object, if it is one.
    pub part: Option<Part>,
}

/// Why something conflicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConflictKind {
    /// Both sides changed the same part, differently.
    Changed,
    /// Our side removed the object, their side changed it or refers to it anew.
    RemovedByUs,
    /// Their side removed the object, our side changed it or refers to it anew.
    RemovedByThem,
    /// Both sides added an object with this oid, and they differ.
    AddedTwice,
    /// Both sides moved the object, into different spaces.
    Moved,
    /// A record of one of the versions can not be understood.
    Unreadable,
}

impl ConflictKind {
    /// Returns what happened, in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Changed => "changed differently on both sides",
            Self::RemovedByUs => "removed by us, and changed or referred to by them",
            Self::RemovedByThem => "removed by them, and changed or referred to by us",
            Self::AddedTwice => "added on both sides, differently",
            Self::Moved => "moved into different spaces",
            Self::Unreadable => "can not be understood in one of the versions",
        }
    }
}

/// An object as it is merged: the same text on the left and on the right, unless it conflicts.
#[derive(Debug)]
pub(crate) struct MergedObject<'t> {
    pub(crate) oid: Oid,
    pub(crate) left: Option<RecordText<'t>>,
    pub(crate) right: Option<RecordText<'t>>,
    pub(crate) origin: Origin,
    pub(crate) conflicts: Vec<Conflict>,
}

/// The text of a record.
#[derive(Debug, Clone)]
pub(crate) enum RecordText<'t> {
    /// As it is in one of the versions.
    Verbatim(&'t str),
    /// Made of several.
    Merged(Box<Outline<'t>>),
}

impl<'t> MergedObject<'t> {
    /// Merges an object. It is in one of the versions at least.
    pub(crate) fn of(
        oid: Oid,
        base: Option<&'t str>,
        ours: Option<&'t str>,
        theirs: Option<&'t str>,
    ) -> MergedObject<'t> {
        let taken = |text: Option<&'t str>, origin| {
            let text = text.map(RecordText::Verbatim);
            MergedObject { oid, left: text.clone(), right: text, origin, conflicts: Vec::new() }
        };
        if ours == theirs {
            return taken(ours, if ours == base { Origin::Unchanged } else { Origin::Same });
        } else if ours == base {
            return taken(theirs, Origin::Theirs);
        } else if theirs == base {
            return taken(ours, Origin::Ours);
        }
        let conflict = |kind| {
            let (left, right) = (ours.map(RecordText::Verbatim), theirs.map(RecordText::Verbatim));
            let conflicts = vec![Conflict { oid, kind, part: None }];
            MergedObject { oid, left, right, origin: Origin::Both, conflicts }
        };
        let Some([base, ours_read, theirs_read]) = read([base, ours, theirs]) else {
            return conflict(ConflictKind::Unreadable);
        };
        let unchanged = |side: &Outline<'_>| base.as_ref().is_some_and(|base| base.is_same_content(side));
        match (&base, ours_read, theirs_read) {
            // An object that was touched and is as it was does not keep the other side from removing it.
            (_, None, Some(other)) if unchanged(&other) => taken(None, Origin::Ours),
            (_, Some(one), None) if unchanged(&one) => taken(None, Origin::Theirs),
            (_, None, _) => conflict(ConflictKind::RemovedByUs),
            (_, _, None) => conflict(ConflictKind::RemovedByThem),
            (None, Some(one), Some(other)) if !one.is_same_content(&other) => {
                conflict(ConflictKind::AddedTwice)
            }
            (base, Some(one), Some(other)) => {
                let merged = record::merge(base.as_ref().unwrap_or(&one), &one, &other);
                MergedObject::merged(oid, merged)
            }
        }
    }

    fn merged(oid: Oid, MergedRecord { left, right, conflicts }: MergedRecord<'t>) -> MergedObject<'t> {
        let conflict = |part| Conflict { oid, kind: ConflictKind::Changed, part: Some(part) };
        MergedObject {
            oid,
            left: Some(RecordText::Merged(Box::new(left))),
            right: Some(RecordText::Merged(Box::new(right))),
            origin: Origin::Both,
            conflicts: conflicts.into_iter().map(conflict).collect(),
        }
    }

    /// Returns the object with one side only.
    pub(crate) fn half(&self, is_left: bool) -> MergedObject<'t> {
        let side = |wanted: bool, text: &Option<RecordText<'t>>| text.clone().filter(|_| wanted);
        MergedObject {
            oid: self.oid,
            left: side(is_left, &self.left),
            right: side(!is_left, &self.right),
            origin: self.origin,
            conflicts: self.conflicts.clone(),
        }
    }

    /// Turns a removal by one side into a conflict, since the other side refers to the object anew.
    pub(crate) fn contest(&mut self, base: &'t str) {
        let kept = Some(RecordText::Verbatim(base));
        let kind = match self.origin {
            Origin::Ours => {
                self.right = kept;
                ConflictKind::RemovedByUs
            }
            _ => {
                self.left = kept;
                ConflictKind::RemovedByThem
            }
        };
        self.conflicts.push(Conflict { oid: self.oid, kind, part: None });
    }
}

/// Reads records; nothing comes back where one can not be understood.
fn read<'t>(texts: [Option<&'t str>; 3]) -> Option<[Option<Outline<'t>>; 3]> {
    let [base, ours, theirs] = texts.map(|text| text.map(Outline::read).transpose());
    Some([base.ok()?, ours.ok()?, theirs.ok()?])
}

impl RecordText<'_> {
    /// Returns the text of the record, from its `{` to its `}`.
    pub(crate) fn to_text(&self) -> String {
        match self {
            RecordText::Verbatim(text) => (*text).to_owned(),
            RecordText::Merged(outline) => {
                outline.lines().into_iter().map(|line| line.text).collect::<Vec<_>>().join("\n")
            }
        }
    }

    /// Returns how many bytes the record has.
    pub(crate) fn size(&self) -> usize {
        match self {
            RecordText::Verbatim(text) => text.len(),
            RecordText::Merged(_) => self.to_text().len(),
        }
    }

    /// Returns the lines of the record, in the layout as far as it can be understood.
    pub(crate) fn lines(&self) -> Vec<Line> {
        let verbatim = |text: &str| {
            let whole = |line: &str| Line { text: line.to_owned(), part: LinePart::Whole };
            text.split('\n').map(whole).collect()
        };
        match self {
            RecordText::Verbatim(text) => {
                Outline::read(text).map_or_else(|_| verbatim(text), |outline| outline.lines())
            }
            RecordText::Merged(outline) => outline.lines(),
        }
    }
}
