//! Sharing what routes have in common, so that a route costs little more than its
//! spelling. A worker's own small table: who finds an equal there takes it, who
//! does not puts a new one. Nothing depends on it but memory.
//!
//! Heat: warm (once per route made).

use std::sync::Arc;

use super::route::Common;
use crate::model::MetricKind;

/// Rules times kinds that are told apart; further ones share sets.
const SETS: usize = 256;
/// So many tails of one rule and kind (plain, sampled, tagged, …) are remembered.
const WAYS: usize = 4;

#[derive(Clone, Debug, Default)]
struct Set {
    ways: [Option<Arc<Common>>; WAYS],
    /// The way that the next newcomer takes.
    next: usize,
}

#[derive(Debug)]
pub(super) struct Commons(Box<[Set]>);

impl Commons {
    pub(super) fn new() -> Self {
        Self(vec![Set::default(); SETS].into())
    }

    /// `common`, or one that is equal and used by others.
    pub(super) fn share(&mut self, common: Common) -> Arc<Common> {
        let Some(Set { ways, next }) = self.0.get_mut(set_of(&common)) else {
            return Arc::new(common);
        };
        if let Some(there) = ways.iter().flatten().find(|there| ***there == common) {
            return Arc::clone(there);
        }
        let common = Arc::new(common);
        if let Some(way) = ways.get_mut(*next) {
            *way = Some(Arc::clone(&common));
        }
        *next = (*next + 1) % WAYS;
        common
    }
}

fn set_of(common: &Common) -> usize {
    let terms = &common.terms;
    let rule = terms.rule.map_or(0, |rule| rule.get().wrapping_add(1));
    (rule as usize * MetricKind::ALL.len() + terms.kind as usize) % SETS
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use super::*;

    fn common(tail: &str) -> Common {
        Common::of_line(&format!("a:1{tail}")).unwrap()
    }

    #[test]
    fn equals_are_shared_and_others_are_not() {
        let mut commons = Commons::new();
        let mut share = |tail: &str| commons.share(common(tail));
        let tails = ["|c", "|c|@0.1", "|c|#k:v", "|c|@0.5"];
        let first = tails.map(&mut share);
        for _ in 0..3 {
            let again = tails.map(&mut share);
            for (one, other) in first.iter().zip(&again) {
                assert!(Arc::ptr_eq(one, other));
            }
        }
        assert!(!Arc::ptr_eq(&first[0], &first[1]) && *first[0] != *first[1]);
        // A fifth takes the place of the first, which stays what it was.
        assert_eq!(*share("|c|@0.2"), common("|c|@0.2"));
        assert!(!Arc::ptr_eq(&share("|c"), &first[0]));
        assert_eq!(*first[0], common("|c"));
    }
}
