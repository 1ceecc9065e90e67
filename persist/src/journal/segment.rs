//! Writing a segment.

use std::io::{self, Write};
use std::path::PathBuf;

use super::SyncLevel;
use super::directory::Directory;
use super::format::{self, Header, Link};
use crate::error::FileError;
use crate::vfs::{Vfs, VfsFile};

/// A segment that records are appended to.
pub(super) struct SegmentWriter {
    path: PathBuf,
    file: Box<dyn VfsFile>,
    is_synced: bool,
}

impl SegmentWriter {
    /// Begins a segment: when this returns, the file, its header and its name are durable.
    ///
    /// # Errors
    ///
    /// Those of creating, writing and syncing. The number is used up: a file with it may be there.
    pub(super) fn begin(
        vfs: &dyn Vfs,
        directory: &Directory,
        header: Header,
    ) -> Result<SegmentWriter, FileError> {
        let path = directory.segment(header.segment);
        let mut file = vfs.create(&path).map_err(FileError::of("create", &path))?;
        file.write_all(&header.to_bytes()).map_err(FileError::of("write", &path))?;
        file.sync().map_err(FileError::of("sync", &path))?;
        directory.sync(vfs)?;
        Ok(SegmentWriter { path, file, is_synced: header.sync != SyncLevel::None })
    }

    /// Tells whether its header says that every record is synced.
    pub(super) fn is_synced(&self) -> bool {
        self.is_synced
    }

    /// Appends a record, makes it as durable as `sync` says, and returns its hash and how many bytes it has.
    ///
    /// # Errors
    ///
    /// Those of writing and syncing. Nothing may be appended to the segment after that: what the file holds now is not
    /// known.
    pub(super) fn append(
        &mut self,
        number: u64,
        link: Link,
        content: &[u8],
        sync: SyncLevel,
    ) -> Result<(Link, u64), FileError> {
        let (bytes, hash) = format::record(number, link, content);
        self.file.write_all(&bytes).map_err(FileError::of("write", &self.path))?;
        let synced: io::Result<()> = match sync {
            SyncLevel::Full => self.file.sync(),
            SyncLevel::Data => self.file.sync_data(),
            SyncLevel::None => Ok(()),
        };
        synced.map_err(FileError::of("sync", &self.path))?;
        Ok((hash, bytes.len() as u64))
    }
}

impl std::fmt::Debug for SegmentWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SegmentWriter({})", self.path.display())
    }
}
