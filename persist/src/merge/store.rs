//! Merging three versions of a whole store: objects are found wherever they are, so it does not matter how each version
//! cut its spaces into files.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use rps_runtime::Oid;

use super::file::{Labels, contest_removals};
use super::lay_out::{SpaceText, lay_out};
use super::manifest::merged;
use super::object::{Conflict, ConflictKind, MergedObject, Origin, RecordText};
use super::weave::space_file;
use crate::diff::{Names, Version};
use crate::error::{DumpError, FileError};
use crate::generation::GenerationWriter;
use crate::journal;
use crate::layout::MANIFEST;
use crate::lock::WriterLock;
use crate::manifest::{FileEntry, Manifest, SpaceEntry, UnknownKeys};
use crate::native::RecordSpan;
use crate::vfs::{self, FileKind, TreeEntry, Vfs};

/// Three versions of a store, merged.
#[derive(Debug)]
pub struct StoreMerge<'v> {
    objects: Vec<Placed<'v>>,
    /// The names of the spaces.
    spaces: BTreeMap<Oid, String>,
    manifest: (Manifest, Manifest),
    /// The states of plugins, and those that both sides changed.
    states: BTreeMap<String, Vec<u8>>,
    /// What conflicts and is no object, in words.
    others: Vec<String>,
    names: Names,
}

/// A merged object, and the spaces that it is in.
#[derive(Debug)]
struct Placed<'v> {
    object: MergedObject<'v>,
    left: Option<Oid>,
    right: Option<Oid>,
}

/// Where the records of a version are.
type Records<'v> = HashMap<Oid, (Oid, &'v str)>;

