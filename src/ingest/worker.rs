//! One worker: takes lines, and brings every sample to its end.
//!
//! A line of one plain sample whose spelling has a fresh route is followed
//! straight to its series. Any other line is parsed and mapped, and leaves a
//! route behind if it was one plain sample. A property test holds both ways to
//! the same results.
//!
//! What a worker counts stays with it until [`Worker::flush`].
//!
//! Heat: hot.

use std::sync::Arc;

use super::cache::RouteCache;
use super::copies::{Copies, RelayHandle};
use super::engine::Engine;
use super::route::{Change, End, Refused, Route, Verdict, write_spelling};
use super::{explain, lines};
use crate::mapping::{Routed, Routing, RuleSet};
use crate::model::{MetricKind, Notes, Outcome, Sample, TagText, Tick, Ttl, Update};
use crate::protocol::{self, Attempt, Plain, PlainValue};
use crate::registry::Recorded;
use crate::telemetry::{Row, Tally};

/// A single-threaded taker of datagrams and lines. Cheap to hold, not to make.
#[derive(Debug)]
pub struct Worker {
    engine: Arc<Engine>,
    rules: Arc<RuleSet>,
    /// Which rule set `rules` is.
    generation: u32,
    /// `None` parses every line anew.
    cache: Option<RouteCache>,
    /// With a relay, what it is to be sent.
    copies: Option<Copies>,
    /// Room for a key of the shared table.
    key: Vec<u8>,
    tally: Tally,
    row: Row,
}

/// Whether a verdict could be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Settled {
    Counted,
    /// There is no route, or it led to a series that has been retired: nothing
    /// was counted or recorded.
    Unrouted,
}

impl Worker {
    /// A worker that shares `engine` with others.
    #[must_use]
    pub fn new(engine: Arc<Engine>) -> Self {
        Self::with_cache(engine, Some(RouteCache::new()))
    }

    /// A worker that parses and maps every line anew. It counts and records what
    /// any other does; tests hold the two together.
    #[must_use]
    pub fn without_cache(engine: Arc<Engine>) -> Self {
        Self::with_cache(engine, None)
    }

    fn with_cache(engine: Arc<Engine>, cache: Option<RouteCache>) -> Self {
        let (rules, generation) = engine.rules_and_generation();
        let row = engine.telemetry().register();
        let (key, tally) = (Vec::new(), Tally::default());
        Self { engine, rules, generation, cache, copies: None, key, tally, row }
    }

    /// The same worker, which from now on also copies every line to `relay`, if
    /// there is one.
    #[must_use]
    pub fn relaying(mut self, relay: Option<RelayHandle>) -> Self {
        self.copies = relay.map(Copies::new);
        self
    }

    /// Takes a datagram: every piece between line feeds is a line, empty ones too.
    pub fn ingest_datagram(&mut self, datagram: &[u8], now: Tick) {
        self.follow_reloads();
        for line in lines::of_datagram(datagram) {
            self.line(line, now);
        }
    }

    /// Takes one line of a stream, with or without its `\r`, without its `\n`.
    pub fn ingest_line(&mut self, line: &[u8], now: Tick) {
        self.follow_reloads();
        self.line(lines::without_carriage_return(line), now);
    }

    /// Counts, before the next [`Worker::flush`], what a listener saw.
    pub fn tally(&mut self) -> &mut Tally {
        &mut self.tally
    }

    /// Publishes what was counted so far, and hands copies over to the relay.
    /// Called once a batch.
    pub fn flush(&mut self) {
        self.tally.batch();
        if let Some(copies) = &mut self.copies {
            copies.hand_over(&mut self.tally);
        }
        self.row.publish(&self.tally);
    }

    fn line(&mut self, line: &[u8], now: Tick) {
        self.tally.line();
        if let Some(copies) = &mut self.copies {
            copies.line(line, &mut self.tally);
        }
        let plain = || {
            let plain = protocol::split_plain(line)?;
            Some((plain, protocol::plain_value(plain.value)?))
        };
        match self.cache.as_ref().and_then(|_| plain()) {
            Some((plain, value)) => self.plain_line(line, &plain, value, now),
            None => self.parse_line(line, None, now),
        }
    }

    /// A line that has the form of one plain sample.
    fn plain_line(&mut self, line: &[u8], plain: &Plain<'_>, value: PlainValue, now: Tick) {
        let hash = self.engine.hash_of(plain);
        let known = self.cache.as_ref().and_then(|cache| cache.find(hash, plain));
        let settled = match known {
            Some(route) if route.is_fresh(self.generation, now) => {
                follow(&mut self.tally, line, route, value, now)
            }
            _ => match self.shared_route(hash, plain, now) {
                Some(route) => follow(&mut self.tally, line, &route, value, now),
                None => Settled::Unrouted,
            },
        };
        self.tally.route_looked_up(settled == Settled::Counted);
        if settled == Settled::Unrouted {
            self.parse_line(line, Some((hash, plain)), now);
        }
    }

