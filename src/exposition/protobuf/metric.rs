//! One series as a `Metric` message of `io.prometheus.client`. Numbers of fields
//! are those of that protocol's description.
//!
//! Heat: cold (once per series and scrape).

use std::time::Duration;

use super::native::Natives;
use super::wire::{double, message, string, unsigned};
use crate::exposition::moment::WallClock;
use crate::exposition::reading::Reading;
use crate::metric::{Histogram, Summary};
use crate::model::own::OwnSeries;
use crate::model::{Shape, Tick};
use crate::registry::{Series, Value};

/// The number of a type.
pub(super) const fn type_number(shape: &Shape) -> u64 {
    match shape {
        Shape::Counter => 0,
        Shape::Gauge => 1,
        Shape::Summary(_) => 2,
        Shape::Histogram(_) => 4,
    }
}

/// Writes series; holds the numbers of the last one.
#[derive(Debug)]
pub(super) struct Metrics {
    clock: WallClock,
    reading: Reading,
    natives: Natives,
}

impl Metrics {
    pub(super) fn new(clock: WallClock) -> Self {
        let reading = Reading::new(crate::exposition::write_number);
        Self { clock, reading, natives: Natives::default() }
    }

    /// Writes the fields of a series' message, summaries as of `now`.
    pub(super) fn write(&mut self, out: &mut Vec<u8>, series: &Series, now: Tick) {
        for (name, value) in series.labels() {
            write_label(out, name, &value);
        }
        let created = self.clock.at(series.created());
        match series.value() {
            Value::Counter(_, counter) => write_counter(out, counter.value(), created),
            Value::Gauge(_, gauge) => write_gauge(out, gauge.value()),
            Value::Summary(_, summary) => {
                self.reading.take(series, now);
                message(out, 4, |out| self.write_summary(out, summary, created));
            }
            Value::Histogram(_, histogram) => {
                self.reading.take(series, now);
                self.take_native(histogram);
                message(out, 7, |out| self.write_histogram(out, histogram, created));
            }
        }
    }

    /// Writes the fields of a series of the bridge's own. Its counters began with
    /// the bridge, those too that are not shown until they first count.
    pub(super) fn write_own(&self, out: &mut Vec<u8>, series: &OwnSeries, is_counter: bool) {
        for (name, value) in &series.labels {
            write_label(out, name, value);
        }
        if is_counter {
            write_counter(out, series.value, self.clock.at(Tick(0)));
        } else {
            write_gauge(out, series.value);
        }
    }

    fn write_summary(&self, out: &mut Vec<u8>, summary: &Summary, created: Duration) {
        unsigned(out, 1, self.reading.count);
        double(out, 2, self.reading.sum);
        for (quantile, value) in
            summary.options().quantiles().iter().zip(&self.reading.at_quantiles)
        {
            message(out, 3, |out| {
                double(out, 1, quantile.get());
                double(out, 2, *value);
            });
        }
        write_created(out, 4, created);
    }

    /// Reads the native buckets behind the classic ones, and then the sum again, as
    /// the histogram wants it. The count is that of the native buckets, if there
    /// are any: no classic bucket is above it, and a scraper checks the two.
    fn take_native(&mut self, histogram: &Histogram) {
        if let Some(count) = self.natives.take(histogram) {
            self.reading.count = count;
            self.reading.sum = histogram.sum();
        }
    }

    /// The bucket up to `+Inf` is not written: it is the count.
    fn write_histogram(&self, out: &mut Vec<u8>, histogram: &Histogram, created: Duration) {
        unsigned(out, 1, self.reading.count);
        double(out, 2, self.reading.sum);
        for (bound, below) in histogram.options().bounds().iter().zip(&self.reading.cumulative) {
            message(out, 3, |out| {
                unsigned(out, 1, *below);
                double(out, 2, *bound);
            });
        }
        self.natives.write(out);
        write_created(out, 15, created);
    }
}

fn write_label(out: &mut Vec<u8>, name: &str, value: &str) {
    message(out, 1, |out| {
        string(out, 1, name);
        string(out, 2, value);
    });
}

fn write_counter(out: &mut Vec<u8>, value: f64, created: Duration) {
    message(out, 3, |out| {
        double(out, 1, value);
        write_created(out, 3, created);
    });
}

fn write_gauge(out: &mut Vec<u8>, value: f64) {
    message(out, 2, |out| double(out, 1, value));
}

/// A `google.protobuf.Timestamp`.
fn write_created(out: &mut Vec<u8>, field: u8, created: Duration) {
    message(out, field, |out| {
        unsigned(out, 1, created.as_secs());
        unsigned(out, 2, u64::from(created.subsec_nanos()));
    });
}
