//! How a file looked when the snapshot was made, and whether it still does: the way of git's index.

use crate::vfs::{FileId, FileKind, Metadata};

use super::layout::{i64_at, put_i64, put_u64, u64_at};

/// How long the written form is.
pub(super) const STAT: usize = 40;

/// What is compared of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) len: u64,
    pub(super) id: FileId,
    pub(super) mtime: i64,
    pub(super) ctime: i64,
}

impl Stat {
    /// Returns how a file looks, if it is one.
    pub(super) fn of_file(metadata: &Metadata) -> Option<Self> {
        let &Metadata { kind, len, id, mtime, ctime } = metadata;
        (kind == FileKind::File).then_some(Self { len, id, mtime, ctime })
    }

    /// Returns how a directory looks, if it is one. Its time tells whether an entry came or went.
    pub(super) fn of_directory(metadata: &Metadata) -> Option<Self> {
        let &Metadata { kind, id, mtime, .. } = metadata;
        (kind == FileKind::Dir).then_some(Self { len: 0, id, mtime, ctime: 0 })
    }

    /// Tells whether the content can not have changed: as far as the file itself is concerned, names that came and went
    /// left out. A dump links files, which changes their `ctime`.
    pub(super) fn is_same_content(&self, other: &Self) -> bool {
        Self { ctime: 0, ..*self } == Self { ctime: 0, ..*other }
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) {
        put_u64(out, self.len);
        put_u64(out, self.id.device);
        put_u64(out, self.id.inode);
        put_i64(out, self.mtime);
        put_i64(out, self.ctime);
    }

    pub(super) fn at(entry: &[u8], at: usize) -> Self {
        Self {
            len: u64_at(entry, at),
            id: FileId { device: u64_at(entry, at + 8), inode: u64_at(entry, at + 16) },
            mtime: i64_at(entry, at + 24),
            ctime: i64_at(entry, at + 32),
        }
    }
}
