//! The routes that one worker has met lately: a small table that only its owner
//! touches, holding a hash and a pointer for each.
//!
//! Four places a bucket; it doubles while it fills up and is held to
//! [`MAX_PLACES`], where a newcomer takes the place of an older one. A hash only
//! leads to a place: the spelling itself is compared.
//!
//! Heat: hot ([`RouteCache::find`]).

use std::sync::Arc;

use super::route::Route;
use crate::model::Tick;
use crate::protocol::Plain;

/// Places of a bucket: one cache line of them.
const WAYS: usize = 4;
const FIRST_BUCKETS: usize = 256;
/// The most routes that a worker holds on to: 2 MiB of places.
const MAX_PLACES: usize = 1 << 17;

type Bucket = [Place; WAYS];

#[derive(Clone, Debug, Default)]
struct Place {
    hash: u64,
    route: Option<Arc<Route>>,
}

/// A bounded table from spelling to route.
#[derive(Debug)]
pub(super) struct RouteCache {
    /// A power of two of them.
    buckets: Vec<Bucket>,
    filled: usize,
    /// The bucket that the next sweep begins with.
    next_swept: usize,
}

impl RouteCache {
    pub(super) fn new() -> Self {
        Self { buckets: vec![Bucket::default(); FIRST_BUCKETS], filled: 0, next_swept: 0 }
    }

    /// The route of `line`, whose spelling has this hash.
    #[inline]
    pub(super) fn find(&self, hash: u64, line: &Plain<'_>) -> Option<&Arc<Route>> {
        self.buckets
            .get(self.bucket_of(hash))?
            .iter()
            .filter(|place| place.hash == hash)
            .filter_map(|place| place.route.as_ref())
            .find(|route| route.is_of(line))
    }

    /// Remembers `route`; the one it replaces is the one of the same spelling, or
    /// else any of its bucket.
    pub(super) fn insert(&mut self, hash: u64, route: Arc<Route>) {
        if self.filled * 2 > self.places() && self.places() < MAX_PLACES {
            self.grow();
        }
        self.put(Place { hash, route: Some(route) });
    }

    /// Lets go of the dead routes in an eighth of the table. Called once a second,
    /// so that an expired series is not held in memory for longer than that
    /// takes, and no call holds up a batch for long.
    pub(super) fn sweep_part(&mut self, generation: u32, now: Tick) {
        let part = self.buckets.len().div_ceil(8);
        let mut freed = 0;
        for place in self.buckets.iter_mut().skip(self.next_swept).take(part).flatten() {
            if place.route.as_ref().is_some_and(|route| route.is_dead(generation, now)) {
                *place = Place::default();
                freed += 1;
            }
        }
        self.filled -= freed;
        self.next_swept += part;
        if self.next_swept >= self.buckets.len() {
            self.next_swept = 0;
        }
    }

    fn put(&mut self, newcomer: Place) {
        let at = self.bucket_of(newcomer.hash);
        let Some(bucket) = self.buckets.get_mut(at) else { return };
        let same = bucket.iter().position(|place| same_spelling(place, &newcomer));
        let free = || bucket.iter().position(|place| place.route.is_none());
        // The top bits choose whom to replace: the low ones chose the bucket.
        let victim = (newcomer.hash >> 60) as usize % WAYS;
        let way = same.or_else(free).unwrap_or(victim);
        if let Some(place) = bucket.get_mut(way) {
            self.filled += usize::from(place.route.is_none());
            *place = newcomer;
        }
    }

    fn grow(&mut self) {
        let doubled = vec![Bucket::default(); self.buckets.len() * 2];
        let old = std::mem::replace(&mut self.buckets, doubled);
        self.filled = 0;
        for place in old.into_iter().flatten().filter(|place| place.route.is_some()) {
            self.put(place);
        }
    }

    fn places(&self) -> usize {
        self.buckets.len() * WAYS
    }

    #[expect(clippy::cast_possible_truncation, reason = "the low bits are what is wanted")]
    fn bucket_of(&self, hash: u64) -> usize {
        hash as usize & (self.buckets.len() - 1)
    }
}

fn same_spelling(place: &Place, other: &Place) -> bool {
    match (&place.route, &other.route) {
        (Some(route), Some(other_route)) => {
            place.hash == other.hash && route.key() == other_route.key()
        }
        _ => false,
    }
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use super::super::route::{Change, End, Verdict};
    use super::*;
    use crate::model::{Dialect, MetricKind, Outcome, TagStyles, Ttl};
    use crate::protocol;

    fn route_of(line: &str) -> Arc<Route> {
        let dialect = Dialect::uniform(TagStyles::ALL);
        let attempt = protocol::parse(line.as_bytes(), &dialect).body.unwrap().next().unwrap();
        let plain = protocol::split_plain(line.as_bytes()).unwrap();
        let verdict = Verdict {
            kind: MetricKind::Counter,
            rule: None,
            change: Change::default(),
            ttl: Ttl::FOREVER,
            end: End::Early(Outcome::Dropped),
        };
        Arc::new(Route::new(&plain, 0, (attempt.recipe.unwrap(), attempt.notes, 0), verdict))
    }

    fn find<'c>(cache: &'c RouteCache, hash: u64, line: &str) -> Option<&'c Arc<Route>> {
        cache.find(hash, &protocol::split_plain(line.as_bytes()).unwrap())
    }

    #[test]
    fn equal_hashes_are_told_apart_by_the_spelling() {
        let mut cache = RouteCache::new();
        for line in ["a:1|c", "b:1|c", "a:1|ms", "a:1|c|@0.1"] {
            cache.insert(7, route_of(line));
        }
        for line in ["a:2|c", "b:3|c", "a:4|ms", "a:5|c|@0.1"] {
            assert!(find(&cache, 7, line).is_some(), "{line}");
        }
        assert!(find(&cache, 7, "a:1|g").is_none());
        assert!(find(&cache, 8, "a:1|c").is_none());
    }

    #[test]
    fn a_spelling_has_one_place_and_the_table_a_bound() {
        let mut cache = RouteCache::new();
        for _ in 0..10 {
            cache.insert(7, route_of("a:1|c"));
        }
        assert_eq!(cache.filled, 1);
        let route = route_of("a:1|c");
        for hash in 0..300_000_u64 {
            cache.insert(hash.wrapping_mul(0x9E37_79B9_7F4A_7C15), Arc::clone(&route));
        }
        assert_eq!(cache.places(), MAX_PLACES);
        assert!(cache.filled <= MAX_PLACES);
    }
}
