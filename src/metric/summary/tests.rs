//! The summary against exact quantiles of the same observations.
//!
//! Heat: cold.

#![expect(clippy::float_cmp, reason = "exact values are meant")]
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are small"
)]

use std::thread;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::model::Quantile;

fn summary(max_age: u64, age_buckets: u16) -> Summary {
    let options = SummaryOptions::new(&[], Duration::from_secs(max_age), age_buckets);
    Summary::new(Arc::new(options))
}

fn quantile(summary: &Summary, q: f64, now: u32) -> f64 {
    let mut scratch = Scratch::default();
    summary.distribution(Tick(now), &mut scratch).quantile(Quantile::new(q).unwrap())
}

/// Observations with their ticks; the slow and obvious summary.
#[derive(Default)]
struct Exact(Vec<(f64, u32, u32)>);

impl Exact {
    fn quantile(&self, q: f64, now: u32, window: u32, windows: u32) -> f64 {
        let live = self.0.iter().filter(|(_, _, tick)| tick / window + windows > now / window);
        let mut values: Vec<f64> =
            live.flat_map(|(value, weight, _)| vec![*value; *weight as usize]).collect();
        values.sort_by(f64::total_cmp);
        let rank = (q * values.len() as f64 - values.len() as f64 * 1e-12).ceil().max(1.0);
        values.get(rank as usize - 1).copied().unwrap_or(f64::NAN)
    }
}

#[track_caller]
fn assert_near(got: f64, exact: f64) {
    let near = (got - exact).abs() <= exact.abs() * 0.01 || got.is_nan() && exact.is_nan();
    assert!(near, "{got} is not within 1 % of {exact}");
}

#[test]
fn a_handful_of_values_is_exact() {
    let summary = summary(600, 5);
    for value in [0.3, -7.0, 0.1, 1e-310, 0.2] {
        summary.observe(value, 1, Tick(0)).unwrap();
    }
    for (q, value) in [(0.0, -7.0), (0.4, 1e-310), (0.5, 0.1), (0.99, 0.3), (1.0, 0.3)] {
        assert_eq!(quantile(&summary, q, 0).to_bits(), f64::to_bits(value), "{q}");
    }
    assert!(!summary.ring.is_in_use());
}

#[test]
fn quantiles_age_and_totals_do_not() {
    let summary = summary(600, 5);
    summary.observe(1.0, 2, Tick(119)).unwrap();
    summary.observe(5.0, 1, Tick(120)).unwrap();
    assert_eq!(quantile(&summary, 0.5, 599), 1.0);
    assert_eq!(quantile(&summary, 0.5, 600), 5.0);
    assert_eq!(quantile(&summary, 0.5, 719), 5.0);
    assert!(quantile(&summary, 0.5, 720).is_nan());
    assert_eq!(summary.totals(), (3, 7.0));
}

#[test]
fn aged_raw_slots_are_used_again() {
    let summary = summary(10, 1);
    for round in 0..50 {
        for value in 0..raw::SLOTS {
            summary.observe(value as f64, 1, Tick(round * 10)).unwrap();
        }
        assert_eq!(quantile(&summary, 1.0, round * 10), 7.0);
    }
    assert!(!summary.ring.is_in_use());
}

#[test]
fn raw_values_count_on_when_the_ring_is_there() {
    let summary = summary(50, 5);
    for value in 1..=100 {
        summary.observe(f64::from(value), 1, Tick(0)).unwrap();
    }
    assert!(summary.ring.is_in_use());
    assert_near(quantile(&summary, 0.5, 0), 50.0);
    assert_near(quantile(&summary, 0.01, 0), 1.0);
    assert!(quantile(&summary, 0.5, 50).is_nan());
    summary.observe(3.0, 1, Tick(55)).unwrap();
    assert_near(quantile(&summary, 0.5, 55), 3.0);
}

#[test]
fn what_would_spoil_the_sum_is_not_observed() {
    let summary = summary(600, 5);
    summary.observe(1e308, 1, Tick(0)).unwrap();
    for (value, weight) in [(1e308, 1), (1e303, 1_000_000), (f64::NAN, 1), (f64::INFINITY, 1)] {
        assert_eq!(summary.observe(value, weight, Tick(0)), Err(Overflow), "{value}");
    }
    assert_eq!(summary.totals(), (1, 1e308));
    assert_eq!(quantile(&summary, 1.0, 0), 1e308);
}

