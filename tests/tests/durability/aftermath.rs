//! What a disk may look like after a process died or the power failed, and whether each such disk is a sound store.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::Arc;

use rps_persist::generation::recover;
use rps_persist::journal;
use rps_persist::lock::WriterLock;
use rps_persist::native::Lazy;
use rps_persist::vfs::memory::{MemoryVfs, Tail};
use rps_persist::vfs::{FileKind, Vfs};
use rps_persist::{CommitError, JournalError, LoadError, OpenError, SyncLevel};
use rps_tests::random::Random;

use crate::graph::Graph;
use crate::scene;
use crate::session::{Event, Ledger, ROOT, Session, read};

/// Up to so many directories with unsynced changes, every subset of them is tried; of more, a random choice.
const ALL_SUBSETS_OF: usize = 4;

/// What was looked at, and what was wrong with it.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// How many disks were left behind by faults.
    pub(crate) disks: usize,
    /// How many of them differed from all others, and were opened.
    pub(crate) reopened: usize,
    /// What was lost, with where it happened.
    pub(crate) losses: Vec<String>,
    seen: HashSet<u64>,
}

impl Findings {
    /// Checks every disk that can be left behind now by the death of the process or a power loss.
    pub(crate) fn check(&mut self, disk: &MemoryVfs, ledger: &Ledger, context: &str) {
        for (event, text, left) in left_behind(disk) {
            self.check_one(&left, ledger, event, &format!("{context}, {text}"), true);
        }
    }

    /// Checks the disk that the death of the process leaves behind now.
    pub(crate) fn check_death(&mut self, disk: &MemoryVfs, ledger: &Ledger, context: &str) {
        self.check_one(&disk.process_death(), ledger, Event::Death, context, false);
    }

    fn check_one(&mut self, disk: &MemoryVfs, ledger: &Ledger, event: Event, context: &str, recurse: bool) {
        self.disks += 1;
        let allowed = ledger.allowed(event);
        if !self.seen.insert(fingerprint(disk, allowed)) {
            return;
        }
        self.reopened += 1;
        let looked = look(disk, allowed);
        let recovered = match looked {
            Ok(recovered) => recovered,
            Err(loss) => return self.losses.push(format!("{context}: {loss}")),
        };
        // The next process has tidied up, and now the power fails.
        if recurse {
            for (then, text, left) in left_behind(&recovered) {
                self.check_one(&left, ledger, event.max(then), &format!("{context}, opened, {text}"), false);
            }
        }
    }
}

/// Opens a disk as the next processes do: a reader, a writer, and one that goes on working. Returns the disk as it was when
/// the writer had opened it.
fn look(disk: &MemoryVfs, allowed: &[Graph]) -> Result<MemoryVfs, String> {
    let vfs: Arc<dyn Vfs> = Arc::new(disk.clone());
    let seen = read(&vfs, Lazy::Never);
    if allowed.is_empty() {
        // Nothing was ever said to be durable, and nothing was asked for: there need not be a store.
        return Ok(disk.clone());
    }
    let nothing = Graph::default();
    let seen = match seen {
        Ok(graph) => graph,
        // Before its first dump a store is not there.
        Err(LoadError::Open(OpenError::NoGeneration { .. })) if allowed[0] == nothing => {
            return Ok(disk.clone());
        }
        // An interrupted dump has left nothing but a record of what is to be done: a writer does it.
        Err(LoadError::Open(OpenError::NoGeneration { .. })) if has_redo(disk) => Graph::default(),
        Err(error) if is_undecided(&error, allowed) => return decide(disk, allowed),
        Err(LoadError::Unsound(_)) if allowed.contains(&Graph::damaged()) => return Ok(disk.clone()),
        Err(error) => return Err(format!("a reader can not open it: {error:?}")),
    };
    if seen != nothing {
        let lazily =
            read(&vfs, Lazy::Always).map_err(|error| format!("a lazy reader can not open it: {error:?}"))?;
        if lazily != seen {
            return Err(format!("a lazy reader sees something else:\n{}", seen.difference(&lazily)));
        }
        expect(&seen, allowed, "a reader")?;
    }
    let mut session = match Session::open(&vfs, Lazy::Auto) {
        Ok(session) => session,
        Err(error) if is_undecided(&error, allowed) => return decide(disk, allowed),
        Err(error) => return Err(format!("a writer can not open it: {error:?}")),
    };
    let recovered = disk.process_death();
    let found = Graph::of(&session.runtime);
    expect(&found, allowed, "a writer")?;
    if let Some(stray) = strays(disk) {
        return Err(format!("`{stray}` was left behind"));
    }
    session.ledger = Ledger::holding(found);
    go_on(&mut session, disk)?;
    Ok(recovered)
}

/// Returns whether somebody has to decide what becomes of commits to another generation, and that was to be expected.
fn is_undecided(error: &LoadError, allowed: &[Graph]) -> bool {
    let is_told = matches!(
        error,
        LoadError::Journal(JournalError::OtherBase { .. })
            | LoadError::Open(OpenError::Journal(JournalError::OtherBase { .. }))
    );
    is_told && allowed.contains(&Graph::of_two_generations())
}

