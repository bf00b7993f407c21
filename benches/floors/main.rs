//! What one sample or series costs on each floor, in time: parse, route, first
//! sight, apply (from one thread and from several), the whole way of a known
//! line, the encoding of a scrape.
//!
//! ```text
//! cargo bench --bench floors                  # all, in about two minutes
//! cargo bench --bench floors -- route         # what has `route` in its name
//! ```
//!
//! Times are for one operation, and for comparing within a run: they move with
//! the machine's mood. What they execute is counted by `instructions`.
//!
//! Heat: cold.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    missing_docs,
    reason = "a bench fails by panicking, and criterion's macros write no docs"
)]

#[path = "../cases/mod.rs"]
mod cases;
mod threads;

use std::time::{Duration, Instant};

use cases::{Case, Round};
use criterion::{Criterion, criterion_group, criterion_main};

/// Short, since there are many: 20 samples in 0.6 s.
fn short() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(600))
        .without_plots()
}

fn floors(c: &mut Criterion) {
    for case in cases::all() {
        // Prepared only if the case was asked for.
        let mut round = None;
        c.bench_function(&case.name, |b| {
            let round = round.get_or_insert_with(|| case.prepare());
            b.iter_custom(|operations| timed(&case, round.as_mut(), operations));
        });
    }
}

/// The time of so many operations, by as many whole rounds as hold them.
fn timed(case: &Case, round: &mut dyn Round, operations: u64) -> Duration {
    let rounds = operations.div_ceil(case.operations);
    let mut total = Duration::ZERO;
    for _ in 0..rounds {
        round.reset();
        let begin = Instant::now();
        round.run();
        total += begin.elapsed();
    }
    #[expect(clippy::cast_precision_loss, reason = "the share of a round")]
    total.mul_f64(operations as f64 / (rounds * case.operations) as f64)
}

criterion_group!(name = benches; config = short(); targets = floors, threads::apply);
criterion_main!(benches);
