//! Merging manifests: what they list are sets, and what they say of files is a consequence of the files.

use std::collections::{BTreeMap, BTreeSet};

use rps_runtime::Oid;

use super::file::{FileMerge, Labels};
use super::weave::Weave;
use crate::manifest::{FileEntry, Manifest, SpaceEntry, UnknownKeys};
use crate::native::outline::{Line, LinePart};

/// Merges manifests. Spaces, roots, constants and names are sets; a file that both sides changed has the entry of our side,
/// until [`settle()`](super::settle()) or [`seal()`](super::seal()) writes that of the merged file.
#[must_use]
pub fn merge_manifests(base: &Manifest, ours: &Manifest, theirs: &Manifest, labels: &Labels) -> FileMerge {
    let (left, right, conflicts) = merged(base, ours, theirs);
    let content = woven(&left, &right, &conflicts, labels);
    FileMerge { content, conflicts: conflicts.len(), objects: Vec::new(), is_plain: false }
}

/// Returns the text of a manifest, with conflict markers where the sides differ.
pub(super) fn woven(left: &Manifest, right: &Manifest, conflicts: &[String], labels: &Labels) -> Vec<u8> {
    let lines = |manifest: &Manifest| -> Vec<Line> {
        let text = String::from_utf8_lossy(&manifest.to_bytes()).into_owned();
        let line = |text: &str| Line { text: text.to_owned(), part: LinePart::Whole };
        text.trim_end().split('\n').map(line).collect()
    };
    let mut weave = Weave::new(labels);
    weave.lines(&lines(left), &lines(right), |_| conflicts.join(", "));
    weave.finish()
}

/// Returns the merged manifest, once with what our side has where there is a conflict, once with what theirs has, and the
/// keys that conflict.
pub(crate) fn merged(
    base: &Manifest,
    ours: &Manifest,
    theirs: &Manifest,
) -> (Manifest, Manifest, Vec<String>) {
    let (annotations, mut conflicts) = table(&base.annotations, &ours.annotations, &theirs.annotations);
    let (unknown, others) = table(&base.unknown, &ours.unknown, &theirs.unknown);
    conflicts.extend(others);
    let mut left = Manifest {
        spaces: spaces(&base.spaces, &ours.spaces, &theirs.spaces),
        roots: set(&base.roots, &ours.roots, &theirs.roots),
        constants: set(&base.constants, &ours.constants, &theirs.constants),
        names: set(&base.names, &ours.names, &theirs.names),
        state: files(&base.state, &ours.state, &theirs.state),
        annotations: annotations.0,
        unknown: unknown.0,
    };
    left.sort();
    let right = Manifest { annotations: annotations.1, unknown: unknown.1, ..left.clone() };
    (left, right, conflicts)
}

/// Returns what is in a set that both sides changed.
fn set(base: &[Oid], ours: &[Oid], theirs: &[Oid]) -> Vec<Oid> {
    let of = |oids: &[Oid]| oids.iter().copied().collect::<BTreeSet<Oid>>();
    let (b, o, t) = (of(base), of(ours), of(theirs));
    let all: BTreeSet<Oid> = o.union(&t).copied().collect();
    let stays = |oid: &Oid| (o.contains(oid) && t.contains(oid)) || !b.contains(oid);
    all.into_iter().filter(stays).collect()
}

/// Returns what comes of something that one of three may lack: a removal counts only where the other side left it as it was.
fn either<T: Clone>(
    base: Option<&T>,
    ours: Option<&T>,
    theirs: Option<&T>,
    same: impl Fn(&T, &T) -> bool,
) -> Option<T> {
    let is_base = |side: &T| base.is_some_and(|base| same(base, side));
    match (ours, theirs) {
        (Some(one), Some(other)) => Some(if is_base(one) { other.clone() } else { one.clone() }),
        (Some(side), None) | (None, Some(side)) => (!is_base(side)).then(|| side.clone()),
        (None, None) => None,
    }
}

fn files(base: &[FileEntry], ours: &[FileEntry], theirs: &[FileEntry]) -> Vec<FileEntry> {
    let find = |entries: &[FileEntry], path: &str| entries.iter().find(|entry| entry.path == path).cloned();
    let paths: BTreeSet<&String> = ours.iter().chain(theirs).map(|entry| &entry.path).collect();
    let one = |path: &String| {
        let [b, o, t] = [base, ours, theirs].map(|entries| find(entries, path));
        either(b.as_ref(), o.as_ref(), t.as_ref(), FileEntry::is_same_file)
    };
    paths.into_iter().filter_map(one).collect()
}

fn spaces(base: &[SpaceEntry], ours: &[SpaceEntry], theirs: &[SpaceEntry]) -> Vec<SpaceEntry> {
    let by_oid = |spaces: &[SpaceEntry]| -> BTreeMap<Oid, SpaceEntry> {
        spaces.iter().map(|space| (space.oid, space.clone())).collect()
    };
    let (b, o, t) = (by_oid(base), by_oid(ours), by_oid(theirs));
    let oids: BTreeSet<Oid> = o.keys().chain(t.keys()).copied().collect();
    let same = |a: &SpaceEntry, b: &SpaceEntry| {
        a.name == b.name
            && a.files.len() == b.files.len()
            && a.files.iter().zip(&b.files).all(|(a, b)| a.is_same_file(b))
    };
    let mut merged: Vec<SpaceEntry> = Vec::new();
    for oid in oids {
        let (was, one, other) = (b.get(&oid), o.get(&oid), t.get(&oid));
        let Some(mut entry) = either(was, one, other, same) else { continue };
        if let (Some(one), Some(other)) = (one, other) {
            let was_files = was.map_or(&[][..], |was| &was.files);
            entry.files = files(was_files, &one.files, &other.files);
            if was.is_some_and(|was| was.name == one.name) {
                entry.name.clone_from(&other.name);
            } else {
                entry.name.clone_from(&one.name);
            }
            let count = was.map_or(0, |was| was.objects);
            entry.objects = (one.objects + other.objects).saturating_sub(count);
        }
        merged.push(entry);
    }
    // Two spaces of one name: a dump calls the second one by its oid.
    let mut names = BTreeSet::new();
    for space in &mut merged {
        if !names.insert(space.name.clone()) {
            space.name = space.oid.to_string();
        }
    }
    merged
}

/// Merges tables by key. Returns both sides, and the keys that conflict.
fn table(
    base: &UnknownKeys,
    ours: &UnknownKeys,
    theirs: &UnknownKeys,
) -> ((UnknownKeys, UnknownKeys), Vec<String>) {
    let keys: BTreeSet<&String> = base.keys().chain(ours.keys()).chain(theirs.keys()).collect();
    let (mut left, mut right, mut conflicts) = (UnknownKeys::new(), UnknownKeys::new(), Vec::new());
    for key in keys {
        let (was, one, other) = (base.get(key), ours.get(key), theirs.get(key));
        let (for_left, for_right) = match () {
            () if one == other || was == other => (one, one),
            () if was == one => (other, other),
            () => {
                conflicts.push(key.clone());
                (one, other)
            }
        };
        left.extend(for_left.map(|value| (key.clone(), value.clone())));
        right.extend(for_right.map(|value| (key.clone(), value.clone())));
    }
    ((left, right), conflicts)
}
