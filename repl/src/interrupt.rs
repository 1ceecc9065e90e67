//! Ctrl-C while something is computed: the computation stops, the session stays.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use rps_runtime::Runtime;
use signal_hook::consts::{SIGINT, SIGXFSZ};
use signal_hook::iterator::Signals;

use crate::failure::Failure;

/// The exit status of what Ctrl-C stopped, as shells count it: 128 and the number of the signal.
pub(crate) const STATUS: u8 = 130;

/// Watches for Ctrl-C until the process ends. While a line is being typed the terminal sends none.
pub(crate) struct Interrupts {
    runtime: Arc<Mutex<Weak<Runtime>>>,
    /// Whether it was pressed when that ends the process.
    is_ending: Arc<AtomicBool>,
}

/// What Ctrl-C does when it is pressed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    /// The same: there is a session to be kept.
    Interrupts,
    /// It ends the process, whatever that is doing.
    Ends,
}

/// Makes a write beyond the limit on the size of files an error, as on a full disk, in place of the end of the process.
pub(crate) fn outlive_limits() {
    // Without the handler the signal does what it did before.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::default());
}

impl Interrupts {
    /// Makes Ctrl-C stop what a runtime computes.
    pub(crate) fn watch(runtime: &Arc<Runtime>, again: Again) -> Result<Interrupts, Failure> {
        let interrupts = Interrupts::new(again)?;
        interrupts.follow(runtime);
        Ok(interrupts)
    }

    /// Makes Ctrl-C stop what the runtimes compute that are followed later.
    pub(crate) fn new(again: Again) -> Result<Interrupts, Failure> {
        let failed = |error: std::io::Error| {
            Failure::new("command::signals", "can not watch for Ctrl-C").detail(error.to_string())
        };
        let mut signals = Signals::new([SIGINT]).map_err(failed)?;
        let watched = Arc::new(Mutex::new(Weak::new()));
        let is_ending = Arc::new(AtomicBool::new(false));
        let (shared, ending): (Arc<Mutex<Weak<Runtime>>>, _) = (Arc::clone(&watched), Arc::clone(&is_ending));
        let watch = move || {
            for _ in signals.forever() {
                if again == Again::Ends && ending.swap(true, Ordering::SeqCst) {
                    signal_hook::low_level::exit(STATUS.into());
                }
                if let Some(runtime) = shared.lock().unwrap_or_else(PoisonError::into_inner).upgrade() {
                    runtime.interrupt();
                }
            }
        };
        std::thread::Builder::new().name("interrupts".into()).spawn(watch).map_err(failed)?;
        Ok(Interrupts { runtime: watched, is_ending })
    }

    /// Watches for another runtime instead.
    pub(crate) fn follow(&self, runtime: &Arc<Runtime>) {
        *self.runtime.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(runtime);
        // It may have been pressed when there was nothing to be stopped.
        if self.is_ending.load(Ordering::SeqCst) {
            runtime.interrupt();
        }
    }
}
