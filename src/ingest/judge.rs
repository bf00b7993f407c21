//! What the rules and the registry say of a parsed sample, and how the samples
//! of one line share it: without that a line of many values and a long name or
//! long tags would cost their product.
//!
//! Heat: warm (lines that no route answers).

use std::sync::Arc;

use super::engine::Engine;
use super::explain;
use super::route::{Change, End, Refused, Terms, Verdict};
use super::settle::refusal_of;
use crate::mapping::{Routed, Routing, RuleIndex, RuleSet};
use crate::model::{MetricKind, Outcome, Sample, TagText, Tick, Ttl};
use crate::protocol;

/// How often the name and the tags of a line may be read anew, as a multiple of
/// the line's length. Samples of one kind and the same tags share a reading; those
/// whose container ids differ do not, and are series of their own, each with the
/// line's name and tags in it. Without a bound a datagram of 64 kB could make a
/// hundred megabytes of series, as it can with the incumbent. A client has one
/// container id.
const READINGS: usize = 16;

/// What holds for every sample of one name, kind and tags, whatever its value.
#[derive(Debug)]
pub(super) struct Judged {
    rule: Option<RuleIndex>,
    change: Change,
    ttl: Ttl,
    to: To,
}

/// How far the way has been looked up.
#[derive(Debug)]
enum To {
    /// It ends at the rule.
    Rule(Outcome),
    /// It leads to this family; no value has asked for the series yet. A value
    /// that is refused does not, so that it creates nothing.
    Family(Box<Routed>),
    /// To its end.
    End(End),
}

impl Judged {
    /// Asks the rules.
    pub(super) fn of(sample: &Sample<'_>, rules: &RuleSet) -> Self {
        let labels = protocol::labels_of(sample.tags);
        let at_rule = |rule, outcome| Self {
            rule: Some(rule),
            change: Change::default(),
            ttl: Ttl::FOREVER,
            to: To::Rule(outcome),
        };
        match rules.route(&sample.name.text(), sample.kind, labels) {
            Routing::Drop { rule } => at_rule(rule, Outcome::Dropped),
            Routing::EmptyName { rule } => at_rule(rule, Outcome::EmptyMetricName),
            Routing::Route(routed) => Self {
                rule: routed.rule,
                change: Change { scale: routed.scale, gauge_absolute: routed.gauge_absolute },
                ttl: routed.ttl,
                to: To::Family(Box::new(routed)),
            },
        }
    }

    /// The verdict on this value; asks the registry for the series once a value
    /// may be recorded.
    pub(super) fn verdict(&mut self, sample: &Sample<'_>, engine: &Engine, now: Tick) -> Verdict {
        let end = match &self.to {
            To::Rule(outcome) => End::Early(*outcome),
            To::End(end) => end.clone(),
            To::Family(routed) => {
                if let Some(refused) = refusal_of(self.change.apply(sample.update)) {
                    End::Early(refused)
                } else {
                    let end = series(sample.kind, routed, engine, now);
                    self.to = To::End(end.clone());
                    end
                }
            }
        };
        let (rule, change, ttl) = (self.rule, self.change, self.ttl);
        Verdict { terms: Terms { kind: sample.kind, rule, change, ttl }, end }
    }
}

fn series(kind: MetricKind, routed: &Routed, engine: &Engine, now: Tick) -> End {
    let era = engine.registry().era();
    match engine.registry().series(&routed.spec, &routed.labels, now) {
        Ok(series) => End::Series(series),
        Err(refusal) => {
            let of = (kind, &routed.spec.name);
            End::Refused(Arc::new(Refused::new(refusal, of, engine.telemetry(), era)))
        }
    }
}

/// What was found for the last sample of each kind on the line at hand, how many
/// bytes of names and tags were read for it, and whether a refusal on it has been
/// logged.
#[derive(Default)]
pub(super) struct Earlier<'a> {
    judged: [Option<(TagText<'a>, Judged)>; MetricKind::ALL.len()],
    read: usize,
    explained: bool,
}

impl<'a> Earlier<'a> {
    /// What was found for an earlier sample of this line, if it holds for
    /// `sample`: the name is the line's, so kind and tags decide.
    pub(super) fn take_for(&mut self, sample: &Sample<'a>) -> Option<Judged> {
        let (tags, judged) = self.judged.get_mut(sample.kind as usize)?.take()?;
        same_text(tags.sections, sample.tags.sections).then_some(judged)
    }

    /// Whether a line of so many bytes may have the name and the tags of another
    /// sample read; counts them as read.
    pub(super) fn may_read(&mut self, sample: &Sample<'a>, line: usize) -> bool {
        let Sample { name, tags, .. } = sample;
        let texts = [name.head, name.tail, tags.in_name, tags.sections];
        self.read += texts.map(str::len).iter().sum::<usize>();
        self.read <= READINGS * line
    }

    pub(super) fn keep(&mut self, sample: &Sample<'a>, judged: Judged) {
        if let Some(place) = self.judged.get_mut(sample.kind as usize) {
            *place = Some((sample.tags, judged));
        }
    }

    /// Logs the first refusal on the line; all are counted.
    pub(super) fn explain(&mut self, line: &[u8], outcome: Outcome) {
        if outcome.is_refusal() && !std::mem::replace(&mut self.explained, true) {
            explain::refused(line, outcome);
        }
    }
}

/// Equality that does not read a text that is the same piece of the line: values
/// of one aggregate share their tail.
fn same_text(one: &str, other: &str) -> bool {
    std::ptr::eq(one, other) || one == other
}
