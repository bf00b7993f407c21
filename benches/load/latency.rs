//! How soon an update is seen, while a million series are scraped without a
//! pause, swept, or the rules are loaded again.
//!
//! Gauges whose names lie between those of the many series are set to the time
//! of their sending, twice in a millisecond. The scraping client finds them in
//! the stream and compares with its clock. So a figure holds the time since the
//! last sending, the scrape's buffers and the reading: it is an upper bound, and
//! nothing is subtracted. Nobody is kept to a core here, as sender, receiver,
//! scrape and scraping client are more than two; how far the sendings were apart
//! is told.
//!
//! Heat: cold.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::bridge::Bridge;
use crate::figure::{Figure, Unit, grouped};
use crate::fill::fill;
use crate::harness::pace::Rate;
use crate::harness::process::Process;
use crate::harness::traffic::Traffic;
use crate::ledger::Loss;
use crate::phases::{Binary, Run};
use crate::probe::{PROBES, Probes, Seen, Times, watch};
use crate::rules;
use crate::sender::{Sent, Side, send_beside};
use crate::subject::Subject;

/// Families of many series, and a probe after each of them.
const BLOCKS: usize = PROBES;
const PROBE_EVERY: Duration = Duration::from_micros(500);
const BACKGROUND: f64 = 100_000.0;
/// New series that live for two seconds: 16 every 2 ms, 8,000 a second.
const BRIEF_EVERY: Duration = Duration::from_millis(2);
const BRIEF: usize = 16;
/// How long the series live that all end at once: they are made within some
/// seconds, and end while it is measured.
const GONE_AFTER: u64 = 12;
/// While rules are reloaded, so many of the many series are met, and their routes
/// made anew: 16 every 2 ms.
const AGAIN: usize = 16;
/// Between two scrapes of few series: a loop of them would be a load of its own.
const PAUSE: Duration = Duration::from_millis(10);

/// What happens besides the traffic and the scrapes.
#[derive(Clone, Copy, PartialEq)]
enum Beside {
    Nothing,
    /// New series come all the time, and each ends two seconds later.
    Sweeps,
    /// The same, and as many others as there are end at once.
    Ending,
    Reloads,
}

#[derive(Clone, Copy)]
struct Scene {
    name: &'static str,
    series: usize,
    beside: Beside,
}

impl Scene {
    fn has_brief(self) -> bool {
        matches!(self.beside, Beside::Sweeps | Beside::Ending)
    }
}

