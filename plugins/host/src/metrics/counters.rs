//! Counts of named events.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::RwLock;

/// A payload was written in a poorer format than its plugin's own; labels `type` and `format`.
pub const PAYLOAD_DOWNGRADE: &str = "payload_downgrade";

/// Something was registered that was there already.
pub const REGISTRATIONS_DUPLICATE: &str = "registrations_duplicate";

/// How many different counters there may be: labels may come from plugins, memory must not.
const MAX_COUNTERS: usize = 1024;

/// Where counts go that came too late for a counter of their own.
const OVERFLOW: &str = "counters_overflow";

type Labels = Vec<(&'static str, String)>;

/// Counts events by name and labels, in the manner of Prometheus: `payload_downgrade{type="geo",format="json"}`.
///
/// These events are rare; a call of a plugin is counted in [`CallMetrics`](super::CallMetrics) instead.
#[derive(Debug, Default)]
pub struct Counters {
    counters: RwLock<BTreeMap<(&'static str, Labels), AtomicU64>>,
}

/// The state of one counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CounterSnapshot {
    /// The name of the event.
    pub name: &'static str,
    /// What tells it from other events of this name, in the order in which it was given.
    pub labels: Vec<(&'static str, String)>,
    /// How often it happened.
    pub value: u64,
}

impl Counters {
    /// Returns counters of nothing.
    pub fn new() -> Counters {
        Counters::default()
    }

    /// Adds 1 to the counter of `name` and `labels`.
    pub fn increment(&self, name: &'static str, labels: &[(&'static str, &str)]) {
        self.add(name, labels, 1);
    }

    /// Adds `count` to the counter of `name` and `labels`.
    pub fn add(&self, name: &'static str, labels: &[(&'static str, &str)], count: u64) {
        let labels: Labels = labels.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        let key = (name, labels);
        if let Some(counter) = self.counters.read().get(&key) {
            counter.fetch_add(count, Ordering::Relaxed);
            return;
        }
        let mut counters = self.counters.write();
        let full = counters.len() >= MAX_COUNTERS && !counters.contains_key(&key);
        let key = if full { (OVERFLOW, Labels::new()) } else { key };
        *counters.entry(key).or_default().get_mut() += count;
    }

    /// Returns the value of one counter; 0 when it never counted.
    pub fn get(&self, name: &'static str, labels: &[(&'static str, &str)]) -> u64 {
        let labels: Labels = labels.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        self.counters.read().get(&(name, labels)).map_or(0, |counter| counter.load(Ordering::Relaxed))
    }

    /// Returns all counters, by name and then by labels.
    pub fn snapshot(&self) -> Vec<CounterSnapshot> {
        let counters = self.counters.read();
        let one = |((name, labels), value): (&(&'static str, Labels), &AtomicU64)| CounterSnapshot {
            name,
            labels: labels.clone(),
            value: value.load(Ordering::Relaxed),
        };
        counters.iter().map(one).collect()
    }

    /// Forgets everything.
    pub fn reset(&self) {
        self.counters.write().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_counted_by_name_and_labels() {
        let counters = Counters::new();
        let geo = [("type", "geo"), ("format", "json")];
        counters.increment(PAYLOAD_DOWNGRADE, &geo);
        counters.add(PAYLOAD_DOWNGRADE, &geo, 2);
        counters.increment(PAYLOAD_DOWNGRADE, &[("type", "geo"), ("format", "cbor")]);
        counters.increment(REGISTRATIONS_DUPLICATE, &[]);
        assert_eq!(counters.get(PAYLOAD_DOWNGRADE, &geo), 3);
        assert_eq!(counters.get(PAYLOAD_DOWNGRADE, &[]), 0);
        let found = counters.snapshot();
        let values: Vec<_> = found.iter().map(|counter| (counter.name, counter.value)).collect();
        assert_eq!(values, [(PAYLOAD_DOWNGRADE, 1), (PAYLOAD_DOWNGRADE, 3), (REGISTRATIONS_DUPLICATE, 1)]);
        assert_eq!(found[0].labels, [("type", "geo".to_owned()), ("format", "cbor".to_owned())]);
        counters.reset();
        assert_eq!(counters.snapshot(), []);
    }

    /// A plugin that invents labels does not fill the memory.
    #[test]
    fn counters_are_bounded() {
        let counters = Counters::new();
        for n in 0..2000 {
            counters.increment(PAYLOAD_DOWNGRADE, &[("type", &n.to_string())]);
        }
        counters.increment(PAYLOAD_DOWNGRADE, &[("type", "7")]);
        assert_eq!(counters.snapshot().len(), MAX_COUNTERS + 1);
        assert_eq!(counters.get(PAYLOAD_DOWNGRADE, &[("type", "7")]), 2);
        assert_eq!(counters.get(OVERFLOW, &[]), 2000 - MAX_COUNTERS as u64);
    }
}
