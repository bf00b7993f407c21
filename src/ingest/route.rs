//! Where the samples of one spelling go, remembered.
//!
//! A spelling (`spelling.rs`) decides kind, rate, labels, rule and series, so one
//! parse of it serves every later line.
//!
//! Heat: hot ([`Route`] is read once per sample), warm where one is made.

use std::sync::Arc;

use triomphe::ThinArc;

use super::spelling;
use crate::mapping::RuleIndex;
#[cfg(all(test, not(loom_model)))]
use crate::model::{Dialect, TagStyles};
use crate::model::{MetricKind, MetricName, Notes, Outcome, Ttl, Update};
use crate::prefetch::prefetch_bytes;
#[cfg(all(test, not(loom_model)))]
use crate::protocol;
use crate::protocol::{Plain, PlainValue, Recipe};
use crate::registry::{Hashed, Refusal, Series};
use crate::telemetry::{NamedCounter, Telemetry};

/// A spelling, and all that its lines have in common. A clone is the same route.
///
/// It is one pointer to one allocation that ends with the spelling, and what it
/// shares with other routes stands elsewhere: there is one per series at least.
#[derive(Clone, Debug)]
pub(super) struct Route(ThinArc<Head, u8>);

#[derive(Debug)]
struct Head {
    common: Arc<Common>,
    end: End,
    /// Of the spelling.
    hash: u64,
}

/// What routes share that differ only in their names and series: as a rule all
/// of one rule and tail. See `commons.rs`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Common {
    /// Which rule set decided this; another one must decide anew.
    pub(super) generation: u32,
    /// Turns a value into an update.
    pub(super) recipe: Recipe,
    /// What each sample of this spelling counts besides its end.
    pub(super) notes: Notes,
    /// Tag errors in the name, counted once a line.
    pub(super) name_tag_errors: u32,
    pub(super) terms: Terms,
}

impl Common {
    /// What a value becomes, by its type, its rates and the rule.
    #[inline]
    pub(super) fn update(&self, value: PlainValue) -> Update {
        self.terms.change.apply(self.recipe.update(value))
    }

    /// Whether more is to be counted of each sample than its end.
    #[inline]
    pub(super) fn has_more_to_count(&self) -> bool {
        self.name_tag_errors > 0 || self.notes != Notes::default()
    }
}

#[cfg(all(test, not(loom_model)))]
impl Common {
    /// Of the routes of lines like this one, of one sample, as if it were a
    /// counter that no rule matched.
    pub(super) fn of_line(line: &str) -> Option<Self> {
        let dialect = Dialect::uniform(TagStyles::ALL);
        let attempt = protocol::parse(line.as_bytes(), &dialect).body.ok()?.next()?;
        let (kind, change, ttl) = (MetricKind::Counter, Change::default(), Ttl::FOREVER);
        Some(Self {
            generation: 0,
            recipe: attempt.recipe?,
            notes: attempt.notes,
            name_tag_errors: 0,
            terms: Terms { kind, rule: None, change, ttl },
        })
    }
}

/// On what terms a rule takes a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Terms {
    pub(super) kind: MetricKind,
    /// The rule that matched; its hits can be counted by it.
    pub(super) rule: Option<RuleIndex>,
    /// How the rule changes the value.
    pub(super) change: Change,
    pub(super) ttl: Ttl,
}

/// What mapping and registry said of a sample.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub(super) terms: Terms,
    pub(super) end: End,
}

/// What a rule does to a value before it is applied.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Change {
    pub(super) scale: Option<f64>,
    pub(super) gauge_absolute: bool,
}

impl Change {
    #[inline]
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
    Series(Series),
    /// Before any series was asked for: dropped by the rule, or refused.
    Early(Outcome),
    /// At a registry that would not have it.
    Refused(Arc<Refused>),
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

/// What the registry refused. It holds for one era of the registry: in another
/// the name may be free, and the budget may have room.
#[derive(Debug)]
pub(super) struct Refused {
    why: Why,
    era: u64,
}

/// Why, with what counts it.
#[derive(Debug)]
enum Why {
    Conflict(NamedCounter),
    Reserved,
    OverBudget(NamedCounter),
}

impl Refused {
    /// `era` was read before the registry was asked for `name`.
    pub(super) fn new(
        refusal: Refusal,
        (kind, name): (MetricKind, &MetricName),
        telemetry: &Telemetry,
        era: u64,
    ) -> Self {
        let why = match refusal {
            Refusal::Conflict => Why::Conflict(telemetry.conflict(kind, name)),
            Refusal::Reserved => Why::Reserved,
            Refusal::OverBudget => Why::OverBudget(telemetry.rejected(name)),
        };
        Self { why, era }
    }

