//! What all families share: the index of series, the budget, the counts of
//! `metrics_total`, and how long a refusal holds.
//!
//! Heat: warm.

use super::Limits;
use super::budget::{self, Budget};
use super::index::Index;
use crate::model::Shape;
use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::sync::atomic::{AtomicU64, AtomicUsize};

#[derive(Debug)]
pub(super) struct House {
    pub(super) index: Index,
    pub(super) budget: Budget,
    /// Series in the index.
    series: AtomicUsize,
    /// Places; 0 is no limit.
    max_series_per_family: usize,
    /// See [`House::era`].
    era: AtomicU64,
    groups: [AtomicU64; 4],
}

/// The words of `metrics_total{type}`, in the order of [`type_index`].
const TYPES: [&str; 4] = ["counter", "gauge", "histogram", "summary"];

const fn type_index(shape: &Shape) -> usize {
    match shape {
        Shape::Counter => 0,
        Shape::Gauge => 1,
        Shape::Histogram(_) => 2,
        Shape::Summary(_) => 3,
    }
}

impl House {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            index: Index::new(),
            budget: Budget::new(limits.max_series),
            series: AtomicUsize::new(0),
            max_series_per_family: limits.max_series_per_family,
            era: AtomicU64::new(0),
            groups: std::array::from_fn(|_| AtomicU64::new(0)),
        }
    }

    /// Whether a family whose series have so many places has so many more.
    pub(super) const fn has_in_family(&self, used: usize, places: usize) -> bool {
        budget::fits(self.max_series_per_family, used, places)
    }

    /// What was refused in an era is refused until its end: no name and no place
    /// has become free, and no family has come. (A newcomer that founds a family
    /// pays for more, and meets other names, than one that joins it.)
    ///
    /// Whoever reads the era first and then looks whether there is room sees all
    /// that was freed before that era began.
    pub(super) fn era(&self) -> u64 {
        self.era.load(Acquire)
    }

    /// Something has become free, or a family has come: say so afterwards.
    pub(super) fn new_era(&self) {
        self.era.fetch_add(1, Release);
    }

    pub(super) fn series_came(&self) {
        self.series.fetch_add(1, Relaxed);
    }

    /// A series with so many places has left the index.
    pub(super) fn series_left(&self, places: usize) {
        self.series.fetch_sub(1, Relaxed);
        self.budget.give_back(places);
        self.new_era();
    }

    pub(super) fn series_count(&self) -> usize {
        self.series.load(Relaxed)
    }

    pub(super) fn group_came(&self, shape: &Shape) {
        if let Some(groups) = self.groups.get(type_index(shape)) {
            groups.fetch_add(1, Relaxed);
        }
    }

    pub(super) fn group_left(&self, shape: &Shape) {
        if let Some(groups) = self.groups.get(type_index(shape)) {
            groups.fetch_sub(1, Relaxed);
        }
    }

    pub(super) fn groups_by_type(&self) -> [(&'static str, u64); 4] {
        let mut counts = TYPES.map(|word| (word, 0));
        for ((_, count), groups) in counts.iter_mut().zip(&self.groups) {
            *count = groups.load(Relaxed);
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_counted_under_their_own_words() {
        let shapes = [
            Shape::Counter,
            Shape::Gauge,
            Shape::Histogram(std::sync::Arc::default()),
            Shape::Summary(std::sync::Arc::default()),
        ];
        for shape in shapes {
            assert_eq!(TYPES[type_index(&shape)], shape.as_str());
        }
    }
}
