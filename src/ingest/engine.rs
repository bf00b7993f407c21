//! What all workers share: the rule set in force, the series, the table of
//! routes, the telemetry.
//!
//! Publishing a rule set: [`Engine::replace_rules`] puts it in place and raises
//! the generation (`published.rs`); a worker compares generations before each
//! datagram and takes the new set when they differ. Routes carry the generation
//! that made them, so they are made anew when met, never all at once: one that is
//! not met stays where it is, and takes no more room than it did.
//!
//! Heat: warm (hot only in [`Engine::generation`]).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::published::Published;
use super::route::{End, Route};
use super::shared::DeadRoutes;
use super::spelling::SpellingHash;
use crate::mapping::RuleSet;
use crate::model::Tick;
use crate::registry::{Hashed, Registry, ShardedSet};
use crate::telemetry::Telemetry;

/// What the table of routes may hold in all, in bytes of spellings and of the
/// routes themselves. A spelling that finds no room is parsed each time.
const MAX_ROUTE_BYTES: usize = 256 << 20;
/// How many spellings of one series may have a route by the rules in force (those of
/// rules before do not count: they go when met, or when the bytes are used up). Rates, the order of tags
/// and names that a rule maps to one series make some hundreds at most; whoever
/// makes more (`|@0.1000001`, `|@0.1000002`, …) gets them parsed each time.
const MAX_SPELLINGS: u32 = 1024;
/// The longest spelling that has a route, in bytes: it bounds what the routes in
/// a worker's cache hold when they are in no table any more.
const MAX_SPELLING: usize = 2048;

/// The shared half of ingestion. Workers are made from it; scrapes read it.
#[derive(Debug)]
pub struct Engine {
    registry: Registry,
    telemetry: Arc<Telemetry>,
    rules: Published<RuleSet>,
    routes: ShardedSet<Route>,
    route_bytes: AtomicUsize,
    /// A route found no room since the last sweep.
    lacks_room: AtomicBool,
    spelling_hash: SpellingHash,
}

impl Engine {
    /// An engine without series. The registry must already reserve the names
    /// that `telemetry` exposes.
    #[must_use]
    pub fn new(
        registry: Registry,
        rules: impl Into<Arc<RuleSet>>,
        telemetry: Arc<Telemetry>,
    ) -> Self {
        Self {
            registry,
            telemetry,
            rules: Published::new(rules.into()),
            routes: ShardedSet::new(),
            route_bytes: AtomicUsize::new(0),
            lacks_room: AtomicBool::new(false),
            spelling_hash: SpellingHash::default(),
        }
    }

    /// The series, for scrapes.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The bridge's own counters.
    #[must_use]
    pub fn telemetry(&self) -> &Arc<Telemetry> {
        &self.telemetry
    }

    /// The rule set in force.
    #[must_use]
    pub fn rules(&self) -> Arc<RuleSet> {
        self.rules.current()
    }

    /// Puts `rules` in force: every datagram and line that a worker begins after
    /// this returns is mapped by them. Series stay as they are.
    pub fn replace_rules(&self, rules: impl Into<Arc<RuleSet>>) {
        self.rules.replace(rules.into());
    }

    /// Once a second: retires series whose ttl is over, and forgets the routes
    /// that lead to none any more. These are given to the caller to be freed; who
    /// does not care drops them all at once.
    ///
    /// Routes of older rules are forgotten only where room is wanted: to free a
    /// million of them keeps the allocator busy just when the workers make theirs
    /// anew.
    pub fn sweep(&self, now: Tick) -> DeadRoutes {
        let before = self.registry.series_count();
        self.registry.sweep(now);
        let fewer = self.registry.series_count() < before;
        let lacks_room = self.lacks_room.swap(false, Ordering::Relaxed);
        if lacks_room {
            let generation = self.generation();
            self.forget(|route| route.is_retired() || !route.is_of_rules(generation))
        } else if fewer {
            self.forget(Route::is_retired)
        } else {
            DeadRoutes::default()
        }
    }

    /// How many spellings have a route that all workers know.
    #[must_use]
    pub fn route_count(&self) -> usize {
        self.routes.len()
    }

    pub(super) fn generation(&self) -> u32 {
        self.rules.generation()
    }

    /// The rule set in force and its generation.
    pub(super) fn rules_and_generation(&self) -> (Arc<RuleSet>, u32) {
        self.rules.current_and_generation()
    }

    /// How every worker hashes spellings.
    pub(super) const fn spelling_hash(&self) -> &SpellingHash {
        &self.spelling_hash
    }

    /// The shared route with this key.
    pub(super) fn find_route(&self, key: Hashed<'_>) -> Option<Route> {
        self.routes.get(key)
    }

