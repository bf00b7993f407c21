//! Cumulative buckets with a sum and a count.
//!
//! What a reader sees while writers write:
//! * An observation is added to the sum first, which may refuse it, and then to
//!   its one bucket, in one step whatever its weight.
//! * Each bucket is read once per scrape. `_count` is not a cell of its own but
//!   the sum of the buckets read, so in every scrape it equals the `+Inf` bucket,
//!   and the cumulative buckets never fall.
//! * The sum is read after the buckets, and a bucket is published (Release) after
//!   the sum: whatever is counted is in the sum. The sum may be ahead of the
//!   count by the observations that are on their way, one per writer.
//!
//! * Native buckets, if they are on, are counted before the classic one. So a
//!   reader that reads the classic buckets, then the native ones, then the sum
//!   finds in each at least what the one before had. Prometheus takes a native
//!   histogram only if its count is the total of its buckets: in an exposition
//!   that shows both, [`NativeReading::total`] is the count and the `+Inf` bucket,
//!   and no classic bucket is above it.
//!
//! Heat: hot.

use std::sync::Arc;

use super::Overflow;
use super::cell::FloatCell;
use super::native::{Native, NativeReading};
use crate::model::HistogramOptions;
use crate::prefetch::{prefetch, prefetch_bytes};
use crate::sync::atomic::AtomicU64;
use crate::sync::atomic::Ordering::{Acquire, Release};

/// A histogram.
#[derive(Debug)]
pub struct Histogram {
    options: Arc<HistogramOptions>,
    sum: FloatCell,
    /// One per bound, not cumulative, and the one above all bounds.
    buckets: Box<[AtomicU64]>,
    native: Option<Box<Native>>,
}

impl Histogram {
    /// An empty histogram with these bounds, and native buckets if they are on.
    #[must_use]
    pub fn new(options: Arc<HistogramOptions>) -> Self {
        let buckets = (0..=options.bounds().len()).map(|_| AtomicU64::new(0)).collect();
        let native = options.native().map(|native| Box::new(Native::new(native)));
        Self { options, sum: FloatCell::zero(), buckets, native }
    }

    /// Observes `value` `weight` times. A bound is inclusive: a value that
    /// equals it is below it. Allocates when a native bucket is used for the
    /// first time, and at no other time.
    ///
    /// # Errors
    /// [`Overflow`] if the value or the sum with it is not finite.
    pub fn observe(&self, value: f64, weight: u32) -> Result<(), Overflow> {
        self.sum.add(value * f64::from(weight))?;
        if let Some(native) = &self.native {
            native.observe(value, weight, || self.max_native_buckets());
        }
        let at = self.options.bounds().partition_point(|bound| *bound < value);
        // There is one bucket more than bounds, so it is always there.
        if let Some(bucket) = self.buckets.get(at) {
            bucket.fetch_add(u64::from(weight), Release);
        }
        Ok(())
    }

    /// Asks for its buckets, or the first of many, and for where native ones begin.
    #[inline]
    pub fn prefetch(&self) {
        prefetch_bytes(self.buckets.as_ptr().cast(), size_of_val(&*self.buckets));
        if let Some(native) = &self.native {
            prefetch(&**native);
        }
    }

    /// Puts the cumulative count of every bound and, last, of `+Inf` into
    /// `cumulative`, and returns the sum of the observed values.
    pub fn read(&self, cumulative: &mut Vec<u64>) -> f64 {
        cumulative.clear();
        let mut below = 0;
        cumulative.extend(self.buckets.iter().map(|bucket| {
            below += bucket.load(Acquire);
            below
        }));
        self.sum()
    }

    /// Puts the native buckets into `into`. False if they are off: then nothing
    /// is changed. Who shows them beside what [`Histogram::read`] gives calls this
    /// after it, and [`Histogram::sum`] after both.
    pub fn native(&self, into: &mut NativeReading) -> bool {
        let Some(native) = &self.native else { return false };
        native.read(into);
        true
    }

