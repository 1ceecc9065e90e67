//! Writing one file of a new generation.

use std::io::{self, Write};

use super::writer::GenerationWriter;
use crate::error::{DumpError, FileError};
use crate::manifest::{FileEntry, UnknownKeys};
use crate::vfs::VfsFile;

/// A file is held in memory up to this size, so that one that did not change is never written.
const HELD: usize = 4 << 20;

/// Once a file is above [`HELD`], it is written in pieces of this size.
const PIECE: usize = 1 << 20;

/// The content of one file, hashed and counted while it is written.
///
/// Only [`FileWriter::finish`] makes the file part of the generation.
pub struct FileWriter<'w> {
    writer: &'w GenerationWriter<'w>,
    path: String,
    buffer: Vec<u8>,
    hasher: blake3::Hasher,
    flushed: u64,
    file: Option<Box<dyn VfsFile>>,
}

impl<'w> FileWriter<'w> {
    pub(super) fn new(writer: &'w GenerationWriter<'_>, path: &str) -> Self {
        let path = path.to_owned();
        Self { writer, path, buffer: Vec::new(), hasher: blake3::Hasher::new(), flushed: 0, file: None }
    }

    /// Ends the file, and returns its entry for the manifest.
    ///
    /// A file with the content that it has in the current generation becomes a link to it.
    ///
    /// # Errors
    ///
    /// Those of writing and linking.
    pub fn finish(mut self) -> Result<FileEntry, DumpError> {
        self.hasher.update(&self.buffer);
        let size = self.flushed + self.buffer.len() as u64;
        let hash = self.hasher.finalize();
        let mut entry = FileEntry { path: self.path.clone(), size, hash, unknown: UnknownKeys::new() };
        let mut is_linked = false;
        if let Some(old) = self.writer.old.entries.get(&self.path).filter(|old| old.is_same_file(&entry)) {
            entry = old.clone();
            if self.is_still_in_place(&entry) {
                if self.file.take().is_some() {
                    let path = self.writer.temp.join(&self.path);
                    self.writer.vfs.remove_file(&path).map_err(FileError::of("remove", &path))?;
                }
                is_linked = self.writer.take_over(&self.path)?;
                self.writer.done(entry.clone(), is_linked);
                return Ok(entry);
            }
            // Someone changed the file behind the manifest's back: the dump puts it right, although nothing changed.
            self.writer.state.lock().repairs = true;
        }
        self.flush_buffer().map_err(FileError::of("write", &self.writer.temp.join(&self.path)))?;
        self.writer.done(entry.clone(), is_linked);
        Ok(entry)
    }

    /// Tells whether the current generation's file really has the content that its manifest says.
    fn is_still_in_place(&self, entry: &FileEntry) -> bool {
        match self.writer.vfs.read(&self.writer.old_path(&self.path)) {
            Ok(old) if self.flushed == 0 => *old == self.buffer[..],
            Ok(old) => old.len() as u64 == entry.size && blake3::hash(&old) == entry.hash,
            Err(_) => false,
        }
    }

    fn flush_buffer(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(self.writer.vfs.create(&self.writer.temp.join(&self.path))?),
        };
        file.write_all(&self.buffer)?;
        self.flushed += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}

impl Write for FileWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        let limit = if self.file.is_some() { PIECE } else { HELD };
        if self.buffer.len() >= limit {
            self.hasher.update(&self.buffer);
            self.flush_buffer()?;
        }
        Ok(bytes.len())
    }

    /// Does nothing: what is written becomes durable at the commit, never before.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
