//! The families by name, and the one place that decides conflicts.
//!
//! Heat: cold (once per new series).

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::Arc;

use super::claims::Claims;
use super::family::Family;
use crate::model::{MetricName, Shape};

#[derive(Debug)]
pub(super) struct Catalog {
    /// For the walk of a scrape or a sweep.
    families: BTreeMap<MetricName, Arc<Family>>,
    /// For the newcomer, who is not to wait for a search through that order.
    claims: Claims<Arc<Family>>,
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
        Self { families: BTreeMap::new(), claims: Claims::new(reserved) }
    }

    /// Decides every conflict there can be.
    pub(super) fn decide(&self, name: &MetricName, shape: &Shape) -> Verdict {
        match self.claims.family(name) {
            Some(family) if family.has_type_of(shape) => Verdict::Known(Arc::clone(family)),
            None if self.claims.are_free(name, shape) => Verdict::Free,
            Some(_) | None => Verdict::Conflict,
        }
    }

    /// Puts a family whose names were found free.
    pub(super) fn add(&mut self, family: Family) -> Arc<Family> {
        let family = Arc::new(family);
        self.claims.take(family.name(), family.shape(), Arc::clone(&family));
        self.families.insert(family.name().clone(), Arc::clone(&family));
        family
    }

    /// Takes a family out, and frees its names, if no series is left in it; false
    /// if one is, or if it was taken out before.
    pub(super) fn remove_if_empty(&mut self, family: &Arc<Family>) -> bool {
        let is_there =
            self.claims.family(family.name()).is_some_and(|there| Arc::ptr_eq(there, family));
        let leaves = is_there && family.is_empty();
        if leaves {
            self.families.remove(family.name());
            self.claims.release(family.name(), family.shape());
        }
        leaves
    }

    /// The next few families behind `last`, in name order.
    pub(super) fn some_after(&self, last: Option<&MetricName>) -> Vec<Arc<Family>> {
        /// Few, so that the lock is not held long; enough to seldom take it.
        const BATCH: usize = 64;
        let from = last.map_or(Unbounded, Excluded);
        let behind = self.families.range::<MetricName, _>((from, Unbounded));
        behind.take(BATCH).map(|(_, family)| Arc::clone(family)).collect()
    }
}
