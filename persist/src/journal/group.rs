//! Group commit: whoever asks while a commit is being made shares the next one with all others who ask meanwhile.

use std::sync::{Arc, OnceLock};

use parking_lot::{Condvar, Mutex};

use super::SyncLevel;

/// Forms the groups. `T` is the result of a commit, which all of its group get.
#[derive(Debug)]
pub(super) struct Group<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

#[derive(Debug)]
struct State<T> {
    is_running: bool,
    /// Where the result of the next commit will be. It begins after everybody who waits for it has asked.
    next: Arc<Slot<T>>,
    /// The most that anybody who waits for it wants of it.
    wanted: SyncLevel,
}

/// The result of one commit, or `None` if whoever made it panicked.
type Slot<T> = OnceLock<Option<T>>;

/// What becomes of somebody who asks for a commit.
pub(super) enum Turn<'g, T> {
    /// Another thread has made a commit that began after the question.
    Made(T),
    /// This thread makes the commit, for all that wait for it.
    Lead(Lead<'g, T>),
}

/// The right and the duty to make a commit; dropping it without a result lets somebody else try.
pub(super) struct Lead<'g, T> {
    group: &'g Group<T>,
    slot: Arc<Slot<T>>,
    wanted: SyncLevel,
}

impl<T> Default for Group<T> {
    fn default() -> Group<T> {
        Group {
            state: Mutex::new(State {
                is_running: false,
                next: Arc::new(OnceLock::new()),
                wanted: SyncLevel::None,
            }),
            changed: Condvar::new(),
        }
    }
}

impl<T: Clone> Group<T> {
    /// Waits until a commit that began after now, and is at least as durable as `wanted`, has a result, or until it is up to
    /// this thread to make it.
    pub(super) fn turn(&self, wanted: SyncLevel) -> Turn<'_, T> {
        let mut state = self.state.lock();
        let mut slot = Arc::clone(&state.next);
        state.wanted = state.wanted.strongest(wanted);
        loop {
            match slot.get() {
                Some(Some(result)) => return Turn::Made(result.clone()),
                Some(None) => {
                    slot = Arc::clone(&state.next);
                    state.wanted = state.wanted.strongest(wanted);
                }
                None => {}
            }
            if !state.is_running && Arc::ptr_eq(&slot, &state.next) {
                state.is_running = true;
                state.next = Arc::new(OnceLock::new());
                let wanted = std::mem::replace(&mut state.wanted, SyncLevel::None);
                return Turn::Lead(Lead { group: self, slot, wanted });
            }
            self.changed.wait(&mut state);
        }
    }

    /// Returns how many threads wait for the next commit.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        Arc::strong_count(&self.state.lock().next) - 1
    }
}

impl<T> Lead<'_, T> {
    /// Returns how durable the commit has to be: as much as the one of the group wants who wants most.
    pub(super) fn wanted(&self) -> SyncLevel {
        self.wanted
    }

    /// Gives the result of the commit to all who wait for it.
    pub(super) fn finish(self, result: T) {
        // Nobody else sets it: this is the only lead of the slot.
        let _ = self.slot.set(Some(result));
    }
}

impl<T> Drop for Lead<'_, T> {
    fn drop(&mut self) {
        let _ = self.slot.set(None);
        self.group.state.lock().is_running = false;
        self.group.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    #[test]
    fn those_who_ask_during_a_commit_share_the_next_one() {
        let group = Group::default();
        let Turn::Lead(first) = group.turn(SyncLevel::Full) else { panic!("nobody else is there") };
        let results: Vec<u32> = std::thread::scope(|scope| {
            let ask = || match group.turn(SyncLevel::Full) {
                Turn::Made(result) => result,
                Turn::Lead(lead) => {
                    lead.finish(2);
                    1
                }
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
            while group.waiting() < 8 {
                std::thread::yield_now();
            }
            first.finish(0);
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(results.iter().filter(|result| **result == 1).count(), 1, "one of them made it");
        assert_eq!(results.iter().filter(|result| **result == 2).count(), 7, "nobody got the one before");
    }

    #[test]
    fn a_commit_is_as_durable_as_the_one_wants_who_wants_most() {
        let group = Group::<u32>::default();
        let Turn::Lead(first) = group.turn(SyncLevel::None) else { panic!("nobody else is there") };
        assert_eq!(first.wanted(), SyncLevel::None);
        std::thread::scope(|scope| {
            let group = &group;
            let ask = |wanted| {
                move || match group.turn(wanted) {
                    Turn::Made(result) => result,
                    Turn::Lead(lead) => {
                        assert_eq!(lead.wanted(), SyncLevel::Full);
                        lead.finish(2);
                        2
                    }
                }
            };
            let levels = [SyncLevel::None, SyncLevel::Full, SyncLevel::Data, SyncLevel::None];
            let threads = levels.map(|level| scope.spawn(ask(level)));
            while group.waiting() < levels.len() {
                std::thread::yield_now();
            }
            drop(first);
            assert!(threads.into_iter().all(|thread| thread.join().unwrap() == 2));
        });
    }

    #[test]
    fn a_commit_whose_maker_panics_is_made_by_another() {
        let group = Group::<u32>::default();
        let Turn::Lead(first) = group.turn(SyncLevel::Full) else { panic!("nobody else is there") };
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| match group.turn(SyncLevel::Full) {
                Turn::Made(_) => panic!("nothing was made"),
                Turn::Lead(lead) => lead.finish(1),
            });
            while group.waiting() == 0 {
                std::thread::yield_now();
            }
            let panicked = catch_unwind(AssertUnwindSafe(|| {
                let _lead = first;
                panic!("on purpose");
            }));
            assert!(panicked.is_err());
            waits.join().unwrap();
        });
    }
}
