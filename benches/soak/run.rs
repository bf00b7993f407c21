//! The run: everything at once, a look about once a minute, and the end.
//!
//! Heat: cold.

use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::bad::Bad;
use crate::books::{Books, COUNTERS, GAUGES, LINES, OBSERVERS, REFUSED_RELOADS, RELAYED, SAMPLES};
use crate::bridge::Bridge;
use crate::captured::Captured;
use crate::churn::Churn;
use crate::flood::{flood, trickle};
use crate::gate::{Actor, Gate, employ};
use crate::harness::interrupt;
use crate::harness::traffic::PACKED_LINES;
use crate::inspect::{self, Finding, Inspector};
use crate::ledger::Auditor;
use crate::log::Log;
use crate::options::Options;
use crate::reloads::Reloads;
use crate::report::{self, Look, Outcome};
use crate::scrapers::{Leavers, Scraper, Wanted};
use crate::shown::Shown;
use crate::sink::Sink;
use crate::streams::{Dawdlers, Gram, Visitors, Way};
use crate::watch::{Held, Watch};

/// Between two looks, at most.
const INTERVAL: Duration = Duration::from_mins(1);
/// Looks in a short run, at least.
const LOOKS: u32 = 6;
/// Which looks find the relay's target away: each third.
const AWAY: usize = 2;
/// Until the longest ttl is over and swept, and threads that wait for work end.
const EXPIRY: Duration = Duration::from_secs(14);
/// What is sent right before the end.
const PARTING: u64 = 200;
/// The bridge may drain for a second and give answers in flight five; none is.
const STOP: Duration = Duration::from_secs(8);

/// Whether everything held.
pub fn run(options: &Options) -> bool {
    interrupt::watch();
    // Now: files may have changed when the run is over.
    let host = report::host();
    let begin = Instant::now();
    let sink = Sink::start();
    let bridge = Bridge::start(sink.address());
    let inspector = Inspector::new(&bridge);
    let base = Held::by(bridge.id(), begin).expect("the bridge is alive");
    let watch = Watch::start(bridge.id(), begin);
    let gate = Gate::new();
    let crew = crew(&bridge, &gate);
    let mut soak = Soak { bridge, sink, gate, inspector, begin, looks: Vec::new() };
    soak.work(options.time);
    soak.expire(base);
    soak.gate.end();
    for actor in crew {
        // A panic is in the books, as a breach.
        let _ = actor.join();
    }
    let cpu = soak.bridge.cpu();
    let held = watch.finish();
    soak.stop();
    let log = soak.bridge.log();
    let outcome = Outcome { time: options.time, base, held, cpu, looks: soak.looks };
    let holds = report::tell(&host, &outcome, options);
    if holds {
        let _ = std::fs::remove_dir_all(soak.bridge.folder());
    } else {
        println!("the bridge's log: {}", log.display());
    }
    holds
}

fn crew(bridge: &Bridge, gate: &std::sync::Arc<Gate>) -> Vec<JoinHandle<()>> {
    let places = bridge.places();
    let (udp, web) = (places.udp, places.web);
    let mut crew = Vec::new();
    let mut add = |rate: f64, actor: Box<dyn Actor>| crew.push(employ(gate, rate, actor));
    add(2_000.0, Box::new(Captured::new(udp, 1)));
    add(500.0, Box::new(Captured::new(udp, PACKED_LINES)));
    add(300.0, Box::new(Churn::new(udp)));
    add(100.0, Box::new(Bad::new(udp)));
    add(200.0, Box::new(Gram::new(places)));
    for way in [Way::Tcp, Way::Unix] {
        add(10.0, Box::new(Visitors::new(places, way)));
        add(100.0, Box::new(Dawdlers::new(places, way)));
    }
    for (rate, wanted) in [(1.0, Wanted::Text), (1.0, Wanted::Packed), (0.5, Wanted::Protobuf)] {
        add(rate, Box::new(Scraper::new(web, wanted)));
    }
    add(5.0, Box::new(Auditor(bridge.client())));
    add(4.0, Box::new(Leavers::new(web)));
    add(0.5, Box::new(Reloads::new(bridge)));
    crew
}

struct Soak {
    bridge: Bridge,
    sink: Sink,
    gate: std::sync::Arc<Gate>,
    inspector: Inspector,
    begin: Instant,
    looks: Vec<Look>,
}

impl Soak {
    /// Works and looks by turns until the time is over or something is wrong.
    fn work(&mut self, time: Duration) {
        let interval = INTERVAL.min(time / LOOKS);
        let end = Instant::now() + time;
        let mut worked = Duration::ZERO;
        while worked < time && Instant::now() < end + time && self.holds() {
            let there = self.looks.len() % 3 != AWAY;
            self.sink.be_there(there);
            let some = interval.min(time.saturating_sub(worked));
            self.gate.open();
            thread::sleep(some);
            self.gate.close();
            worked += some;
            self.look(worked, there);
        }
    }

    fn holds(&self) -> bool {
        self.looks.iter().all(Look::holds)
    }

