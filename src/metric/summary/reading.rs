//! From what a summary holds to its quantiles: the windows' cells are added up by
//! octave, the octaves put in order, and a rank looked up by walking over them.
//!
//! While all live observations are raw they are looked up as they are, exactly.
//! Beside cells, raw ones are put into cells too.
//!
//! Heat: warm (once per summary and scrape).

use super::chunk::Counts;
use super::octave::{CELLS, Octave, Place};
use crate::metric::{float, whole};
use crate::model::Quantile;

/// Room for reading summaries one after the other. It grows to the largest and
/// stays, so that a scrape does not allocate for each.
#[derive(Debug, Default)]
pub struct Scratch {
    raw: Vec<(f64, u32)>,
    counts: Counts,
    tallies: Tallies,
}

/// The octaves that were met.
#[derive(Debug, Default)]
struct Tallies {
    /// Only the first `used` count; the others are room.
    all: Vec<Tally>,
    used: usize,
    /// Where each of these is, in the order of their octaves.
    order: Vec<usize>,
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
        self.tallies.used = 0;
    }

    /// Adds observations of exactly this value.
    pub(super) fn add_value(&mut self, value: f64, weight: u32) {
        self.raw.push((value, weight));
    }

    /// Room for what the cells of one slot count.
    pub(super) fn counts(&mut self) -> &mut Counts {
        &mut self.counts
    }

    /// Adds what [`Scratch::counts`] holds.
    pub(super) fn add_counts(&mut self, octave: Octave) {
        let Tally { cells, total, .. } = self.tallies.of(octave);
        *total += self.counts.add_to(cells);
    }

    /// Puts in order what was added.
    pub(super) fn finish(&mut self) -> Distribution<'_> {
        self.raw.sort_unstable_by(|(a, _), (b, _)| a.total_cmp(b));
        if self.tallies.used == 0 {
            let count = self.raw.iter().map(|(_, weight)| u64::from(*weight)).sum();
            return Distribution { count, raw: &self.raw, tallies: None };
        }
        while let Some((value, weight)) = self.raw.pop() {
            let Place { octave, cell } = Place::of(value);
            let Tally { cells, total, .. } = self.tallies.of(octave);
            // A place's cell is always inside.
            if let Some(sum) = cells.get_mut(usize::from(cell)) {
                *sum += u64::from(weight);
                *total += u64::from(weight);
            }
        }
        self.tallies.put_in_order();
        let count = self.tallies.in_order().map(|tally| tally.total).sum();
        Distribution { count, raw: &[], tallies: Some(&self.tallies) }
    }
}

impl Tallies {
    /// The tally of an octave; all zeroes if it was not met yet.
    fn of(&mut self, octave: Octave) -> &mut Tally {
        let met = self.all.iter().take(self.used).position(|tally| tally.octave == octave);
        let at = met.unwrap_or(self.used);
        if at == self.used {
            self.used += 1;
            match self.all.get_mut(at) {
                Some(room) => room.begin(octave),
                None => self.all.push(Tally { octave, total: 0, cells: [0; CELLS] }),
            }
        }
        #[expect(clippy::indexing_slicing, reason = "it was found there, or has been put there")]
        &mut self.all[at]
    }

    fn put_in_order(&mut self) {
        let Self { all, used, order } = self;
        order.clear();
        order.extend(0..*used);
        // A tally is half a kilobyte, so it stays where it is.
        order.sort_unstable_by_key(|at| all.get(*at).map(|tally| tally.octave));
    }

    fn in_order(&self) -> impl Iterator<Item = &Tally> {
        self.order.iter().filter_map(|at| self.all.get(*at))
    }
}

impl Tally {
    fn begin(&mut self, octave: Octave) {
        self.octave = octave;
        self.total = 0;
        self.cells.fill(0);
    }
}

/// The observations of a summary inside its window, in the order of their values.
#[derive(Debug)]
pub struct Distribution<'s> {
    count: u64,
    /// Empty if there are tallies.
    raw: &'s [(f64, u32)],
    tallies: Option<&'s Tallies>,
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
        let tally = reach(self.tallies(), &mut rank, |tally| tally.total);
        let cell = tally.and_then(|tally| {
            let cell = reach((0..).zip(&tally.cells), &mut rank, |(_, count)| **count);
            cell.map(|(cell, _)| tally.octave.middle(cell))
        });
        cell.unwrap_or(f64::NAN)
    }

    fn tallies(&self) -> impl Iterator<Item = &Tally> {
        self.tallies.into_iter().flat_map(Tallies::in_order)
    }

    #[cfg(test)]
    #[cfg(not(loom_model))]
    pub(super) fn points(&self) -> Vec<(f64, u64)> {
        let of_tally = |tally: &Tally| {
            let octave = tally.octave;
            (0..).zip(tally.cells).map(move |(cell, count)| (octave.middle(cell), count))
        };
        self.tallies().flat_map(of_tally).filter(|(_, count)| *count > 0).collect()
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
