//! The files of one version of a store, and where the records in them are.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use rps_runtime::Oid;
use rps_runtime::extension::Extensions;

use crate::error::{FileError, LoadError, OpenError};
use crate::generation::GenerationReader;
use crate::layout::{Layout, MANIFEST};
use crate::manifest::{Manifest, SpaceEntry, UnknownKeys};
use crate::native::outline::Outline;
use crate::native::{CommittedPart, Overlay, RecordSpan, SpaceHeader, SpaceIndex};
use crate::store::Reader;
use crate::text::Limits;
use crate::vfs::{self, Bytes, FileKind, LockMode, TreeEntry, Vfs};
use crate::{Code, Problem, Report, codec};

/// One version of a store: the files of a generation. Nothing is kept from being looked at by what is wrong elsewhere.
#[derive(Debug)]
pub struct Version {
    pub(crate) files: Vec<VersionFile>,
    /// The saved states of plugins, by path.
    pub(crate) states: BTreeMap<String, Bytes>,
    pub(crate) manifest: Option<Manifest>,
    report: Report,
    commits: usize,
}

/// A space file.
#[derive(Debug)]
pub(crate) struct VersionFile {
    /// The path below `spaces/`.
    pub(crate) path: String,
    /// What is in the file, decoded if it is in a frame.
    pub(crate) bytes: Bytes,
    /// Nothing where no record can be found in the file.
    pub(crate) index: Option<SpaceIndex>,
}

impl Version {
    /// Returns the version that consists of files, whose paths are below `spaces/`; the manifest is one of them.
    #[must_use]
    pub fn of_files(files: Vec<(String, Bytes)>, extensions: &dyn Extensions) -> Version {
        let limits = Limits::default();
        let mut version = Version {
            files: Vec::new(),
            states: BTreeMap::new(),
            manifest: None,
            report: Report::new(),
            commits: 0,
        };
        let mut of_spaces = Vec::new();
        for (path, bytes) in files {
            if path == MANIFEST {
                match Manifest::read(&in_store(MANIFEST), &bytes, &limits) {
                    Ok((manifest, _)) => version.manifest = Some(manifest),
                    Err(report) => version.report.merge(report),
                }
            } else if path.starts_with("state/") {
                version.states.insert(path, bytes);
            } else if !path.split('/').any(|name| name.starts_with('.')) {
                of_spaces.push((path, bytes));
            }
        }
        let read: Vec<(Option<VersionFile>, Report)> = of_spaces
            .into_par_iter()
            .map(|(path, bytes)| VersionFile::read(path, bytes, &limits, extensions))
            .collect();
        for (file, report) in read {
            version.files.extend(file);
            version.report.merge(report);
        }
        version.files.sort_by(|a, b| a.path.cmp(&b.path));
        version.report.sort();
        version
    }

