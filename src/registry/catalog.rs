//! The families by name, and the one place that decides conflicts.
//!
//! Heat: cold (once per new series).

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::Arc;

use super::claims::Claims;
use super::family::Family;
use crate::model::{MetricName, Shape};

/// Few families, so that the lock is not held long; enough to seldom take it.
const BATCH: usize = 64;
/// Newcomers that are placed while others wait for the catalog.
pub(super) const PLACED: usize = 128;

#[derive(Debug)]
pub(super) struct Catalog {
    /// For the walk of a scrape or a sweep, which puts the newcomers in their places
    /// before it begins.
    families: BTreeMap<MetricName, Arc<Family>>,
    /// Those that came since the last walk began, in the order in which they came.
    newcomers: VecDeque<Arc<Family>>,
    /// For the newcomer, who is not to wait for a search through that order.
    claims: Claims<Arc<Family>>,
    /// How often a family has come or gone.
    changes: u64,
}

/// What a name and a type meet.
#[derive(Debug)]
pub(super) enum Verdict {
    /// There is this family, and it has the type.
    Known(Arc<Family>),
    /// There is none, and all its names are free.
    Free,
    /// There is one of another type, or one of the names is taken.
    Conflict,
}

impl Catalog {
    pub(super) fn new(reserved: impl IntoIterator<Item = String>) -> Self {
        Self {
            families: BTreeMap::new(),
            newcomers: VecDeque::new(),
            claims: Claims::new(reserved),
            changes: 0,
        }
    }

    /// What was decided holds as long as this stays the same.
    pub(super) const fn changes(&self) -> u64 {
        self.changes
    }

    /// Decides every conflict there can be.
    pub(super) fn decide(&self, name: &MetricName, shape: &Shape) -> Verdict {
        match self.claims.get(name) {
            Some(Some(family)) if family.has_type_of(shape) => Verdict::Known(Arc::clone(family)),
            None if self.claims.are_others_free(name, shape) => Verdict::Free,
            Some(_) | None => Verdict::Conflict,
        }
    }

    /// Puts a family whose names were found free.
    pub(super) fn add(&mut self, family: Family) -> Arc<Family> {
        let family = Arc::new(family);
        self.changes += 1;
        self.claims.take(family.name(), family.shape(), Arc::clone(&family));
        self.newcomers.push_back(Arc::clone(&family));
        family
    }

    /// How many families no walk has met yet.
    pub(super) fn newcomers(&self) -> usize {
        self.newcomers.len()
    }

    /// Puts the newcomers that have waited longest in their places; few, so that who
    /// wants the catalog does not wait long for it.
    pub(super) fn place_some(&mut self) {
        let some = self.newcomers.drain(..self.newcomers.len().min(PLACED));
        self.families.extend(some.map(|family| (family.name().clone(), family)));
        if self.newcomers.is_empty() {
            self.newcomers.shrink_to_fit();
        }
    }

    /// Takes a family that a walk has met out, and frees its names, if no series is
    /// left in it; false if one is, or if it was taken out before.
    pub(super) fn remove_if_empty(&mut self, family: &Arc<Family>) -> bool {
        let there = self.claims.get(family.name()).and_then(Option::as_ref);
        let is_there = there.is_some_and(|there| Arc::ptr_eq(there, family));
        let leaves = is_there && family.is_empty();
        if leaves {
            self.changes += 1;
            self.families.remove(family.name());
            self.claims.release(family.name(), family.shape());
        }
        leaves
    }

    /// The next few families behind `last`, in name order.
    pub(super) fn some_after(&self, last: Option<&MetricName>) -> Vec<Arc<Family>> {
        let from = last.map_or(Unbounded, Excluded);
        let behind = self.families.range::<MetricName, _>((from, Unbounded));
        behind.take(BATCH).map(|(_, family)| Arc::clone(family)).collect()
    }
}
