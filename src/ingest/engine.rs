//! What all workers share: the rule set in force, the series, the table of
//! routes, the telemetry.
//!
//! Publishing a rule set: [`Engine::replace_rules`] puts it in place and raises
//! the generation; a worker compares generations once a datagram and takes the
//! new set when they differ. Routes carry the generation that made them, so they
//! are made anew when met, never all at once.
//!
//! Heat: warm (hot only in [`Engine::generation`]).

use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::route::Route;
use crate::mapping::RuleSet;
use crate::model::Tick;
use crate::protocol::Plain;
use crate::registry::{Registry, ShardedSet};
use crate::telemetry::Telemetry;

/// What the table of routes may hold in all, in bytes of spellings and of the
/// routes themselves. A spelling that finds no room is parsed each time.
const MAX_ROUTE_BYTES: usize = 256 << 20;

/// The shared half of ingestion. Workers are made from it; scrapes read it.
#[derive(Debug)]
pub struct Engine {
    registry: Registry,
    telemetry: Arc<Telemetry>,
    rules: Mutex<Arc<RuleSet>>,
    generation: AtomicU32,
    routes: ShardedSet<SharedRoute>,
    route_bytes: AtomicUsize,
    /// A route found no room since the last clearing.
    routes_are_full: AtomicBool,
    /// The generation whose routes were left by the last clearing.
    cleared_for: AtomicU32,
    /// Seeded per process, so that a sender cannot aim at one bucket.
    hasher: foldhash::quality::RandomState,
}

impl Engine {
    /// An engine without series. The registry must already reserve the names
    /// that `telemetry` exposes.
    #[must_use]
    pub fn new(registry: Registry, rules: RuleSet, telemetry: Arc<Telemetry>) -> Self {
        Self {
            registry,
            telemetry,
            rules: Mutex::new(Arc::new(rules)),
            generation: AtomicU32::new(0),
            routes: ShardedSet::new(),
            route_bytes: AtomicUsize::new(0),
            routes_are_full: AtomicBool::new(false),
            cleared_for: AtomicU32::new(0),
            hasher: foldhash::quality::RandomState::default(),
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
        Arc::clone(&self.lock_rules())
    }

    /// Puts `rules` in force: every datagram and line that a worker begins after
    /// this returns is mapped by them. Series stay as they are.
    pub fn replace_rules(&self, rules: RuleSet) {
        let mut current = self.lock_rules();
        *current = Arc::new(rules);
        // Inside the lock, so that generation and rules are read as a pair.
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// Once a second: retires series whose ttl is over, and forgets the routes
    /// that lead to none any more.
    pub fn sweep(&self, now: Tick) {
        let before = self.registry.series_count();
        self.registry.sweep(now);
        let fewer = self.registry.series_count() < before;
        let generation = self.generation();
        let reloaded = self.cleared_for.swap(generation, Ordering::Relaxed) != generation;
        let full = self.routes_are_full.swap(false, Ordering::Relaxed);
        if fewer || reloaded || full {
            self.forget_dead_routes(generation, now);
        }
    }

    /// How many spellings have a route that all workers know.
    #[must_use]
    pub fn route_count(&self) -> usize {
        self.routes.len()
    }

    pub(super) fn generation(&self) -> u32 {
        self.generation.load(Ordering::Acquire)
    }

    /// The rule set in force and its generation.
    pub(super) fn rules_and_generation(&self) -> (Arc<RuleSet>, u32) {
        let rules = self.lock_rules();
        (Arc::clone(&rules), self.generation())
    }

    /// The hash of the spelling of `line`, the same for every worker.
    #[inline]
    pub(super) fn hash_of(&self, line: &Plain<'_>) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(line.name);
        hasher.write(line.tail);
        hasher.finish()
    }

    /// The shared route with this key.
    pub(super) fn find_route(&self, key: &[u8]) -> Option<Arc<Route>> {
        self.routes.get(key).map(|SharedRoute(route)| route)
    }

    /// Lets all workers know `route`, in the place of one of the same spelling;
    /// false if there is no room for it.
    pub(super) fn share_route(&self, route: &Arc<Route>) -> bool {
        if self.route_bytes.load(Ordering::Relaxed) + bytes_of(route) > MAX_ROUTE_BYTES {
            self.routes_are_full.store(true, Ordering::Relaxed);
            return false;
        }
        self.route_bytes.fetch_add(bytes_of(route), Ordering::Relaxed);
        if let Some(SharedRoute(old)) = self.routes.replace(SharedRoute(Arc::clone(route))) {
            self.route_bytes.fetch_sub(bytes_of(&old), Ordering::Relaxed);
        }
        true
    }

    fn forget_dead_routes(&self, generation: u32, now: Tick) {
        self.routes.retain(|SharedRoute(route)| {
            let dead = route.is_dead(generation, now);
            if dead {
                self.route_bytes.fetch_sub(bytes_of(route), Ordering::Relaxed);
            }
            !dead
        });
    }

    fn lock_rules(&self) -> MutexGuard<'_, Arc<RuleSet>> {
        // The lock guards two plain stores: a panic cannot leave them halfway.
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn bytes_of(route: &Route) -> usize {
    std::mem::size_of::<Route>() + route.key().len()
}

/// A route that is found by its spelling, whose text it holds itself.
#[derive(Clone, Debug)]
struct SharedRoute(Arc<Route>);

impl Borrow<[u8]> for SharedRoute {
    fn borrow(&self) -> &[u8] {
        self.0.key()
    }
}

impl Hash for SharedRoute {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.key().hash(state);
    }
}

impl PartialEq for SharedRoute {
    fn eq(&self, other: &Self) -> bool {
        self.0.key() == other.0.key()
    }
}

impl Eq for SharedRoute {}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use super::super::Worker;
    use super::*;
    use crate::model::TagStyles;
    use crate::registry::Limits;

    fn rules(yaml: &str) -> RuleSet {
        RuleSet::parse(yaml, "rules.yml", TagStyles::ALL).unwrap().rules
    }

    fn engine(yaml: &str) -> Arc<Engine> {
        let registry = Registry::new(Limits::default(), []);
        Arc::new(Engine::new(registry, rules(yaml), Arc::new(Telemetry::new())))
    }

    #[test]
    fn routes_go_with_their_series_and_with_their_rules() {
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
        engine.replace_rules(rules(""));
        engine.sweep(Tick(3));
        assert_eq!((engine.route_count(), engine.registry().series_count()), (0, 1));
        assert_eq!(engine.route_bytes.load(Ordering::Relaxed), 0);
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
