//! All series by their text. The text is stored once, in the series itself.
//!
//! The hash is seeded, so that senders cannot choose names that collide; two series
//! are the same only if their texts are.
//!
//! Heat: warm.

use std::hash::BuildHasher;

use super::Series;
use super::sharded::{Hashed, Member, ShardedSet};
use crate::seeded::Seeded;

#[derive(Debug)]
pub(super) struct Index {
    series: ShardedSet<Series>,
    seeded: Seeded,
}

/// Half of the hash of a series' text: as much as a series has room for. There are
/// too few series for the other half to tell many more of them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TextHash(u32);

impl TextHash {
    /// Any, for a series that is in no index.
    #[cfg(all(test, loom_model))]
    pub(super) const NONE: Self = Self(0);

    /// Over all bits, as a table wants them.
    pub(super) fn spread(self) -> u64 {
        // The golden ratio's bits, an odd number.
        u64::from(self.0).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

impl Member for Series {
    fn hash(&self) -> u64 {
        self.text_hash().spread()
    }

    fn key(&self) -> &[u8] {
        self.text()
    }
}

impl Index {
    pub(super) fn new() -> Self {
        Self { series: ShardedSet::new(), seeded: Seeded::default() }
    }

    /// How a series with this text is found.
    #[expect(clippy::cast_possible_truncation, reason = "half of it is wanted")]
    pub(super) fn hash_of(&self, text: &str) -> TextHash {
        TextHash(self.seeded.hash_one(text.as_bytes()) as u32)
    }

    /// The series with this text, which has this hash.
    pub(super) fn get(&self, hash: TextHash, text: &str) -> Option<Series> {
        self.series.get(Hashed { hash: hash.spread(), text: text.as_bytes() })
    }

    /// Puts a series whose text is not there.
    pub(super) fn insert(&self, series: Series) {
        self.series.replace(series);
    }

    /// Takes out exactly this series, not another of the same text; false if it
    /// is not there.
    pub(super) fn remove(&self, series: &Series) -> bool {
        let key = Hashed { hash: series.text_hash().spread(), text: series.text() };
        self.series.remove_if(key, |there| there.is(series))
    }
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use super::*;

    /// The most of `TEXTS` that have the same of so many bits of the spread hash.
    fn most_alike(low_bit: u32, bits: u32) -> usize {
        const TEXTS: u32 = 16_384;
        let index = Index::new();
        let mut alike = vec![0_usize; 1 << bits];
        for number in 0..TEXTS {
            let hash = index.hash_of(&format!("series{{label=\"{number}\"}}")).spread();
            alike[usize::try_from(hash >> low_bit & ((1 << bits) - 1)).unwrap()] += 1;
        }
        alike.into_iter().max().unwrap()
    }

    /// The bits by which dashmap chooses a shard, and hashbrown a place in it and a
    /// tag. Chance gives the fullest bucket of 4 texts on average some 16, of 64 some
    /// 95 and of 128 some 165; half as much again comes once in a million million
    /// times.
    #[test]
    fn half_a_hash_is_spread_over_all_bits_that_tables_use() {
        assert!(most_alike(0, 12) < 30, "place");
        assert!(most_alike(49, 8) < 150, "shard");
        assert!(most_alike(57, 7) < 250, "tag");
    }
}
