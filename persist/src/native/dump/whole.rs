//! Encoding all objects of a space, and cutting the space into files while that is done.

use std::collections::BTreeMap;

use rayon::prelude::*;
use rps_runtime::change::Frozen;
use rps_runtime::extension::StateSnapshot;
use rps_runtime::{ObjectRef, Oid, Runtime};

use super::super::adopt::{Adoption, adopt};
use super::super::aside::in_pool;
use super::super::encode::{Encoder, Homes, Moment};
use super::super::incremental::{cut, prefix};
use super::files::SpaceFiles;
use super::job::{Job, Spaces};
use super::record::{Early, Encoded};
use crate::error::DumpError;
use crate::manifest::FileEntry;
use crate::progress::Counter;

/// No record is shorter than this: so many objects do not fit a file for certain.
const MIN_RECORD: usize = 40;

/// Encodes and writes all objects. The states go on changing as soon as that is no harm.
pub(super) fn write(job: &Job<'_, '_>, states: &mut StateSnapshot) -> Result<Spaces, DumpError> {
    let Job { m, frozen, .. } = *job;
    let runtime = m.runtime();
    let mut stored = frozen.stored(m);
    let Adoption { mut adopted, homes } = adopt(m, frozen, &stored);
    frozen.end_adoption();
    let mut spaces = Spaces { adopted: adopted.len(), ..Spaces::default() };
    if !adopted.is_empty() {
        stored.append(&mut adopted);
        stored.sort_unstable();
    }
    let early = Early::of(m, frozen, &homes, &stored)?;
    // The plugins have said what they had to say of this moment.
    states.quiet = None;
    spaces.encoded = stored.len();
    spaces.transient_references = early.transients;
    let counter = job.options.progress.start(stored.len());
    for (space, objects) in job.named(by_space(frozen, stored)) {
        let files = job.files(&space);
        let shards = ShardWriter {
            runtime,
            frozen,
            files: &files,
            limit: job.options.file_limit,
            homes: &homes,
            early: &early,
            counter: &counter,
        };
        let written = in_pool(m, || shards.write(&objects, 0))?;
        spaces.transient_references += written.transients;
        spaces.push(job.previous, space, objects.len() as u64, written.files);
    }
    Ok(spaces)
}

/// Returns the spaces in the order of their oids, with the objects in them.
fn by_space(frozen: &Frozen<'_>, stored: Vec<ObjectRef>) -> BTreeMap<ObjectRef, Vec<ObjectRef>> {
    let mut spaces: BTreeMap<ObjectRef, Vec<ObjectRef>> = BTreeMap::new();
    for object in stored {
        if let Some(space) = frozen.space_of(object) {
            spaces.entry(space).or_default().push(object);
        }
    }
    spaces
}

/// What became of the objects of a space, or of some of them.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) files: Vec<FileEntry>,
    pub(super) transients: usize,
}

/// Encodes and writes all objects of one space. The rule by which it is cut is that of `incremental::layout`.
pub(super) struct ShardWriter<'s> {
    pub(super) runtime: &'s Runtime,
    pub(super) frozen: &'s Frozen<'s>,
    pub(super) files: &'s SpaceFiles<'s>,
    /// What the records of a file may cost.
    pub(super) limit: usize,
    pub(super) homes: &'s Homes,
    /// Records that were encoded before, since plugins had a hand in it.
    pub(super) early: &'s Early,
    /// Counts the objects that are encoded.
    pub(super) counter: &'s Counter<'s>,
}

impl ShardWriter<'_> {
    /// Writes objects, sorted by oid, whose oids have the same first digits (the underscore left out).
    pub(super) fn write(&self, objects: &[ObjectRef], digits: usize) -> Result<Written, DumpError> {
        if objects.len() > (self.limit / MIN_RECORD).max(1) {
            let groups: Vec<&[ObjectRef]> =
                objects.chunk_by(|a, b| prefix(a.oid(), digits + 1) == prefix(b.oid(), digits + 1)).collect();
            let parts: Vec<Result<Written, DumpError>> =
                groups.par_iter().map(|group| self.write(group, digits + 1)).collect();
            return parts.into_iter().try_fold(Written::default(), |whole, part| Ok(whole.and(part?)));
        }
        self.counter.add(objects.len());
        let encoded = self.runtime.enter(|m| {
            let encoder = Encoder::new(m, Moment::Of(self.frozen), self.homes);
            Encoded::of(encoder, objects, self.early)
        })?;
        let records: Vec<(Oid, &[u8])> = encoded.records().collect();
        let mut written = Written { files: Vec::new(), transients: encoded.transients };
        let entry = |(oid, record): &(Oid, &[u8])| (*oid, record.len());
        let put = &mut |digits, records: &[_]| {
            written.files.push(self.files.write(digits, records)?);
            Ok::<(), DumpError>(())
        };
        cut(&records, digits, self.limit, &entry, put)?;
        Ok(written)
    }
}

impl Written {
    fn and(mut self, other: Written) -> Written {
        self.files.extend(other.files);
        Written { transients: self.transients + other.transients, ..self }
    }
}
