//! What kind of event a `StatsD` line speaks of.
//!
//! Heat: hot.

/// The kind of a sample, as the mapping's `match_metric_type` and the `type`
/// label of `statsd_exporter_events_total` name it. Timers (`ms`), histograms
/// (`h`) and distributions (`d`) are all observers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MetricKind {
    /// `c`: a value to add.
    Counter,
    /// `g`: a value to set, or with a sign, to shift by.
    Gauge,
    /// `ms`, `h`, `d`: a value to observe.
    Observer,
}

impl MetricKind {
    /// Every kind, in the order of their indices.
    pub const ALL: [Self; 3] = [Self::Counter, Self::Gauge, Self::Observer];

    /// The word used in mapping files and in label values.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Observer => "observer",
        }
    }
}
