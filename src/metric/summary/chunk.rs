//! The cells of one octave in one window, and which of them are not zero: most of
//! them are, and a scrape need not look there.
//!
//! A writer that finds a cell at zero marks it, then adds; one that finds another
//! number knows by that (Acquire) that the mark was set before. So a reader that
//! goes by the marks misses no observation that was complete before it began. Whose
//! chunk it is, and when it may be cleared, is said in `segment.rs`.
//!
//! A writer that sleeps while the chunk is cleared may have looked at the cell, or
//! marked it, before, and adds to it behind: then its addition finds zero, and
//! (Acquire, so that it sees the marks cleared) it marks the cell once more.
//!
//! What is not exact:
//! * A cell stops growing at 2^31 observations.
//! * Between the addition and the mark of such a sleeper others find a number that
//!   no mark was set for. Who reads before it wakes and marks misses theirs too.
//!
//! Heat: hot ([`Chunk::add`]), warm (read once per scrape).

use super::octave::CELLS;
use super::used::{Used, places};
use crate::prefetch::prefetch;
use crate::sync::atomic::AtomicU32;
use crate::sync::atomic::Ordering::{AcqRel, Acquire};
use crate::sync::zero;

/// Where a cell stops growing. Far enough from `u32::MAX` for two thousand
/// writers that pass the check at once with the largest weight.
const FULL: u32 = 1 << 31;

/// Cells that come into the cache together.
const LINE_OF_CELLS: usize = 64 / size_of::<u32>();

#[derive(Debug)]
#[repr(C)]
pub(super) struct Chunk {
    cells: [AtomicU32; CELLS],
    /// The cells that are not zero, and perhaps some that will not be soon. Last, for
    /// it is written once or twice a cell.
    used: Used,
}

/// What the cells of one chunk count, as a reader found them.
#[derive(Debug)]
pub(super) struct Counts {
    /// What a cell that is not used has here is left from another chunk.
    cells: [u32; CELLS],
    used: u64,
}

impl Default for Counts {
    fn default() -> Self {
        Self { cells: [0; CELLS], used: 0 }
    }
}

impl Chunk {
    pub(super) fn new() -> Self {
        Self { cells: std::array::from_fn(|_| AtomicU32::new(0)), used: Used::none() }
    }

    /// Asks for a cell.
    #[inline]
    pub(super) fn prefetch_cell(&self, at: u8) {
        if let Some(cell) = self.cells.get(usize::from(at)) {
            prefetch(cell);
        }
    }

    /// Asks for all of it.
    pub(super) fn prefetch(&self) {
        self.cells.iter().step_by(LINE_OF_CELLS).for_each(prefetch);
        prefetch(&self.used);
    }

    /// Back to zero. Marks go first: who finds a zeroed cell marks it, and that mark
    /// stays.
    pub(super) fn clear(&self) {
        self.used.clear();
        for cell in &self.cells {
            zero!(cell);
        }
    }

    pub(super) fn add(&self, at: u8, weight: u32) {
        // A place's cell is always inside.
        let Some(cell) = self.cells.get(usize::from(at)) else { return };
        let seen = cell.load(Acquire);
        if seen >= FULL {
            return;
        }
        if seen == 0 {
            self.used.mark(usize::from(at));
        }
        if cell.fetch_add(weight, AcqRel) == 0 {
            self.used.mark(usize::from(at));
        }
    }
}

impl Counts {
    pub(super) fn read(&mut self, chunk: &Chunk) {
        self.used = chunk.used.marked();
        let pairs = self.cells.iter_mut().zip(&chunk.cells);
        if is_dense(self.used) {
            pairs.for_each(|(count, cell)| *count = cell.load(Acquire));
        } else {
            for at in places(self.used) {
                if let (Some(count), Some(cell)) = (self.cells.get_mut(at), chunk.cells.get(at)) {
                    *count = cell.load(Acquire);
                }
            }
        }
    }

    /// Adds each to the sum of its cell; and gives what they are in all.
    pub(super) fn add_to(&self, sums: &mut [u64; CELLS]) -> u64 {
        let mut total = 0;
        let mut add = |sum: &mut u64, count: u32| {
            *sum += u64::from(count);
            total += u64::from(count);
        };
        if is_dense(self.used) {
            sums.iter_mut().zip(self.cells).for_each(|(sum, count)| add(sum, count));
        } else {
            for at in places(self.used) {
                if let (Some(sum), Some(count)) = (sums.get_mut(at), self.cells.get(at)) {
                    add(sum, *count);
                }
            }
        }
        total
    }
}

/// Whether to look at all is less work than to look for those that are marked.
const fn is_dense(used: u64) -> bool {
    used.count_ones() as usize > CELLS / 2
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use super::*;
    use crate::sync::atomic::Ordering::Relaxed;

    /// However many cells of a chunk are used, and whatever was read before.
    #[test]
    fn few_cells_and_all_of_them_are_read_alike() {
        let mut counts = Counts::default();
        for used in (0..=64_u8).rev() {
            let chunk = Chunk::new();
            let mut expected = [0; CELLS];
            // Every third, so that few are not all at one end.
            for at in (0..used).map(|number| (number * 3) % 64) {
                chunk.add(at, u32::from(at) + 1);
                expected[usize::from(at)] += u64::from(at) + 1;
            }
            let mut sums = [0; CELLS];
            counts.read(&chunk);
            let total = counts.add_to(&mut sums);
            assert_eq!((sums, total), (expected, expected.iter().sum()), "{used}");
        }
    }

    #[test]
    fn a_full_cell_stops_growing() {
        let chunk = Chunk::new();
        chunk.cells[0].store(FULL - 1, Relaxed);
        chunk.add(0, 1_000_000);
        chunk.add(0, 1_000_000);
        assert_eq!(chunk.cells[0].load(Relaxed), FULL - 1 + 1_000_000);
    }
}
