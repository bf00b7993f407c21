//! The load harness: starts the real binary, sends it real Mastodon traffic over
//! UDP on loopback, and reports what it costs, beside the floor: a process that
//! receives in the same way and discards.
//!
//! ```text
//! cargo bench --bench load                        # everything, some ten minutes
//! cargo bench --bench load -- --quick             # less of everything, two minutes
//! cargo bench --bench load -- --only cpu,start    # some phases
//! cargo bench --bench load -- --against PATH      # beside any compatible binary, in turns
//! cargo bench --bench load -- --record            # keep it under benches/record/
//! ```
//!
//! It reads `/proc`, so it runs on Linux only. Timings are for reading and for
//! ratios inside one run; no test depends on them.
//!
//! | file | job |
//! |---|---|
//! | `options`, `phases`, `progress` | the run as a whole |
//! | `cpu`, `highest`, `series`, `miss`, `latency`, `start` | a phase each |
//! | `rules`, `random`, `probe` | what a phase sends besides the capture |
//! | `subject`, `bridge`, `floor`, `sink` | what receives |
//! | `sender`, `fill`, `cores`, `awake`, `ledger` | how it is sent and where, and the balance |
//! | `figure`, `statistics`, `compare`, `table`, `plot`, `record` | what comes of it |
//! | `../harness` | what the soak needs too: processes, traffic, scrapes, the host |
//!
//! Heat: cold (it is not part of the product).

#![allow(
    unreachable_pub,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_errors_doc,
    clippy::unchecked_time_subtraction,
    clippy::unwrap_used,
    reason = "a harness fails by panicking, and its figures are for reading"
)]

mod awake;
mod bridge;
mod compare;
mod cores;
mod cpu;
mod figure;
mod fill;
mod floor;
#[path = "../harness/mod.rs"]
mod harness;
mod highest;
mod latency;
mod ledger;
mod miss;
mod options;
mod phases;
mod plot;
mod probe;
mod progress;
mod random;
mod record;
mod rules;
mod sender;
mod series;
mod sink;
mod start;
mod statistics;
mod subject;
mod table;

use std::process::ExitCode;

use options::Asked;

fn main() -> ExitCode {
    match options::parse(std::env::args().skip(1)) {
        Ok(Asked::Sink(kind)) => sink::run(kind),
        Ok(Asked::Help) => print!("{}", options::HELP),
        Ok(Asked::Run(options)) => phases::run(options),
        Err(sentence) => {
            eprintln!("load: {sentence}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
