//! The content of a file that was read.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::mmap::Mapping;

/// The content of a file: a slice of bytes, whoever owns the memory. Cloning is cheap.
#[derive(Clone)]
pub struct Bytes(Repr);

#[derive(Clone)]
enum Repr {
    Owned(Arc<Vec<u8>>),
    Mapped(Arc<Mapping>),
}

impl Bytes {
    /// Returns the bytes of a mapped file.
    pub(super) fn mapped(mapping: Mapping) -> Self {
        Self(Repr::Mapped(Arc::new(mapping)))
    }

    /// Tells whether the bytes are a mapped file rather than a copy in memory.
    #[must_use]
    pub fn is_mapped(&self) -> bool {
        matches!(self.0, Repr::Mapped(_))
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Repr::Owned(Arc::new(bytes)))
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Repr::Owned(bytes) => bytes,
            Repr::Mapped(mapping) => mapping,
        }
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bytes({} bytes{})", self.len(), if self.is_mapped() { ", mapped" } else { "" })
    }
}
