//! Models of the protocols of this room: `RUSTFLAGS="--cfg loom_model" cargo test
//! --release --lib loom`. Each runs the room's own types through every order of
//! their steps (bounded in the number of forced switches where said). Those of summaries stand in
//! `loom_tests/summary.rs`.
//!
//! Heat: cold.

mod summary;

use std::sync::Arc;

use loom::thread;

use super::{Counter, Gauge, Histogram, NativeReading};
use crate::model::{HistogramOptions, NativeOptions};

fn bounded(switches: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(switches);
    builder.check(model);
}

#[test]
fn loom_counter_loses_nothing_and_never_falls() {
    loom::model(|| {
        let counter = Arc::new(Counter::new());
        let writers = [1.0, 0.5].map(|amount| {
            let counter = Arc::clone(&counter);
            thread::spawn(move || counter.add(amount).unwrap())
        });
        let (first, second) = (counter.value(), counter.value());
        assert!(first <= second && second <= 1.5);
        for writer in writers {
            writer.join().unwrap();
        }
        assert_eq!(counter.value(), 1.5);
    });
}

/// (A set beside a delta is no model: loom lets a reader see a store and an exchange
/// that race on one atomic in either order, though the exchange has read what was
/// there.)
#[test]
fn loom_gauge_deltas_are_all_there() {
    loom::model(|| {
        let gauge = Arc::new(Gauge::new());
        let writers = [2.0, -0.5].map(|delta| {
            let gauge = Arc::clone(&gauge);
            thread::spawn(move || gauge.shift(delta).unwrap())
        });
        for writer in writers {
            writer.join().unwrap();
        }
        assert_eq!(gauge.value(), 1.5);
    });
}

#[test]
fn loom_histogram_count_is_the_last_bucket_and_no_bucket_ever_falls() {
    bounded(3, || {
        let options = HistogramOptions::new(&[1.0], None).unwrap();
        let histogram = Arc::new(Histogram::new(Arc::new(options)));
        let writers = [(1.0, 2), (4.0, 3)].map(|(value, weight)| {
            let histogram = Arc::clone(&histogram);
            thread::spawn(move || histogram.observe(value, weight).unwrap())
        });
        let (mut first, mut second) = (Vec::new(), Vec::new());
        histogram.read(&mut first);
        histogram.read(&mut second);
        for read in [&first, &second] {
            // What is exposed as `_count` and as `+Inf` is the last of them. A
            // weight is there at once or not yet.
            assert!([[0, 0], [2, 2], [0, 3], [2, 5]].contains(&[read[0], read[1]]), "{read:?}");
        }
        assert!(first.iter().zip(&second).all(|(before, after)| before <= after));
        for writer in writers {
            writer.join().unwrap();
        }
    });
}

#[test]
fn loom_histogram_sum_is_never_behind_its_count() {
    loom::model(|| {
        let options = HistogramOptions::new(&[1.0], None).unwrap();
        let histogram = Arc::new(Histogram::new(Arc::new(options)));
        let writers = [1.0, 4.0].map(|value| {
            let histogram = Arc::clone(&histogram);
            thread::spawn(move || histogram.observe(value, 1).unwrap())
        });
        let mut cumulative = Vec::new();
        let sum = histogram.read(&mut cumulative);
        let [below, all] = cumulative[..] else { panic!("two buckets") };
        assert!(below <= all && sum >= (below + 4 * (all - below)) as f64);
        for writer in writers {
            writer.join().unwrap();
        }
        assert_eq!((histogram.read(&mut cumulative), cumulative[1]), (5.0, 2));
    });
}

/// A schema of powers of two, and no classic bounds.
fn native(max_buckets: u32) -> Arc<Histogram> {
    let native = NativeOptions { bucket_factor: 2.0, max_buckets };
    Arc::new(Histogram::new(Arc::new(HistogramOptions::new(&[], Some(native)).unwrap())))
}

fn read_native(histogram: &Histogram) -> NativeReading {
    let mut reading = NativeReading::default();
    assert!(histogram.native(&mut reading));
    reading
}

