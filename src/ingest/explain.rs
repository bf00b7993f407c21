//! The sentence that a refused line gets in the log, at debug level only. The
//! counters of the telemetry tell the same without the text.
//!
//! Heat: cold.

use crate::model::{Notes, Outcome};

/// Logs why `line`, or a sample on it, was refused.
#[cold]
#[inline(never)]
pub(super) fn refused(line: &[u8], outcome: Outcome) {
    tracing::debug!(
        reason = outcome.reason(),
        line = %line.escape_ascii(),
        "{}",
        sentence(outcome)
    );
}

/// Logs that `line` was recorded, but not all of it was understood.
#[cold]
#[inline(never)]
pub(super) fn left_out(line: &[u8], notes: Notes) {
    tracing::debug!(
        tag_errors = notes.tag_errors,
        bad_rates = notes.bad_rates,
        line = %line.escape_ascii(),
        "a tag without key or value was left out, or a rate that is no number was taken as 1"
    );
}

const fn sentence(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::MalformedLine => "not a StatsD line: expected NAME:VALUE|TYPE in UTF-8",
        Outcome::MixedTaggingStyles => "tags in the name and in a # section: use one style",
        Outcome::NotEnoughParts => "expected VALUE|TYPE after the first colon",
        Outcome::InvalidExtendedAggregate => "several values are only read for ms, h and d",
        Outcome::MalformedComponent => "expected VALUE|TYPE and up to four sections, none empty",
        Outcome::MalformedValue => "the value is no number that this type can take",
        Outcome::MalformedContainerId => "a section c: needs a container id",
        Outcome::InvalidSampleFactor => "expected a rate in (0, 1] as @RATE, or a known section",
        Outcome::IllegalEvent => "unknown type: expected c, g, ms, h or d",
        Outcome::EmptyMetricName => "the rule's name came out empty",
        Outcome::NegativeCounter => "a counter cannot be decreased",
        Outcome::ValueOverflow => "the sum would not be a finite number any more",
        Outcome::ReservedLabel => "the tag has the name of a label that this type reserves",
        Outcome::Conflict => "the name is taken by a metric of another type",
        Outcome::OverBudget => "the limit of series is reached",
        Outcome::Dropped => "a rule drops it",
        Outcome::EmptyLine
        | Outcome::LineOfSamples
        | Outcome::RecordedCounter
        | Outcome::RecordedGauge
        | Outcome::RecordedObserver => "fine",
    }
}
