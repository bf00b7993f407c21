//! Models of the protocols of this room: `RUSTFLAGS="--cfg loom_model" cargo test
//! --release --lib loom`. Each runs the room's own types through every order of
//! their steps (bounded in the number of forced switches where said).
//!
//! Heat: cold.

use std::sync::Arc;
use std::time::Duration;

use loom::thread;

use super::{Counter, Gauge, Histogram, NativeReading, Scratch, Summary};
use crate::model::{HistogramOptions, NativeOptions, Quantile, SummaryOptions, Tick};

fn bounded(switches: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(switches);
    builder.check(model);
}

fn summary(windows: u16) -> Arc<Summary> {
    let options = SummaryOptions::new(&[], Duration::from_secs(windows.into()), windows);
    Arc::new(Summary::new(Arc::new(options)))
}

/// The values that a scrape sees at the quantiles that tell two apart.
fn seen(summary: &Summary, now: u32) -> (u64, f64, f64) {
    let mut scratch = Scratch::default();
    let distribution = summary.distribution(Tick(now), &mut scratch);
    let [low, high] = [0.0, 1.0].map(|q| distribution.quantile(Quantile::new(q).unwrap()));
    (distribution.len(), low, high)
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

#[test]
fn loom_raw_slots_are_claimed_by_one_and_published_whole() {
    loom::model(|| {
        let summary = summary(2);
        let writers = [(1.0, 1), (3.0, 3)].map(|(value, weight)| {
            let summary = Arc::clone(&summary);
            thread::spawn(move || summary.observe(value, weight, Tick(5)).unwrap())
        });
        let (count, low, high) = seen(&summary, 5);
        match count {
            0 => assert!(low.is_nan()),
            1 => assert_eq!((low, high), (1.0, 1.0)),
            3 => assert_eq!((low, high), (3.0, 3.0)),
            4 => assert_eq!((low, high), (1.0, 3.0)),
            torn => panic!("{torn} observations"),
        }
        for writer in writers {
            writer.join().unwrap();
        }
        assert_eq!(seen(&summary, 5), (4, 1.0, 3.0));
    });
}

#[test]
fn loom_a_reader_never_sees_half_of_a_raw_slot_that_is_used_again() {
    loom::model(|| {
        let summary = summary(2);
        summary.observe(1.0, 1, Tick(0)).unwrap();
        let writer = {
            let summary = Arc::clone(&summary);
            thread::spawn(move || summary.observe(3.0, 3, Tick(2)).unwrap())
        };
        // This reader's tick is behind the writer's: for it the old value is live.
        let seen_now = seen(&summary, 1);
        assert!([(1, 1.0, 1.0), (3, 3.0, 3.0)].contains(&seen_now) || seen_now.0 == 0);
        writer.join().unwrap();
        assert_eq!(seen(&summary, 2), (3, 3.0, 3.0));
    });
}

/// One window, and raw slots that are full in it: what follows goes to the ring.
fn busy() -> Arc<Summary> {
    let summary = summary(1);
    for _ in 0..super::summary::RAW_SLOTS {
        summary.observe(1.0, 1, Tick(0)).unwrap();
    }
    summary
}

#[test]
fn loom_ring_is_installed_once_and_a_slot_claimed_twice_adds_up() {
    bounded(3, || {
        let summary = busy();
        let writers = [1, 2].map(|weight| {
            let summary = Arc::clone(&summary);
            thread::spawn(move || summary.observe(1.0, weight, Tick(0)).unwrap())
        });
        for writer in writers {
            writer.join().unwrap();
        }
        assert_eq!(seen(&summary, 0).0, super::summary::RAW_SLOTS as u64 + 3);
    });
}

#[test]
fn loom_a_reader_never_mixes_two_epochs_of_a_slot() {
    bounded(3, || {
        let summary = busy();
        // Two cells of one octave.
        summary.observe(1.0, 5, Tick(0)).unwrap();
        summary.observe(1.5, 20, Tick(0)).unwrap();
        let writers = [1, 2].map(|weight| {
            let summary = Arc::clone(&summary);
            thread::spawn(move || summary.observe(1.5, weight, Tick(1)).unwrap())
        });
        // For this reader epoch 0 is live still, and epoch 1 is from the future.
        let (count, ..) = seen(&summary, 0);
        let of_the_ring = count - super::summary::RAW_SLOTS as u64;
        // All of the old epoch or nothing, and with it any of the new ones that
        // another slot counts.
        assert!([0, 1, 2, 3, 25, 26, 27].contains(&of_the_ring), "{of_the_ring}");
        for writer in writers {
            writer.join().unwrap();
        }
        assert_eq!(seen(&summary, 1).0, 3);
    });
}

/// The count and the sum are never behind what the quantiles are made of.
#[test]
fn loom_summary_totals_are_ahead_of_its_distribution() {
    bounded(3, || {
        let summary = summary(2);
        let writers = [(1.0, 1), (3.0, 3)].map(|(value, weight)| {
            let summary = Arc::clone(&summary);
            thread::spawn(move || summary.observe(value, weight, Tick(5)).unwrap())
        });
        let (seen, ..) = seen(&summary, 5);
        let (count, sum) = summary.totals();
        assert!(seen <= count, "{seen} of {count}");
        // One observation of 1, and three of 3 in one step.
        let least = [(0, 0.0), (1, 1.0), (3, 9.0), (4, 10.0)].iter().find(|(n, _)| *n == count);
        assert!(sum >= least.expect("a weight is counted in one step").1, "{count} {sum}");
        for writer in writers {
            writer.join().unwrap();
        }
        assert_eq!(summary.totals(), (4, 10.0));
    });
}

/// Promotion: the raw slots have one place left, so of two writers one may be the
/// first to need the ring, its segment, a slot of it and a chunk.
#[test]
fn loom_summary_promotion_loses_nothing_and_counts_nothing_twice() {
    bounded(3, || {
        let summary = summary(1);
        for _ in 1..super::summary::RAW_SLOTS {
            summary.observe(1.0, 1, Tick(0)).unwrap();
        }
        let before = super::summary::RAW_SLOTS as u64 - 1;
        let writers = [(1.0, 10), (1.5, 20)].map(|(value, weight)| {
            let summary = Arc::clone(&summary);
            thread::spawn(move || summary.observe(value, weight, Tick(0)).unwrap())
        });
        let (during, ..) = seen(&summary, 0);
        assert!([0, 10, 20, 30].contains(&(during - before)), "{during}");
        for writer in writers {
            writer.join().unwrap();
        }
        assert_eq!(seen(&summary, 0).0, before + 30);
    });
}

/// Two installers race for the chunk of one octave, and a reader reads what they
/// install.
#[test]
fn loom_summary_chunk_is_installed_once_while_a_reader_reads() {
    bounded(3, || {
        let summary = busy();
        let writers = [(1.0, 10), (1.5, 20)].map(|(value, weight)| {
            let summary = Arc::clone(&summary);
            thread::spawn(move || summary.observe(value, weight, Tick(0)).unwrap())
        });
        let raw = super::summary::RAW_SLOTS as u64;
        let (during, low, high) = seen(&summary, 0);
        assert!([0, 10, 20, 30].contains(&(during - raw)), "{during}");
        // The two cells of the octave report 1.25 and 1.75; a value that nobody
        // observed would be of no cell.
        assert!(low == 1.0 && [1.0, 1.25, 1.75].contains(&high), "{low} {high}");
        for writer in writers {
            writer.join().unwrap();
        }
        assert_eq!(seen(&summary, 0).0, raw + 30);
    });
}

/// Rotation: the slot of an old epoch is used again by two writers for two cells
/// of the new one. Who zeroes the chunk zeroes nothing of the new epoch.
#[test]
fn loom_summary_rotation_keeps_all_of_the_new_epoch() {
    bounded(3, || {
        let summary = busy();
        summary.observe(1.0, 5, Tick(0)).unwrap();
        summary.observe(1.5, 7, Tick(0)).unwrap();
        let writers = [(1.0, 10), (1.5, 20)].map(|(value, weight)| {
            let summary = Arc::clone(&summary);
            thread::spawn(move || summary.observe(value, weight, Tick(1)).unwrap())
        });
        for writer in writers {
            writer.join().unwrap();
        }
        let (count, low, high) = seen(&summary, 1);
        assert_eq!(count, 30, "nothing of epoch 0 is left, and all of epoch 1 is there");
        assert!(low <= 1.25 && high >= 1.5, "{low} {high}");
    });
}
