//! What tells people what happens in the compiled tier.

use std::sync::Arc;

use rps_runtime::Mutator;
use rps_runtime::code::CodeRef;
use rps_runtime::code::machine::HeatSeen;

use crate::engine::{Absence, Shared};
use crate::lower::lower;
use crate::stats::Stats;

/// The compiled tier of a runtime, to be looked at.
#[derive(Clone)]
pub struct Handle(Arc<Shared>);

/// What is made of a function.
#[derive(Clone, Debug)]
pub struct Shown {
    /// How hot it is, and the machine code that it has already.
    pub heat: HeatSeen,
    /// The stage that is shown.
    pub stage: u8,
    /// The typed native code, or why none is made.
    pub native: Result<String, String>,
    /// The assembly; nothing where there is no native code.
    pub assembly: Option<Result<String, Absence>>,
}

impl Handle {
    pub(crate) fn new(shared: Arc<Shared>) -> Handle {
        Handle(shared)
    }

    /// Lets the compiler's thread make no more machine code when it has made what it makes now. Where there is a cache this waits
    /// for that: the next process finds it there.
    ///
    /// A program calls it before it ends without dropping its runtime; [`is_working`](crate::is_working) tells whether it has
    /// to wait, or to end at once.
    pub fn end(&self) {
        self.0.end();
    }

    /// Opens the backend, if that was not done yet.
    ///
    /// # Errors
    ///
    /// [`Absence`] says why there is none: everything is interpreted.
    pub fn open(&self) -> Result<(), Absence> {
        self.0.backend().map(drop)
    }

    /// Returns what it has done until now.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let cache = self.0.cache.as_ref().map(crate::Cache::stats);
        Stats { cache, ..self.0.counters.read() }
    }

    /// Shows what is made of a function for what was seen until now: at the stage of the machine code that it has, or the first
    /// one; at a call, or where only a loop has machine code, in that. It opens the backend; the machine code is not kept.
    #[must_use]
    pub fn show(&self, m: &Mutator<'_>, code: CodeRef) -> Shown {
        let heat = m.heat_of(code);
        let snapshot = m.look_at(code);
        let stage = snapshot.stage;
        let lowered = lower(&snapshot, &self.0.layout, None);
        let (native, assembly) = match lowered {
            Ok(lowered) => {
                let backend = self.0.backend();
                let assembly = backend.and_then(|backend| {
                    let shown = backend.show(&lowered.module.to_bytes(), u32::from(stage), true);
                    shown
                        .map_err(|error| Absence { code: "jit::not-shown".into(), reason: error.to_string() })
                });
                (Ok(lowered.module.to_string()), Some(assembly))
            }
            Err(refusal) => (Err(refusal.to_string()), None),
        };
        Shown { heat, stage, native, assembly }
    }
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Handle").field(&self.stats().library).finish()
    }
}
