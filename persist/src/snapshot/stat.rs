//! How a file looked when the snapshot was made, as it is written.

use super::layout::{i64_at, put_i64, put_u64, u64_at};
use crate::vfs::{FileId, Stat};

/// How long the written form is.
pub(super) const STAT: usize = 40;

impl Stat {
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