impl<'v> StoreMerge<'v> {
    /// Merges two versions that were made of `base`.
    #[must_use]
    pub fn of(base: &'v Version, ours: &'v Version, theirs: &'v Version) -> StoreMerge<'v> {
        let [b, o, t] = [base, ours, theirs].map(records);
        let oids: BTreeSet<Oid> = b.keys().chain(o.keys()).chain(t.keys()).copied().collect();
        let mut objects = Vec::with_capacity(oids.len());
        let mut spaces = Vec::with_capacity(oids.len());
        for oid in oids {
            let [was, one, other] = [&b, &o, &t].map(|side| side.get(&oid).copied());
            let text = |side: Option<(Oid, &'v str)>| side.map(|(_, text)| text);
            let mut object = MergedObject::of(oid, text(was), text(one), text(other));
            let space = |side: Option<(Oid, &'v str)>| side.map(|(space, _)| space);
            let [was, one, other] = [was, one, other].map(space);
            let place = match () {
                () if one == other || other == was || other.is_none() => (one, one),
                () if one == was || one.is_none() => (other, other),
                () => {
                    object.conflicts.push(Conflict { oid, kind: ConflictKind::Moved, part: None });
                    (one, other)
                }
            };
            // An object that one side moved and that did not change otherwise is that side's.
            if object.origin == Origin::Unchanged && one.is_some() && other.is_some() && one != other {
                object.origin = if one == was { Origin::Theirs } else { Origin::Ours };
            }
            spaces.push((place.0.or(was), place.1.or(was)));
            objects.push(object);
        }
        contest_removals(&mut objects, |oid| b.get(&oid).map(|(_, text)| *text));
        let objects = objects
            .into_iter()
            .zip(spaces)
            .map(|(object, (left, right))| Placed { object, left, right })
            .collect();
        let manifest = |version: &Version| version.manifest.clone().unwrap_or_default();
        let (left, right, mut others) = merged(&manifest(base), &manifest(ours), &manifest(theirs));
        let spaces = space_names(&left, [base, ours, theirs]);
        let states = states(base, ours, theirs, &mut others);
        let names = Names::of(&[ours, theirs, base]);
        StoreMerge { objects, spaces, manifest: (left, right), states, others, names }
    }

    /// Returns what conflicts, in the order of the oids.
    pub fn conflicts(&self) -> impl Iterator<Item = &Conflict> {
        self.objects.iter().flat_map(|placed| &placed.object.conflicts)
    }

    /// Returns what conflicts and is no object, in words: annotations of the graph, states of plugins.
    #[must_use]
    pub fn other_conflicts(&self) -> &[String] {
        &self.others
    }

    /// Returns whether nothing conflicts.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.conflicts().next().is_none() && self.others.is_empty()
    }

    /// Returns the objects that one side changed at least, with what made them what they are.
    pub fn changed(&self) -> impl Iterator<Item = (Oid, Origin)> {
        let changed = self.objects.iter().filter(|placed| placed.object.origin != Origin::Unchanged);
        changed.map(|placed| (placed.object.oid, placed.object.origin))
    }

    /// Returns what people call the objects.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Returns the files of the merged generation, with their paths below `spaces/`; with conflict markers in those where
    /// something conflicts. A space with more bytes of records than `limit` has several files.
    #[must_use]
    pub fn files(&self, labels: &Labels, limit: usize) -> BTreeMap<String, Vec<u8>> {
        let (mut out, manifest) = self.generation(labels, limit);
        let bytes = if self.manifest.0 == self.manifest.1 {
            manifest.to_bytes()
        } else {
            let right = Manifest {
                annotations: self.manifest.1.annotations.clone(),
                unknown: self.manifest.1.unknown.clone(),
                ..manifest.clone()
            };
            super::manifest::woven(&manifest, &right, &self.others, labels)
        };
        out.insert(MANIFEST.to_owned(), bytes);
        out
    }

    /// Writes the merged store into a directory, as one new generation; what conflicts stands between markers in its files.
    ///
    /// # Errors
    ///
    /// Those of the lock, and of writing; [`DumpError::Commits`] where a store is replaced that has commits no dump has taken
    /// over. The directory is as it was, then.
    pub fn write(
        &self,
        vfs: &Arc<dyn Vfs>,
        directory: &Path,
        labels: &Labels,
        limit: usize,
    ) -> Result<(), DumpError> {
        let lock = WriterLock::acquire(vfs, directory)?;
        let commits = journal::undumped(&**vfs, lock.layout()).map_err(FileError::from)?;
        if commits > 0 {
            return Err(DumpError::Commits { path: directory.to_path_buf(), commits });
        }
        let writer = GenerationWriter::begin(&lock)?;
        let (files, manifest) = self.generation(labels, limit);
        for (path, content) in &files {
            let mut file = writer.write_file(path)?;
            file.write_all(content).map_err(FileError::of("write", path.as_ref()))?;
            file.finish()?;
        }
        let dumped = writer.commit(&manifest)?;
        drop(dumped);
        remove_others(&**vfs, &lock.layout().spaces(), &files)?;
        Ok(())
    }

    /// Returns the files but for the manifest, and the manifest with what our side has where it conflicts.
    fn generation(&self, labels: &Labels, limit: usize) -> (BTreeMap<String, Vec<u8>>, Manifest) {
        let spaces = self.by_space();
        let mut manifest = self.manifest.0.clone();
        manifest.spaces = Vec::new();
        let mut out = BTreeMap::new();
        for (space, files) in spaces.iter().zip(lay_out(&spaces, limit)) {
            let mut entries = Vec::new();
            for file in files {
                let objects: Vec<&MergedObject<'_>> =
                    file.records.iter().map(|(.., slot)| slot.object()).collect();
                let content = space_file(&space.header(), &space.header(), &objects, &self.names, labels);
                entries.push(FileEntry::of_content(&file.path, &content));
                out.insert(file.path, content);
            }
            let old = self.manifest.0.spaces.iter().find(|old| old.oid == space.oid);
            manifest.spaces.push(SpaceEntry {
                name: space.name.clone(),
                oid: space.oid,
                objects: space.records.iter().filter(|(.., slot)| slot.object().left.is_some()).count()
                    as u64,
                files: entries,
                unknown: old.map_or_else(UnknownKeys::new, |old| old.unknown.clone()),
            });
        }
        manifest.state =
            self.states.iter().map(|(path, content)| FileEntry::of_content(path, content)).collect();
        out.extend(self.states.clone());
        manifest.sort();
        (out, manifest)
    }

    /// Returns the spaces with their objects. An object that was moved into two of them is in both, with one side each.
    fn by_space<'m>(&'m self) -> Vec<SpaceText<Slot<'m, 'v>>> {
        let mut spaces: BTreeMap<Oid, SpaceText<Slot<'m, 'v>>> = BTreeMap::new();
        let mut put = |oid: Option<Oid>, slot: Slot<'m, 'v>| {
            let Some(oid) = oid else { return };
            let space = spaces.entry(oid).or_insert_with(|| {
                let name = self.spaces.get(&oid).cloned().unwrap_or_else(|| oid.to_string());
                SpaceText { name, oid, records: Vec::new() }
            });
            let object = slot.object();
            let text = object.left.as_ref().or(object.right.as_ref());
            let size = text.map_or(0, RecordText::size);
            space.records.push((object.oid, size, slot));
        };
        for Placed { object, left, right } in &self.objects {
            if object.left.is_none() && object.right.is_none() {
                continue;
            }
            if left == right {
                put(*left, Slot::Whole(object));
            } else {
                put(*left, Slot::Half(object.half(true)));
                put(*right, Slot::Half(object.half(false)));
            }
        }
        spaces.into_values().collect()
    }
}

/// Removes files that are not of the generation, which a merge of git may have left: they would be `store::unlisted-file`.
fn remove_others(
    vfs: &dyn Vfs,
    directory: &Path,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<(), FileError> {
    for TreeEntry { path, place, kind } in vfs::tree(vfs, directory)? {
        if kind != FileKind::Dir && path != MANIFEST && !files.contains_key(&path) {
            vfs.remove_file(&place).map_err(FileError::of("remove", &place))?;
        }
    }
    Ok(())
}

/// An object in a space, or the side of it that is there.
#[derive(Debug)]
enum Slot<'m, 'v> {
    Whole(&'m MergedObject<'v>),
    Half(MergedObject<'v>),
}

impl<'v> Slot<'_, 'v> {
    fn object(&self) -> &MergedObject<'v> {
        match self {
            Slot::Whole(object) => object,
            Slot::Half(object) => object,
        }
    }
}

fn records(version: &Version) -> Records<'_> {
    let of = |(oid, number, span): (Oid, usize, RecordSpan)| {
        let file = &version.files[number];
        let space = file.space().map_or(rps_runtime::known::SPACE, |(_, oid)| oid);
        (oid, (space, file.text(&span)))
    };
    version.located(|_| true).into_iter().map(of).collect()
}

