//! What the protobuf format says, read by a derived decoder, is what the text
//! format says of the same registry.
//!
//! Heat: cold.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

// Alone: `support` has the readers that `relations` has, and twice would be two.
#[path = "support/generated.rs"]
#[allow(unreachable_pub, clippy::must_use_candidate, reason = "it is public for its other users")]
mod generated;
mod relations;

use std::sync::Arc;

use generated::NOW;
use proptest::prelude::*;
use relations::client_model::{MetricFamily, decode};
use relations::formats::{START, assert_same, expanded, families};
use statsd_bridge::exposition::CHUNK;
use statsd_bridge::exposition::protobuf::Messages;
use statsd_bridge::model::{
    FamilySpec, HistogramOptions, LabelName, LabelSet, MetricName, NativeOptions, Shape, Tick, Ttl,
    Update,
};
use statsd_bridge::registry::{Limits, Registry};

proptest! {
    #[test]
    fn both_formats_show_the_same(
        samples in prop::collection::vec(generated::sample(), 0..40),
    ) {
        let registry = generated::registry(&samples);
        assert_same(&registry, generated::own(), NOW);
    }
}

#[test]
fn native_buckets_are_in_the_message_of_the_classic_ones() {
    let registry = Registry::new(Limits::default(), []);
    let shape = |native| Shape::Histogram(Arc::new(HistogramOptions::new(&[1.0], native).unwrap()));
    record(&registry, "both", shape(Some(NativeOptions::default())), "a", Tick(0));
    record(&registry, "classic", shape(None), "a", Tick(0));
    let families = families(&registry, generated::own(), NOW);
    let of = |name: &str| {
        let family = families.iter().find(|family| family.name() == name).unwrap();
        family.metric[0].histogram.clone().unwrap()
    };
    let both = of("both");
    assert_eq!((both.sample_count(), both.bucket.len(), both.schema), (1, 1, Some(3)));
    // One half is a bound of every schema.
    assert_eq!(expanded(&both.positive_span, &both.positive_delta), [(-8, 1)]);
    assert!(both.zero_threshold() > 0.0 && both.zero_count == Some(0));
    let classic = of("classic");
    assert_eq!((classic.schema, classic.zero_threshold, classic.zero_count), (None, None, None));
    assert!(classic.positive_span.is_empty() && classic.bucket.len() == 1);
}

fn record(registry: &Registry, name: &str, shape: Shape, label: &str, created: Tick) {
    let spec = FamilySpec { name: MetricName::escaped(name).unwrap(), help: "h".into(), shape };
    let labels: LabelSet =
        [(LabelName::verbatim("l").unwrap(), label.to_owned())].into_iter().collect();
    let series = registry.series(&spec, &labels, created).unwrap();
    let update = match spec.shape {
        Shape::Counter => Update::Add(1.0),
        _ => Update::Observe { value: 0.5, weight: 1 },
    };
    series.record(update, created, Ttl::from_seconds(100));
}

#[test]
fn a_created_timestamp_is_the_series_own_and_an_own_counters_is_the_start() {
    let registry = Registry::new(Limits::default(), []);
    record(&registry, "c", Shape::Counter, "a", Tick(3));
    record(&registry, "c", Shape::Counter, "b", Tick(40));
    let families = families(&registry, generated::own(), NOW);
    let seconds = |family: &MetricFamily| -> Vec<i64> {
        let counters = family.metric.iter().filter_map(|metric| metric.counter.as_ref());
        counters.map(|c| c.created_timestamp.as_ref().unwrap().seconds()).collect()
    };
    let of = |name: &str| seconds(families.iter().find(|family| family.name() == name).unwrap());
    assert_eq!(of("c"), [1_700_000_003, 1_700_000_040]);
    assert_eq!(of("own_total"), [1_700_000_000]);
    assert_eq!(of("own_metrics_total"), [0; 0], "a gauge has none");
}

#[test]
fn large_and_small_families_come_in_pieces_and_what_expired_does_not_come() {
    let registry = Registry::new(Limits::default(), []);
    let bounds: Vec<f64> = (0..100).map(f64::from).collect();
    let large = Shape::Histogram(Arc::new(HistogramOptions::new(&bounds, None).unwrap()));
    for number in 0..300 {
        record(&registry, "large", large.clone(), &format!("{}{number}", "v".repeat(100)), Tick(0));
        record(&registry, &format!("small{number}"), Shape::Counter, "x", Tick(0));
    }
    let pieces: Vec<_> = Messages::new(registry.snapshot(), vec![], NOW, START).collect();
    let (last, full) = pieces.split_last().unwrap();
    assert!(full.len() > 3 && last.len() <= CHUNK + 5000);
    // A piece may end early, before the family that would not fit.
    assert!(full.iter().all(|piece| piece.len() <= CHUNK + 5000));
    let families = decode(&pieces.concat());
    assert_eq!(families.len(), 301);
    assert_eq!(families[0].metric.len(), 300);

    record(&registry, "kept", Shape::Counter, "x", Tick(101));
    registry.sweep(Tick(101));
    let pieces = Messages::new(registry.snapshot(), vec![], NOW, START);
    let families = decode(&pieces.flatten().collect::<Vec<u8>>());
    assert_eq!(families.iter().map(MetricFamily::name).collect::<Vec<_>>(), ["kept"]);
    assert!(
        Messages::new(Registry::new(Limits::default(), []).snapshot(), vec![], NOW, START)
            .next()
            .is_none()
    );
}
