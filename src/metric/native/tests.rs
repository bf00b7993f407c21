//! The native histogram against a slow one, and against exact data.
//!
//! Heat: cold.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are small"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;

use proptest::prelude::*;

use super::*;
use crate::metric::Histogram;
use crate::model::HistogramOptions;

fn histogram(bucket_factor: f64, max_buckets: u32) -> Histogram {
    let native = NativeOptions { bucket_factor, max_buckets };
    Histogram::new(Arc::new(HistogramOptions::new(&[0.1, 1.0], Some(native)).unwrap()))
}

fn read(histogram: &Histogram) -> NativeReading {
    let mut reading = NativeReading::default();
    assert!(histogram.native(&mut reading));
    reading
}

/// The slow and obvious one: a map per sign, rebuilt when it has too many.
struct Slow {
    schema: i8,
    most: usize,
    zero: u64,
    buckets: BTreeMap<Place, u64>,
}

impl Slow {
    fn new(factor: f64, most: u32) -> Self {
        Self { schema: schema_of(factor), most: most as usize, zero: 0, buckets: BTreeMap::new() }
    }

    fn observe(&mut self, value: f64, weight: u32) {
        match Place::of(value, self.schema) {
            None => self.zero += u64::from(weight),
            Some(place) => *self.buckets.entry(place).or_default() += u64::from(weight),
        }
        while self.buckets.len() > self.most && self.schema > COARSEST {
            self.schema -= 1;
            for (place, count) in std::mem::take(&mut self.buckets) {
                *self.buckets.entry(place.lowered(1)).or_default() += count;
            }
        }
    }

    fn reading(&self) -> NativeReading {
        let side = |negative| {
            let of_sign = self.buckets.iter().filter(move |(place, _)| place.negative == negative);
            of_sign.map(|(place, count)| (place.index, *count)).collect()
        };
        NativeReading {
            schema: self.schema.into(),
            zero_threshold: ZERO_THRESHOLD,
            zero_count: self.zero,
            positive: side(false),
            negative: side(true),
        }
    }
}

#[test]
fn off_is_off() {
    let histogram = Histogram::new(Arc::new(HistogramOptions::new(&[1.0], None).unwrap()));
    histogram.observe(1.0, 1).unwrap();
    let mut reading = NativeReading::default();
    assert!(!histogram.native(&mut reading));
    assert_eq!(reading, NativeReading::default());
}

#[test]
fn a_buffer_is_used_again() {
    let (first, second) = (histogram(1.1, 256), histogram(2.0, 256));
    first.observe(-7.0, 3).unwrap();
    first.observe(1.0, 1).unwrap();
    second.observe(3.0, 2).unwrap();
    let mut reading = NativeReading::default();
    assert!(first.native(&mut reading));
    assert_eq!((&reading.positive[..], &reading.negative[..]), (&[(0, 1)][..], &[(23, 3)][..]));
    assert!(second.native(&mut reading));
    assert_eq!((reading.schema, &reading.positive[..]), (0, &[(2, 2)][..]));
    assert!(reading.negative.is_empty());
}

#[test]
fn the_ends_of_the_scale_zero_and_both_signs() {
    let histogram = histogram(1.1, 256);
    for value in [0.0, -0.0, f64::from_bits(1), -1e-310, ZERO_THRESHOLD, -ZERO_THRESHOLD] {
        histogram.observe(value, 2).unwrap();
    }
    histogram.observe(f64::MAX, 1).unwrap();
    histogram.observe(-f64::MAX, 1).unwrap();
    histogram.observe(ZERO_THRESHOLD.next_up(), 5).unwrap();
    histogram.observe(-1.0, 7).unwrap();
    let reading = read(&histogram);
    assert_eq!((reading.schema, reading.zero_count), (3, 12));
    assert_eq!(reading.positive, [(-128 * 8 + 1, 5), (1024 * 8, 1)]);
    assert_eq!(reading.negative, [(0, 7), (1024 * 8, 1)]);
    assert_eq!(reading.total(), 26);
}

#[test]
fn what_the_sum_refuses_is_in_no_bucket() {
    let histogram = histogram(1.1, 256);
    histogram.observe(f64::MAX, 1).unwrap();
    for value in [f64::MAX, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        histogram.observe(value, 1).unwrap_err();
    }
    assert_eq!(read(&histogram).total(), 1);
}

