//! How soon an update is seen, while a million series are scraped without a
//! pause, swept, or the rules are loaded again.
//!
//! Gauges whose names lie between those of the many series are set to the time
//! of their sending, twice in a millisecond. The scraping client finds them in
//! the stream and compares with its clock. So a figure holds the time since the
//! last sending, the scrape's buffers and the reading: it is an upper bound, and
//! nothing is subtracted.
//!
//! Heat: warm (a line of the scrape each).

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use nix::sys::signal::Signal;

use crate::bridge::Bridge;
use crate::figure::{Figure, Unit, grouped};
use crate::fill::fill;
use crate::ledger::Loss;
use crate::pace::Rate;
use crate::phases::{Binary, Run};
use crate::process::Process;
use crate::rules;
use crate::scrape::Client;
use crate::sender::{Sent, Side, send_beside};
use crate::subject::Subject;
use crate::traffic::Traffic;

/// Families of many series, and a gauge after each of them.
const BLOCKS: usize = 16;
const PROBE_EVERY: Duration = Duration::from_micros(500);
const BACKGROUND: f64 = 100_000.0;
/// New series that live for two seconds: 16 every 2 ms, 8,000 a second.
const BRIEF_EVERY: Duration = Duration::from_millis(2);
const BRIEF: usize = 16;
/// `big_NN` and `big_NN_probe` are as long as this without the last part.
const PREFIX: usize = "big_00".len();

/// What happens besides the traffic and the scrapes.
#[derive(Clone, Copy)]
struct Scene {
    name: &'static str,
    series: usize,
    sweeps: bool,
    reloads: bool,
}

fn scenes(run: &Run) -> Vec<Scene> {
    let million = run.options.pick(200_000, 1_000_000);
    let scene = |name, series, sweeps, reloads| Scene { name, series, sweeps, reloads };
    let mut scenes = vec![
        scene("scraped", 0, false, false),
        scene("scraped", million, false, false),
        scene("scraped, others swept", million, true, false),
        scene("scraped, rules reloaded", million, false, true),
    ];
    if run.options.quick {
        // The last one holds what the others do, but for the sweeping.
        scenes.drain(1..3);
    }
    scenes
}

pub fn steps(run: &Run) -> u64 {
    (scenes(run).len() * run.binaries.len()) as u64
}

pub fn measure(run: &mut Run) {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("load-latency.yml");
    std::fs::write(&file, mapping()).expect("the target folder can be written to");
    for binary in run.binaries.clone() {
        let mut bridge: Option<(usize, Bridge)> = None;
        for scene in scenes(run) {
            run.progress.step(&format!("{} series {}, {}", scene.series, scene.name, binary.name));
            // Making a million series takes longer than to look at them.
            let made = bridge.take().filter(|(series, _)| *series == scene.series);
            let (_, made) = bridge
                .insert(made.unwrap_or_else(|| (scene.series, many(&binary, &file, scene.series))));
            play(run, &binary, made, scene);
        }
    }
}

/// The published rules, and those of the many and of the brief series.
fn mapping() -> String {
    let many = "  - {match: 'big.*.*.*.*', name: 'big_$1', labels: {host: $2, path: $3, code: $4}}";
    let brief = "  - {match: 'brief.*', name: brief, ttl: 2s, labels: {number: $1}}";
    format!("{}\n{many}\n{brief}\n", rules::PUBLISHED.trim_end())
}

fn many(binary: &Binary, file: &std::path::Path, count: usize) -> Bridge {
    let bridge = Bridge::start(binary, file.to_str());
    fill(
        &bridge,
        (0..count).map(|series| {
            let (block, host, path) = (series % BLOCKS, series / 1000, series % 1000);
            format!("big.{block:02}.host-{host}.path-{path}.{}:1|c", 200 + series % 5)
        }),
    );
    bridge
}

fn play(run: &mut Run, binary: &Binary, bridge: &Bridge, scene: Scene) {
    let time = Duration::from_secs(run.options.pick(4, 20));
    let traffic = Traffic::capture(1);
    let clock = Instant::now();
    // Every series and route is there before it is measured.
    let warm = || sent(run, bridge, &traffic, clock, scene, Duration::from_secs(1));
    warm();
    bridge.settle();
    let before = bridge.counts();
    let over = AtomicBool::new(false);
    let (client, process) = (bridge.client(), bridge.process());
    let (sent, seen) = thread::scope(|scope| {
        let watching = scope.spawn(|| watch(client, clock, &over));
        let reloading = scope.spawn(|| reload(process, scene.reloads, &over));
        let sent = sent(run, bridge, &traffic, clock, scene, time);
        over.store(true, Ordering::Relaxed);
        reloading.join().expect("it does not panic");
        (sent, watching.join().expect("the scraping client does not panic"))
    });
    bridge.settle();
    let loss = Loss::since(before, bridge, sent);
    tell(run, binary, scene, &seen, loss, sent);
}

