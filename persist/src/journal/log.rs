//! The journal of a store that is open for writing.

use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

use super::SyncLevel;
use super::chain::{Chain, Position};
use super::directory::{Directory, Start};
use super::error::{CommitError, JournalError};
use super::format::Header;
use super::group::{Group, Turn};
use super::segment::SegmentWriter;
use crate::error::FileError;
use crate::layout::{Layout, MANIFEST};
use crate::vfs::Vfs;

/// The journal of a store that is open for writing: commits are appended to it, and dumps begin it anew.
///
/// A dump calls, in this order:
///
/// 1. [`Journal::rotate`] with what begins its view of the graph: every commit is then before that moment, and in older
///    segments, or after it, and in newer ones;
/// 2. [`Journal::mark_base`] when it knows the new manifest and everything of the new generation is durable, immediately
///    before the generation takes its place: also when the manifest turns out to be the same, and nothing is replaced;
/// 3. [`Journal::forget_before`] when the generation is in its place, durably. A failure of this is worth a warning.
///
/// A dump that fails before the third step calls nothing more: the older segments still belong to the generation that is
/// there, and those begun since follow on them.
#[derive(Debug)]
pub(crate) struct Journal {
    vfs: Arc<dyn Vfs>,
    layout: Layout,
    directory: Directory,
    /// Held from the moment that a commit shows until it is appended, and while a dump takes its own moment.
    state: Mutex<State>,
    group: Group<Result<CommitReport, CommitError>>,
}

#[derive(Debug, Default)]
struct State {
    /// The generation that commits are made to, and where they go on; not known before the store was loaded or dumped to.
    current: Option<(blake3::Hash, Position)>,
    /// The segment that is being appended to.
    open: Option<SegmentWriter>,
    /// Whether commits were made, or found, that nobody may have made durable yet.
    is_behind: bool,
    /// The manifest of a generation that a dump is about to put into its place, or has put there already.
    coming: Option<blake3::Hash>,
}

/// What a commit wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommitReport {
    /// The number of the record; 0 if there was nothing to write.
    pub record: u64,
    /// How many bytes it has.
    pub bytes: u64,
    /// How many objects were written.
    pub objects: usize,
    /// How many were removed.
    pub removed: usize,
    /// How many became stored because stored ones can not do without them.
    pub adopted: usize,
}

/// The segment with which the commits after a dump's moment begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "the dump has to mark it"]
pub(crate) struct Rotation(Start);

impl Journal {
    /// Returns the journal of a store whose lock is held.
    pub(crate) fn new(vfs: &Arc<dyn Vfs>, layout: &Layout) -> Journal {
        Journal {
            vfs: Arc::clone(vfs),
            layout: layout.clone(),
            directory: Directory::of(layout),
            state: Mutex::default(),
            group: Group::default(),
        }
    }

    /// Goes on behind the commits that were replayed when the generation with this manifest was loaded.
    pub(crate) fn continue_after(&self, manifest: blake3::Hash, chain: &Chain) {
        let mut state = self.state.lock();
        state.open = None;
        // Whoever made them may not have synced them.
        state.is_behind = chain.len() > 0;
        state.current = Some((manifest, chain.position.clone()));
    }

    /// Makes a commit, or waits for one that began after this call and was made by another thread.
    ///
    /// `content` takes the moment that the commit shows and returns what is to be written, and what that is; or no
    /// bytes, if nothing has changed. It is called by one thread at a time. If it, or writing, fails, `give_back` is called
    /// before any other commit begins: that one has to find what has changed. `blocking` runs what waits for others.
    ///
    /// # Errors
    ///
    /// Those of `content`, and of writing. All who wait for the commit get the same.
    pub(crate) fn commit(
        &self,
        sync: SyncLevel,
        blocking: &dyn Fn(&mut dyn FnMut()),
        content: impl FnOnce() -> Result<(Vec<u8>, CommitReport), CommitError>,
        give_back: impl FnOnce(),
    ) -> Result<CommitReport, CommitError> {
        let mut turn = None;
        blocking(&mut || turn = Some(self.group.turn(sync)));
        let lead = match turn {
            Some(Turn::Lead(lead)) => lead,
            Some(Turn::Made(result)) => return result,
            None => {
                let detail = "its turn never came".to_owned();
                return Err(CommitError::Abandoned { detail });
            }
        };
        let result = self.commit_alone(lead.wanted(), blocking, content, give_back);
        lead.finish(result.clone());
        result
    }

