//! Every way in which a line, a sample or an event can end.
//!
//! Heat: hot (an outcome is an index into a row of counters).

use super::MetricKind;

macro_rules! outcomes {
    ($($(#[$doc:meta])* $name:ident = $reason:literal,)*) => {
        /// How a line, a sample or an event ended. Each end has one counter.
        ///
        /// A line ends in one of the first six. Each sample of a
        /// [`Outcome::LineOfSamples`] ends in exactly one of the others.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Outcome {
            $($(#[$doc])* $name,)*
        }

        impl Outcome {
            /// Every outcome, in the order of their indices.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The word in the `reason` label of own metrics and in logs.
            #[must_use]
            pub const fn reason(self) -> &'static str {
                match self {
                    $(Self::$name => $reason,)*
                }
            }
        }
    };
}

outcomes! {
    /// Nothing between two ends of line.
    EmptyLine = "empty",
    /// The line carried samples, good or bad.
    LineOfSamples = "samples",
    /// No `:`, no name before it, or not UTF-8.
    MalformedLine = "malformed_line",
    /// Tags in the name and tags in a `#` section.
    MixedTaggingStyles = "mixed_tagging_styles",
    /// No `|` behind the name.
    NotEnoughParts = "not_enough_parts_after_colon",
    /// Several values with a type that is not `ms`, `h` or `d`.
    InvalidExtendedAggregate = "invalid_extended_aggregate_type",
    /// Too few or too many parts, or an empty section.
    MalformedComponent = "malformed_component",
    /// The value is not a number, or not one that the type can take.
    MalformedValue = "malformed_value",
    /// A section that begins with `c` but holds no container id.
    MalformedContainerId = "malformed_container_id",
    /// A rate outside (0, 1], or a section that is none.
    InvalidSampleFactor = "invalid_sample_factor",
    /// The type is none that the bridge knows.
    IllegalEvent = "illegal_event",
    /// A rule with `action: drop` took the event.
    Dropped = "drop",
    /// The rule's name came out empty.
    EmptyMetricName = "empty_metric_name",
    /// A counter cannot go down.
    NegativeCounter = "illegal_negative_counter",
    /// The sum would not be a finite number any more.
    ValueOverflow = "value_overflow",
    /// A tag named `quantile` on a summary, or `le` on a histogram.
    ReservedLabel = "reserved_label",
    /// The name belongs to a series of another type, or to the bridge.
    Conflict = "conflict",
    /// The budget of series is used up.
    OverBudget = "over_budget",
    /// Added to a counter.
    RecordedCounter = "counter",
    /// A gauge was set or moved.
    RecordedGauge = "gauge",
    /// A summary or histogram observed it.
    RecordedObserver = "observer",
}

impl Outcome {
    /// How many outcomes there are.
    pub const COUNT: usize = Self::ALL.len();

    /// The place of this outcome in a row of counters, below [`Outcome::COUNT`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Whether a sample that ends so was not wanted: neither recorded nor dropped
    /// on purpose.
    #[must_use]
    pub const fn is_refusal(self) -> bool {
        !matches!(
            self,
            Self::EmptyLine
                | Self::LineOfSamples
                | Self::Dropped
                | Self::RecordedCounter
                | Self::RecordedGauge
                | Self::RecordedObserver
        )
    }

    /// Whether it is a line that ends so, not one of its samples.
    #[must_use]
    pub const fn ends_a_line(self) -> bool {
        matches!(
            self,
            Self::EmptyLine
                | Self::LineOfSamples
                | Self::MalformedLine
                | Self::MixedTaggingStyles
                | Self::NotEnoughParts
                | Self::InvalidExtendedAggregate
        )
    }

    /// The good end of an event of this kind.
    #[must_use]
    pub const fn recorded(kind: MetricKind) -> Self {
        match kind {
            MetricKind::Counter => Self::RecordedCounter,
            MetricKind::Gauge => Self::RecordedGauge,
            MetricKind::Observer => Self::RecordedObserver,
        }
    }

    /// The reasons of `statsd_exporter_sample_errors_total`.
    pub const SAMPLE_ERRORS: [Self; 9] = [
        Self::MalformedLine,
        Self::MixedTaggingStyles,
        Self::NotEnoughParts,
        Self::InvalidExtendedAggregate,
        Self::MalformedComponent,
        Self::MalformedValue,
        Self::MalformedContainerId,
        Self::InvalidSampleFactor,
        Self::IllegalEvent,
    ];

    /// The reasons of `statsd_exporter_events_error_total`.
    pub const EVENT_ERRORS: [Self; 5] = [
        Self::EmptyMetricName,
        Self::NegativeCounter,
        Self::ValueOverflow,
        Self::ReservedLabel,
        Self::OverBudget,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_are_the_places_in_all() {
        for (place, outcome) in Outcome::ALL.iter().enumerate() {
            assert_eq!(outcome.index(), place);
            assert_eq!(outcome.ends_a_line(), place < 6);
        }
    }
}
