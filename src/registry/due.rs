//! When something may next expire, so that a sweep looks at nothing before.
//!
//! The tick is the earliest at which anything could be over; later truths may be
//! later, never earlier. Who shortens a lifetime (a series' first record, or a
//! new ttl) first stores it in the series and then lowers the tick. Who sweeps
//! first takes the tick away and then looks at every series, and lowers the tick
//! to the earliest of those that stay. So a lifetime that the sweep did not see
//! has yet to lower the tick.
//!
//! Heat: warm.

use crate::model::Tick;
use crate::sync::atomic::AtomicU32;
use crate::sync::atomic::Ordering::{AcqRel, Acquire};

const NEVER: u32 = u32::MAX;

#[derive(Debug)]
pub(super) struct Due(AtomicU32);

impl Due {
    pub(super) fn never() -> Self {
        Self(AtomicU32::new(NEVER))
    }

    /// Something may be over at `tick`; `None` is never.
    pub(super) fn no_later_than(&self, tick: Option<Tick>) {
        if let Some(Tick(tick)) = tick {
            self.0.fetch_min(tick, AcqRel);
        }
    }

    /// When it is.
    pub(super) fn tick(&self) -> Option<Tick> {
        Some(self.0.load(Acquire)).filter(|tick| *tick != NEVER).map(Tick)
    }

    /// Whether it is now; then the tick is taken away.
    pub(super) fn take(&self, now: Tick) -> bool {
        let is_now = self.tick().is_some_and(|tick| tick <= now);
        if is_now {
            self.0.swap(NEVER, AcqRel);
        }
        is_now
    }
}

/// The earlier of two that may be never.
pub(super) fn earlier(a: Option<Tick>, b: Option<Tick>) -> Option<Tick> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_stays_until_it_is_taken() {
        let due = Due::never();
        assert!(!due.take(Tick(u32::MAX - 1)));
        for tick in [Some(Tick(7)), Some(Tick(5)), None, Some(Tick(9))] {
            due.no_later_than(tick);
        }
        assert!(!due.take(Tick(4)));
        assert!(due.take(Tick(5)));
        assert_eq!(due.tick(), None);
    }

    #[test]
    fn never_is_later_than_anything() {
        assert_eq!(earlier(None, Some(Tick(1))), Some(Tick(1)));
        assert_eq!(earlier(Some(Tick(2)), Some(Tick(1))), Some(Tick(1)));
        assert_eq!(earlier(None, None), None);
    }
}
