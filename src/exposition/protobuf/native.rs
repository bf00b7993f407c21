//! The native buckets of a histogram, as fields of its message.
//!
//! Heat: cold (once per histogram and scrape).

use super::spans::Spans;
use super::wire::{double, message, signed, unsigned};
use crate::metric::{Histogram, NativeReading};

/// The native buckets that were read last, if there were any.
#[derive(Debug, Default)]
pub(super) struct Natives {
    are_there: bool,
    reading: NativeReading,
    positive: Spans,
    negative: Spans,
}

impl Natives {
    /// Reads the native buckets, and returns how many observations they hold;
    /// `None` if the histogram has only classic ones.
    pub(super) fn take(&mut self, histogram: &Histogram) -> Option<u64> {
        self.are_there = histogram.native(&mut self.reading);
        if !self.are_there {
            return None;
        }
        self.positive.set(&self.reading.positive);
        self.negative.set(&self.reading.negative);
        Some(self.reading.total())
    }

    /// Writes what was read, or nothing. A scraper tells by the zero bucket's
    /// width, which is never 0, that the histogram is native, if it is empty too.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        if !self.are_there {
            return;
        }
        signed(out, 5, i64::from(self.reading.schema));
        double(out, 6, self.reading.zero_threshold);
        unsigned(out, 7, self.reading.zero_count);
        write_spans(out, 9, &self.negative);
        write_spans(out, 12, &self.positive);
    }
}

/// Runs in `field`, and the differences in the one behind it.
fn write_spans(out: &mut Vec<u8>, field: u8, spans: &Spans) {
    for run in &spans.runs {
        message(out, field, |out| {
            signed(out, 1, i64::from(run.offset));
            unsigned(out, 2, u64::from(run.length));
        });
    }
    for delta in &spans.deltas {
        signed(out, field + 1, *delta);
    }
}