    /// Whether the spelling `key` may have a route that ends so by the rules of
    /// `generation`. Workers that ask at the same time may exceed a bound by one each.
    pub(super) fn has_room_for(&self, key: Hashed<'_>, end: &End, generation: u32) -> bool {
        if key.text.len() > MAX_SPELLING {
            return false;
        }
        let End::Series(series) = end else { return true };
        if self.route_bytes.load(Ordering::Relaxed) + Route::bytes_of(key.text) > MAX_ROUTE_BYTES {
            self.lacks_room.store(true, Ordering::Relaxed);
            return false;
        }
        // One that takes the place of another makes no more of them.
        let is_counted = |there: &Route| {
            there.is_of_rules(generation) && there.series().is_some_and(|it| it.is(series))
        };
        series.spellings().of(generation) < MAX_SPELLINGS
            || self.routes.get(key).is_some_and(|there| is_counted(&there))
    }

    /// Lets all workers know `route`, in the place of one of the same spelling.
    /// There has to be room for it.
    pub(super) fn share_route(&self, route: &Route) {
        self.route_came(route);
        if let Some(old) = self.routes.replace(route.clone()) {
            self.route_left(&old);
        }
    }

    /// Frees none: that would be done with a shard of the table locked.
    fn forget(&self, is_dead: impl Fn(&Route) -> bool) -> DeadRoutes {
        let mut dead = Vec::new();
        self.routes.retain(|route| {
            let is_dead = is_dead(route);
            if is_dead {
                self.route_left(route);
                dead.push(route.clone());
            }
            !is_dead
        });
        DeadRoutes::new(dead)
    }

    fn route_came(&self, route: &Route) {
        self.route_bytes.fetch_add(Route::bytes_of(route.key()), Ordering::Relaxed);
        if let Some(series) = route.series() {
            series.spellings().one_more(route.common().generation);
        }
    }

    fn route_left(&self, route: &Route) {
        self.route_bytes.fetch_sub(Route::bytes_of(route.key()), Ordering::Relaxed);
        if let Some(series) = route.series() {
            series.spellings().one_less(route.common().generation);
        }
    }
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use super::super::Worker;
    use super::*;
    use crate::model::TagStyles;
    use crate::registry::{Limits, Value};

    fn rules(yaml: &str) -> RuleSet {
        RuleSet::parse(yaml, "rules.yml", TagStyles::ALL).unwrap().rules
    }

    fn engine(yaml: &str) -> Arc<Engine> {
        let registry = Registry::new(Limits::default(), []);
        Arc::new(Engine::new(registry, rules(yaml), Arc::new(Telemetry::new())))
    }

