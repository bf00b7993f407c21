//! A sum that only grows.
//!
//! Whole amounts go to an integer cell by one fetch-add; fractions, and whole
//! amounts that are too big for it, to a float cell. The value is the sum of the
//! two. The incumbent splits a counter in the same way, so with one writer both
//! expose the same bits.
//!
//! Each cell only grows, and a reader that comes later reads both later: the
//! value never falls from one scrape to the next.
//!
//! Heat: hot.

use super::cell::FloatCell;
use super::{Overflow, float, whole};
use crate::sync::atomic::AtomicU64;
use crate::sync::atomic::Ordering::Relaxed;

/// From here on the integer cell takes no more. An amount is below 2^53, so even
/// 512 writers that pass this check at once do not wrap the cell around.
const FULL: u64 = 1 << 62;

/// A counter.
#[derive(Debug)]
pub struct Counter {
    integer: AtomicU64,
    fraction: FloatCell,
}

impl Default for Counter {
    fn default() -> Self {
        Self::new()
    }
}

impl Counter {
    /// A counter at 0.
    #[must_use]
    pub fn new() -> Self {
        Self { integer: AtomicU64::new(0), fraction: FloatCell::zero() }
    }

    /// Adds `amount`.
    ///
    /// # Errors
    /// [`Overflow`] for an amount that is negative or not finite, and when the
    /// sum would not be finite.
    pub fn add(&self, amount: f64) -> Result<(), Overflow> {
        match whole(amount) {
            Some(amount) if self.integer.load(Relaxed) < FULL => {
                self.integer.fetch_add(amount, Relaxed);
                Ok(())
            }
            _ if amount >= 0.0 => self.fraction.add(amount),
            _ => Err(Overflow),
        }
    }

    /// The sum so far; finite.
    #[must_use]
    pub fn value(&self) -> f64 {
        float(self.integer.load(Relaxed)) + self.fraction.get()
    }
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    #![expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the obvious reference casts"
    )]

    use std::thread;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn table() {
        for (amounts, value) in [
            (&[][..], 0.0),
            (&[1.0, 2.0], 3.0),
            (&[0.5, 1.0, 0.25], 1.75),
            (&[1e18, 1.0], 1e18 + 1.0),
            (&[1e300, 1e300], 2e300),
            (&[-0.0, 5.0], 5.0),
            (&[f64::from_bits(1)], f64::from_bits(1)),
        ] {
            let counter = Counter::new();
            for amount in amounts {
                assert_eq!(counter.add(*amount), Ok(()), "{amount}");
            }
            assert_eq!(counter.value().to_bits(), f64::to_bits(value), "{amounts:?}");
        }
    }

    #[test]
    fn what_would_spoil_the_sum_is_refused() {
        let counter = Counter::new();
        counter.add(f64::MAX).unwrap();
        for bad in [f64::MAX, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0] {
            assert_eq!(counter.add(bad), Err(Overflow), "{bad}");
        }
        assert_eq!(counter.value().to_bits(), f64::MAX.to_bits());
    }

    #[test]
    fn a_full_integer_cell_spills_into_the_float() {
        let counter = Counter::new();
        counter.integer.store(FULL, Relaxed);
        counter.add(1024.0).unwrap();
        assert_eq!(counter.integer.load(Relaxed), FULL);
        assert_eq!(counter.value().to_bits(), (float(FULL) + 1024.0).to_bits());
    }

    #[test]
    fn no_addition_is_lost_between_threads() {
        let counter = Counter::new();
        thread::scope(|scope| {
            for amount in [1.0, 0.5, 3.0, 0.25] {
                let counter = &counter;
                scope.spawn(move || (0..10_000).for_each(|_| counter.add(amount).unwrap()));
            }
        });
        assert_eq!(counter.value().to_bits(), 47_500.0_f64.to_bits());
    }

    proptest! {
        /// The obvious sum, in the two halves that the incumbent keeps.
        #[test]
        fn sums_are_bit_equal_to_the_obvious_ones(
            amounts in prop::collection::vec(
                prop_oneof![(0..1_u64 << 40).prop_map(float), 0.0..1e9_f64], 0..60),
        ) {
            let counter = Counter::new();
            let (mut integer, mut fraction) = (0_u128, 0.0_f64);
            for amount in amounts {
                prop_assert_eq!(counter.add(amount), Ok(()));
                if amount.fract() == 0.0 { integer += amount as u128 } else { fraction += amount }
            }
            prop_assert_eq!(counter.value().to_bits(), (integer as f64 + fraction).to_bits());
        }
    }
}
