//! A sample whose series is there does not allocate, from its bytes to its end,
//! with a relay or without; and no line allocates more than in proportion to its
//! length.
//!
//! Heat: cold.

#![allow(unreachable_pub, dead_code, reason = "the module is shared")]
#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "relations/counting.rs"]
mod counting;

use std::sync::Arc;

use statsd_bridge::ingest::{Engine, RelayHandle, Worker};
use statsd_bridge::mapping::RuleSet;
use statsd_bridge::metric::NativeReading;
use statsd_bridge::model::{
    FamilySpec, HistogramOptions, LabelSet, MetricName, NativeOptions, Shape, SummaryOptions,
    TagStyles, Tick, Ttl, Update,
};
use statsd_bridge::registry::{Limits, Recorded, Registry, Series, Value};
use statsd_bridge::telemetry::Telemetry;

#[global_allocator]
static ALLOCATOR: counting::Counting = counting::Counting;

fn allocations(act: impl FnOnce()) -> u64 {
    counting::asked(act).times
}

fn series(registry: &Registry, shape: Shape) -> Series {
    let name = MetricName::escaped(shape.as_str()).expect("a name");
    let spec = FamilySpec { name, help: "help".into(), shape };
    registry.series(&spec, &LabelSet::new(), Tick(0)).expect("no conflict")
}

/// A thousand updates, over a window and a half of time.
fn record_all(series: &Series, update: impl Fn(u32) -> Update) {
    for at in 0..1000 {
        let recorded = series.record(update(at), Tick(at / 5), Ttl::from_seconds(60));
        assert_eq!(recorded, Recorded::Yes);
    }
}

#[test]
fn the_counter_counts() {
    counting::assert_counts();
}

#[test]
fn recording_to_a_series_that_is_there_allocates_nothing() {
    let registry = Registry::new(Limits::default(), []);
    let observe =
        |at: u32| Update::Observe { value: f64::from(at % 100) * 0.01, weight: 1 + at % 3 };
    let counter = series(&registry, Shape::Counter);
    let gauge = series(&registry, Shape::Gauge);
    let classic = HistogramOptions::new(&[0.1, 0.5], None).expect("increasing");
    let histogram = series(&registry, Shape::Histogram(Arc::new(classic)));
    let act = || {
        record_all(&counter, |at| Update::Add(f64::from(at) * 0.5));
        record_all(&gauge, |at| Update::Set(f64::from(at)));
        record_all(&gauge, |at| Update::Shift(f64::from(at) - 500.0));
        record_all(&histogram, observe);
    };
    assert_eq!(allocations(act), 0);
}

#[test]
fn a_summary_allocates_only_while_it_grows() {
    let registry = Registry::new(Limits::default(), []);
    let observe = |at: u32| Update::Observe { value: f64::from(at % 100) * 0.01, weight: 1 };
    let summary = series(&registry, Shape::Summary(Arc::new(SummaryOptions::default())));
    let record_for = |from: u32, seconds: u32| {
        for at in from..from + seconds {
            for step in 0..10 {
                let recorded = summary.record(observe(at * 7 + step), Tick(at), Ttl::FOREVER);
                assert_eq!(recorded, Recorded::Yes);
            }
        }
    };
    // The first few are kept raw.
    let raw = allocations(|| {
        for at in 0..8 {
            assert_eq!(summary.record(observe(at), Tick(0), Ttl::FOREVER), Recorded::Yes);
        }
    });
    assert_eq!(raw, 0);
    // Once around the ring of five windows, and it has all the chunks it needs.
    assert!(allocations(|| record_for(0, 600)) > 0);
    assert_eq!(allocations(|| record_for(600, 1200)), 0);
}