    fn commit_alone(
        &self,
        sync: SyncLevel,
        blocking: &dyn Fn(&mut dyn FnMut()),
        content: impl FnOnce() -> Result<(Vec<u8>, CommitReport), CommitError>,
        give_back: impl FnOnce(),
    ) -> Result<CommitReport, CommitError> {
        // Held until the changes are given back: a dump that begins before would take them for committed.
        let mut state = self.lock(blocking);
        let result = self.commit_locked(&mut state, sync, blocking, content);
        if result.is_err() {
            give_back();
        }
        result
    }

    fn commit_locked(
        &self,
        state: &mut State,
        sync: SyncLevel,
        blocking: &dyn Fn(&mut dyn FnMut()),
        content: impl FnOnce() -> Result<(Vec<u8>, CommitReport), CommitError>,
    ) -> Result<CommitReport, CommitError> {
        if state.current.is_none() {
            return Err(CommitError::Unbased);
        }
        let (bytes, committed) = content()?;
        if bytes.is_empty() {
            // What was committed before is to be as durable as this commit.
            let mut synced = Ok(());
            blocking(&mut || synced = self.catch_up(state, sync));
            return synced.map(|()| committed);
        }
        let mut result = Err(CommitError::Unbased);
        blocking(&mut || result = self.append(state, &bytes, sync));
        let (record, bytes) = result?;
        Ok(CommitReport { record, bytes, ..committed })
    }

