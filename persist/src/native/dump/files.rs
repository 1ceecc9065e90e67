//! Writing the files of one space.

use std::collections::BTreeSet;
use std::io::{self, Write};

use parking_lot::Mutex;
use rps_runtime::Oid;
use rps_runtime::extension::Codec;

use super::super::frame::{SpaceFileWriter, SpaceHeader};
use super::super::incremental::transients_in;
use super::super::place::path_of;
use super::memory::Transients;
use crate::codec::{self, Plan};
use crate::error::{DumpError, FileError};
use crate::generation::GenerationWriter;
use crate::manifest::FileEntry;

/// Writes the files of a space.
pub(super) struct SpaceFiles<'s> {
    pub(super) writer: &'s GenerationWriter<'s>,
    pub(super) header: &'s SpaceHeader,
    /// The file name of the space, without ending.
    pub(super) base: &'s str,
    /// How the files are encoded.
    pub(super) codecs: &'s Plan<'s>,
    /// Notes which objects that are not stored each file names.
    pub(super) transients: &'s Mutex<Transients>,
}

impl SpaceFiles<'_> {
    /// Writes a file of records that are sorted by oid and have the first digits in common, and returns its entry.
    ///
    /// # Errors
    ///
    /// Those of codecs and of writing.
    pub(super) fn write(&self, digits: usize, records: &[(Oid, &[u8])]) -> Result<FileEntry, DumpError> {
        let path = match records.first() {
            Some((first, _)) => path_of(self.base, digits, *first),
            None => format!("{}.json", self.base),
        };
        let entry = self.write_at(&path, records)?;
        let transients: BTreeSet<Oid> = records.iter().flat_map(|(_, text)| transients_in(text)).collect();
        self.transients.lock().note(&entry.path, transients);
        Ok(entry)
    }

    fn write_at(&self, path: &str, records: &[(Oid, &[u8])]) -> Result<FileEntry, DumpError> {
        let candidates = self.codecs.of_file(path, self.header.oid)?;
        if !candidates.codecs.is_empty() {
            // Writing to a vector does not fail.
            let plain = self.content(records, Vec::new()).unwrap_or_default();
            for codec in &candidates.codecs {
                match self.coded(&**codec, path, &plain) {
                    Err(DumpError::Codec(error)) if candidates.may_fail => self.codecs.failed(&error),
                    done => return done,
                }
            }
        }
        let file = self.content(records, self.writer.write_file(path)?);
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
    fn content<W: Write>(&self, records: &[(Oid, &[u8])], out: W) -> io::Result<W> {
        let mut file = SpaceFileWriter::begin(out, self.header)?;
        for (_, record) in records {
            file.record(record)?;
        }
        file.finish()
    }
}
