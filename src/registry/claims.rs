//! Which names are taken in the exposition.
//!
//! A family claims every name that its samples are exposed under: its own, and
//! with the suffixes of its type (`_sum`, `_count`, `_bucket`). The bridge claims
//! the names of its own metrics. A newcomer is in conflict exactly if a name that
//! it would claim is claimed: so gauge `x` and counter `x_count` go together, and
//! summary `t` and counter `t_sum` do not, whichever came first.
//!
//! Heat: cold (once per new family).

use std::collections::HashMap;

use crate::model::{MetricName, Shape};
use crate::seeded::Seeded;

/// The names, with the family `F` that has each for its own. `None` stands for a name
/// with a suffix, and for one of the bridge's own, which no family releases since
/// none could take it.
#[derive(Debug)]
pub(super) struct Claims<F>(HashMap<MetricName, Option<F>, Seeded>);

impl<F> Claims<F> {
    pub(super) fn new(reserved: impl IntoIterator<Item = String>) -> Self {
        let reserved = reserved.into_iter().filter_map(|name| {
            // What would have to be escaped is no name that a family could claim.
            MetricName::escaped(&name).filter(|escaped| escaped.as_str() == name)
        });
        Self(reserved.map(|name| (name, None)).collect())
    }

    /// The family of this name, `None` if it is taken for something else; nothing if
    /// it is free.
    pub(super) fn get(&self, name: &MetricName) -> Option<&Option<F>> {
        self.0.get(name)
    }

    /// Whether a family whose own name is free may have the others too.
    pub(super) fn are_others_free(&self, name: &MetricName, shape: &Shape) -> bool {
        // A flood of names asks this for each, so they are not made into names here.
        suffixed(name, shape).all(|name| !self.0.contains_key(&*name))
    }

    pub(super) fn take(&mut self, name: &MetricName, shape: &Shape, family: F) {
        self.0.insert(name.clone(), Some(family));
        // A valid name with letters behind it is a valid name.
        let others = suffixed(name, shape).filter_map(|name| MetricName::escaped(&name));
        self.0.extend(others.map(|name| (name, None)));
    }

    pub(super) fn release(&mut self, name: &MetricName, shape: &Shape) {
        self.0.remove(name);
        for name in suffixed(name, shape) {
            self.0.remove(&*name);
        }
    }
}

/// The names under which a family's samples are exposed beside its own.
fn suffixed(name: &MetricName, shape: &Shape) -> impl Iterator<Item = String> {
    shape.suffixes().iter().map(|suffix| [name.as_str(), suffix].concat())
}
