//! The routes that one worker has met lately: a small table that only its owner
//! touches.
//!
//! A bucket is one cache line: seven pointers, and for each eight bits of its
//! hash. The table doubles while it fills up and is held to [`MAX_BUCKETS`], where
//! a newcomer takes the place of an older one. A hash only leads to a place: the
//! spelling itself is compared. So whatever the hashes are, to find a route looks
//! at no more than a bucket.
//!
//! Routes that lead to no series (refused ones, for the most part) stand in no
//! other table, so they are bounded here, in bytes. None takes the place of one
//! that leads to a series: a flood of refused names displaces only its own.
//!
//! Heat: hot ([`RouteCache::find`]).

use super::route::Route;
use super::spelling::{self, SpellingHash};
use crate::prefetch::prefetch;
use crate::protocol::Plain;

/// Places of a bucket.
const WAYS: usize = 7;
const FIRST_BUCKETS: usize = 64;
/// The most buckets that a worker's table has: 1 MiB, 114,688 routes. With the
/// longest spellings (2 KiB) these would be 250 MB at the worst, most of which the
/// shared table holds too.
const MAX_BUCKETS: usize = 1 << 14;
/// It doubles when more than so many of a bucket's places are taken on average:
/// then about one route in fifty finds its bucket full.
const FILLED: usize = 4;

/// What routes that lead to no series may hold in one table, in bytes: some 60,000
/// with names of the usual length.
const MAX_NOWHERE: usize = 16 << 20;

/// A byte for each place, and one that is not used.
type Tags = [u8; 8];

#[repr(align(64))]
#[derive(Clone, Debug, Default)]
struct Bucket {
    tags: Tags,
    routes: [Option<Route>; WAYS],
}

const _: () = assert!(size_of::<Bucket>() == 64, "a bucket is one cache line");

/// A bounded table from spelling to route.
#[derive(Debug)]
pub(super) struct RouteCache {
    /// A power of two of them.
    buckets: Vec<Bucket>,
    filled: usize,
    /// Bytes of the routes that lead to no series.
    nowhere: usize,
    /// The bucket that the next sweep begins with.
    next_swept: usize,
    hash: SpellingHash,
}

impl Bucket {
    /// The routes whose places have the hash's tag, and these.
    #[inline]
    fn candidates(&self, hash: u64) -> impl Iterator<Item = (usize, &Route)> {
        let mut equal = equal_bytes(self.tags, tag_of(hash));
        std::iter::from_fn(move || {
            loop {
                // Of none it is a way that there is not.
                let way = (equal.trailing_zeros() / 8) as usize;
                equal &= equal.wrapping_sub(1);
                if let Some(route) = self.routes.get(way)? {
                    return Some((way, route));
                }
            }
        })
    }
}

impl RouteCache {
    /// An empty table of spellings that are hashed so.
    pub(super) fn new(hash: SpellingHash) -> Self {
        let buckets = vec![Bucket::default(); FIRST_BUCKETS];
        Self { buckets, filled: 0, nowhere: 0, next_swept: 0, hash }
    }

    /// The hash of the spelling of `line`.
    #[inline]
    pub(super) fn hash_of(&self, line: &Plain<'_>) -> u64 {
        self.hash.of(line)
    }

    /// The route of `line`, whose spelling has this hash.
    #[inline]
    pub(super) fn find(&self, hash: u64, line: &Plain<'_>) -> Option<&Route> {
        let mut candidates = self.buckets.get(self.bucket_of(hash))?.candidates(hash);
        candidates.find(|(_, route)| route.is_of(line)).map(|(_, route)| route)
    }

    /// Asks for the memory that [`RouteCache::find`] begins with.
    #[inline]
    pub(super) fn prefetch(&self, hash: u64) {
        if let Some(bucket) = self.buckets.get(self.bucket_of(hash)) {
            prefetch(bucket);
        }
    }

    /// Asks for the memory of the route that is most likely that of `line`.
    #[inline]
    pub(super) fn prefetch_route(&self, hash: u64, line: &Plain<'_>) {
        let bucket = self.buckets.get(self.bucket_of(hash));
        if let Some((_, route)) = bucket.and_then(|bucket| bucket.candidates(hash).next()) {
            route.prefetch(spelling::length(line));
        }
    }

    /// Remembers `route`, if there is room for it.
    pub(super) fn insert(&mut self, route: Route) {
        if self.filled > FILLED * self.buckets.len() && self.buckets.len() < MAX_BUCKETS {
            self.grow();
        }
        self.put(route);
    }

    /// Lets go of the dead routes in an eighth of the table. Called once a second,
    /// so that an expired series is not held in memory for longer than that
    /// takes, and no call holds up a batch for long.
    pub(super) fn sweep_part(&mut self, generation: u32, era: u64) {
        let part = self.buckets.len().div_ceil(8);
        let buckets = self.buckets.iter_mut().skip(self.next_swept).take(part);
        for place in buckets.flat_map(|bucket| &mut bucket.routes) {
            if let Some(dead) = place.take_if(|route| route.is_dead(generation, era)) {
                self.filled -= 1;
                self.nowhere -= dead.bytes_to_nowhere();
            }
        }
        self.next_swept += part;
        if self.next_swept >= self.buckets.len() {
            self.next_swept = 0;
        }
    }

