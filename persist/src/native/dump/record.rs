//! The records of some objects.

use std::collections::HashMap;
use std::ops::Range;

use rps_runtime::change::Frozen;
use rps_runtime::object::Payload;
use rps_runtime::{Mutator, ObjectRef, Oid};

use super::super::aside::by_chunks;
use super::super::encode::{Encoder, Homes, Moment};
use crate::error::DumpError;

/// So many objects are looked at by one thread at a time.
const CHUNK: usize = 4096;

/// The records of some objects, one after the other.
pub(super) struct Encoded {
    pub(super) bytes: Vec<u8>,
    pub(super) spans: Vec<(Oid, Range<usize>)>,
    /// How many references in them lead to objects that are not stored.
    pub(super) transients: usize,
}

impl Encoded {
    /// Encodes objects, but for those whose records are there already.
    ///
    /// # Errors
    ///
    /// The first payload that can not be written.
    pub(super) fn of(
        mut encoder: Encoder<'_, '_>,
        objects: &[ObjectRef],
        early: &Early,
    ) -> Result<Encoded, DumpError> {
        let mut spans = Vec::with_capacity(objects.len());
        for &object in objects {
            // The view keeps alive what it shows.
            encoder.m.safepoint();
            let start = encoder.out.len();
            match early.records.get(&object.oid()) {
                Some(record) => encoder.out.extend_from_slice(record),
                None => encoder.record(object),
            }
            spans.push((object.oid(), start..encoder.out.len()));
            if let Some(error) = encoder.failed.pop() {
                return Err(error.into());
            }
            if encoder.refused.pop().is_some() {
                return Err(refusal(encoder.m, object));
            }
        }
        Ok(Encoded { bytes: encoder.out, spans, transients: encoder.transients })
    }

    pub(super) fn records(&self) -> impl Iterator<Item = (Oid, &[u8])> {
        self.spans.iter().map(|(oid, range)| (*oid, &self.bytes[range.clone()]))
    }
}

/// The records of objects whose payloads plugins are asked for: these are encoded before the plugins' states go on.
#[derive(Default)]
pub(super) struct Early {
    records: HashMap<Oid, Vec<u8>>,
    /// How many references in them lead to objects that are not stored.
    pub(super) transients: usize,
}

impl Early {
    /// Encodes those of the objects that have such a payload.
    ///
    /// # Errors
    ///
    /// As of [`Encoded::of`].
    pub(super) fn of(
        m: &Mutator<'_>,
        frozen: &Frozen<'_>,
        homes: &Homes,
        objects: &[ObjectRef],
    ) -> Result<Early, DumpError> {
        let parts = by_chunks(m, objects, CHUNK, |m, chunk| {
            let foreign: Vec<ObjectRef> =
                chunk.iter().copied().filter(|&object| is_foreign(m, frozen, object)).collect();
            Encoded::of(Encoder::new(m, Moment::Of(frozen), homes), &foreign, &Early::default())
        });
        let mut early = Early::default();
        for part in parts {
            let part = part?;
            early.transients += part.transients;
            early.records.extend(part.records().map(|(oid, record)| (oid, record.to_vec())));
        }
        Ok(early)
    }
}

fn is_foreign(m: &Mutator<'_>, frozen: &Frozen<'_>, object: ObjectRef) -> bool {
    let is_foreign = |payload: Option<&Payload>| matches!(payload, Some(Payload::Foreign(_)));
    frozen.read(m, object, |object| object.has_payload() && object.with_payload(m, is_foreign))
}

fn refusal(m: &Mutator<'_>, object: ObjectRef) -> DumpError {
    let kind =
        object.with_payload(m, |payload| payload.map_or(String::new(), |payload| payload.kind().to_owned()));
    DumpError::Misuse { detail: format!("the payload `{kind}` of {} can not be written", object.oid()) }
}
