//! Dumping: all objects that are in a space, into a new generation.
//!
//! A dump shows one moment, for which the caller answers: no other thread changes an object while it runs. Nothing is
//! collected meanwhile.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use rps_runtime::extension::StateSnapshot;
use rps_runtime::{Mutator, ObjectRef, Oid, Runtime};

use super::adopt::{Adoption, adopt};
use super::encode::always_there;
use super::frame::SpaceHeader;
use super::options::DumpOptions;
use super::place::FileNames;
use super::shards::{ShardWriter, Written};
use crate::codec::Plan;
use crate::error::DumpError;
use crate::generation::{Dumped, GenerationWriter};
use crate::journal::Journal;
use crate::layout::MANIFEST;
use crate::lock::WriterLock;
use crate::manifest::{Manifest, SpaceEntry, UnknownKeys};
use crate::state::{SavedState, Saver, States, Unrestored};
use crate::text::Limits;
use crate::{Problem, Report};

/// What a dump did.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct DumpReport {
    /// How many objects were dumped.
    pub objects: usize,
    /// How many spaces they are in.
    pub spaces: usize,
    /// How many objects became stored because stored ones can not do without them.
    pub adopted: usize,
    /// How many references lead to objects that are not stored: those will be empty when they are loaded.
    pub transient_references: usize,
    /// What became of the states of plugins, by id.
    pub states: Vec<SavedState>,
    /// What deserves a warning.
    pub report: Report,
    /// What happened to the files.
    pub generation: Dumped,
}

/// Dumps a runtime into the store whose lock is held.
///
/// # Errors
///
/// Those of [`GenerationWriter`]; [`DumpError::Payload`] for a payload that can not be written,
/// [`DumpError::Codec`] for a codec, [`DumpError::Refused`] and [`DumpError::State`]. The store is as it was.
pub(crate) fn dump(
    runtime: &Runtime,
    lock: &WriterLock,
    journal: &Journal,
    options: &DumpOptions,
    unrestored: &Unrestored,
) -> Result<DumpReport, DumpError> {
    let extensions = &*options.extensions;
    let refused = |source| DumpError::Refused { source };
    let dumped = extensions
        .before_dump()
        .map_err(refused)
        .and_then(|()| dump_quietly(runtime, lock, journal, options, unrestored));
    extensions.after_dump(dumped.is_ok(), dumped.as_ref().map_or(0, |report| report.objects));
    dumped
}

