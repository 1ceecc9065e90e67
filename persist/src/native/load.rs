//! Loading: index all files, make a skeleton for every record, fill the skeletons in parallel, validate.
//!
//! A runtime is built that nobody else sees, and is given away when it is sound. All problems are reported together.

mod files;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use rps_runtime::change::Purpose;
use rps_runtime::extension::StateSection;
use rps_runtime::object::FrozenOids;
use rps_runtime::{Mutator, ObjectRef, Oid, Runtime};

use self::files::{count, index, read_space, unlisted};
use super::commit::{Graph, Overlay};
use super::decode::Decoder;
use super::foreign::{self, Installed, Pending};
use super::index::SpaceIndex;
use super::options::LoadOptions;
use super::reader::Fault;
use super::{lazy, record, validate};
use crate::error::LoadError;
use crate::generation::GenerationReader;
use crate::layout::MANIFEST;
use crate::manifest::{FileEntry, Manifest, SpaceEntry};
use crate::state;
use crate::text::Limits;
use crate::vfs::Bytes;
use crate::{Code, Place, Problem, Report, Severity};

pub(crate) use self::files::read_listed;

/// What a load found.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct LoadReport {
    /// How many objects the store has.
    pub objects: usize,
    /// Whether they come one by one, as they are needed: then nothing was loaded yet.
    pub is_lazy: bool,
    /// How many spaces they are in.
    pub spaces: usize,
    /// How many commits since the last dump were replayed.
    pub commits: usize,
    /// How many files of objects there are.
    pub files: usize,
    /// How many bytes those have on disk.
    pub bytes: u64,
    /// How many objects without a space are referred to; they are there, and empty.
    pub placeholders: usize,
    /// How many payloads of plugins' types there are whose plugin has read them.
    pub foreign_payloads: usize,
    /// How many payloads are kept as text, as they are not understood here.
    pub kept_payloads: usize,
    /// The states of plugins that can be restored.
    pub states: Vec<StateSection>,
    /// What deserves a warning.
    pub report: Report,
    /// The BLAKE3 hash of the manifest.
    pub(crate) manifest_hash: Option<blake3::Hash>,
    /// Whether records name an object as not stored that the generation has, as a merge may leave it: those find it, and a
    /// dump writes them otherwise.
    pub(crate) names_stored_as_transient: bool,
}

/// A file of objects, read and indexed.
pub(super) struct LoadedFile<'t> {
    /// The path, relative to the store.
    pub(super) path: PathBuf,
    pub(super) text: &'t str,
    pub(super) index: SpaceIndex,
    /// The objects of the records, once there are skeletons.
    pub(super) objects: Vec<ObjectRef>,
    /// Payloads that are not installed yet.
    pub(super) pending: Vec<Pending>,
    pub(super) part: Part,
}

/// Which part of a store a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Objects of a space: all records of the text count.
    Whole,
    /// Objects of a space: some records of the text count.
    Some,
    /// Objects that have left their space since; others may still refer to them.
    Left,
}

impl LoadedFile<'_> {
    /// Returns a problem at an offset.
    pub(super) fn problem(&self, code: Code, at: usize, message: impl Into<Box<str>>) -> Problem {
        Problem::error(code, &self.path, message).at(Place::of_offset(self.text.as_bytes(), at))
    }

    /// Returns the problem of a fault in the record of an object.
    pub(super) fn fault(&self, Fault { code, at, message }: Fault, oid: Oid) -> Problem {
        let problem = self.problem(code, at, message).about(oid);
        if problem.hint.is_some() { problem } else { problem.with_hint(REPAIR) }
    }
}

/// Loads a generation, and what was committed since, into a fresh runtime: by its snapshot, or as a whole. `may_write` says
/// whether the caller holds the store's lock.
///
/// # Errors
///
/// [`LoadError::Unsound`] with all problems.
pub(crate) fn load(
    generation: &Arc<GenerationReader>,
    overlay: &Overlay,
    options: &LoadOptions,
    may_write: bool,
) -> Result<(Runtime, LoadReport), LoadError> {
    match lazy::load(generation, overlay, options, may_write) {
        Some(loaded) => Ok(loaded),
        None => load_whole(generation, overlay, options),
    }
}

