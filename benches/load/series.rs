//! Memory per series, and time, size and memory of a scrape, by kind of series.
//!
//! Heat: cold.

use std::ops::Range;
use std::thread;
use std::time::{Duration, Instant};

use crate::bridge::Bridge;
use crate::figure::{Figure, Plot, Unit, grouped};
use crate::fill::{Poured, pour};
use crate::harness::scrape::Client;
use crate::phases::{Binary, Run};
use crate::random::Random;
use crate::statistics::median;
use crate::subject::Subject;

const MAPPING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/load/series.yml");
/// Of each kind, for memory and scrapes.
const MANY: usize = 50_000;
/// Values of a busy summary.
const BUSY: usize = 1_000;
/// A window by age of the rule for those that are busy in all of them.
const WINDOW: Duration = Duration::from_secs(2);
const MILLION: usize = 1_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
    Summary,
    Histogram,
    Busy,
    /// The same number of values, spread over all windows by age.
    Spread,
}

/// What the issue allows: bytes a series, and seconds of a scrape of `MANY`.
struct Limits {
    bytes: Option<f64>,
    scrape: Option<f64>,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counters",
            Self::Gauge => "gauges",
            Self::Summary => "summaries",
            Self::Histogram => "histograms",
            Self::Busy => "busy summaries",
            Self::Spread => "busy in all windows",
        }
    }

    const fn limits(self) -> Limits {
        let (bytes, scrape) = match self {
            Self::Counter => (Some(300.0), Some(0.010)),
            Self::Gauge => (None, None),
            Self::Summary => (Some(1_000.0), Some(0.050)),
            Self::Histogram => (Some(700.0), Some(0.100)),
            Self::Busy | Self::Spread => (Some(24_000.0), Some(0.300)),
        };
        Limits { bytes, scrape }
    }

    /// Into how many windows the values go.
    const fn windows(self) -> usize {
        if matches!(self, Self::Spread) { 5 } else { 1 }
    }

    /// One series with its three labels, and all its values (of one window).
    fn lines(self, series: usize, random: &mut Random) -> Vec<String> {
        let (host, path, code) = (series / 1000, series % 1000, 200 + series % 5);
        let name = |prefix| format!("{prefix}.host-{host}.path-{path}.{code}");
        let three =
            |name: &str| (0..3).map(|value| format!("{name}:{}|ms", 12 + value * 7)).collect();
        match self {
            Self::Counter => vec![format!("{}:1|c", name("hits"))],
            Self::Gauge => vec![format!("{}:1|g", name("level"))],
            Self::Summary => three(&name("took")),
            Self::Histogram => three(&name("spread")),
            Self::Busy => vec![busy(&name("took"), BUSY, random)],
            Self::Spread => vec![busy(&name("pulse"), BUSY / self.windows(), random)],
        }
    }
}

/// Many values in a line, as `DogStatsD` has it.
fn busy(name: &str, values: usize, random: &mut Random) -> String {
    let values = (0..values).map(|_| format!(":{:.3}", random.log_normal(20.0)));
    format!("{name}{}|ms", values.collect::<String>())
}

/// How many series of a kind are made, one after the other, in one process.
struct Plan {
    kind: Kind,
    sizes: Vec<usize>,
    /// The size at which memory is told.
    memory_at: usize,
    all_binaries: bool,
}

fn plans(run: &Run) -> Vec<Plan> {
    let counters = [1_000, 10_000, MANY, 100_000, 300_000, MILLION];
    let counters = counters[..run.options.pick(4, 6)].to_vec();
    let plan = |kind, sizes| Plan { kind, sizes, memory_at: MANY, all_binaries: true };
    let busy = run.options.pick(500, 2_000);
    let mut plans = vec![
        plan(Kind::Counter, counters),
        plan(Kind::Gauge, vec![MANY]),
        plan(Kind::Summary, vec![MANY]),
        plan(Kind::Histogram, vec![MANY]),
        Plan { memory_at: busy, ..plan(Kind::Busy, vec![busy]) },
    ];
    if !run.options.quick {
        plans.push(Plan { memory_at: busy, ..plan(Kind::Spread, vec![busy]) });
        // 50 million values: other programs need too long for them.
        plans.push(Plan { memory_at: 0, all_binaries: false, ..plan(Kind::Busy, vec![MANY]) });
    }
    plans
}

fn binaries<'r>(run: &'r Run, plan: &Plan) -> &'r [Binary] {
    if plan.all_binaries { &run.binaries } else { &run.binaries[..1] }
}

