//! The registry as a whole: conflicts, lifetimes, budgets, and many threads.
//!
//! Heat: cold.

mod conflicts;
mod families;
mod lifetimes;
mod threads;

use super::*;
use crate::model::{LabelName, MetricName, Shape, Ttl, Update};

const TWO: Ttl = Ttl::from_seconds(2);

fn shape(kind: &str) -> Shape {
    match kind {
        "counter" => Shape::Counter,
        "gauge" => Shape::Gauge,
        "summary" => Shape::Summary(Arc::default()),
        "histogram" => Shape::Histogram(Arc::default()),
        _ => panic!("{kind}"),
    }
}

fn spec(name: &str, shape: Shape) -> FamilySpec {
    FamilySpec { name: MetricName::escaped(name).unwrap(), help: "help".into(), shape }
}

fn counter(name: &str) -> FamilySpec {
    spec(name, Shape::Counter)
}

fn labels(pairs: &[(&str, &str)]) -> LabelSet {
    let label =
        |(name, value): &(&str, &str)| (LabelName::verbatim(name).unwrap(), (*value).to_owned());
    pairs.iter().map(label).collect()
}

fn registry() -> Registry {
    Registry::new(Limits::default(), ["statsd_exporter_lines_total".to_owned()])
}

/// Records 1 to a counter at a tick.
fn count(registry: &Registry, name: &str, tags: &[(&str, &str)], now: u32, ttl: Ttl) {
    let series = registry.series(&counter(name), &labels(tags), Tick(now)).unwrap();
    assert_eq!(series.record(Update::Add(1.0), Tick(now), ttl), Recorded::Yes);
}

fn value(series: &Series) -> f64 {
    match series.value() {
        Value::Counter(_, counter) => counter.value(),
        Value::Gauge(_, gauge) => gauge.value(),
        other => panic!("{other:?}"),
    }
}

/// All live counters and gauges, in the order of a scrape.
fn seen(registry: &Registry) -> Vec<(String, f64)> {
    let mut seen = Vec::new();
    for family in registry.snapshot() {
        let mut from = 0;
        while let Some((place, series)) = family.live_from(from) {
            seen.push((str::from_utf8(series.text()).unwrap().to_owned(), value(series)));
            from = place + 1;
        }
    }
    seen
}

fn texts(registry: &Registry) -> Vec<String> {
    seen(registry).into_iter().map(|(text, _)| text).collect()
}

fn by_type(counter: u64, gauge: u64, histogram: u64, summary: u64) -> [(&'static str, u64); 4] {
    [("counter", counter), ("gauge", gauge), ("histogram", histogram), ("summary", summary)]
}
