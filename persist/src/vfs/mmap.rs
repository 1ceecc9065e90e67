//! Mapped files: the only `unsafe` of this crate.

use std::fs::File;
use std::io;
use std::ops::Deref;

use memmap2::{Advice, Mmap};

/// Larger files are not read ahead.
const READ_AHEAD_LIMIT: usize = 1 << 30;

/// A whole file, mapped read-only and private.
#[derive(Debug)]
pub(super) struct Mapping(Mmap);

impl Mapping {
    /// Maps the whole of `file`, and asks the kernel to read ahead: stores are read from front to back. What is larger than
    /// any sound file of a store is not read ahead: it will be refused by its size.
    pub(super) fn new(file: &File) -> io::Result<Self> {
        // SAFETY: the invariant is that nobody changes or shortens the file while it is mapped. Repersys keeps it: the
        // files of a generation are written once, under a temporary name, and never again in place; a dump replaces the
        // directory and leaves the mapped inode as it was. git and most editors replace files by new ones as well. The
        // exception is a program that rewrites a store's file in place while it is being read, which is why only files
        // above `MAP_THRESHOLD` are mapped, why nothing read from the slice is trusted to stay valid UTF-8 (parsers
        // check what they take), and why no mapping outlives the load that made it.
        let mapping = unsafe { Mmap::map(file) }?;
        if mapping.len() <= READ_AHEAD_LIMIT {
            // Advice is a wish: that it is refused changes nothing but the speed.
            let _ = mapping.advise(Advice::WillNeed);
        }
        Ok(Self(mapping))
    }
}

impl Deref for Mapping {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}
