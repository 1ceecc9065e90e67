//! Dumping: all objects that are in a space, into a new generation.
//!
//! A dump shows one moment, that of a [view](Frozen); nobody is stopped while it is written. If the current generation is
//! the one that the runtime came from, and only what changed since is known to be missing in it, the dump goes on from it.
//! Both ways give the same bytes. In the order to read:
//!
//! - this file: the steps of every dump;
//! - `memory`: what is remembered from one dump to the next; `job`: what both ways have in common;
//! - `record`: encoding objects; `files`: writing the files of a space;
//! - `whole`: all objects anew; `changed`: only those that changed, for which [`incremental`](super::incremental) does
//!   the thinking.

mod changed;
mod files;
mod job;
mod memory;
mod record;
mod whole;

use std::path::Path;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rps_runtime::change::{Frozen, Owner, Purpose};
use rps_runtime::{Mutator, Runtime};

use self::changed::Obstacle;
use self::job::{Job, Spaces};
use super::aside::aside;
use super::lazy;
use super::options::DumpOptions;
use crate::codec::Plan;
use crate::error::DumpError;
use crate::generation::{Dumped, GenerationWriter};
use crate::journal::Journal;
use crate::layout::MANIFEST;
use crate::lock::WriterLock;
use crate::manifest::Manifest;
use crate::salvage::quarantine::Aside;
use crate::state::{SavedState, Saver, States, Unrestored};
use crate::text::Limits;
use crate::{Problem, Report};

pub(crate) use self::memory::{Memory, Transients};

/// What a dump did.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct DumpReport {
    /// How many objects the store holds now.
    pub objects: usize,
    /// How many of them were encoded: the records of the others were taken over from the generation before.
    pub encoded: usize,
    /// Whether the dump went on from the generation before.
    pub is_incremental: bool,
    /// How many spaces they are in.
    pub spaces: usize,
    /// How many objects became stored because stored ones can not do without them.
    pub adopted: usize,
    /// How many references in what was encoded lead to objects that are not stored: those will be empty when they are
    /// loaded.
    pub transient_references: usize,
    /// What became of the states of plugins, by id.
    pub states: Vec<SavedState>,
    /// How long it took to come to the moment that the dump shows: as long a transaction may have had to wait that was
    /// about to begin. Nothing else waits for a dump, but what plugins do with states that stand still.
    pub pause: Duration,
    /// How long the states of plugins stood still.
    pub still: Duration,
    /// How long it took in all.
    pub duration: Duration,
    /// What deserves a warning.
    pub report: Report,
    /// What happened to the files.
    pub generation: Dumped,
}

/// The store that is dumped into.
pub(crate) struct Target<'t> {
    pub(crate) lock: &'t WriterLock,
    pub(crate) journal: &'t Journal,
    /// A runtime that belongs to another store is copied into this one.
    pub(crate) owner: &'t Owner,
    pub(crate) unrestored: &'t Unrestored,
}

/// Dumps a runtime into the store whose lock is held.
///
/// # Errors
///
/// Those of [`GenerationWriter`]; [`DumpError::Payload`] for a payload that can not be written,
/// [`DumpError::Codec`] for a codec, [`DumpError::InTransaction`], [`DumpError::Refused`] and [`DumpError::State`]. The
/// store is as it was, and what changed counts as not dumped.
pub(crate) fn dump(
    runtime: &Runtime,
    target: &Target<'_>,
    options: &DumpOptions,
    memory: &mut Option<Memory>,
) -> Result<DumpReport, DumpError> {
    let extensions = &*options.extensions;
    let refused = |source| DumpError::Refused { source };
    let dumped = extensions
        .before_dump()
        .map_err(refused)
        .and_then(|()| runtime.enter(|m| dump_quietly(m, target, options, memory)));
    extensions.after_dump(dumped.is_ok(), dumped.as_ref().map_or(0, |report| report.objects));
    dumped
}

/// Dumps; who is to be told of it was told.
fn dump_quietly(
    m: &Mutator<'_>,
    target: &Target<'_>,
    options: &DumpOptions,
    memory: &mut Option<Memory>,
) -> Result<DumpReport, DumpError> {
    if !m.can_freeze() {
        return Err(DumpError::InTransaction);
    }
    let start = Instant::now();
    let before = memory.take();
    let attempt = |is_whole| attempt(m, target, options, before.as_ref(), is_whole);
    let (mut report, now) = match attempt(options.is_whole) {
        Err(Obstacle::Stale) => attempt(true),
        done => done,
    }
    .map_err(|obstacle| {
        // The store is as it was, and so is the account of changes.
        *memory = before;
        match obstacle {
            Obstacle::Error(error) => error,
            Obstacle::Stale => {
                DumpError::Misuse { detail: "a dump of all objects went on from another".to_owned() }
            }
        }
    })?;
    *memory = now;
    report.duration = start.elapsed();
    Ok(report)
}