#[test]
fn nothing_is_lost_between_threads() {
    // As many windows as stand in the summary, and more.
    for windows in [5, 7] {
        let seconds = 120;
        let summary = summary(seconds * u64::from(windows), windows);
        let last = 120 * (u32::from(windows) - 1) + 10;
        thread::scope(|scope| {
            for worker in 0..4 {
                let summary = &summary;
                scope.spawn(move || {
                    for at in 0..20_000_u32 {
                        let sign = if worker % 2 == 0 { 1.0 } else { -1.0 };
                        let value = f64::from(at % 1000 + 1) * sign;
                        let tick = Tick(at % u32::from(windows) * 120 + 10);
                        summary.observe(value, 2, tick).unwrap();
                    }
                });
            }
            let mut scratch = Scratch::default();
            for _ in 0..200 {
                assert!(summary.distribution(Tick(last), &mut scratch).len() <= 160_000);
            }
        });
        let mut scratch = Scratch::default();
        assert_eq!(summary.distribution(Tick(last), &mut scratch).len(), 160_000);
        assert_eq!(summary.totals(), (160_000, 0.0));
        assert_near(quantile(&summary, 0.75, last), 500.0);
    }
}

#[test]
fn windows_that_are_used_again_begin_empty() {
    let summary = summary(5, 5);
    for round in 0..60_u32 {
        let value = 2.0_f64.powi(i32::try_from(round % 40).unwrap());
        for _ in 0..20 {
            summary.observe(value, 1, Tick(round)).unwrap();
        }
        let mut scratch = Scratch::default();
        let live = summary.distribution(Tick(round), &mut scratch).len();
        assert_eq!(live, u64::from(round.min(4) + 1) * 20);
    }
}

/// How one observation is drawn from two numbers in [0, 1).
#[derive(Clone, Copy, Debug)]
enum Shape {
    Uniform,
    LogNormal,
    Bimodal,
    Constant,
    Negative,
    Mixed,
}

impl Shape {
    fn draw(self, a: f64, b: f64) -> f64 {
        let normal = (-2.0 * (1.0 - a).ln()).sqrt() * (std::f64::consts::TAU * b).cos();
        match self {
            Self::Uniform => a,
            Self::LogNormal => (normal * 1.5 - 4.0).exp(),
            Self::Bimodal if b < 0.8 => 0.010 + a * 0.002,
            Self::Bimodal => 2.0 + a,
            Self::Constant => 0.1,
            Self::Negative => -(normal.exp()),
            Self::Mixed if b < 0.1 => 0.0,
            Self::Mixed => normal * 1000.0,
        }
    }
}

fn shapes() -> impl Strategy<Value = Shape> {
    prop::sample::select(vec![
        Shape::Uniform,
        Shape::LogNormal,
        Shape::Bimodal,
        Shape::Constant,
        Shape::Negative,
        Shape::Mixed,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Value error below 1 % at every quantile, while ticks turn the ring.
    #[test]
    fn quantiles_are_near_the_exact_ones(
        shape in shapes(),
        draws in prop::collection::vec((0.0..1.0_f64, 0.0..1.0_f64, 1..4_u32, 0..100_u32), 1..400),
        windows in 1..7_u16,
        window in 1..30_u32,
        pace in 0..4_u32,
    ) {
        let summary = summary(u64::from(window) * u64::from(windows), windows);
        let (mut exact, mut now) = (Exact::default(), 0);
        for (at, (a, b, weight, wait)) in draws.into_iter().enumerate() {
            now += if wait == 0 { window * 3 } else { wait * pace / 100 };
            let value = shape.draw(a, b);
            summary.observe(value, weight, Tick(now)).unwrap();
            exact.0.push((value, weight, now));
            if at % 97 == 0 {
                for q in [0.0, 0.25, 0.5, 0.9, 0.99, 1.0] {
                    assert_near(quantile(&summary, q, now), exact.quantile(q, now, window, windows.into()));
                }
            }
        }
        let later = now + window;
        for (q, now) in [(0.5, now), (0.9, now), (0.99, now), (0.5, later), (0.99, later)] {
            assert_near(quantile(&summary, q, now), exact.quantile(q, now, window, windows.into()));
        }
        let (count, sum) = summary.totals();
        let weights: u64 = exact.0.iter().map(|(_, weight, _)| u64::from(*weight)).sum();
        let obvious = exact.0.iter().fold(0.0, |sum, (v, weight, _)| sum + v * f64::from(*weight));
        prop_assert_eq!((count, sum.to_bits()), (weights, f64::to_bits(obvious)));
    }
}
