//! What a scrape of a registry looks like, byte by byte.
//!
//! Heat: cold.

use std::sync::Arc;

use super::text::{CHUNK, Chunks};
use crate::model::own::{OwnFamily, OwnSeries};
use crate::model::{
    FamilySpec, HistogramOptions, LabelName, LabelSet, MetricName, Shape, SummaryOptions, Tick,
    Ttl, Update,
};
use crate::registry::{Limits, Recorded, Registry};

fn spec(name: &str, help: &str, shape: Shape) -> FamilySpec {
    FamilySpec { name: MetricName::escaped(name).unwrap(), help: help.into(), shape }
}

fn record(registry: &Registry, spec: &FamilySpec, labels: &[(&str, &str)], update: Update) {
    let label =
        |(name, value): &(&str, &str)| (LabelName::verbatim(name).unwrap(), (*value).to_owned());
    let labels: LabelSet = labels.iter().map(label).collect();
    let series = registry.series(spec, &labels, Tick(0)).unwrap();
    assert_eq!(series.record(update, Tick(0), Ttl::from_seconds(10)), Recorded::Yes);
}

const fn observe(value: f64) -> Update {
    Update::Observe { value, weight: 1 }
}

fn scrape(registry: &Registry, own: Vec<OwnFamily>) -> String {
    let chunks = Chunks::new(registry.snapshot(), own, Tick(0));
    chunks.map(|chunk| String::from_utf8(chunk.to_vec()).unwrap()).collect()
}

fn own(name: &str, is_counter: bool, series: Vec<OwnSeries>) -> OwnFamily {
    OwnFamily { name: name.into(), help: format!("Help of {name}."), is_counter, series }
}

#[test]
fn a_scrape_may_run_on_any_thread() {
    fn can_be_sent<T: Send>() {}
    fn can_be_shared<T: Send + Sync>() {}
    can_be_sent::<Chunks<'static>>();
    can_be_shared::<Registry>();
}

#[test]
fn nothing_is_nothing() {
    assert_eq!(scrape(&Registry::new(Limits::default(), []), vec![]), "");
}

#[test]
fn every_type_in_its_place() {
    let registry = Registry::new(Limits::default(), []);
    let buckets = HistogramOptions::new(&[0.5, 1e6], None).unwrap();
    let histogram = spec("hist", "H", Shape::Histogram(Arc::new(buckets)));
    let summary = spec("summ", "S", Shape::Summary(Arc::default()));
    record(&registry, &summary, &[("n", "1")], observe(0.25));
    record(&registry, &summary, &[], observe(3.0));
    record(&registry, &histogram, &[("n", "1"), ("z", "")], observe(0.5));
    record(&registry, &histogram, &[("n", "1"), ("z", "")], observe(2.0));
    record(&registry, &spec("count", "a\\b\nc \"d\"", Shape::Counter), &[], Update::Add(1e6));
    let gauge = spec("gauge", "G", Shape::Gauge);
    for (value, label) in [(f64::NAN, "\"\\\n"), (-0.5, "é"), (f64::INFINITY, "a")] {
        record(&registry, &gauge, &[("x", label)], Update::Set(value));
    }
    let expected = r#"# HELP count a\\b\nc "d"
# TYPE count counter
count 1e+06
# HELP gauge G
# TYPE gauge gauge
gauge{x="\"\\\n"} NaN
gauge{x="a"} +Inf
gauge{x="é"} -0.5
# HELP hist H
# TYPE hist histogram
hist_bucket{n="1",z="",le="0.5"} 1
hist_bucket{n="1",z="",le="1e+06"} 2
hist_bucket{n="1",z="",le="+Inf"} 2
hist_sum{n="1",z=""} 2.5
hist_count{n="1",z=""} 2
# HELP summ S
# TYPE summ summary
summ{quantile="0.5"} 3
summ{quantile="0.9"} 3
summ{quantile="0.99"} 3
summ_sum 3
summ_count 1
summ{n="1",quantile="0.5"} 0.25
summ{n="1",quantile="0.9"} 0.25
summ{n="1",quantile="0.99"} 0.25
summ_sum{n="1"} 0.25
summ_count{n="1"} 1
"#;
    assert_eq!(scrape(&registry, vec![]), expected);
    assert_eq!(scrape(&registry, vec![]), expected, "two scrapes of the same are the same");
}

#[test]
fn own_families_stand_among_the_others() {
    let registry = Registry::new(Limits::default(), []);
    for name in ["a", "m", "z"] {
        record(&registry, &spec(name, "h", Shape::Counter), &[], Update::Add(1.0));
    }
    let one = |labels: &[(&str, &str)], value| OwnSeries {
        labels: labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        value,
    };
    let families = vec![
        own("zz", false, vec![one(&[], 7.0)]),
        own("b", true, vec![one(&[("l", "\"x\"")], 1.0), one(&[("l", "y"), ("m", "")], 2.0)]),
        own("n", true, vec![]),
    ];
    let text = scrape(&registry, families);
    let samples: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(samples, ["a 1", r#"b{l="\"x\""} 1"#, r#"b{l="y",m=""} 2"#, "m 1", "z 1", "zz 7"]);
    assert!(text.contains("# HELP b Help of b.\n# TYPE b counter\nb{"));
    assert!(text.contains("# TYPE zz gauge\n") && !text.contains("# TYPE n "));
}

#[test]
fn a_family_without_live_series_is_left_out() {
    let registry = Registry::new(Limits::default(), []);
    record(&registry, &spec("gone", "h", Shape::Counter), &[], Update::Add(1.0));
    registry.series(&spec("fresh", "h", Shape::Gauge), &LabelSet::new(), Tick(9)).unwrap();
    assert_eq!(scrape(&registry, vec![]).lines().count(), 3);
    registry.sweep(Tick(11));
    assert_eq!(scrape(&registry, vec![]), "");
}

#[test]
fn an_aged_summary_has_no_quantiles() {
    let registry = Registry::new(Limits::default(), []);
    let options = SummaryOptions::new(
        &[crate::model::Quantile::new(0.5).unwrap()],
        std::time::Duration::from_secs(2),
        1,
    );
    record(&registry, &spec("s", "h", Shape::Summary(Arc::new(options))), &[], observe(4.0));
    let chunks = Chunks::new(registry.snapshot(), vec![], Tick(2));
    let text: Vec<u8> = chunks.flatten().collect();
    assert!(
        String::from_utf8(text).unwrap().ends_with("s{quantile=\"0.5\"} NaN\ns_sum 4\ns_count 1\n")
    );
}

#[test]
fn chunks_are_bounded_however_many_series_and_however_long_their_text() {
    let registry = Registry::new(Limits::default(), []);
    let bounds: Vec<f64> = (0..300).map(f64::from).collect();
    let options = HistogramOptions::new(&bounds, None).unwrap();
    let histogram = spec("huge", "h", Shape::Histogram(Arc::new(options)));
    record(&registry, &histogram, &[("x", &"v".repeat(60_000))], observe(1.0));
    for value in 0..5000 {
        let counter = spec("many", "h", Shape::Counter);
        record(&registry, &counter, &[("n", &value.to_string())], Update::Add(1.0));
    }
    let mut lines = 0;
    for chunk in Chunks::new(registry.snapshot(), vec![], Tick(0)) {
        assert!(chunk.len() <= CHUNK + 61_000 && chunk.ends_with(b"\n"), "{}", chunk.len());
        lines += std::str::from_utf8(&chunk).unwrap().lines().count();
    }
    assert_eq!(lines, 2 + 303 + 2 + 5000);
}