/// Dumps; who is to be told of it was told.
fn dump_quietly(
    runtime: &Runtime,
    lock: &WriterLock,
    journal: &Journal,
    options: &DumpOptions,
    unrestored: &Unrestored,
) -> Result<DumpReport, DumpError> {
    let previous = previous_manifest(lock);
    let writer = GenerationWriter::begin(lock)?;
    let codecs = Plan::new(&options.codec, &*options.extensions, &previous);
    // From here on until all objects are encoded no state changes: they are of one moment.
    let StateSnapshot { sections, failures, quiet } = options.extensions.snapshot_states();
    runtime.enter(|m| {
        let _suspended = m.suspend_collections();
        let (mut stored, rotation) = journal.rotate(&|wait| m.blocking(wait), || m.stored_objects())?;
        let Adoption { adopted, homes } = adopt(runtime, m, &stored);
        let adopted = adopted.len();
        if adopted > 0 {
            stored = m.stored_objects();
        }
        let mut report = DumpReport { objects: stored.len(), adopted, ..DumpReport::default() };
        let mut manifest = Manifest {
            roots: kept(m.roots()),
            constants: kept(m.constants()),
            names: previous.names.iter().copied().filter(|&oid| m.object(oid).is_some_and(is_kept)).collect(),
            annotations: annotations(runtime),
            unknown: previous.unknown,
            ..Manifest::default()
        };
        let mut old_spaces: BTreeMap<Oid, SpaceEntry> =
            previous.spaces.into_iter().map(|space| (space.oid, space)).collect();
        let counter = options.progress.start(stored.len());
        let (mut file_names, mut names) = (FileNames::default(), HashSet::new());
        for (space, objects) in by_space(stored) {
            let name = m.name_of(space).filter(|name| !names.contains(name));
            let name = name.unwrap_or_else(|| space.oid().to_string());
            names.insert(name.clone());
            let base = file_names.of_space(&name, space.oid());
            let header = SpaceHeader { name: name.clone(), oid: space.oid(), unknown: UnknownKeys::new() };
            let shards = ShardWriter {
                runtime,
                writer: &writer,
                header: &header,
                base: &base,
                limit: options.file_limit,
                homes: &homes,
                codecs: &codecs,
                counter: &counter,
            };
            let written = shards.write(&objects, 0)?;
            check_written(m, &written)?;
            report.spaces += 1;
            report.transient_references += written.transients;
            let unknown = old_spaces.remove(&space.oid()).map_or_else(UnknownKeys::new, |old| old.unknown);
            let (oid, files) = (space.oid(), written.files);
            manifest.spaces.push(SpaceEntry { name, oid, objects: objects.len() as u64, files, unknown });
        }
        drop(quiet);
        let states = States {
            sections: &sections,
            failures: &failures,
            brought: &options.states,
            unrestored,
            is_strict: options.is_strict,
        };
        (manifest.state, report.states) = Saver::new(&writer, &previous.state).save(&states)?;
        manifest.sort();
        report.report.merge(codecs.into_report());
        let hash = blake3::hash(&manifest.to_bytes());
        journal.mark_base(rotation, &hash)?;
        report.generation = writer.commit(&manifest)?;
        if let Err(error) = journal.forget_before(rotation, &hash) {
            let message = format!("{error}: {}", error.source);
            report.report.push(Problem::warning(error.code(), ".rps/journal", message));
        }
        Ok(report)
    })
}

/// Returns the manifest of the current generation, for what a dump takes over from it: the states of plugins, the
/// global names, and keys that this version does not know.
fn previous_manifest(lock: &WriterLock) -> Manifest {
    let path = lock.layout().spaces().join(MANIFEST);
    let bytes = lock.vfs().read(&path).ok();
    let manifest =
        bytes.and_then(|bytes| Manifest::read(Path::new(MANIFEST), &bytes, &Limits::default()).ok());
    manifest.map_or_else(Manifest::default, |(manifest, _)| manifest)
}

/// Returns the graph's annotations as JSON; one that is no JSON is kept as a string.
fn annotations(runtime: &Runtime) -> UnknownKeys {
    let json = |text: String| serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text));
    runtime.annotations().into_iter().map(|(key, text)| (key, json(text))).collect()
}

/// Returns the oids of the objects that a load will find.
fn kept(objects: Vec<ObjectRef>) -> Vec<Oid> {
    objects.into_iter().filter(|&object| is_kept(object)).map(ObjectRef::oid).collect()
}

fn is_kept(object: ObjectRef) -> bool {
    object.space().is_some() || always_there(object.oid())
}

/// Returns the spaces in the order of their oids, with the objects in them.
fn by_space(stored: Vec<ObjectRef>) -> BTreeMap<ObjectRef, Vec<ObjectRef>> {
    let mut spaces: BTreeMap<ObjectRef, Vec<ObjectRef>> = BTreeMap::new();
    for object in stored {
        if let Some(space) = object.space() {
            spaces.entry(space).or_default().push(object);
        }
    }
    spaces
}

fn check_written(m: &Mutator<'_>, written: &Written) -> Result<(), DumpError> {
    let Some(&oid) = written.refused.first() else { return Ok(()) };
    let kind = m.object(oid).map(|object| {
        object.with_payload(m, |payload| payload.map_or(String::new(), |payload| payload.kind().to_owned()))
    });
    let detail = format!("the payload `{}` of {oid} can not be written", kind.unwrap_or_default());
    Err(DumpError::Misuse { detail })
}