#[test]
fn a_native_histogram_allocates_only_when_a_bucket_is_new() {
    let registry = Registry::new(Limits::default(), []);
    let native = Some(NativeOptions { bucket_factor: 1.1, max_buckets: 40 });
    let options = HistogramOptions::new(&[0.1, 0.5], native).expect("increasing");
    let histogram = series(&registry, Shape::Histogram(Arc::new(options)));
    let record = |value: f64| {
        let update = Update::Observe { value, weight: 3 };
        assert_eq!(histogram.record(update, Tick(0), Ttl::FOREVER), Recorded::Yes);
    };
    let few = [0.02, -0.3, 0.0, 700.0, 1.0];
    assert_eq!(allocations(|| few.into_iter().for_each(record)), 0);
    // More buckets than the cap: chunks come, and the resolution goes.
    let many =
        || (1..1000).for_each(|at| record(f64::from(at) * if at % 2 == 0 { 1.0 } else { -0.1 }));
    assert!(allocations(many) > 0);
    let mut reading = NativeReading::default();
    let Value::Histogram(_, numbers) = histogram.value() else { panic!("a histogram") };
    assert!(numbers.native(&mut reading) && reading.schema < 3);
    // What had to be lowered is counted at fewer places from then on; then all
    // are there.
    many();
    let lowered = reading.schema;
    assert_eq!(allocations(many), 0);
    let mut read = || assert!(numbers.native(&mut reading));
    read();
    assert_eq!(allocations(read), 0);
    assert_eq!(reading.schema, lowered);
}

fn worker() -> Worker {
    let rules = include_str!("data/mastodon/published-mapping.yml");
    let rules = RuleSet::parse(rules, "published-mapping.yml", TagStyles::ALL).expect("good");
    let registry = Registry::new(Limits::default(), Telemetry::reserved_names());
    Worker::new(Arc::new(Engine::new(registry, rules.rules, Arc::new(Telemetry::new()))))
}

/// The datagrams of the capture of real traffic.
fn capture() -> Vec<String> {
    let lines = include_str!("data/mastodon/mastodon.jsonl").lines();
    let record = |line| serde_json::from_str::<serde_json::Value>(line).expect("JSON");
    lines.map(|line| record(line)["data"].as_str().expect("text").to_owned()).collect()
}

#[test]
fn traffic_whose_series_are_there_allocates_nothing() {
    let mut worker = worker();
    let datagrams = capture();
    let mut replay = || {
        for datagram in &datagrams {
            worker.ingest_datagram(datagram.as_bytes(), Tick(0));
            worker.flush();
        }
    };
    assert!(allocations(&mut replay) > 0);
    // Summaries become dense when their first eight places are taken.
    for _ in 0..8 {
        replay();
    }
    assert_eq!(allocations(&mut replay), 0);
}

#[test]
fn a_refused_line_allocates_nothing() {
    let mut worker = worker();
    let refused = [
        "",
        "nothing",
        ":1|c",
        "a:x|c",
        "a:1|q",
        "a:1|c|",
        "a:1|c|@2",
        "a#x=1:1|c|#y:2",
        "a:1:2|c",
    ];
    // Room for the key of a route is made by the first line that needs it.
    worker.ingest_line(b"some.name.longer.than.all.of.them:1|c", Tick(0));
    for line in refused {
        let asked = allocations(|| worker.ingest_line(line.as_bytes(), Tick(0)));
        assert_eq!(asked, 0, "{line}");
    }
}

fn worker_with_room_for(max_series: usize) -> Worker {
    let limits = Limits { max_series, max_series_per_family: 0 };
    let registry = Registry::new(limits, Telemetry::reserved_names());
    let rules = RuleSet::empty(TagStyles::ALL);
    Worker::new(Arc::new(Engine::new(registry, rules, Arc::new(Telemetry::new()))))
}

/// However long that goes on.
#[test]
fn a_line_that_the_registry_refuses_allocates_nothing_when_met_again() {
    let mut worker = worker_with_room_for(1);
    worker.ingest_line(b"a:1|c", Tick(0));
    let refused = ["b:1|c", "c:2|ms|#x:1", "a:1|c|#x:1", "a:1|g", "a:1|h|#quantile:1"];
    let mut round = |now| {
        for line in refused {
            worker.ingest_line(line.as_bytes(), Tick(now));
        }
        worker.flush();
    };
    assert!(allocations(|| round(0)) > 0);
    assert_eq!(allocations(|| (0..1000).for_each(&mut round)), 0);
}