/// Gives up the commits to another generation than the one that is there, as `rps journal discard` does.
fn decide(disk: &MemoryVfs, allowed: &[Graph]) -> Result<MemoryVfs, String> {
    let vfs: Arc<dyn Vfs> = Arc::new(disk.clone());
    let lock = WriterLock::acquire(&vfs, Path::new(ROOT)).map_err(|error| error.to_string())?;
    recover(&lock).map_err(|error| error.to_string())?;
    journal::discard(&lock).map_err(|error| format!("the commits can not be given up: {error:?}"))?;
    drop(lock);
    let found = read(&vfs, Lazy::Never);
    expect(
        &found.map_err(|error| format!("without them it can not be opened: {error:?}"))?,
        allowed,
        "a reader",
    )?;
    Ok(disk.process_death())
}

/// Makes sure that a store can be worked with: that what is committed and dumped is found.
pub(crate) fn go_on(session: &mut Session, disk: &MemoryVfs) -> Result<(), String> {
    session.sync = SyncLevel::Full;
    session.runtime.enter(scene::change_any);
    match session.commit() {
        // What was neither loaded nor dumped has nothing that a commit could be made to.
        Err(CommitError::Unbased) if !session.is_based => {
            session.dump().map_err(|error| format!("the next dump fails: {error:?}"))?;
        }
        result => result.map_err(|error| format!("the next commit fails: {error:?}"))?,
    }
    let found_is_right = |session: &Session, what: &str| {
        let left = disk.process_death().power_loss(0);
        let found = read(&(Arc::new(left) as Arc<dyn Vfs>), Lazy::Never);
        let found =
            found.map_err(|error| format!("after the next {what} it can not be opened: {error:?}"))?;
        expect(&found, session.ledger.allowed(Event::PowerLoss), &format!("after the next {what}, a reader"))
    };
    found_is_right(session, "commit")?;
    session.runtime.enter(scene::change_any);
    session.dump().map_err(|error| format!("the next dump fails: {error:?}"))?;
    found_is_right(session, "dump")
}

fn expect(found: &Graph, allowed: &[Graph], who: &str) -> Result<(), String> {
    if allowed.contains(found) {
        return Ok(());
    }
    let last = allowed.last().map_or_else(String::new, |last| last.difference(found));
    let first = allowed.first().map_or_else(String::new, |first| first.difference(found));
    Err(format!(
        "{who} finds none of {} states; the newest and what is found:\n{last}the oldest and what is found:\n{first}",
        allowed.len()
    ))
}

fn has_redo(disk: &MemoryVfs) -> bool {
    disk.metadata(&Path::new(ROOT).join(".rps/redo")).is_ok()
}

/// Returns something in the store's directory that does not belong there once a writer has opened it.
fn strays(disk: &MemoryVfs) -> Option<String> {
    let entries = disk.read_dir(Path::new(ROOT)).ok()?;
    let names = entries.iter().map(|entry| entry.name.to_string_lossy().into_owned());
    names.into_iter().find(|name| name != "spaces" && name != ".rps")
}

/// Returns every disk that can be left behind now, with what happened.
fn left_behind(disk: &MemoryVfs) -> Vec<(Event, String, MemoryVfs)> {
    let mut left = vec![(Event::Death, "death".to_owned(), disk.process_death())];
    let pending = disk.pending();
    for survivors in 0..=pending {
        let text = format!("power loss after {survivors} of {pending}");
        left.push((Event::PowerLoss, text, disk.power_loss(survivors)));
    }
    // What was written and not synced comes through in part, or its length does.
    for survivors in [pending / 2, pending] {
        for tail in [
            Tail::Kept(1),
            Tail::Kept(90),
            Tail::Kept(usize::MAX),
            Tail::Zeros(0),
            Tail::Zeros(90),
            Tail::Hole(5),
            Tail::Hole(90),
        ] {
            let text = format!("power loss after {survivors} of {pending}, {tail:?}");
            left.push((Event::PowerLoss, text, disk.ragged_power_loss(survivors, tail)));
        }
    }
    // Each directory is as it was or as it is.
    let unsynced = disk.unsynced();
    let mut random = Random::new(unsynced as u64);
    let all = 1usize << unsynced.min(30);
    let masks: Vec<usize> = match unsynced <= ALL_SUBSETS_OF {
        true => (0..all).collect(),
        false => (0..1 << ALL_SUBSETS_OF).map(|_| random.below(all)).chain([0, all - 1]).collect(),
    };
    for mask in masks {
        let spared = u32::try_from(mask).unwrap_or(u32::MAX);
        let text = format!("power loss sparing {mask:b} of {unsynced}");
        left.push((Event::PowerLoss, text, disk.scattered_power_loss(spared)));
    }
    left
}

/// Returns a number for everything that is on a disk, and for what may be.
fn fingerprint(disk: &MemoryVfs, allowed: &[Graph]) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut todo = vec![Path::new("/").to_path_buf()];
    while let Some(directory) = todo.pop() {
        for entry in disk.read_dir(&directory).unwrap_or_default() {
            let path = directory.join(&entry.name);
            path.hash(&mut hasher);
            match entry.kind {
                FileKind::Dir => todo.push(path),
                _ => disk.read(&path).map(|content| content.hash(&mut hasher)).unwrap_or_default(),
            }
        }
    }
    allowed.hash(&mut hasher);
    hasher.finish()
}