/// Dumps, going on from what is remembered if that still holds, unless all objects are to be encoded.
fn attempt(
    m: &Mutator<'_>,
    target: &Target<'_>,
    options: &DumpOptions,
    memory: Option<&Memory>,
    is_whole: bool,
) -> Result<(DumpReport, Option<Memory>), Obstacle> {
    let Target { lock, journal, owner, unrestored } = *target;
    let is_own = m.belongs_to(owner);
    let writer = aside(m, || GenerationWriter::begin(lock))?;
    let is_current = |memory: &&Memory| blake3::hash(writer.old_manifest()) == memory.manifest;
    let before = memory.filter(is_current).filter(|memory| memory.is_as_dumped && is_own && !is_whole);
    let previous = manifest_of(writer.old_manifest());
    let codecs = Plan::new(&options.codec, &*options.extensions, &previous);
    let start = Instant::now();
    let freeze = || m.freeze_after(Purpose::Dump, || options.extensions.snapshot_states());
    let ((frozen, mut states), rotation) =
        journal.rotate(&|wait| m.blocking(wait), freeze).map_err(DumpError::from)?;
    let frozen = Guarded(Some(frozen));
    let pause = start.elapsed();
    let view = frozen.view()?;
    let transients = Mutex::default();
    let job = Job {
        m,
        frozen: view,
        options,
        previous: &previous,
        writer: &writer,
        codecs: &codecs,
        transients: &transients,
    };
    let before = before.filter(|memory| memory.mark == view.since() && is_worth_it(view, &previous));
    let spaces = match before {
        Some(memory) => changed::write(&job, &mut states, memory)?,
        None => whole::write(&job, &mut states)?,
    };
    let still = start.elapsed();
    // What could not be read is empty in memory: written, it would be lost.
    lazy::all_readable(m, &mut |_| true).map_err(DumpError::from)?;
    if let Some(detail) = m.unlisted().filter(|_| before.is_none()) {
        return Err(DumpError::Unreadable { detail }.into());
    }
    let Spaces { entries, objects, adopted, encoded, transient_references } = spaces;
    let mut manifest = Manifest { spaces: entries, ..job.manifest() };
    let saved = States {
        sections: &states.sections,
        failures: &states.failures,
        brought: &options.states,
        unrestored,
        is_strict: options.is_strict,
    };
    let (state, saved) = aside(m, || Saver::new(&writer, &previous.state).save(&saved))?;
    manifest.state = state;
    manifest.sort();
    let mut report = DumpReport {
        objects: usize::try_from(objects).unwrap_or(usize::MAX),
        encoded,
        is_incremental: before.is_some(),
        spaces: manifest.spaces.len(),
        adopted,
        transient_references,
        states: saved,
        pause,
        still,
        ..DumpReport::default()
    };
    let mark = view.mark();
    report.report.merge(codecs.into_report());
    let hash = blake3::hash(&manifest.to_bytes());
    let looked = memory.and_then(|memory| Some((memory.looks.as_ref()?, memory)));
    let edits = looked.map(|(looks, memory)| aside(m, || writer.edits(looks, is_current(&memory))));
    let edits = edits.unwrap_or_default();
    if before.is_some() && !edits.is_empty() {
        // What was taken over may be something else.
        return Err(Obstacle::Stale);
    }
    aside(m, || journal.mark_base(rotation, &hash)).map_err(DumpError::from)?;
    let put_aside = aside(m, || Aside::put(&**lock.vfs(), lock.layout(), &edits)).map_err(DumpError::from)?;
    report.generation = aside(m, || writer.commit(&manifest))?;
    edits.problems(put_aside.keep().as_deref()).for_each(|problem| report.report.push(problem));
    if let Err(error) = aside(m, || journal.forget_before(rotation, &hash)) {
        let message = format!("{error}: {}", error.source);
        report.report.push(Problem::warning(error.code(), ".rps/journal", message));
    }
    if !is_own {
        return Ok((report, None));
    }
    frozen.all_durable();
    let memory = Memory {
        manifest: hash,
        is_as_dumped: true,
        looks: Some(std::mem::take(&mut report.generation.looks)),
        mark,
        limit: Some(options.file_limit),
        transients: transients.into_inner(),
    };
    Ok((report, Some(memory)))
}

/// Returns whether it is less work to go on from the generation before than to encode all.
fn is_worth_it(view: &Frozen<'_>, previous: &Manifest) -> bool {
    let objects: u64 = previous.spaces.iter().map(|space| space.objects).sum();
    view.changed().len() as u64 <= objects / 2 + 100
}

/// Returns what the current generation consists of, for what a dump takes over from it: files, the states of plugins, the
/// global names, and keys that this version does not know.
fn manifest_of(bytes: &[u8]) -> Manifest {
    let manifest = Manifest::read(Path::new(MANIFEST), bytes, &Limits::default()).ok();
    manifest.map_or_else(Manifest::default, |(manifest, _)| manifest)
}

/// A view that is given back when it is dropped: whatever kept the dump from its end.
struct Guarded<'r>(Option<Frozen<'r>>);

impl<'r> Guarded<'r> {
    fn view(&self) -> Result<&Frozen<'r>, DumpError> {
        self.0.as_ref().ok_or_else(|| DumpError::Misuse { detail: "the view has ended".to_owned() })
    }

    /// Ends the view: all of it is in the store.
    fn all_durable(mut self) {
        if let Some(frozen) = self.0.take() {
            frozen.all_durable();
        }
    }
}

impl Drop for Guarded<'_> {
    fn drop(&mut self) {
        if let Some(frozen) = self.0.take() {
            frozen.give_back();
        }
    }
}
