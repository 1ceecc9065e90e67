//! What both ways of dumping have in common.

use std::collections::{BTreeMap, HashSet};

use parking_lot::Mutex;
use rps_runtime::change::Frozen;
use rps_runtime::{Mutator, ObjectRef, Oid};

use super::super::encode::Moment;
use super::super::frame::SpaceHeader;
use super::super::options::DumpOptions;
use super::super::place::FileNames;
use super::files::SpaceFiles;
use super::memory::Transients;
use crate::codec::Plan;
use crate::generation::GenerationWriter;
use crate::manifest::{FileEntry, Manifest, SpaceEntry, UnknownKeys};

/// A dump under way.
pub(super) struct Job<'j, 'r> {
    pub(super) m: &'j Mutator<'r>,
    pub(super) frozen: &'j Frozen<'r>,
    pub(super) options: &'j DumpOptions,
    /// The manifest of the generation before.
    pub(super) previous: &'j Manifest,
    pub(super) writer: &'j GenerationWriter<'j>,
    pub(super) codecs: &'j Plan<'j>,
    pub(super) transients: &'j Mutex<Transients>,
}

/// A space with the name that it has in the store.
pub(super) struct NamedSpace {
    pub(super) header: SpaceHeader,
    /// What its files are called, without digits and ending.
    pub(super) base: String,
}

/// What was written of the spaces.
#[derive(Default)]
pub(super) struct Spaces {
    pub(super) entries: Vec<SpaceEntry>,
    pub(super) objects: u64,
    pub(super) adopted: usize,
    pub(super) encoded: usize,
    pub(super) transient_references: usize,
}

impl Job<'_, '_> {
    /// Names spaces, which come in the order of their oids.
    pub(super) fn named<T>(&self, spaces: impl IntoIterator<Item = (ObjectRef, T)>) -> Vec<(NamedSpace, T)> {
        let (mut file_names, mut names) = (FileNames::default(), HashSet::new());
        let mut named = Vec::new();
        for (space, content) in spaces {
            let oid = space.oid();
            let name = self.frozen.read(self.m, space, |space| self.m.name_of(space));
            let name = name.filter(|name| !names.contains(name)).unwrap_or_else(|| oid.to_string());
            names.insert(name.clone());
            let base = file_names.of_space(&name, oid);
            let header = SpaceHeader { name, oid, unknown: UnknownKeys::new() };
            named.push((NamedSpace { header, base }, content));
        }
        named
    }

    /// Returns what writes the files of a space.
    pub(super) fn files<'s>(&'s self, space: &'s NamedSpace) -> SpaceFiles<'s> {
        SpaceFiles {
            writer: self.writer,
            header: &space.header,
            base: &space.base,
            codecs: self.codecs,
            transients: self.transients,
        }
    }

    /// Returns a manifest of what is not in spaces.
    pub(super) fn manifest(&self) -> Manifest {
        let kept = |oids: &[Oid]| oids.iter().copied().filter(|&oid| self.keeps(oid)).collect();
        Manifest {
            roots: kept(self.frozen.roots()),
            constants: kept(self.frozen.constants()),
            names: kept(&self.previous.names),
            annotations: annotations(self.frozen.annotations()),
            unknown: self.previous.unknown.clone(),
            ..Manifest::default()
        }
    }

    /// Returns whether a load will find the object.
    fn keeps(&self, oid: Oid) -> bool {
        self.m.object(oid).is_some_and(|object| Moment::Of(self.frozen).keeps(object))
    }
}

impl Spaces {
    /// Adds a space and its files. What the generation before says of it and nobody here understands stays.
    pub(super) fn push(
        &mut self,
        previous: &Manifest,
        space: NamedSpace,
        objects: u64,
        files: Vec<FileEntry>,
    ) {
        let SpaceHeader { name, oid, .. } = space.header;
        let before = previous.spaces.iter().find(|space| space.oid == oid);
        let unknown = before.map_or_else(UnknownKeys::new, |space| space.unknown.clone());
        self.objects += objects;
        self.entries.push(SpaceEntry { name, oid, objects, files, unknown });
    }
}

/// Returns the graph's annotations as JSON; one that is no JSON is kept as a string.
fn annotations(annotations: &BTreeMap<String, String>) -> UnknownKeys {
    let json = |text: &String| {
        serde_json::from_str(text).unwrap_or_else(|_| serde_json::Value::String(text.clone()))
    };
    annotations.iter().map(|(key, text)| (key.clone(), json(text))).collect()
}
