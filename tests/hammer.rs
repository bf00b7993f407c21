//! Many threads at everything that threads share: numbers, series that come and
//! go, rules that are exchanged, scrapes meanwhile. The sums are checked; what the
//! test is for is to be run under the tools that watch memory and threads: `.ci/run`
//! does so with the sanitizers for addresses and threads, miri and valgrind.
//!
//! Those who are ignored do on purpose what the tools look for. `.ci/run` runs
//! each by itself and wants the tool to stop it: one that does not see these would
//! see nothing.
//!
//! Threads are joined one by one and not by a scope: valgrind knows what
//! `pthread_join` orders, and nothing of how a scope ends.
//!
//! Heat: cold.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::float_cmp,
    reason = "a test stops at the first surprise"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use statsd_bridge::exposition::text::Chunks;
use statsd_bridge::ingest::{Engine, Worker};
use statsd_bridge::mapping::RuleSet;
use statsd_bridge::metric::NativeReading;
use statsd_bridge::model::{
    FamilySpec, HistogramOptions, LabelName, LabelSet, MetricName, NativeOptions, Outcome,
    Quantile, Shape, SummaryOptions, TagStyles, Tick, Ttl, Update,
};
use statsd_bridge::registry::{Limits, Recorded, Registry, Series, Value};
use statsd_bridge::telemetry::Telemetry;

/// So many writers at once.
const WRITERS: u32 = 3;
/// What each does so often. Miri takes some thousand times as long as the machine.
const ROUNDS: u32 = if cfg!(miri) { 40 } else { 600 };

fn start(acts: Vec<Box<dyn FnOnce() + Send>>) -> Vec<JoinHandle<()>> {
    acts.into_iter().map(thread::spawn).collect()
}

fn join(threads: Vec<JoinHandle<()>>) {
    for thread in threads {
        thread.join().unwrap();
    }
}

fn spec(name: &str, shape: Shape) -> FamilySpec {
    FamilySpec { name: MetricName::escaped(name).unwrap(), help: "h".into(), shape }
}

fn summary() -> Shape {
    let quantiles = [0.5, 1.0].map(|q| Quantile::new(q).unwrap());
    Shape::Summary(Arc::new(SummaryOptions::new(&quantiles, Duration::from_secs(4), 2)))
}

fn histogram() -> Shape {
    let native = NativeOptions { bucket_factor: 1.1, max_buckets: 20 };
    Shape::Histogram(Arc::new(HistogramOptions::new(&[1.0, 100.0], Some(native)).unwrap()))
}

fn series(registry: &Registry, name: &str, shape: Shape) -> Series {
    registry.series(&spec(name, shape), &LabelSet::new(), Tick(0)).unwrap()
}

/// Records so that a summary is promoted, its windows rotate, and a native
/// histogram grows and loses resolution.
fn write(series: &[Series; 4], writer: u32) {
    let [counter, gauge, summary, histogram] = series;
    for round in 0..ROUNDS {
        let (now, value) = (Tick(round / 20), f64::from(1 + (round * 7 + writer) % 90));
        let record = |series: &Series, update| {
            assert_eq!(series.record(update, now, Ttl::FOREVER), Recorded::Yes);
        };
        record(counter, Update::Add(if round % 2 == 0 { 1.0 } else { 0.5 }));
        record(gauge, Update::Shift(if round % 2 == 0 { 3.0 } else { -2.0 }));
        record(summary, Update::Observe { value, weight: 1 + writer });
        record(histogram, Update::Observe { value, weight: 1 + writer });
    }
}

/// Reads the four until they hold all that is to come; no count falls meanwhile.
fn read(series: &[Series; 4], all: u64) {
    let (mut cumulative, mut native) = (Vec::new(), NativeReading::default());
    let mut last = (0.0, 0, 0);
    while last.1 < all || last.2 < all {
        let [
            Value::Counter(_, counter),
            _,
            Value::Summary(_, summary),
            Value::Histogram(_, histogram),
        ] = series.each_ref().map(Series::value)
        else {
            panic!("other types")
        };
        histogram.read(&mut cumulative);
        assert!(histogram.native(&mut native) && cumulative.is_sorted());
        let count = *cumulative.last().unwrap();
        assert!(native.total() >= count);
        let now = (counter.value(), summary.totals().0, count);
        assert!(now.0 >= last.0 && now.1 >= last.1 && now.2 >= last.2, "{last:?} {now:?}");
        last = now;
        thread::yield_now();
    }
}

