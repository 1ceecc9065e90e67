//! Whoever makes machine code, as the runtime knows it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::cell::{Exit, Made};
use super::snapshot::Snapshot;
use crate::code::typed::TypedCode;
use crate::runtime::{Mutator, Runtime, TIER};
use crate::value::Value;

/// When a function is hot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// Calls and turns of loops until the interpreter notes what it sees.
    pub cold: u32,
    /// Calls and turns of loops in which it does, until machine code is asked for.
    pub profiled: u32,
    /// Calls and turns of loops in machine code of the first stage, until that of the second is asked for.
    pub hot: u32,
}

impl Default for Thresholds {
    fn default() -> Thresholds {
        Thresholds { cold: 600, profiled: 200, hot: 20_000 }
    }
}

/// For what a thread that runs a program is held up by whoever makes machine code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// A snapshot was taken, and machine code asked for; made at once, too, where nobody else makes it.
    Asked,
    /// What other threads have made was installed.
    Installed,
    /// Machine code that nobody uses any more was freed.
    Freed,
}

/// What makes machine code of hot functions.
pub trait Tier: Send + Sync {
    /// Makes machine code, or has it made by another thread, which then tells by [`TierHandle::notify`]. What is made at once is
    /// given to [`Mutator::install_made`].
    fn make(&self, m: &Mutator<'_>, snapshot: Snapshot);

    /// Gives what other threads have made to [`Mutator::install_made`].
    fn install(&self, m: &Mutator<'_>);

    /// Makes machine code of a function of a module of typed code, see [`typed`](crate::code::typed), or returns `None` where
    /// that can not be done. It is called where the thread may wait.
    fn make_typed(&self, _runtime: &Runtime, _module: &[u8], _function: &str) -> Option<TypedCode> {
        None
    }

    /// Is told that machine code went back to the interpreter, where and why.
    fn exited(&self, name: &str, exit: &Exit);

    /// Is told how long a thread was held up, and for what.
    fn paused(&self, _pause: Pause, _time: Duration) {}
}

/// The tier of a runtime.
#[derive(Default)]
pub(crate) struct TierSlot(OnceLock<Attached>);

pub(crate) struct Attached {
    pub(crate) tier: Box<dyn Tier>,
    pub(crate) thresholds: Thresholds,
}

impl TierSlot {
    pub(super) fn get(&self) -> Option<&Attached> {
        self.0.get()
    }

    pub(crate) fn attached(&self) -> Option<&Attached> {
        self.0.get()
    }
}

/// By which threads that are not in the runtime tell it that machine code was made.
#[derive(Clone, Debug)]
pub struct TierHandle(Arc<AtomicU32>);

impl TierHandle {
    /// Lets the next safepoint of some thread install what was made.
    pub fn notify(&self) {
        self.0.fetch_or(TIER, Ordering::Release);
    }
}

impl Runtime {
    /// Sets what makes machine code; the first one stays. Units that exist already stay interpreted.
    pub fn set_tier(&self, thresholds: Thresholds, tier: Box<dyn Tier>) {
        let _first = self.tier().0.set(Attached { tier, thresholds });
    }

    /// Returns what tells this runtime that machine code was made.
    pub fn tier_handle(&self) -> TierHandle {
        TierHandle(Arc::clone(self.heap().signals()))
    }

    /// Returns how many calls and turns of loops make a unit warm.
    pub(crate) fn cold_calls(&self) -> u32 {
        self.tier().get().map_or(u32::MAX, |tier| tier.thresholds.cold)
    }
}

impl Mutator<'_> {
    /// Installs what was made of a snapshot, or notes that nothing can be made of it.
    ///
    /// # Safety
    ///
    /// It was made of this snapshot of this runtime, for its helpers and its layout.
    pub unsafe fn install_made(&self, snapshot: Snapshot, made: Option<Made>) {
        let machine = snapshot.machine;
        match made {
            Some(made) => {
                let kept: Box<[Value]> = snapshot.keep.iter().copied().collect();
                // SAFETY: by this function's contract; the snapshot keeps every cell that it names.
                unsafe { machine.install(made, snapshot.registers, kept) };
                self.install_machine(machine);
            }
            None => self.give_up_machine(machine),
        }
    }

    /// Installs what other threads have made.
    pub(crate) fn install_finished(&self) {
        if let Some(attached) = self.runtime().tier().get() {
            let start = Instant::now();
            attached.tier.install(self);
            attached.tier.paused(Pause::Installed, start.elapsed());
        }
    }
}