    /// The route that another worker has found for this spelling.
    fn shared_route(&mut self, hash: u64, plain: &Plain<'_>, now: Tick) -> Option<Arc<Route>> {
        write_spelling(plain, &mut self.key);
        let route = self.engine.find_route(&self.key)?;
        if !route.is_fresh(self.generation, now) {
            return None;
        }
        self.remember(hash, Arc::clone(&route));
        Some(route)
    }

    /// Any line. If it is one plain sample, it leaves a route for its spelling.
    fn parse_line(&mut self, line: &[u8], spelling: Option<(u64, &Plain<'_>)>, now: Tick) {
        let rules = Arc::clone(&self.rules);
        let parsed = protocol::parse(line, rules.dialect());
        self.tally.tag_errors(parsed.tag_errors);
        if parsed.tag_errors > 0 {
            explain::tags_left_out(line, parsed.tag_errors);
        }
        let samples = match parsed.body {
            Ok(samples) => samples,
            Err(outcome) => return self.refuse_line(line, outcome),
        };
        self.tally.line_ended(Outcome::LineOfSamples);
        let mut attempts = 0_u32;
        let mut last = None;
        let mut earlier = Earlier::default();
        for attempt in samples {
            attempts += 1;
            let verdict = self.attempt(line, &attempt, &mut earlier, now);
            last = verdict
                .zip(attempt.recipe)
                .map(|(verdict, recipe)| (verdict, (recipe, attempt.notes, parsed.tag_errors)));
        }
        if let (1, Some((hash, plain)), Some((verdict, common))) = (attempts, spelling, last) {
            let route = Arc::new(Route::new(plain, self.generation, common, verdict));
            self.engine.share_route(&route);
            self.remember(hash, route);
        }
    }

    fn remember(&mut self, hash: u64, route: Arc<Route>) {
        if let Some(cache) = &mut self.cache {
            cache.insert(hash, route);
        }
    }

    fn refuse_line(&mut self, line: &[u8], outcome: Outcome) {
        self.tally.line_ended(outcome);
        if outcome != Outcome::EmptyLine {
            explain::refused(line, outcome);
        }
    }

    /// One parsed sample; the verdict, if later samples of the same spelling may
    /// share it.
    fn attempt<'a>(
        &mut self,
        line: &[u8],
        attempt: &Attempt<'a>,
        earlier: &mut Earlier<'a>,
        now: Tick,
    ) -> Option<Verdict> {
        self.tally.sample();
        self.tally.notes(attempt.notes);
        explain_notes(line, attempt.notes);
        let sample = match attempt.result {
            Ok(sample) => sample,
            Err(outcome) => {
                self.tally.sample_ended(outcome, 1);
                explain::refused(line, outcome);
                return None;
            }
        };
        let mut verdict = earlier.take_for(&sample).unwrap_or_else(|| self.judge(&sample, now));
        while settle(&mut self.tally, line, &verdict, sample.update, now) == Settled::Unrouted {
            verdict = self.judge(&sample, now);
        }
        let lasting = verdict.end.is_for_any_value().then_some(verdict);
        earlier.keep(&sample, lasting.as_ref());
        lasting
    }

    /// Asks the rules, and the registry for the series.
    fn judge(&self, sample: &Sample<'_>, now: Tick) -> Verdict {
        let labels = protocol::labels_of(sample.tags);
        let early =
            |rule, outcome| (Some(rule), Change::default(), Ttl::FOREVER, End::Early(outcome));
        let routing = self.rules.route(&sample.name.text(), sample.kind, labels);
        let (rule, change, ttl, end) = match routing {
            Routing::Drop { rule } => early(rule, Outcome::Dropped),
            Routing::EmptyName { rule } => early(rule, Outcome::EmptyMetricName),
            Routing::Route(routed) => {
                let change = Change { scale: routed.scale, gauge_absolute: routed.gauge_absolute };
                let update = change.apply(sample.update);
                (routed.rule, change, routed.ttl, self.series(sample, &routed, update, now))
            }
        };
        Verdict { kind: sample.kind, rule, change, ttl, end }
    }

