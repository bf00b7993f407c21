//! From what a summary holds to its quantiles: the windows' cells are added up by
//! octave, the octaves put in order, and a rank looked up by walking over them.
//!
//! While all live observations are raw they are looked up as they are, exactly.
//! Beside cells, raw ones are put into cells too.
//!
//! Heat: warm (once per summary and scrape).

use super::octave::{CELLS, Octave, Place};
use crate::metric::{float, whole};
use crate::model::Quantile;

/// Room for reading summaries one after the other. It grows to the largest and
/// stays, so that a scrape does not allocate for each.
#[derive(Debug, Default)]
pub struct Scratch {
    raw: Vec<(f64, u32)>,
    /// Only the first `used` count; the others are room.
    tallies: Vec<Tally>,
    used: usize,
}

/// The cells of one octave, added up over all windows.
#[derive(Debug)]
struct Tally {
    octave: Octave,
    total: u64,
    cells: [u64; CELLS],
}

impl Scratch {
    pub(super) fn clear(&mut self) {
        self.raw.clear();
        self.used = 0;
    }

    /// Adds observations of exactly this value.
    pub(super) fn add_value(&mut self, value: f64, weight: u32) {
        self.raw.push((value, weight));
    }

    /// Adds the cells of one slot.
    pub(super) fn add_cells(&mut self, octave: Octave, counts: &[u32; CELLS]) {
        let tally = self.tally(octave);
        for (sum, count) in tally.cells.iter_mut().zip(counts) {
            *sum += u64::from(*count);
        }
    }

    /// Puts in order what was added.
    pub(super) fn finish(&mut self) -> Distribution<'_> {
        self.raw.sort_unstable_by(|(a, _), (b, _)| a.total_cmp(b));
        if self.used == 0 {
            let count = self.raw.iter().map(|(_, weight)| u64::from(*weight)).sum();
            return Distribution { count, raw: &self.raw, tallies: &[] };
        }
        while let Some((value, weight)) = self.raw.pop() {
            let Place { octave, cell } = Place::of(value);
            // A place's cell is always inside.
            if let Some(sum) = self.tally(octave).cells.get_mut(usize::from(cell)) {
                *sum += u64::from(weight);
            }
        }
        let tallies = self.tallies.get_mut(..self.used).unwrap_or_default();
        tallies.sort_unstable_by_key(|tally| tally.octave);
        for tally in tallies.iter_mut() {
            tally.total = tally.cells.iter().sum();
        }
        let count = tallies.iter().map(|tally| tally.total).sum();
        Distribution { count, raw: &[], tallies }
    }

    /// The tally of an octave; all zeroes if it was not met yet.
    fn tally(&mut self, octave: Octave) -> &mut Tally {
        let met = self.tallies.iter().take(self.used).position(|tally| tally.octave == octave);
        let at = met.unwrap_or(self.used);
        if at == self.used {
            self.used += 1;
            let zeroes = Tally { octave, total: 0, cells: [0; CELLS] };
            match self.tallies.get_mut(at) {
                Some(room) => *room = zeroes,
                None => self.tallies.push(zeroes),
            }
        }
        #[expect(clippy::indexing_slicing, reason = "it was found there, or has been put there")]
        &mut self.tallies[at]
    }
}

/// The observations of a summary inside its window, in the order of their values.
#[derive(Debug)]
pub struct Distribution<'s> {
    count: u64,
    /// Empty if there are tallies.
    raw: &'s [(f64, u32)],
    tallies: &'s [Tally],
}

impl Distribution<'_> {
    /// How many observations there are.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.count
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The value at the nearest rank: the smallest one that at least this share
    /// of the observations do not exceed. NaN if there are none.
    #[must_use]
    pub fn quantile(&self, quantile: Quantile) -> f64 {
        let mut rank = nearest_rank(quantile, self.count);
        let raw = reach(self.raw.iter(), &mut rank, |(_, weight)| u64::from(*weight));
        if let Some((value, _)) = raw {
            return *value;
        }
        let tally = reach(self.tallies.iter(), &mut rank, |tally| tally.total);
        let cell = tally.and_then(|tally| {
            let cell = reach((0..).zip(&tally.cells), &mut rank, |(_, count)| **count);
            cell.map(|(cell, _)| tally.octave.middle(cell))
        });
        cell.unwrap_or(f64::NAN)
    }

    #[cfg(test)]
    #[cfg(not(loom_model))]
    pub(super) fn points(&self) -> Vec<(f64, u64)> {
        let of_tally = |tally: &Tally| {
            let octave = tally.octave;
            (0..).zip(tally.cells).map(move |(cell, count)| (octave.middle(cell), count))
        };
        self.tallies.iter().flat_map(of_tally).filter(|(_, count)| *count > 0).collect()
    }
}

/// The first of the ordered items with which their counts add up to `rank`; what
/// is left of the rank is counted from that item's begin.
fn reach<T>(
    mut items: impl Iterator<Item = T>,
    rank: &mut u64,
    count: impl Fn(&T) -> u64,
) -> Option<T> {
    items.find(|item| {
        let count = count(item);
        let reached = *rank <= count;
        if !reached {
            *rank -= count;
        }
        reached
    })
}

/// The rank of `quantile` among `count` observations, from 1 to `count`.
fn nearest_rank(quantile: Quantile, count: u64) -> u64 {
    let count_as_float = float(count);
    // 0.07 of 100 is 7, though as floats the product is 7.000000000000001.
    let rank = (quantile.get() * count_as_float - count_as_float * 1e-12).ceil().max(1.0);
    whole(rank).unwrap_or(count).min(count.max(1))
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use super::*;

    #[test]
    fn nearest_ranks() {
        for (quantile, count, rank) in [
            (0.0, 10, 1),
            (0.5, 10, 5),
            (0.5, 11, 6),
            (0.07, 100, 7),
            (0.9, 10, 9),
            (0.99, 100, 99),
            (0.99, 3, 3),
            (1.0, 3, 3),
            (1.0, 0, 1),
        ] {
            assert_eq!(nearest_rank(Quantile::new(quantile).unwrap(), count), rank, "{quantile}");
        }
    }

    #[test]
    fn nothing_has_no_quantile() {
        let mut scratch = Scratch::default();
        assert!(scratch.finish().quantile(Quantile::new(0.5).unwrap()).is_nan());
        assert!(scratch.finish().is_empty());
    }
}