#[test]
fn numbers_lose_nothing_and_never_fall() {
    let registry = Registry::new(Limits::default(), []);
    let series = [
        series(&registry, "counter", Shape::Counter),
        series(&registry, "gauge", Shape::Gauge),
        series(&registry, "summary", summary()),
        series(&registry, "histogram", histogram()),
    ];
    let all = u64::from((1..=WRITERS).sum::<u32>() * ROUNDS);
    let mut acts: Vec<Box<dyn FnOnce() + Send>> = Vec::new();
    for writer in 0..WRITERS {
        let series = series.clone();
        acts.push(Box::new(move || write(&series, writer)));
    }
    let watched = series.clone();
    acts.push(Box::new(move || read(&watched, all)));
    join(start(acts));
    let (Value::Counter(_, counter), Value::Gauge(_, gauge)) =
        (series[0].value(), series[1].value())
    else {
        panic!("other types")
    };
    assert_eq!(counter.value(), f64::from(WRITERS * ROUNDS) * 0.75);
    assert_eq!(gauge.value(), f64::from(WRITERS * ROUNDS) * 0.5);
}

#[test]
fn a_series_retires_once_under_updates() {
    let registry = Arc::new(Registry::new(Limits::default(), []));
    let held = series(&registry, "counter", Shape::Counter);
    let total = Arc::new(AtomicU32::new(0));
    let mut acts: Vec<Box<dyn FnOnce() + Send>> = Vec::new();
    for _ in 0..WRITERS {
        let (held, recorded) = (held.clone(), Arc::clone(&total));
        acts.push(Box::new(move || {
            let record = |now| held.record(Update::Add(1.0), Tick(now), Ttl::from_seconds(1));
            let all = (0..ROUNDS).take_while(|round| record(round / 20) == Recorded::Yes).count();
            recorded.fetch_add(u32::try_from(all).unwrap(), Ordering::Relaxed);
        }));
    }
    let swept = Arc::clone(&registry);
    acts.push(Box::new(move || {
        for second in 0..ROUNDS / 10 {
            swept.sweep(Tick(second));
            thread::yield_now();
        }
    }));
    join(start(acts));
    registry.sweep(Tick(ROUNDS));
    assert!(held.is_retired() && registry.series_count() == 0);
    let Value::Counter(_, counter) = held.value() else { panic!("another type") };
    // Who met RETIRED had applied its update to numbers that nobody reads.
    let total = f64::from(total.load(Ordering::Relaxed));
    assert!((total..=total + f64::from(WRITERS)).contains(&counter.value()), "{total}");
}

/// Writers of a few series that are over after a second, while time passes.
fn come_and_go(registry: &Registry, writer: u32) {
    let label = LabelName::verbatim("l").unwrap();
    let shapes = [Shape::Counter, Shape::Gauge, summary(), histogram()];
    for round in 0..ROUNDS {
        let now = Tick(round / 8);
        let shape = &shapes[round as usize % shapes.len()];
        let spec = spec(&format!("m{}", round as usize % shapes.len()), shape.clone());
        let value = ((round * 5 + writer) % 7).to_string();
        let labels: LabelSet = [(label.clone(), value)].into_iter().collect();
        let update = match shape {
            Shape::Counter => Update::Add(1.0),
            Shape::Gauge => Update::Shift(1.0),
            _ => Update::Observe { value: f64::from(round), weight: 1 },
        };
        // A series that expires between the two is asked for again.
        while registry.series(&spec, &labels, now).unwrap().record(
            update,
            now,
            Ttl::from_seconds(1),
        ) == Recorded::Retired
        {}
    }
}

