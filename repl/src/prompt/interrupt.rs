//! Ctrl-C while something is computed: the computation stops, the session stays.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use rps_runtime::Runtime;
use signal_hook::consts::SIGINT;
use signal_hook::iterator::Signals;

use crate::failure::Failure;

/// Watches for Ctrl-C until the process ends. While a line is being typed the terminal sends none.
pub(super) struct Interrupts {
    runtime: Arc<Mutex<Weak<Runtime>>>,
}

impl Interrupts {
    /// Makes Ctrl-C stop what a runtime computes.
    pub(super) fn watch(runtime: &Arc<Runtime>) -> Result<Interrupts, Failure> {
        let failed = |error: std::io::Error| {
            Failure::new("command::signals", "can not watch for Ctrl-C").detail(error.to_string())
        };
        let mut signals = Signals::new([SIGINT]).map_err(failed)?;
        let watched = Arc::new(Mutex::new(Arc::downgrade(runtime)));
        let shared = Arc::clone(&watched);
        let watch = move || {
            for _ in signals.forever() {
                if let Some(runtime) = shared.lock().unwrap_or_else(PoisonError::into_inner).upgrade() {
                    runtime.interrupt();
                }
            }
        };
        std::thread::Builder::new().name("interrupts".into()).spawn(watch).map_err(failed)?;
        Ok(Interrupts { runtime: watched })
    }

    /// Watches for another runtime instead.
    pub(super) fn follow(&self, runtime: &Arc<Runtime>) {
        *self.runtime.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(runtime);
    }
}
