//! One series: its numbers read once, then written line by line.
//!
//! Heat: cold (once per series and scrape).

use bytes::{BufMut, BytesMut};

use super::write_number;
use crate::metric::{Scratch, float};
use crate::model::Tick;
use crate::registry::{Series, Value};

/// The numbers of the series that was read last, and the room for reading.
#[derive(Debug, Default)]
pub(super) struct Reading {
    scratch: Scratch,
    /// Of a summary, one per quantile.
    quantiles: Vec<f64>,
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
            Value::Summary(_, summary) => {
                (self.count, self.sum) = summary.totals();
                let distribution = summary.distribution(now, &mut self.scratch);
                let quantiles = summary.options().quantiles().iter();
                self.quantiles.clear();
                self.quantiles.extend(quantiles.map(|quantile| distribution.quantile(*quantile)));
                self.quantiles.len() + 2
            }
            Value::Histogram(_, histogram) => {
                self.sum = histogram.read(&mut self.cumulative);
                self.count = self.cumulative.last().copied().unwrap_or(0);
                self.cumulative.len() + 2
            }
        }
    }

    /// Writes a line of the series that was read last, from 0 up to the number
    /// that [`Reading::take`] returned.
    pub(super) fn write_line(&self, out: &mut BytesMut, series: &Series, line: usize) {
        match series.value() {
            Value::Counter(..) | Value::Gauge(..) => write_sample(out, series, "", None, self.sum),
            Value::Summary(_, summary) => {
                let quantile = summary.options().quantiles().get(line);
                match (quantile, self.quantiles.get(line)) {
                    (Some(quantile), Some(value)) => {
                        write_sample(out, series, "", Some(("quantile", quantile.get())), *value);
                    }
                    _ => self.write_totals(out, series, line == self.quantiles.len()),
                }
            }
            Value::Histogram(_, histogram) => match self.cumulative.get(line) {
                Some(count) => {
                    let bound = histogram.options().bounds().get(line).copied();
                    let le = ("le", bound.unwrap_or(f64::INFINITY));
                    write_sample(out, series, "_bucket", Some(le), float(*count));
                }
                None => self.write_totals(out, series, line == self.cumulative.len()),
            },
        }
    }

    fn write_totals(&self, out: &mut BytesMut, series: &Series, is_sum: bool) {
        if is_sum {
            write_sample(out, series, "_sum", None, self.sum);
        } else {
            write_sample(out, series, "_count", None, float(self.count));
        }
    }
}

/// `name` + suffix + labels and, last of them, one more, and the value.
fn write_sample(
    out: &mut BytesMut,
    series: &Series,
    suffix: &str,
    more: Option<(&str, f64)>,
    value: f64,
) {
    let (name, labels) = series.name_and_labels();
    out.put_slice(name.as_bytes());
    out.put_slice(suffix.as_bytes());
    if let Some((label, bound)) = more {
        match labels.strip_suffix('}') {
            Some(labels) => {
                out.put_slice(labels.as_bytes());
                out.put_u8(b',');
            }
            None => out.put_u8(b'{'),
        }
        out.put_slice(label.as_bytes());
        out.put_slice(b"=\"");
        write_number(out, bound);
        out.put_slice(b"\"}");
    } else {
        out.put_slice(labels.as_bytes());
    }
    end_line(out, value);
}

/// What stands behind the labels of every sample.
pub(super) fn end_line(out: &mut BytesMut, value: f64) {
    out.put_u8(b' ');
    write_number(out, value);
    out.put_u8(b'\n');
}
