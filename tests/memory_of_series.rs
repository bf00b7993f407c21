//! A series takes no more memory than it may: by what is asked of the allocator,
//! and what glibc makes of it. First what the registry holds of it, then all that
//! a line leaves behind on its way through a worker: the series, its route in the
//! shared table, and the worker's cache.
//!
//! Heat: cold.

#![allow(unsafe_code, reason = "an allocator that counts cannot be written without")]
#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

use statsd_bridge::ingest::{Engine, Worker};
use statsd_bridge::mapping::RuleSet;
use statsd_bridge::model::{
    FamilySpec, LabelName, LabelSet, MetricName, Shape, TagStyles, Tick, Ttl, Update,
};
use statsd_bridge::registry::{Limits, Recorded, Registry};
use statsd_bridge::telemetry::Telemetry;

/// The system's allocator, which also counts what each thread holds of it.
struct Counting;

thread_local! {
    static HELD: Cell<usize> = const { Cell::new(0) };
}

/// What glibc takes for a block of this size: 8 bytes more, in steps of 16.
fn block(size: usize) -> usize {
    (size + 8).next_multiple_of(16).max(32)
}

fn hold(more: usize, less: usize) {
    // A thread that is ending has no counter any more; nor has it a test.
    let _ = HELD.try_with(|held| held.set(held.get().wrapping_add(more).wrapping_sub(less)));
}

// SAFETY: every call goes to `System` as it came; counting allocates nothing, as
// the counter is constant-initialised and has no destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        hold(block(layout.size()), 0);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        hold(0, block(layout.size()));
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        hold(block(size), block(layout.size()));
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Bytes per series, with the registry's own share of it and the allocator's.
fn bytes_per_series(shape: &Shape, values: &[Update]) -> usize {
    const SERIES: usize = 2000;
    let registry = Registry::new(Limits::default(), []);
    let name = MetricName::escaped("controller_duration").expect("a name");
    let spec = FamilySpec { name, help: "help".into(), shape: shape.clone() };
    let labels =
        ["controller", "action", "format"].map(|name| LabelName::escaped(name).expect("a name"));
    let before = HELD.get();
    for at in 0..SERIES {
        let mut set = LabelSet::new();
        for (name, value) in labels.iter().zip(["accounts", "show", "json"]) {
            set.insert(name.clone(), format!("{value}_{at}"));
        }
        let series = registry.series(&spec, &set, Tick(0)).expect("no conflict");
        for update in values {
            assert_eq!(series.record(*update, Tick(0), Ttl::FOREVER), Recorded::Yes);
        }
    }
    HELD.get().wrapping_sub(before) / SERIES
}

#[test]
fn a_series_takes_no_more_memory_than_it_may() {
    let observed = |values: &[f64]| -> Vec<Update> {
        values.iter().map(|value| Update::Observe { value: *value, weight: 1 }).collect()
    };
    let histogram = Shape::Histogram(Arc::default());
    let busy: Vec<f64> = (0..200).map(|at| 0.001 * 1.05_f64.powi(at)).collect();
    let measured = [
        ("counter", 300, bytes_per_series(&Shape::Counter, &[Update::Add(1.0)])),
        ("histogram, 3 values", 700, bytes_per_series(&histogram, &observed(&[0.012, 0.3, 0.31]))),
        ("histogram, 3 octaves", 700, bytes_per_series(&histogram, &observed(&[0.001, 0.3, 7.0]))),
        ("histogram, busy", 4096, bytes_per_series(&histogram, &observed(&busy))),
    ];
    for (what, most, bytes) in measured {
        println!("{what}: {bytes} bytes a series");
        assert!(bytes <= most, "{what}: {bytes} bytes a series");
    }
}

/// Three labels, and a rule for each kind of series.
const RULES: &str = "
mappings:
  - {match: hits.*.*.*, name: hits, labels: {host: $1, path: $2, code: $3}}
  - {match: took.*.*.*, name: took, labels: {host: $1, path: $2, code: $3}}
  - match: spread.*.*.*
    name: spread
    observer_type: histogram
    labels: {host: $1, path: $2, code: $3}
