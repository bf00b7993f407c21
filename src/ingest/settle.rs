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
/// is asked for when one has not (of one that has retired, by whoever routes anew).
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

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{FamilySpec, LabelSet, MetricName, Shape, Ttl};
    use crate::registry::{Limits, Registry, Series, Value};

    /// Makes an update of a value.
    type Make = fn(f64) -> Update;

    fn series(shape: Shape) -> Series {
        let registry = Registry::new(Limits::default(), []);
        let name = MetricName::escaped("a").unwrap();
        let spec = FamilySpec { name, help: "".into(), shape };
        registry.series(&spec, &LabelSet::new(), Tick(0)).unwrap()
    }

    /// All bits of its numbers.
    fn bits(series: &Series) -> [u64; 2] {
        match series.value() {
            Value::Counter(_, counter) => [counter.value().to_bits(), 0],
            Value::Gauge(_, gauge) => [gauge.value().to_bits(), 0],
            Value::Histogram(_, histogram) => {
                let mut buckets = Vec::new();
                [histogram.read(&mut buckets).to_bits(), buckets.iter().sum()]
            }
            Value::Summary(_, summary) => {
                let (count, sum) = summary.totals();
                [sum.to_bits(), count]
            }
        }
    }

    /// That is why a series is asked first, and the reason afterwards.
    #[test]
    fn no_series_takes_what_is_refused_whatever_it_holds() {
        let observe = |value| Update::Observe { value, weight: 3 };
        let bad = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        let held = [None, Some(0.0), Some(1e308), Some(f64::NAN), Some(f64::INFINITY)];
        let kinds: [(Shape, Make, Make); 4] = [
            (Shape::Counter, Update::Add, Update::Add),
            (Shape::Gauge, Update::Set, Update::Shift),
            (Shape::Histogram(Arc::default()), observe, observe),
            (Shape::Summary(Arc::default()), observe, observe),
        ];
        for (shape, first, update) in kinds {
            for held in held {
                let series = series(shape.clone());
                if let Some(value) = held {
                    series.record(first(value), Tick(0), Ttl::FOREVER);
                }
                let before = bits(&series);
                let negative = matches!(shape, Shape::Counter).then_some([-1.0, -0.25, -1e300]);
                for value in bad.into_iter().chain(negative.into_iter().flatten()) {
                    let update = update(value);
                    assert!(refusal_of(update).is_some(), "{update:?}");
                    let recorded = series.record(update, Tick(1), Ttl::FOREVER);
                    assert_eq!(recorded, Recorded::Overflow, "{update:?} {held:?}");
                    assert_eq!(bits(&series), before, "{update:?} {held:?}");
                }
            }
        }
    }
}
