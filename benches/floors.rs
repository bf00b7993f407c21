//! What one sample costs on each floor: parse, route, apply, the whole way with
//! and without a known spelling, and the encoding of a scrape.
//!
//! Run with `cargo bench --bench floors`; times are for comparing within a run.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a bench fails by panicking, and criterion's macros write no docs"
)]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use statsd_bridge::exposition::text::Chunks;
use statsd_bridge::ingest::{Engine, Worker};
use statsd_bridge::mapping::RuleSet;
use statsd_bridge::model::{
    Dialect, FamilySpec, LabelSet, MetricKind, MetricName, Shape, TagStyles, Tick, Ttl, Update,
};
use statsd_bridge::protocol;
use statsd_bridge::registry::{Limits, Registry};
use statsd_bridge::telemetry::Telemetry;

const LINE: &[u8] =
    b"Mastodon.production.web.Api.V1.Timelines.HomeController.show.json.db_time:12.25|ms";
const NAME: &str = "Mastodon.production.web.Api.V1.Timelines.HomeController.show.json.db_time";
const PUBLISHED: &str = include_str!("../tests/data/mastodon/published-mapping.yml");

fn published() -> RuleSet {
    RuleSet::parse(PUBLISHED, "published-mapping.yml", TagStyles::ALL).unwrap().rules
}

fn engine() -> Arc<Engine> {
    let registry = Registry::new(Limits::default(), Telemetry::reserved_names());
    Arc::new(Engine::new(registry, published(), Arc::new(Telemetry::new())))
}

fn parse(c: &mut Criterion) {
    let dialect = Dialect::uniform(TagStyles::ALL);
    c.bench_function("parse", |b| {
        b.iter(|| protocol::parse(black_box(LINE), &dialect).body.unwrap().count());
    });
}

fn route(c: &mut Criterion) {
    let mut group = c.benchmark_group("route");
    let built_in = RuleSet::preset("mastodon", TagStyles::ALL).unwrap().rules;
    for (name, rules) in [("built-in globs", built_in), ("published regexes", published())] {
        group.bench_function(name, |b| {
            b.iter(|| rules.route(black_box(NAME), MetricKind::Observer, LabelSet::new()));
        });
    }
}

fn apply(c: &mut Criterion) {
    let mut group = c.benchmark_group("apply");
    let registry = Registry::new(Limits::default(), []);
    let observe = Update::Observe { value: 0.0125, weight: 1 };
    for (name, shape, update) in [
        ("counter", Shape::Counter, Update::Add(1.0)),
        ("gauge", Shape::Gauge, Update::Set(1.0)),
        ("summary", Shape::Summary(Arc::default()), observe),
        ("histogram", Shape::Histogram(Arc::default()), observe),
    ] {
        let spec =
            FamilySpec { name: MetricName::escaped(name).unwrap(), help: "Help.".into(), shape };
        let series = registry.series(&spec, &LabelSet::new(), Tick(0)).unwrap();
        group.bench_function(name, |b| {
            b.iter(|| series.record(black_box(update), Tick(0), Ttl::FOREVER));
        });
    }
}

fn ingest(c: &mut Criterion) {
    let mut group = c.benchmark_group("ingest");
    group.throughput(Throughput::Elements(1));
    for (name, mut worker) in [
        ("a known spelling", Worker::new(engine())),
        ("a spelling met for the first time", Worker::without_cache(engine())),
    ] {
        group.bench_function(name, |b| {
            b.iter(|| worker.ingest_datagram(black_box(LINE), Tick(0)));
        });
    }
}

fn encode(c: &mut Criterion) {
    let mut group = c.benchmark_group("encode 10,000 series");
    group.throughput(Throughput::Elements(10_000));
    for (name, kind) in [("counters", "c"), ("summaries", "ms")] {
        let engine = engine();
        let mut worker = Worker::new(Arc::clone(&engine));
        for i in 0..10_000 {
            let line = format!("Mastodon.production.cache.op{i}.duration:1|{kind}");
            worker.ingest_line(line.as_bytes(), Tick(0));
        }
        group.bench_function(name, |b| {
            b.iter(|| Chunks::new(engine.registry().snapshot(), Vec::new(), Tick(0)).count());
        });
    }
}

criterion_group!(floors, parse, route, apply, ingest, encode);
criterion_main!(floors);