fn scenes(run: &Run) -> Vec<Scene> {
    let million = run.options.pick(200_000, 1_000_000);
    let scene = |name, series, beside| Scene { name, series, beside };
    let mut scenes = vec![
        scene("scraped", 0, Beside::Nothing),
        scene("scraped", million, Beside::Nothing),
        scene("scraped, others swept", million, Beside::Sweeps),
        scene("scraped, as many others end at once", million, Beside::Ending),
        scene("scraped, rules reloaded", million, Beside::Reloads),
    ];
    if run.options.quick {
        // The last one holds what the others do, but for the sweeping.
        scenes.drain(1..4);
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

/// The published rules, and those of the many, the brief and the ending series.
fn mapping() -> String {
    let many = "  - {match: 'big.*.*.*.*', name: 'big_$1', labels: {host: $2, path: $3, code: $4}}";
    let brief = "  - {match: 'brief.*', name: brief, ttl: 2s, labels: {number: $1}}";
    let gone = format!(
        "  - {{match: 'gone.*.*', name: gone, ttl: {GONE_AFTER}s, labels: {{host: $1, path: $2}}}}"
    );
    format!("{}\n{many}\n{brief}\n{gone}\n", rules::PUBLISHED.trim_end())
}

fn many(binary: &Binary, file: &Path, count: usize) -> Bridge {
    let bridge = Bridge::start(binary, file.to_str());
    fill(&bridge, (0..count).map(one_of_many));
    bridge
}

fn one_of_many(series: usize) -> String {
    let (block, host, path) = (series % BLOCKS, series / 1000, series % 1000);
    format!("big.{block:02}.host-{host}.path-{path}.{}:1|c", 200 + series % 5)
}

/// What is sent: the traffic, the probes and perhaps the brief series.
struct Load {
    to: SocketAddr,
    traffic: Traffic,
    clock: Instant,
    scene: Scene,
}

impl Load {
    fn send(&self, time: Duration) -> (Sent, Times) {
        let mut probes = Probes::new(self.clock);
        let mut probe = |datagram: &mut Vec<u8>| probes.write(datagram);
        let mut brief = |datagram: &mut Vec<u8>| {
            let number = self.clock.elapsed().as_micros();
            let lines = (0..BRIEF).map(|line| format!("brief.{number}-{line}:1|c"));
            datagram.extend_from_slice(lines.collect::<Vec<_>>().join("\n").as_bytes());
            BRIEF as u64
        };
        let mut met = 0;
        let mut again = |datagram: &mut Vec<u8>| {
            let lines = (met..met + AGAIN).map(|number| one_of_many(number % self.scene.series));
            datagram.extend_from_slice(lines.collect::<Vec<_>>().join("\n").as_bytes());
            met += AGAIN;
            AGAIN as u64
        };
        let mut sides = vec![Side { every: PROBE_EVERY, make: &mut probe }];
        if self.scene.beside == Beside::Reloads {
            sides.push(Side { every: BRIEF_EVERY, make: &mut again });
        }
        if self.scene.has_brief() {
            sides.push(Side { every: BRIEF_EVERY, make: &mut brief });
        }
        let rate = Rate::Steady(BACKGROUND);
        let sent = send_beside(None, &self.traffic, self.to, rate, time, &mut sides);
        (sent, probes.gaps)
    }
}

fn play(run: &mut Run, binary: &Binary, bridge: &Bridge, scene: Scene) {
    let (traffic, clock) = (Traffic::capture(1), Instant::now());
    let load = Load { to: bridge.udp(), traffic, clock, scene };
    if scene.beside == Beside::Ending {
        let gone = |series| format!("gone.host-{}.path-{}:1|c", series / 1000, series % 1000);
        fill(bridge, (0..scene.series).map(gone));
    }
    // Every series and route is there before it is measured.
    load.send(Duration::from_secs(1));
    bridge.settle();
    let before = bridge.counts();
    // A binary that takes longer to make them than they live is measured all the same.
    let is_late = clock.elapsed() >= Duration::from_secs(GONE_AFTER);
    let some_ended_before = scene.beside == Beside::Ending && is_late;
    assert!(!(some_ended_before && binary.ours), "they end before it is measured");
    let over = AtomicBool::new(false);
    let (client, process) = (bridge.client(), bridge.process());
    let pause = if scene.series == 0 { PAUSE } else { Duration::ZERO };
    let ((sent, gaps), seen) = thread::scope(|scope| {
        let watching = scope.spawn(|| watch(client, clock, pause, &over));
        let reloading = scope.spawn(|| reload(process, scene.beside == Beside::Reloads, &over));
        let sent = load.send(Duration::from_secs(run.options.pick(4, 20)));
        over.store(true, Ordering::Relaxed);
        reloading.join().expect("it does not panic");
        (sent, watching.join().expect("the scraping client does not panic"))
    });
    bridge.settle();
    let loss = Loss::since(before, bridge, sent);
    let what = format!("{} series {}", grouped(scene.series as f64), scene.name);
    // The sweep of a million at once wants a core of its own for a second.
    let has_target = binary.ours && scene.beside != Beside::Ending;
    seen_in_time(run, (binary, has_target.then_some(0.005)), &what, &seen, &gaps);
    let figure = Figure::new(format!("lost, {what}"), binary.name, loss.lost() as f64, Unit::Count);
    let before = if some_ended_before { "; some ended before it was measured" } else { "" };
    let note = format!("{loss}, sent {}/s{before}", grouped(sent.rate()));
    run.add(figure.at_most(binary.ours.then_some(0.0)).note(note));
}

fn reload(process: &Process, reloads: bool, over: &AtomicBool) {
    while reloads && !over.load(Ordering::Relaxed) {
        process.signal(Signal::SIGHUP);
        thread::sleep(Duration::from_secs(1));
    }
}

fn seen_in_time(
    run: &mut Run,
    (binary, target): (&Binary, Option<f64>),
    what: &str,
    seen: &Seen,
    gaps: &Times,
) {
    if seen.ages.is_empty() {
        assert!(!binary.ours, "no update was seen, {what}");
        let slowest = Unit::Seconds.show(seen.slowest.as_secs_f64());
        let note = format!("in {} scrapes, the slowest {slowest}", seen.scrapes);
        let figure = Figure::new(format!("updates seen, {what}"), binary.name, 0.0, Unit::Count);
        run.add(figure.note(note));
        return;
    }
    let at = |times: &Times, quantile| times.value_at_quantile(quantile) as f64 / 1e6;
    let show = |seconds| Unit::Seconds.show(seconds);
    let note = format!(
        "p50 {}, p90 {}, max {}; {} seen in {} scrapes, the slowest {}; sent every {}, p99 {}",
        show(at(&seen.ages, 0.5)),
        show(at(&seen.ages, 0.9)),
        show(at(&seen.ages, 1.0)),
        seen.ages.len(),
        seen.scrapes,
        show(seen.slowest.as_secs_f64()),
        show(at(gaps, 0.5)),
        show(at(gaps, 0.99)),
    );
    let latency = format!("update seen, 99th percentile, {what}");
    let figure = Figure::new(latency, binary.name, at(&seen.ages, 0.99), Unit::Seconds);
    run.add(figure.at_most(target).note(note));
}
