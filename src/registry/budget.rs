//! How many series there may be: a count that is never above its limit.
//!
//! Heat: warm.

use crate::sync::atomic::AtomicUsize;
use crate::sync::atomic::Ordering::Relaxed;

#[derive(Debug)]
pub(super) struct Budget {
    /// 0 is no limit.
    limit: usize,
    used: AtomicUsize,
}

impl Budget {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, used: AtomicUsize::new(0) }
    }

    pub(super) fn used(&self) -> usize {
        self.used.load(Relaxed)
    }

    /// Whether [`Budget::take`] would have failed just now.
    pub(super) fn is_spent(&self) -> bool {
        self.limit != 0 && self.used() >= self.limit
    }

    /// Takes a place for one series; false if there is none.
    pub(super) fn take(&self) -> bool {
        let one_more = |used| (self.limit == 0 || used < self.limit).then(|| used + 1);
        self.used.fetch_update(Relaxed, Relaxed, one_more).is_ok()
    }

    /// Gives back what a series held.
    pub(super) fn give_back(&self) {
        self.used.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use super::*;

    #[test]
    fn a_limit_holds_and_what_is_given_back_can_be_taken() {
        let budget = Budget::new(2);
        assert!(budget.take() && !budget.is_spent() && budget.take());
        assert!(budget.is_spent() && !budget.take());
        assert_eq!(budget.used(), 2);
        budget.give_back();
        assert!(!budget.is_spent() && budget.take());
    }

    #[test]
    fn zero_is_no_limit() {
        let budget = Budget::new(0);
        assert!((0..1000).all(|_| budget.take()));
        assert_eq!((budget.used(), budget.is_spent()), (1000, false));
    }
}
