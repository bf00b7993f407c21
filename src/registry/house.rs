//! What all families share: the index of series, the budget, and the counts of
//! `metrics_total`.
//!
//! Heat: warm.

use super::Limits;
use super::budget::Budget;
use super::index::Index;
use crate::model::Shape;
use crate::sync::atomic::AtomicU64;
use crate::sync::atomic::Ordering::Relaxed;

#[derive(Debug)]
pub(super) struct House {
    pub(super) index: Index,
    pub(super) budget: Budget,
    /// 0 is no limit.
    max_series_per_family: usize,
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
            max_series_per_family: limits.max_series_per_family,
            groups: std::array::from_fn(|_| AtomicU64::new(0)),
        }
    }

    /// Whether a family with this many series takes no more.
    pub(super) const fn is_full(&self, series: usize) -> bool {
        self.max_series_per_family != 0 && series >= self.max_series_per_family
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