    fn lock(&self, blocking: &dyn Fn(&mut dyn FnMut())) -> MutexGuard<'_, State> {
        let mut guard = None;
        blocking(&mut || guard = Some(self.state.lock()));
        guard.unwrap_or_else(|| self.state.lock())
    }

    /// Makes the commits before durable that are not, if somebody wants that.
    fn catch_up(&self, state: &mut State, sync: SyncLevel) -> Result<(), CommitError> {
        let State { current: Some((_, position)), open, is_behind, .. } = state else { return Ok(()) };
        if sync == SyncLevel::None || !*is_behind {
            return Ok(());
        }
        // If it fails, nothing may be appended any more to what is not known to be whole.
        let segment = open.take();
        for &number in &position.behind {
            let path = self.directory.segment(number);
            self.vfs.sync_file(&path).map_err(FileError::of("sync", &path))?;
        }
        (*open, *is_behind) = (segment, false);
        Ok(())
    }

    /// Appends a record, and returns its number and size.
    fn append(&self, state: &mut State, content: &[u8], sync: SyncLevel) -> Result<(u64, u64), CommitError> {
        let State { current: Some((manifest, position)), open, is_behind, coming } = state else {
            return Err(CommitError::Unbased);
        };
        // What a power loss may leave of a segment depends on how its records were made durable, and its header says how.
        if open.as_ref().is_some_and(|segment| segment.is_synced() != (sync != SyncLevel::None)) {
            *open = None;
        }
        let segment = match open {
            Some(segment) => segment,
            None => {
                let generations = [Some(*manifest), *coming];
                self.check_generation(&generations)?;
                open.insert(self.begin(&generations, manifest, position, sync)?)
            }
        };
        match segment.append(position.record, position.link, content, sync) {
            Ok((link, bytes)) => {
                let record = position.record;
                (position.record, position.link) = (record + 1, link);
                // What it follows on was made durable when its segment began.
                *is_behind = sync == SyncLevel::None;
                Ok((record, bytes))
            }
            Err(error) => {
                // What the file holds is not known any more: the next commit begins a new one, which says with which
                // record it begins.
                *open = None;
                Err(error.into())
            }
        }
    }

    /// Begins the next segment. Everything that it follows on is durable then, whatever was asked for when it was
    /// committed: what is on a disk is always the beginning of what was committed, with nothing missing in between.
    fn begin(
        &self,
        generations: &[Option<blake3::Hash>],
        manifest: &blake3::Hash,
        position: &mut Position,
        sync: SyncLevel,
    ) -> Result<SegmentWriter, CommitError> {
        let vfs = &*self.vfs;
        self.directory.make(vfs)?;
        self.directory.unmark_others(vfs, generations)?;
        for &number in &position.behind {
            let path = self.directory.segment(number);
            vfs.sync_file(&path).map_err(FileError::of("sync", &path))?;
        }
        let header = Header { segment: position.segment, first: position.record, link: position.link, sync };
        if !position.is_marked {
            let start = Start { segment: header.segment, record: header.first };
            self.directory.mark(vfs, start, manifest)?;
            position.is_marked = true;
        }
        // Used up, whether it comes to something or not.
        position.segment += 1;
        let segment = SegmentWriter::begin(vfs, &self.directory, header)?;
        position.behind.push(header.segment);
        Ok(segment)
    }

    /// Makes sure that nobody has replaced the generation behind the lock's back, as git does.
    fn check_generation(&self, expected: &[Option<blake3::Hash>]) -> Result<(), CommitError> {
        let path = self.layout.spaces().join(MANIFEST);
        let bytes = self.vfs.read(&path).map_err(FileError::of("read", &path))?;
        match expected.contains(&Some(blake3::hash(&bytes))) {
            true => Ok(()),
            false => Err(JournalError::Replaced { path }.into()),
        }
    }

    /// Calls `freeze` when no commit is under way, and makes the commits after it go into a new segment.
    ///
    /// Waits for a commit that is under way; `blocking` runs what waits for others.
    ///
    /// # Errors
    ///
    /// Those of looking at the directory of the journal; `freeze` was not called, then.
    pub(crate) fn rotate<F>(
        &self,
        blocking: &dyn Fn(&mut dyn FnMut()),
        freeze: impl FnOnce() -> F,
    ) -> Result<(F, Rotation), FileError> {
        let mut state = self.lock(blocking);
        let start = match &state.current {
            Some((_, position)) => Start { segment: position.segment, record: position.record },
            None => {
                let listing = self.directory.list(&*self.vfs)?;
                Start { segment: listing.next_segment(), record: 1 }
            }
        };
        state.open = None;
        Ok((freeze(), Rotation(start)))
    }

    /// Says, durably, that the replay of the generation with this manifest begins with the commits since [`Journal::rotate`].
    ///
    /// # Errors
    ///
    /// Those of making the marker; the dump must not go on, then.
    pub(crate) fn mark_base(
        &self,
        Rotation(start): Rotation,
        manifest: &blake3::Hash,
    ) -> Result<(), FileError> {
        self.state.lock().coming = Some(*manifest);
        self.directory.make(&*self.vfs)?;
        self.directory.mark(&*self.vfs, start, manifest)?;
        self.directory.sync(&*self.vfs)
    }

    /// Makes commits go on from the generation with this manifest, which is in its place now, and removes what was
    /// committed before it.
    ///
    /// # Errors
    ///
    /// Those of removing. What is left does no harm, and goes with the next dump.
    pub(crate) fn forget_before(
        &self,
        Rotation(start): Rotation,
        manifest: &blake3::Hash,
    ) -> Result<(), FileError> {
        let mut state = self.state.lock();
        let (_, position) = state.current.get_or_insert_with(|| {
            let position = Position { segment: start.segment, record: start.record, ..Position::default() };
            (*manifest, position)
        });
        position.is_marked = true;
        position.behind.retain(|segment| *segment >= start.segment);
        if let Some((current, _)) = &mut state.current {
            *current = *manifest;
        }
        self.directory.remove_before(&*self.vfs, start.segment, Some(manifest))
    }

    /// Returns how many threads wait for the next commit.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.group.waiting()
    }
}
