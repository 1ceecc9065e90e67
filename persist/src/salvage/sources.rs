//! All files of a damaged generation, what the manifest says of them, and where their originals are.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use rps_runtime::Oid;

use super::{Fate, Item, SalvageError, legible, read_manifest};
use crate::error::FileError;
use crate::layout::{Layout, MANIFEST};
use crate::manifest::{FileEntry, Manifest, UnknownKeys};
use crate::native::LoadOptions;
use crate::text::Limits;
use crate::vfs::{self, Bytes, FileKind, Vfs};
use crate::{Code, CodecChoice, Problem, codec, generation};

/// The files of a generation.
pub(super) struct Sources {
    /// The files of objects: those of the manifest, or all that look so where it can not be read.
    pub(super) files: Vec<SourceFile>,
    /// Files that the manifest does not list: they are looked at where a space has fewer objects than it says.
    pub(super) unlisted: Vec<SourceFile>,
    /// How many objects the manifest says the spaces have, where it can be read.
    pub(super) counts: BTreeMap<Oid, u64>,
    /// The saved states of plugins that are as they must be.
    pub(super) states: Vec<(FileEntry, Bytes)>,
    pub(super) roots: Vec<Oid>,
    pub(super) constants: Vec<Oid>,
    pub(super) names: Vec<Oid>,
    pub(super) annotations: UnknownKeys,
    pub(super) unknown: UnknownKeys,
    /// What is to be said of the manifest, of states, and of files as a whole.
    pub(super) items: Vec<Item>,
    /// Where every file is that is there, by its path below `spaces/`.
    places: BTreeMap<String, PathBuf>,
    /// The files that are not, or can not be told to be, what the manifest describes.
    pub(super) suspect: BTreeSet<String>,
}

/// A file of objects.
pub(super) struct SourceFile {
    /// The path below `spaces/`.
    pub(super) path: String,
    /// The space that the manifest gives it.
    pub(super) space: Option<(String, Oid)>,
    /// What is in it, decoded; nothing if it is not there, or can not be decoded.
    pub(super) content: Option<Bytes>,
    /// Whether it is the one that the manifest describes.
    pub(super) is_described: bool,
    /// The codec that it was encoded with.
    pub(super) codec: Option<String>,
    /// What is in the file that the manifest describes, where that is another one, and a previous generation has it.
    pub(super) original: Option<Bytes>,
}

/// A file that a manifest lists.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) path: String,
    pub(super) entry: Option<FileEntry>,
    pub(super) space: Option<(String, Oid)>,
}

/// What is known of the generation, from its manifest or instead of it.
struct Known {
    files: Vec<Listed>,
    states: Vec<FileEntry>,
    roots: Vec<Oid>,
    constants: Vec<Oid>,
    names: Vec<Oid>,
    annotations: UnknownKeys,
    unknown: UnknownKeys,
    counts: BTreeMap<Oid, u64>,
    /// Whether files that are not listed belong to it all the same.
    is_open: bool,
}

/// The generations before the current one, the newest first.
struct Previous {
    generations: Vec<(PathBuf, Option<Manifest>)>,
}