";

/// Bytes per series, with all that a worker leaves behind. `values` are those of
/// each series in each of so many windows.
fn bytes_by_worker(
    series: usize,
    (prefix, kind): (&str, &str),
    windows: u32,
    values: &[f64],
) -> usize {
    let registry = Registry::new(Limits::default(), Telemetry::reserved_names());
    let rules = RuleSet::parse(RULES, "rules.yml", TagStyles::ALL).expect("good rules").rules;
    let engine = Arc::new(Engine::new(registry, rules, Arc::new(Telemetry::new())));
    let mut worker = Worker::new(Arc::clone(&engine));
    let before = HELD.get();
    for window in 0..windows {
        for value in values {
            for at in 0..series {
                let (host, path, code) = (at / 1000, at % 1000, 200 + at % 5);
                let line = format!("{prefix}.host-{host}.path-{path}.{code}:{value}|{kind}");
                worker.ingest_datagram(line.as_bytes(), Tick(window * 120));
            }
        }
    }
    worker.flush();
    let held = HELD.get().wrapping_sub(before);
    assert_eq!((engine.registry().series_count(), engine.route_count()), (series, series));
    held / series
}

#[test]
fn a_series_and_its_route_take_no_more_memory_than_they_may() {
    // As the load harness has them: so many that tables are about half full.
    const SERIES: usize = 50_000;
    let (counter, summary, histogram) = (("hits", "c"), ("took", "ms"), ("spread", "ms"));
    let three = [12.0, 19.0, 26.0];
    // 5 % apart: eight octaves, in each of the five windows.
    let busy: Vec<f64> = (0..100).map(|at| 12.5 * 1.05_f64.powi(at)).collect();
    let measured = [
        ("counter", 300, bytes_by_worker(SERIES, counter, 1, &[1.0])),
        ("summary, 3 values", 1000, bytes_by_worker(SERIES, summary, 1, &three)),
        ("histogram with native, 3 values", 700, bytes_by_worker(SERIES, histogram, 1, &three)),
        ("summary, busy", 24_000, bytes_by_worker(200, summary, 5, &busy)),
    ];
    for (what, _, bytes) in measured {
        println!("{what}, by a worker: {bytes} bytes a series");
    }
    for (what, most, bytes) in measured {
        assert!(bytes <= most, "{what}, by a worker: {bytes} bytes a series, not {most}");
    }
}

/// A flood of names beyond the limit, each with a rate of its own so that routes
/// share nothing: what is held does not grow with their number.
#[test]
fn names_that_are_refused_take_no_more_memory_than_they_may() {
    /// The 16 MiB that a worker may hold of routes that lead nowhere, what the
    /// allocator takes besides, and the worker's table.
    const MOST: usize = 22 << 20;
    const NAMES: usize = 100_000;
    let limits = Limits { max_series: 10, max_series_per_family: 0 };
    let registry = Registry::new(limits, Telemetry::reserved_names());
    let rules = RuleSet::empty(TagStyles::ALL);
    let engine = Arc::new(Engine::new(registry, rules, Arc::new(Telemetry::new())));
    let mut worker = Worker::new(Arc::clone(&engine));
    (0..10).for_each(|at| worker.ingest_line(format!("good.{at}:1|c").as_bytes(), Tick(0)));
    let before = HELD.get();
    let mut held = Vec::new();
    for flood in 0..2 {
        for at in flood * NAMES..(flood + 1) * NAMES {
            let line = format!("refused.name.of.a.usual.length.{at}:1|c|@0.5{at}");
            worker.ingest_datagram(line.as_bytes(), Tick(0));
        }
        held.push(HELD.get().wrapping_sub(before));
    }
    println!("refused names: {held:?} bytes held after {NAMES} and twice as many");
    // The texts alone of as many names again would be 5 MB.
    assert!(held[0] <= MOST && held[1] <= held[0] + (1 << 20), "{held:?}");
    worker.flush();
    assert_eq!((engine.registry().series_count(), engine.route_count()), (10, 10));
}
