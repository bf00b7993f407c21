//! Which of up to 64 places have been counted in, so that a reader looks at these
//! and not at all: most cells of a window stay at zero.
//!
//! When a place is marked is said where it is (`segment.rs`, `chunk.rs`); here is
//! nothing of what it counts.
//!
//! Heat: warm (a place is marked once, read once per scrape).

use crate::sync::atomic::AtomicU64;
use crate::sync::atomic::Ordering::{Acquire, Release};
use crate::sync::zero;

/// A bit for each place.
#[derive(Debug)]
pub(super) struct Used(AtomicU64);

impl Used {
    pub(super) fn none() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Marks a place below 64.
    #[cold]
    pub(super) fn mark(&self, place: usize) {
        let bit = 1 << (place % 64);
        if self.0.load(Acquire) & bit == 0 {
            self.0.fetch_or(bit, Release);
        }
    }

    pub(super) fn clear(&self) {
        zero!(self.0);
    }

    /// The places that were marked, as bits.
    pub(super) fn marked(&self) -> u64 {
        self.0.load(Acquire)
    }
}

/// The bits that are set, from the lowest on.
#[inline]
pub(super) fn places(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = bits.trailing_zeros() as usize;
        bits = if bits == 0 { return None } else { bits & (bits - 1) };
        Some(place)
    })
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use super::*;

    #[test]
    fn marked_places_are_found_in_their_order() {
        let used = Used::none();
        for place in [63, 0, 17, 17] {
            used.mark(place);
        }
        assert_eq!(places(used.marked()).collect::<Vec<_>>(), [0, 17, 63]);
        assert_eq!(places(u64::MAX).count(), 64);
        used.clear();
        assert_eq!(places(used.marked()).count(), 0);
    }
}
