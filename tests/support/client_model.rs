//! The messages of `io.prometheus.client` as another hand reads them: derived,
//! from the fields that the protocol describes. Whoever decodes with these knows
//! nothing of the encoder.
//!
//! Heat: cold.
#![allow(missing_docs, reason = "names and numbers are the protocol's")]

use std::collections::BTreeMap;

use prost::Message;

use super::exposition::{Exposition, join_series};
use super::go_number::go_number;

#[derive(Clone, PartialEq, Message)]
pub struct LabelPair {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub value: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Timestamp {
    #[prost(int64, optional, tag = "1")]
    pub seconds: Option<i64>,
    #[prost(int32, optional, tag = "2")]
    pub nanos: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Gauge {
    #[prost(double, optional, tag = "1")]
    pub value: Option<f64>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Counter {
    #[prost(double, optional, tag = "1")]
    pub value: Option<f64>,
    #[prost(message, optional, tag = "3")]
    pub created_timestamp: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Quantile {
    #[prost(double, optional, tag = "1")]
    pub quantile: Option<f64>,
    #[prost(double, optional, tag = "2")]
    pub value: Option<f64>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Summary {
    #[prost(uint64, optional, tag = "1")]
    pub sample_count: Option<u64>,
    #[prost(double, optional, tag = "2")]
    pub sample_sum: Option<f64>,
    #[prost(message, repeated, tag = "3")]
    pub quantile: Vec<Quantile>,
    #[prost(message, optional, tag = "4")]
    pub created_timestamp: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Bucket {
    #[prost(uint64, optional, tag = "1")]
    pub cumulative_count: Option<u64>,
    #[prost(double, optional, tag = "2")]
    pub upper_bound: Option<f64>,
}

#[derive(Clone, PartialEq, Message)]
pub struct BucketSpan {
    #[prost(sint32, optional, tag = "1")]
    pub offset: Option<i32>,
    #[prost(uint32, optional, tag = "2")]
    pub length: Option<u32>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Histogram {
    #[prost(uint64, optional, tag = "1")]
    pub sample_count: Option<u64>,
    #[prost(double, optional, tag = "2")]
    pub sample_sum: Option<f64>,
    #[prost(message, repeated, tag = "3")]
    pub bucket: Vec<Bucket>,
    #[prost(sint32, optional, tag = "5")]
    pub schema: Option<i32>,
    #[prost(double, optional, tag = "6")]
    pub zero_threshold: Option<f64>,
    #[prost(uint64, optional, tag = "7")]
    pub zero_count: Option<u64>,
    #[prost(message, repeated, tag = "9")]
    pub negative_span: Vec<BucketSpan>,
    #[prost(sint64, repeated, packed = "false", tag = "10")]
    pub negative_delta: Vec<i64>,
    #[prost(message, repeated, tag = "12")]
    pub positive_span: Vec<BucketSpan>,
    #[prost(sint64, repeated, packed = "false", tag = "13")]
    pub positive_delta: Vec<i64>,
    #[prost(message, optional, tag = "15")]
    pub created_timestamp: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Metric {
    #[prost(message, repeated, tag = "1")]
    pub label: Vec<LabelPair>,
    #[prost(message, optional, tag = "2")]
    pub gauge: Option<Gauge>,
    #[prost(message, optional, tag = "3")]
    pub counter: Option<Counter>,
    #[prost(message, optional, tag = "4")]
    pub summary: Option<Summary>,
    #[prost(message, optional, tag = "7")]
    pub histogram: Option<Histogram>,
}

#[derive(Clone, PartialEq, Message)]
pub struct MetricFamily {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub help: Option<String>,
    #[prost(int32, optional, tag = "3")]
    pub kind: Option<i32>,
    #[prost(message, repeated, tag = "4")]
    pub metric: Vec<Metric>,
}

/// Decodes a delimited stream to its end. Encoding what was decoded must give
/// the same bytes: nothing in them is unknown here, and nothing is longer than
/// it has to be.
pub fn decode(bytes: &[u8]) -> Vec<MetricFamily> {
    let (mut rest, mut families, mut again) = (bytes, Vec::new(), Vec::new());
    while !rest.is_empty() {
        let family = MetricFamily::decode_length_delimited(&mut rest).expect("a whole message");
        family.encode_length_delimited(&mut again).unwrap();
        families.push(family);
    }
    assert!(bytes == again, "there is something in the stream that the protocol does not know");
    families
}

/// What the text format would show of these.
pub fn as_text(families: &[MetricFamily]) -> Exposition {
    let mut shown = Exposition::default();
    let mut last = None;
    for family in families {
        let name = family.name().to_owned();
        assert!(last < Some(name.clone()), "{name} is out of order");
        assert!(!family.metric.is_empty(), "{name} is empty");
        last = Some(name.clone());
        let kind = ["counter", "gauge", "summary", "untyped", "histogram"];
        let kind = kind[usize::try_from(family.kind.expect("a type")).unwrap()];
        shown.types.insert(name.clone(), kind.to_owned());
        shown.help.insert(name.clone(), family.help.clone().expect("a help text"));
        for metric in &family.metric {
            for (series, value) in samples(&name, kind, metric) {
                shown.family_of.insert(series.clone(), name.clone());
                assert!(shown.samples.insert(series.clone(), value).is_none(), "twice: {series}");
            }
        }
    }
    shown
}

fn samples(name: &str, kind: &str, metric: &Metric) -> Vec<(String, f64)> {
    let labels: BTreeMap<_, _> =
        metric.label.iter().map(|l| (l.name().to_owned(), l.value().to_owned())).collect();
    assert!(metric.label.is_sorted_by(|a, b| a.name() < b.name()), "{:?}", metric.label);
    let with = |suffix: &str, bound: Option<(&str, f64)>| {
        let mut labels = labels.clone();
        labels.extend(bound.map(|(label, bound)| (label.to_owned(), go_number(bound))));
        join_series(&format!("{name}{suffix}"), &labels)
    };
    match (kind, metric) {
        ("counter", Metric { counter: Some(counter), .. }) => {
            vec![(with("", None), counter.value.unwrap())]
        }
        ("gauge", Metric { gauge: Some(gauge), .. }) => {
            vec![(with("", None), gauge.value.unwrap())]
        }
        ("summary", Metric { summary: Some(summary), .. }) => {
            let quantiles = summary.quantile.iter();
            let bounded = |q: &Quantile| (with("", Some(("quantile", q.quantile()))), q.value());
            let mut all: Vec<_> = quantiles.map(bounded).collect();
            all.push((with("_sum", None), summary.sample_sum.unwrap()));
            all.push((with("_count", None), float(summary.sample_count.unwrap())));
            all
        }
        ("histogram", Metric { histogram: Some(histogram), .. }) => {
            let buckets = histogram.bucket.iter();
            let le = |bound, count| (with("_bucket", Some(("le", bound))), float(count));
            let mut all: Vec<_> =
                buckets.map(|b| le(b.upper_bound(), b.cumulative_count())).collect();
            all.push(le(f64::INFINITY, histogram.sample_count()));
            all.push((with("_sum", None), histogram.sample_sum.unwrap()));
            all.push((with("_count", None), float(histogram.sample_count.unwrap())));
            all
        }
        _ => panic!("{name} is a {kind} and has {metric:?}"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "tests count far less than 2^53")]
const fn float(count: u64) -> f64 {
    count as f64
}