    /// Counts `weight` events that end here, where the telemetry does not do so
    /// by the outcome alone.
    pub(super) fn count(&self, weight: u32) -> Outcome {
        match &self.why {
            Why::Conflict(counter) => {
                counter.add(weight);
                Outcome::Conflict
            }
            Why::Reserved => Outcome::ReservedLabel,
            Why::OverBudget(counter) => {
                counter.add(weight);
                Outcome::OverBudget
            }
        }
    }
}

impl Route {
    /// `spelling` is what [`spelling::write`] wrote.
    pub(super) fn new(spelling: Hashed<'_>, common: Arc<Common>, end: End) -> Self {
        let head = Head { common, end, hash: spelling.hash };
        Self(ThinArc::from_header_and_slice(head, spelling.text))
    }

    fn head(&self) -> &Head {
        &self.0.header.header
    }

    /// Asks for its memory: head and spelling, if that has so many bytes.
    #[inline]
    pub(super) fn prefetch(&self, spelling: usize) {
        // Two counts, of references and of bytes.
        const BEFORE_SPELLING: usize = 2 * size_of::<usize>() + size_of::<Head>();
        prefetch_bytes(self.0.as_ptr().cast(), BEFORE_SPELLING + spelling);
    }

    pub(super) fn common(&self) -> &Common {
        &self.head().common
    }

    pub(super) fn end(&self) -> &End {
        &self.head().end
    }

    /// The series it leads to, if it leads to one.
    pub(super) fn series(&self) -> Option<&Series> {
        match self.end() {
            End::Series(series) => Some(series),
            End::Early(_) | End::Refused(..) => None,
        }
    }

    /// Whether `line` has this route's spelling.
    #[inline]
    pub(super) fn is_of(&self, line: &Plain<'_>) -> bool {
        spelling::is_of(self.key(), line)
    }

    /// The hash of the spelling.
    pub(super) fn hash(&self) -> u64 {
        self.head().hash
    }

    /// The spelling as it is written down, which is the key of the shared table.
    pub(super) fn key(&self) -> &[u8] {
        &self.0.slice
    }

    /// Whether what the route says still holds. `era` is asked only if the
    /// registry's matters.
    #[inline]
    pub(super) fn is_fresh(&self, generation: u32, era: impl FnOnce() -> u64) -> bool {
        let end_holds = match self.end() {
            End::Refused(refused) => refused.era == era(),
            End::Series(_) | End::Early(_) => true,
        };
        self.is_of_rules(generation) && end_holds
    }

    /// Whether what it says is over under the rules of `generation`, in this era
    /// of the registry.
    pub(super) fn is_dead(&self, generation: u32, era: u64) -> bool {
        self.is_retired() || !self.is_fresh(generation, || era)
    }

    /// Whether it leads to a series that has expired.
    pub(super) fn is_retired(&self) -> bool {
        self.series().is_some_and(Series::is_retired)
    }

    /// Whether the rules of `generation` made it.
    #[inline]
    pub(super) fn is_of_rules(&self, generation: u32) -> bool {
        self.common().generation == generation
    }

    /// What a route with this key costs besides its place in tables, in bytes,
    /// if it shares nothing.
    pub(super) const fn bytes_of(key: &[u8]) -> usize {
        // Two counts and a length, and the two counts of what it would share.
        let overhead = 5 * size_of::<usize>();
        overhead + size_of::<Head>() + size_of::<Common>() + key.len()
    }

    /// What it costs if it leads to no series and shares nothing; 0 if it leads to
    /// one, whose tables bound it.
    pub(super) fn bytes_to_nowhere(&self) -> usize {
        let refused = size_of::<Refused>() + 2 * size_of::<usize>();
        if self.series().is_some() { 0 } else { Self::bytes_of(self.key()) + refused }
    }
}