    #[test]
    fn routes_go_with_their_series_and_stay_when_rules_go() {
        let engine = engine("defaults: {ttl: 1s}");
        let mut worker = Worker::new(Arc::clone(&engine));
        for line in ["a:1|c", "a:1|c|@0.1", "b:1|g"] {
            worker.ingest_line(line.as_bytes(), Tick(0));
        }
        assert_eq!((engine.route_count(), engine.registry().series_count()), (3, 2));
        for second in 1..=3 {
            worker.ingest_line(b"b:1|g", Tick(second));
            engine.sweep(Tick(second));
        }
        assert_eq!((engine.route_count(), engine.registry().series_count()), (1, 1));
        let bytes = engine.route_bytes.load(Ordering::Relaxed);
        engine.replace_rules(rules("defaults: {ttl: 1s}"));
        engine.sweep(Tick(3));
        assert_eq!((engine.route_count(), engine.registry().series_count()), (1, 1));
        worker.ingest_line(b"b:1|g", Tick(3));
        assert_eq!((engine.route_count(), engine.registry().series_count()), (1, 1));
        assert_eq!(engine.route_bytes.load(Ordering::Relaxed), bytes, "in the old one's place");
        engine.replace_rules(rules(""));
        engine.sweep(Tick(5));
        assert_eq!((engine.route_count(), engine.registry().series_count()), (0, 0));
        assert_eq!(engine.route_bytes.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn routes_that_no_one_holds_are_freed_a_few_at_a_time() {
        let engine = engine("defaults: {ttl: 1s}");
        let mut worker = Worker::new(Arc::clone(&engine));
        for name in 0..10 {
            worker.ingest_line(format!("a{name}:1|c").as_bytes(), Tick(0));
        }
        let mut dead = engine.sweep(Tick(2));
        assert_eq!((engine.route_count(), dead.len()), (0, 10));
        assert!(dead.free(4) && dead.len() == 6);
        assert!(dead.free(4) && dead.free(4) && !dead.free(4));
        assert!(!engine.sweep(Tick(2)).free(1), "there are no more");
    }

    #[test]
    fn a_series_knows_how_many_spellings_lead_to_it() {
        let engine = engine("mappings: [{match: '*', name: one}]");
        let mut worker = Worker::new(Arc::clone(&engine));
        let mut ingest = |lines: &[&str]| {
            for line in lines {
                worker.ingest_line(line.as_bytes(), Tick(0));
            }
        };
        let spellings = |name: &str| {
            let family = engine.registry().snapshot().find(|family| family.name().as_str() == name);
            family.unwrap().at(0).unwrap().spellings().of(engine.generation())
        };
        ingest(&["a:1|c", "b:1|c", "b:2|c", "a:1|c|@0.5"]);
        assert_eq!(spellings("one"), 3);
        engine.replace_rules(rules("mappings: [{match: '*', name: other}]"));
        ingest(&["a:1|c", "c:1|c"]);
        assert_eq!((spellings("one"), spellings("other")), (0, 2), "those of rules before are not");
        ingest(&["a:1|c", "c:1|c"]);
        assert_eq!((spellings("other"), engine.route_count()), (2, 4), "in their own places");
    }

    #[test]
    fn no_datagram_is_mapped_by_two_rule_sets() {
        let engine = engine("mappings: [{match: a, name: before}]");
        let mut worker = Worker::new(Arc::clone(&engine));
        // More lines than are looked at together, and the end of the last
        // datagram but one shares a group with them.
        let long = ["a:1|c"; 100].join("\n");
        let datagrams = [&*long, "a:1|c", "a:1|c"].into_iter().enumerate().map(|(at, datagram)| {
            if at == 2 {
                engine.replace_rules(rules("mappings: [{match: a, name: after}]"));
            }
            datagram.as_bytes()
        });
        worker.ingest_datagrams(datagrams, Tick(0));
        let count = |name: &str| {
            let family = engine.registry().snapshot().find(|family| family.name().as_str() == name);
            match family.unwrap().at(0).unwrap().value() {
                Value::Counter(_, counter) => counter.value(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!((count("before"), count("after")), (101.0, 1.0));
    }

    #[test]
    fn a_series_has_so_many_spellings_and_no_more_and_every_line_counts() {
        let engine = engine("");
        let mut worker = Worker::new(Arc::clone(&engine));
        worker.ingest_line(b"other:1|c", Tick(0));
        for _ in 0..2 {
            for spelling in 0..MAX_SPELLINGS + 500 {
                worker.ingest_line(format!("a:1|g|#x:1|@0.1{spelling}").as_bytes(), Tick(0));
            }
            assert_eq!(engine.route_count(), 1 + MAX_SPELLINGS as usize);
        }
        worker.flush();
        let totals = engine.telemetry().totals();
        let lines = 1 + 2 * (u64::from(MAX_SPELLINGS) + 500);
        assert_eq!((totals.lines(), totals.samples()), (lines, lines));
        assert_eq!(totals.cache_hits(), u64::from(MAX_SPELLINGS), "the rest was parsed again");
        // Others are not hampered, nor is this one when its routes are made anew,
        // although the worker holds the old ones.
        worker.ingest_line(b"other:1|c|@0.5", Tick(0));
        assert_eq!(engine.route_count(), 2 + MAX_SPELLINGS as usize);
        engine.replace_rules(rules(""));
        worker.ingest_datagram(b"a:1|g|#x:1|@0.10", Tick(0));
        assert_eq!(
            engine.route_count(),
            2 + MAX_SPELLINGS as usize,
            "one took the old one's place"
        );
        worker.ingest_datagram(b"a:1|g|#x:1|@0.99", Tick(0));
        assert_eq!(engine.route_count(), 3 + MAX_SPELLINGS as usize, "old ones take no room");
    }

    #[test]
    fn a_series_has_no_more_spellings_when_those_of_many_come_to_it() {
        let engine = engine("mappings: [{match: 'a.*', name: 'a_$1'}]");
        let mut worker = Worker::new(Arc::clone(&engine));
        let mut ingest_all = || {
            for name in 0..MAX_SPELLINGS + 500 {
                worker.ingest_line(format!("a.{name}:1|c").as_bytes(), Tick(0));
            }
        };
        ingest_all();
        let all = MAX_SPELLINGS as usize + 500;
        assert_eq!((engine.route_count(), engine.registry().series_count()), (all, all));
        engine.replace_rules(rules("mappings: [{match: 'a.*', name: a}]"));
        (0..2).for_each(|_| ingest_all());
        let family = engine.registry().snapshot().find(|family| family.name().as_str() == "a");
        let series = family.unwrap();
        assert_eq!(series.at(0).unwrap().spellings().of(1), MAX_SPELLINGS);
        assert_eq!(engine.route_count(), all, "the others keep their old ones");
    }

    #[test]
    fn a_spelling_that_is_very_long_is_parsed_each_time() {
        let engine = engine("");
        let mut worker = Worker::new(Arc::clone(&engine));
        let line = |length: usize| format!("a:1|c|#k:{}", "v".repeat(length - 8));
        for length in [MAX_SPELLING, MAX_SPELLING + 1] {
            for _ in 0..3 {
                worker.ingest_line(line(length).as_bytes(), Tick(0));
            }
        }
        worker.flush();
        let totals = engine.telemetry().totals();
        assert_eq!((engine.route_count(), totals.samples(), totals.cache_hits()), (1, 6, 2));
    }

    #[test]
    fn a_reload_holds_from_the_next_datagram_on() {
        let engine = engine("mappings: [{match: a, name: before}]");
        let mut worker = Worker::new(Arc::clone(&engine));
        worker.ingest_datagram(b"a:1|c", Tick(0));
        engine.replace_rules(rules("mappings: [{match: a, name: after}]"));
        worker.ingest_datagram(b"a:1|c", Tick(0));
        let named = |name: &str| {
            let family = engine.registry().snapshot().find(|family| family.name().as_str() == name);
            family.is_some()
        };
        assert!(named("before") && named("after"));
    }
}
