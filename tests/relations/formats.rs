//! Text and protobuf, each read by a reader of its own, show the same numbers,
//! and they are those of the registry.
//!
//! Heat: cold.

use std::collections::BTreeMap;

use statsd_bridge::exposition::protobuf::Messages;
use statsd_bridge::exposition::text::Chunks;
use statsd_bridge::model::Tick;
use statsd_bridge::model::own::OwnFamily;
use statsd_bridge::registry::{Registry, Series, Value};

use super::client_model::{
    BucketSpan, Histogram, Metric, MetricFamily, Timestamp, as_text, decode,
};
use super::exposition::{Exposition, join_series, parse};
use super::made_up;

/// When the clock of the relation stood at 0.
pub const START: f64 = 1_700_000_000.5;

/// The bytes make a registry up.
pub fn assert_relation(input: &[u8]) {
    assert_same(&made_up::registry(input), Vec::new(), Tick(made_up::LAST.0 + 1));
}

/// The registry, and the bridge's own families beside it, look the same in both
/// formats.
pub fn assert_same(registry: &Registry, own: Vec<OwnFamily>, now: Tick) {
    let own_names: Vec<String> = own.iter().map(|family| family.name.clone()).collect();
    let families = families(registry, own.clone(), now);
    let (read, text) = (as_text(&families), text(registry, own, now));
    assert_eq!(read.types, text.types);
    assert_eq!(read.help, text.help);
    assert_eq!(bits(&read), bits(&text));
    for metric in families.iter().flat_map(|family| &family.metric) {
        check_created(metric, now);
        if let Some(histogram) = metric.histogram.as_ref().filter(|h| h.schema.is_some()) {
            check_native(histogram);
        }
    }
    assert_eq!(single_numbers(&text, &own_names), in_registry(registry));
}

/// The protobuf messages, decoded.
pub fn families(registry: &Registry, own: Vec<OwnFamily>, now: Tick) -> Vec<MetricFamily> {
    let pieces = Messages::new(registry.snapshot(), own, now, START);
    decode(&pieces.flatten().collect::<Vec<u8>>())
}

/// The text, parsed.
pub fn text(registry: &Registry, own: Vec<OwnFamily>, now: Tick) -> Exposition {
    let text = Chunks::new(registry.snapshot(), own, now).flatten().collect::<Vec<u8>>();
    parse(&text).unwrap_or_else(|errors| panic!("{errors:#?}\n{}", String::from_utf8_lossy(&text)))
}

/// As the numbers' bits, so that NaN is NaN; text has no negative zero.
fn bits(shown: &Exposition) -> BTreeMap<&String, u64> {
    shown.samples.iter().map(|(series, value)| (series, bits_of(*value))).collect()
}

fn bits_of(value: f64) -> u64 {
    if value.is_nan() { f64::NAN.to_bits() } else { (value + 0.0).to_bits() }
}

/// What the text shows of received series, quantiles and buckets left out.
fn single_numbers(text: &Exposition, own: &[String]) -> BTreeMap<String, u64> {
    let single = |series: &String| {
        let family = &text.family_of[series];
        let suffix = series.split('{').next().unwrap().strip_prefix(family.as_str()).unwrap();
        let kind = text.types[family].as_str();
        !own.contains(family) && !matches!((kind, suffix), ("summary", "") | (_, "_bucket"))
    };
    let shown = text.samples.iter().filter(|(series, _)| single(series));
    shown.map(|(series, value)| (series.clone(), bits_of(*value))).collect()
}

/// The same, asked of the series themselves.
fn in_registry(registry: &Registry) -> BTreeMap<String, u64> {
    let mut numbers = BTreeMap::new();
    for family in registry.snapshot() {
        let mut from = 0;
        while let Some((place, series)) = family.live_from(from) {
            let labels = series
                .labels()
                .map(|(name, value)| (name.to_owned(), value.into_owned()))
                .collect();
            for (suffix, value) in numbers_of(series) {
                let key = join_series(&format!("{}{suffix}", series.name().as_str()), &labels);
                assert_eq!(numbers.insert(key, bits_of(value)), None, "{series:?}");
            }
            from = place + 1;
        }
    }
    numbers
}

fn numbers_of(series: &Series) -> Vec<(&'static str, f64)> {
    match series.value() {
        Value::Counter(_, counter) => vec![("", counter.value())],
        Value::Gauge(_, gauge) => vec![("", gauge.value())],
        Value::Summary(_, summary) => {
            let (count, sum) = summary.totals();
            vec![("_sum", sum), ("_count", float(count))]
        }
        Value::Histogram(_, histogram) => {
            let mut cumulative = Vec::new();
            let sum = histogram.read(&mut cumulative);
            vec![("_sum", sum), ("_count", float(cumulative.last().copied().unwrap_or_default()))]
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "the counts here are far below 2^53")]
const fn float(count: u64) -> f64 {
    count as f64
}

/// What only grows has a beginning, inside the time that the bridge ran.
#[track_caller]
fn check_created(metric: &Metric, now: Tick) {
    let created = metric.counter.as_ref().map(|counter| &counter.created_timestamp);
    let created = created.or(metric.summary.as_ref().map(|summary| &summary.created_timestamp));
    let created = created.or(metric.histogram.as_ref().map(|h| &h.created_timestamp));
    if metric.gauge.is_none() {
        let Timestamp { seconds, nanos } = created.unwrap().clone().unwrap();
        let ran = 1_700_000_000..=1_700_000_000 + i64::from(now.0);
        assert!(ran.contains(&seconds.unwrap()), "{seconds:?}");
        assert_eq!(nanos, Some(500_000_000));
    }
}

/// Buckets as (index, count), from runs and differences; empty ones too.
pub fn expanded(spans: &[BucketSpan], deltas: &[i64]) -> Vec<(i32, i64)> {
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
