//! The text format `OpenMetrics` 1.0, in chunks.
//!
//! What it has beside the text format 0.0.4: a counter's sample ends in `_total`
//! and its family's name does not; counters, summaries and histograms have a
//! sample `_created`; numbers that are whole have a `.0`, but for counts; the last
//! line is `# EOF`. `names` says what happens where the names that this makes
//! are another's.
//!
//! It cannot hold negative quantiles of a summary, nor sums that are negative or
//! may fall: they are left out, and of such a histogram the `_count` too, as the
//! specification wants; the count is in its `+Inf` bucket.
//!
//! Heat: cold (once per scrape).

mod names;
mod number;

use bytes::Bytes;

use super::families::{Families, own_shape};
use super::lines::{LineFormat, Lines};
use super::moment::WallClock;
use super::reading::Reading;
use super::sample::{write_all, write_bounded, write_labelled, write_own_series};
use crate::model::own::{OwnFamily, OwnSeries};
use crate::model::{Shape, Tick};
use crate::registry::{Registry, Series, Value, push_value_escaped};
use names::{Form, Names};
use number::{write_float, write_moment};

/// A scrape on its way: an iterator over chunks of text, of about
/// [`super::CHUNK`] bytes.
#[derive(Debug)]
pub struct Chunks<'r>(Lines<'r, OpenMetrics>);

impl<'r> Chunks<'r> {
    /// All families of the registry and, in their places, the bridge's own.
    /// Summaries are read as of `now`; tick 0 was `start_unix` seconds after 1970.
    #[must_use]
    pub fn new(registry: &'r Registry, own: Vec<OwnFamily>, now: Tick, start_unix: f64) -> Self {
        let mut names = Names::default();
        for family in registry.snapshot() {
            names.add(family.name().as_str(), family.shape());
        }
        for family in own.iter().filter(|family| !family.series.is_empty()) {
            names.add(&family.name, own_shape(family));
        }
        let format = OpenMetrics {
            names,
            clock: WallClock::started_at(start_unix),
            reading: Reading::new(write_float),
            form: Form::Plain,
        };
        Self(Lines::new(Families::new(registry.snapshot(), own), now, format))
    }
}

impl Iterator for Chunks<'_> {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        self.0.next()
    }
}

#[derive(Debug)]
struct OpenMetrics {
    names: Names,
    clock: WallClock,
    reading: Reading,
    /// Of the family that is being written.
    form: Form,
}

impl LineFormat for OpenMetrics {
    fn begin(&mut self, out: &mut Vec<u8>, name: &str, help: &str, shape: &Shape) -> bool {
        // It may have come after the names were settled; then it has to wait.
        let Some(form) = self.names.form(name, shape) else { return false };
        self.form = form;
        let word = match (shape, form) {
            (Shape::Counter, Form::Plain) => "unknown",
            _ => shape.as_str(),
        };
        let base = self.base(name, matches!(shape, Shape::Counter));
        write_all(out, &["# HELP ", base, " "]);
        // Quotes are escaped in help texts too.
        push_value_escaped(help, |part| out.extend_from_slice(part.as_bytes()));
        write_all(out, &["\n# TYPE ", base, " ", word, "\n"]);
        true
    }

    fn take(&mut self, series: &Series, now: Tick) -> usize {
        let samples = self.reading.take_lines(series, now);
        // Of a gauge the form makes no difference.
        let created = self.form == Form::Full && !matches!(series.value(), Value::Gauge(..));
        samples + usize::from(created)
    }

    fn write_line(&self, out: &mut Vec<u8>, series: &Series, line: usize) {
        match series.value() {
            Value::Gauge(..) => self.write_value(out, series, ""),
            Value::Counter(..) if self.form == Form::Plain => self.write_value(out, series, ""),
            Value::Counter(..) if line == 0 => self.write_value(out, series, "_total"),
            Value::Counter(..) => self.write_created(out, series),
            Value::Summary(..) => self.write_of_summary(out, series, line),
            Value::Histogram(_, histogram) => {
                let bounds = histogram.options().bounds();
                let falls = bounds.first().is_some_and(|first| *first < 0.0);
                self.write_of_histogram(out, series, line, falls);
            }
        }
    }