/// A name that is new asks for less when it is refused than when it is taken.
#[test]
fn a_new_name_allocates_less_when_it_is_refused() {
    const NAMES: u32 = 5000;
    let cost = |mut worker: Worker| {
        worker.ingest_line(b"a:1|c", Tick(0));
        let lines: Vec<_> = (0..NAMES).map(|name| format!("name.{name}:1|c|#k:v")).collect();
        allocations(|| lines.iter().for_each(|line| worker.ingest_line(line.as_bytes(), Tick(0))))
    };
    let (taken, refused) = (cost(worker_with_room_for(0)), cost(worker_with_room_for(1)));
    assert!(refused < taken, "{refused} allocations to refuse names, {taken} to take them");
}

/// Samples of one line share what its tags cost, whatever stands between them.
#[test]
fn a_line_of_many_samples_pays_for_its_tags_once() {
    let tags = (0..500).map(|tag| format!(",k{tag}=v")).collect::<Vec<_>>().concat();
    for samples in ["1|c|@0.5:1|c|@0.25:", "1|ms:2|ms|@0.1:", "1|c:1|g:1|ms:"] {
        let mut worker = worker();
        let line = format!("a{tags}:{}1|c", samples.repeat(500));
        let asked = allocations(|| worker.ingest_line(line.as_bytes(), Tick(0)));
        assert!(asked < 10_000, "{asked} allocations for {samples}");
    }
    // Neither do values that are refused ask the rules anew.
    let mut worker = worker();
    let line = format!("a{tags}:{}", ["-1|c"; 1000].join(":"));
    let asked = allocations(|| worker.ingest_line(line.as_bytes(), Tick(0)));
    assert!(asked < 10_000, "{asked} allocations for values that are refused");
    let values = vec!["1"; 2000].join(":");
    let line = format!("a:{values}|ms|#x:1{}", tags.replace('=', ":"));
    let asked = allocations(|| worker.ingest_line(line.as_bytes(), Tick(0)));
    assert!(asked < 5_000, "{asked} allocations for an aggregate");
    // Container ids make series of their own, each with all of the tags.
    let ids = (0..500).map(|id| format!("1|c|c:{id}|T:")).collect::<Vec<_>>().concat();
    let line = format!("a{tags}:{ids}1|c");
    let mut worker = self::worker();
    let asked = allocations(|| worker.ingest_line(line.as_bytes(), Tick(0)));
    let bound = 24 * line.len() as u64;
    assert!(asked < bound, "{asked} allocations for a line of {} bytes", line.len());
}

/// A batch: lines of series that are there, one that is malformed, an empty one.
fn batch(worker: &mut Worker) {
    for _ in 0..40 {
        worker.ingest_datagram(b"a:1|c|#k:v\nb:2.5|g\nc:3|h|@0.5\n\nmalformed", Tick(0));
    }
    worker.flush();
}

#[test]
fn a_relay_that_gives_its_buffers_back_costs_nothing() {
    let (handle, queue) = RelayHandle::new(1400);
    let mut relaying = worker().relaying(Some(handle));
    let mut round = || {
        batch(&mut relaying);
        for lines in queue.try_iter() {
            lines.give_back();
        }
    };
    round();
    round();
    assert_eq!(allocations(|| (0..100).for_each(|_| round())), 0);
}

#[test]
fn a_relay_that_gives_no_buffer_back_costs_one_for_many_packets() {
    let (handle, queue) = RelayHandle::new(1400);
    let mut relaying = worker().relaying(Some(handle));
    batch(&mut relaying);
    queue.try_iter().for_each(drop);
    let bytes = std::cell::Cell::new(0);
    let made = allocations(|| {
        for _ in 0..100 {
            batch(&mut relaying);
            bytes.set(
                bytes.get() + queue.try_iter().map(|lines| lines.bytes().len()).sum::<usize>(),
            );
        }
    });
    assert!(made > 0 && made <= 100 && bytes.get() > 100 * 1400, "{made} for {}", bytes.get());
}
