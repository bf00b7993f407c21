//! The soak: everything that can happen to a bridge happens to the real binary
//! at once, for as long as is asked for, and the sums have to meet to the last
//! line. It exits with 1 on any breach.
//!
//! ```text
//! cargo bench --bench soak                       # one minute
//! cargo bench --bench soak -- --minutes 30       # as long as you like
//! cargo bench --bench soak -- --minutes 30 --record
//! ```
//!
//! Actors send: captured traffic, names that are ever new, malformed lines,
//! streams that come and go, scrapers that break off, reloads. Each writes into
//! its books what the bridge has to show for it. About once a minute a gate
//! stops them all, and what the bridge tells is compared with the books; then
//! more is sent than the socket holds, while the bridge is stopped by a signal,
//! to see that what the kernel drops is told too.
//!
//! | file | job |
//! |---|---|
//! | `options`, `run`, `report` | the run as a whole, and what is said of it |
//! | `gate`, `books` | stopping all actors; what they sent |
//! | `bridge`, `rules`, `log` | the process, its mapping files, its log |
//! | `captured`, `churn`, `gold`, `bad` | what is sent |
//! | `streams`, `scrapers`, `reloads`, `sink`, `flood` | how, and what else is done |
//! | `shown`, `ledger`, `inspect`, `watch` | what the bridge shows, and whether it is right |
//! | `../harness` | what the load harness needs too |
//!
//! It reads `/proc`, so it runs on Linux only. No check depends on how fast the
//! machine is: what is late is waited for.
//!
//! Heat: cold (it is not part of the product).

#![allow(
    unreachable_pub,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::float_cmp,
    clippy::indexing_slicing,
    clippy::missing_errors_doc,
    clippy::unwrap_used,
    reason = "a harness fails by panicking, and what it counts is far below 2^53"
)]

mod bad;
mod books;
mod bridge;
mod captured;
mod churn;
mod flood;
mod gate;
mod gold;
#[path = "../harness/mod.rs"]
mod harness;
mod inspect;
mod ledger;
mod log;
mod options;
mod reloads;
mod report;
mod rules;
mod run;
mod scrapers;
mod shown;
mod sink;
mod streams;
mod watch;

use std::process::ExitCode;

use options::Asked;

fn main() -> ExitCode {
    match options::parse(std::env::args().skip(1)) {
        Ok(Asked::Help) => print!("{}", options::HELP),
        Ok(Asked::Run(options)) if !run::run(&options) => return ExitCode::FAILURE,
        Ok(Asked::Run(_)) => {}
        Err(sentence) => {
            eprintln!("soak: {sentence}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