    /// The sum of the observed values now; finite.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.sum.get()
    }

    /// The bounds, and how the native buckets are laid out.
    #[must_use]
    pub fn options(&self) -> &Arc<HistogramOptions> {
        &self.options
    }

    #[cold]
    fn max_native_buckets(&self) -> u32 {
        self.options.native().map_or(u32::MAX, |native| native.max_buckets)
    }
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    #![expect(clippy::cast_precision_loss, reason = "counts are small")]

    use std::thread;

    use proptest::prelude::*;

    use super::*;

    fn histogram(bounds: &[f64]) -> Histogram {
        Histogram::new(Arc::new(HistogramOptions::new(bounds, None).unwrap()))
    }

    fn read(histogram: &Histogram) -> (Vec<u64>, f64) {
        let mut cumulative = Vec::new();
        let sum = histogram.read(&mut cumulative);
        (cumulative, sum)
    }

    #[test]
    fn a_bound_is_inclusive() {
        let histogram = histogram(&[1.0, 2.0]);
        for value in [1.0, 1.5, 2.0, 2.5, -3.0] {
            histogram.observe(value, 1).unwrap();
        }
        assert_eq!(read(&histogram), (vec![2, 4, 5], 4.0));
    }

    #[test]
    fn a_weight_adds_in_one_step_and_no_bounds_is_fine() {
        let histogram = histogram(&[]);
        histogram.observe(0.5, 1_000_000).unwrap();
        assert_eq!(read(&histogram), (vec![1_000_000], 500_000.0));
    }

    #[test]
    fn what_would_spoil_the_sum_is_not_counted() {
        let histogram = histogram(&[1.0]);
        histogram.observe(1e308, 1).unwrap();
        for (value, weight) in [(1e308, 1), (1e303, 1_000_000), (f64::NAN, 1), (f64::INFINITY, 1)] {
            assert_eq!(histogram.observe(value, weight), Err(Overflow), "{value}");
        }
        assert_eq!(read(&histogram), (vec![0, 1], 1e308));
    }

    #[test]
    fn the_sum_is_never_behind_the_count_and_the_buckets_never_fall() {
        let histogram = histogram(&[1.0, 2.0]);
        thread::scope(|scope| {
            for value in [1.0, 2.0, 4.0] {
                let histogram = &histogram;
                scope.spawn(move || {
                    for _ in 0..20_000 {
                        histogram.observe(value, 1).unwrap();
                    }
                });
            }
            for _ in 0..2_000 {
                let (cumulative, sum) = read(&histogram);
                assert!(cumulative.is_sorted());
                let [one, two, all] = cumulative[..] else { panic!("three buckets") };
                let counted = one + 2 * (two - one) + 4 * (all - two);
                assert!(sum >= counted as f64, "{sum} {counted}");
            }
        });
        assert_eq!(read(&histogram), (vec![20_000, 40_000, 60_000], 140_000.0));
    }

    proptest! {
        #[test]
        fn it_counts_as_the_obvious_one_does(
            mut bounds in prop::collection::vec(-100.0..100.0_f64, 0..12),
            values in prop::collection::vec((-120.0..120.0_f64, 1..1000_u32), 0..50),
            exact in any::<bool>(),
        ) {
            bounds.sort_by(f64::total_cmp);
            bounds.dedup();
            let histogram = histogram(&bounds);
            let mut seen = Vec::new();
            for (at, (value, weight)) in values.into_iter().enumerate() {
                // Every other value stands on a bound.
                let value = if exact && !bounds.is_empty() { bounds[at % bounds.len()] } else { value };
                prop_assert_eq!(histogram.observe(value, weight), Ok(()));
                seen.push((value, u64::from(weight)));
            }
            let below = |bound: f64| {
                seen.iter().filter(|(value, _)| *value <= bound).map(|(_, weight)| weight).sum::<u64>()
            };
            let expected: Vec<u64> = bounds.iter().copied().chain([f64::INFINITY]).map(below).collect();
            let sum = seen.iter().fold(0.0, |sum, (value, weight)| sum + value * *weight as f64);
            prop_assert_eq!(read(&histogram), (expected, sum));
        }
    }
}