impl Sources {
    /// Reads the generation in `spaces/`.
    ///
    /// # Errors
    ///
    /// Files that can not be read, or not by this program here: they are whole, and must not be taken for damaged.
    pub(super) fn gather(
        vfs: &dyn Vfs,
        layout: &Layout,
        options: &LoadOptions,
    ) -> Result<Self, SalvageError> {
        let entries = vfs::tree(vfs, &layout.spaces())?.into_iter();
        let files = entries.filter(|entry| entry.kind != FileKind::Dir);
        let places: BTreeMap<String, PathBuf> = files.map(|entry| (entry.path, entry.place)).collect();
        let mut contents = BTreeMap::new();
        for (path, place) in &places {
            if let Some(content) = read(vfs, place)? {
                contents.insert(path.clone(), content);
            }
        }
        let previous = Previous::find(vfs, layout, &options.limits);
        let mut items = Vec::new();
        let manifest = contents.remove(MANIFEST);
        let mut suspect = BTreeSet::new();
        let known = Known::read(manifest.as_deref(), &contents, &previous, options, &mut items)?;
        if known.is_open {
            suspect.insert(MANIFEST.to_owned());
        }
        let mut sources = Self {
            files: Vec::new(),
            unlisted: Vec::new(),
            counts: known.counts,
            states: Vec::new(),
            roots: known.roots,
            constants: known.constants,
            names: known.names,
            annotations: known.annotations,
            unknown: known.unknown,
            items,
            places,
            suspect,
        };
        let mut listed = known.files;
        let mut states: Vec<(String, Option<FileEntry>)> =
            known.states.into_iter().map(|entry| (entry.path.clone(), Some(entry))).collect();
        let is_listed = |path: &String, listed: &[Listed], states: &[(String, Option<FileEntry>)]| {
            listed.iter().any(|file| file.path == *path) || states.iter().any(|(state, _)| state == path)
        };
        let there: Vec<String> = sources.places.keys().filter(|path| *path != MANIFEST).cloned().collect();
        for path in there {
            let content = contents.get(&path);
            if is_listed(&path, &listed, &states) {
                continue;
            }
            if known.is_open && content.is_some() && path.starts_with("state/") {
                states.push((path, None));
            } else if known.is_open && content.is_some_and(|content| looks_like_objects(content)) {
                listed.push(Listed { path, entry: None, space: None });
            } else {
                sources.set_aside(&path, known.is_open);
                if let Some(content) = content.filter(|content| looks_like_objects(content)) {
                    let unlisted =
                        file(path, None, None, Some(content.clone()), None, options, &mut Vec::new(), false)?;
                    sources.unlisted.push(unlisted);
                }
            }
        }
        let unlisted: Vec<&Bytes> = sources.suspect.iter().filter_map(|path| contents.get(path)).collect();
        let mut files = Vec::new();
        let mut found = Vec::new();
        for Listed { path, entry, space } in listed {
            let raw = contents.get(&path).cloned();
            let original = match &entry {
                Some(entry) if !raw.as_ref().is_some_and(|raw| is_it(raw, entry)) => {
                    let here = unlisted.iter().find(|content| is_it(content, entry));
                    here.map(|content| (*content).clone()).or_else(|| previous.original(vfs, entry))
                }
                _ => None,
            };
            files.push(file(path, entry.as_ref(), space, raw, original, options, &mut found, known.is_open)?);
        }
        sources.items.extend(found);
        for file in &files {
            if !file.is_described || known.is_open {
                sources.suspect.insert(file.path.clone());
            }
        }
        sources.files = files;
        for (path, entry) in states {
            sources.state(vfs, &path, entry, contents.get(&path), &previous, &options.limits);
        }
        Ok(sources)
    }

    /// Returns how the result is to be encoded: as the files are, if they are all of one kind.
    pub(super) fn codec(&self, choice: &CodecChoice) -> CodecChoice {
        if *choice != CodecChoice::Keep {
            return choice.clone();
        }
        let codecs: BTreeSet<&Option<String>> =
            self.files.iter().filter(|file| file.content.is_some()).map(|file| &file.codec).collect();
        match codecs.first() {
            Some(Some(name)) if codecs.len() == 1 => CodecChoice::Named(name.clone()),
            _ => CodecChoice::Plain,
        }
    }

    /// Returns the files that go into quarantine as they are.
    pub(super) fn damaged(&self, items: &[Item]) -> Vec<(PathBuf, String)> {
        let of_items = items.iter().filter_map(|item| {
            let path = item.file.strip_prefix("spaces").ok()?;
            Some(crate::report::Slashed(path).to_string())
        });
        let mut paths: BTreeSet<String> = of_items.chain(self.suspect.iter().cloned()).collect();
        if !items.is_empty() {
            // It says what the others were.
            paths.insert(MANIFEST.to_owned());
        }
        paths.into_iter().filter_map(|path| Some((self.places.get(&path)?.clone(), path))).collect()
    }

    fn set_aside(&mut self, path: &str, is_open: bool) {
        let message = match is_open {
            true => "this is no file of objects, nor the state of a plugin",
            false => "the manifest does not list this file",
        };
        self.items.push(Item::new(Fate::Quarantined, in_store(path), Code::UnlistedFile, message));
        self.suspect.insert(path.to_owned());
    }

    /// Takes the state of a plugin if it is the one that was saved.
    fn state(
        &mut self,
        vfs: &dyn Vfs,
        path: &str,
        entry: Option<FileEntry>,
        content: Option<&Bytes>,
        previous: &Previous,
        limits: &Limits,
    ) {
        let is_described = |content: &Bytes| entry.as_ref().is_none_or(|entry| is_it(content, entry));
        let is_sound = |content: &Bytes| crate::state::is_sound(path, content, limits.space_file);
        if let Some(content) = content.filter(|content| is_described(content) && is_sound(content)) {
            let entry = entry.unwrap_or_else(|| FileEntry::of_content(path, content));
            self.states.push((entry, content.clone()));
            return;
        }
        self.suspect.insert(path.to_owned());
        let original = entry.as_ref().and_then(|entry| previous.original(vfs, entry));
        let (code, message) = match content {
            None => (Code::MissingFile, "the state of a plugin is not there"),
            Some(content) if is_sound(content) => {
                (Code::BadHash, "the state of a plugin is not the one that was saved")
            }
            Some(_) => (Code::BadState, "the state of a plugin can not be read"),
        };
        let fate = match (entry, original) {
            (Some(entry), Some(content)) if is_sound(&content) => {
                self.states.push((entry, content));
                Fate::Replaced
            }
            _ => Fate::Quarantined,
        };
        self.items.push(Item::new(fate, in_store(path), code, message));
    }
}

