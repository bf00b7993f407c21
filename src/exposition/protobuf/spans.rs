//! Native buckets as they travel: runs of buckets that lie side by side, and for
//! each bucket by how much its count differs from that of the one before.
//!
//! A gap of one or two empty buckets does not end a run, as client libraries have
//! it: two zeros are shorter than a new run.
//!
//! Heat: cold (once per native histogram and scrape).

/// Empty buckets in a row that are written out, at most.
const SHORT_GAP: i32 = 2;

/// A run of buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// Buckets between the end of the run before and this one; of the first run,
    /// the index of its first bucket.
    pub(super) offset: i32,
    /// How many buckets it has.
    pub(super) length: u32,
}

/// The runs of some buckets, and their counts as differences.
#[derive(Debug, Default)]
pub(super) struct Spans {
    pub(super) runs: Vec<Span>,
    pub(super) deltas: Vec<i64>,
    last: u64,
}

impl Spans {
    /// Takes buckets as (index, count), in the order of their indices, each index
    /// once. Those that are empty are skipped. What was in here is forgotten.
    pub(super) fn set(&mut self, buckets: &[(i32, u64)]) {
        self.runs.clear();
        self.deltas.clear();
        self.last = 0;
        let mut next = 0;
        for (index, count) in buckets.iter().filter(|(_, count)| *count > 0) {
            let gap = index.saturating_sub(next);
            if self.runs.is_empty() || gap > SHORT_GAP {
                self.runs.push(Span { offset: gap, length: 0 });
            } else {
                (0..gap).for_each(|_| self.bucket(0));
            }
            self.bucket(*count);
            next = index.saturating_add(1);
        }
    }

    fn bucket(&mut self, count: u64) {
        if let Some(run) = self.runs.last_mut() {
            run.length += 1;
        }
        // Modulo 2^64, as whoever adds them up again does.
        self.deltas.push(count.wrapping_sub(self.last).cast_signed());
        self.last = count;
    }
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spans(buckets: &[(i32, u64)]) -> (Vec<(i32, u32)>, Vec<i64>) {
        let mut spans = Spans::default();
        spans.set(&[(5, 5)]);
        spans.set(buckets);
        (spans.runs.iter().map(|run| (run.offset, run.length)).collect(), spans.deltas)
    }

    #[test]
    fn gaps_of_one_or_two_are_filled_and_longer_ones_begin_a_run() {
        for (buckets, runs, deltas) in [
            (&[][..], &[][..], &[][..]),
            (&[(0, 3)], &[(0, 1)], &[3]),
            (&[(1, 3)], &[(1, 1)], &[3]),
            (&[(-7, 3), (-6, 1)], &[(-7, 2)], &[3, -2]),
            (&[(1, 3), (3, 1)], &[(1, 3)], &[3, -3, 1]),
            (&[(1, 3), (4, 1)], &[(1, 4)], &[3, -3, 0, 1]),
            (&[(1, 3), (5, 1)], &[(1, 1), (3, 1)], &[3, -2]),
            (&[(-2, 1), (-1, 0), (2, 9), (4, 9)], &[(-2, 1), (3, 3)], &[1, 8, -9, 9]),
        ] {
            assert_eq!(spans(buckets), (runs.to_vec(), deltas.to_vec()), "{buckets:?}");
        }
    }

    proptest! {
        #[test]
        fn they_expand_to_the_buckets_again(
            buckets in prop::collection::btree_map(-300..300_i32, 1..u64::MAX, 0..60),
        ) {
            let buckets: Vec<_> = buckets.into_iter().collect();
            let (runs, deltas) = spans(&buckets);
            let mut expanded = Vec::new();
            let (mut index, mut count, mut deltas) = (0, 0_u64, deltas.into_iter());
            for (at, (offset, length)) in runs.into_iter().enumerate() {
                prop_assert!(at == 0 || offset > SHORT_GAP);
                index += offset;
                for _ in 0..length {
                    count = count.wrapping_add_signed(deltas.next().unwrap());
                    expanded.push((index, count));
                    index += 1;
                }
            }
            prop_assert_eq!(deltas.next(), None);
            expanded.retain(|(_, count)| *count > 0);
            prop_assert_eq!(expanded, buckets);
        }
    }
}
