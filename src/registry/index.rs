//! All series by their text. The text is stored once, in the series itself.
//!
//! The hash is seeded, so that senders cannot choose names that collide; two series
//! are the same only if their texts are.
//!
//! Heat: warm.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};

use dashmap::DashMap;

use super::Series;
use super::sharded::SHARDS;
use crate::seeded::Seeded;

pub(super) struct Index(DashMap<ByText, (), Seeded>);

/// A series as its own key.
struct ByText(Series);

impl Borrow<[u8]> for ByText {
    fn borrow(&self) -> &[u8] {
        self.0.text()
    }
}

impl Hash for ByText {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.text().hash(state);
    }
}

impl PartialEq for ByText {
    fn eq(&self, other: &Self) -> bool {
        self.0.text() == other.0.text()
    }
}

impl Eq for ByText {}

impl Index {
    pub(super) fn new() -> Self {
        Self(DashMap::with_hasher_and_shard_amount(Seeded::default(), SHARDS))
    }

    pub(super) fn get(&self, text: &str) -> Option<Series> {
        self.0.get(text.as_bytes()).map(|entry| entry.key().0.clone())
    }

    /// Puts a series whose text is not there.
    pub(super) fn insert(&self, series: Series) {
        self.0.insert(ByText(series), ());
    }

    /// Takes out exactly this series, not another of the same text; false if it
    /// is not there.
    pub(super) fn remove(&self, series: &Series) -> bool {
        self.0.remove_if(series.text(), |there, ()| there.0.is(series)).is_some()
    }
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index").field("len", &self.0.len()).finish()
    }
}