impl Known {
    fn read(
        bytes: Option<&[u8]>,
        contents: &BTreeMap<String, Bytes>,
        previous: &Previous,
        options: &LoadOptions,
        items: &mut Vec<Item>,
    ) -> Result<Self, SalvageError> {
        let path = in_store(MANIFEST);
        let problem = match bytes {
            None => Problem::error(Code::MissingFile, &path, "the manifest is missing"),
            Some(bytes) => match Manifest::read(&path, bytes, &options.limits) {
                Ok((manifest, _)) => return Ok(Self::of(manifest)),
                Err(report) => {
                    let first = report.into_iter().find(|problem| problem.severity == crate::Severity::Error);
                    first.unwrap_or_else(|| {
                        Problem::error(Code::BadJson, &path, "the manifest can not be read")
                    })
                }
            },
        };
        let is_foreign = problem.code == Code::UnknownFormat
            && !contents.is_empty()
            && !contents.iter().any(|(path, content)| crate::format::check(Path::new(path), content).is_ok());
        if is_foreign {
            return Err(SalvageError::Unreadable(Box::new(problem)));
        }
        let legible = legible::read(bytes.unwrap_or_default());
        let older = previous.generations.iter().find_map(|(_, manifest)| manifest.as_ref());
        let mut sources = vec!["the files"];
        let whole = |oids: legible::Oids, older: Option<&Vec<Oid>>| {
            let mut oids: BTreeSet<Oid> =
                if oids.is_whole() { return oids.oids } else { oids.oids.into_iter().collect() };
            oids.extend(older.into_iter().flatten());
            oids.into_iter().collect::<Vec<Oid>>()
        };
        let is_short = !legible.roots.is_whole() || !legible.constants.is_whole();
        let roots = whole(legible.roots, older.map(|manifest| &manifest.roots));
        let constants = whole(legible.constants, older.map(|manifest| &manifest.constants));
        let names = whole(legible.names, older.map(|manifest| &manifest.names));
        let mut annotations = legible.annotations;
        for (key, value) in older.map(|manifest| &manifest.annotations).into_iter().flatten() {
            annotations.entry(key.clone()).or_insert_with(|| value.clone());
        }
        if bytes.is_some() {
            sources.push("what can be read of it");
        }
        let roots_from = match (is_short, older) {
            (false, _) => "",
            (true, Some(_)) => {
                "; roots and constants are those of the newest previous generation, as far as they are there"
            }
            (true, None) => "; roots and constants are not known: no previous generation has a manifest",
        };
        let message =
            format!("{}; it is made anew from {}{roots_from}", problem.message, sources.join(" and "));
        items.push(Item { message: message.into(), ..Item::of_problem(Fate::Rebuilt, &problem) });
        // Of a file that is there, the older manifest knows the space at least.
        let mut files: BTreeMap<String, Listed> = BTreeMap::new();
        for listed in older.into_iter().flat_map(listed_by) {
            if contents.contains_key(&listed.path) {
                files.insert(listed.path.clone(), Listed { entry: None, ..listed });
            }
        }
        let is_there =
            |entry: &FileEntry| contents.get(&entry.path).is_some_and(|content| is_it(content, entry));
        for listed in legible.files {
            // Of two lines for one file, as after a merge, the one that describes it counts.
            let known = files.get(&listed.path).and_then(|known| known.entry.as_ref());
            if known.is_none() || listed.entry.as_ref().is_some_and(is_there) {
                files.insert(listed.path.clone(), listed);
            }
        }
        let mut states: BTreeMap<String, FileEntry> = BTreeMap::new();
        for entry in legible.states {
            if !states.contains_key(&entry.path) || is_there(&entry) {
                states.insert(entry.path.clone(), entry);
            }
        }
        Ok(Self {
            files: files.into_values().collect(),
            states: states.into_values().collect(),
            roots,
            constants,
            names,
            annotations,
            unknown: UnknownKeys::new(),
            counts: BTreeMap::new(),
            is_open: true,
        })
    }

    fn of(manifest: Manifest) -> Self {
        Self {
            counts: manifest.spaces.iter().map(|space| (space.oid, space.objects)).collect(),
            files: listed_by(&manifest).collect(),
            states: manifest.state,
            roots: manifest.roots,
            constants: manifest.constants,
            names: manifest.names,
            annotations: manifest.annotations,
            unknown: manifest.unknown,
            is_open: false,
        }
    }
}

