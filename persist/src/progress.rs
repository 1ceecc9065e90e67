//! How far a load or a dump is, for whoever shows it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is told of the progress: the objects that are done, and how many there are in all. Called from any thread.
pub type Watcher = dyn Fn(u64, u64) + Send + Sync;

/// Counts objects, and tells somebody or nobody.
#[derive(Clone, Default)]
pub struct Progress(Option<Arc<Watcher>>);

impl Progress {
    /// Returns a progress that tells `watcher` after every file.
    ///
    /// ```
    /// use rps_persist::Progress;
    /// let progress = Progress::to(|done, total| assert!(done <= total));
    /// ```
    pub fn to(watcher: impl Fn(u64, u64) + Send + Sync + 'static) -> Progress {
        Progress(Some(Arc::new(watcher)))
    }

    /// Begins to count up to so many objects.
    pub(crate) fn start(&self, total: usize) -> Counter<'_> {
        Counter { watcher: self.0.as_deref(), done: AtomicU64::new(0), total: total as u64 }
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Progress(watched)" } else { "Progress" })
    }
}

/// A count under way.
pub(crate) struct Counter<'p> {
    watcher: Option<&'p Watcher>,
    done: AtomicU64,
    total: u64,
}

impl Counter<'_> {
    /// Counts objects as done.
    pub(crate) fn add(&self, objects: usize) {
        if let Some(watcher) = self.watcher {
            let done = self.done.fetch_add(objects as u64, Ordering::Relaxed) + objects as u64;
            watcher(done, self.total);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn what_is_done_is_told() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&told);
        let progress = Progress::to(move |done, total| into.lock().unwrap().push((done, total)));
        let counter = progress.start(5);
        counter.add(2);
        counter.add(3);
        assert_eq!(*told.lock().unwrap(), [(2, 5), (5, 5)]);
        Progress::default().start(1).add(1);
    }
}