    fn write_own(&self, out: &mut Vec<u8>, name: &str, series: &OwnSeries) {
        let total = self.form == Form::Full && self.names.is_counter(name);
        let base = self.base(name, total);
        write_own_series(out, base, if total { "_total" } else { "" }, series);
        end_line(out, |out| write_float(out, series.value));
        if total {
            write_own_series(out, base, "_created", series);
            end_line(out, |out| write_moment(out, self.clock.at(Tick(0))));
        }
    }

    fn end(&self, out: &mut Vec<u8>) {
        write_all(out, &["# EOF\n"]);
    }
}

impl OpenMetrics {
    /// The family's name in this format.
    fn base<'n>(&self, name: &'n str, is_counter: bool) -> &'n str {
        match self.form {
            Form::Full if is_counter => names::counter_base(name),
            _ => name,
        }
    }

    fn base_and_labels<'s>(&self, series: &'s Series) -> (&'s str, &'s [u8]) {
        let (name, labels) = series.name_and_labels();
        (self.base(name, matches!(series.value(), Value::Counter(..))), labels)
    }

    fn write_value(&self, out: &mut Vec<u8>, series: &Series, suffix: &str) {
        let (base, labels) = self.base_and_labels(series);
        write_labelled(out, base, suffix, labels);
        end_line(out, |out| write_float(out, self.reading.sum));
    }

    fn write_created(&self, out: &mut Vec<u8>, series: &Series) {
        let (base, labels) = self.base_and_labels(series);
        write_labelled(out, base, "_created", labels);
        end_line(out, |out| write_moment(out, self.clock.at(series.created())));
    }

    fn write_of_summary(&self, out: &mut Vec<u8>, series: &Series, line: usize) {
        let reading = &self.reading;
        let (name, labels) = series.name_and_labels();
        match (reading.at_quantiles.get(line), line.saturating_sub(reading.at_quantiles.len())) {
            (Some(value), _) if *value < 0.0 => {}
            (Some(value), _) => {
                write_bounded(out, (name, "", labels), ("quantile", reading.quantiles.text(line)));
                end_line(out, |out| write_float(out, *value));
            }
            (None, 0) if reading.sum < 0.0 => {}
            (None, 0) => self.write_value(out, series, "_sum"),
            (None, 1) => self.write_count(out, series),
            (None, _) => self.write_created(out, series),
        }
    }

    /// `falls`: whether the sum may.
    fn write_of_histogram(&self, out: &mut Vec<u8>, series: &Series, line: usize, falls: bool) {
        let reading = &self.reading;
        let (name, labels) = series.name_and_labels();
        match (reading.cumulative.get(line), line.saturating_sub(reading.cumulative.len())) {
            (Some(count), _) => {
                write_bounded(out, (name, "_bucket", labels), ("le", reading.buckets.text(line)));
                end_line(out, |out| write_integer(out, *count));
            }
            (None, 0 | 1) if falls || reading.sum < 0.0 => {}
            (None, 0) => self.write_value(out, series, "_sum"),
            (None, 1) => self.write_count(out, series),
            (None, _) => self.write_created(out, series),
        }
    }

    fn write_count(&self, out: &mut Vec<u8>, series: &Series) {
        let (name, labels) = series.name_and_labels();
        write_labelled(out, name, "_count", labels);
        end_line(out, |out| write_integer(out, self.reading.count));
    }
}

fn write_integer(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

fn end_line(out: &mut Vec<u8>, value: impl FnOnce(&mut Vec<u8>)) {
    out.push(b' ');
    value(out);
    out.push(b'\n');
}
