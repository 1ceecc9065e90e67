//! Merging three versions of one file, as git asks for it.

use std::collections::{BTreeMap, HashMap};

use rps_runtime::Oid;
use rps_runtime::extension::Extensions;

use super::manifest::merge_manifests;
use super::object::{Conflict, MergedObject, Origin};
use super::sequence::{Piece, merge};
use super::weave::{Weave, space_file};
use crate::diff::{Names, VersionFile};
use crate::manifest::Manifest;
use crate::native::SpaceHeader;
use crate::native::outline::references;
use crate::text::Limits;
use crate::vfs::Bytes;

/// What the sides are called in conflict markers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// Our side.
    pub ours: String,
    /// Their side.
    pub theirs: String,
}

/// What came of merging a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileMerge {
    /// The merged file; with conflict markers if there are conflicts.
    pub content: Vec<u8>,
    /// How many places conflict.
    pub conflicts: usize,
    /// What conflicts, each with words for people.
    pub objects: Vec<(Conflict, String)>,
    /// Whether the file was merged by lines, or is ours where it is no text: it is no file of objects that can be understood.
    pub is_plain: bool,
}

impl Default for Labels {
    fn default() -> Labels {
        Labels { ours: "ours".to_owned(), theirs: "theirs".to_owned() }
    }
}

/// Merges a file of a store. `base` is empty where the sides have no version in common.
///
/// A space file is merged by object, the manifest by what it lists, and any other text by lines.
#[must_use]
pub fn merge_file(
    base: Bytes,
    ours: Bytes,
    theirs: Bytes,
    labels: &Labels,
    extensions: &dyn Extensions,
) -> FileMerge {
    let manifest = |bytes: &Bytes| {
        Manifest::read("manifest.json".as_ref(), bytes, &Limits::default()).ok().map(|(manifest, _)| manifest)
    };
    if let (Some(one), Some(other)) = (manifest(&ours), manifest(&theirs)) {
        let base = manifest(&base).unwrap_or_default();
        return merge_manifests(&base, &one, &other, labels);
    }
    let text = |bytes: &Bytes| std::str::from_utf8(bytes).ok().map(str::to_owned);
    let (Some(base_text), Some(our_text), Some(their_text)) = (text(&base), text(&ours), text(&theirs))
    else {
        // In a frame: there is nothing that markers could be put around.
        let content = ours.to_vec();
        return FileMerge { content, conflicts: 1, objects: Vec::new(), is_plain: true };
    };
    let texts = [base_text, our_text, their_text];
    let limits = Limits::default();
    let [base, ours, theirs] = [base, ours, theirs].map(|bytes| {
        let (file, report) = VersionFile::read("file.json".to_owned(), bytes, &limits, extensions);
        file.filter(|file| file.index.is_some() && !report.has_errors())
    });
    let is_new = texts[0].trim().is_empty();
    match (base, ours, theirs) {
        (base, Some(ours), Some(theirs))
            if (base.is_some() || is_new) && ours.space_oid() == theirs.space_oid() =>
        {
            of_space(base.as_ref(), &ours, &theirs, labels)
        }
        _ => by_lines(&texts, labels),
    }
}

impl VersionFile {
    fn space_oid(&self) -> Option<Oid> {
        self.space().map(|(_, oid)| oid)
    }

    fn by_oid(&self) -> HashMap<Oid, &str> {
        self.records().iter().map(|span| (span.oid, self.text(span))).collect()
    }

    fn header(&self) -> Option<&SpaceHeader> {
        self.index.as_ref().map(|index| &index.header)
    }
}

