//! Native histograms: buckets that grow by a factor, over all numbers of both
//! signs, of which only those exist that have counted something.
//!
//! The rule's factor gives the finest schema. Once more buckets have counted
//! than the rule allows, the resolution is lowered: the schema by one, by which
//! buckets become one in pairs, and again until there are few enough or the
//! coarsest schema is reached. It is never raised, nothing is ever reset, and the
//! zero bucket is never widened: the incumbent asks its client library for
//! neither. (That library takes one step an observation, so for some observations
//! it may be above the cap; here all steps are taken at once.)
//!
//! # How it is shared
//! * A cell is for a place in the *finest* schema, and stays so ([`cells`]).
//! * `lowered` says by how many steps the resolution is lowered. To lower it is
//!   one compare-exchange, and moves no count. From then on observations of one
//!   bucket are counted at the last of the places that became that bucket, and a
//!   reader adds up all cells whose places did. A writer that still goes by the
//!   old number counts at another place of the same bucket. So no order of steps
//!   loses anything, and nothing here waits for anyone.
//! * `tally` holds a number that is at least that of the buckets that have
//!   counted: who counts first at a cell adds one, and who finds it above the cap
//!   walks the cells and counts what there really is. That walk, a new chunk and
//!   nothing else allocate; each happens at most once per cell.
//!
//! An observation at a place that has been counted at before is one fetch-add.
//!
//! Heat: hot.

mod bounds;
mod cells;
mod place;
mod reading;

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests;

pub use reading::NativeReading;

use self::cells::Cells;
use self::place::{COARSEST, Place, ZERO_THRESHOLD, schema_of};
use crate::model::NativeOptions;
use crate::sync::atomic::Ordering::{AcqRel, Acquire, Release};
use crate::sync::atomic::{AtomicU8, AtomicU64};

/// The native part of a histogram.
#[derive(Debug)]
pub(super) struct Native {
    zero: AtomicU64,
    cells: Cells,
    tally: AtomicU64,
    /// The schema of the cells.
    finest: i8,
    lowered: AtomicU8,
}

/// In the low half a number of buckets, in the high half how many cells there
/// were ever: it only grows, so that a tally is never mistaken for an older one.
#[derive(Clone, Copy)]
struct Tally(u64);

impl Tally {
    const ONE: u64 = 1 << 32 | 1;

    #[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
    const fn buckets(self) -> u32 {
        self.0 as u32
    }

    const fn corrected(self, buckets: u32) -> Self {
        Self(self.0 >> 32 << 32 | buckets as u64)
    }
}

impl Native {
    pub(super) fn new(options: NativeOptions) -> Self {
        Self {
            zero: AtomicU64::new(0),
            cells: Cells::new(),
            tally: AtomicU64::new(0),
            finest: schema_of(options.bucket_factor),
            lowered: AtomicU8::new(0),
        }
    }

    /// Counts a finite value `weight` times, and holds the number of buckets to
    /// `max_buckets`. Published by Release.
    pub(super) fn observe(&self, value: f64, weight: u32, max_buckets: impl FnOnce() -> u32) {
        let Some(place) = Place::of(value, self.finest) else {
            self.zero.fetch_add(u64::from(weight), Release);
            return;
        };
        let place = place.last_alike(self.lowered.load(Acquire));
        if self.cells.add(place, weight) {
            self.one_more(max_buckets());
        }
    }

    /// A cell has counted for the first time.
    #[cold]
    fn one_more(&self, most: u32) {
        // Whoever comes last to the tally sees the cells of all before.
        let mut tally = Tally(self.tally.fetch_add(Tally::ONE, AcqRel) + Tally::ONE);
        let mut lowered = self.lowered.load(Acquire);
        while tally.buckets() > most && lowered < self.finest.abs_diff(COARSEST) {
            let buckets = self.count_buckets(lowered);
            let counted = tally.corrected(buckets);
            let swap = self.tally.compare_exchange(tally.0, counted.0, AcqRel, Acquire);
            if buckets <= most {
                // If the swap failed, a later one is looking after it.
                return;
            }
            tally = swap.map_or_else(Tally, |_| counted);
            // Whoever fails has been helped.
            let step = self.lowered.compare_exchange(lowered, lowered + 1, AcqRel, Acquire);
            lowered = step.map_or_else(|newer| newer, |old| old + 1);
        }
    }

    fn count_buckets(&self, lowered: u8) -> u32 {
        let mut places = Vec::new();
        self.cells.each(|place, _| places.push(place.lowered(lowered)));
        places.sort_unstable();
        places.dedup();
        u32::try_from(places.len()).unwrap_or(u32::MAX)
    }

    /// Reads each cell once.
    pub(super) fn read(&self, into: &mut NativeReading) {
        let lowered = self.lowered.load(Acquire);
        into.clear();
        into.schema = i32::from(self.finest) - i32::from(lowered);
        into.zero_threshold = ZERO_THRESHOLD;
        into.zero_count = self.zero.load(Acquire);
        self.cells.each(|place, count| {
            let Place { negative, index } = place.lowered(lowered);
            into.add(negative, index, count);
        });
        into.finish();
    }
}