    fn series(&self, sample: &Sample<'_>, routed: &Routed, update: Update, now: Tick) -> End {
        // A bad value creates no series.
        if let Some(refused) = refusal_of(update) {
            return End::Early(refused);
        }
        match self.engine.registry().series(&routed.spec, &routed.labels, now) {
            Ok(series) => End::Series(series),
            Err(refusal) => {
                let telemetry = self.engine.telemetry();
                let counter = || telemetry.conflict(sample.kind, &routed.spec.name);
                End::Refused(Refused::new(refusal, counter), now)
            }
        }
    }

    /// Takes a new rule set if there is one.
    fn follow_reloads(&mut self) {
        if self.engine.generation() != self.generation {
            (self.rules, self.generation) = self.engine.rules_and_generation();
        }
    }
}

/// What was found for the last sample of each kind on the line at hand. Without
/// it a line of many values and long tags would cost their product.
#[derive(Default)]
struct Earlier<'a>([Option<(TagText<'a>, Verdict)>; MetricKind::ALL.len()]);

impl<'a> Earlier<'a> {
    /// The verdict on an earlier sample of this line, if it holds for `sample`:
    /// the name is the line's, so kind and tags decide.
    fn take_for(&mut self, sample: &Sample<'a>) -> Option<Verdict> {
        let (tags, verdict) = self.0.get_mut(sample.kind as usize)?.take()?;
        same_text(tags.sections, sample.tags.sections).then_some(verdict)
    }

    fn keep(&mut self, sample: &Sample<'a>, verdict: Option<&Verdict>) {
        if let Some(place) = self.0.get_mut(sample.kind as usize) {
            *place = verdict.map(|verdict| (sample.tags, verdict.clone()));
        }
    }
}

/// Equality that does not read a text that is the same piece of the line: values
/// of one aggregate share their tail.
fn same_text(one: &str, other: &str) -> bool {
    std::ptr::eq(one, other) || one == other
}

/// Applies a plain line's value where its route leads.
#[inline]
fn follow(tally: &mut Tally, line: &[u8], route: &Route, value: PlainValue, now: Tick) -> Settled {
    let settled = settle(tally, line, &route.verdict, route.recipe.update(value), now);
    if settled == Settled::Counted {
        tally.line_ended(Outcome::LineOfSamples);
        tally.tag_errors(route.name_tag_errors);
        tally.sample();
        tally.notes(route.notes);
        if route.name_tag_errors > 0 {
            explain::tags_left_out(line, route.name_tag_errors);
        }
        explain_notes(line, route.notes);
    }
    settled
}

fn explain_notes(line: &[u8], notes: Notes) {
    if notes.tag_errors > 0 {
        explain::tags_left_out(line, notes.tag_errors);
    }
    if notes.bad_rates > 0 {
        explain::rates_taken_as_one(line, notes.bad_rates);
    }
}

/// Carries out a verdict on one update, and counts the event.
fn settle(tally: &mut Tally, line: &[u8], verdict: &Verdict, update: Update, now: Tick) -> Settled {
    let weight = update.weight();
    let Some(outcome) = carry_out(verdict, verdict.change.apply(update), now) else {
        return Settled::Unrouted;
    };
    match outcome {
        Outcome::Dropped | Outcome::EmptyMetricName => {}
        _ if verdict.rule.is_some() => tally.mapped(weight),
        _ => tally.unmapped(weight),
    }
    tally.sample_ended(outcome, weight);
    if outcome != Outcome::recorded(verdict.kind) && outcome != Outcome::Dropped {
        explain::refused(line, outcome);
    }
    Settled::Counted
}

/// How the update ends; `None` if its series has been retired. The order of the
/// checks is that of behaviour.md 2.
fn carry_out(verdict: &Verdict, update: Update, now: Tick) -> Option<Outcome> {
    match &verdict.end {
        End::Early(outcome) => Some(*outcome),
        End::Series(series) => match refusal_of(update) {
            Some(refused) => Some(refused),
            None => match series.record(update, now, verdict.ttl) {
                Recorded::Yes => Some(Outcome::recorded(verdict.kind)),
                Recorded::Overflow => Some(Outcome::ValueOverflow),
                Recorded::Retired => None,
            },
        },
        End::Refused(refused, _) => {
            Some(refusal_of(update).unwrap_or_else(|| refused.count(update.weight())))
        }
    }
}

/// Why no series may take this update, whatever it holds now.
fn refusal_of(update: Update) -> Option<Outcome> {
    match update {
        Update::Add(value) if value < 0.0 => Some(Outcome::NegativeCounter),
        Update::Add(value) | Update::Shift(value) | Update::Observe { value, .. }
            if !value.is_finite() =>
        {
            Some(Outcome::ValueOverflow)
        }
        Update::Add(_) | Update::Set(_) | Update::Shift(_) | Update::Observe { .. } => None,
    }
}