pub fn steps(run: &Run) -> u64 {
    let each = |plan: &Plan| plan.sizes.len() * binaries(run, plan).len();
    plans(run).iter().map(each).sum::<usize>() as u64
}

pub fn measure(run: &mut Run) {
    for plan in plans(run) {
        for binary in binaries(run, &plan).to_vec() {
            grow(run, &plan, &binary);
        }
    }
}

/// Makes more and more series in one process, and measures at each size.
fn grow(run: &mut Run, plan: &Plan, binary: &Binary) {
    let bridge = Bridge::start(binary, Some(MAPPING));
    let mut client = bridge.client();
    client.scrape(None);
    let base = bridge.process().memory("VmRSS");
    let mut made = 0;
    for size in plan.sizes.iter().copied() {
        let what = format!("{} {}", grouped(size as f64), plan.kind.name());
        run.progress.step(&format!("{what}, {}", binary.name));
        let poured = make(&bridge, plan.kind, made..size);
        made = size;
        extra(run, size, &what, &bridge, &mut client);
        let loss = poured.account(&bridge);
        let resident = bridge.process().memory("VmRSS");
        if size == plan.memory_at {
            let per_series = resident.saturating_sub(base) as f64 / size as f64;
            run.add(memory(plan.kind, &what, binary, per_series).note(loss.to_string()));
        }
        scrapes(run, plan.kind, size, &what, binary, &mut client);
    }
}

/// Sends all values of these series; what came last is not accounted for yet.
fn make(bridge: &Bridge, kind: Kind, series: Range<usize>) -> Poured {
    let mut random = Random::seeded(series.start as u64);
    for _ in 1..kind.windows() {
        let begin = Instant::now();
        let lines = series.clone().flat_map(|series| kind.lines(series, &mut random));
        pour(bridge, lines).account(bridge);
        thread::sleep((begin + WINDOW).saturating_duration_since(Instant::now()));
    }
    pour(bridge, series.flat_map(|series| kind.lines(series, &mut random)))
}

fn memory(kind: Kind, what: &str, binary: &Binary, per_series: f64) -> Figure {
    let what = format!("memory per series, {what}");
    let figure = Figure::new(what, binary.name, per_series, Unit::Bytes);
    let target = kind.limits().bytes.filter(|_| binary.ours);
    figure.at_most(target).at(Plot::MemoryPerSeries, kind.name(), 0.0)
}

fn scrapes(
    run: &mut Run,
    kind: Kind,
    size: usize,
    what: &str,
    binary: &Binary,
    client: &mut Client,
) {
    let target = match (kind, size) {
        _ if !binary.ours => None,
        (_, MANY) => kind.limits().scrape,
        (Kind::Counter, MILLION) => Some(0.3),
        _ => None,
    };
    let figure = timed(run, client, None, format!("scrape, {what}"), binary);
    let curve = format!("{}, {}", binary.name, kind.name());
    run.add(figure.at_most(target).at(Plot::ScrapeOverSeries, curve, size as f64));
    if size >= 100_000 {
        let target = (size == MILLION && binary.ours).then_some(0.6);
        let what = format!("scrape, gzipped, {what}");
        let figure = timed(run, client, Some("gzip"), what, binary);
        run.add(figure.at_most(target));
    }
}

/// The median of some scrapes.
fn timed(
    run: &Run,
    client: &mut Client,
    coding: Option<&str>,
    what: String,
    binary: &Binary,
) -> Figure {
    let count = run.options.pick(5, 20);
    let scrapes: Vec<_> = (0..count).map(|_| client.scrape(coding)).collect();
    let times: Vec<f64> = scrapes.iter().map(|scrape| scrape.took.as_secs_f64()).collect();
    let worst = Unit::Seconds.show(times.iter().copied().fold(0.0, f64::max));
    let bytes = Unit::Bytes.show(scrapes[0].bytes as f64);
    let note = format!("slowest of {count}: {worst}; {bytes}");
    Figure::new(what, binary.name, median(&times), Unit::Seconds).note(note)
}

/// The most memory during the first scrape of these series over what there was
/// before.
fn extra(run: &mut Run, size: usize, what: &str, bridge: &Bridge, client: &mut Client) {
    let before = bridge.process().memory("VmRSS");
    bridge.process().forget_peak();
    client.scrape(None);
    let extra = bridge.process().memory("VmHWM").saturating_sub(before) as f64;
    let figure =
        Figure::new(format!("extra memory of a scrape, {what}"), bridge.name(), extra, Unit::Bytes);
    let target = bridge.balances().then_some(2e6 + 8.0 * size as f64);
    let note = format!("{:.1} B a series", extra / size as f64);
    run.add(figure.at_most(target).note(note));
}
