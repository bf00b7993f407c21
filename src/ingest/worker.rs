//! One worker: takes lines, and brings every sample to its end.
//!
//! Lines are looked at in groups (`ahead.rs`), then each is taken in its turn. A
//! line of one plain sample whose spelling has a fresh route is followed straight
//! to its series. Any other line is parsed and mapped, and leaves a
//! route behind if it was one plain sample. A property test holds both ways to
//! the same results.
//!
//! What a worker counts stays with it until [`Worker::flush`].
//!
//! Heat: hot.

use std::sync::Arc;

use super::ahead::{Group, Parts};
use super::cache::RouteCache;
use super::commons::Commons;
use super::copies::{Copies, RelayHandle};
use super::engine::Engine;
use super::judge::{Earlier, Judged};
use super::route::{Common, End, Route, Verdict};
use super::settle::{explain_notes, follow, settle};
use super::{explain, lines, spelling};
use crate::mapping::RuleSet;
use crate::model::{Notes, Outcome, Tick};
use crate::protocol::{self, Attempt, Plain, Recipe};
use crate::telemetry::{DatagramSocket, Row, Tally};

/// A single-threaded taker of datagrams and lines. Cheap to hold, not to make.
#[derive(Debug)]
pub struct Worker {
    engine: Arc<Engine>,
    rules: Arc<RuleSet>,
    /// Which rule set `rules` is.
    generation: u32,
    /// `None` parses every line anew.
    cache: Option<RouteCache>,
    commons: Commons,
    /// With a relay, what it is to be sent.
    copies: Option<Copies>,
    /// Room for a key of the shared table.
    key: Vec<u8>,
    /// When the cache was last swept.
    swept: Tick,
    tally: Tally,
    row: Row,
}

impl Worker {
    /// A worker that shares `engine` with others.
    #[must_use]
    pub fn new(engine: Arc<Engine>) -> Self {
        let cache = RouteCache::new(engine.spelling_hash().clone());
        Self::with_cache(engine, Some(cache))
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
        let (commons, key, tally) = (Commons::new(), Vec::new(), Tally::default());
        let swept = Tick::default();
        Self { engine, rules, generation, cache, commons, copies: None, key, swept, tally, row }
    }

    /// The same worker, which from now on also copies every line to `relay`, if
    /// there is one.
    #[must_use]
    pub fn relaying(mut self, relay: Option<RelayHandle>) -> Self {
        self.copies = relay.map(Copies::new);
        self
    }

    /// The same worker, which from now on counts as the one that alone takes the
    /// datagrams of `socket`.
    #[must_use]
    pub fn receiving(mut self, socket: &Arc<DatagramSocket>) -> Self {
        self.row = self.engine.telemetry().register_socket(socket);
        self
    }

    /// Takes a datagram: every piece between line feeds is a line, empty ones too.
    pub fn ingest_datagram(&mut self, datagram: &[u8], now: Tick) {
        self.ingest_datagrams(std::iter::once(datagram), now);
    }

