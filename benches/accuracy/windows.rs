//! The same across windows that come and go: values whose scale drifts, observed
//! over three times `max_age`, and asked for at every half window.
//!
//! What counts is inside the last `age_buckets` windows, the current one among
//! them; the exact reference forgets by the same rule.
//!
//! Heat: cold.

use statsd_bridge::metric::Scratch;
use statsd_bridge::model::Tick;

use crate::data::{Data, Dice};
use crate::exact::{Error, Exact};
use crate::report::Report;
use crate::{errors, summary};

/// `max_age` in seconds and `age_buckets`.
const LAYOUTS: [(u32, u16); 5] = [(600, 5), (600, 1), (60, 2), (60, 10), (30, 30)];
/// Values a second.
const PACE: [u32; 2] = [1, 100];

pub fn compare(report: &mut Report) {
    for (max_age, age_buckets) in LAYOUTS {
        for pace in PACE {
            let mut worst = ([Error::default(); 7], 0);
            for data in Data::ALL {
                let (errors, asked) = turn(data, max_age, age_buckets, pace);
                worst.1 += asked;
                for (worst, error) in worst.0.iter_mut().zip(errors) {
                    *worst = worst.worse(error);
                }
            }
            report.turned((max_age, age_buckets), pace, worst.1, &worst.0);
        }
    }
}

/// The worst errors, and how often was asked.
fn turn(data: Data, max_age: u32, age_buckets: u16, pace: u32) -> ([Error; 7], usize) {
    let window = max_age / u32::from(age_buckets);
    let summary = summary(u64::from(max_age), age_buckets);
    let (mut dice, mut scratch) = (Dice(u64::from(max_age + pace)), Scratch::default());
    let mut kept: Vec<(u32, f64)> = Vec::new();
    let (mut worst, mut asked) = ([Error::default(); 7], 0);
    for now in 0..3 * max_age {
        // Sixteen times larger at the end, so that octaves leave and enter.
        let scale = (f64::from(now) / f64::from(3 * max_age) * 16.0_f64.ln()).exp();
        for _ in 0..pace {
            let value = data.one(&mut dice) * scale;
            summary.observe(value, 1, Tick(now)).expect("a finite sum");
            kept.push((now / window, value));
        }
        if now % window.div_ceil(2).max(1) == 0 {
            kept.retain(|(epoch, _)| epoch + u32::from(age_buckets) > now / window);
            let exact = Exact::new(kept.iter().map(|(_, value)| *value).collect());
            let errors = errors(&summary, &exact, Tick(now), &mut scratch);
            asked += 1;
            for (worst, error) in worst.iter_mut().zip(errors) {
                *worst = worst.worse(error);
            }
        }
    }
    (worst, asked)
}