fn load_whole(
    generation: &GenerationReader,
    overlay: &Overlay,
    options: &LoadOptions,
) -> Result<(Runtime, LoadReport), LoadError> {
    let mut report = Report::new();
    let (mut manifest, manifest_bytes) = read_manifest(generation, &options.limits, &mut report)?;
    unlisted(generation, &manifest, &mut report)?;
    let states = state::load(generation, &manifest, options, &mut report);
    let entries: Vec<(&SpaceEntry, &FileEntry)> =
        manifest.spaces.iter().flat_map(|space| space.files.iter().map(move |file| (space, file))).collect();
    let contents: Vec<(Option<Bytes>, Report)> = entries
        .par_iter()
        .map(|(_, file)| {
            let mut report = Report::new();
            (read_space(generation, file, options, &mut report), report)
        })
        .collect();
    let indexed: Vec<(Option<LoadedFile<'_>>, Report)> = entries
        .par_iter()
        .zip(&contents)
        .map(|(&(space, file), (content, _))| index(space, file, content.as_ref(), options))
        .collect();
    let mut files = Vec::with_capacity(indexed.len());
    for ((file, problems), (_, earlier)) in indexed.into_iter().zip(&contents) {
        report.merge(earlier.clone());
        report.merge(problems);
        files.extend(file);
    }
    count(&manifest, &files, &mut report);
    if options.accept_changed_files {
        report = report.into_iter().map(tolerated).collect();
    }
    overlay.apply(&mut files);
    if let Some(Graph { roots, constants, annotations }) = overlay.graph() {
        manifest.roots.clone_from(roots);
        manifest.constants.clone_from(constants);
        manifest.annotations.clone_from(annotations);
    }
    let in_spaces = || files.iter().filter(|file| file.part != Part::Left);
    let spaces: BTreeSet<Oid> = in_spaces().map(|file| file.index.header.oid).collect();
    let mut found = LoadReport {
        objects: in_spaces().map(|file| file.index.records.len()).sum(),
        spaces: if overlay.is_empty() { manifest.spaces.len() } else { spaces.len() },
        commits: overlay.chain().len(),
        files: entries.len(),
        states,
        bytes: entries.iter().map(|(_, file)| file.size).sum(),
        manifest_hash: Some(blake3::hash(&manifest_bytes)),
        ..LoadReport::default()
    };
    let runtime = Runtime::new();
    fill(&runtime, (&manifest, &manifest_bytes), &mut files, overlay, options, &mut found, &mut report);
    let runtime = if report.has_errors() {
        None
    } else {
        let place = |oid| {
            files.iter().find_map(|file| {
                let record = file.index.records.iter().find(|record| record.oid == oid)?;
                Some((file.path.clone(), record.line))
            })
        };
        validate::by_extensions(runtime, place, &*options.extensions, &mut report)
    };
    report.sort();
    match runtime {
        Some(runtime) if !report.has_errors() => {
            runtime.enter(|m| settle(m, overlay));
            found.report = report;
            Ok((runtime, found))
        }
        _ => Err(LoadError::Unsound(report)),
    }
}

/// Lets changes count from now on, but for what was committed: it is in the store, and not in the generation.
pub(super) fn settle(m: &Mutator<'_>, overlay: &Overlay) {
    m.forget_changes();
    m.note_changed(&overlay.changed(), Purpose::Dump);
    if overlay.graph().is_some() {
        m.note_graph_changed(Purpose::Dump);
    }
}

/// Returns the manifest of a generation and its text, and reports what deserves a warning.
///
/// # Errors
///
/// Those of reading, and what is wrong with the manifest.
pub(crate) fn read_manifest(
    generation: &GenerationReader,
    limits: &Limits,
    report: &mut Report,
) -> Result<(Manifest, Bytes), LoadError> {
    let bytes = match generation.read(MANIFEST) {
        Ok(bytes) => bytes,
        Err(LoadError::File(error)) if error.code() == Code::NotFound => {
            let problem = Problem::error(Code::MissingFile, in_store(MANIFEST), "the manifest is missing");
            return Err(LoadError::Unsound(Report::from_iter([problem])));
        }
        Err(error) => return Err(error),
    };
    let (manifest, warnings) =
        Manifest::read(&in_store(MANIFEST), &bytes, limits).map_err(LoadError::Unsound)?;
    report.merge(warnings);
    Ok((manifest, bytes))
}

pub(super) fn in_store(path: &str) -> PathBuf {
    Path::new("spaces").join(path)
}

/// Returns a problem as a warning if it says no more than that a file is not the one of the manifest.
fn tolerated(mut problem: Problem) -> Problem {
    if matches!(problem.code, Code::BadHash | Code::WrongCount) {
        problem.severity = Severity::Warning;
    }
    problem
}

/// Fills a fresh runtime with what the files hold, and reports what is wrong with it.
fn fill(
    runtime: &Runtime,
    (manifest, manifest_bytes): (&Manifest, &[u8]),
    files: &mut [LoadedFile<'_>],
    overlay: &Overlay,
    options: &LoadOptions,
    found: &mut LoadReport,
    report: &mut Report,
) {
    runtime.enter(|m| {
        let _suspended = m.suspend_collections();
        m.reserve_objects(files.iter().map(|file| file.index.records.len()).sum());
        files.par_iter_mut().for_each(|file| runtime.enter(|m| make_skeletons(m, file)));
        let in_spaces = files.iter().filter(|file| file.part != Part::Left);
        for oid in in_spaces.map(|file| file.index.header.oid).collect::<BTreeSet<_>>() {
            // A space that is no object of the store stays without a space, which the validation finds.
            m.object_or_skeleton(oid);
        }
        let transients: BTreeSet<Oid> = files.par_iter().flat_map_iter(transients_of).collect();
        let placeholders = transients.iter().filter(|&&oid| {
            let is_new = m.object(oid).is_none();
            m.object_or_skeleton(oid);
            is_new
        });
        found.placeholders = placeholders.count();
        let is_stored = |oid: &Oid| m.object(*oid).is_some_and(|object| object.space().is_some());
        found.names_stored_as_transient =
            transients.iter().any(|oid| !overlay.replaces(*oid) && is_stored(oid));
        // What was removed since the generation was dumped: records that were not written again still refer to it.
        for oid in overlay.gone() {
            m.object_or_skeleton(oid);
        }
        {
            let oids = m.freeze_oids();
            let counter = options.progress.start(files.iter().map(|file| file.objects.len()).sum());
            let problems: Vec<Vec<Problem>> = files
                .par_iter_mut()
                .map(|file| {
                    let (pending, problems) = runtime.enter(|m| fill_file(m, &oids, file));
                    counter.add(file.objects.len());
                    file.pending = pending;
                    problems
                })
                .collect();
            report.extend(problems.into_iter().flatten());
        }
        let Installed { alive, kept } = foreign::install(runtime, files, &*options.extensions, report);
        (found.foreign_payloads, found.kept_payloads) = (alive, kept);
        validate::validate(runtime, m, files, report);
        roots(m, manifest, manifest_bytes, overlay.graph().is_some(), report);
        for (key, json) in &manifest.annotations {
            runtime.set_annotation(key, Some(json.to_string()));
        }
    });
}

/// Makes an object for every record, in its space.
fn make_skeletons(m: &Mutator<'_>, file: &mut LoadedFile<'_>) {
    let space = (file.part != Part::Left).then(|| m.object_or_skeleton(file.index.header.oid));
    let skeletons = file.index.records.iter().map(|record| {
        let object = m.object_or_skeleton(record.oid);
        object.set_space_unchecked(m, space);
        object
    });
    file.objects = skeletons.collect();
}

/// Returns the oids of the objects without a space that the records of a file refer to.
fn transients_of<'t>(file: &LoadedFile<'t>) -> Box<dyn Iterator<Item = Oid> + 't> {
    if file.part == Part::Whole {
        return Box::new(transients(file.text));
    }
    let (text, records) = (file.text, file.index.records.clone());
    Box::new(
        records.into_iter().flat_map(move |record| text.get(record.range()).into_iter().flat_map(transients)),
    )
}

