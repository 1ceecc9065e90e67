//! Cutting a space into files: one if it is small, else one for the first digits of the oids.

use std::io::{self, Write};

use rayon::prelude::*;
use rps_runtime::extension::Codec;
use rps_runtime::oid::TEXT_LEN;
use rps_runtime::{ObjectRef, Oid, Runtime};

use super::encode::{Encoder, Homes};
use super::frame::{SpaceFileWriter, SpaceHeader};
use super::place::escape_capitals;
use crate::codec::{self, Plan};
use crate::error::{DumpError, FileError};
use crate::generation::GenerationWriter;
use crate::manifest::FileEntry;
use crate::progress::Counter;

/// No record is shorter than this: so many objects do not fit a file for certain.
const MIN_RECORD: usize = 40;

/// What became of the objects of a space, or of some of them.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) files: Vec<FileEntry>,
    pub(super) transients: usize,
    pub(super) refused: Vec<Oid>,
}

/// Writes the objects of one space.
pub(super) struct ShardWriter<'s> {
    pub(super) runtime: &'s Runtime,
    pub(super) writer: &'s GenerationWriter<'s>,
    pub(super) header: &'s SpaceHeader,
    /// The file name of the space, without ending.
    pub(super) base: &'s str,
    /// A file with more bytes of records than this is cut further.
    pub(super) limit: usize,
    pub(super) homes: &'s Homes,
    /// How the files are encoded.
    pub(super) codecs: &'s Plan<'s>,
    /// Counts the objects that are encoded.
    pub(super) counter: &'s Counter<'s>,
}

/// The records of neighbouring objects.
struct Records<'r> {
    bytes: &'r [u8],
    /// Where each ends, after its first byte.
    spans: &'r [(Oid, usize, usize)],
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
        let (bytes, spans, mut written, mut failed) = self.runtime.enter(|m| {
            let mut encoder = Encoder::new(m, self.homes);
            let mut spans = Vec::with_capacity(objects.len());
            for &object in objects {
                let start = encoder.out.len();
                encoder.record(object);
                spans.push((object.oid(), start, encoder.out.len()));
                if !encoder.failed.is_empty() {
                    break;
                }
            }
            let Encoder { out, transients, refused, failed, .. } = encoder;
            (out, spans, Written { files: Vec::new(), transients, refused }, failed)
        });
        if let Some(error) = failed.pop() {
            return Err(error.into());
        }
        self.put(&Records { bytes: &bytes, spans: &spans }, digits, &mut written.files)?;
        Ok(written)
    }

    /// Puts records into a file, or into several where they are too many for one.
    fn put(&self, records: &Records<'_>, digits: usize, files: &mut Vec<FileEntry>) -> Result<(), DumpError> {
        let size = match (records.spans.first(), records.spans.last()) {
            (Some((_, start, _)), Some((_, _, end))) => end - start,
            _ => return Ok(()),
        };
        if size <= self.limit || records.spans.len() == 1 {
            files.push(self.file(records, digits)?);
            return Ok(());
        }
        let groups = records.spans.chunk_by(|a, b| prefix(a.0, digits + 1) == prefix(b.0, digits + 1));
        for spans in groups {
            self.put(&Records { bytes: records.bytes, spans }, digits + 1, files)?;
        }
        Ok(())
    }

    fn file(&self, records: &Records<'_>, digits: usize) -> Result<FileEntry, DumpError> {
        let path = match records.spans.first() {
            Some((oid, ..)) if digits > 0 => {
                let text = oid.to_string();
                format!("{}/{}.json", self.base, escape_capitals(&text[1..=digits]))
            }
            _ => format!("{}.json", self.base),
        };
        let candidates = self.codecs.of_file(&path, self.header.oid)?;
        if !candidates.codecs.is_empty() {
            // Writing to a vector does not fail.
            let plain = self.content(records, Vec::new()).unwrap_or_default();
            for codec in &candidates.codecs {
                match self.coded(&**codec, &path, &plain) {
                    Err(DumpError::Codec(error)) if candidates.may_fail => self.codecs.failed(&error),
                    done => return done,
                }
            }
        }
        let file = self.content(records, self.writer.write_file(&path)?);
        file.map_err(|error| FileError::of("write", path.as_ref())(error))?.finish()
    }

    /// Writes a file in a frame, and returns its entry.
    fn coded(&self, codec: &dyn Codec, path: &str, plain: &[u8]) -> Result<FileEntry, DumpError> {
        let path = format!("{path}.{}", codec.info().name);
        let old = self.writer.old_content(&path);
        let bytes = codec::framed(codec, &path, plain, old.as_ref(), self.codecs.extensions())?;
        let mut file = self.writer.write_file(&path)?;
        file.write_all(&bytes).map_err(|error| FileError::of("write", path.as_ref())(error))?;
        file.finish()
    }

    /// Writes the text of a file.
    fn content<W: Write>(&self, records: &Records<'_>, out: W) -> io::Result<W> {
        let mut file = SpaceFileWriter::begin(out, self.header)?;
        for (_, start, end) in records.spans {
            file.record(&records.bytes[*start..*end])?;
        }
        file.finish()
    }
}

impl Written {
    fn and(mut self, other: Written) -> Written {
        self.files.extend(other.files);
        self.refused.extend(other.refused);
        Written { transients: self.transients + other.transients, ..self }
    }
}

/// Returns the text of an oid up to its first digits, the rest blanked out.
fn prefix(oid: Oid, digits: usize) -> [u8; TEXT_LEN] {
    let mut text = oid.to_text();
    text[TEXT_LEN.min(1 + digits)..].fill(0);
    text
}
