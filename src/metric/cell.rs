//! One shared float.
//!
//! Heat: hot.

use super::Overflow;
use crate::sync::atomic::AtomicU64;
use crate::sync::atomic::Ordering::Relaxed;

/// A float that many threads read and write. It orders nothing but itself: who
/// publishes other cells together with it does so by an operation of their own.
#[derive(Debug)]
pub(super) struct FloatCell(AtomicU64);

impl FloatCell {
    pub(super) fn zero() -> Self {
        Self(AtomicU64::new(0))
    }

    pub(super) fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Relaxed))
    }

    pub(super) fn set(&self, value: f64) {
        self.0.store(value.to_bits(), Relaxed);
    }

    /// Adds, unless the result is not finite: then nothing changes. So a sum
    /// that began finite stays finite.
    pub(super) fn add(&self, value: f64) -> Result<(), Overflow> {
        let mut seen = self.0.load(Relaxed);
        loop {
            let sum = f64::from_bits(seen) + value;
            if !sum.is_finite() {
                return Err(Overflow);
            }
            match self.0.compare_exchange_weak(seen, sum.to_bits(), Relaxed, Relaxed) {
                Ok(_) => return Ok(()),
                Err(newer) => seen = newer,
            }
        }
    }
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use super::*;

    #[test]
    fn a_refused_sum_changes_nothing() {
        let cell = FloatCell::zero();
        assert_eq!(cell.add(f64::MAX), Ok(()));
        assert_eq!(cell.add(f64::MAX), Err(Overflow));
        assert_eq!(cell.add(f64::NAN), Err(Overflow));
        assert_eq!(cell.get().to_bits(), f64::MAX.to_bits());
    }
}
