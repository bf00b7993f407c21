//! A set that many threads share, in locks by shard: for tables that are asked
//! on a miss, not per sample. It is the only form in which dashmap is met.
//!
//! Its members hold their own key, and the hash of it: so the text of a key is
//! stored once and hashed once. A shard that grows reads of a member no more than
//! the hash; the texts have long left the caches.
//!
//! Heat: warm.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use dashmap::{DashMap, Entry};

/// So many that what is done under one lock (a shard grows, or is swept) is short
/// even with millions of members: a worker may be waiting for it.
const SHARDS: usize = 256;

/// What is found by a text.
pub trait Member {
    /// A hash of the key, seeded so that who chooses keys cannot make them collide;
    /// the same for equal keys. All its bits are used.
    fn hash(&self) -> u64;
    /// The text.
    fn key(&self) -> &[u8];
}

/// A text that is looked for, and its hash.
#[derive(Clone, Copy, Debug)]
pub struct Hashed<'a> {
    /// The hash that a member with this key has.
    pub hash: u64,
    /// The key.
    pub text: &'a [u8],
}

/// A shared set of members by their keys.
pub struct ShardedSet<T>(DashMap<Held<T>, (), BuildHasherDefault<Given>>);

/// A member as its own key.
#[derive(Clone)]
struct Held<T>(T);

impl<T: Member> Default for ShardedSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Member> ShardedSet<T> {
    /// An empty set.
    #[must_use]
    pub fn new() -> Self {
        Self(DashMap::with_hasher_and_shard_amount(BuildHasherDefault::default(), SHARDS))
    }

    /// A clone of the member with this key.
    #[must_use]
    pub fn get(&self, key: Hashed<'_>) -> Option<T>
    where
        T: Clone,
    {
        self.0.get(&key as &dyn Member).map(|entry| entry.key().0.clone())
    }

    /// Puts `member` in the place of the one with the same key, and returns that.
    pub fn replace(&self, member: T) -> Option<T>
    where
        T: Clone,
    {
        match self.0.entry(Held(member)) {
            Entry::Occupied(there) => Some(there.replace_entry(()).0.0),
            Entry::Vacant(place) => {
                place.insert(());
                None
            }
        }
    }

    /// Takes out the member with this key if `goes` says so of it; true if it did.
    pub fn remove_if(&self, key: Hashed<'_>, goes: impl FnOnce(&T) -> bool) -> bool {
        self.0.remove_if(&key as &dyn Member, |there, ()| goes(&there.0)).is_some()
    }

    /// Keeps only what `stays` says; it must not come back to this set.
    pub fn retain(&self, mut stays: impl FnMut(&T) -> bool) {
        self.0.retain(|member, ()| stays(&member.0));
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

impl<T: Member> fmt::Debug for ShardedSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShardedSet").field("len", &self.len()).finish()
    }
}

impl Member for Hashed<'_> {
    fn hash(&self) -> u64 {
        self.hash
    }

    fn key(&self) -> &[u8] {
        self.text
    }
}

impl PartialEq for dyn Member + '_ {
    fn eq(&self, other: &Self) -> bool {
        Member::hash(self) == Member::hash(other) && self.key() == other.key()
    }
}

impl Eq for dyn Member + '_ {}

impl Hash for dyn Member + '_ {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(Member::hash(self));
    }
}

impl<'a, T: Member + 'a> Borrow<dyn Member + 'a> for Held<T> {
    fn borrow(&self) -> &(dyn Member + 'a) {
        &self.0
    }
}

impl<T: Member> PartialEq for Held<T> {
    fn eq(&self, other: &Self) -> bool {
        let [one, other]: [&dyn Member; 2] = [&self.0, &other.0];
        one == other
    }
}

impl<T: Member> Eq for Held<T> {}

impl<T: Member> Hash for Held<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.hash());
    }
}

/// Hands on the hash that is written to it.
#[derive(Clone, Copy, Default)]
struct Given(u64);

impl Hasher for Given {
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    /// No member writes anything but its hash.
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |sum, byte| sum.rotate_left(8) ^ u64::from(*byte));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use std::hash::BuildHasher;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use super::*;
    use crate::seeded::{Seeded, known};

    /// A member that is found by its name alone.
    #[derive(Clone, Debug)]
    struct Named(&'static str, u32);

    const HASH: u64 = 7;

    impl Member for Named {
        fn hash(&self) -> u64 {
            HASH
        }

        fn key(&self) -> &[u8] {
            self.0.as_bytes()
        }
    }

    fn key(name: &str) -> Hashed<'_> {
        Hashed { hash: HASH, text: name.as_bytes() }
    }

    #[test]
    fn a_member_takes_the_place_of_the_one_with_its_key() {
        let set = ShardedSet::new();
        assert!(set.replace(Named("a", 1)).is_none());
        assert_eq!(set.replace(Named("a", 2)).map(|old| old.1), Some(1));
        assert_eq!(set.get(key("a")).map(|there| there.1), Some(2), "key and all");
        assert!(set.get(key("b")).is_none());
        assert!(set.get(Hashed { hash: 8, ..key("a") }).is_none());
        set.replace(Named("b", 3));
        set.retain(|member| member.1 == 3);
        assert_eq!((set.len(), set.get(key("a")).is_none()), (1, true));
        assert!(!set.remove_if(key("b"), |there| there.1 == 2) && set.len() == 1);
        assert!(!set.remove_if(key("a"), |_| true) && set.len() == 1);
        assert!(set.remove_if(key("b"), |there| there.1 == 3) && set.is_empty());
    }

    /// How often members were asked for hash and key.
    #[derive(Default)]
    struct Asked {
        hash: AtomicU64,
        key: AtomicU64,
    }

    /// A member that counts this.
    #[derive(Clone)]
    struct Counted<'a>(u64, &'a str, &'a Asked);

    impl Member for Counted<'_> {
        fn hash(&self) -> u64 {
            self.2.hash.fetch_add(1, Relaxed);
            self.0
        }

        fn key(&self) -> &[u8] {
            self.2.key.fetch_add(1, Relaxed);
            self.1.as_bytes()
        }
    }

    /// With known seeds a look-up compares half of the names that collide; with
    /// those of a table of its own the very same names are found at once. And a set
    /// that grows reads no key.
    #[test]
    fn names_that_collide_under_known_seeds_do_not_slow_a_set_down() {
        const NAMES: u32 = 1000;
        let (known, names) = known::colliding(NAMES);
        let asked = Asked::default();
        let take = || [asked.hash.swap(0, Relaxed), asked.key.swap(0, Relaxed)];
        let comparisons = |seeded: Seeded| {
            let set = ShardedSet::new();
            take();
            for name in &names {
                set.replace(Counted(seeded.hash_one(name), name, &asked));
            }
            let [_, keys_while_it_grew] = take();
            let found = |name: &&String| {
                set.get(Hashed { hash: seeded.hash_one(name), text: name.as_bytes() }).is_some()
            };
            assert_eq!(names.iter().filter(found).count(), names.len());
            let [hashes, keys] = take();
            (keys_while_it_grew, hashes, keys)
        };
        let (_, _, of_known) = comparisons(known);
        assert!(of_known > u64::from(NAMES * NAMES / 4), "{of_known} comparisons");
        let (while_it_grew, hashes, keys) = comparisons(Seeded::default());
        assert_eq!((while_it_grew, keys), (0, u64::from(NAMES)));
        // A look-up meets few others: they are spread over shards and places.
        assert!(hashes < u64::from(NAMES * 3 / 2), "{hashes} members met");
    }
}
