//! How a file looks, from which it can be told later whether somebody has written to it: the way of git's index.

use super::{FileId, FileKind, Metadata};

/// What is compared of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) len: u64,
    pub(crate) id: FileId,
    pub(crate) mtime: i64,
    pub(crate) ctime: i64,
}

impl Stat {
    /// Returns how a file looks, if it is one.
    pub(crate) fn of_file(metadata: &Metadata) -> Option<Self> {
        let &Metadata { kind, len, id, mtime, ctime } = metadata;
        (kind == FileKind::File).then_some(Self { len, id, mtime, ctime })
    }

    /// Returns how a directory looks, if it is one. Its time tells whether an entry came or went.
    pub(crate) fn of_directory(metadata: &Metadata) -> Option<Self> {
        let &Metadata { kind, id, mtime, .. } = metadata;
        (kind == FileKind::Dir).then_some(Self { len: 0, id, mtime, ctime: 0 })
    }

    /// Tells whether the content can not have changed: as far as the file itself is concerned, names that came and went
    /// left out. A dump links files, which changes their `ctime`.
    pub(crate) fn is_same_content(&self, other: &Self) -> bool {
        Self { ctime: 0, ..*self } == Self { ctime: 0, ..*other }
    }
}
