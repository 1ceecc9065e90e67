//! Work that goes on beside the prompt: one piece at a time, and one more that waits (RPS-16).

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// What may take long, and gives a `T`.
pub(crate) type Job<T> = Box<dyn FnOnce() -> T + Send>;

/// Work of one kind, each piece on a thread of its own, never two at once.
pub(crate) struct Background<T> {
    running: Option<Receiver<T>>,
    /// What is begun when that has ended. Who asks while something waits already gets what waits.
    waiting: Option<Job<T>>,
}

/// What became of a piece of work that was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Begun<T> {
    /// It is done.
    Done(T),
    /// It goes on, and nobody waits for it.
    GoesOn,
    /// It waits for another one to end.
    Waits,
    /// It was not begun, as there is no thread to be had, or ended without a result.
    Failed,
}

impl<T: Send + 'static> Background<T> {
    /// Returns a place where nothing is done.
    pub(crate) fn new() -> Background<T> {
        Background { running: None, waiting: None }
    }

    /// Begins a piece of work and waits for it for a while: `wait` calls what it is given. If another one is under way, it
    /// is left to wait, unless one waits already.
    pub(crate) fn begin(
        &mut self,
        job: Job<T>,
        patience: Duration,
        wait: impl FnOnce(&mut dyn FnMut()),
    ) -> Begun<T> {
        if self.is_busy() {
            self.waiting.get_or_insert(job);
            return Begun::Waits;
        }
        let Some(running) = start(job) else { return Begun::Failed };
        let mut result = Err(RecvTimeoutError::Timeout);
        wait(&mut || result = running.recv_timeout(patience));
        match result {
            Ok(result) => Begun::Done(result),
            Err(RecvTimeoutError::Disconnected) => Begun::Failed,
            Err(RecvTimeoutError::Timeout) => {
                self.running = Some(running);
                Begun::GoesOn
            }
        }
    }

    /// Returns whether something is under way, or has ended and was not asked after.
    pub(crate) fn is_busy(&self) -> bool {
        self.running.is_some()
    }

    /// Returns what has ended since, if something has within this time; what waited is begun then. `Err` stands for work that
    /// ended without a result.
    pub(crate) fn ended(&mut self, patience: Duration) -> Option<Result<T, ()>> {
        let result = match self.running.as_ref()?.recv_timeout(patience) {
            Ok(result) => Ok(result),
            Err(RecvTimeoutError::Timeout) => return None,
            Err(RecvTimeoutError::Disconnected) => Err(()),
        };
        self.running = self.waiting.take().and_then(start);
        Some(result)
    }
}

fn start<T: Send + 'static>(job: Job<T>) -> Option<Receiver<T>> {
    let (sender, receiver) = channel();
    // Nobody needs the result if nobody receives it.
    let work = move || drop(sender.send(job()));
    thread::Builder::new().name("dump".to_owned()).spawn(work).ok()?;
    Some(receiver)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::Sender;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    /// Returns a piece of work that ends when something is sent.
    fn gated(number: u32) -> (Sender<()>, Job<u32>) {
        let (sender, receiver) = channel::<()>();
        (sender, Box::new(move || receiver.recv().map_or(0, |()| number)))
    }

    fn begin(background: &mut Background<u32>, job: Job<u32>, patience: Duration) -> Begun<u32> {
        background.begin(job, patience, |wait| wait())
    }

    #[test]
    fn what_takes_long_goes_on_and_one_more_waits_rps_16() {
        let mut background = Background::new();
        assert_eq!(begin(&mut background, Box::new(|| 1), LONG), Begun::Done(1));
        assert!(!background.is_busy());
        let ((first, one), (second, two), (_third, three)) = (gated(1), gated(2), gated(3));
        assert_eq!(begin(&mut background, one, Duration::ZERO), Begun::GoesOn);
        assert_eq!(background.ended(Duration::ZERO), None);
        assert_eq!(begin(&mut background, two, LONG), Begun::Waits);
        assert_eq!(begin(&mut background, three, LONG), Begun::Waits, "it shares what waits");
        first.send(()).unwrap();
        assert_eq!(background.ended(LONG), Some(Ok(1)));
        assert!(background.is_busy(), "the second one was begun");
        second.send(()).unwrap();
        assert_eq!(background.ended(LONG), Some(Ok(2)));
        assert_eq!(background.ended(Duration::ZERO), None);
        assert!(!background.is_busy());
    }

    #[test]
    fn work_that_ends_without_a_result_is_told() {
        let mut background: Background<u32> = Background::new();
        let (gate, job) = channel::<()>();
        let job: Job<u32> = Box::new(move || {
            let _ = job.recv();
            std::panic::resume_unwind(Box::new("nobody hears this"));
        });
        assert_eq!(begin(&mut background, job, Duration::ZERO), Begun::GoesOn);
        drop(gate);
        assert_eq!(background.ended(LONG), Some(Err(())));
        assert!(!background.is_busy());
    }
}
