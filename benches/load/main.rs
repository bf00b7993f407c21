//! The load harness: starts the real binary, sends it real Mastodon traffic over
//! UDP on loopback, and reports what it costs: CPU per line, lines lost, memory
//! per series, time of a scrape.
//!
//! ```text
//! cargo bench --bench load                            # this bridge alone
//! cargo bench --bench load -- --against PATH          # beside any compatible binary, in turns
//! cargo bench --bench load -- --quick                 # shorter phases
//! ```
//!
//! It reads CPU time out of `/proc`, so it runs on Linux only. Timings are for
//! reading and for ratios inside one run; no test depends on them.

#![allow(
    unreachable_pub,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::float_cmp,
    clippy::indexing_slicing,
    clippy::unchecked_time_subtraction,
    clippy::unwrap_used,
    reason = "a harness fails by panicking, and its figures are for reading"
)]

mod process;
mod report;
mod traffic;

use std::path::PathBuf;
use std::time::Duration;

use hdrhistogram::Histogram;
use process::Target;
use report::Row;
use traffic::Traffic;

/// What the command line asks for.
struct Options {
    against: Option<PathBuf>,
    seconds: u64,
    series: usize,
}

fn main() {
    let options = options();
    let mapping = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/mastodon/published-mapping.yml");
    let mut binaries = vec![("statsd-bridge", PathBuf::from(env!("CARGO_BIN_EXE_statsd-bridge")))];
    if let Some(other) = options.against.clone() {
        binaries.push(("the other", other));
    }
    let mut rows = Vec::new();
    for (name, binary) in &binaries {
        let target = |mapping| Target::start(binary, mapping);
        rows.push(cpu_per_line(
            name,
            &target(Some(mapping)),
            &Traffic::capture(1),
            100_000,
            &options,
        ));
        rows.push(cpu_per_line(
            name,
            &target(Some(mapping)),
            &Traffic::capture(16),
            8_000,
            &options,
        ));
        for kind in [Kind::Counter, Kind::Summary, Kind::Histogram] {
            rows.extend(series(name, binary, kind, options.series));
        }
    }
    report::print(&rows, options.against.is_some());
}

fn options() -> Options {
    let mut options = Options { against: None, seconds: 10, series: 50_000 };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--against" => options.against = arguments.next().map(PathBuf::from),
            "--quick" => options.seconds = 3,
            // cargo adds it to every bench.
            "--bench" => {}
            other => panic!("unknown argument {other}: known are --against PATH and --quick"),
        }
    }
    options
}

/// CPU time of the target per line, at a steady rate of datagrams.
fn cpu_per_line(
    name: &str,
    target: &Target,
    traffic: &Traffic,
    datagrams_per_second: u64,
    options: &Options,
) -> Row {
    // The first second makes every series and fills every cache.
    traffic.send(target.udp(), datagrams_per_second, Duration::from_secs(1));
    target.settle();
    let (lines_before, cpu_before) = (target.own("lines_total"), target.cpu());
    let sent =
        traffic.send(target.udp(), datagrams_per_second, Duration::from_secs(options.seconds));
    target.settle();
    let received = target.own("lines_total") - lines_before;
    let cpu = (target.cpu() - cpu_before).as_secs_f64();
    Row {
        binary: name.to_owned(),
        what: format!(
            "CPU per line, {} a datagram, {datagrams_per_second}/s",
            traffic.lines_each()
        ),
        value: cpu / received * 1e6,
        unit: "µs",
        note: format!("{} of {sent} lines lost", sent as f64 - received),
    }
}

/// The kinds of series whose memory and scrape are measured.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Counter,
    Summary,
    Histogram,
}

/// Memory per series and time of a scrape, with `count` series of one kind.
fn series(name: &str, binary: &std::path::Path, kind: Kind, count: usize) -> Vec<Row> {
    let mapping = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/load/series.yml");
    let target = Target::start(binary, Some(mapping));
    target.scrape();
    let empty = target.resident_bytes();
    traffic::send_series(&target, kind, count);
    target.settle();
    target.scrape();
    let bytes = target.resident_bytes().saturating_sub(empty) as f64 / count as f64;
    let mut scrapes = Histogram::<u64>::new(3).expect("three digits are few enough");
    for _ in 0..20 {
        scrapes.record(target.scrape().as_micros() as u64).expect("it grows as needed");
    }
    let row = |what: &str, value, unit, note| Row {
        binary: name.to_owned(),
        what: format!("{what}, {count} series: {kind:?}"),
        value,
        unit,
        note,
    };
    let worst = format!("slowest of 20: {:.1} ms", scrapes.max() as f64 / 1e3);
    let median = scrapes.value_at_quantile(0.5) as f64 / 1e3;
    vec![row("memory per series", bytes, "B", String::new()), row("scrape", median, "ms", worst)]
}
