//! The world: every thread that works on the heap, and how all of them stop for a collection.
//!
//! A thread is either *running*, and then stops itself at its next safepoint once a stop is asked for, or *safe*: at
//! a safepoint, or in a blocking call. A safe thread has written its registers to its stack and touches no cell, so
//! that its stack can be scanned while it is anywhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use parking_lot::{Condvar, Mutex, MutexGuard};

use super::local::{Buffers, ScanRanges};
use super::sys::registers::with_registers_on_stack;

/// The bit of [`World::signals`] by which running threads are asked to stop.
pub(crate) const STOP: u32 = 1;

/// The threads of one heap.
pub(crate) struct World {
    /// Why running threads must do something at their next safepoint: [`STOP`], and bits of whoever owns the heap. One word,
    /// as every turn of a loop looks at it.
    signals: Arc<AtomicU32>,
    /// Whether one thread runs code, and no other is in the heap: see [`World::is_alone`].
    alone: AtomicBool,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    stopping: bool,
    /// How many threads want that nobody is taken to be alone.
    crowded: u32,
    /// Whether who stops the others wants to enter, not to collect.
    entering: bool,
    threads: Vec<Option<ThreadRecord>>,
}

impl State {
    /// Returns whether one thread only is in the heap, which runs code.
    fn last_runs_code(&self) -> bool {
        let mut threads = self.threads.iter().flatten();
        self.crowded == 0 && threads.next().is_some_and(|record| record.runs_code) && threads.next().is_none()
    }
}

/// What a collection knows of a stopped thread.
pub(crate) struct ThreadRecord {
    /// Where the thread's values begin while it is safe; `None` while it runs.
    low: Option<usize>,
    /// Just above its stack.
    base: usize,
    buffers: *const Buffers,
    scanned: *const ScanRanges,
    /// Whether it runs code, which likes to know that it is alone.
    runs_code: bool,
}

// SAFETY: the buffers are touched by their own thread while it runs, and by the collecting thread while it is safe.
unsafe impl Send for ThreadRecord {}

impl ThreadRecord {
    /// Returns the part of the stack that may hold values.
    pub(crate) fn stack(&self) -> std::ops::Range<usize> {
        self.low.unwrap_or(self.base)..self.base
    }

    /// Returns the memory beside the stack that may hold values.
    ///
    /// # Safety
    ///
    /// The world is stopped.
    pub(crate) unsafe fn scanned(&self) -> &ScanRanges {
        // SAFETY: as for the buffers.
        unsafe { &*self.scanned }
    }

    /// Returns the thread's allocation buffers.
    ///
    /// # Safety
    ///
    /// The world is stopped.
    pub(crate) unsafe fn buffers(&self) -> &Buffers {
        // SAFETY: the record is removed before the buffers are dropped, and while the world is stopped their own
        // thread does not use them.
        unsafe { &*self.buffers }
    }
}

impl World {
    pub(crate) fn new() -> World {
        World {
            signals: Arc::default(),
            alone: AtomicBool::new(false),
            state: Mutex::new(State::default()),
            changed: Condvar::new(),
        }
    }

    /// Adds the current thread as running, and returns its number. Waits while a collection is under way.
    pub(crate) fn enter(&self, base: usize, buffers: *const Buffers, scanned: *const ScanRanges) -> usize {
        let mut state = self.state.lock();
        if self.is_alone() {
            self.end_solitude(&mut state);
        }
        let record = Some(ThreadRecord { low: None, base, buffers, scanned, runs_code: false });
        match state.threads.iter().position(Option::is_none) {
            Some(free) => {
                state.threads[free] = record;
                free
            }
            None => {
                state.threads.push(record);
                state.threads.len() - 1
            }
        }
    }

