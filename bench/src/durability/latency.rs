//! How long single operations take.

use std::fmt;

use super::Failure;
use crate::table;

/// Times of many operations, microseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Latency {
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) p999: f64,
    pub(super) max: f64,
}

impl Latency {
    /// Returns the percentiles of times, which are sorted for it.
    pub(super) fn of(times: &mut [f64]) -> Latency {
        times.sort_by(f64::total_cmp);
        let at = |part: f64| {
            let number = (times.len() as f64 * part).ceil() as usize;
            times.get(number.clamp(1, times.len().max(1)) - 1).copied().unwrap_or(f64::NAN)
        };
        Latency { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1.0) }
    }

    /// Returns the median of each figure.
    pub(super) fn median(all: &[Latency]) -> Latency {
        let median = |of: fn(&Latency) -> f64| table::median(all.iter().map(of).collect());
        Latency {
            p50: median(|one| one.p50),
            p99: median(|one| one.p99),
            p999: median(|one| one.p999),
            max: median(|one| one.max),
        }
    }

    /// Returns what [`Latency`] printed as the first words of a line.
    ///
    /// # Errors
    ///
    /// When it did not.
    pub(super) fn parse(words: &mut dyn Iterator<Item = &str>) -> Result<Latency, Failure> {
        let mut next = || number(words);
        Ok(Latency { p50: next()?, p99: next()?, p999: next()?, max: next()? })
    }
}

/// How often operations took how long, to 6 % exact: many more operations than could be kept one by one.
#[derive(Clone, Debug, Default)]
pub(super) struct Histogram {
    /// By the five leading bits of the time in nanoseconds and their place.
    counts: Vec<u64>,
    max: f64,
}

impl Histogram {
    /// Adds the time of an operation, microseconds.
    pub(super) fn add(&mut self, time: f64) {
        let bucket = Histogram::bucket((time * 1e3) as u64);
        if bucket >= self.counts.len() {
            self.counts.resize(bucket + 1, 0);
        }
        self.counts[bucket] += 1;
        self.max = self.max.max(time);
    }

    fn bucket(nanoseconds: u64) -> usize {
        let shift = (64 - nanoseconds.leading_zeros()).saturating_sub(5);
        shift as usize * 16 + (nanoseconds >> shift) as usize
    }

    /// Returns the least number of nanoseconds of a bucket.
    fn least(bucket: usize) -> u64 {
        let shift = (bucket / 16).saturating_sub(1);
        ((bucket - shift * 16) as u64) << shift
    }

    /// Returns how many operations there were.
    pub(super) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Returns the percentiles: each the least time of its bucket.
    pub(super) fn latency(&self) -> Latency {
        let at = |part: f64| {
            let mut left = (self.count() as f64 * part).ceil() as u64;
            for (bucket, count) in self.counts.iter().enumerate() {
                if left <= *count {
                    return Histogram::least(bucket) as f64 / 1e3;
                }
                left -= count;
            }
            f64::NAN
        };
        Latency { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: self.max }
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.p50, self.p99, self.p999, self.max)
    }
}

/// Returns the number that is the next word.
///
/// # Errors
///
/// When there is none.
pub(super) fn number(words: &mut dyn Iterator<Item = &str>) -> Result<f64, Failure> {
    Ok(words.next().ok_or("a figure is missing")?.parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_is_exact_to_a_sixteenth() {
        for nanoseconds in (0..70).chain([1000, 123_456, u64::from(u32::MAX), u64::MAX / 3]) {
            let least = Histogram::least(Histogram::bucket(nanoseconds));
            assert!(
                least <= nanoseconds && nanoseconds - least <= nanoseconds / 16,
                "{nanoseconds}: {least}"
            );
        }
        let mut histogram = Histogram::default();
        (1..=1000).for_each(|time| histogram.add(f64::from(time)));
        let latency = histogram.latency();
        assert_eq!((histogram.count(), latency.max), (1000, 1000.0));
        assert!(
            (470.0..=500.0).contains(&latency.p50) && (930.0..=990.0).contains(&latency.p99),
            "{latency}"
        );
    }

    #[test]
    fn percentiles_are_of_what_is_there() {
        let mut times: Vec<f64> = (1..=1000).rev().map(f64::from).collect();
        let latency = Latency::of(&mut times);
        assert_eq!([latency.p50, latency.p99, latency.p999, latency.max], [500.0, 990.0, 999.0, 1000.0]);
        let printed = latency.to_string();
        let parsed = Latency::parse(&mut printed.split(' ')).unwrap();
        assert_eq!(parsed.to_string(), printed);
        assert!(Latency::parse(&mut "1 2 3".split(' ')).is_err());
        assert!(Latency::of(&mut []).max.is_nan());
    }
}