/// Returns the oids of the objects without a space that a text refers to.
///
/// The tag can not be part of a string, whose quotes are escaped.
pub(super) fn transients(text: &str) -> impl Iterator<Item = Oid> {
    memchr::memmem::find_iter(text.as_bytes(), TRANSIENT).filter_map(move |at| {
        let rest = text[at + TRANSIENT.len()..].trim_ascii_start().strip_prefix(':')?;
        let oid = rest.trim_ascii_start().strip_prefix('"')?.get(..rps_runtime::oid::TEXT_LEN)?;
        Oid::parse(oid).ok()
    })
}

/// What helps against a record that is not as it must be.
pub(super) const REPAIR: &str = "correct it by hand, or take the file from git or from .rps/previous";

const TRANSIENT: &[u8] = b"\"transient\"";

/// Fills the objects of a file.
fn fill_file(m: &Mutator<'_>, oids: &FrozenOids<'_>, file: &LoadedFile<'_>) -> (Vec<Pending>, Vec<Problem>) {
    let mut decoder = Decoder::new(m, oids);
    let mut problems = Vec::new();
    for (span, &object) in file.index.records.iter().zip(&file.objects) {
        let range = span.range();
        let text = file.text.get(..range.end).unwrap_or(file.text);
        if let Err(fault) = record::decode(&mut decoder, object, text, range.start) {
            decoder.faults.push(fault);
            decoder.abandon();
        }
        problems.extend(decoder.faults.drain(..).map(|fault| file.fault(fault, span.oid)));
    }
    (decoder.pending, problems)
}

/// Makes the objects of the manifest's lists roots and constants.
///
/// A commit lists those that no space keeps, too; one that could not be written is left out.
fn roots(m: &Mutator<'_>, manifest: &Manifest, bytes: &[u8], is_replayed: bool, report: &mut Report) {
    let mut each = |oids: &[Oid], what: &str, add: &dyn Fn(ObjectRef) -> bool| {
        for &oid in oids {
            if let Some(object) = m.object(oid) {
                add(object);
                continue;
            }
            if is_replayed {
                continue;
            }
            let at = memchr::memmem::find(bytes, &oid.to_text()).unwrap_or(0);
            let message = format!("a {what} that is no object of the store");
            let problem = Problem::error(Code::DanglingOid, in_store(MANIFEST), message);
            report.push(problem.at(Place::of_offset(bytes, at)).about(oid));
        }
    };
    each(&manifest.roots, "root", &|object| m.add_root(object));
    each(&manifest.constants, "constant", &|object| m.add_constant(object));
}
