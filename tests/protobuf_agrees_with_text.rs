//! What the protobuf format says, read by a derived decoder, is what the text
//! format says of the same registry.
//!
//! Heat: cold.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::sync::Arc;

use proptest::prelude::*;
use statsd_bridge::exposition::CHUNK;
use statsd_bridge::exposition::protobuf::Messages;
use statsd_bridge::exposition::text::Chunks;
use statsd_bridge::model::{
    FamilySpec, HistogramOptions, LabelName, LabelSet, MetricName, NativeOptions, Shape, Tick, Ttl,
    Update,
};
use statsd_bridge::registry::{Limits, Registry};
use support::client_model::{BucketSpan, Histogram, MetricFamily, Timestamp, as_text, decode};
use support::exposition::{Exposition, parse};
use support::generated::{self, NOW};

const START: f64 = 1_700_000_000.5;

fn families(registry: &Registry) -> Vec<MetricFamily> {
    let pieces = Messages::new(registry.snapshot(), generated::own(), NOW, START);
    decode(&pieces.flatten().collect::<Vec<u8>>())
}

fn text(registry: &Registry) -> Exposition {
    let chunks = Chunks::new(registry.snapshot(), generated::own(), NOW);
    parse(&chunks.flatten().collect::<Vec<u8>>()).unwrap()
}

/// As the numbers' bits, so that NaN is NaN; text has no negative zero.
fn bits(shown: &Exposition) -> Vec<(&String, u64)> {
    shown.samples.iter().map(|(series, value)| (series, (value + 0.0).to_bits())).collect()
}

proptest! {
    #[test]
    fn both_formats_show_the_same(
        samples in prop::collection::vec(generated::sample(), 0..40),
    ) {
        let registry = generated::registry(&samples);
        let families = families(&registry);
        let (read, text) = (as_text(&families), text(&registry));
        prop_assert_eq!(&read.types, &text.types);
        prop_assert_eq!(&read.help, &text.help);
        prop_assert_eq!(bits(&read), bits(&text));
        for metric in families.iter().flat_map(|family| &family.metric) {
            check_created(metric);
            if let Some(histogram) = metric.histogram.as_ref().filter(|h| h.schema.is_some()) {
                check_native(histogram);
            }
        }
    }
}

/// Buckets as (index, count), from runs and differences; empty ones too.
fn expanded(spans: &[BucketSpan], deltas: &[i64]) -> Vec<(i32, i64)> {
    let (mut index, mut count, mut buckets) = (0, 0, Vec::new());
    let mut deltas = deltas.iter();
    for span in spans {
        index += span.offset();
        for _ in 0..span.length() {
            count += deltas.next().unwrap();
            buckets.push((index, count));
            index += 1;
        }
    }
    assert_eq!(deltas.next(), None, "more differences than buckets");
    buckets
}

/// Everything is in one bucket, the count is the total, and the classic buckets
/// lie where the native ones do.
#[track_caller]
fn check_native(histogram: &Histogram) {
    let positive = expanded(&histogram.positive_span, &histogram.positive_delta);
    let negative = expanded(&histogram.negative_span, &histogram.negative_delta);
    let all = positive.iter().chain(&negative);
    assert!(all.clone().all(|(_, count)| *count >= 0));
    let total = histogram.zero_count() + all.map(|(_, count)| count.cast_unsigned()).sum::<u64>();
    assert_eq!(histogram.sample_count(), total);
    let growth = f64::from(-histogram.schema()).exp2();
    let end = |index: &i32| (f64::from(*index) * growth).exp2();
    for bucket in &histogram.bucket {
        let bound = bucket.upper_bound();
        if bound <= histogram.zero_threshold() {
            continue;
        }
        let below = |by: f64| {
            let inside = positive.iter().filter(|(index, _)| end(index) <= bound * by);
            let inside = inside.map(|(_, count)| count.cast_unsigned()).sum::<u64>();
            inside + histogram.zero_count() + total_of(&negative)
        };
        let ratio = growth.exp2() * 1.000_001;
        assert!((below(1.0 / ratio)..=below(ratio)).contains(&bucket.cumulative_count()));
    }
}

fn total_of(buckets: &[(i32, i64)]) -> u64 {
    buckets.iter().map(|(_, count)| count.cast_unsigned()).sum()
}

#[test]
fn native_buckets_are_in_the_message_of_the_classic_ones() {
    let registry = Registry::new(Limits::default(), []);
    let shape = |native| Shape::Histogram(Arc::new(HistogramOptions::new(&[1.0], native).unwrap()));
    record(&registry, "both", shape(Some(NativeOptions::default())), "a", Tick(0));
    record(&registry, "classic", shape(None), "a", Tick(0));
    let families = families(&registry);
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

/// What only grows has a beginning, inside the time that the bridge ran.
#[track_caller]
fn check_created(metric: &support::client_model::Metric) {
    let created = metric.counter.as_ref().map(|counter| &counter.created_timestamp);
    let created = created.or(metric.summary.as_ref().map(|summary| &summary.created_timestamp));
    let created = created.or(metric.histogram.as_ref().map(|h| &h.created_timestamp));
    if metric.gauge.is_none() {
        let Timestamp { seconds, nanos } = created.unwrap().clone().unwrap();
        assert!((1_700_000_000..1_700_000_050).contains(&seconds.unwrap()));
        assert_eq!(nanos, Some(500_000_000));
    }
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
    let families = families(&registry);
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