    fn look(&mut self, worked: Duration, there: bool) {
        if !self.bridge.lives() {
            let found = "gone".to_owned();
            let finding = Finding::new("the bridge", found, "alive".to_owned(), false);
            return self.note(worked, 0.0, 0, vec![finding]);
        }
        let mut books = self.gate.books(std::mem::take);
        self.inspector.flooded += flood(&self.bridge, &mut books) as f64;
        let shown = self.inspector.settled(&self.bridge);
        let inspector = &mut self.inspector;
        let findings = inspector.findings(&self.bridge, &shown, &mut books, &self.sink, there);
        if !there {
            self.welcome(&mut books);
        }
        self.inspector.hang_up();
        self.note(worked, books.sum(LINES), shown.len(), findings);
        self.gate.books(|all| *all = books);
    }

    /// The target is back: a refusal that is still to be told belongs to before.
    fn welcome(&mut self, books: &mut Books) {
        self.sink.be_there(true);
        trickle(&self.bridge, 1, books);
        let shown = self.inspector.settled(&self.bridge);
        self.inspector.forget_the_relay(&shown, &self.sink);
    }

    fn note(&mut self, worked: Duration, lines: f64, series: usize, findings: Vec<Finding>) {
        let held = Held::by(self.bridge.id(), self.begin);
        let look = Look { minutes: worked.as_secs_f64() / 60.0, lines, series, held, findings };
        report::progress(&look);
        self.looks.push(look);
    }

    /// Long after the last line: what had a ttl is gone, and so are threads that
    /// had nothing to do.
    fn expire(&mut self, base: Held) {
        let Some(look) = self.looks.last_mut().filter(|look| look.holds()) else { return };
        thread::sleep(EXPIRY);
        let shown = self.inspector.settled(&self.bridge);
        let brief = ["brief_", "fleeting_", "swing"].map(|prefix| shown.family(prefix).count());
        let held = Held::by(self.bridge.id(), self.begin).expect("the bridge is alive");
        look.findings.extend([
            Finding::exactly(
                "series with a ttl, long after",
                brief.iter().sum::<usize>() as f64,
                0.0,
            ),
            Finding::exactly("threads at rest", held.threads, base.threads),
        ]);
    }

    /// Sends a little more, and at once tells the bridge to stop: nothing of it
    /// may be missing in its last word.
    fn stop(&mut self) {
        if !self.looks.last().is_some_and(Look::holds) {
            return;
        }
        let mut books = self.gate.books(std::mem::take);
        let before = self.inspector.settled(&self.bridge);
        self.inspector.hang_up();
        self.part(&mut books);
        let (status, took) = self.bridge.stop();
        let log = Log::read(&self.bridge.log());
        let mut findings = vec![
            Finding::new(
                "exit code",
                format!("{:?}", status.and_then(|status| status.code())),
                "Some(0)".to_owned(),
                status.is_some_and(|status| status.success()),
            ),
            Finding::at_most("seconds to stop", took.as_secs_f64(), STOP.as_secs_f64()),
        ];
        findings.extend(last_word(&log, &before, &books));
        // The sink's thread may be a packet behind.
        let wanted = books.sum(RELAYED) - self.inspector.relayed_so_far();
        let deadline = Instant::now() + STOP;
        while self.inspector.arrived_since(&self.sink) < wanted && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(5));
        }
        let arrived = self.inspector.arrived_since(&self.sink);
        findings.push(Finding::exactly("lines at the relay's target, at the end", arrived, wanted));
        findings.extend(in_the_log(&log, &books));
        self.looks.last_mut().expect("there is one").findings.extend(findings);
    }

    /// Over every transport.
    fn part(&self, books: &mut Books) {
        let places = self.bridge.places();
        for way in [Way::Tcp, Way::Unix] {
            let mut visitors = Visitors::new(places, way);
            (0..3).for_each(|_| visitors.step(books));
        }
        let mut gram = Gram::new(places);
        (0..PARTING / 10).for_each(|_| gram.step(books));
        trickle(&self.bridge, PARTING, books);
    }
}

/// What the bridge says when it has stopped, in short and in full.
fn last_word(log: &Log, before: &Shown, books: &Books) -> Vec<Finding> {
    let refused =
        before.labelled("events_error_total", "") + before.labelled("events_conflict_total", "");
    let recorded = books.sum(COUNTERS) + books.sum(GAUGES) + books.sum(OBSERVERS) - refused;
    let wanted =
        [("lines", books.sum(LINES)), ("samples", books.sum(SAMPLES)), ("recorded", recorded)];
    let mut findings: Vec<_> = wanted
        .into_iter()
        .map(|(field, wanted)| {
            let found = log.last_word(field).unwrap_or(f64::NAN);
            Finding::exactly(format!("the last word: {field}"), found, wanted)
        })
        .collect();
    match log.final_ledger() {
        Ok(ledger) => findings.extend(inspect::accounts("the final ledger", &ledger, books)),
        Err(error) => {
            let wanted = "one in the log".to_owned();
            findings.push(Finding::new("the final ledger", error, wanted, false));
        }
    }
    findings
}

fn in_the_log(log: &Log, books: &Books) -> Vec<Finding> {
    let unasked = log.unasked();
    let shown = unasked.first().map_or_else(|| "0".to_owned(), |line| (*line).to_owned());
    let refused = log.count("mapping not reloaded") as f64;
    vec![
        Finding::new(
            "warnings and errors that were not provoked",
            shown,
            "0".to_owned(),
            unasked.is_empty(),
        ),
        Finding::exactly("refused reloads in the log", refused, books.sum(REFUSED_RELOADS)),
    ]
}
