//! A set that many threads share, in locks by shard: for tables that are asked
//! on a miss, not per sample. It is the only form in which other rooms meet
//! dashmap.
//!
//! Its members hold their own key, so the text of a key is stored once.
//!
//! Heat: warm.

use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;

use dashmap::{DashMap, Entry};

use crate::seeded::Seeded;

/// So many that what is done under one lock (a shard grows, or is swept) is short
/// even with millions of members: a worker may be waiting for it.
pub(super) const SHARDS: usize = 256;

/// A shared set with a hash that is seeded per process.
pub struct ShardedSet<T>(DashMap<T, (), Seeded>);

impl<T: Eq + Hash> Default for ShardedSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Eq + Hash> ShardedSet<T> {
    /// An empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::seeded(Seeded::default())
    }

    fn seeded(seeded: Seeded) -> Self {
        Self(DashMap::with_hasher_and_shard_amount(seeded, SHARDS))
    }

    /// A clone of the member with this key.
    #[must_use]
    pub fn get<Q>(&self, key: &Q) -> Option<T>
    where
        T: Borrow<Q> + Clone,
        Q: Eq + Hash + ?Sized,
    {
        self.0.get(key).map(|entry| entry.key().clone())
    }

    /// Puts `member` in the place of the one with the same key, and returns that.
    pub fn replace(&self, member: T) -> Option<T>
    where
        T: Clone,
    {
        match self.0.entry(member) {
            Entry::Occupied(there) => Some(there.replace_entry(()).0),
            Entry::Vacant(place) => {
                place.insert(());
                None
            }
        }
    }

    /// Keeps only what `stays` says; it must not come back to this set.
    pub fn retain(&self, mut stays: impl FnMut(&T) -> bool) {
        self.0.retain(|member, ()| stays(member));
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Eq + Hash> fmt::Debug for ShardedSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShardedSet").field("len", &self.len()).finish()
    }
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use super::*;
    use crate::seeded::known;

    /// A member that is found by its name alone.
    #[derive(Clone, Debug)]
    struct Named(&'static str, u32);

    impl Borrow<str> for Named {
        fn borrow(&self) -> &str {
            self.0
        }
    }
    impl Hash for Named {
        fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
            self.0.hash(state);
        }
    }
    impl PartialEq for Named {
        fn eq(&self, other: &Self) -> bool {
            self.0 == other.0
        }
    }
    impl Eq for Named {}

    #[test]
    fn a_member_takes_the_place_of_the_one_with_its_key() {
        let set = ShardedSet::new();
        assert!(set.replace(Named("a", 1)).is_none());
        assert_eq!(set.replace(Named("a", 2)).map(|old| old.1), Some(1));
        assert_eq!(set.get("a").map(|there| there.1), Some(2), "key and all");
        assert!(set.get("b").is_none());
        set.replace(Named("b", 3));
        set.retain(|member| member.1 == 3);
        assert_eq!((set.len(), set.get("a").is_none()), (1, true));
    }
    /// A member that counts how often it is compared.
    #[derive(Clone)]
    struct Counted<'a>(&'a str, &'a AtomicU64);

    impl PartialEq for Counted<'_> {
        fn eq(&self, other: &Self) -> bool {
            self.1.fetch_add(1, Relaxed);
            self.0 == other.0
        }
    }
    impl Eq for Counted<'_> {}
    impl Hash for Counted<'_> {
        fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
            self.0.as_bytes().hash(state);
        }
    }

    /// With known seeds a look-up compares half of the names that collide; with
    /// those of this set the very same names are found at once.
    #[test]
    fn names_that_collide_under_known_seeds_do_not_slow_a_set_down() {
        const NAMES: u32 = 1000;
        let (known, names) = known::colliding(NAMES);
        let count = AtomicU64::new(0);
        let comparisons = |seeded: Seeded| {
            let set = ShardedSet::seeded(seeded);
            for name in &names {
                set.replace(Counted(name, &count));
            }
            count.store(0, Relaxed);
            assert!(names.iter().all(|name| set.get(&Counted(name, &count)).is_some()));
            count.load(Relaxed)
        };
        let of_known = comparisons(known);
        assert!(of_known > u64::from(NAMES * NAMES / 4), "{of_known} comparisons");
        let of_own = comparisons(Seeded::default());
        assert!(of_own < u64::from(NAMES * 3 / 2), "{of_own} comparisons");
    }
}
