//! What became of the objects of a store, and of its graph, from one version to another.

use std::collections::{BTreeSet, HashSet};

use rps_runtime::Oid;

use super::change::{Change, changes};
use super::names::Names;
use super::version::{Version, VersionFile};
use crate::manifest::{Manifest, UnknownKeys};
use crate::native::RecordSpan;

/// What differs between two versions of a store.
#[derive(Debug)]
#[non_exhaustive]
pub struct StoreDiff {
    /// The objects that differ, by the names of their spaces, then by oid.
    pub objects: Vec<ObjectDiff>,
    /// What became of the graph as a whole.
    pub graph: Vec<GraphChange>,
    /// What people call the objects.
    pub names: Names,
}

/// What became of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectDiff {
    /// The object.
    pub oid: Oid,
    /// Whether it was added, removed, or changed.
    pub fate: ObjectFate,
    /// The name of its space; of an object that was removed, of the space where it was.
    pub space: String,
    /// The name of the space that it was in before, if that was another one.
    pub moved_from: Option<String>,
    /// What became of its parts: all of them where it was added or removed.
    pub changes: Vec<Change>,
}

/// Whether an object was added, removed or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectFate {
    /// It was not there before.
    Added,
    /// It is not there any more.
    Removed,
    /// It differs.
    Changed,
}

/// What became of something that belongs to the graph as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GraphChange {
    /// What it is: `root`, `constant`, `name`, `space`, `state`, `annotation`.
    pub what: &'static str,
    /// The object, if it is one.
    pub oid: Option<Oid>,
    /// The name, path or value that it had.
    pub before: Option<String>,
    /// The name, path or value that it has.
    pub after: Option<String>,
}

impl StoreDiff {
    /// Compares two versions. Files that are the same in both are not looked into.
    #[must_use]
    pub fn of(before: &Version, after: &Version) -> StoreDiff {
        // Of a file, the commits of a journal may leave some records only.
        let is_same = |file: &&VersionFile| {
            let other = after.file(&file.path);
            other.is_some_and(|other| *other.bytes == *file.bytes && other.records() == file.records())
        };
        let same: HashSet<&str> = before.files.iter().filter(is_same).map(|file| &*file.path).collect();
        let differs = |file: &VersionFile| !same.contains(&*file.path);
        let (old, new) = (before.located(differs), after.located(differs));
        let mut objects = Vec::new();
        let (mut old, mut new) = (old.into_iter().peekable(), new.into_iter().peekable());
        loop {
            // An object that only one side has comes when it is the lower one.
            let next = match (old.peek(), new.peek()) {
                (None, None) => break,
                (Some((old, ..)), Some((new, ..))) => *old.min(new),
                (Some((oid, ..)), None) | (None, Some((oid, ..))) => *oid,
            };
            let old = old.next_if(|(oid, ..)| *oid == next).map(|at| Side::of(before, at));
            let new = new.next_if(|(oid, ..)| *oid == next).map(|at| Side::of(after, at));
            objects.extend(object(next, old, new));
        }
        objects.sort_by(|a, b| (&a.space, a.oid).cmp(&(&b.space, b.oid)));
        let graph = graph(before.manifest.as_ref(), after.manifest.as_ref());
        let names = match objects.is_empty() && graph.is_empty() {
            true => Names::default(),
            false => Names::of(&[after, before]),
        };
        StoreDiff { objects, graph, names }
    }

    /// Returns whether the versions hold the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.graph.is_empty()
    }

    /// Returns how many objects have this fate.
    #[must_use]
    pub fn count(&self, fate: ObjectFate) -> usize {
        self.objects.iter().filter(|object| object.fate == fate).count()
    }
}

/// A record in one of the versions.
struct Side<'v> {
    text: &'v str,
    space: &'v str,
}

impl<'v> Side<'v> {
    fn of(version: &'v Version, (_, file, span): (Oid, usize, RecordSpan)) -> Side<'v> {
        let file = &version.files[file];
        Side { text: file.text(&span), space: file.space().map_or("", |(name, _)| name) }
    }
}

fn object(oid: Oid, before: Option<Side<'_>>, after: Option<Side<'_>>) -> Option<ObjectDiff> {
    let fate = match (&before, &after) {
        (Some(_), Some(_)) => ObjectFate::Changed,
        (None, _) => ObjectFate::Added,
        (_, None) => ObjectFate::Removed,
    };
    let text = |side: &Option<Side<'_>>| side.as_ref().map(|side| side.text.to_owned());
    let (old, new) = (text(&before), text(&after));
    let changes = if old == new { Vec::new() } else { changes(old.as_deref(), new.as_deref()) };
    let space = after.as_ref().or(before.as_ref()).map(|side| side.space.to_owned()).unwrap_or_default();
    let moved_from = before.filter(|old| fate == ObjectFate::Changed && old.space != space);
    let moved_from = moved_from.map(|old| old.space.to_owned());
    // The layout of a record is no change of the object.
    if fate == ObjectFate::Changed && changes.is_empty() && moved_from.is_none() {
        return None;
    }
    Some(ObjectDiff { oid, fate, space, moved_from, changes })
}

fn graph(before: Option<&Manifest>, after: Option<&Manifest>) -> Vec<GraphChange> {
    let nothing = Manifest::default();
    let (old, new) = (before.unwrap_or(&nothing), after.unwrap_or(&nothing));
    let mut out = Vec::new();
    for (what, old, new) in [
        ("root", &old.roots, &new.roots),
        ("constant", &old.constants, &new.constants),
        ("name", &old.names, &new.names),
    ] {
        let all: BTreeSet<Oid> = old.iter().chain(new).copied().collect();
        for oid in all {
            let side = |oids: &[Oid]| oids.binary_search(&oid).is_ok().then(|| oid.to_string());
            push(&mut out, what, Some(oid), side(old), side(new));
        }
    }
    let all: BTreeSet<Oid> = old.spaces.iter().chain(&new.spaces).map(|space| space.oid).collect();
    for oid in all {
        let side = |manifest: &Manifest| {
            manifest.spaces.iter().find(|space| space.oid == oid).map(|space| space.name.clone())
        };
        push(&mut out, "space", Some(oid), side(old), side(new));
    }
    let all: BTreeSet<&str> = old.state.iter().chain(&new.state).map(|file| &*file.path).collect();
    for path in all {
        let side = |manifest: &Manifest| {
            let file = manifest.state.iter().find(|file| file.path == path)?;
            Some(format!("{path} ({} bytes, {})", file.size, &file.hash.to_hex()[..8]))
        };
        push(&mut out, "state", None, side(old), side(new));
    }
    let table = |manifest: &Manifest| -> UnknownKeys {
        manifest.annotations.iter().chain(&manifest.unknown).map(|(k, v)| (k.clone(), v.clone())).collect()
    };
    let (old, new) = (table(old), table(new));
    let all: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for key in all {
        let side = |table: &UnknownKeys| table.get(key).map(|value| format!("{key}: {value}"));
        push(&mut out, "annotation", None, side(&old), side(&new));
    }
    out
}

fn push(
    out: &mut Vec<GraphChange>,
    what: &'static str,
    oid: Option<Oid>,
    before: Option<String>,
    after: Option<String>,
) {
    if before != after {
        out.push(GraphChange { what, oid, before, after });
    }
}
