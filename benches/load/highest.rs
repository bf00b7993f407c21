//! The highest rate at which nothing is lost, by bisection, and what limits it:
//! the sender, the kernel (the floor gets no further), or the program.
//!
//! Heat: cold.

use std::time::{Duration, Instant};

use crate::cpu::PUBLISHED;
use crate::figure::{Figure, Unit, grouped};
use crate::floor::Floor;
use crate::harness::pace::Rate;
use crate::harness::process::busiest;
use crate::harness::traffic::{PACKED_LINES, Traffic};
use crate::ledger::Loss;
use crate::phases::Run;
use crate::sender;
use crate::sink::Kind;
use crate::subject::Subject;

const LOADS: [(&str, usize); 2] = [("one line a datagram", 1), ("packed", PACKED_LINES)];
/// Who is on its core for this share of the time can do no more.
const FULL: f64 = 0.95;
/// Rates this close to each other are the same.
const SAME: f64 = 1.05;

/// A rate that was tried.
#[derive(Clone, Debug)]
struct Probe {
    /// Datagrams a second, as they were sent.
    rate: f64,
    loss: Loss,
    /// How busy the sender was, and the busiest thread of the receiver.
    sender: f64,
    receiver: f64,
    thread: String,
}

/// The highest rate without loss and, if there was one, the lowest with.
struct Found {
    best: Option<Probe>,
    above: Option<Probe>,
}

pub fn steps(run: &Run) -> u64 {
    (LOADS.len() * (run.binaries.len() + 2)) as u64
}

pub fn measure(run: &mut Run) {
    let bridges = run.start_all(PUBLISHED);
    let floor = Floor::start(Kind::Coalescing);
    let mut field: Vec<&dyn Subject> = vec![&floor];
    field.extend(bridges.iter().map(|bridge| bridge as &dyn Subject));
    for subject in &field {
        subject.process().keep_to(&run.cores.target);
    }
    for (name, lines) in LOADS {
        let traffic = Traffic::capture(lines);
        run.progress.step(&format!("{name}, what the sender can"));
        let bound = unpaced(run, &floor, &traffic);
        let what = format!("sent unpaced, {name}");
        run.add(Figure::new(what, "the sender", bound, Unit::PerSecond).note("datagrams"));
        let mut floors = None;
        for subject in &field {
            run.progress.step(&format!("{name}, {}", subject.name()));
            warm(run, *subject, &traffic);
            let found = bisect(run, *subject, &traffic, bound);
            let what = format!("highest rate without loss, {name}");
            let rate = found.best.as_ref().map_or(0.0, |best| best.rate);
            let note = note(&found, &traffic, bound, floors);
            run.add(Figure::new(what, subject.name(), rate, Unit::PerSecond).note(note));
            floors.get_or_insert(rate);
        }
    }
}

/// Datagrams a second when the sender does not wait; most of them are lost.
fn unpaced(run: &Run, floor: &Floor, traffic: &Traffic) -> f64 {
    let time = Duration::from_millis(run.options.pick(500, 2_000));
    let rate = sender::send(&run.cores, traffic, floor.udp(), Rate::Unpaced, time).rate();
    floor.settle();
    rate
}

/// Makes every series and every route.
fn warm(run: &Run, subject: &dyn Subject, traffic: &Traffic) {
    let (rate, time) = (Rate::Steady(10_000.0), Duration::from_secs(2));
    sender::send(&run.cores, traffic, subject.udp(), rate, time);
    subject.settle();
}

fn bisect(run: &Run, subject: &dyn Subject, traffic: &Traffic, bound: f64) -> Found {
    let (mut low, mut high) = (bound / 64.0, bound);
    let close = run.options.pick(1.15, 1.04);
    let mut found = Found { best: None, above: None };
    // The bound first: where the sender is the limit, nothing else has to be
    // tried.
    let mut rate = bound * 0.97;
    loop {
        let probe = twice(run, subject, traffic, rate);
        if probe.loss.lost() == 0 {
            low = rate;
            let is_better = found.best.as_ref().is_none_or(|best| probe.rate > best.rate);
            found.best = if is_better { Some(probe) } else { found.best };
        } else {
            high = rate;
            found.above = Some(probe);
        }
        rate = (low * high).sqrt();
        if high / low < close {
            return found;
        }
    }
}

/// A rate is too high if twice something is lost: the host of a virtual machine
/// may stop it for longer than any buffer lasts.
fn twice(run: &Run, subject: &dyn Subject, traffic: &Traffic, rate: f64) -> Probe {
    let first = probe(run, subject, traffic, rate);
    if first.loss.lost() == 0 { first } else { probe(run, subject, traffic, rate) }
}

fn probe(run: &Run, subject: &dyn Subject, traffic: &Traffic, rate: f64) -> Probe {
    let time = Duration::from_millis(run.options.pick(1_000, 3_000));
    let (before, threads) = (subject.counts(), subject.process().threads());
    let begin = Instant::now();
    let sent = sender::send(&run.cores, traffic, subject.udp(), Rate::Steady(rate), time);
    let took = begin.elapsed().as_secs_f64();
    let (thread, worked) = busiest(&threads, &subject.process().threads()).unwrap_or_default();
    subject.settle();
    let loss = Loss::since(before, subject, sent);
    let receiver = worked.as_secs_f64() / took;
    Probe { rate: sent.rate(), loss, sender: sent.busy, receiver, thread }
}

/// Says what limits, and why so.
fn note(found: &Found, traffic: &Traffic, bound: f64, floor: Option<f64>) -> String {
    let Some(best) = &found.best else { return "lost some at every rate".to_owned() };
    let lines = grouped(best.rate * traffic.lines_each());
    let above = found.above.as_ref().map_or_else(
        || "nothing lost at any rate that can be sent".to_owned(),
        |above| {
            format!(
                "at {}/s {}, thread {:.0} % busy",
                grouped(above.rate),
                above.loss,
                above.receiver * 100.0
            )
        },
    );
    format!(
        "{lines} lines/s; limited by {}; sender {:.0} % busy, thread {} {:.0} %; {above}",
        limit(best, bound, floor),
        best.sender * 100.0,
        best.thread,
        best.receiver * 100.0,
    )
}

fn limit(best: &Probe, bound: f64, floor: Option<f64>) -> &'static str {
    if best.sender >= FULL || best.rate * SAME >= bound {
        return "the sender";
    }
    match floor {
        None => "the kernel",
        Some(floor) if floor <= best.rate * SAME => "the kernel (the floor gets no further)",
        Some(_) => "the program",
    }
}
