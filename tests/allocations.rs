//! Recording to a series that is there does not allocate.
//!
//! Heat: cold.

#![allow(unsafe_code, reason = "an allocator that counts cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

use statsd_bridge::model::{
    FamilySpec, LabelSet, MetricName, Shape, SummaryOptions, Tick, Ttl, Update,
};
use statsd_bridge::registry::{Limits, Recorded, Registry, Series};

/// The system's allocator, which also counts what each thread asks of it.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    // A thread that is ending has no counter any more; nor has it a test.
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: every call goes to `System` as it came; counting allocates nothing, as
// the counter is constant-initialised and has no destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(act: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    act();
    ALLOCATIONS.get() - before
}

fn series(registry: &Registry, shape: Shape) -> Arc<Series> {
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
    assert_eq!(allocations(|| drop(std::hint::black_box(Box::new(1)))), 1);
}

#[test]
fn recording_to_a_series_that_is_there_allocates_nothing() {
    let registry = Registry::new(Limits::default(), []);
    let observe =
        |at: u32| Update::Observe { value: f64::from(at % 100) * 0.01, weight: 1 + at % 3 };
    let counter = series(&registry, Shape::Counter);
    let gauge = series(&registry, Shape::Gauge);
    let histogram = series(&registry, Shape::Histogram(Arc::default()));
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