#[test]
fn series_come_and_go_under_updates_and_scrapes() {
    let registry = Arc::new(Registry::new(Limits::default(), []));
    let mut acts: Vec<Box<dyn FnOnce() + Send>> = Vec::new();
    for writer in 0..WRITERS {
        let registry = Arc::clone(&registry);
        acts.push(Box::new(move || come_and_go(&registry, writer)));
    }
    let swept = Arc::clone(&registry);
    acts.push(Box::new(move || {
        for second in 0..ROUNDS / 8 {
            swept.sweep(Tick(second));
            Chunks::new(swept.snapshot(), Vec::new(), Tick(second)).for_each(drop);
            thread::yield_now();
        }
    }));
    join(start(acts));
    registry.sweep(Tick(ROUNDS));
    assert_eq!(registry.series_count(), 0, "all are over");
    assert_eq!(registry.snapshot().count(), 0);
}

const RULES: [&str; 2] = [
    "mappings: [{match: 'a.*', name: first, labels: {x: $1}, ttl: 1s}]",
    "mappings: [{match: 'a\\.(.*)', match_type: regex, name: second, labels: {x: $1}}]",
];

fn rules(which: u32) -> RuleSet {
    RuleSet::parse(RULES[which as usize % 2], "m.yml", TagStyles::ALL).unwrap().rules
}

#[test]
#[cfg_attr(miri, ignore = "the process' own metrics ask the system what miri does not know")]
fn no_line_is_lost_while_rules_are_exchanged_and_series_expire() {
    let registry = Registry::new(Limits::default(), Telemetry::reserved_names());
    let engine = Arc::new(Engine::new(registry, rules(0), Arc::new(Telemetry::new())));
    let mut acts: Vec<Box<dyn FnOnce() + Send>> = Vec::new();
    for writer in 0..WRITERS {
        let engine = Arc::clone(&engine);
        acts.push(Box::new(move || {
            let mut worker = Worker::new(engine);
            for round in 0..ROUNDS {
                // Longer than a block of what is searched at once, and no multiple of it.
                let gauge = "c".repeat(70);
                let datagram = format!("a.{}:1|c\nb:{writer}|ms\n{gauge}:+1|g\nbad", round % 9);
                worker.ingest_datagram(datagram.as_bytes(), Tick(round / 16));
                worker.flush();
            }
        }));
    }
    let other = Arc::clone(&engine);
    acts.push(Box::new(move || {
        for second in 0..ROUNDS / 16 {
            other.replace_rules(rules(second));
            other.sweep(Tick(second));
            let own = other.telemetry().own_families(&statsd_bridge::telemetry::Live::default());
            Chunks::new(other.registry().snapshot(), own, Tick(second)).for_each(drop);
            let total = other.telemetry().totals();
            assert_eq!(total.lines(), 4 * total.outcome(Outcome::MalformedLine), "a torn row");
        }
    }));
    join(start(acts));
    let total = engine.telemetry().totals();
    let datagrams = u64::from(WRITERS * ROUNDS);
    assert_eq!((total.lines(), total.samples()), (4 * datagrams, 3 * datagrams));
    for end in [Outcome::RecordedCounter, Outcome::RecordedGauge, Outcome::RecordedObserver] {
        assert_eq!(total.outcome(end), datagrams, "{end:?}");
    }
}

/// What the tools are for, done on purpose.
mod on_purpose {
    #![allow(unsafe_code, reason = "it is the fault that is wanted")]

    use std::cell::UnsafeCell;

    use super::{Arc, thread};

    struct Plain(UnsafeCell<u64>);

    // SAFETY: there is none. Two threads write it at once, which a tool that
    // watches threads has to tell.
    unsafe impl Sync for Plain {}

    fn write(plain: &Plain) {
        for _ in 0..100 {
            // SAFETY: as above.
            unsafe { *plain.0.get() += 1 };
            thread::yield_now();
        }
    }

    #[test]
    #[ignore = "a race, for the tools that watch threads"]
    fn a_race() {
        let plain = Arc::new(Plain(UnsafeCell::new(0)));
        let other = Arc::clone(&plain);
        let thread = thread::spawn(move || write(&other));
        write(&plain);
        thread.join().unwrap();
    }

    #[test]
    #[ignore = "a read of what is freed, for the tools that watch memory"]
    fn a_read_of_what_is_freed() {
        let text = String::from("gone");
        let address: *const u8 = text.as_ptr();
        drop(text);
        // SAFETY: there is none; a tool that watches memory has to tell.
        assert_ne!(unsafe { std::ptr::read_volatile(address) }, 0);
    }
}
