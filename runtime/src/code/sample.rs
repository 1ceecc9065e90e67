//! Samples: what computations were doing at moments, for a profile.

use parking_lot::Mutex;

use crate::runtime::Mutator;

/// The samples of a runtime.
#[derive(Default)]
pub struct Sampler {
    samples: Mutex<Vec<Vec<String>>>,
}

impl Sampler {
    /// Takes the samples that there are: the calls that were under way, the outermost first, as a stack trace writes them.
    pub fn take(&self) -> Vec<Vec<String>> {
        std::mem::take(&mut self.samples.lock())
    }

    /// Adds a sample of what the thread is doing.
    pub(crate) fn add(&self, m: &Mutator<'_>) {
        let calls = m.calls_under_way();
        let sample = calls.iter().rev().map(ToString::to_string).collect();
        self.samples.lock().push(sample);
    }
}
