//! Which names are taken in the exposition.
//!
//! A family claims every name that its samples are exposed under: its own, and
//! with the suffixes of its type (`_sum`, `_count`, `_bucket`). The bridge claims
//! the names of its own metrics. A newcomer is in conflict exactly if a name that
//! it would claim is claimed: so gauge `x` and counter `x_count` go together, and
//! summary `t` and counter `t_sum` do not, whichever came first.
//!
//! Heat: cold (once per new family).

use std::collections::{HashMap, HashSet};

use crate::model::{MetricName, Shape};
use crate::seeded::Seeded;

/// The names, with the family `F` that has each for its own.
#[derive(Debug)]
pub(super) struct Claims<F> {
    /// The bridge's own; never released.
    reserved: HashSet<Box<str>, Seeded>,
    /// `None` stands for a name with a suffix.
    taken: HashMap<MetricName, Option<F>, Seeded>,
}

impl<F> Claims<F> {
    pub(super) fn new(reserved: impl IntoIterator<Item = String>) -> Self {
        let reserved = reserved.into_iter().map(String::into_boxed_str).collect();
        Self { reserved, taken: HashMap::default() }
    }

    /// The family of this name.
    pub(super) fn family(&self, name: &MetricName) -> Option<&F> {
        self.taken.get(name)?.as_ref()
    }

    /// Whether a family that is not there yet may have all its names.
    pub(super) fn are_free(&self, name: &MetricName, shape: &Shape) -> bool {
        // A flood of names asks this for each, so they are not made into names here.
        let is_free = |name: &str| !self.taken.contains_key(name) && !self.reserved.contains(name);
        is_free(name.as_str()) && suffixed(name, shape).all(|name| is_free(&name))
    }

    pub(super) fn take(&mut self, name: &MetricName, shape: &Shape, family: F) {
        self.taken.insert(name.clone(), Some(family));
        // A valid name with letters behind it is a valid name.
        let others = suffixed(name, shape).filter_map(|name| MetricName::escaped(&name));
        self.taken.extend(others.map(|name| (name, None)));
    }

    pub(super) fn release(&mut self, name: &MetricName, shape: &Shape) {
        self.taken.remove(name);
        for name in suffixed(name, shape) {
            self.taken.remove(&*name);
        }
    }
}

/// The names under which a family's samples are exposed beside its own.
fn suffixed(name: &MetricName, shape: &Shape) -> impl Iterator<Item = String> {
    shape.suffixes().iter().map(|suffix| [name.as_str(), suffix].concat())
}
