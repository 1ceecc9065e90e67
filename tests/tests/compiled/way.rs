//! The ways to run a program: interpreted, and by machine code.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rps_jit::lower::Faults;
use rps_jit::{Absence, Backend, Engine, Event, Mode, Native, Options};
use rps_plugin_host::Manager;
use rps_runtime::Runtime;
use rps_runtime::code::machine::{ExitKind, Thresholds};
use rps_tests::{skip, tier};

/// So little makes a function hot that programs of a few lines have hot ones, and so little hotter that the second stage has
/// its turn, too.
const THRESHOLDS: Thresholds = Thresholds { cold: 1, profiled: 2, hot: 20 };

/// So many bytes are allocated between two collections at least, where guards fail at random.
const BUDGET: usize = 128 << 10;

/// How a program is run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    /// By the interpreter alone.
    Interpreted,
    /// What is hot is compiled by another thread.
    Auto,
    /// All that is run twice is compiled at once.
    Eager,
    /// The same, and guards fail at random: one in 2 to the power of `bits`.
    Faulty {
        /// See above.
        bits: u32,
        /// Says which ones.
        seed: u64,
        /// Whether the engine takes the failures for true ones, and makes other code.
        is_counted: bool,
    },
}

/// What the engines of all runtimes have done.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// How often machine code was made.
    pub(crate) made: AtomicUsize,
    /// How often it was left because a guard failed at random.
    pub(crate) faults: AtomicUsize,
    /// Why functions were refused that should not have been.
    refused: Mutex<Vec<String>>,
}

impl Counts {
    /// Returns why functions were refused that should not have been.
    pub(crate) fn refused(&self) -> Vec<String> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, event: &Event<'_>) {
        match event {
            Event::Made { .. } => {
                self.made.fetch_add(1, Ordering::Relaxed);
            }
            Event::Exited { cause: "fault", .. } => {
                self.faults.fetch_add(1, Ordering::Relaxed);
            }
            Event::Refused { name, entrance, reason } if !reason.contains("too large") => {
                let text = format!("{name} {entrance:?}: {reason}");
                self.refused.lock().unwrap_or_else(PoisonError::into_inner).push(text);
            }
            _ => {}
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Way::Interpreted => f.write_str("interpreted"),
            Way::Auto => f.write_str("auto"),
            Way::Eager => f.write_str("eager"),
            Way::Faulty { bits, seed, is_counted } => {
                let counted = if *is_counted { ", counted" } else { "" };
                write!(f, "faulty 1 in 2^{bits}, seed {seed}{counted}")
            }
        }
    }
}

impl Way {
    /// Lets a new runtime run programs in this way.
    pub(crate) fn attach(self, runtime: &Runtime, counts: &Arc<Counts>) {
        let mode = match self {
            Way::Interpreted => return,
            Way::Auto => Mode::Auto,
            Way::Eager => Mode::Eager,
            Way::Faulty { bits, seed, is_counted } => {
                let kind = if is_counted { ExitKind::Failed } else { ExitKind::Quiet };
                Mode::Faulty(Arc::new(Faults::new(bits, seed, kind)))
            }
        };
        if matches!(self, Way::Faulty { .. }) {
            // Most of what machine code makes by itself lies between two collections.
            runtime.heap().set_min_budget(BUDGET);
        }
        let counts = Arc::clone(counts);
        let log = Box::new(move |event: &Event<'_>| counts.note(event));
        let options = Options { log: Some(log), ..Options::new(mode, THRESHOLDS) };
        Engine::attach(runtime, options, || {
            backend().cloned().ok_or_else(|| Absence {
                code: "plugin::unsupported".into(),
                reason: "built without LLVM".into(),
            })
        });
    }
}

/// Returns whether there is LLVM on this machine; if not, the calling test is skipped.
pub(crate) fn has_backend() -> bool {
    let has_backend = backend().is_some();
    if !has_backend {
        skip("the compiled tier is built without LLVM");
    }
    has_backend
}

/// Returns the one backend of all runtimes.
fn backend() -> Option<&'static Arc<dyn Backend>> {
    static BACKEND: OnceLock<Option<Arc<dyn Backend>>> = OnceLock::new();
    BACKEND
        .get_or_init(|| {
            let (_, has_llvm) = tier::library();
            has_llvm.then(|| {
                let manager = Manager::new(rps_plugin_host::Options::default());
                Arc::new(Native::open(&manager).expect("the library is there")) as Arc<dyn Backend>
            })
        })
        .as_ref()
}
