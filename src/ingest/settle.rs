//! Bringing a sample to its end: a verdict and an update in, an outcome counted.
//!
//! Heat: hot.

use super::explain;
use super::route::{Common, End, Route, Terms};
use crate::model::{Notes, Outcome, Tick, Update};
use crate::registry::Recorded;
use crate::telemetry::Tally;

/// Applies what a plain line says where its route leads; false, and nothing is
/// counted, if the route's series has been retired. Whoever calls counts the line,
/// its sample and the look-up, many at once.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it is called for each line")]
pub(super) fn follow(
    tally: &mut Tally,
    line: &[u8],
    route: &Route,
    update: Update,
    now: Tick,
) -> bool {
    let common = route.common();
    let outcome = settle(tally, &common.terms, route.end(), update, now);
    if let Some(outcome) = outcome
        && (outcome.is_refusal() || common.has_more_to_count())
    {
        tell_more(tally, line, common, outcome);
    }
    outcome.is_some()
}

/// Counts and logs what most lines have none of.
#[inline(never)]
fn tell_more(tally: &mut Tally, line: &[u8], common: &Common, outcome: Outcome) {
    tally.tag_errors(common.name_tag_errors);
    tally.notes(common.notes);
    if common.name_tag_errors > 0 {
        explain::tags_left_out(line, common.name_tag_errors);
    }
    explain_notes(line, common.notes);
    if outcome.is_refusal() {
        explain::refused(line, outcome);
    }
}

/// Logs what was left out of a sample.
pub(super) fn explain_notes(line: &[u8], notes: Notes) {
    if notes.tag_errors > 0 {
        explain::tags_left_out(line, notes.tag_errors);
    }
    if notes.bad_rates > 0 {
        explain::rates_taken_as_one(line, notes.bad_rates);
    }
}

/// Carries out a verdict, terms and end, on one update that the rule has changed,
/// and counts the event; `None`, and nothing is counted, if its series has been
/// retired.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it is called for each line")]
pub(super) fn settle(
    tally: &mut Tally,
    terms: &Terms,
    end: &End,
    update: Update,
    now: Tick,
) -> Option<Outcome> {
    let weight = update.weight();
    let outcome = carry_out(terms, end, update, now)?;
    match outcome {
        Outcome::Dropped | Outcome::EmptyMetricName => {}
        _ if terms.rule.is_some() => tally.mapped(weight),
        _ => tally.unmapped(weight),
    }
    tally.sample_ended(outcome, weight);
    Some(outcome)
}

/// How the update ends; `None` if its series has been retired. The order of the
/// checks is the incumbent's. No series takes what [`refusal_of`] refuses, so that
/// is asked for when one has not.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it is called for each line")]
fn carry_out(terms: &Terms, end: &End, update: Update, now: Tick) -> Option<Outcome> {
    match end {
        End::Series(series) => match series.record(update, now, terms.ttl) {
            Recorded::Yes => Some(Outcome::recorded(terms.kind)),
            Recorded::Overflow => Some(refusal_of(update).unwrap_or(Outcome::ValueOverflow)),
            Recorded::Retired => None,
        },
        End::Early(outcome) => Some(*outcome),
        End::Refused(refused) => {
            Some(refusal_of(update).unwrap_or_else(|| refused.count(update.weight())))
        }
    }
}

/// Why no series may take this update, whatever it holds now.
pub(super) fn refusal_of(update: Update) -> Option<Outcome> {
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