/// Returns the names of spaces: those of the merged manifest, and of files where it does not have one.
fn space_names(manifest: &Manifest, versions: [&Version; 3]) -> BTreeMap<Oid, String> {
    let mut names: BTreeMap<Oid, String> = BTreeMap::new();
    for file in versions.iter().flat_map(|version| &version.files) {
        if let Some((name, oid)) = file.space() {
            names.entry(oid).or_insert_with(|| name.to_owned());
        }
    }
    names.extend(manifest.spaces.iter().map(|space| (space.oid, space.name.clone())));
    names
}

/// Returns the states of plugins. One that both sides changed is ours, and a conflict: nobody here can look into it.
fn states(
    base: &Version,
    ours: &Version,
    theirs: &Version,
    conflicts: &mut Vec<String>,
) -> BTreeMap<String, Vec<u8>> {
    let mut out = BTreeMap::new();
    let paths: BTreeSet<&String> = ours.states.keys().chain(theirs.states.keys()).collect();
    for path in paths {
        let [was, one, other] =
            [base, ours, theirs].map(|version| version.states.get(path).map(|bytes| &**bytes));
        let taken = match () {
            () if one == other || was == other => one,
            () if was == one => other,
            () => {
                conflicts.push(format!("{path}: the state of a plugin was changed on both sides"));
                one.or(other)
            }
        };
        out.extend(taken.map(|content| (path.clone(), content.to_vec())));
    }
    out
}
