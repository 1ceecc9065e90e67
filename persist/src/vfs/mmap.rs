//! Mapped files: the only `unsafe` of this crate.

use std::fs::File;
use std::io;
use std::ops::Deref;

use memmap2::{Advice, Mmap, MmapOptions};

/// Larger files are not read ahead.
const READ_AHEAD_LIMIT: usize = 1 << 30;

/// A whole file, mapped read-only and private.
#[derive(Debug)]
pub(super) struct Mapping(Mmap);

impl Mapping {
    /// Maps the whole of `file`, and asks the kernel to read ahead: stores are read from front to back. What is larger than
    /// any sound file of a store is not read ahead: it will be refused by its size.
    pub(super) fn new(file: &File) -> io::Result<Self> {
        let mapping = Self::map(file)?;
        if mapping.len() <= READ_AHEAD_LIMIT {
            // Advice is a wish: that it is refused changes nothing but the speed.
            let _ = mapping.0.advise(Advice::WillNeed);
        }
        Ok(mapping)
    }

    /// Maps the whole of `file`, of which perhaps only some places will be looked at.
    pub(super) fn map(file: &File) -> io::Result<Self> {
        // SAFETY: the invariant is that nobody changes or shortens the file while it is mapped. Repersys keeps it: the
        // files of a generation and those of a snapshot are written once, under a temporary name, and never again in
        // place; a dump replaces the directory, or the name, and leaves the mapped inode as it was. git and most editors
        // replace files by new ones as well. The exception is a program that rewrites such a file in place while it is
        // mapped. Against it, what is read from the slice is not trusted to stay as it is: a load checks the text that
        // it parses, and ends its maps with it; a snapshot is mapped for as long as objects come from it, so each record
        // is copied out of the map first, and checked and parsed as the copy that it is.
        Ok(Self(unsafe { MmapOptions::new().map_copy_read_only(file) }?))
    }
}

impl Deref for Mapping {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}
