//! Which names are taken in the exposition.
//!
//! A family claims every name that its samples are exposed under: its own, and
//! with the suffixes of its type (`_sum`, `_count`, `_bucket`). The bridge claims
//! the names of its own metrics. A newcomer is in conflict exactly if a name that
//! it would claim is claimed: so gauge `x` and counter `x_count` go together, and
//! summary `t` and counter `t_sum` do not, whichever came first.
//!
//! Heat: cold (once per new family).

use std::collections::HashSet;

use crate::model::{MetricName, Shape};
use crate::seeded::Seeded;

#[derive(Debug)]
pub(super) struct Claims {
    /// The bridge's own; never released.
    reserved: HashSet<Box<str>>,
    taken: HashSet<MetricName, Seeded>,
}

/// The names under which a family's samples are exposed.
fn exposed_names(name: &MetricName, shape: &Shape) -> impl Iterator<Item = MetricName> {
    // A valid name with letters behind it is a valid name.
    let suffixed = |suffix| MetricName::escaped(&[name.as_str(), suffix].concat());
    std::iter::once(name.clone()).chain(shape.suffixes().iter().copied().filter_map(suffixed))
}

impl Claims {
    pub(super) fn new(reserved: impl IntoIterator<Item = String>) -> Self {
        let reserved = reserved.into_iter().map(String::into_boxed_str).collect();
        Self { reserved, taken: HashSet::default() }
    }

    /// Whether a family that is not there yet may have all its names.
    pub(super) fn are_free(&self, name: &MetricName, shape: &Shape) -> bool {
        let is_free = |name: &str| !self.taken.contains(name) && !self.reserved.contains(name);
        // A flood of names asks this for each, so they are not made into names here.
        let mut suffixes = shape.suffixes().iter();
        is_free(name.as_str()) && suffixes.all(|&suffix| is_free(&[name.as_str(), suffix].concat()))
    }

    pub(super) fn take(&mut self, name: &MetricName, shape: &Shape) {
        self.taken.extend(exposed_names(name, shape));
    }

    pub(super) fn release(&mut self, name: &MetricName, shape: &Shape) {
        for name in exposed_names(name, shape) {
            self.taken.remove(&name);
        }
    }
}
