//! CPU time per line and per datagram at steady rates, beside the floor. All
//! subjects run at once and are sent to in turns; ratios are of neighbours in
//! time, and the middle one counts.
//!
//! Heat: cold.

use std::time::Duration;

use crate::awake::Awake;
use crate::figure::{Figure, Plot, Unit, grouped};
use crate::floor::Floor;
use crate::harness::pace::Rate;
use crate::harness::traffic::{PACKED_LINES, Traffic};
use crate::ledger::Loss;
use crate::phases::Run;
use crate::sender::{self, Sent};
use crate::sink::Kind;
use crate::statistics::median;
use crate::subject::Subject;

pub const PUBLISHED: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/mastodon/published-mapping.yml");

/// Seconds of CPU that the issue takes receiving a datagram for, where wake-ups are
/// coalesced. Of what it allows a line the rest is the bridge's: where receiving costs
/// more than this, that can be told apart from what the bridge does.
const RECEIVING: f64 = 0.65e-6;

/// A way of sending, and what the issue allows it to cost.
struct Load {
    name: &'static str,
    lines: usize,
    rate: f64,
    /// As a multiple of the floor.
    over_floor: Option<f64>,
    /// Seconds of CPU a line.
    per_line: Option<f64>,
    /// For the plot, besides `rate`.
    rates: &'static [f64],
    /// How its own rate is measured.
    cores: &'static [Core],
}

/// What the receiver's core does while the receiver sleeps.
#[derive(Clone, Copy, PartialEq)]
enum Core {
    /// Nothing.
    Idles,
    /// It spins, and gives way at once.
    StaysAwake,
}

impl Load {
    fn at(&self, rate: f64) -> String {
        format!("{}, {}/s", self.name, grouped(rate))
    }
}

impl Core {
    const fn name(self) -> &'static str {
        match self {
            Self::Idles => "",
            Self::StaysAwake => ", on a core that stays awake",
        }
    }
}

const ONE: Load = Load {
    name: "one line a datagram",
    lines: 1,
    rate: 100_000.0,
    over_floor: Some(1.4),
    per_line: None,
    rates: &[1_000.0, 10_000.0, 50_000.0, 200_000.0],
    cores: &[Core::Idles],
};

const PACKED: Load = Load {
    name: "packed",
    lines: PACKED_LINES,
    rate: 8_000.0,
    over_floor: None,
    per_line: Some(0.12e-6),
    rates: &[32_000.0, 128_000.0],
    // At this rate the receiver sleeps longest for what it then has to do.
    cores: &[Core::Idles, Core::StaysAwake],
};

/// What one subject did in its turn.
#[derive(Clone, Copy)]
struct Turn {
    per_datagram: f64,
    loss: Loss,
    sent: Sent,
}

fn rounds(run: &Run) -> usize {
    run.options.pick(2, 5)
}

fn subjects(run: &Run) -> usize {
    run.binaries.len() + 2
}

fn rates<'l>(run: &Run, load: &'l Load) -> &'l [f64] {
    // Two of them show whether the cost depends on the rate; packed, none: the other
    // subjects lose at the higher ones, and it takes time to see that.
    let some = if run.options.quick { load.rates.get(1..3) } else { Some(load.rates) };
    some.unwrap_or(&[])
}

/// A single core is the sender's too, and must not be kept awake beside it.
fn conditions<'l>(run: &Run, load: &'l Load) -> impl Iterator<Item = Core> + use<'l> {
    let single = run.cores.count == 1;
    load.cores.iter().copied().filter(move |core| !single || *core == Core::Idles)
}

pub fn steps(run: &Run) -> u64 {
    let loads = [ONE, PACKED]
        .map(|load| conditions(run, &load).count() * rounds(run) + rates(run, &load).len());
    (loads.iter().sum::<usize>() * subjects(run)) as u64
}

pub fn measure(run: &mut Run) {
    let bridges = run.start_all(PUBLISHED);
    let floors = [Floor::start(Kind::Coalescing), Floor::start(Kind::OneByOne)];
    let mut field: Vec<&dyn Subject> = bridges.iter().map(|bridge| bridge as _).collect();
    field.extend(floors.iter().map(|floor| floor as &dyn Subject));
    for subject in &field {
        subject.process().keep_to(&run.cores.target);
    }
    for load in [ONE, PACKED] {
        let traffic = Traffic::capture(load.lines);
        for subject in &field {
            // Every series and every route is made before.
            turn(run, *subject, &traffic, load.rate, Duration::from_secs(1));
        }
        at_its_rate(run, &field, &load, &traffic);
        for rate in rates(run, &load) {
            for subject in &field {
                run.progress.step(&format!("{}, {}", load.at(*rate), subject.name()));
                let turn = turn(run, *subject, &traffic, *rate, time(run));
                let figure = over_rate(&load, *subject, &traffic, *rate, turn.per_datagram);
                run.add(figure.note(told(&turn)));
            }
        }
    }
}

fn time(run: &Run) -> Duration {
    Duration::from_millis(run.options.pick(1_000, 3_000))
}

