//! How long calls take, in buckets that grow with the time.

use std::array;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Every power of two is split into this many buckets, so that a bucket is at most 1/16 of its times wide and its
/// middle is wrong by at most 3.2 %.
const PARTS: u64 = 16;
const PART_BITS: u32 = PARTS.trailing_zeros();

/// Times of 2⁴¹ ns (37 minutes) and more share the last bucket.
const TOP_BIT: u32 = 40;

const BUCKETS: usize = ((TOP_BIT - PART_BITS + 2) as u64 * PARTS) as usize;

/// A histogram of durations with buckets of logarithmic width, as in HdrHistogram; 5 KB, never growing.
pub struct Histogram {
    buckets: [AtomicU64; BUCKETS],
}

impl Histogram {
    /// Returns an empty histogram.
    pub fn new() -> Histogram {
        Histogram { buckets: array::from_fn(|_| AtomicU64::new(0)) }
    }

    /// Counts one `duration`.
    pub fn record(&self, duration: Duration) {
        self.buckets[bucket(nanoseconds(duration))].fetch_add(1, Ordering::Relaxed);
    }

    /// Returns how many durations were counted.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).sum()
    }

    /// Returns, for each of `percents` (0 to 100), the duration that this share of the durations does not exceed,
    /// within 3.2 %; zero when there are none.
    pub fn percentiles<const N: usize>(&self, percents: [f64; N]) -> [Duration; N] {
        let counts: Vec<u64> = self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).collect();
        let total: u64 = counts.iter().sum();
        percents.map(|percent| {
            let rank = ((percent / 100.0 * total as f64).ceil() as u64).clamp(1, total.max(1));
            let mut seen = 0;
            let found = counts.iter().position(|count| {
                seen += count;
                seen >= rank
            });
            found.map_or(Duration::ZERO, |bucket| Duration::from_nanos(middle(bucket)))
        })
    }

    /// Forgets everything.
    pub fn reset(&self) {
        for bucket in &self.buckets {
            bucket.store(0, Ordering::Relaxed);
        }
    }
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram::new()
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p50, p99] = self.percentiles([50.0, 99.0]);
        f.debug_struct("Histogram")
            .field("count", &self.count())
            .field("p50", &p50)
            .field("p99", &p99)
            .finish()
    }
}

/// Returns `duration` in nanoseconds, as far as 64 bits reach.
pub(super) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Returns the bucket of a time: the position of its highest bit and the four bits below.
fn bucket(nanos: u64) -> usize {
    if nanos < PARTS {
        return nanos as usize;
    }
    let top = nanos.ilog2();
    if top > TOP_BIT {
        return BUCKETS - 1;
    }
    let shift = top - PART_BITS;
    (u64::from(shift) * PARTS + (nanos >> shift)) as usize
}

/// Returns the time in the middle of a bucket.
fn middle(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < PARTS {
        return bucket;
    }
    let shift = bucket / PARTS - 1;
    let low = (PARTS + bucket % PARTS) << shift;
    low + (1 << shift) / 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn buckets_follow_each_other() {
        let mut last = 0;
        for exponent in 0..45 {
            for part in 0..64_u64 {
                let nanos = (1_u64 << exponent) + (part << exponent) / 64;
                let at = bucket(nanos);
                assert!(at == last || at == last + 1, "{nanos} is in {at}, after {last}");
                last = at;
            }
        }
        assert_eq!(last, BUCKETS - 1);
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    proptest! {
        #[test]
        fn the_middle_is_near(nanos in 0_u64..1 << 41) {
            let found = middle(bucket(nanos));
            prop_assert!(found.abs_diff(nanos) as f64 <= nanos as f64 * 0.032, "{nanos} became {found}");
            prop_assert_eq!(bucket(found), bucket(nanos));
        }
    }

    /// DYN-26: percentiles of known durations.
    #[test]
    fn percentiles_are_where_they_should_be() {
        let histogram = Histogram::new();
        assert_eq!(histogram.percentiles([50.0, 99.0]), [Duration::ZERO; 2]);
        for micros in 1..=1000 {
            histogram.record(Duration::from_micros(micros));
        }
        let near = |found: Duration, micros: f64| (found.as_secs_f64() * 1e6 / micros - 1.0).abs() < 0.035;
        let [p0, p50, p99, p100] = histogram.percentiles([0.0, 50.0, 99.0, 100.0]);
        assert!(near(p0, 1.0) && near(p50, 500.0) && near(p99, 990.0) && near(p100, 1000.0), "{histogram:?}");
        assert_eq!(histogram.count(), 1000);
        histogram.reset();
        assert_eq!(histogram.count(), 0);
        histogram.record(Duration::MAX);
        assert_eq!(histogram.count(), 1);
    }
}
