//! The resolution of native histograms: how far the ends of the bucket that a
//! quantile's rank leads to are from the exact value. The server that scrapes
//! interpolates inside of it.
//!
//! Heat: cold.

use std::sync::Arc;

use statsd_bridge::metric::{Histogram, NativeReading};
use statsd_bridge::model::HistogramOptions;

use crate::QUANTILES;
use crate::data::Data;
use crate::exact::Exact;
use crate::report::Report;

pub fn compare(report: &mut Report) {
    for data in Data::ALL {
        let histogram = Histogram::new(Arc::new(HistogramOptions::default()));
        let values = data.draw(1_000_000);
        for value in &values {
            histogram.observe(*value, 1).expect("a finite sum");
        }
        let mut reading = NativeReading::default();
        assert!(histogram.native(&mut reading), "it is on by default");
        let exact = Exact::new(values);
        assert_eq!(reading.total(), exact.len());
        let widest = QUANTILES.map(|q| off(&reading, exact.at(q)));
        report.native(data, reading.schema, buckets(&reading), &widest);
    }
}

fn buckets(reading: &NativeReading) -> usize {
    reading.positive.len() + reading.negative.len() + usize::from(reading.zero_count > 0)
}

/// How far the farther end of the bucket of `value` is from it, as a share of it.
/// Fails if the histogram has no such bucket.
fn off(reading: &NativeReading, value: f64) -> f64 {
    if value.abs() <= reading.zero_threshold {
        assert!(reading.zero_count > 0, "zero is counted");
        return 0.0;
    }
    let growth = 2.0_f64.powf(2.0_f64.powi(-reading.schema));
    let side = if value < 0.0 { &reading.negative } else { &reading.positive };
    let inside = |index: i32| {
        let (low, high) = (growth.powi(index - 1), growth.powi(index));
        // The powers are off by some last bits.
        low * (1.0 - 1e-9) <= value.abs() && value.abs() <= high * (1.0 + 1e-9)
    };
    let (index, _) = side.iter().find(|(index, _)| inside(*index)).expect("its bucket");
    let (low, high) = (growth.powi(index - 1), growth.powi(*index));
    (value.abs() - low).max(high - value.abs()) / value.abs()
}
