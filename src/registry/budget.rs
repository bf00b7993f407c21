//! How many series there may be: places that are never more than their limit.
//!
//! A place stands for one series, or for one begun KiB of its text if that is
//! longer: else a million names of 60 kB would be a million places and 60 GB. A
//! family is charged besides, with its first series, for each whole KiB of the
//! names that it claims; so one whose names are not that long costs nothing.
//!
//! What is charged follows from texts that never change, so what is given back is
//! what was taken: of a series when it leaves the index, of a family when it
//! leaves the catalog.
//!
//! Heat: warm.

use crate::model::{MetricName, Shape};
use crate::sync::atomic::AtomicUsize;
use crate::sync::atomic::Ordering::Relaxed;

/// Bytes of text that one place pays for.
const BYTES: usize = 1024;

/// The places of a series with a text so long.
pub(super) const fn of_series(text: &[u8]) -> usize {
    let begun = text.len().div_ceil(BYTES);
    if begun == 0 { 1 } else { begun }
}

/// The places of a family beside those of its series. Its help text is a rule's,
/// which all families of the rule share.
pub(super) fn of_family(name: &MetricName, shape: &Shape) -> usize {
    name.as_str().len() * (1 + shape.suffixes().len()) / BYTES
}

#[derive(Debug)]
pub(super) struct Budget {
    /// 0 is no limit.
    limit: usize,
    used: AtomicUsize,
}

impl Budget {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, used: AtomicUsize::new(0) }
    }

    pub(super) fn used(&self) -> usize {
        self.used.load(Relaxed)
    }

    /// Whether [`Budget::take`] would have succeeded just now.
    pub(super) fn has(&self, places: usize) -> bool {
        fits(self.limit, self.used(), places)
    }

    /// Takes so many places, all or none; false if there are not so many.
    pub(super) fn take(&self, places: usize) -> bool {
        let more = |used| fits(self.limit, used, places).then(|| used + places);
        self.used.fetch_update(Relaxed, Relaxed, more).is_ok()
    }

    /// Gives back what was taken.
    pub(super) fn give_back(&self, places: usize) {
        self.used.fetch_sub(places, Relaxed);
    }
}

/// Whether so many more places are within the limit; 0 is no limit.
pub(super) const fn fits(limit: usize, used: usize, places: usize) -> bool {
    limit == 0 || used.saturating_add(places) <= limit
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_limit_holds_and_what_is_given_back_can_be_taken() {
        let budget = Budget::new(4);
        assert!(budget.take(1) && budget.has(3) && !budget.has(4) && !budget.take(4));
        assert!(budget.take(3) && !budget.has(1) && !budget.take(1));
        assert_eq!(budget.used(), 4);
        budget.give_back(3);
        assert!(!budget.take(4) && budget.has(2) && budget.take(2));
        assert_eq!(budget.used(), 3);
    }

    #[test]
    fn zero_is_no_limit() {
        let budget = Budget::new(0);
        assert!((0..1000).all(|_| budget.take(60)));
        assert_eq!((budget.used(), budget.has(usize::MAX)), (60_000, true));
    }

    #[test]
    fn a_series_costs_a_place_for_each_begun_kib_of_its_text() {
        for (length, places) in
            [(0, 1), (1, 1), (1024, 1), (1025, 2), (2048, 2), (60_000, 59), (65_507, 64)]
        {
            assert_eq!(of_series(&vec![b'a'; length]), places, "{length}");
        }
    }

    #[test]
    fn a_family_costs_a_place_for_each_whole_kib_of_its_names() {
        let histogram = || Shape::Histogram(Arc::default());
        for (length, shape, places) in [
            (1, Shape::Counter, 0),
            (1023, Shape::Gauge, 0),
            (1024, Shape::Gauge, 1),
            (255, histogram(), 0),
            (256, histogram(), 1),
            (60_000, Shape::Counter, 58),
            (60_000, histogram(), 234),
        ] {
            let name = MetricName::escaped(&"a".repeat(length)).unwrap();
            assert_eq!(of_family(&name, &shape), places, "{length} {shape:?}");
        }
    }
}
