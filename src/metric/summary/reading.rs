//! From what a summary holds to its quantiles: the windows' cells are added up by
//! octave, put in the order of their values, and looked up by rank.
//!
//! Heat: warm (once per summary and scrape).

use super::octave::{CELLS, Octave};
use crate::metric::{float, whole};
use crate::model::Quantile;

/// Room for reading summaries one after the other. It grows to the largest and
/// stays, so that a scrape does not allocate for each.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Only the first `used` count; the others are room.
    octaves: Vec<Tally>,
    used: usize,
    points: Vec<Point>,
}

/// The cells of one octave, added up over all windows.
#[derive(Debug)]
struct Tally {
    octave: Octave,
    cells: [u64; CELLS],
}

/// A value, and how many observations there are up to and with it (while the
/// points are gathered: of it).
#[derive(Clone, Copy, Debug)]
struct Point {
    value: f64,
    upto: u64,
}

impl Scratch {
    pub(super) fn clear(&mut self) {
        self.used = 0;
        self.points.clear();
    }

    /// Adds observations of exactly this value.
    pub(super) fn add_value(&mut self, value: f64, weight: u32) {
        self.points.push(Point { value, upto: u64::from(weight) });
    }

    /// Adds the cells of one slot.
    pub(super) fn add_cells(&mut self, octave: Octave, counts: &[u32; CELLS]) {
        let used = self.octaves.iter_mut().take(self.used);
        if let Some(tally) = used.into_iter().find(|tally| tally.octave == octave) {
            for (sum, count) in tally.cells.iter_mut().zip(counts) {
                *sum += u64::from(*count);
            }
            return;
        }
        let fresh = Tally { octave, cells: counts.map(u64::from) };
        match self.octaves.get_mut(self.used) {
            Some(room) => *room = fresh,
            None => self.octaves.push(fresh),
        }
        self.used += 1;
    }

    /// Orders what was added.
    pub(super) fn finish(&mut self) -> Distribution<'_> {
        let Self { octaves, used, points } = self;
        let octaves = octaves.get_mut(..*used).unwrap_or_default();
        octaves.sort_unstable_by_key(|tally| tally.octave);
        let in_order = points.is_empty();
        for Tally { octave, cells } in octaves {
            for (cell, count) in (0..).zip(cells.iter()).filter(|(_, count)| **count > 0) {
                points.push(Point { value: octave.middle(cell), upto: *count });
            }
        }
        if !in_order {
            points.sort_unstable_by(|a, b| a.value.total_cmp(&b.value));
        }
        let mut upto = 0;
        for point in points.iter_mut() {
            upto += point.upto;
            point.upto = upto;
        }
        Distribution { points }
    }
}

/// The observations of a summary inside its window, in the order of their values.
#[derive(Debug)]
pub struct Distribution<'s> {
    points: &'s [Point],
}

impl Distribution<'_> {
    /// How many observations there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.points.last().map_or(0, |last| last.upto)
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// The value at the nearest rank: the smallest one that at least this share
    /// of the observations do not exceed. NaN if there are none.
    #[must_use]
    pub fn quantile(&self, quantile: Quantile) -> f64 {
        let rank = nearest_rank(quantile, self.len());
        let at = self.points.partition_point(|point| point.upto < rank);
        self.points.get(at).map_or(f64::NAN, |point| point.value)
    }

    #[cfg(test)]
    #[cfg(not(loom_model))]
    pub(super) fn points(&self) -> impl Iterator<Item = (f64, u64)> {
        let mut before = 0;
        self.points.iter().map(move |point| {
            (point.value, point.upto - std::mem::replace(&mut before, point.upto))
        })
    }
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
