//! A value that goes up and down.
//!
//! Heat: hot.

use super::Overflow;
use super::cell::FloatCell;

/// A gauge.
#[derive(Debug)]
pub struct Gauge(FloatCell);

impl Default for Gauge {
    fn default() -> Self {
        Self::new()
    }
}

impl Gauge {
    /// A gauge at 0.
    #[must_use]
    pub fn new() -> Self {
        Self(FloatCell::zero())
    }

    /// Sets it to any value, NaN and the infinities too.
    pub fn set(&self, value: f64) {
        self.0.set(value);
    }

    /// Moves it by `delta`.
    ///
    /// # Errors
    /// [`Overflow`] if the result is not finite; so a gauge that was set to NaN
    /// or an infinity cannot be moved, only set again.
    pub fn shift(&self, delta: f64) -> Result<(), Overflow> {
        self.0.add(delta)
    }

    /// The value now.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.0.get()
    }
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use std::thread;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn set_and_shift() {
        let gauge = Gauge::new();
        gauge.set(5.0);
        gauge.shift(-7.5).unwrap();
        assert_eq!(gauge.value().to_bits(), (-2.5_f64).to_bits());
    }

    #[test]
    fn it_may_be_set_to_an_infinity_but_not_moved_there() {
        let gauge = Gauge::new();
        gauge.set(f64::MAX);
        assert_eq!(gauge.shift(f64::MAX), Err(Overflow));
        assert_eq!(gauge.value().to_bits(), f64::MAX.to_bits());
        gauge.set(f64::INFINITY);
        assert_eq!(gauge.shift(f64::NEG_INFINITY), Err(Overflow));
        assert_eq!(gauge.value().to_bits(), f64::INFINITY.to_bits());
        gauge.set(f64::NAN);
        assert_eq!(gauge.shift(1.0), Err(Overflow));
        gauge.set(1.0);
        assert_eq!(gauge.shift(1.0), Ok(()));
    }

    #[test]
    fn no_shift_is_lost_between_threads() {
        let gauge = Gauge::new();
        thread::scope(|scope| {
            for delta in [1.0, -0.5, 2.0, -1.0] {
                let gauge = &gauge;
                scope.spawn(move || (0..10_000).for_each(|_| gauge.shift(delta).unwrap()));
            }
        });
        assert_eq!(gauge.value().to_bits(), 15_000.0_f64.to_bits());
    }

    proptest! {
        #[test]
        fn a_gauge_is_a_float(steps in prop::collection::vec((any::<bool>(), any::<f64>()), 0..40)) {
            let (gauge, mut reference) = (Gauge::new(), 0.0_f64);
            for (set, value) in steps {
                if set {
                    gauge.set(value);
                    reference = value;
                } else if (reference + value).is_finite() {
                    prop_assert_eq!(gauge.shift(value), Ok(()));
                    reference += value;
                } else {
                    prop_assert_eq!(gauge.shift(value), Err(Overflow));
                }
            }
            prop_assert_eq!(gauge.value().to_bits(), reference.to_bits());
        }
    }
}
