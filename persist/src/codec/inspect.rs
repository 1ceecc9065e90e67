//! What can be told of the files of a store without decoding them.

use std::path::Path;
use std::sync::Arc;

use super::frame::Frame;
use crate::error::LoadError;
use crate::generation::GenerationReader;
use crate::manifest::FileEntry;
use crate::text::Limits;
use crate::vfs::Vfs;
use crate::{Problem, Report, native};

/// A file of a store.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FileInfo {
    /// The path below `spaces/`.
    pub path: String,
    /// The name of the space that it belongs to; none for the state of a plugin.
    pub space: Option<String>,
    /// The codec that its frame names; none for a plain file.
    pub codec: Option<String>,
    /// How its frame begins.
    pub magic: Option<[u8; 4]>,
    /// The size in bytes of what is in it, as far as its frame tells the truth.
    pub plain_size: u64,
    /// The size in bytes that it has, with its frame.
    pub coded_size: u64,
    /// XXH64 of what is in it, as its frame says.
    pub checksum: Option<u64>,
    /// What is wrong with it: with its frame, or that it is not the file that the manifest describes.
    pub problem: Option<Problem>,
}

impl FileInfo {
    /// Returns the size that the file has to the size of what is in it.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        if self.plain_size == 0 { 1.0 } else { self.coded_size as f64 / self.plain_size as f64 }
    }
}

/// Returns what is known of the files of the store in a directory, in the order of the manifest. Nothing is decoded.
///
/// # Errors
///
/// Those of opening the store and of its manifest. What is wrong with a file is told with the file.
pub fn inspect_files(vfs: &Arc<dyn Vfs>, root: &Path) -> Result<Vec<FileInfo>, LoadError> {
    let generation = GenerationReader::open(vfs, root)?;
    let (manifest, _) = native::read_manifest(&generation, &Limits::default(), &mut Report::new())?;
    let of_spaces =
        manifest.spaces.iter().flat_map(|space| space.files.iter().map(|file| (Some(&space.name), file)));
    let of_states = manifest.state.iter().map(|file| (None, file));
    Ok(of_spaces.chain(of_states).map(|(space, file)| inspect(&generation, space, file)).collect())
}

fn inspect(generation: &GenerationReader, space: Option<&String>, entry: &FileEntry) -> FileInfo {
    let mut info = FileInfo {
        path: entry.path.clone(),
        space: space.cloned(),
        codec: None,
        magic: None,
        plain_size: entry.size,
        coded_size: entry.size,
        checksum: None,
        problem: None,
    };
    let mut report = Report::new();
    if let Some(content) = native::read_listed(generation, entry, &mut report) {
        (info.plain_size, info.coded_size) = (content.len() as u64, content.len() as u64);
        match Frame::read(&Path::new("spaces").join(&entry.path), &content).transpose() {
            Ok(None) => {}
            Ok(Some((frame, _))) => {
                info.plain_size = frame.plain_size;
                (info.magic, info.checksum) = (Some(frame.magic), Some(frame.checksum));
                info.codec = Some(frame.codec);
            }
            Err(problem) => info.problem = Some(problem),
        }
    }
    if info.problem.is_none() {
        info.problem = report.into_iter().next();
    }
    info
}
