//! The draft as files: cut, written into a file system in memory, loaded, and at last dumped as any store is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use rps_runtime::extension::{
    Codec, CodecInfo, ExtensionError, Extensions, Finding, NoExtensions, Restored, StateSection,
    StateSnapshot, TypeLookup,
};
use rps_runtime::{Oid, Runtime};

use super::Draft;
use crate::error::{FileError, LoadError};
use crate::generation::GenerationReader;
use crate::layout::{Layout, MANIFEST};
use crate::manifest::{FileEntry, Manifest, SpaceEntry, UnknownKeys};
use crate::native::{self, DumpOptions, Lazy, LoadOptions, LoadReport, SpaceFileWriter, SpaceHeader};
use crate::salvage::{SalvageError, in_memory, read_manifest};
use crate::vfs::{self, Bytes};
use crate::{Access, CodecChoice, Report, Store};

/// The directory of the draft, in a file system of its own.
const ROOT: &str = "/salvage";

/// A file of the draft has about so many bytes: it is written anew for each change of a record in it.
const CHUNK: usize = 4 << 20;

/// Some objects of a space: a file of the draft.
pub(super) struct Chunk {
    pub(super) space: Oid,
    pub(super) path: String,
    pub(super) oids: BTreeSet<Oid>,
    /// The entry of the file, unless it has to be written anew.
    pub(super) entry: Option<FileEntry>,
    /// The first line of each record.
    pub(super) lines: Vec<(u32, Oid)>,
}

/// A generation that is sound.
pub(in super::super) struct Sound {
    pub(in super::super) files: Vec<(String, Bytes)>,
    pub(in super::super) manifest: Manifest,
}

impl Draft {
    /// Puts the objects into files.
    pub(super) fn cut(&mut self) {
        let mut by_space: BTreeMap<Oid, Vec<Oid>> = BTreeMap::new();
        for (&oid, object) in &self.objects {
            if let Some(alternative) = object.alternatives.first() {
                by_space.entry(alternative.space).or_default().push(oid);
            }
        }
        for (space, oids) in by_space {
            let mut size = CHUNK;
            for oid in oids {
                if size >= CHUNK {
                    self.add_chunk(space);
                    size = 0;
                }
                size += self.objects[&oid].alternatives[0].text.bytes().len();
                self.put(oid, self.chunks.len() - 1);
            }
        }
    }

    pub(super) fn add_chunk(&mut self, space: Oid) {
        let path = format!("{}.json", self.chunks.len());
        self.chunks.push(Chunk { space, path, oids: BTreeSet::new(), entry: None, lines: Vec::new() });
    }

    pub(super) fn put(&mut self, oid: Oid, chunk: usize) {
        self.chunks[chunk].oids.insert(oid);
        self.chunks[chunk].entry = None;
        self.homes.insert(oid, chunk);
    }

    /// Loads the draft as it is now.
    pub(in super::super) fn load(
        &mut self,
        options: &LoadOptions,
    ) -> Result<Result<(Runtime, LoadReport), Report>, SalvageError> {
        self.write()?;
        let generation = Arc::new(GenerationReader::open(&self.memory, Path::new(ROOT))?);
        match native::load(&generation, &self.commits, options, false) {
            Ok(loaded) => Ok(Ok(loaded)),
            Err(LoadError::Unsound(report)) => Ok(Err(report)),
            Err(error) => Err(in_memory(error)),
        }
    }

    /// Writes the files of the draft that have changed, and its manifest.
    fn write(&mut self) -> Result<(), SalvageError> {
        for number in 0..self.chunks.len() {
            if self.chunks[number].entry.is_none() {
                self.write_chunk(number)?;
            }
        }
        let mut spaces: BTreeMap<Oid, SpaceEntry> = BTreeMap::new();
        for chunk in self.chunks.iter().filter(|chunk| !chunk.oids.is_empty()) {
            let space = spaces.entry(chunk.space).or_insert_with(|| SpaceEntry {
                name: self.spaces[&chunk.space].clone(),
                oid: chunk.space,
                objects: 0,
                files: Vec::new(),
                unknown: UnknownKeys::new(),
            });
            space.objects += chunk.oids.len() as u64;
            space.files.extend(chunk.entry.clone());
        }
        for (entry, content) in &self.sources.states {
            self.put_file(&entry.path, content)?;
        }
        let mut manifest = Manifest {
            spaces: spaces.into_values().collect(),
            roots: self.sources.roots.clone(),
            constants: self.sources.constants.clone(),
            names: self.sources.names.clone(),
            state: self.sources.states.iter().map(|(entry, _)| entry.clone()).collect(),
            annotations: self.sources.annotations.clone(),
            unknown: self.sources.unknown.clone(),
        };
        manifest.sort();
        self.put_file(MANIFEST, &manifest.to_bytes())?;
        Ok(())
    }

