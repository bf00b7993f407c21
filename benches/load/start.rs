//! How soon the binary is ready, how large it is, and how still it is at rest.
//!
//! Heat: cold.

use std::thread;
use std::time::{Duration, Instant};

use crate::bridge::Bridge;
use crate::cpu::PUBLISHED;
use crate::figure::{Figure, Unit};
use crate::phases::{Binary, Run};
use crate::statistics::median;
use crate::subject::Subject;

/// Between two attempts to connect.
const POLL: Duration = Duration::from_micros(200);
const PATIENCE: Duration = Duration::from_secs(20);

fn starts(run: &Run) -> usize {
    run.options.pick(10, 20)
}

pub fn steps(run: &Run) -> u64 {
    ((starts(run) + 1) * run.binaries.len()) as u64
}

pub fn measure(run: &mut Run) {
    // By turns, as everything that is compared.
    let mut times = vec![Vec::new(); run.binaries.len()];
    for _ in 0..starts(run) {
        for (binary, times) in run.binaries.iter().zip(&mut times) {
            run.progress.step(&format!("start of {}", binary.name));
            times.push(ready(binary));
        }
    }
    for (binary, times) in run.binaries.clone().iter().zip(times) {
        let slowest = Unit::Seconds.show(times.iter().copied().fold(0.0, f64::max));
        let note = format!("slowest of {}: {slowest}", times.len());
        let what = "from its start to an answer of /-/ready";
        let figure = Figure::new(what, binary.name, median(&times), Unit::Seconds).note(note);
        run.add(figure.at_most(binary.ours.then_some(0.020)));
        size(run, binary);
        idle(run, binary);
    }
}

fn ready(binary: &Binary) -> f64 {
    let begin = Instant::now();
    let bridge = Bridge::spawn(binary, Some(PUBLISHED));
    while !bridge.is_ready() {
        assert!(begin.elapsed() < PATIENCE, "{} does not get ready", binary.path.display());
        thread::sleep(POLL);
    }
    begin.elapsed().as_secs_f64()
}

fn size(run: &mut Run, binary: &Binary) {
    let bytes = std::fs::metadata(&binary.path).expect("the binary is a file").len();
    let figure = Figure::new("size of the binary", binary.name, bytes as f64, Unit::Bytes);
    run.add(figure.at_most(binary.ours.then_some(8e6)).note("as it was built"));
}

/// How often its threads wake up while nothing happens.
fn idle(run: &mut Run, binary: &Binary) {
    run.progress.step(&format!("{} at rest", binary.name));
    let seconds = run.options.pick(3, 10);
    let bridge = Bridge::start(binary, Some(PUBLISHED));
    bridge.settle();
    let slept = || bridge.process().threads().iter().map(|thread| thread.slept).sum::<u64>();
    let (before, cpu) = (slept(), bridge.process().cpu());
    thread::sleep(Duration::from_secs(seconds));
    let woken = (slept() - before) as f64 / seconds as f64;
    let cpu = (bridge.process().cpu() - cpu).as_secs_f64() / seconds as f64;
    let figure = Figure::new("wake-ups at rest", binary.name, woken, Unit::PerSecond);
    let note = format!("over {seconds} s; {} of CPU a second", Unit::Seconds.show(cpu));
    run.add(figure.at_most(binary.ours.then_some(1.0)).note(note));
}
