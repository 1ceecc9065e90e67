//! What is measured of the calls of one plugin, or of one extension.

use std::array;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::histogram::{Histogram, nanoseconds};
use crate::guard::GuardError;

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// With a result.
    Success,
    /// With an error of its own, or it did not begin at all.
    Error,
    /// It took too long.
    Timeout,
    /// It panicked.
    Panic,
    /// The user gave up.
    Cancelled,
}

const OUTCOMES: usize = 5;

/// What is measured of calls: how many, how they ended, how long they took, how much went in and out.
#[derive(Debug)]
pub struct CallMetrics {
    outcomes: [AtomicU64; OUTCOMES],
    nanos: AtomicU64,
    latency: Histogram,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
}

/// What was measured up to a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallSnapshot {
    /// All calls that have ended.
    pub calls: u64,
    /// Calls that ended with an error of their own.
    pub errors: u64,
    /// Calls that took too long.
    pub timeouts: u64,
    /// Calls that panicked.
    pub panics: u64,
    /// Calls that the user cancelled.
    pub cancelled: u64,
    /// How many bytes were handed to the calls.
    pub bytes_in: u64,
    /// How many bytes the calls gave back.
    pub bytes_out: u64,
    /// How many of the calls were timed: what follows is about them.
    pub timed: u64,
    /// The time of all timed calls together.
    pub total: Duration,
    /// Half of the timed calls took at most this long, within 3.2 %.
    pub p50: Duration,
    /// 99 % of the timed calls took at most this long, within 3.2 %.
    pub p99: Duration,
    /// The longest timed call, within 3.2 %.
    pub max: Duration,
}

impl Outcome {
    /// Returns the outcome that `result` of a guarded call tells of.
    pub fn of<T, E>(result: &Result<T, GuardError<E>>) -> Outcome {
        match result {
            Ok(_) => Outcome::Success,
            Err(GuardError::Timeout { .. }) => Outcome::Timeout,
            Err(GuardError::Panicked { .. }) => Outcome::Panic,
            Err(GuardError::Cancelled) => Outcome::Cancelled,
            Err(GuardError::Failed(_) | GuardError::Busy { .. } | GuardError::NoThread(_)) => Outcome::Error,
        }
    }
}

impl CallMetrics {
    /// Returns metrics of no calls.
    pub fn new() -> CallMetrics {
        CallMetrics {
            outcomes: array::from_fn(|_| AtomicU64::new(0)),
            nanos: AtomicU64::new(0),
            latency: Histogram::new(),
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
        }
    }

    /// Counts a call that took `duration`.
    pub fn record(&self, outcome: Outcome, duration: Duration) {
        self.count(outcome);
        self.nanos.fetch_add(nanoseconds(duration), Ordering::Relaxed);
        self.latency.record(duration);
    }

    /// Counts a call that was not timed: one that is so short that reading the clock would double its time.
    pub fn count(&self, outcome: Outcome) {
        self.outcomes[outcome as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Counts bytes that went into calls and came out of them.
    pub fn add_bytes(&self, bytes_in: usize, bytes_out: usize) {
        for (counter, bytes) in [(&self.bytes_in, bytes_in), (&self.bytes_out, bytes_out)] {
            if bytes != 0 {
                counter.fetch_add(bytes as u64, Ordering::Relaxed);
            }
        }
    }

    /// Returns what was measured so far.
    pub fn snapshot(&self) -> CallSnapshot {
        let outcomes = self.outcomes.each_ref().map(|outcome| outcome.load(Ordering::Relaxed));
        let of = |outcome: Outcome| outcomes[outcome as usize];
        let [p50, p99, max] = self.latency.percentiles([50.0, 99.0, 100.0]);
        CallSnapshot {
            calls: outcomes.iter().sum(),
            errors: of(Outcome::Error),
            timeouts: of(Outcome::Timeout),
            panics: of(Outcome::Panic),
            cancelled: of(Outcome::Cancelled),
            bytes_in: self.bytes_in.load(Ordering::Relaxed),
            bytes_out: self.bytes_out.load(Ordering::Relaxed),
            timed: self.latency.count(),
            total: Duration::from_nanos(self.nanos.load(Ordering::Relaxed)),
            p50,
            p99,
            max,
        }
    }

    /// Forgets everything.
    pub fn reset(&self) {
        for counter in self.outcomes.iter().chain([&self.nanos, &self.bytes_in, &self.bytes_out]) {
            counter.store(0, Ordering::Relaxed);
        }
        self.latency.reset();
    }
}

impl Default for CallMetrics {
    fn default() -> CallMetrics {
        CallMetrics::new()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    /// DYN-26: every outcome has its counter, and the sum is the number of calls.
    #[test]
    fn outcomes_are_counted_apart() {
        let metrics = CallMetrics::new();
        assert_eq!(metrics.snapshot(), CallSnapshot::default());
        let results: [(Result<(), GuardError<()>>, u64); 5] = [
            (Ok(()), 5),
            (Err(GuardError::Failed(())), 4),
            (Err(GuardError::Timeout { after: Duration::ZERO }), 3),
            (Err(GuardError::Panicked { message: String::new() }), 2),
            (Err(GuardError::Cancelled), 1),
        ];
        for (result, times) in &results {
            for _ in 0..*times {
                metrics.record(Outcome::of(result), Duration::from_micros(10));
            }
        }
        metrics.count(Outcome::of(&Err::<(), _>(GuardError::<()>::Busy { running: 1, leaked: 0 })));
        metrics.add_bytes(3, 0);
        metrics.add_bytes(4, 100);
        let found = metrics.snapshot();
        assert_eq!((found.calls, found.timed), (16, 15));
        assert_eq!((found.errors, found.timeouts, found.panics, found.cancelled), (5, 3, 2, 1));
        assert_eq!((found.bytes_in, found.bytes_out), (7, 100));
        assert_eq!(found.total, Duration::from_micros(150));
        assert!(found.p50 == found.p99 && found.p99 == found.max && found.max > Duration::from_micros(9));
        metrics.reset();
        assert_eq!(metrics.snapshot(), CallSnapshot::default());
    }

    #[test]
    fn nothing_is_lost_between_threads() {
        let metrics = CallMetrics::new();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for n in 0..1000 {
                        metrics.record(Outcome::Success, Duration::from_nanos(n));
                        metrics.add_bytes(1, 2);
                    }
                });
            }
        });
        let found = metrics.snapshot();
        assert_eq!((found.calls, found.timed, found.bytes_in, found.bytes_out), (4000, 4000, 4000, 8000));
    }
}
