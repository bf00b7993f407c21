//! A map that many threads share, in locks by shard: for tables that are asked
//! on a miss, not per sample. It is the only form in which other rooms meet
//! dashmap.
//!
//! Heat: warm.

use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;

use dashmap::DashMap;
use foldhash::quality::RandomState;

/// A shared map with a hash that is seeded per process.
pub struct ShardedMap<K, V>(DashMap<K, V, RandomState>);

impl<K: Eq + Hash, V> Default for ShardedMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Eq + Hash, V> ShardedMap<K, V> {
    /// An empty map.
    #[must_use]
    pub fn new() -> Self {
        Self(DashMap::default())
    }

    /// A clone of the value at `key`.
    #[must_use]
    pub fn get<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
        V: Clone,
    {
        self.0.get(key).map(|entry| entry.value().clone())
    }

    /// Puts `value` if nothing is at `key`. Returns a clone of what is there now,
    /// and whether it is the given one.
    pub fn insert_if_absent(&self, key: K, value: V) -> (V, bool)
    where
        V: Clone,
    {
        match self.0.entry(key) {
            dashmap::Entry::Occupied(there) => (there.get().clone(), false),
            dashmap::Entry::Vacant(place) => (place.insert(value).value().clone(), true),
        }
    }

    /// Puts `value`, whatever is at `key`, and returns what was.
    pub fn insert(&self, key: K, value: V) -> Option<V> {
        self.0.insert(key, value)
    }

    /// Takes out what is at `key` if `goes` says so; true if it did.
    pub fn remove_if<Q>(&self, key: &Q, goes: impl FnOnce(&V) -> bool) -> bool
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.0.remove_if(key, |_, value| goes(value)).is_some()
    }

    /// Keeps only what `stays` says; it must not come back to this map.
    pub fn retain(&self, mut stays: impl FnMut(&K, &V) -> bool) {
        self.0.retain(|key, value| stays(key, value));
    }

    /// Takes out everything.
    pub fn clear(&self) {
        self.0.clear();
    }

    /// How many there are.
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

impl<K: Eq + Hash, V> fmt::Debug for ShardedMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShardedMap").field("len", &self.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn the_first_value_stays_and_all_see_it() {
        let map = ShardedMap::<Box<[u8]>, u32>::new();
        let seen = thread::scope(|scope| {
            let insert = |value| {
                let map = &map;
                scope.spawn(move || map.insert_if_absent(b"key"[..].into(), value))
            };
            [1, 2, 3].map(insert).map(|thread| thread.join().unwrap())
        });
        let there = map.get(&b"key"[..]);
        assert!(seen.iter().all(|(value, _)| Some(*value) == there));
        assert_eq!(seen.iter().filter(|(_, put)| *put).count(), 1);
    }

    #[test]
    fn entries_come_and_go() {
        let map = ShardedMap::<String, u32>::new();
        for value in 0..10 {
            map.insert(value.to_string(), value);
        }
        assert_eq!(map.insert("3".to_owned(), 33), Some(3));
        assert!(!map.remove_if("3", |value| *value == 3));
        assert!(map.remove_if("3", |value| *value == 33));
        map.retain(|_, value| value % 2 == 0);
        assert_eq!((map.len(), map.get("4"), map.get("5")), (5, Some(4), None));
        map.clear();
        assert!(map.is_empty());
    }
}
