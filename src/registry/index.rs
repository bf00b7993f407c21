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