/// The load of the issue, in turns.
fn at_its_rate(run: &mut Run, field: &[&dyn Subject], load: &Load, traffic: &Traffic) {
    let mut all: Vec<(Core, Vec<Vec<Turn>>)> =
        conditions(run, load).map(|core| (core, vec![Vec::new(); field.len()])).collect();
    for round in 1..=rounds(run) {
        for (core, turns) in &mut all {
            let awake = (*core == Core::StaysAwake).then(|| Awake::all_of(&run.cores));
            for (subject, turns) in field.iter().zip(turns) {
                let how = load.at(load.rate) + core.name();
                run.progress.step(&format!("{how}, round {round}, {}", subject.name()));
                turns.push(turn(run, *subject, traffic, load.rate, time(run)));
            }
            drop(awake);
        }
    }
    for (core, turns) in &all {
        tell(run, field, load, traffic, *core, turns);
    }
}

/// What the rounds of a load came to.
fn tell(
    run: &mut Run,
    field: &[&dyn Subject],
    load: &Load,
    traffic: &Traffic,
    core: Core,
    turns: &[Vec<Turn>],
) {
    let how = load.at(load.rate) + core.name();
    for (place, (subject, turns)) in field.iter().zip(turns).enumerate() {
        let cost = median(&turns.iter().map(|turn| turn.per_datagram).collect::<Vec<_>>());
        let figure = match core {
            Core::Idles => over_rate(load, *subject, traffic, load.rate, cost),
            Core::StaysAwake => per_line(&how, *subject, traffic, cost),
        };
        let target = load.per_line.filter(|_| place == 0);
        run.add(figure.note(all_told(turns)).at_most(target));
        if load.lines > 1 {
            let what = format!("CPU per datagram, {how}");
            run.add(Figure::new(what, subject.name(), cost, Unit::Seconds));
        }
    }
    // The binaries come first in the field, the floor right after them.
    let floor = run.binaries.len();
    for place in 0..floor {
        let target = load.over_floor.filter(|_| place == 0);
        let ratio = ratio(&how, ("the floor", &turns[floor]), (field[place].name(), &turns[place]));
        run.add(ratio.at_most(target));
        if let Some(per_line) = load.per_line {
            let left = per_line - RECEIVING / traffic.lines_each();
            let subject = (field[place].name(), turns[place].as_slice());
            let above = above_floor(&how, traffic, &turns[floor], subject);
            run.add(above.at_most(Some(left).filter(|_| place == 0)));
        }
    }
    for place in 1..floor {
        let ours = (field[0].name(), turns[0].as_slice());
        run.add(ratio(&how, ours, (field[place].name(), &turns[place])));
    }
}

/// What a line costs one subject besides being received.
fn above_floor(
    how: &str,
    traffic: &Traffic,
    floor: &[Turn],
    (name, turns): (&str, &[Turn]),
) -> Figure {
    let pairs = turns.iter().zip(floor);
    let each = pairs.map(|(turn, floor)| turn.per_datagram - floor.per_datagram);
    let each: Vec<f64> = each.map(|more| more / traffic.lines_each()).collect();
    let (low, high) = ends(&each);
    let what = format!("CPU per line above the floor, {how}");
    let note = format!("{:.0} to {:.0} ns in {} pairs", low * 1e9, high * 1e9, each.len());
    Figure::new(what, name, median(&each), Unit::Seconds).note(note)
}

/// What the turns of one subject cost in terms of those of another.
fn ratio(how: &str, (one, base): (&str, &[Turn]), (name, turns): (&str, &[Turn])) -> Figure {
    let pairs = turns.iter().zip(base).map(|(a, b)| a.per_datagram / b.per_datagram);
    let ratios: Vec<f64> = pairs.collect();
    let (low, high) = ends(&ratios);
    Figure::new(format!("CPU over {one}, {how}"), name, median(&ratios), Unit::Times)
        .note(format!("{low:.2} to {high:.2} in {} pairs", ratios.len()))
}

/// The lowest and the highest.
fn ends(values: &[f64]) -> (f64, f64) {
    let end = |fold: fn(f64, f64) -> f64| values.iter().copied().reduce(fold).unwrap_or(f64::NAN);
    (end(f64::min), end(f64::max))
}

fn over_rate(
    load: &Load,
    subject: &dyn Subject,
    traffic: &Traffic,
    rate: f64,
    cost: f64,
) -> Figure {
    let curve = format!("{}, {}", subject.name(), load.name);
    let lines = rate * traffic.lines_each();
    per_line(&load.at(rate), subject, traffic, cost).at(Plot::CostOverRate, curve, lines)
}

fn per_line(how: &str, subject: &dyn Subject, traffic: &Traffic, cost: f64) -> Figure {
    let value = cost / traffic.lines_each();
    Figure::new(format!("CPU per line, {how}"), subject.name(), value, Unit::Seconds)
}

fn told(turn: &Turn) -> String {
    format!("{}, sent {}/s", turn.loss, grouped(turn.sent.rate()))
}

fn all_told(turns: &[Turn]) -> String {
    let loss = turns.iter().map(|turn| turn.loss).fold(Loss::default(), Loss::and);
    let rate = median(&turns.iter().map(|turn| turn.sent.rate()).collect::<Vec<_>>());
    format!("{loss}, sent {}/s", grouped(rate))
}

fn turn(run: &Run, subject: &dyn Subject, traffic: &Traffic, rate: f64, time: Duration) -> Turn {
    let before = subject.counts();
    let cpu = subject.process().cpu();
    let sent = sender::send(&run.cores, traffic, subject.udp(), Rate::Steady(rate), time);
    subject.settle();
    let cpu = subject.process().cpu() - cpu;
    let loss = Loss::since(before, subject, sent);
    Turn { per_datagram: cpu.as_secs_f64() / loss.received as f64, loss, sent }
}
