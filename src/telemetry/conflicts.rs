//! `statsd_exporter_events_conflict_total{type,metric_name}`. The names come from
//! whoever sends datagrams, so their number and their length are bounded; what
//! does not fit counts as `other`.
//!
//! Heat: warm (a counter is looked up when a refused route is made; to count on
//! it is one atomic addition).

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::lock;
use crate::model::{MetricKind, MetricName};

/// How many pairs of type and name are told apart.
const MAX_NAMES: usize = 10_000;

/// How many bytes all names may have together.
const MAX_BYTES: usize = 1 << 20;

/// What stands for the names that do not fit.
const OTHER: &str = "other";

/// The counter of conflicts of one type and name.
#[derive(Clone, Debug)]
pub struct ConflictCounter(Arc<AtomicU64>);

impl ConflictCounter {
    /// Counts refused events.
    #[inline]
    pub fn add(&self, events: u32) {
        self.0.fetch_add(u64::from(events), Ordering::Relaxed);
    }
}

/// All conflicts.
#[derive(Debug, Default)]
pub(super) struct Conflicts(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    counters: HashMap<(MetricKind, Box<str>), Arc<AtomicU64>>,
    bytes: usize,
}

impl Conflicts {
    /// The counter of a type and name, made if it is not there.
    pub(super) fn counter(&self, kind: MetricKind, name: &MetricName) -> ConflictCounter {
        let mut inner = lock(&self.0);
        let key = (kind, Box::from(name.as_str()));
        if let Some(counter) = inner.counters.get(&key) {
            return ConflictCounter(Arc::clone(counter));
        }
        let bytes = inner.bytes.saturating_add(name.as_str().len());
        let key = if inner.counters.len() < MAX_NAMES && bytes <= MAX_BYTES {
            inner.bytes = bytes;
            key
        } else {
            (kind, Box::from(OTHER))
        };
        ConflictCounter(Arc::clone(inner.counters.entry(key).or_default()))
    }

    /// Type, name and count of all that counted.
    pub(super) fn counts(&self) -> Vec<(MetricKind, String, u64)> {
        let inner = lock(&self.0);
        let counts = inner.counters.iter().map(|((kind, name), counter)| {
            (*kind, name.to_string(), counter.load(Ordering::Relaxed))
        });
        counts.filter(|(_, _, count)| *count > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> MetricName {
        MetricName::escaped(text).unwrap()
    }

    fn count_of(conflicts: &Conflicts, kind: MetricKind, name: &str) -> Option<u64> {
        let found = conflicts.counts().into_iter().find(|(k, n, _)| *k == kind && n == name);
        found.map(|(_, _, count)| count)
    }

    #[test]
    fn a_counter_is_shared_and_absent_until_it_counts() {
        let conflicts = Conflicts::default();
        let first = conflicts.counter(MetricKind::Gauge, &name("a"));
        assert!(conflicts.counts().is_empty());
        first.add(2);
        conflicts.counter(MetricKind::Gauge, &name("a")).add(3);
        conflicts.counter(MetricKind::Counter, &name("a")).add(1);
        assert_eq!(count_of(&conflicts, MetricKind::Gauge, "a"), Some(5));
        assert_eq!(count_of(&conflicts, MetricKind::Counter, "a"), Some(1));
    }

    #[test]
    fn the_number_of_names_is_bounded() {
        let conflicts = Conflicts::default();
        for number in 0..MAX_NAMES + 50 {
            conflicts.counter(MetricKind::Gauge, &name(&format!("n{number}"))).add(1);
        }
        assert_eq!(conflicts.counts().len(), MAX_NAMES + 1);
        assert_eq!(count_of(&conflicts, MetricKind::Gauge, OTHER), Some(50));
        conflicts.counter(MetricKind::Gauge, &name("n0")).add(1);
        assert_eq!(count_of(&conflicts, MetricKind::Gauge, "n0"), Some(2), "known names stay");
    }

    #[test]
    fn the_length_of_names_is_bounded() {
        let conflicts = Conflicts::default();
        for letter in ["a", "b", "c"] {
            conflicts.counter(MetricKind::Gauge, &name(&letter.repeat(MAX_BYTES / 2))).add(1);
        }
        assert_eq!(count_of(&conflicts, MetricKind::Gauge, OTHER), Some(1));
        conflicts.counter(MetricKind::Gauge, &name("small")).add(1);
        assert_eq!(count_of(&conflicts, MetricKind::Gauge, OTHER), Some(2));
    }
}
