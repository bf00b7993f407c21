//! One series: its numbers, read once, however many lines they become.
//!
//! Heat: cold (once per series and scrape).

use super::bounds::{Bounds, WriteNumber};
use crate::metric::{Histogram, Scratch, Summary};
use crate::model::{HistogramOptions, Quantile, SummaryOptions, Tick};
use crate::registry::{Series, Value};

/// The numbers of the series that was read last, and the room for reading.
#[derive(Debug)]
pub(super) struct Reading {
    scratch: Scratch,
    /// The values of the `quantile` label, by place, after [`Reading::take_lines`].
    pub(super) quantiles: Bounds<SummaryOptions>,
    /// The values of the `le` label, by place, after [`Reading::take_lines`].
    pub(super) buckets: Bounds<HistogramOptions>,
    /// Of a summary, one per quantile.
    pub(super) at_quantiles: Vec<f64>,
    /// Of a histogram, one per bound and one for `+Inf`.
    pub(super) cumulative: Vec<u64>,
    /// The value of a counter or a gauge, the sum of the others.
    pub(super) sum: f64,
    /// Of a summary or a histogram.
    pub(super) count: u64,
}

impl Reading {
    /// Room for reading; bounds as text are written by `number`.
    pub(super) fn new(number: WriteNumber) -> Self {
        Self {
            scratch: Scratch::default(),
            quantiles: Bounds::new(number),
            buckets: Bounds::new(number),
            at_quantiles: Vec::new(),
            cumulative: Vec::new(),
            sum: 0.0,
            count: 0,
        }
    }

    /// Reads a series.
    pub(super) fn take(&mut self, series: &Series, now: Tick) {
        match series.value() {
            Value::Counter(_, counter) => self.sum = counter.value(),
            Value::Gauge(_, gauge) => self.sum = gauge.value(),
            Value::Summary(_, summary) => self.take_summary(summary, now),
            Value::Histogram(_, histogram) => self.take_histogram(histogram),
        }
    }

    /// Reads a series, and the texts of its bounds, and returns how many samples
    /// it has: one, or one per bound and then the sum and the count.
    pub(super) fn take_lines(&mut self, series: &Series, now: Tick) -> usize {
        self.take(series, now);
        match series.value() {
            Value::Counter(..) | Value::Gauge(..) => 1,
            Value::Summary(_, summary) => {
                let quantiles = summary.options().quantiles();
                let numbers = || quantiles.iter().map(|q| Quantile::get(*q));
                self.quantiles.render(summary.options(), numbers);
                self.at_quantiles.len() + 2
            }
            Value::Histogram(_, histogram) => {
                let bounds = histogram.options().bounds();
                let with_infinity = || bounds.iter().copied().chain([f64::INFINITY]);
                self.buckets.render(histogram.options(), with_infinity);
                self.cumulative.len() + 2
            }
        }
    }

    fn take_summary(&mut self, summary: &Summary, now: Tick) {
        (self.count, self.sum) = summary.totals();
        let distribution = summary.distribution(now, &mut self.scratch);
        self.at_quantiles.clear();
        let quantiles = summary.options().quantiles().iter();
        self.at_quantiles.extend(quantiles.map(|q| distribution.quantile(*q)));
    }

    fn take_histogram(&mut self, histogram: &Histogram) {
        self.sum = histogram.read(&mut self.cumulative);
        self.count = self.cumulative.last().copied().unwrap_or(0);
    }
}
