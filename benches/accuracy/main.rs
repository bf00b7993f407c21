//! How far the quantiles of a summary are from the exact ones: by value, and by
//! rank. Ends with an error where a value is off by more than 1 %.
//!
//! ```text
//! cargo bench --bench accuracy                  # a table on the terminal
//! cargo bench --bench accuracy -- --record      # the same into benches/record/accuracy.md
//! ```
//!
//! The same draws each time, so the report changes only with the summary. The
//! relation itself is held for arbitrary data by a property test beside the
//! summary.
//!
//! Heat: cold.

#![allow(
    unreachable_pub,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::format_collect,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::unwrap_used,
    reason = "a bench fails by panicking, and its counts are far below 2^53"
)]

mod data;
mod exact;
mod native;
mod report;
mod windows;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use data::Data;
use exact::{Error, Exact};
use report::Report;
use statsd_bridge::metric::{Scratch, Summary};
use statsd_bridge::model::{Quantile, SummaryOptions, Tick};

/// The quantiles that are compared.
pub const QUANTILES: [f64; 7] = [0.0, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0];
/// How many values there are.
const COUNTS: [usize; 6] = [1, 2, 5, 20, 1000, 1_000_000];
/// The most that a value may be off, as a share of it.
const MOST: f64 = 0.01;

fn main() -> ExitCode {
    let record = std::env::args().any(|argument| argument == "--record");
    let mut report = Report::default();
    for data in Data::ALL {
        for count in COUNTS {
            report.still(data, count, &still(data, count));
        }
    }
    windows::compare(&mut report);
    native::compare(&mut report);
    print!("{}", report.text());
    if record {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/record/accuracy.md");
        std::fs::write(path, report.text()).expect("the report is written");
    }
    if report.worst() <= MOST {
        ExitCode::SUCCESS
    } else {
        eprintln!("a value is off by {:.3} %, which is more than 1 %", report.worst() * 100.0);
        ExitCode::FAILURE
    }
}

/// An empty summary whose window is `max_age` seconds, cut into `age_buckets`.
pub fn summary(max_age: u64, age_buckets: u16) -> Summary {
    let options = SummaryOptions::new(&[], Duration::from_secs(max_age), age_buckets);
    Summary::new(Arc::new(options))
}

/// The error of each quantile of a summary as of `now`.
pub fn errors(summary: &Summary, exact: &Exact, now: Tick, scratch: &mut Scratch) -> [Error; 7] {
    let distribution = summary.distribution(now, scratch);
    assert_eq!(distribution.len(), exact.len(), "both have the same observations");
    QUANTILES.map(|q| exact.error(q, distribution.quantile(Quantile::new(q).unwrap())))
}

/// All values within one window.
fn still(data: Data, count: usize) -> [Error; 7] {
    let summary = summary(600, 5);
    let values = data.draw(count);
    for value in &values {
        summary.observe(*value, 1, Tick(0)).expect("a finite sum");
    }
    errors(&summary, &Exact::new(values), Tick(0), &mut Scratch::default())
}
