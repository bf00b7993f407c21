//! Where the samples of one spelling go, remembered.
//!
//! A *spelling* is what a line of one plain sample has besides its value: the
//! bytes before the first `:` and those from the first `|` on. They decide kind,
//! rate, labels, rule and series, so one parse of them serves every later line.
//!
//! Heat: hot ([`Route`] is read once per sample), warm where one is made.

use std::sync::Arc;

use crate::mapping::RuleIndex;
use crate::model::{MetricKind, Notes, Outcome, Tick, Ttl, Update};
use crate::protocol::{Plain, Recipe};
use crate::registry::{Refusal, Series};
use crate::telemetry::ConflictCounter;

/// A spelling, and all that its lines have in common.
#[derive(Debug)]
pub(super) struct Route {
    spelling: Spelling,
    /// Which rule set decided this; another one must decide anew.
    pub(super) generation: u32,
    /// Turns a value into an update.
    pub(super) recipe: Recipe,
    /// What each sample of this spelling counts besides its end.
    pub(super) notes: Notes,
    /// Tag errors in the name, counted once a line.
    pub(super) name_tag_errors: u32,
    pub(super) verdict: Verdict,
}

/// What mapping and registry said of a sample.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub(super) kind: MetricKind,
    /// The rule that matched; its hits can be counted by it.
    pub(super) rule: Option<RuleIndex>,
    /// How the rule changes the value.
    pub(super) change: Change,
    pub(super) ttl: Ttl,
    pub(super) end: End,
}

/// What a rule does to a value before it is applied.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Change {
    pub(super) scale: Option<f64>,
    pub(super) gauge_absolute: bool,
}

impl Change {
    pub(super) fn apply(self, update: Update) -> Update {
        let update = if self.gauge_absolute { update.absolute() } else { update };
        match self.scale {
            Some(scale) => update.scaled(scale),
            None => update,
        }
    }
}

/// Where the way of a sample ends.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// At a series.
    Series(Arc<Series>),
    /// Before any series was asked for: dropped by the rule, or refused.
    Early(Outcome),
    /// At a registry that would not have it. Holds at this tick only: the name
    /// may become free, the budget may get room.
    Refused(Refused, Tick),
}

impl End {
    /// Whether every value of the same spelling ends here, not just this one.
    pub(super) const fn is_for_any_value(&self) -> bool {
        match self {
            Self::Early(outcome) => matches!(outcome, Outcome::Dropped | Outcome::EmptyMetricName),
            Self::Series(_) | Self::Refused(..) => true,
        }
    }
}

/// Why the registry refused, with what counts it.
#[derive(Clone, Debug)]
pub(super) enum Refused {
    Conflict(ConflictCounter),
    Reserved,
    OverBudget,
}

impl Refused {
    /// Counts `weight` events that end here, where the telemetry does not do so
    /// by the outcome alone.
    pub(super) fn count(&self, weight: u32) -> Outcome {
        match self {
            Self::Conflict(counter) => {
                counter.add(weight);
                Outcome::Conflict
            }
            Self::Reserved => Outcome::ReservedLabel,
            Self::OverBudget => Outcome::OverBudget,
        }
    }

    /// `conflict` finds the counter of the pair of type and name.
    pub(super) fn new(refusal: Refusal, conflict: impl FnOnce() -> ConflictCounter) -> Self {
        match refusal {
            Refusal::Conflict => Self::Conflict(conflict()),
            Refusal::Reserved => Self::Reserved,
            Refusal::OverBudget => Self::OverBudget,
        }
    }
}

/// Name and tail of a plain line in one allocation: `name:tail`. The first `:`
/// ends the name, so the text is unambiguous.
#[derive(Debug, PartialEq, Eq)]
struct Spelling {
    text: Box<[u8]>,
    name_length: usize,
}

impl Spelling {
    fn is_of(&self, line: &Plain<'_>) -> bool {
        self.text.len() == line.name.len() + 1 + line.tail.len()
            && self.name_length == line.name.len()
            && self.text.starts_with(line.name)
            && self.text.ends_with(line.tail)
    }
}

impl Route {
    pub(super) fn new(
        line: &Plain<'_>,
        generation: u32,
        (recipe, notes, name_tag_errors): (Recipe, Notes, u32),
        verdict: Verdict,
    ) -> Self {
        let mut text = Vec::with_capacity(line.name.len() + 1 + line.tail.len());
        write_spelling(line, &mut text);
        let spelling = Spelling { text: text.into(), name_length: line.name.len() };
        Self { spelling, generation, recipe, notes, name_tag_errors, verdict }
    }

    /// Whether `line` has this route's spelling.
    pub(super) fn is_of(&self, line: &Plain<'_>) -> bool {
        self.spelling.is_of(line)
    }

    /// The spelling as the key of the shared table.
    pub(super) fn key(&self) -> &[u8] {
        &self.spelling.text
    }

    /// Whether what the route says still holds.
    pub(super) fn is_fresh(&self, generation: u32, now: Tick) -> bool {
        let end_holds = match &self.verdict.end {
            End::Refused(_, tick) => *tick == now,
            End::Series(_) | End::Early(_) => true,
        };
        self.generation == generation && end_holds
    }

    /// Whether it leads nowhere any more under the rules of `generation`.
    pub(super) fn is_dead(&self, generation: u32, now: Tick) -> bool {
        let over = match &self.verdict.end {
            End::Series(series) => series.is_retired(),
            End::Refused(_, tick) => *tick != now,
            End::Early(_) => false,
        };
        over || self.generation != generation
    }
}

/// The key under which the route of `line` stands in the shared table.
pub(super) fn write_spelling(line: &Plain<'_>, key: &mut Vec<u8>) {
    key.clear();
    key.extend_from_slice(line.name);
    key.push(b':');
    key.extend_from_slice(line.tail);
}
