//! An engine without sockets, for relations about datagrams and lines: rule sets
//! that use what a rule can do, and all that can be seen of an engine.
//!
//! Heat: cold.

use std::cell::RefCell;
use std::sync::{Arc, LazyLock};

use statsd_bridge::exposition::text::Chunks;
use statsd_bridge::ingest::Engine;
use statsd_bridge::mapping::RuleSet;
use statsd_bridge::model::{Outcome, TagStyles, Tick};
use statsd_bridge::registry::{Limits, Registry};
use statsd_bridge::telemetry::{Tally, Telemetry};

/// No rules; globs with everything; regexes.
pub const RULES: [&str; 3] = [
    "",
    "defaults: {ttl: 2s, tag_styles: {'b': [dogstatsd]}}
mappings:
- {match: 'a.*', name: 'mapped', labels: {part: '$1'}, scale: 2}
- {match: 'b.*', name: 'absolute', gauge: absolute, match_metric_type: gauge}
- {match: 'b.*', name: '$1', labels: {k: 'rule'}, honor_labels: true, ttl: 1s}
- {match: 'd.*', name: 'gone', action: drop}
",
    "defaults: {observer_type: histogram}
mappings:
- {match: '(a|b)\\.(.*)', match_type: regex, name: 'mapped', labels: {part: '$2'}, scale: -1}
- {match: 'c', name: 'a', observer_type: summary}
",
];

/// One of [`RULES`], ready; read once a thread, since reading costs more than
/// what is done with it.
pub fn rules(which: usize) -> Arc<RuleSet> {
    thread_local! {
        static READ: [Arc<RuleSet>; RULES.len()] = RULES.map(|yaml| {
            Arc::new(RuleSet::parse(yaml, "rules.yml", TagStyles::ALL).unwrap().rules)
        });
    }
    READ.with(|read| Arc::clone(&read[which % RULES.len()]))
}

/// An engine, and what its telemetry had counted before. A telemetry is used by
/// one engine after the other, for the same reason, unless it has to be new.
pub struct Scene {
    pub engine: Arc<Engine>,
    before: Vec<u64>,
    is_used_again: bool,
}

thread_local! {
    static IDLE: RefCell<Vec<Arc<Telemetry>>> = const { RefCell::new(Vec::new()) };
}

impl Scene {
    /// An engine with these rules and limits, its own names reserved.
    pub fn new(rules: impl Into<Arc<RuleSet>>, limits: Limits) -> Self {
        let telemetry = IDLE.with_borrow_mut(Vec::pop).unwrap_or_default();
        Self::of(rules.into(), limits, telemetry, true)
    }

    /// The same where nothing of an earlier one may be left: tables of a telemetry
    /// that was used before may be about to grow.
    pub fn all_new(rules: impl Into<Arc<RuleSet>>, limits: Limits) -> Self {
        Self::of(rules.into(), limits, Arc::default(), false)
    }

    fn of(rules: Arc<RuleSet>, limits: Limits, telemetry: Arc<Telemetry>, again: bool) -> Self {
        static RESERVED: LazyLock<Vec<String>> = LazyLock::new(Telemetry::reserved_names);
        let before = counted(&telemetry);
        let registry = Registry::new(limits, RESERVED.iter().cloned());
        let engine = Arc::new(Engine::new(registry, rules, telemetry));
        Self { engine, before, is_used_again: again }
    }

    /// All that was counted and flushed since the scene began, but for batches and
    /// the cache's own counters; in the order of [`place_of`] and [`LINES`].
    pub fn counted(&self) -> Vec<u64> {
        let now = counted(self.engine.telemetry());
        now.iter().zip(&self.before).map(|(now, before)| now - before).collect()
    }

    /// How many samples there were.
    pub fn samples(&self) -> u64 {
        self.counted()[LINES + 1]
    }

    /// How many events ended so, each as heavy as it is.
    pub fn weight(&self, outcome: Outcome) -> u64 {
        self.counted()[place_of(outcome) + 1]
    }

    /// The text of all that was received.
    pub fn scrape(&self, now: Tick) -> String {
        let chunks = Chunks::new(self.engine.registry().snapshot(), Vec::new(), now);
        String::from_utf8(chunks.flatten().collect()).unwrap()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if self.is_used_again {
            IDLE.with_borrow_mut(|idle| idle.push(Arc::clone(self.engine.telemetry())));
        }
    }
}

/// Where [`Scene::counted`] has how often something ended so; the weight is next.
pub const fn place_of(outcome: Outcome) -> usize {
    2 * outcome.index()
}

/// Where it has the number of lines.
pub const LINES: usize = 2 * Outcome::COUNT;

fn counted(telemetry: &Telemetry) -> Vec<u64> {
    let total = telemetry.totals();
    let ends = Outcome::ALL.iter().flat_map(|end| [total.outcome(*end), total.weight(*end)]);
    ends.chain(aside(&total)).collect()
}

fn aside(total: &Tally) -> [u64; 8] {
    [
        total.lines(),
        total.samples(),
        total.tagged(),
        total.bad_tags(),
        total.bad_rates(),
        total.weights_capped(),
        total.events_mapped(),
        total.events_unmapped(),
    ]
}
