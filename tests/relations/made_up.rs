//! A registry out of bytes: families of every type whose names get into each
//! other's way, labels and help texts of any characters, and any numbers.
//!
//! Heat: cold.

use std::sync::Arc;
use std::time::Duration;

use statsd_bridge::model::{
    FamilySpec, HistogramOptions, LabelName, LabelSet, MetricName, NativeOptions, Quantile, Shape,
    SummaryOptions, Tick, Ttl, Update,
};
use statsd_bridge::registry::{Limits, Registry};

use super::bytes::Bytes;

/// Names that get into each other's way, by what their types add to them.
const NAMES: [&str; 8] = ["a", "a_sum", "a_count", "a_bucket", "a_total", "b", "_", "own_total"];

/// A name that a registry made up here reserves.
const RESERVED: &str = "own_total";

/// No series here is made, or recorded to, later than that.
pub const LAST: Tick = Tick(69);

/// Makes families, series and updates until the bytes are over.
pub fn registry(input: &[u8]) -> Registry {
    let registry = Registry::new(Limits::default(), [RESERVED.to_owned()]);
    let mut bytes = Bytes::new(input);
    for _ in 0..200 {
        if bytes.is_over() {
            break;
        }
        let spec = FamilySpec {
            name: name(&mut bytes),
            help: bytes.text(8).into(),
            shape: shape(&mut bytes),
        };
        let labels = labels(&mut bytes);
        let created = Tick(u32::from(bytes.byte()) % (LAST.0 + 1));
        // Conflicts are among them; they are refused, and that is fine.
        let Ok(series) = registry.series(&spec, &labels, created) else { continue };
        for _ in 0..=bytes.below(24) {
            let now = Tick(created.0 + u32::from(bytes.byte()) % (LAST.0 + 1 - created.0));
            // So are sums that overflow.
            let _ = series.record(update(&spec.shape, &mut bytes), now, Ttl::FOREVER);
        }
    }
    registry
}

fn name(bytes: &mut Bytes<'_>) -> MetricName {
    let name = match bytes.below(10) {
        at @ 0..8 => NAMES[at].to_owned(),
        _ => bytes.text(12),
    };
    MetricName::escaped(&name).unwrap_or_else(|| MetricName::escaped("none").unwrap())
}

fn shape(bytes: &mut Bytes<'_>) -> Shape {
    match bytes.below(8) {
        0 | 1 => Shape::Counter,
        2 | 3 => Shape::Gauge,
        4 | 5 => {
            let quantiles = [0.0, 0.5, 0.99, 1.0].into_iter().filter(|_| bytes.below(2) == 1);
            let quantiles: Vec<_> = quantiles.filter_map(Quantile::new).collect();
            Shape::Summary(Arc::new(SummaryOptions::new(&quantiles, Duration::from_mins(1), 5)))
        }
        _ => {
            let bounds =
                bytes.pick(&[&[][..], &[0.5, 1.0, 1e6], &[-2.0, 0.25], &[100_000.0], &[1e-300]]);
            let native = bytes.pick(&[
                None,
                Some(NativeOptions::default()),
                Some(NativeOptions { bucket_factor: 2.0, max_buckets: 3 }),
                Some(NativeOptions { bucket_factor: 1.002, max_buckets: 20 }),
            ]);
            Shape::Histogram(Arc::new(HistogramOptions::new(bounds, native).unwrap()))
        }
    }
}

fn labels(bytes: &mut Bytes<'_>) -> LabelSet {
    let mut labels = LabelSet::new();
    for _ in 0..bytes.below(4) {
        let key = match bytes.below(8) {
            at @ 0..6 => ["k", "l", "_m", "lee", "le", "quantile"][at].to_owned(),
            _ => bytes.text(8),
        };
        let value = bytes.text(12);
        if let Some(name) = LabelName::escaped(&key) {
            labels.insert(name, value);
        }
    }
    labels
}

fn update(shape: &Shape, bytes: &mut Bytes<'_>) -> Update {
    let value = bytes.float();
    match shape {
        Shape::Counter => Update::Add(value.abs()),
        Shape::Gauge if bytes.below(2) == 0 => Update::Set(value),
        Shape::Gauge => Update::Shift(value),
        Shape::Histogram(_) | Shape::Summary(_) => {
            let weight = bytes.pick(&[1, 2, 1000, Update::MAX_WEIGHT]);
            Update::Observe { value, weight }
        }
    }
}
