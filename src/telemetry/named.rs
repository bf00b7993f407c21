//! Counters by names that come from whoever sends datagrams: their number and
//! their length are bounded, and what does not fit counts as `other`. Names that
//! are told apart stay so; a counter is never taken away.
//!
//! To look one up allocates nothing, unless it is new and fits: so a flood of
//! names costs no more than the lock.
//!
//! Heat: warm (a counter is looked up when a refused route is made; to count on
//! it is one atomic addition).

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::lock;

/// What stands for the names that do not fit.
const OTHER: &str = "other";

/// The counter of one name.
#[derive(Clone, Debug, Default)]
pub struct NamedCounter(Arc<AtomicU64>);

impl NamedCounter {
    /// Counts refused events.
    #[inline]
    pub fn add(&self, events: u32) {
        self.0.fetch_add(u64::from(events), Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How much is told apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Most {
    /// So many names; of each kind of thing that is counted it is another.
    pub(super) names: usize,
    /// So many bytes of all names together.
    pub(super) bytes: usize,
}

/// The counters of all names, by the kind of what is counted; `()` if it is one
/// thing.
#[derive(Debug)]
pub(super) struct Named<K> {
    most: Most,
    inner: Mutex<Inner<K>>,
}

#[derive(Debug)]
struct Inner<K> {
    kinds: HashMap<K, OfKind>,
    names: usize,
    bytes: usize,
}

#[derive(Debug, Default)]
struct OfKind {
    counters: HashMap<Box<str>, NamedCounter>,
    /// Also of a name that is called so.
    other: NamedCounter,
}

impl<K: Copy + Eq + Hash> Named<K> {
    pub(super) fn new(most: Most) -> Self {
        let inner = Inner { kinds: HashMap::new(), names: 0, bytes: 0 };
        Self { most, inner: Mutex::new(inner) }
    }

    /// The counter of this name, made if it is not there.
    pub(super) fn counter(&self, kind: K, name: &str) -> NamedCounter {
        let mut inner = lock(&self.inner);
        let Inner { kinds, names, bytes } = &mut *inner;
        let OfKind { counters, other } = kinds.entry(kind).or_default();
        if let Some(counter) = counters.get(name) {
            return counter.clone();
        }
        let longer = bytes.saturating_add(name.len());
        if name == OTHER || *names >= self.most.names || longer > self.most.bytes {
            return other.clone();
        }
        (*names, *bytes) = (*names + 1, longer);
        counters.entry(name.into()).or_default().clone()
    }

    /// Kind, name and count of all that counted.
    pub(super) fn counts(&self) -> Vec<(K, String, u64)> {
        let inner = lock(&self.inner);
        let all = inner.kinds.iter().flat_map(|(kind, OfKind { counters, other })| {
            let named = counters.iter().map(|(name, counter)| (&**name, counter));
            let all = named.chain(std::iter::once((OTHER, other)));
            all.map(|(name, counter)| (*kind, name.to_owned(), counter.now()))
        });
        all.filter(|(_, _, count)| *count > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: Most = Most { names: 100, bytes: 2000 };

    fn count_of(named: &Named<u8>, kind: u8, name: &str) -> Option<u64> {
        let found = named.counts().into_iter().find(|(k, n, _)| *k == kind && n == name);
        found.map(|(_, _, count)| count)
    }

    #[test]
    fn a_counter_is_shared_and_absent_until_it_counts() {
        let named = Named::new(MOST);
        let first = named.counter(1, "a");
        assert!(named.counts().is_empty());
        first.add(2);
        named.counter(1, "a").add(3);
        named.counter(2, "a").add(1);
        assert_eq!((count_of(&named, 1, "a"), count_of(&named, 2, "a")), (Some(5), Some(1)));
    }

    #[test]
    fn the_number_of_names_is_bounded_and_what_is_known_stays() {
        let named = Named::new(MOST);
        for number in 0..150 {
            named.counter(number % 2, &format!("n{number}")).add(1);
        }
        assert_eq!(named.counts().len(), 102);
        assert_eq!((count_of(&named, 0, OTHER), count_of(&named, 1, OTHER)), (Some(25), Some(25)));
        named.counter(0, "n0").add(1);
        assert_eq!(count_of(&named, 0, "n0"), Some(2));
    }

    #[test]
    fn the_length_of_names_is_bounded() {
        let named = Named::new(MOST);
        for letter in ["a", "b", "c"] {
            named.counter(0, &letter.repeat(900)).add(1);
        }
        assert_eq!(count_of(&named, 0, OTHER), Some(1));
        named.counter(0, &"d".repeat(60_000)).add(1);
        named.counter(0, "small").add(1);
        assert_eq!((count_of(&named, 0, OTHER), count_of(&named, 0, "small")), (Some(2), Some(1)));
    }

    #[test]
    fn a_name_that_is_called_other_is_one_of_them() {
        let named = Named::new(Most { names: 1, bytes: 100 });
        named.counter(0, OTHER).add(1);
        named.counter(0, "fits").add(4);
        named.counter(0, "does not").add(2);
        assert_eq!((count_of(&named, 0, OTHER), count_of(&named, 0, "fits")), (Some(3), Some(4)));
    }
}
