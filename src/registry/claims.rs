//! Which names are taken in the exposition.
//!
//! A family claims every name that its samples are exposed under: its own, and
//! with the suffixes of its type (`_sum`, `_count`, `_bucket`). The bridge claims
//! the names of its own metrics. A newcomer is in conflict exactly if a name that
//! it would claim is claimed: so gauge `x` and counter `x_count` go together, and
//! summary `t` and counter `t_sum` do not, whichever came first.
//!
//! Heat: cold (once per new family).

use std::fmt;
use std::hash::BuildHasher;

use hashbrown::HashTable;

use crate::model::{MetricName, Shape};
use crate::seeded::Seeded;

/// The names, with the family `F` that has each for its own. `None` stands for a name
/// with a suffix, and for one of the bridge's own, which no family releases since
/// none could take it.
pub(super) struct Claims<F> {
    names: HashTable<Claim<F>>,
    seeded: Seeded,
}

/// A name that is taken. Its hash stands beside it, so that a table that grows need
/// not read names out of cold memory.
struct Claim<F> {
    hash: u64,
    name: MetricName,
    family: Option<F>,
}

impl<F> Claims<F> {
    pub(super) fn new(reserved: impl IntoIterator<Item = String>) -> Self {
        let mut claims = Self { names: HashTable::new(), seeded: Seeded::default() };
        // What would have to be escaped is no name that a family could claim.
        let names = reserved.into_iter().filter_map(|name| {
            MetricName::escaped(&name).filter(|escaped| escaped.as_str() == name)
        });
        names.for_each(|name| claims.put(name, None));
        claims
    }

    /// The family of this name, `None` if it is taken for something else; nothing if
    /// it is free.
    pub(super) fn get(&self, name: &MetricName) -> Option<&Option<F>> {
        self.find(name.as_str()).map(|claim| &claim.family)
    }

    /// Whether a family whose own name is free may have the others too.
    pub(super) fn are_others_free(&self, name: &MetricName, shape: &Shape) -> bool {
        // A flood of names asks this for each, so they are not made into names here.
        suffixed(name, shape).all(|name| self.find(&name).is_none())
    }

    pub(super) fn take(&mut self, name: &MetricName, shape: &Shape, family: F) {
        self.put(name.clone(), Some(family));
        // A valid name with letters behind it is a valid name.
        let others = suffixed(name, shape).filter_map(|name| MetricName::escaped(&name));
        others.for_each(|name| self.put(name, None));
    }

    pub(super) fn release(&mut self, name: &MetricName, shape: &Shape) {
        self.remove(name.as_str());
        suffixed(name, shape).for_each(|name| self.remove(&name));
    }

    fn find(&self, name: &str) -> Option<&Claim<F>> {
        self.names.find(self.seeded.hash_one(name), |claim| claim.name.as_str() == name)
    }

    /// Takes a name, whatever had it.
    fn put(&mut self, name: MetricName, family: Option<F>) {
        let hash = self.seeded.hash_one(name.as_str());
        let is_it = |claim: &Claim<F>| claim.name == name;
        let entry = self.names.entry(hash, is_it, |claim| claim.hash);
        entry.insert(Claim { hash, name, family });
    }

    fn remove(&mut self, name: &str) {
        let hash = self.seeded.hash_one(name);
        if let Ok(claim) = self.names.find_entry(hash, |claim| claim.name.as_str() == name) {
            claim.remove();
        }
    }
}

impl<F> fmt::Debug for Claims<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names.iter().map(|claim| &claim.name)).finish()
    }
}

/// The names under which a family's samples are exposed beside its own.
fn suffixed(name: &MetricName, shape: &Shape) -> impl Iterator<Item = String> {
    shape.suffixes().iter().map(|suffix| [name.as_str(), suffix].concat())
}