    fn write_chunk(&mut self, number: usize) -> Result<(), SalvageError> {
        let chunk = &self.chunks[number];
        let header = SpaceHeader {
            name: self.spaces[&chunk.space].clone(),
            oid: chunk.space,
            unknown: UnknownKeys::new(),
        };
        let failed = FileError::of("write", Path::new(&chunk.path));
        let mut lines = Vec::with_capacity(chunk.oids.len());
        let written = SpaceFileWriter::begin(Vec::new(), &header).and_then(|mut file| {
            // Three lines come before the first record.
            let mut line = 4;
            for &oid in &chunk.oids {
                if let Some((_, record)) = self.record(oid) {
                    lines.push((line, oid));
                    line += crate::report::saturated(memchr::memchr_iter(b'\n', &record).count() + 1);
                    file.record(&record)?;
                }
            }
            file.finish()
        });
        let text = written.map_err(failed)?;
        let entry = FileEntry::of_content(&chunk.path, &text);
        self.put_file(&chunk.path, &text)?;
        let chunk = &mut self.chunks[number];
        (chunk.entry, chunk.lines) = (Some(entry), lines);
        if chunk.oids.is_empty() {
            let path = Layout::new(ROOT).spaces().join(&chunk.path);
            self.memory.remove_file(&path).map_err(FileError::of("remove", &path))?;
        }
        Ok(())
    }

    /// Writes a file of the draft.
    fn put_file(&self, path: &str, content: &[u8]) -> Result<(), FileError> {
        let vfs = &*self.memory;
        let path = Layout::new(ROOT).spaces().join(path);
        let dir = vfs::parent_dir(&path);
        vfs::create_dirs(vfs, dir).map_err(FileError::of("make the directory of", &path))?;
        match vfs.remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(FileError::of("remove", &path)(error)),
        }
        let mut file = vfs.create(&path).map_err(FileError::of("create", &path))?;
        file.write_all(content).map_err(FileError::of("write", &path))?;
        // A file system in memory remembers every change of a name that is not durable.
        vfs.sync_dir(dir).map_err(FileError::of("sync the directory", dir))
    }

    /// Dumps the draft, which is sound, as any dump does, and returns what came of it.
    pub(in super::super) fn dumped(
        &mut self,
        options: &LoadOptions,
        codec: &CodecChoice,
    ) -> Result<Sound, SalvageError> {
        self.write()?;
        // No plugin reads or changes anything on the way: what is theirs is kept as it is written.
        let extensions: Arc<dyn Extensions> = Arc::new(OnlyCodecs(Arc::clone(&options.extensions)));
        let quiet = LoadOptions { extensions: Arc::clone(&extensions), ..options.clone() };
        let store = Store::open(&self.memory, Path::new(ROOT), Access::Write)?;
        let (runtime, _) = store.load_over(&quiet, &self.commits).map_err(in_memory)?;
        let dump =
            // Whole: what was lost and has a stand-in now is referred to in texts that no change tells of.
            DumpOptions { codec: codec.clone(), extensions, lazy: Lazy::Never, is_whole: true, ..DumpOptions::default() };
        store.dump_with(&runtime, &dump)?;
        store.load_with(options).map_err(in_memory)?;
        let generation = GenerationReader::open(&self.memory, Path::new(ROOT))?;
        let mut files = Vec::new();
        let mut manifest = None;
        for path in generation.list().map_err(in_memory)? {
            let content = generation.read(&path).map_err(in_memory)?;
            if path == MANIFEST {
                manifest = read_manifest(Path::new(MANIFEST), &content, &options.limits);
            } else {
                files.push((path, content));
            }
        }
        Ok(Sound { files, manifest: manifest.unwrap_or_default() })
    }
}

/// Extensions of which only the codecs are used.
struct OnlyCodecs(Arc<dyn Extensions>);

impl Extensions for OnlyCodecs {
    fn payload_type(&self, name: &str, schema_hash: u64) -> TypeLookup {
        NoExtensions.payload_type(name, schema_hash)
    }

    fn codec_by_magic(&self, magic: [u8; 4]) -> Option<Arc<dyn Codec>> {
        self.0.codec_by_magic(magic)
    }

    fn codec_by_name(&self, name: &str) -> Option<Arc<dyn Codec>> {
        self.0.codec_by_name(name)
    }

    fn codecs(&self) -> Vec<CodecInfo> {
        self.0.codecs()
    }

    fn validate(&self, runtime: &Arc<Runtime>) -> Vec<Finding> {
        NoExtensions.validate(runtime)
    }

    fn before_dump(&self) -> Result<(), ExtensionError> {
        Ok(())
    }

    fn after_dump(&self, _is_done: bool, _objects: usize) {}

    fn snapshot_states(&self) -> StateSnapshot {
        StateSnapshot::default()
    }

    fn restore_states(&self, sections: &[StateSection]) -> Vec<Restored> {
        NoExtensions.restore_states(sections)
    }
}