/// One place is single, the others have to share a chunk.
#[test]
fn loom_native_places_are_taken_once_and_lose_nothing() {
    bounded(3, || {
        let histogram = native(256);
        let writers = [[2.0, 8.0], [8.0, 2.0]].map(|values| {
            let histogram = Arc::clone(&histogram);
            thread::spawn(move || values.map(|value| histogram.observe(value, 1).unwrap()))
        });
        for writer in writers {
            writer.join().unwrap();
        }
        assert_eq!(read_native(&histogram).positive, [(1, 2), (3, 2)]);
    });
}

/// Four places, one of them single: three writers need the same block, and two of
/// them the same chunk of it, while a reader walks both.
#[test]
fn loom_native_chunk_is_installed_once_while_a_reader_walks() {
    bounded(2, || {
        let histogram = native(256);
        // It takes the single place.
        histogram.observe(2.0, 1).unwrap();
        // Places 3 and 4 are one chunk.
        let writers = [(8.0, 2), (16.0, 5)].map(|(value, weight)| {
            let histogram = Arc::clone(&histogram);
            thread::spawn(move || histogram.observe(value, weight).unwrap())
        });
        let seen = read_native(&histogram).positive;
        let whole =
            |(index, count): &(i32, u64)| [(1, 1), (3, 2), (4, 5)].contains(&(*index, *count));
        assert!(seen.iter().all(whole), "{seen:?}");
        assert_eq!(seen.first(), Some(&(1, 1)));
        for writer in writers {
            writer.join().unwrap();
        }
        assert_eq!(read_native(&histogram).positive, [(1, 1), (3, 2), (4, 5)]);
    });
}

#[test]
fn loom_native_buckets_hold_what_the_classic_ones_do() {
    bounded(3, || {
        let histogram = native(256);
        let writers = [2.0, 8.0].map(|value| {
            let histogram = Arc::clone(&histogram);
            thread::spawn(move || histogram.observe(value, 3).unwrap())
        });
        let mut classic = Vec::new();
        histogram.read(&mut classic);
        let reading = read_native(&histogram);
        let sum = histogram.sum();
        assert!(reading.total() >= classic[0], "{} {}", reading.total(), classic[0]);
        // What has a count has its place.
        let counted = reading.positive.iter().map(|(index, count)| match index {
            1 => 2 * count,
            3 => 8 * count,
            other => panic!("bucket {other}"),
        });
        assert!(sum >= counted.sum::<u64>() as f64);
        for writer in writers {
            writer.join().unwrap();
        }
        assert_eq!(read_native(&histogram).total(), 6);
    });
}

#[test]
fn loom_native_resolution_is_lowered_no_further_than_needed() {
    bounded(3, || {
        let histogram = native(1);
        // (1, 2] and (2, 4] become (1, 4], each writer may be the one to see it.
        let writers = [2.0, 4.0].map(|value| {
            let histogram = Arc::clone(&histogram);
            thread::spawn(move || histogram.observe(value, 1).unwrap())
        });
        let reading = read_native(&histogram);
        assert!([0, -1].contains(&reading.schema) && reading.total() <= 2);
        for writer in writers {
            writer.join().unwrap();
        }
        let reading = read_native(&histogram);
        assert_eq!((reading.schema, &reading.positive[..]), (-1, &[(1, 2)][..]));
    });
}

#[test]
fn loom_native_writers_that_go_by_the_old_resolution_are_counted() {
    bounded(3, || {
        let histogram = native(1);
        histogram.observe(2.0, 1).unwrap();
        // One lowers the resolution, one uses a bucket that there is, one reads.
        let writers = [4.0, 2.0].map(|value| {
            let histogram = Arc::clone(&histogram);
            thread::spawn(move || histogram.observe(value, 1).unwrap())
        });
        let reading = read_native(&histogram);
        assert!((1..=3).contains(&reading.total()));
        for writer in writers {
            writer.join().unwrap();
        }
        let reading = read_native(&histogram);
        assert_eq!((reading.schema, &reading.positive[..]), (-1, &[(1, 3)][..]));
    });
}
