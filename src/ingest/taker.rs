//! Bringing one line after the other to its end.
//!
//! A line of one plain sample whose spelling has a fresh route is followed straight
//! to its series. Any other line is parsed and mapped, and leaves a route behind if
//! it was one plain sample. A property test holds both ways to the same results.
//!
//! Heat: hot.

use std::sync::Arc;

use super::ahead::{Known, Line, Parts};
use super::commons::Commons;
use super::copies::{Copies, RelayHandle};
use super::engine::Engine;
use super::judge::{Earlier, Judged};
use super::route::{Common, End, Route, Verdict};
use super::settle::{explain_notes, follow, settle};
use super::{explain, spelling};
use crate::mapping::RuleSet;
use crate::model::{Notes, Outcome, Tick};
use crate::protocol::{self, Attempt, Plain, Recipe};
use crate::registry::Hashed;
use crate::telemetry::Tally;

/// What of a worker changes while lines are taken. The cache is not part of it: so
/// what was looked up in that holds.
#[derive(Debug)]
pub(super) struct Taker {
    engine: Arc<Engine>,
    rules: Arc<RuleSet>,
    /// Which rule set `rules` is.
    generation: u32,
    commons: Commons,
    /// With a relay, what it is to be sent.
    copies: Option<Copies>,
    /// Room for a key of the shared table.
    key: Vec<u8>,
    /// What the cache has yet to learn.
    learned: Vec<Route>,
    tally: Tally,
}

impl Taker {
    pub(super) fn new(engine: Arc<Engine>) -> Self {
        let (rules, generation) = engine.rules_and_generation();
        Self {
            engine,
            rules,
            generation,
            commons: Commons::new(),
            copies: None,
            key: Vec::new(),
            learned: Vec::new(),
            tally: Tally::default(),
        }
    }

    pub(super) fn relay(&mut self, relay: Option<RelayHandle>) {
        self.copies = relay.map(Copies::new);
    }

    pub(super) const fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    pub(super) const fn generation(&self) -> u32 {
        self.generation
    }

    pub(super) const fn tally(&mut self) -> &mut Tally {
        &mut self.tally
    }

    /// Ends a batch: hands copies over to the relay.
    pub(super) fn end_batch(&mut self) {
        self.tally.batch();
        if let Some(copies) = &mut self.copies {
            copies.hand_over(&mut self.tally);
        }
    }

    #[inline]
    pub(super) fn has_new_rules(&self) -> bool {
        self.engine.generation() != self.generation
    }

    #[cold]
    pub(super) fn take_rules(&mut self) {
        (self.rules, self.generation) = self.engine.rules_and_generation();
    }

    /// What the cache does not know yet.
    pub(super) fn learned(&mut self) -> impl Iterator<Item = Route> {
        self.learned.drain(..)
    }

    /// Takes lines in their turn, each with what the cache knows of it.
    pub(super) fn take(&mut self, lines: &[Line<'_>], all: &[Option<Known<'_>>], now: Tick) {
        let mut followed = 0;
        for (line, known) in lines.iter().zip(all) {
            if let Some(copies) = &mut self.copies {
                copies.line(line.bytes, &mut self.tally);
            }
            if let Some(Known { route, update }) = known
                && self.is_fresh(route)
                && follow(&mut self.tally, line.bytes, route, *update, now)
            {
                followed += 1;
            } else {
                followed += u64::from(self.unknown_line(line, now));
            }
        }
        self.tally.lines_taken(lines.len() as u64);
        self.tally.lines_ended(Outcome::LineOfSamples, followed);
        self.tally.samples_taken(followed);
        self.tally.routes_looked_up(followed, followed);
    }

    /// A line that the cache does not lead to its end; true if a route does that
    /// was learned since it was asked, by this worker or by another.
    #[cold]
    fn unknown_line(&mut self, line: &Line<'_>, now: Tick) -> bool {
        let Some(Parts { plain, hash }) = &line.parts else {
            self.parse_line(line.bytes, None, now);
            return false;
        };
        let route = self.just_learned(*hash, plain).or_else(|| self.shared_route(*hash, plain));
        if let Some(route) = route {
            let update = route.common().update(plain.value);
            if follow(&mut self.tally, line.bytes, &route, update, now) {
                return true;
            }
        }
        self.tally.routes_looked_up(1, 0);
        self.parse_line(line.bytes, Some((*hash, plain)), now);
        false
    }

    /// The route that an earlier line of the group has left for this spelling. One
    /// that leads to no series is nowhere else.
    fn just_learned(&self, hash: u64, plain: &Plain<'_>) -> Option<Route> {
        let is_it =
            |route: &&Route| route.hash() == hash && route.is_of(plain) && self.is_fresh(route);
        self.learned.iter().rev().find(is_it).cloned()
    }

    /// The route that another worker has found for this spelling.
    fn shared_route(&mut self, hash: u64, plain: &Plain<'_>) -> Option<Route> {
        spelling::write(plain, &mut self.key);
        let route = self.engine.find_route(Hashed { hash, text: &self.key })?;
        if !self.is_fresh(&route) {
            return None;
        }
        self.learned.push(route.clone());
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
        let key = Hashed { hash, text: &self.key };
        if self.engine.has_room_for(key, &verdict.end, self.generation) {
            let Verdict { terms, end } = verdict;
            let to_series = matches!(end, End::Series(_));
            let (recipe, notes, name_tag_errors) = common;
            let generation = self.generation;
            let common = Common { generation, recipe, notes, name_tag_errors, terms };
            let route = Route::new(key, self.commons.share(common), end);
            if to_series {
                self.engine.share_route(&route);
            }
            self.learned.push(route);
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
}