    fn put(&mut self, newcomer: Route) {
        let hash = newcomer.hash();
        let Some(way) = self.way_for(&newcomer) else { return };
        let at = self.bucket_of(hash);
        let Some(Bucket { tags, routes }) = self.buckets.get_mut(at) else { return };
        let (Some(tag), Some(place)) = (tags.get_mut(way), routes.get_mut(way)) else { return };
        let there = place.as_ref().map_or(0, Route::bytes_to_nowhere);
        let newcomers = newcomer.bytes_to_nowhere();
        let nowhere = self.nowhere - there + newcomers;
        if newcomers > 0 && nowhere > MAX_NOWHERE {
            return;
        }
        self.filled += usize::from(place.is_none());
        self.nowhere = nowhere;
        *tag = tag_of(hash);
        *place = Some(newcomer);
    }

    /// The place that a newcomer takes in its bucket: that of the same spelling, a
    /// free one, that of a route that leads to no series; or any, if it leads to
    /// one itself.
    #[expect(clippy::cast_possible_truncation, reason = "some bits are what is wanted")]
    fn way_for(&self, newcomer: &Route) -> Option<usize> {
        let hash = newcomer.hash();
        let bucket = self.buckets.get(self.bucket_of(hash))?;
        let mut candidates = bucket.candidates(hash);
        let same = candidates.find(|(_, route)| route.key() == newcomer.key());
        let to_series = newcomer.series().is_some();
        let routes = &bucket.routes;
        let has_room = to_series || self.nowhere + newcomer.bytes_to_nowhere() <= MAX_NOWHERE;
        let free = || routes.iter().position(Option::is_none).filter(|_| has_room);
        let nowhere = || {
            let leads_nowhere = |route: &Route| route.series().is_none();
            routes.iter().position(|route| route.as_ref().is_some_and(leads_nowhere))
        };
        // Neither the bits that chose the bucket nor those of the tag choose whom
        // to replace.
        let victim = || to_series.then_some((hash >> 32) as u8 as usize % WAYS);
        same.map(|(way, _)| way).or_else(free).or_else(nowhere).or_else(victim)
    }

    fn grow(&mut self) {
        let doubled = vec![Bucket::default(); self.buckets.len() * 2];
        let old = std::mem::replace(&mut self.buckets, doubled);
        (self.filled, self.nowhere) = (0, 0);
        for route in old.into_iter().flat_map(|bucket| bucket.routes).flatten() {
            self.put(route);
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "the low bits are what is wanted")]
    fn bucket_of(&self, hash: u64) -> usize {
        hash as usize & (self.buckets.len() - 1)
    }
}

const fn tag_of(hash: u64) -> u8 {
    hash.to_be_bytes()[0]
}

