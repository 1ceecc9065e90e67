//! How the files of a generation looked when its snapshot was made, for who wants to know whether they have changed.

use std::collections::HashMap;
use std::path::Path;

use super::top::Top;
use super::writer::top_path;
use crate::generation::GenerationReader;
use crate::vfs::Stat;
use crate::vfs::Vfs;

/// The files of a generation as its snapshot knows them, by path.
#[derive(Debug, Default)]
pub(crate) struct KnownFiles {
    files: HashMap<String, (blake3::Hash, Stat)>,
    /// When the snapshot was made.
    made: i64,
}

impl KnownFiles {
    /// Returns what the snapshot of a generation knows; nothing where there is none that can be used.
    pub(crate) fn of(generation: &GenerationReader, manifest: &blake3::Hash) -> KnownFiles {
        KnownFiles::read(generation, manifest).unwrap_or_default()
    }

    fn read(generation: &GenerationReader, manifest: &blake3::Hash) -> Option<KnownFiles> {
        let (bytes, metadata) = generation.vfs().map(&top_path(generation.layout(), manifest)).ok()?;
        let top = Top::new(bytes.to_vec().into(), manifest).ok()?;
        let rows = (0..top.len()).filter_map(|number| top.file(number));
        let files = rows.filter_map(|row| Some((row.path()?.to_owned(), (row.hash(), row.stat())))).collect();
        Some(KnownFiles { files, made: metadata.mtime })
    }

    /// Tells whether a file need not be read to know that it has this hash: it had it, and looks as it did then. One that was
    /// written in the same tick of the clock as the snapshot may have been written once more after it.
    pub(crate) fn has(&self, vfs: &dyn Vfs, spaces: &Path, path: &str, hash: &blake3::Hash) -> bool {
        self.files.get(path).is_some_and(|(known, stat)| {
            let now = vfs.metadata(&spaces.join(path)).ok().as_ref().and_then(Stat::of_file);
            known == hash && now == Some(*stat) && stat.mtime < self.made
        })
    }
}
