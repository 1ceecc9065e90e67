//! A bar for what takes long, on a terminal only.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rps_persist::Progress;

/// What takes less is over before one could read the bar.
const QUIET: Duration = Duration::from_millis(300);

/// Shows how far something is, until this is dropped.
pub(crate) struct Bar {
    bar: Arc<ProgressBar>,
    progress: Progress,
}

impl Bar {
    /// Returns a bar that appears on standard error after a moment; never where that is no terminal.
    pub(crate) fn new(what: &'static str) -> Bar {
        let bar = Arc::new(ProgressBar::hidden());
        if !io::stderr().is_terminal() {
            return Bar { bar, progress: Progress::default() };
        }
        let style =
            ProgressStyle::with_template("{msg} [{bar:30}] {human_pos}/{human_len} objects, {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
        bar.set_message(what);
        let (shown, start) = (Arc::clone(&bar), Instant::now());
        let progress = Progress::to(move |done, total| {
            if start.elapsed() > QUIET {
                if shown.is_hidden() {
                    shown.set_draw_target(ProgressDrawTarget::stderr());
                }
                shown.set_length(total);
                shown.set_position(done);
            }
        });
        Bar { bar, progress }
    }

    /// Shows at once how far it is; never where standard error is no terminal.
    pub(crate) fn show(&self, done: u64, total: u64) {
        if !io::stderr().is_terminal() {
            return;
        }
        if self.bar.is_hidden() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_length(total);
        self.bar.set_position(done);
    }

    /// Returns what is to be told of the progress.
    pub(crate) fn progress(&self) -> Progress {
        self.progress.clone()
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Shows how many of several steps are done, on a terminal only.
pub(crate) struct Steps(ProgressBar);

impl Steps {
    /// Returns a bar of so many steps.
    pub(crate) fn new(what: &'static str, count: usize) -> Steps {
        if !io::stderr().is_terminal() {
            return Steps(ProgressBar::hidden());
        }
        let bar = ProgressBar::with_draw_target(Some(count as u64), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
        bar.set_message(what);
        Steps(bar)
    }

    /// Counts a step.
    pub(crate) fn advance(&self) {
        self.0.inc(1);
    }

    /// Takes the bar away while something is written.
    pub(crate) fn pause(&self, write: impl FnOnce()) {
        self.0.suspend(write);
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) {
        self.0.finish_and_clear();
    }
}
