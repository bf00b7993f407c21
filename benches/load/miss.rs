//! What the first sight of a name costs: parse, route, create. New names are
//! sent, and then the same once more; the difference in CPU time is what their
//! being new costs.
//!
//! Heat: cold.

use std::path::PathBuf;

use crate::bridge::Bridge;
use crate::figure::{Figure, Plot, Unit};
use crate::fill;
use crate::ledger::Loss;
use crate::phases::{Binary, Run};
use crate::rules::{BUILT_IN, Case, Generated, PUBLISHED, Rules, mastodon};
use crate::statistics::median;
use crate::subject::Subject;

/// CPU seconds a line.
struct Cost {
    new: f64,
    known: f64,
    loss: Loss,
}

fn names(run: &Run) -> usize {
    run.options.pick(10_000, 20_000)
}

fn rounds(run: &Run) -> usize {
    run.options.pick(1, 3)
}

fn sets(run: &Run) -> Vec<Rules> {
    let mut sets = vec![
        mastodon("the built-in globs", BUILT_IN, 2e-6),
        mastodon("the published regexes", PUBLISHED, 5e-6),
    ];
    for generated in Generated::ALL {
        for count in [10, 100, 1_000] {
            if run.options.quick && count == 100 {
                continue;
            }
            sets.push(generated.rules(count, false));
            if !run.options.quick {
                sets.push(generated.rules(count, true));
            }
        }
    }
    if run.options.quick {
        for rules in &mut sets {
            rules.cases.retain(|case| case.is_last);
        }
    }
    sets
}

fn binaries(run: &Run, rules: &Rules) -> Vec<Binary> {
    run.binaries.iter().filter(|binary| binary.ours || !rules.ours_only).cloned().collect()
}

pub fn steps(run: &Run) -> u64 {
    let each = |rules: &Rules| rules.cases.len() * binaries(run, rules).len();
    sets(run).iter().map(each).sum::<usize>() as u64
}

pub fn measure(run: &mut Run) {
    for (number, rules) in sets(run).iter().enumerate() {
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("load-{number}.yml"));
        std::fs::write(&file, &rules.text).expect("the target folder can be written to");
        for binary in binaries(run, rules) {
            let bridge = Bridge::start(&binary, file.to_str());
            for case in &rules.cases {
                run.progress.step(&format!("{}: {}, {}", rules.name, case.name, binary.name));
                one(run, rules, case, &binary, &bridge);
            }
        }
    }
}

fn one(run: &mut Run, rules: &Rules, case: &Case, binary: &Binary, bridge: &Bridge) {
    let each = names(run);
    let costs: Vec<Cost> = (0..rounds(run))
        .map(|round| cost(bridge, case, round * each..(round + 1) * each))
        .collect();
    let differences: Vec<f64> = costs.iter().map(|cost| cost.new - cost.known).collect();
    let known = median(&costs.iter().map(|cost| cost.known).collect::<Vec<_>>());
    let loss = costs.iter().map(|cost| cost.loss).fold(Loss::default(), Loss::and);
    let what = format!("first sight, {}: {}", rules.name, case.name);
    let note = format!("a known line: {}; {loss}", Unit::Seconds.show(known));
    let figure = Figure::new(what, binary.name, median(&differences), Unit::Seconds).note(note);
    let figure = figure.at_most(binary.ours.then_some(rules.target));
    let curve = format!("{}, {}", binary.name, rules.curve);
    run.add(if case.is_last {
        figure.at(Plot::MissOverRules, curve, rules.count as f64)
    } else {
        figure
    });
}

/// Of these names, new and then known.
fn cost(bridge: &Bridge, case: &Case, names: std::ops::Range<usize>) -> Cost {
    let count = names.len() as f64;
    let (new, first) = cpu(bridge, names.clone().map(&case.line));
    let (known, second) = cpu(bridge, names.map(&case.line));
    Cost { new: new / count, known: known / count, loss: first.and(second) }
}

fn cpu(bridge: &Bridge, lines: impl Iterator<Item = String>) -> (f64, Loss) {
    let before = bridge.counts();
    let cpu = bridge.process().cpu();
    let sent = fill::send(bridge, lines);
    bridge.settle();
    let cpu = bridge.process().cpu() - cpu;
    (cpu.as_secs_f64(), Loss::since(before, bridge, sent))
}