    /// Removes the current thread.
    pub(crate) fn leave(&self, thread: usize) {
        let mut state = self.state.lock();
        state.threads[thread] = None;
        if state.last_runs_code() {
            // It finds out at its next safepoint.
            self.signals.fetch_or(STOP, Ordering::Relaxed);
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Lets the calling thread, which runs code from now on, know that it is alone whenever it is; returns whether it did
    /// so before. Whoever enters the heap while it is alone waits until it is safe: so it must not wait for such a thread
    /// while it is not.
    pub(crate) fn begin_code(&self, thread: usize) -> bool {
        let mut state = self.state.lock();
        let before =
            state.threads[thread].as_mut().map(|record| std::mem::replace(&mut record.runs_code, true));
        self.find_solitude(&state);
        before == Some(true)
    }

    /// Notes that the one thread that is in the heap is alone, if it runs code: it is the calling one.
    fn find_solitude(&self, state: &State) {
        if state.last_runs_code() {
            self.alone.store(true, Ordering::Release);
        }
    }

    /// Lets no thread be alone until [`World::allow_solitude`]; returns whether the calling thread was.
    pub(crate) fn forbid_solitude(&self) -> bool {
        let mut state = self.state.lock();
        state.crowded += 1;
        self.alone.swap(false, Ordering::AcqRel)
    }

    /// Ends [`World::forbid_solitude`]; the calling thread is alone again if it was before and still is.
    pub(crate) fn allow_solitude(&self, was_alone: bool) {
        let mut state = self.state.lock();
        state.crowded -= 1;
        if was_alone {
            self.find_solitude(&state);
        }
    }

    /// Ends what [`World::begin_code`] began.
    pub(crate) fn end_code(&self, thread: usize) {
        let mut state = self.state.lock();
        if let Some(record) = &mut state.threads[thread] {
            record.runs_code = false;
        }
        self.alone.store(false, Ordering::Release);
        drop(state);
        self.changed.notify_all();
    }

    /// Returns whether the calling thread, which runs code, is the only one in the heap, and will be until its next
    /// safepoint: what other threads may not see half done then needs no lock.
    #[inline(always)]
    pub(crate) fn is_alone(&self) -> bool {
        self.alone.load(Ordering::Relaxed)
    }

    /// Waits until the one thread that may think itself alone is safe, and tells it that it is not.
    fn end_solitude(&self, state: &mut MutexGuard<'_, State>) {
        while state.stopping {
            self.changed.wait(state);
        }
        if !self.is_alone() {
            return;
        }
        // As for a collection: the thread stops at its next safepoint.
        (state.stopping, state.entering) = (true, true);
        self.signals.fetch_or(STOP, Ordering::Relaxed);
        while self.is_alone() && state.threads.iter().flatten().any(|record| record.low.is_none()) {
            self.changed.wait(state);
        }
        self.alone.store(false, Ordering::Release);
        (state.stopping, state.entering) = (false, false);
        self.signals.fetch_and(!STOP, Ordering::Relaxed);
        self.changed.notify_all();
    }

    /// Returns the number of threads in the heap.
    pub(crate) fn threads(&self) -> usize {
        self.state.lock().threads.iter().flatten().count()
    }

    /// Returns the word that tells running threads that something is to be done.
    #[inline(always)]
    pub(crate) fn signals(&self) -> &Arc<AtomicU32> {
        &self.signals
    }

    /// Returns the byte that says whether one thread is alone: see [`World::is_alone`].
    pub(crate) fn alone_flag(&self) -> &AtomicBool {
        &self.alone
    }

    /// Returns whether a stop is asked for.
    #[inline]
    pub(crate) fn stop_wanted(&self) -> bool {
        self.signals.load(Ordering::Relaxed) & STOP != 0
    }

    /// Makes the threads look, at their next safepoint, whether there is something to do.
    pub(crate) fn ask_to_look(&self) {
        self.signals.fetch_or(STOP, Ordering::Relaxed);
    }

    /// Waits, as safe, until no stop is asked for.
    #[cold]
    pub(crate) fn wait_at_safepoint(&self, thread: usize) {
        self.while_safe(thread, || ());
    }

    /// Runs `f`, which touches no cell, with the thread safe: collections do not wait for it.
    pub(crate) fn while_safe<R>(&self, thread: usize, f: impl FnOnce() -> R) -> R {
        with_registers_on_stack(|low| {
            self.set_low(thread, low);
            let again = RunAgain(self, thread);
            let result = f();
            drop(again);
            result
        })
    }

    fn set_low(&self, thread: usize, low: usize) {
        if let Some(record) = &mut self.state.lock().threads[thread] {
            record.low = Some(low);
        }
        self.changed.notify_all();
    }

    /// Stops every other thread, runs `f`, and lets them run again. Returns `None`, after waiting, when another
    /// thread was already doing so: whatever it did, it did after this call began.
    pub(crate) fn stop_and<R>(
        &self,
        thread: usize,
        wanted: impl FnOnce() -> bool,
        f: impl FnOnce(&mut dyn Iterator<Item = &ThreadRecord>) -> R,
    ) -> Option<R> {
        with_registers_on_stack(|low| {
            self.set_low(thread, low);
            let mut state = self.state.lock();
            while state.entering {
                self.changed.wait(&mut state);
            }
            let mut result = None;
            if !state.stopping && wanted() {
                state.stopping = true;
                self.signals.fetch_or(STOP, Ordering::Relaxed);
                while state.threads.iter().flatten().any(|record| record.low.is_none()) {
                    self.changed.wait(&mut state);
                }
                result = Some(f(&mut state.threads.iter().flatten()));
                state.stopping = false;
                self.signals.fetch_and(!STOP, Ordering::Relaxed);
                self.changed.notify_all();
            }
            drop(state);
            drop(RunAgain(self, thread));
            result
        })
    }
}

/// Makes a thread running again when dropped, after a panic too.
struct RunAgain<'w>(&'w World, usize);

impl Drop for RunAgain<'_> {
    fn drop(&mut self) {
        let RunAgain(world, thread) = *self;
        let mut state = world.state.lock();
        while state.stopping {
            world.changed.wait(&mut state);
        }
        if let Some(record) = &mut state.threads[thread] {
            record.low = None;
        }
        // Nobody stops the others now; the thread that was the last to leave may have asked this one to look.
        world.signals.fetch_and(!STOP, Ordering::Relaxed);
        world.find_solitude(&state);
    }
}
