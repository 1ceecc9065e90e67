//! A dump that goes on from the generation before.

use rayon::prelude::*;
use rps_runtime::extension::StateSnapshot;
use rps_runtime::{ObjectRef, Oid};

use super::super::aside::{aside, by_chunks, in_pool};
use super::super::encode::{Encoder, Moment};
use super::super::incremental::{self, Form, Old, Piece, Selection, SpacePlan, Stale, Texts};
use super::files::SpaceFiles;
use super::job::{Job, Spaces};
use super::memory::Memory;
use super::record::{Early, Encoded};
use crate::error::DumpError;
use crate::manifest::FileEntry;

/// So many objects are encoded by one thread at a time.
const CHUNK: usize = 512;

/// Why a dump does not go on from the generation before.
pub(super) enum Obstacle {
    /// It is to be given up.
    Error(DumpError),
    /// It is to encode all objects.
    Stale,
}

impl From<DumpError> for Obstacle {
    fn from(error: DumpError) -> Obstacle {
        Obstacle::Error(error)
    }
}

impl From<Stale> for Obstacle {
    fn from(Stale: Stale) -> Obstacle {
        Obstacle::Stale
    }
}

/// Writes what changed, and takes over the other files. The states go on changing as soon as that is no harm.
pub(super) fn write(
    job: &Job<'_, '_>,
    states: &mut StateSnapshot,
    memory: &Memory,
) -> Result<Spaces, Obstacle> {
    let Job { m, frozen, .. } = *job;
    let old = Old::new(job.previous, job.writer, job.codecs)?;
    let selection = incremental::select(m, frozen, &old, &memory.transients)?;
    frozen.end_adoption();
    let objects: Vec<ObjectRef> = selection.encoded.values().copied().collect();
    let early = Early::of(m, frozen, &selection.homes, &objects)?;
    // The plugins have said what they had to say of this moment.
    states.quiet = None;
    let mut texts = Texts::default();
    let (pieces, transients) = encode(job, &selection, &early, &objects, &mut texts)?;
    let mut changes = incremental::changes(&old, &selection, pieces)?;
    let described: Vec<(ObjectRef, u64)> = changes
        .iter()
        .map(|(&oid, change)| Ok((m.object(oid).ok_or(Stale)?, change.objects)))
        .collect::<Result<_, Stale>>()?;
    let mut spaces = Spaces {
        adopted: selection.adopted,
        encoded: objects.len(),
        transient_references: transients,
        ..Spaces::default()
    };
    let is_same_limit = memory.limit == Some(job.options.file_limit);
    for (space, objects) in job.named(described) {
        let Some(change) = changes.remove(&space.header.oid) else { continue };
        let form = Form {
            header: &space.header,
            base: &space.base,
            limit: job.options.file_limit,
            is_same_limit,
            codecs: job.codecs,
        };
        let SpacePlan { kept, written } = aside(m, || change.plan(&old, &form, &mut texts))?;
        let files = job.files(&space);
        let mut entries = Vec::with_capacity(kept.len() + written.len());
        for path in kept {
            entries.push(job.writer.keep_file(&path)?.ok_or(Stale)?);
            job.transients.lock().keep(&path, &selection.transients);
        }
        let put = |(digits, pieces): &(usize, Vec<Piece>)| put(&files, *digits, pieces, &texts);
        entries.extend(in_pool(m, || written.par_iter().map(put).collect::<Result<Vec<_>, _>>())?);
        spaces.push(job.previous, space, objects, entries);
    }
    Ok(spaces)
}

/// Encodes objects, and returns their records with the spaces that those belong in, and how many references in them lead
/// to objects that are not stored.
fn encode(
    job: &Job<'_, '_>,
    selection: &Selection,
    early: &Early,
    objects: &[ObjectRef],
    texts: &mut Texts,
) -> Result<(Vec<(Oid, Piece)>, usize), DumpError> {
    let frozen = job.frozen;
    let counter = job.options.progress.start(objects.len());
    let encoded = by_chunks(job.m, objects, CHUNK, |m, chunk| {
        counter.add(chunk.len());
        Encoded::of(Encoder::new(m, Moment::Of(frozen), &selection.homes), chunk, early)
    });
    let mut pieces = Vec::with_capacity(objects.len());
    let mut spaces = objects.iter().map(|&object| frozen.space_of(object));
    let mut transients = early.transients;
    for part in encoded {
        let Encoded { bytes, spans, transients: more } = part?;
        transients += more;
        let text = texts.add(bytes.into());
        for (oid, range) in spans {
            // What is encoded is in a space.
            if let Some(space) = spaces.next().flatten() {
                pieces.push((space.oid(), Piece { oid, text, range }));
            }
        }
    }
    Ok((pieces, transients))
}

fn put(
    files: &SpaceFiles<'_>,
    digits: usize,
    pieces: &[Piece],
    texts: &Texts,
) -> Result<FileEntry, DumpError> {
    let records: Vec<(Oid, &[u8])> = pieces.iter().map(|piece| (piece.oid, texts.of(piece))).collect();
    files.write(digits, &records)
}
