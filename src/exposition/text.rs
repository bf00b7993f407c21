//! The text format 0.0.4, in chunks. Each family has its `# HELP` line first and
//! then its `# TYPE` line.
//!
//! Heat: cold (once per scrape).

use bytes::Bytes;

pub use super::CHUNK;
use super::families::Families;
use super::lines::{LineFormat, Lines};
use super::reading::Reading;
use super::sample::{write_all, write_bounded, write_labelled, write_own_series};
use super::write_number;
use crate::metric::float;
use crate::model::own::{OwnFamily, OwnSeries};
use crate::model::{Shape, Tick};
use crate::registry::{Series, Snapshot, Value, push_help_escaped};

/// A scrape on its way: an iterator over chunks of text, of about [`CHUNK`] bytes.
#[derive(Debug)]
pub struct Chunks<'r>(Lines<'r, Text>);

impl<'r> Chunks<'r> {
    /// All families of the snapshot and, in their places, the bridge's own.
    /// Summaries are read as of `now`.
    #[must_use]
    pub fn new(snapshot: Snapshot<'r>, own: Vec<OwnFamily>, now: Tick) -> Self {
        let text = Text { reading: Reading::new(write_number) };
        Self(Lines::new(Families::new(snapshot, own), now, text))
    }
}

impl Iterator for Chunks<'_> {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        self.0.next()
    }
}

#[derive(Debug)]
struct Text {
    reading: Reading,
}

impl LineFormat for Text {
    fn begin(&mut self, out: &mut Vec<u8>, name: &str, help: &str, shape: &Shape) -> bool {
        write_all(out, &["# HELP ", name, " "]);
        push_help_escaped(help, |part| out.extend_from_slice(part.as_bytes()));
        write_all(out, &["\n# TYPE ", name, " ", shape.as_str(), "\n"]);
        true
    }

    fn take(&mut self, series: &Series, now: Tick) -> usize {
        self.reading.take_lines(series, now)
    }

    fn write_line(&self, out: &mut Vec<u8>, series: &Series, line: usize) {
        let reading = &self.reading;
        let (name, labels) = series.name_and_labels();
        let value = match series.value() {
            Value::Counter(..) | Value::Gauge(..) => {
                out.extend_from_slice(series.text());
                reading.sum
            }
            Value::Summary(..) => match reading.at_quantiles.get(line) {
                Some(value) => {
                    let quantile = ("quantile", reading.quantiles.text(line));
                    write_bounded(out, (name, "", labels), quantile);
                    *value
                }
                None => self.write_total(out, series, line == reading.at_quantiles.len()),
            },
            Value::Histogram(..) => match reading.cumulative.get(line) {
                Some(count) => {
                    let le = ("le", reading.buckets.text(line));
                    write_bounded(out, (name, "_bucket", labels), le);
                    float(*count)
                }
                None => self.write_total(out, series, line == reading.cumulative.len()),
            },
        };
        end_line(out, value);
    }

    fn write_own(&self, out: &mut Vec<u8>, name: &str, series: &OwnSeries) {
        write_own_series(out, name, "", series);
        end_line(out, series.value);
    }

    fn end(&self, _: &mut Vec<u8>) {}
}

impl Text {
    /// The series of the sum or of the count, and its value.
    fn write_total(&self, out: &mut Vec<u8>, series: &Series, is_sum: bool) -> f64 {
        let (suffix, value) =
            if is_sum { ("_sum", self.reading.sum) } else { ("_count", float(self.reading.count)) };
        let (name, labels) = series.name_and_labels();
        write_labelled(out, name, suffix, labels);
        value
    }
}

/// What stands behind the labels of every sample.
fn end_line(out: &mut Vec<u8>, value: f64) {
    out.push(b' ');
    write_number(out, value);
    out.push(b'\n');
}
