//! Registries made up by proptest, and the bridge's own families beside them, to
//! be shown in one format and another.
//!
//! Heat: cold.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use proptest::{collection::vec, option, sample::select};
use statsd_bridge::model::own::{OwnFamily, OwnSeries};
use statsd_bridge::model::{
    FamilySpec, HistogramOptions, LabelName, LabelSet, MetricName, NativeOptions, Quantile, Shape,
    SummaryOptions, Tick, Ttl, Update,
};
use statsd_bridge::registry::{Limits, Registry};

/// One sample: of which family, with which labels, when it came, and its value.
#[derive(Clone, Debug)]
pub struct Sample {
    name: &'static str,
    shape: Shape,
    help: String,
    labels: Vec<(&'static str, String)>,
    created: u32,
    value: f64,
    weight: u32,
}

/// Names that meet each other with suffixes and without.
const NAMES: [&str; 14] = [
    "a",
    "a_total",
    "a_created",
    "a_count",
    "b",
    "b_sum",
    "b_total",
    "b_total_total",
    "c",
    "c_bucket",
    "c_created",
    "_total",
    "zz",
    "own_total",
];

fn shape() -> impl Strategy<Value = Shape> {
    let bounds = select(vec![vec![], vec![0.5, 1.0, 1e6], vec![-2.0, 0.25], vec![100_000.0]]);
    let native = option::of(Just(NativeOptions::default()));
    let histogram = (bounds, native).prop_map(|(bounds, native)| {
        Shape::Histogram(Arc::new(HistogramOptions::new(&bounds, native).unwrap()))
    });
    let quantiles = select(vec![vec![], vec![0.0, 0.5, 1.0], vec![0.99]]);
    let summary = quantiles.prop_map(|quantiles| {
        let quantiles: Vec<_> = quantiles.into_iter().filter_map(Quantile::new).collect();
        Shape::Summary(Arc::new(SummaryOptions::new(&quantiles, Duration::from_mins(1), 5)))
    });
    prop_oneof![Just(Shape::Counter), Just(Shape::Gauge), histogram, summary]
}

/// One sample.
pub fn sample() -> impl Strategy<Value = Sample> {
    let text = "[a-c\u{e9}\u{1f600}\"\\\\\n ={},]{0,6}";
    let labels = vec((select(vec!["k", "l", "_m", "lee"]), text), 0..3);
    let value = prop_oneof![0..100_u32, 0..100_000_000_u32].prop_map(f64::from);
    let value = (value, select(vec![1.0, 0.37, -1.0, 1e-7, 1e12])).prop_map(|(v, by)| v * by);
    let weight = prop_oneof![Just(1_u32), 1..1_000_000_u32];
    (select(NAMES.to_vec()), shape(), text, labels, 0..50_u32, value, weight).prop_map(
        |(name, shape, help, labels, created, value, weight)| Sample {
            name,
            shape,
            help,
            labels,
            created,
            value: value + 0.0,
            weight,
        },
    )
}

/// When the made-up registries are looked at.
pub const NOW: Tick = Tick(70);

/// A registry that took what it takes of these samples.
pub fn registry(samples: &[Sample]) -> Registry {
    let registry = Registry::new(Limits::default(), ["own_total".to_owned()]);
    for sample in samples {
        let spec = FamilySpec {
            name: MetricName::escaped(sample.name).unwrap(),
            help: sample.help.as_str().into(),
            shape: sample.shape.clone(),
        };
        let label =
            |(name, value): &(&str, String)| (LabelName::verbatim(name).unwrap(), value.clone());
        let labels: LabelSet = sample.labels.iter().map(label).collect();
        let created = Tick(sample.created);
        // Conflicts are among them; they are refused, and that is fine.
        let Ok(series) = registry.series(&spec, &labels, created) else { continue };
        let (value, weight) = (sample.value, sample.weight);
        let update = match sample.shape {
            Shape::Counter => Update::Add(value),
            Shape::Gauge if weight == 1 => Update::Set(value),
            Shape::Gauge => {
                Update::Set([f64::NAN, f64::INFINITY, f64::NEG_INFINITY][weight as usize % 3])
            }
            Shape::Histogram(_) | Shape::Summary(_) => Update::Observe { value, weight },
        };
        let _ = series.record(update, created, Ttl::FOREVER);
    }
    registry
}

/// Own families of both types, one of them without a series.
pub fn own() -> Vec<OwnFamily> {
    let series = |labels: &[(&str, &str)], value| OwnSeries {
        labels: labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        value,
    };
    let family = |name: &str, is_counter, series| OwnFamily {
        name: name.to_owned(),
        help: format!("Of \"{name}\"."),
        is_counter,
        series,
    };
    vec![
        family("own_total", true, vec![series(&[], 7.0)]),
        family("bb_total", true, vec![series(&[("l", "\"\\\n")], 1.0), series(&[("l", "x")], 2e9)]),
        family("own_metrics_total", false, vec![series(&[("type", "gauge")], 0.5)]),
        family("own_empty", true, vec![]),
    ]
}
