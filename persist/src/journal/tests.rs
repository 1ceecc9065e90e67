//! What is committed to a small store whose state is a list of numbers: those in its manifest, then those in its journal.

mod chains;
mod crash;
mod groups;

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use super::error::CommitError;
use super::log::Rotation;
use super::{Chain, CommitReport, Journal, JournalError, Select, SyncLevel, read};
use crate::error::FileError;
use crate::layout::{Layout, MANIFEST};
use crate::vfs::Vfs;
use crate::vfs::memory::MemoryVfs;

const STORE: &str = "/store";

/// Returns a disk with an empty generation, all of it durable.
fn disk() -> MemoryVfs {
    let disk = MemoryVfs::new();
    for dir in ["/store", "/store/.rps", "/store/spaces"] {
        disk.create_dir(Path::new(dir)).unwrap();
    }
    write_manifest(&disk, &Path::new(STORE).join("spaces"), &[]).unwrap();
    for dir in ["/", "/store", "/store/.rps"] {
        disk.sync_dir(Path::new(dir)).unwrap();
    }
    disk
}

fn layout() -> Layout {
    Layout::new(STORE)
}

fn text(numbers: &[u32]) -> String {
    numbers.iter().map(|number| format!("{number},")).collect()
}

fn numbers(text: &[u8]) -> Vec<u32> {
    let text = std::str::from_utf8(text).unwrap();
    text.split_terminator(',').map(|number| number.parse().unwrap()).collect()
}

/// Writes the manifest of a generation into a directory, durably, and returns its hash.
fn write_manifest(vfs: &dyn Vfs, dir: &Path, state: &[u32]) -> std::io::Result<blake3::Hash> {
    let mut file = vfs.create(&dir.join(MANIFEST))?;
    file.write_all(text(state).as_bytes())?;
    file.sync()?;
    vfs.sync_dir(dir)?;
    Ok(blake3::hash(text(state).as_bytes()))
}

/// Returns the state that the next opening finds, and what its journal holds.
fn open(vfs: &dyn Vfs) -> Result<(Vec<u32>, blake3::Hash, Chain), JournalError> {
    let path = layout().spaces().join(MANIFEST);
    let bytes = vfs.read(&path).map_err(FileError::of("read", &path))?;
    let manifest = blake3::hash(&bytes);
    let chain = read(vfs, &layout(), Select::Of(&manifest))?;
    let mut state = numbers(&bytes);
    state.extend(chain.entries().flat_map(|entry| numbers(entry.content)));
    // What was not committed before a dump is in the generation and in the next commit, as it is with objects.
    state.sort_unstable();
    state.dedup();
    Ok((state, manifest, chain))
}

/// A process that has the store open for writing.
struct Session {
    vfs: Arc<dyn Vfs>,
    journal: Journal,
    sync: SyncLevel,
    /// What the objects in memory say.
    state: Vec<u32>,
    /// How much of it was committed.
    committed: usize,
}

impl Session {
    fn open(vfs: &Arc<dyn Vfs>, sync: SyncLevel) -> Result<Session, JournalError> {
        let (state, manifest, chain) = open(&**vfs)?;
        let journal = Journal::new(vfs, &layout());
        journal.continue_after(manifest, &chain);
        let committed = state.len();
        Ok(Session { vfs: Arc::clone(vfs), journal, sync, state, committed })
    }

    /// Changes the state, and commits.
    fn commit(&mut self) -> Result<CommitReport, CommitError> {
        self.state.push(self.state.len() as u32 + 1);
        let content = text(&self.state[self.committed..]);
        let content = || Ok((content.into_bytes(), CommitReport::default()));
        let result = self.journal.commit(self.sync, &|f| f(), content, || ());
        if result.is_ok() {
            self.committed = self.state.len();
        }
        result
    }

    fn freeze(&self) -> Result<(Vec<u32>, Rotation), FileError> {
        self.journal.rotate(&|f| f(), || self.state.clone())
    }

    /// Puts a generation with a state into its place, as a dump does.
    fn publish(&self, state: &[u32], rotation: Rotation) -> Result<(), FileError> {
        let (vfs, temp, spaces) = (&*self.vfs, Path::new("/store/.rps-tmp-1"), layout().spaces());
        let failed = |error| FileError::of("write", temp)(error);
        let _ = vfs.remove_dir_all(temp);
        vfs.create_dir(temp).map_err(failed)?;
        let manifest = write_manifest(vfs, temp, state).map_err(failed)?;
        self.journal.mark_base(rotation, &manifest)?;
        vfs.exchange(temp, &spaces).map_err(failed)?;
        if let Err(error) = vfs.sync_dir(Path::new(STORE)) {
            vfs.exchange(temp, &spaces).map_err(failed)?;
            return Err(failed(error));
        }
        // What can not be removed is in nobody's way.
        let _ = self.journal.forget_before(rotation, &manifest);
        Ok(())
    }
}