#[test]
fn above_the_cap_buckets_become_one_in_pairs() {
    let histogram = histogram(2.0, 4);
    let schemas = [(1.0, 0), (2.0, 0), (4.0, 0), (8.0, 0), (16.0, -1), (32.0, -1), (64.0, -1)];
    for (value, schema) in schemas {
        histogram.observe(value, 1).unwrap();
        assert_eq!(read(&histogram).schema, schema, "{value}");
    }
    // (1/4, 1] (1, 4] (4, 16] (16, 64]
    assert_eq!(read(&histogram).positive, [(0, 1), (1, 2), (2, 2), (3, 2)]);
    // Both signs count, the zero bucket does not.
    histogram.observe(0.0, 1).unwrap();
    assert_eq!(read(&histogram).schema, -1);
    histogram.observe(-1.0, 1).unwrap();
    let reading = read(&histogram);
    assert_eq!((reading.schema, reading.total()), (-2, 9));
    assert_eq!(
        (&reading.positive[..], &reading.negative[..]),
        (&[(0, 1), (1, 4), (2, 2)][..], &[(0, 1)][..])
    );
}

#[test]
fn many_steps_at_once_and_none_below_the_coarsest() {
    let histogram = histogram(1.001, 2);
    for (value, schema) in [(1.1, 8), (1000.0, 8), (60_000.0, -3)] {
        histogram.observe(value, 1).unwrap();
        assert_eq!(read(&histogram).schema, schema, "{value}");
    }
    assert_eq!(read(&histogram).positive, [(1, 1), (2, 2)]);
    for exponent in [-100, 100, 1000] {
        histogram.observe(2.0_f64.powi(exponent), 1).unwrap();
    }
    let reading = read(&histogram);
    assert_eq!((reading.schema, reading.positive.len(), reading.total()), (-4, 4, 6));
}

/// Numbers that differ much, little, and not at all.
fn values() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => 0.001..10.0_f64,
        2 => (-40..40_i32).prop_map(|exponent| 2.0_f64.powi(exponent)),
        1 => (-128.0..1000.0_f64).prop_map(f64::exp2),
        1 => Just(0.0),
        2 => -5.0..5.0_f64,
    ]
}

proptest! {
    #[test]
    fn it_is_the_slow_one_after_every_observation(
        factor in prop_oneof![Just(1.1), Just(1.002), 1.001..3.0_f64, 2.0..1e5_f64],
        most in 1..40_u32,
        observed in prop::collection::vec((values(), 1..1000_u32), 1..120),
    ) {
        let (histogram, mut slow) = (histogram(factor, most), Slow::new(factor, most));
        let (mut classic, mut total) = (Vec::new(), 0);
        for (value, weight) in observed {
            histogram.observe(value, weight).unwrap();
            slow.observe(value, weight);
            total += u64::from(weight);
            let reading = read(&histogram);
            prop_assert_eq!(&reading, &slow.reading());
            histogram.read(&mut classic);
            prop_assert_eq!((reading.total(), classic.last()), (total, Some(&total)));
        }
    }
}

/// Where `histogram_quantile` looks: the bucket in which the rank falls, and in
/// it the point that is as far between the bounds, by their exponents, as the
/// rank is between the counts.
fn estimate(reading: &NativeReading, quantile: f64) -> f64 {
    let bound = |index: i32| (f64::from(index) * (-f64::from(reading.schema)).exp2()).exp2();
    let below = reading.negative.iter().rev().map(|(i, n)| (-bound(*i), -bound(i - 1), *n));
    let zero = [(-reading.zero_threshold, reading.zero_threshold, reading.zero_count)];
    let above = reading.positive.iter().map(|(i, n)| (bound(i - 1), bound(*i), *n));
    let rank = quantile * reading.total() as f64;
    let mut seen = 0.0;
    for (low, high, count) in below.chain(zero).chain(above) {
        if count > 0 && seen + count as f64 >= rank {
            let part = (rank - seen) / count as f64;
            if low <= 0.0 && high >= 0.0 {
                return 0.0;
            }
            return low.signum() * low.abs() * (high / low).powf(part);
        }
        seen += count as f64;
    }
    f64::NAN
}

/// The value at the rank that the estimate is for.
fn exact(sorted: &[f64], quantile: f64) -> f64 {
    let rank = (quantile * sorted.len() as f64).ceil().max(1.0);
    sorted[(rank as usize).min(sorted.len()) - 1]
}

/// A small generator: the same numbers every time.
fn draws(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }
}

/// The largest relative error over many quantiles.
fn worst(histogram: &Histogram, values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let reading = read(histogram);
    assert_eq!(reading.total(), values.len() as u64);
    let errors = (1..1000).map(|at| {
        let quantile = f64::from(at) / 1000.0;
        let (got, exact) = (estimate(&reading, quantile), exact(values, quantile));
        if exact.abs() <= ZERO_THRESHOLD { got.abs() } else { (got / exact - 1.0).abs() }
    });
    errors.fold(0.0, f64::max)
}

