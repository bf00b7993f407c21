//! One series: its numbers read once, then written line by line.
//!
//! Heat: cold (once per series and scrape).

use super::bounds::Bounds;
use super::write_number;
use crate::metric::{Histogram, Scratch, Summary, float};
use crate::model::{HistogramOptions, Quantile, SummaryOptions, Tick};
use crate::registry::{Series, Value};

/// The numbers of the series that was read last, and the room for reading.
#[derive(Debug, Default)]
pub(super) struct Reading {
    scratch: Scratch,
    quantiles: Bounds<SummaryOptions>,
    buckets: Bounds<HistogramOptions>,
    /// Of a summary, one per quantile.
    at_quantiles: Vec<f64>,
    /// Of a histogram, one per bound and one for `+Inf`.
    cumulative: Vec<u64>,
    /// The value of a counter or a gauge, the sum of the others.
    sum: f64,
    count: u64,
}

impl Reading {
    /// Reads a series, and returns how many lines it has.
    pub(super) fn take(&mut self, series: &Series, now: Tick) -> usize {
        match series.value() {
            Value::Counter(_, counter) => {
                self.sum = counter.value();
                1
            }
            Value::Gauge(_, gauge) => {
                self.sum = gauge.value();
                1
            }
            Value::Summary(_, summary) => self.take_summary(summary, now),
            Value::Histogram(_, histogram) => self.take_histogram(histogram),
        }
    }

    fn take_summary(&mut self, summary: &Summary, now: Tick) -> usize {
        let quantiles = summary.options().quantiles();
        self.quantiles.render(summary.options(), || quantiles.iter().map(|q| Quantile::get(*q)));
        (self.count, self.sum) = summary.totals();
        let distribution = summary.distribution(now, &mut self.scratch);
        self.at_quantiles.clear();
        self.at_quantiles.extend(quantiles.iter().map(|q| distribution.quantile(*q)));
        self.at_quantiles.len() + 2
    }

    fn take_histogram(&mut self, histogram: &Histogram) -> usize {
        let bounds = histogram.options().bounds();
        let with_infinity = || bounds.iter().copied().chain([f64::INFINITY]);
        self.buckets.render(histogram.options(), with_infinity);
        self.sum = histogram.read(&mut self.cumulative);
        self.count = self.cumulative.last().copied().unwrap_or(0);
        self.cumulative.len() + 2
    }

    /// Writes a line of the series that was read last, from 0 up to the number
    /// that [`Reading::take`] returned.
    pub(super) fn write_line(&self, out: &mut Vec<u8>, series: &Series, line: usize) {
        match series.value() {
            Value::Counter(..) | Value::Gauge(..) => {
                out.extend_from_slice(series.text().as_bytes());
                end_line(out, self.sum);
            }
            Value::Summary(..) => match self.at_quantiles.get(line) {
                Some(value) => {
                    let quantile = ("quantile", self.quantiles.text(line));
                    write_bounded(out, series, "", quantile, *value);
                }
                None => self.write_total(out, series, line == self.at_quantiles.len()),
            },
            Value::Histogram(..) => match self.cumulative.get(line) {
                Some(count) => {
                    let le = ("le", self.buckets.text(line));
                    write_bounded(out, series, "_bucket", le, float(*count));
                }
                None => self.write_total(out, series, line == self.cumulative.len()),
            },
        }
    }

    fn write_total(&self, out: &mut Vec<u8>, series: &Series, is_sum: bool) {
        let (suffix, value) =
            if is_sum { ("_sum", self.sum) } else { ("_count", float(self.count)) };
        let (name, labels) = series.name_and_labels();
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(suffix.as_bytes());
        out.extend_from_slice(labels.as_bytes());
        end_line(out, value);
    }
}

/// A sample with one label more, behind the others.
fn write_bounded(
    out: &mut Vec<u8>,
    series: &Series,
    suffix: &str,
    (label, bound): (&str, &[u8]),
    value: f64,
) {
    let (name, labels) = series.name_and_labels();
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(suffix.as_bytes());
    match labels.strip_suffix('}') {
        Some(labels) => {
            out.extend_from_slice(labels.as_bytes());
            out.push(b',');
        }
        None => out.push(b'{'),
    }
    out.extend_from_slice(label.as_bytes());
    out.extend_from_slice(b"=\"");
    out.extend_from_slice(bound);
    out.extend_from_slice(b"\"}");
    end_line(out, value);
}

/// What stands behind the labels of every sample.
pub(super) fn end_line(out: &mut Vec<u8>, value: f64) {
    out.push(b' ');
    write_number(out, value);
    out.push(b'\n');
}