    /// Takes datagrams one after the other, as [`Worker::ingest_datagram`] does;
    /// together they cost less.
    pub fn ingest_datagrams<'d>(&mut self, datagrams: impl Iterator<Item = &'d [u8]>, now: Tick) {
        let mut group = Group::default();
        for datagram in datagrams {
            // No datagram is mapped by two rule sets, nor by an old one: whether there
            // is a new one is asked once for each.
            if self.has_new_rules() {
                self.lines(&mut group, now);
                self.take_rules();
            }
            self.sweep_cache(now);
            for line in lines::of_datagram(datagram) {
                if group.is_full() {
                    self.lines(&mut group, now);
                }
                group.push(line, self.cache.as_ref());
            }
        }
        self.lines(&mut group, now);
    }

    /// Takes one line of a stream, without its end (`\n` or `\r\n`).
    pub fn ingest_line(&mut self, line: &[u8], now: Tick) {
        if self.has_new_rules() {
            self.take_rules();
        }
        self.sweep_cache(now);
        let mut group = Group::default();
        group.push(lines::Piece::of_line(line), self.cache.as_ref());
        self.lines(&mut group, now);
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

    /// Looks at the lines of the group, then takes each in its turn.
    fn lines(&mut self, group: &mut Group<'_>, now: Tick) {
        let version = self.cache.as_ref().map_or(0, |cache| {
            group.look_ahead(cache, now);
            cache.version()
        });
        let (mut taken, mut followed) = (0, 0);
        for line in group.lines() {
            taken += 1;
            if let Some(copies) = &mut self.copies {
                copies.line(line.bytes, &mut self.tally);
            }
            match &line.parts {
                Some(parts) if self.follow_line(line.bytes, parts, version, now) => followed += 1,
                Some(Parts { plain, hash, .. }) => {
                    self.tally.routes_looked_up(1, 0);
                    self.parse_line(line.bytes, Some((*hash, plain)), now);
                }
                None => self.parse_line(line.bytes, None, now),
            }
        }
        self.tally.lines_taken(taken);
        self.tally.lines_ended(Outcome::LineOfSamples, followed);
        self.tally.samples_taken(followed);
        self.tally.routes_looked_up(followed, followed);
        group.clear();
    }

    /// A line that has the form of one plain sample, looked up when the cache had
    /// this version; false if it has no route, or none that holds.
    #[inline]
    fn follow_line(&mut self, line: &[u8], parts: &Parts<'_>, version: u64, now: Tick) -> bool {
        let Parts { plain, hash, place } = parts;
        let known = self.cache.as_ref().and_then(|cache| {
            let place = if cache.version() == version { *place } else { cache.find(*hash, plain) };
            cache.at(place?)
        });
        match known {
            Some(route) if self.is_fresh(route) => {
                follow(&mut self.tally, line, route, plain.value, now)
            }
            _ => self
                .shared_route(*hash, plain)
                .is_some_and(|route| follow(&mut self.tally, line, &route, plain.value, now)),
        }
    }

    /// The route that another worker has found for this spelling.
    fn shared_route(&mut self, hash: u64, plain: &Plain<'_>) -> Option<Route> {
        spelling::write(plain, &mut self.key);
        let route = self.engine.find_route(&self.key)?;
        if !self.is_fresh(&route) {
            return None;
        }
        self.remember(hash, route.clone());
        Some(route)
    }

    #[inline]
    fn is_fresh(&self, route: &Route) -> bool {
        route.is_fresh(self.generation, || self.engine.registry().era())
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
        self.tally.lines_ended(Outcome::LineOfSamples, 1);
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
            self.leave_route(hash, plain, common, verdict);
        }
    }

    /// Makes a route for a spelling, if it may have one: what leads to a series and
    /// finds no room in the engine, no worker's cache holds either, or the engine's
    /// bounds would be none. One that leads to none stays with this worker, whose
    /// cache bounds those.
    fn leave_route(
        &mut self,
        hash: u64,
        plain: &Plain<'_>,
        common: (Recipe, Notes, u32),
        verdict: Verdict,
    ) {
        spelling::write(plain, &mut self.key);
        if self.engine.has_room_for(&self.key, &verdict.end, self.generation) {
            let Verdict { terms, end } = verdict;
            let to_series = matches!(end, End::Series(_));
            let (recipe, notes, name_tag_errors) = common;
            let generation = self.generation;
            let common = Common { generation, recipe, notes, name_tag_errors, terms };
            let route = Route::new(&self.key, self.commons.share(common), end);
            if to_series {
                self.engine.share_route(&route);
            }
            self.remember(hash, route);
        }
    }

    fn remember(&mut self, hash: u64, route: Route) {
        if let Some(cache) = &mut self.cache {
            cache.insert(hash, route);
        }
    }

    fn refuse_line(&mut self, line: &[u8], outcome: Outcome) {
        self.tally.lines_ended(outcome, 1);
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
        self.tally.samples_taken(1);
        self.tally.notes(attempt.notes);
        explain_notes(line, attempt.notes);
        let sample = match attempt.result {
            Ok(sample) => sample,
            Err(outcome) => {
                self.tally.sample_ended(outcome, 1);
                earlier.explain(line, outcome);
                return None;
            }
        };
        let judge = || Judged::of(&sample, &self.rules);
        let mut judged = match earlier.take_for(&sample) {
            Some(judged) => judged,
            None if earlier.may_read(&sample, line.len()) => judge(),
            None => {
                let outcome = Outcome::TooManyTagSets;
                self.tally.sample_ended(outcome, sample.update.weight());
                earlier.explain(line, outcome);
                return None;
            }
        };
        let (verdict, outcome) = loop {
            let verdict = judged.verdict(&sample, &self.engine, now);
            let Verdict { terms, end } = &verdict;
            let update = terms.change.apply(sample.update);
            match settle(&mut self.tally, terms, end, update, now) {
                Some(outcome) => break (verdict, outcome),
                None => judged = judge(),
            }
        };
        earlier.explain(line, outcome);
        earlier.keep(&sample, judged);
        verdict.end.is_for_any_value().then_some(verdict)
    }

    #[inline]
    fn has_new_rules(&self) -> bool {
        self.engine.generation() != self.generation
    }

    #[cold]
    fn take_rules(&mut self) {
        (self.rules, self.generation) = self.engine.rules_and_generation();
    }

    /// Once a second lets go of routes that lead nowhere any more.
    #[inline]
    fn sweep_cache(&mut self, now: Tick) {
        if now != self.swept {
            self.swept = now;
            if let Some(cache) = &mut self.cache {
                cache.sweep_part(self.generation, self.engine.registry().era());
            }
        }
    }
}
