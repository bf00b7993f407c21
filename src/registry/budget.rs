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

/// The right to be there for one series; given back when dropped, unless kept.
#[derive(Debug)]
pub(super) struct Permit<'b>(&'b Budget);

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

    /// `None` if all are taken.
    pub(super) fn take(&self) -> Option<Permit<'_>> {
        let one_more = |used| (self.limit == 0 || used < self.limit).then(|| used + 1);
        self.used.fetch_update(Relaxed, Relaxed, one_more).ok().map(|_| Permit(self))
    }

    /// Gives back what a series held.
    pub(super) fn give_back(&self) {
        self.used.fetch_sub(1, Relaxed);
    }
}

impl Permit<'_> {
    /// It is a series' now, until that gives it back.
    pub(super) fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.0.give_back();
    }
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use super::*;

    #[test]
    fn a_limit_holds_and_what_is_not_kept_comes_back() {
        let budget = Budget::new(2);
        budget.take().unwrap().keep();
        drop(budget.take());
        budget.take().unwrap().keep();
        assert!(budget.is_spent() && budget.take().is_none());
        budget.give_back();
        assert!(!budget.is_spent() && budget.take().is_some());
    }

    #[test]
    fn zero_is_no_limit() {
        let budget = Budget::new(0);
        (0..1000).for_each(|_| budget.take().unwrap().keep());
        assert_eq!((budget.used(), budget.is_spent()), (1000, false));
    }
}