type Shape = fn(&mut dyn FnMut() -> f64) -> f64;

const SHAPES: [(&str, Shape); 6] = [
    ("uniform", |draw| draw()),
    ("log-normal", |draw| {
        let normal = (-2.0 * draw().ln()).sqrt() * (std::f64::consts::TAU * draw()).cos();
        (normal * 1.5 - 4.0).exp()
    }),
    ("bimodal", |draw| if draw() < 0.8 { 0.010 + draw() * 0.002 } else { 2.0 + draw() }),
    ("constant", |_| 0.1),
    ("negative", |draw| -(draw() * 6.0).exp()),
    ("both signs and zero", |draw| match draw() {
        side if side < 0.1 => 0.0,
        side if side < 0.5 => -draw() * 100.0,
        _ => draw() * 100.0,
    }),
];

#[test]
fn a_quantile_is_within_the_factor_of_the_exact_one() {
    for (factor, schema) in [(1.1, 3), (1.02, 6), (2.0, 0)] {
        let growth = (-f64::from(schema)).exp2().exp2();
        for (name, shape) in SHAPES {
            for count in [3, 50, 20_000] {
                let (histogram, mut draw) = (histogram(factor, 100_000), draws(7));
                let mut values: Vec<f64> = (0..count).map(|_| shape(&mut draw)).collect();
                for value in &values {
                    histogram.observe(*value, 1).unwrap();
                }
                assert_eq!(read(&histogram).schema, schema);
                let error = worst(&histogram, &mut values);
                assert!(error <= growth - 1.0 + 1e-9, "{name}, {count}: {error}");
                println!("factor {factor}, {name}, {count} values: error at most {error:.4}");
            }
        }
    }
}

#[test]
fn when_the_resolution_is_lowered_the_error_follows_the_schema() {
    let (histogram, mut draw) = (histogram(1.1, 20), draws(3));
    let mut values: Vec<f64> = (0..5000).map(|_| (draw() * 20.0 - 10.0).exp()).collect();
    for value in &values {
        histogram.observe(*value, 1).unwrap();
    }
    let reading = read(&histogram);
    assert!(reading.positive.len() <= 20, "{}", reading.positive.len());
    assert_eq!(reading.schema, -1);
    let error = worst(&histogram, &mut values);
    assert!(error <= 3.0 + 1e-9, "{error}");
}

/// Four writers of values that overlap, with a cap that lowers the resolution
/// again and again, beside readers.
#[test]
fn nothing_is_lost_between_threads() {
    const EACH: u32 = 20_000;
    let histogram = histogram(1.1, 30);
    thread::scope(|scope| {
        for worker in 0..4_u32 {
            let histogram = &histogram;
            scope.spawn(move || {
                for at in 0..EACH {
                    // Wider and wider, to both sides.
                    let width = f64::from(at / 500);
                    let exponent = f64::from((at * 7 + worker) % 101) / 100.0 * width - width / 2.0;
                    let sign = if at % 3 == 0 { -1.0 } else { 1.0 };
                    histogram.observe(sign * exponent.exp2(), 1 + at % 2).unwrap();
                }
            });
        }
        let (mut classic, mut reading) = (Vec::new(), NativeReading::default());
        let (mut schema, mut total) = (3, 0);
        while total < u64::from(EACH) * 5 {
            histogram.read(&mut classic);
            assert!(histogram.native(&mut reading));
            assert!(reading.total() >= classic[2], "{} {}", reading.total(), classic[2]);
            assert!(reading.schema <= schema && classic[2] >= total);
            (schema, total) = (reading.schema, classic[2]);
        }
    });
    let mut slow = Slow::new(1.1, 30);
    for worker in 0..4_u32 {
        for at in 0..EACH {
            let width = f64::from(at / 500);
            let exponent = f64::from((at * 7 + worker) % 101) / 100.0 * width - width / 2.0;
            let sign = if at % 3 == 0 { -1.0 } else { 1.0 };
            slow.observe(sign * exponent.exp2(), 1 + at % 2);
        }
    }
    // The order of observations does not matter, so it is the same in the end.
    assert_eq!(read(&histogram), slow.reading());
    assert!(slow.schema < 0);
}

/// Many threads at the same places at the same time.
#[test]
fn a_place_is_installed_once() {
    let values: Vec<f64> = (0..64).map(|at| 1.0 + f64::from(at) * 0.37).collect();
    for _ in 0..50 {
        let histogram = histogram(1.1, 256);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| values.iter().for_each(|v| histogram.observe(*v, 3).unwrap()));
            }
        });
        let mut slow = Slow::new(1.1, 256);
        for value in &values {
            slow.observe(*value, 12);
        }
        assert_eq!(read(&histogram), slow.reading());
    }
}