/// Of each byte that equals `tag` the highest bit; perhaps also of bytes behind
/// such a one.
const fn equal_bytes(tags: Tags, tag: u8) -> u64 {
    const LOW: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = LOW << 7;
    let differing = u64::from_le_bytes(tags) ^ (LOW * tag as u64);
    differing.wrapping_sub(LOW) & !differing & HIGH
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use std::sync::Arc;

    use super::super::route::{Common, End};
    use super::*;
    use crate::model::{FamilySpec, LabelSet, MetricName, Outcome, Shape, Tick};
    use crate::protocol;
    use crate::registry::{Hashed, Limits, Registry, Series};
    use crate::seeded::{Seeded, known};

    fn route_of(hash: u64, line: &str) -> Route {
        route_to(hash, line, End::Early(Outcome::Dropped))
    }

    fn route_to(hash: u64, line: &str, end: End) -> Route {
        let plain = protocol::split_plain(line.as_bytes()).unwrap();
        let common = Common::of_line(line).unwrap();
        let mut key = Vec::new();
        spelling::write(&plain, &mut key);
        Route::new(Hashed { hash, text: &key }, Arc::new(common), end)
    }

    fn find<'c>(cache: &'c RouteCache, hash: u64, line: &str) -> Option<&'c Route> {
        cache.find(hash, &protocol::split_plain(line.as_bytes()).unwrap())
    }

    #[test]
    fn equal_hashes_are_told_apart_by_the_spelling() {
        let mut cache = RouteCache::new(SpellingHash::default());
        for line in ["a:1|c", "b:1|c", "a:1|ms", "a:1|c|@0.1"] {
            cache.insert(route_of(7, line));
        }
        for line in ["a:2|c", "b:3|c", "a:4|ms", "a:5|c|@0.1"] {
            assert!(find(&cache, 7, line).is_some(), "{line}");
        }
        assert!(find(&cache, 7, "a:1|g").is_none());
        assert!(find(&cache, 8, "a:1|c").is_none());
    }

    #[test]
    fn a_spelling_has_one_place_and_the_table_a_bound() {
        let mut cache = RouteCache::new(SpellingHash::default());
        for _ in 0..10 {
            cache.insert(route_of(7, "a:1|c"));
        }
        assert_eq!(cache.filled, 1);
        for number in 0..150_000 {
            let line = format!("a{number}:1|c");
            let hash = cache.hash.of(&protocol::split_plain(line.as_bytes()).unwrap());
            cache.insert(route_of(hash, &line));
        }
        assert_eq!(cache.buckets.len(), MAX_BUCKETS);
        let held = cache.buckets.iter().flat_map(|bucket| &bucket.routes).flatten().count();
        assert_eq!(cache.filled, held);
    }

    fn hash_of(cache: &RouteCache, line: &str) -> u64 {
        cache.hash_of(&protocol::split_plain(line.as_bytes()).unwrap())
    }

    fn series() -> Series {
        let registry = Registry::new(Limits::default(), []);
        let name = MetricName::escaped("a").unwrap();
        let spec = FamilySpec { name, help: "".into(), shape: Shape::Counter };
        registry.series(&spec, &LabelSet::new(), Tick(0)).unwrap()
    }

    #[test]
    fn what_leads_nowhere_is_bounded_in_bytes_and_displaces_no_series() {
        let mut cache = RouteCache::new(SpellingHash::default());
        let series = series();
        let mut good: Vec<_> = (0..2000).map(|number| format!("series{number}:1|c")).collect();
        for line in &good {
            cache.insert(route_to(hash_of(&cache, line), line, End::Series(series.clone())));
        }
        // While the table grew, some were displaced by each other.
        good.retain(|line| find(&cache, hash_of(&cache, line), line).is_some());
        assert!(good.len() > 1900);
        let tail = "x".repeat(900);
        for number in 0..40_000 {
            let line = format!("{number}{tail}:1|c");
            cache.insert(route_of(hash_of(&cache, &line), &line));
            assert!(cache.nowhere <= MAX_NOWHERE);
        }
        assert!(cache.nowhere > MAX_NOWHERE / 10 * 9, "{}", cache.nowhere);
        for line in &good {
            assert!(find(&cache, hash_of(&cache, line), line).is_some(), "{line}");
        }
        let routes = || cache.buckets.iter().flat_map(|bucket| &bucket.routes).flatten();
        assert_eq!(cache.nowhere, routes().map(Route::bytes_to_nowhere).sum::<usize>());
        assert_eq!(cache.filled, routes().count());
        (0..8).for_each(|_| cache.sweep_part(1, 0));
        assert_eq!((cache.filled, cache.nowhere), (0, 0), "all were of generation 0");
    }

    #[test]
    fn few_of_a_table_that_grows_are_displaced() {
        let mut cache = RouteCache::new(SpellingHash::default());
        let lines: Vec<_> = (0..20_000).map(|number| format!("a{number}:1|c")).collect();
        let hash = cache.hash.clone();
        let hash_of = |line: &str| hash.of(&protocol::split_plain(line.as_bytes()).unwrap());
        for line in &lines {
            cache.insert(route_of(hash_of(line), line));
        }
        let found = lines.iter().filter(|line| find(&cache, hash_of(line), line).is_some());
        assert!(found.count() > 19_000);
    }

    #[test]
    fn equal_bytes_are_found_first() {
        for (tags, tag, first) in [
            ([0; 8], 0, Some(0)),
            ([1, 2, 3, 4, 5, 6, 7, 8], 5, Some(4)),
            ([1, 2, 3, 4, 5, 6, 255, 255], 255, Some(6)),
            ([1, 0, 128, 127, 9, 9, 9, 9], 64, None),
        ] {
            let found = equal_bytes(tags, tag);
            let way = (found != 0).then(|| found.trailing_zeros() / 8);
            assert_eq!(way, first, "{tags:?} {tag}");
        }
    }
    /// However names are chosen, to find one looks at one bucket; with seeds that
    /// nobody knows, hardly ever at more than one route of it.
    #[test]
    fn names_that_collide_under_known_seeds_do_not_slow_the_table_down() {
        const NAMES: u32 = 1000;
        let (known, names) = known::colliding(NAMES);
        let looked_at = |seeded: Seeded| {
            let mut cache = RouteCache::new(SpellingHash::seeded(seeded));
            let lines: Vec<_> = names.iter().map(|name| format!("{name}:1|c")).collect();
            for line in &lines {
                cache.insert(route_of(hash_of(&cache, line), line));
            }
            let each = lines.iter().map(|line| {
                let hash = hash_of(&cache, line);
                (
                    cache.buckets[cache.bucket_of(hash)].candidates(hash).count(),
                    find(&cache, hash, line).is_some(),
                )
            });
            let each: Vec<_> = each.collect();
            let sum: usize = each.iter().map(|(candidates, _)| candidates).sum();
            (sum, each.iter().filter(|(_, found)| *found).count())
        };
        assert_eq!(looked_at(known), (7000, 7), "all are in one bucket, which holds seven");
        let (sum, found) = looked_at(Seeded::default());
        assert!(sum < 1200 && found > 950, "{sum} routes looked at, {found} found");
    }
}
