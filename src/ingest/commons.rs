//! Sharing what routes have in common, so that a route costs little more than its
//! spelling. A worker's own table with one place for a rule and kind: who finds an
//! equal there takes it, who does not puts a new one. Nothing depends on it but
//! memory.
//!
//! Heat: warm (once per route made).

use std::sync::Arc;

use super::route::Common;
use crate::model::MetricKind;

/// So many rules and kinds are told apart.
const PLACES: usize = 256;

#[derive(Debug)]
pub(super) struct Commons(Box<[Option<Arc<Common>>]>);

impl Commons {
    pub(super) fn new() -> Self {
        Self(vec![None; PLACES].into())
    }

    /// `common`, or one that is equal and used by others.
    pub(super) fn share(&mut self, common: Common) -> Arc<Common> {
        let terms = &common.terms;
        let rule = terms.rule.map_or(0, |rule| rule.get().wrapping_add(1));
        let at = (rule as usize * MetricKind::ALL.len() + terms.kind as usize) % PLACES;
        match self.0.get_mut(at) {
            Some(Some(there)) if **there == common => Arc::clone(there),
            Some(place) => Arc::clone(place.insert(Arc::new(common))),
            None => Arc::new(common),
        }
    }
}
