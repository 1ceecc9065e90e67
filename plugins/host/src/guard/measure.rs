//! What a guarded call costs.

use std::convert::Infallible;
use std::thread;
use std::time::{Duration, Instant};

use super::{Guard, GuardError, Limits};

/// The times of guarded calls that do nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandOffTimes {
    /// Half of the calls took at most this long.
    pub p50: Duration,
    /// 99 % of the calls took at most this long.
    pub p99: Duration,
    /// The longest call.
    pub max: Duration,
}

/// Measures `calls` guarded calls that do nothing, with `pause` between them (zero: one right after the other).
///
/// With a pause of a millisecond both threads have gone to sleep in between, which is the worst case.
///
/// # Errors
///
/// What [`Guard::run`] reports.
pub fn measure_hand_off(
    guard: &Guard,
    calls: usize,
    pause: Duration,
) -> Result<HandOffTimes, GuardError<Infallible>> {
    let limits = Limits::default();
    let mut times = Vec::with_capacity(calls.max(1));
    for _ in 0..calls.max(1) {
        if !pause.is_zero() {
            thread::sleep(pause);
        }
        let start = Instant::now();
        guard.run(&limits, &|| false, |_| Ok(()))?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    Ok(HandOffTimes { p50: at(50), p99: at(99), max: at(100) })
}
