//! What a scrape sees of a native histogram.
//!
//! Heat: cold (once per series and scrape).

/// The buckets of a native histogram, as [`Histogram::native`] read them. A
/// buffer that is used again for the next series.
///
/// [`Histogram::native`]: crate::metric::Histogram::native
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NativeReading {
    /// From -4 to 8: bounds are the powers of `2^(2^-schema)`.
    pub schema: i32,
    /// Values no further from zero are in the zero bucket.
    pub zero_threshold: f64,
    /// Observations in the zero bucket.
    pub zero_count: u64,
    /// Index and count of each bucket above zero, by ascending index; no count
    /// is 0. Bucket `i` ends at `2^(i * 2^-schema)`, inclusive.
    pub positive: Vec<(i32, u64)>,
    /// The same below zero, mirrored: ascending indices, so away from zero.
    pub negative: Vec<(i32, u64)>,
}

impl NativeReading {
    /// All observations in it.
    #[must_use]
    pub fn total(&self) -> u64 {
        let buckets = self.positive.iter().chain(&self.negative);
        self.zero_count + buckets.map(|(_, count)| count).sum::<u64>()
    }

    pub(super) fn clear(&mut self) {
        self.positive.clear();
        self.negative.clear();
    }

    pub(super) fn add(&mut self, negative: bool, index: i32, count: u64) {
        let side = if negative { &mut self.negative } else { &mut self.positive };
        side.push((index, count));
    }

    /// Sorts what was added, and makes one bucket of those with one index.
    pub(super) fn finish(&mut self) {
        for side in [&mut self.positive, &mut self.negative] {
            side.sort_unstable_by_key(|(index, _)| *index);
            side.dedup_by(|(index, count), (kept, sum)| {
                let same = index == kept;
                *sum += if same { *count } else { 0 };
                same
            });
        }
    }
}