impl Previous {
    fn find(vfs: &dyn Vfs, layout: &Layout, limits: &Limits) -> Self {
        let places = generation::previous_places(vfs, layout).unwrap_or_default();
        let generations = places.into_iter().rev().map(|(_, dir)| {
            let path = dir.join(MANIFEST);
            let manifest = vfs.read(&path).ok().and_then(|bytes| read_manifest(&path, &bytes, limits));
            (dir, manifest)
        });
        Self { generations: generations.collect() }
    }

    /// Returns the content of the file that an entry describes.
    fn original(&self, vfs: &dyn Vfs, entry: &FileEntry) -> Option<Bytes> {
        let mut places = self.generations.iter().map(|(dir, _)| dir.join(&entry.path));
        places.find_map(|place| {
            let is_of_size = vfs.metadata(&place).is_ok_and(|metadata| metadata.len == entry.size);
            is_of_size.then(|| vfs.read(&place).ok())?.filter(|content| is_it(content, entry))
        })
    }
}

fn listed_by(manifest: &Manifest) -> impl Iterator<Item = Listed> {
    manifest.spaces.iter().flat_map(|space| {
        space.files.iter().map(|entry| Listed {
            path: entry.path.clone(),
            entry: Some(entry.clone()),
            space: Some((space.name.clone(), space.oid)),
        })
    })
}

/// Returns a file of objects as it can be used, and says what is wrong with it as a whole.
#[expect(
    clippy::too_many_arguments,
    reason = "they are what is known of one file, and only one caller knows it"
)]
fn file(
    path: String,
    entry: Option<&FileEntry>,
    space: Option<(String, Oid)>,
    raw: Option<Bytes>,
    original: Option<Bytes>,
    options: &LoadOptions,
    items: &mut Vec<Item>,
    is_open: bool,
) -> Result<SourceFile, SalvageError> {
    let name = in_store(&path);
    let limit = options.limits.space_file;
    let decode = |content: Bytes| codec::decoded(&name, content, limit, &*options.extensions);
    let is_described = match (&raw, entry) {
        (Some(raw), Some(entry)) => is_it(raw, entry),
        (Some(_), None) => is_open,
        (None, _) => false,
    };
    let codec = raw.as_ref().and_then(|raw| codec::name_of_frame(&name, raw));
    let has_original = original.is_some();
    let original = original.and_then(|content| decode(content).ok());
    let fate = if original.is_some() { Fate::Replaced } else { Fate::Quarantined };
    let Some(raw) = raw else {
        let message = "the manifest lists this file, and it is not there";
        items.push(Item::new(fate, &name, Code::MissingFile, message));
        return Ok(SourceFile { path, space, content: None, is_described, codec, original });
    };
    let content = match decode(raw.clone()) {
        Ok(content) => {
            let is_other = crate::format::check(&name, &content)
                .is_err_and(|problem| problem.code == Code::UnknownFormat);
            if is_other && is_described && entry.is_some() {
                let problem = Problem::error(
                    Code::UnknownFormat,
                    &name,
                    "the file has another format than this version reads",
                );
                return Err(SalvageError::Unreadable(Box::new(problem)));
            }
            Some(content)
        }
        Err(problem) => {
            // A file that is as it was written is whole, whatever this program can make of it.
            let is_whole = if entry.is_some() {
                is_described
            } else {
                codec.as_ref().is_some_and(|codec| path.ends_with(&format!(".{codec}")))
            };
            let is_missing = matches!(problem.code, Code::CodecMissing | Code::FrameVersion | Code::TooLarge);
            if is_missing && is_whole && !has_original {
                return Err(SalvageError::Unreadable(Box::new(problem)));
            }
            items.push(Item::of_problem(fate, &problem));
            None
        }
    };
    Ok(SourceFile { path, space, content, is_described, codec, original })
}

/// Returns whether a file could be one of objects, or have been.
fn looks_like_objects(content: &[u8]) -> bool {
    crate::format::check(Path::new(""), content).is_ok()
        || codec::name_of_frame(Path::new(""), content).is_some()
        || memchr::memmem::find(content, b"\"oid\"").is_some()
}

/// Tells whether a content is the one that an entry describes.
fn is_it(content: &[u8], entry: &FileEntry) -> bool {
    content.len() as u64 == entry.size && blake3::hash(content) == entry.hash
}

pub(super) fn in_store(path: &str) -> PathBuf {
    Path::new("spaces").join(path)
}

/// Returns the content of a file; nothing of what is no file.
fn read(vfs: &dyn Vfs, place: &Path) -> Result<Option<Bytes>, SalvageError> {
    match vfs.metadata(place) {
        Ok(metadata) if metadata.kind == FileKind::File => {}
        Ok(_) => return Ok(None),
        // A link that leads nowhere.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(FileError::of("look at", place)(error).into()),
    }
    Ok(Some(vfs.read(place).map_err(FileError::of("read", place))?))
}