fn of_space(
    base: Option<&VersionFile>,
    ours: &VersionFile,
    theirs: &VersionFile,
    labels: &Labels,
) -> FileMerge {
    let (b, o, t) = (base.map(VersionFile::by_oid).unwrap_or_default(), ours.by_oid(), theirs.by_oid());
    let all: std::collections::BTreeSet<Oid> = b.keys().chain(o.keys()).chain(t.keys()).copied().collect();
    let mut objects = Vec::with_capacity(all.len());
    for oid in &all {
        let [base, ours, theirs] = [&b, &o, &t].map(|side| side.get(oid).copied());
        objects.push(MergedObject::of(*oid, base, ours, theirs));
    }
    contest_removals(&mut objects, |oid| b.get(&oid).copied());
    let mut names = Names::default();
    let files: Vec<&VersionFile> = [Some(ours), Some(theirs), base].into_iter().flatten().collect();
    names.find(&files);
    let (left, right) = headers(base, ours, theirs);
    let conflicting = objects.iter().any(|object| !object.conflicts.is_empty()) || left != right;
    let content = space_file(&left, &right, &objects.iter().collect::<Vec<_>>(), &names, labels);
    let conflicts: Vec<Conflict> = objects.into_iter().flat_map(|object| object.conflicts).collect();
    FileMerge {
        conflicts: if conflicting { conflicts.len().max(1) } else { 0 },
        objects: conflicts
            .into_iter()
            .map(|conflict| (conflict.clone(), conflict.describe(&names)))
            .collect(),
        content,
        is_plain: false,
    }
}

/// Returns the headers of both sides: the same one unless both gave the space another name.
fn headers(
    base: Option<&VersionFile>,
    ours: &VersionFile,
    theirs: &VersionFile,
) -> (SpaceHeader, SpaceHeader) {
    let name = |file: &VersionFile| file.space().map(|(name, _)| name.to_owned()).unwrap_or_default();
    let (was, one, other) = (base.map(name), name(ours), name(theirs));
    let (left, right) = match was {
        _ if one == other => (one.clone(), one),
        Some(was) if was == one => (other.clone(), other),
        Some(was) if was == other => (one.clone(), one),
        _ => (one, other),
    };
    let of = |name: String| {
        let oid = ours.header().map_or(rps_runtime::known::SPACE, |header| header.oid);
        SpaceHeader { name, oid, unknown: crate::manifest::UnknownKeys::new() }
    };
    (of(left), of(right))
}

/// Turns removals by one side into conflicts where the other side refers to the object anew: otherwise the merged store
/// would refer to nothing.
pub(super) fn contest_removals<'t>(objects: &mut [MergedObject<'t>], base: impl Fn(Oid) -> Option<&'t str>) {
    let mut removed: BTreeMap<Oid, usize> = BTreeMap::new();
    for (number, object) in objects.iter().enumerate() {
        if object.left.is_none() && matches!(object.origin, Origin::Ours | Origin::Theirs) {
            removed.insert(object.oid, number);
        }
    }
    if removed.is_empty() {
        return;
    }
    let mut contested = Vec::new();
    for object in objects.iter() {
        let texts = [&object.left, &object.right];
        for text in texts.into_iter().flatten() {
            if object.origin == Origin::Unchanged {
                continue;
            }
            let text = text.to_text();
            for oid in references(text.as_bytes()) {
                let Some(&number) = removed.get(&oid) else { continue };
                // Who removed an object answers for what else that side holds.
                if objects[number].origin != object.origin {
                    contested.push(number);
                }
            }
        }
    }
    contested.sort_unstable();
    contested.dedup();
    for number in contested {
        let oid = objects[number].oid;
        if let Some(text) = base(oid) {
            objects[number].contest(text);
        }
    }
}

/// Merges texts by lines, as git does.
fn by_lines([base, ours, theirs]: &[String; 3], labels: &Labels) -> FileMerge {
    let lines = |text: &str| -> Vec<String> {
        text.strip_suffix('\n').unwrap_or(text).split('\n').map(str::to_owned).collect()
    };
    let mut weave = Weave::new(labels);
    let mut conflicts = 0;
    for piece in merge(&lines(base), &lines(ours), &lines(theirs)) {
        match piece {
            Piece::Agreed(lines) => lines.iter().for_each(|line| weave.both(line)),
            Piece::Conflict { ours, theirs } => {
                weave.differ(ours, theirs, "");
                conflicts += 1;
            }
        }
    }
    FileMerge { content: weave.finish(), conflicts, objects: Vec::new(), is_plain: true }
}

impl Conflict {
    /// Returns what conflicts, for people.
    #[must_use]
    pub fn describe(&self, names: &Names) -> String {
        let part = self.part.as_ref().map_or_else(String::new, |part| format!(", {}", part.label(names)));
        format!("{}{part}: {}", names.label(self.oid), self.kind.words())
    }
}