    /// Returns the version that is in a directory: the current generation of a store with what was committed to it since, or
    /// a generation itself, such as one of `.rps/previous`. A journal that can not be read, or that belongs to another
    /// generation, is left out, and is an error of the [report](Version::report).
    ///
    /// # Errors
    ///
    /// [`OpenError::NoGeneration`] where neither is, and those of reading.
    pub fn read(
        vfs: &Arc<dyn Vfs>,
        directory: &Path,
        extensions: &dyn Extensions,
    ) -> Result<Version, LoadError> {
        let is_there = |path: PathBuf| {
            vfs::is_absent(&**vfs, &path).map(|absent| !absent).map_err(FileError::of("look at", &path))
        };
        if !is_there(Layout::new(directory).spaces())? && is_there(directory.join(MANIFEST))? {
            let guard = vfs.lock(directory, LockMode::Shared).map_err(FileError::of("lock", directory))?;
            let entries = vfs::tree(&**vfs, directory)?.into_iter();
            let files = entries.filter(|entry| entry.kind != FileKind::Dir).map(
                |TreeEntry { path, place, .. }| {
                    Ok((path, vfs.read(&place).map_err(FileError::of("read", &place))?))
                },
            );
            let files: Vec<(String, Bytes)> = files.collect::<Result<_, FileError>>()?;
            drop(guard);
            return Ok(Version::of_files(files, extensions));
        }
        match vfs.metadata(directory) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(OpenError::NoGeneration { path: directory.to_path_buf() }.into());
            }
            Err(error) => return Err(FileError::of("look at", directory)(error).into()),
        }
        let (generation, committed) = match Reader::open(vfs, directory) {
            Ok(Reader { generation, overlay }) => (generation, Ok(overlay)),
            Err(OpenError::Journal(error)) => (Arc::new(GenerationReader::open(vfs, directory)?), Err(error)),
            Err(error) => return Err(error.into()),
        };
        let paths = generation.list()?;
        let files: Result<Vec<(String, Bytes)>, LoadError> =
            paths.into_iter().map(|path| Ok((path.clone(), generation.read(&path)?))).collect();
        let mut version = Version::of_files(files?, extensions);
        match committed {
            Ok(overlay) => version.lay_over(&overlay),
            Err(error) => {
                let place = Layout::new("").journal();
                let problem = Problem::error(error.as_code(), place, error.to_string());
                version.report.push(match error.hint() {
                    Some(hint) => problem.with_hint(hint),
                    None => problem,
                });
            }
        }
        Ok(version)
    }

    /// Puts what was committed in the place of what the generation has.
    fn lay_over(&mut self, overlay: &Overlay) {
        self.commits = overlay.chain().len();
        if overlay.is_empty() {
            return;
        }
        for index in self.files.iter_mut().filter_map(|file| file.index.as_mut()) {
            index.records.retain(|record| !overlay.replaces(record.oid));
        }
        let manifest = self.manifest.get_or_insert_default();
        for CommittedPart { path, text, name, space, records } in overlay.stored() {
            if !manifest.spaces.iter().any(|known| known.oid == space) {
                let (name, unknown) = (name.to_owned(), UnknownKeys::new());
                manifest.spaces.push(SpaceEntry { name, oid: space, objects: 0, files: Vec::new(), unknown });
            }
            let header = SpaceHeader { name: name.to_owned(), oid: space, unknown: UnknownKeys::new() };
            self.files.push(VersionFile {
                path: path.display().to_string(),
                bytes: Bytes::from(text.as_bytes().to_vec()),
                index: Some(SpaceIndex { header, records }),
            });
        }
        // A space all of whose objects were removed is none any more.
        let files = &self.files;
        let of = |file: &VersionFile, oid| file.space().is_some_and(|(_, space)| space == oid);
        manifest.spaces.retain(|space| {
            let mut files = files.iter().filter(|file| of(file, space.oid)).peekable();
            files.peek().is_none() || files.any(|file| !file.records().is_empty())
        });
        if let Some(graph) = overlay.graph() {
            (manifest.roots, manifest.constants) = (graph.roots.clone(), graph.constants.clone());
            manifest.roots.sort_unstable();
            manifest.constants.sort_unstable();
            manifest.annotations = graph.annotations.clone();
        }
    }

    /// Returns a version without any object.
    #[must_use]
    pub fn empty() -> Version {
        Version {
            files: Vec::new(),
            states: BTreeMap::new(),
            manifest: None,
            report: Report::new(),
            commits: 0,
        }
    }

    /// Returns what is wrong with the files, as far as it was looked at.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Returns how many commits were laid over a generation, which no dump has taken over yet.
    #[must_use]
    pub fn commits(&self) -> usize {
        self.commits
    }

    /// Returns how many objects there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.iter().map(|file| file.records().len()).sum()
    }

    /// Returns whether there is no object.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the oids of the objects, in the order of the files.
    pub fn oids(&self) -> impl Iterator<Item = Oid> + '_ {
        self.files.iter().flat_map(|file| file.records().iter().map(|span| span.oid))
    }

    /// Returns where the records are of the files of which `wanted` holds, sorted by oid. A record whose oid is there
    /// twice counts once.
    pub(crate) fn located(&self, wanted: impl Fn(&VersionFile) -> bool) -> Vec<(Oid, usize, RecordSpan)> {
        let mut located = Vec::new();
        for (number, file) in self.files.iter().enumerate().filter(|(_, file)| wanted(file)) {
            located.extend(file.records().iter().map(|span| (span.oid, number, *span)));
        }
        located.sort_by_key(|(oid, number, _)| (*oid, *number));
        located.dedup_by_key(|(oid, ..)| *oid);
        located
    }

    /// Returns what is in the files together with their paths.
    pub(crate) fn file(&self, path: &str) -> Option<&VersionFile> {
        self.files.iter().find(|file| file.path == path)
    }
}

impl VersionFile {
    pub(crate) fn read(
        path: String,
        bytes: Bytes,
        limits: &Limits,
        extensions: &dyn Extensions,
    ) -> (Option<VersionFile>, Report) {
        let place = in_store(&path);
        let bytes = match codec::decoded(&place, bytes, limits.space_file, extensions) {
            Ok(bytes) => bytes,
            Err(problem) => return (None, Report::from_iter([problem])),
        };
        let (index, mut report) = SpaceIndex::read(&place, &bytes, limits);
        if index.is_none() && report.is_empty() {
            report.push(Problem::error(Code::BadRecord, place, "no records can be found in the file"));
        }
        (Some(VersionFile { path, bytes, index }), report)
    }

    pub(crate) fn records(&self) -> &[RecordSpan] {
        self.index.as_ref().map_or(&[], |index| &index.records)
    }

    /// Returns the text of a record. What is not UTF-8 was refused with the file.
    pub(crate) fn text(&self, span: &RecordSpan) -> &str {
        let bytes = self.bytes.get(span.range()).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    /// Returns the record around an offset.
    pub(crate) fn record_at(&self, offset: usize) -> Option<Outline<'_>> {
        Outline::read(self.text(&self.records()[self.span_at(offset)?])).ok()
    }

    /// Returns the number of the record around an offset.
    pub(crate) fn span_at(&self, offset: usize) -> Option<usize> {
        let records = self.records();
        let number = records.partition_point(|span| span.range().start <= offset).checked_sub(1)?;
        records[number].range().contains(&offset).then_some(number)
    }

    /// Returns the name and the oid of the space.
    pub(crate) fn space(&self) -> Option<(&str, Oid)> {
        self.index.as_ref().map(|index| (index.header.name.as_str(), index.header.oid))
    }
}

fn in_store(path: &str) -> PathBuf {
    Path::new("spaces").join(path)
}
