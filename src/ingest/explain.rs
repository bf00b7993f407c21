//! The sentence that a refused line gets in the log, at debug level only. The
//! counters of the telemetry tell the same without the text.
//!
//! Heat: cold.

use crate::model::Outcome;

/// Logs why `line`, or a sample on it, was refused.
#[cold]
#[inline(never)]
pub(super) fn refused(line: &[u8], outcome: Outcome) {
    tracing::debug!(reason = outcome.reason(), line = &*shown(line), "{}", sentence(outcome));
}

/// Logs that tags of `line` were left out, in its name or of one sample.
#[cold]
#[inline(never)]
pub(super) fn tags_left_out(line: &[u8], tags: u32) {
    tracing::debug!(
        tags,
        line = &*shown(line),
        "tags were left out: one needs a key and a value, and no key may begin with __"
    );
}

/// Logs that rates of a sample of `line` were taken as 1.
#[cold]
#[inline(never)]
pub(super) fn rates_taken_as_one(line: &[u8], rates: u32) {
    tracing::debug!(rates, line = &*shown(line), "a rate that is not a number was taken as 1");
}

/// As much of a line as tells which it is: the log is no copy of the traffic.
const SHOWN: usize = 200;

fn shown(line: &[u8]) -> String {
    match line.get(..SHOWN) {
        Some(beginning) => {
            format!("{}… ({} bytes)", String::from_utf8_lossy(beginning), line.len())
        }
        None => String::from_utf8_lossy(line).into_owned(),
    }
}

const fn sentence(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::MalformedLine => "not a StatsD line: expected NAME:VALUE|TYPE in UTF-8",
        Outcome::MixedTaggingStyles => "tags in the name and in a # section: use one style",
        Outcome::NotEnoughParts => "expected VALUE|TYPE after the first colon",
        Outcome::InvalidExtendedAggregate => "several values are only read for ms, h and d",
        Outcome::MalformedComponent => "expected VALUE|TYPE and up to four sections, none empty",
        Outcome::MalformedValue => {
            "the value is no number that this type can take; sets (|s) are not supported"
        }
        Outcome::MalformedContainerId => "a section c: needs a container id",
        Outcome::InvalidSampleFactor => "expected a rate in (0, 1] as @RATE, or a known section",
        Outcome::IllegalEvent => {
            "unknown type: expected c, g, ms, h or d; sets (|s) are not supported"
        }
        Outcome::EmptyMetricName => "the rule's name came out empty",
        Outcome::NegativeCounter => "a counter cannot be decreased",
        Outcome::ValueOverflow => "the sum would not be a finite number any more",
        Outcome::ReservedLabel => "the tag has the name of a label that this type reserves",
        Outcome::TooManyTagSets => {
            "the line's samples differ in their container ids, and would copy its tags too often"
        }
        Outcome::Conflict => {
            "the name is taken by a metric of another type or by one of the bridge itself"
        }
        Outcome::OverBudget => "the limit of series is reached",
        Outcome::Dropped => "a rule drops it",
        Outcome::EmptyLine
        | Outcome::LineOfSamples
        | Outcome::RecordedCounter
        | Outcome::RecordedGauge
        | Outcome::RecordedObserver => "fine",
    }
}
