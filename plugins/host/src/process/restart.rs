//! How often and how soon a process is started again.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::RestartPolicy;

/// The restarts of the last while.
#[derive(Debug, Default)]
pub(super) struct Restarts {
    recent: VecDeque<Instant>,
    total: u64,
}

impl Restarts {
    /// Returns how long the next restart has to wait, or how many there were when there may be no more.
    pub(super) fn wait(&mut self, policy: &RestartPolicy, now: Instant) -> Result<Duration, usize> {
        while self.recent.front().is_some_and(|start| now.duration_since(*start) > policy.window) {
            self.recent.pop_front();
        }
        if self.recent.len() >= policy.limit {
            return Err(self.recent.len());
        }
        let Some(last) = self.recent.back() else { return Ok(Duration::ZERO) };
        let doublings = u32::try_from(self.recent.len() - 1).unwrap_or(u32::MAX).min(20);
        let delay = policy.first_delay.saturating_mul(1 << doublings).min(policy.max_delay);
        Ok(delay.saturating_sub(now.duration_since(*last)))
    }

    /// Takes down a restart.
    pub(super) fn record(&mut self, now: Instant) {
        self.recent.push_back(now);
        self.total += 1;
    }

    /// Returns how many restarts there ever were.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Lets it begin again.
    pub(super) fn forgive(&mut self) {
        self.recent.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn restarts_wait_longer_and_end() {
        let ms = Duration::from_millis;
        let policy = RestartPolicy { limit: 4, window: ms(1000), first_delay: ms(10), max_delay: ms(25) };
        let mut restarts = Restarts::default();
        let mut now = Instant::now();
        let mut waits = Vec::new();
        while let Ok(wait) = restarts.wait(&policy, now) {
            waits.push(wait);
            restarts.record(now);
        }
        assert_eq!(waits, [ms(0), ms(10), ms(20), ms(25)]);
        assert_eq!(restarts.wait(&policy, now), Err(4));
        now += ms(1001);
        assert_eq!(restarts.wait(&policy, now), Ok(ms(0)));
        restarts.record(now);
        assert_eq!(restarts.wait(&policy, now + ms(4)), Ok(ms(6)));
        restarts.forgive();
        assert_eq!((restarts.wait(&policy, now), restarts.total()), (Ok(ms(0)), 5));
    }
}