/// The traffic, the probes and perhaps the brief series.
fn sent(
    run: &Run,
    bridge: &Bridge,
    traffic: &Traffic,
    clock: Instant,
    scene: Scene,
    time: Duration,
) -> Sent {
    let mut text = String::new();
    let mut probes = |datagram: &mut Vec<u8>| {
        text.clear();
        let now = clock.elapsed().as_micros();
        for block in 0..BLOCKS {
            let _ = writeln!(text, "big_{block:02}_probe:{now}|g");
        }
        datagram.extend_from_slice(text.trim_end().as_bytes());
        BLOCKS as u64
    };
    let mut brief = |datagram: &mut Vec<u8>| {
        let number = clock.elapsed().as_micros();
        let lines = (0..BRIEF).map(|line| format!("brief.{number}-{line}:1|c"));
        datagram.extend_from_slice(lines.collect::<Vec<_>>().join("\n").as_bytes());
        BRIEF as u64
    };
    let mut sides = vec![Side { every: PROBE_EVERY, make: &mut probes }];
    if scene.sweeps {
        sides.push(Side { every: BRIEF_EVERY, make: &mut brief });
    }
    send_beside(&run.cores, traffic, bridge.udp(), Rate::Steady(BACKGROUND), time, &mut sides)
}

/// What the scraping client saw.
struct Seen {
    /// Microseconds.
    ages: Histogram<u64>,
    scrapes: u64,
    slowest: Duration,
}

fn watch(mut client: Client, clock: Instant, over: &AtomicBool) -> Seen {
    let ages = Histogram::new(3).expect("three digits are few enough");
    let mut seen = Seen { ages, scrapes: 0, slowest: Duration::ZERO };
    while !over.load(Ordering::Relaxed) {
        let ages = &mut seen.ages;
        let scraped = client.lines(&mut |line| {
            if let Some(sent) = probe(line) {
                let now = clock.elapsed().as_micros() as u64;
                ages.record(now.saturating_sub(sent)).expect("it grows as needed");
            }
        });
        seen.slowest = seen.slowest.max(scraped.expect("it answers scrapes").took);
        seen.scrapes += 1;
    }
    seen
}

/// The value of a probe, if the line is one.
fn probe(line: &[u8]) -> Option<u64> {
    let value = line.get(PREFIX..)?.strip_prefix(b"_probe ")?;
    let value: f64 = str::from_utf8(value).ok()?.parse().ok()?;
    Some(value as u64)
}

fn reload(process: &Process, reloads: bool, over: &AtomicBool) {
    while reloads && !over.load(Ordering::Relaxed) {
        process.signal(Signal::SIGHUP);
        thread::sleep(Duration::from_secs(1));
    }
}

fn tell(run: &mut Run, binary: &Binary, scene: Scene, seen: &Seen, loss: Loss, sent: Sent) {
    let what = format!("{} series {}", grouped(scene.series as f64), scene.name);
    let at = |quantile| seen.ages.value_at_quantile(quantile) as f64 / 1e6;
    let show = |seconds| Unit::Seconds.show(seconds);
    let note = format!(
        "p50 {}, p90 {}, max {}; {} seen in {} scrapes, the slowest {}",
        show(at(0.5)),
        show(at(0.9)),
        show(seen.ages.max() as f64 / 1e6),
        seen.ages.len(),
        seen.scrapes,
        show(seen.slowest.as_secs_f64()),
    );
    let latency = format!("update seen, 99th percentile, {what}");
    let figure = Figure::new(latency, binary.name, at(0.99), Unit::Seconds).note(note);
    run.add(figure.at_most(binary.ours.then_some(0.005)));
    let figure = Figure::new(format!("lost, {what}"), binary.name, loss.lost() as f64, Unit::Count);
    let note = format!("{loss}, sent {}/s", grouped(sent.rate()));
    run.add(figure.at_most(binary.ours.then_some(0.0)).note(note));
}
