//! What is said of a run: a line for each look, the table at the end, and the
//! record.
//!
//! Heat: cold.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use crate::bridge::BINARY;
use crate::harness::host::Host;
use crate::harness::unit::{Unit, grouped};
use crate::inspect::Finding;
use crate::options::Options;
use crate::watch::Held;

/// Memory may still grow within this share of the time, and no longer than the
/// windows of a summary need to fill: ten minutes and a little.
const WARM_UP: f64 = 0.4;
const LONGEST_WARM_UP: f64 = 720.0;
/// What memory may grow by afterwards: pages that the allocator gets and does not
/// give back, and a share of all. A run in which those windows are still being
/// filled may grow by more; it would find a leak of 64 bytes a line all the same.
const GROWTH: f64 = 8e6;
const SHORT_GROWTH: f64 = 16e6;
const GROWTH_SHARE: f64 = 0.05;
/// Connections that actors and this harness have open at once, at most, and a
/// few whose end the bridge has not seen yet.
const MOST_FILES: f64 = 64.0;
/// Sixteen scrapes, two reloads, and those who read the mapping file.
const MOST_THREADS: f64 = 20.0;

/// One look, and what was found.
pub struct Look {
    pub minutes: f64,
    pub lines: f64,
    pub series: usize,
    pub held: Option<Held>,
    pub findings: Vec<Finding>,
}

impl Look {
    pub fn holds(&self) -> bool {
        self.findings.iter().all(|finding| finding.holds)
    }
}

/// The run as a whole.
pub struct Outcome {
    pub time: Duration,
    /// Before anything was sent.
    pub base: Held,
    pub held: Vec<Held>,
    pub cpu: Duration,
    pub looks: Vec<Look>,
}

pub fn progress(look: &Look) {
    let holding = look.findings.iter().filter(|finding| finding.holds).count();
    let held = look.held.map_or_else(String::new, |held| {
        let memory = Unit::Bytes.show(held.memory);
        format!(", {memory}, {} files, {} threads", held.files, held.threads)
    });
    println!(
        "{:6.2} min: {} lines, {} series{held}; {holding} of {} checks hold",
        look.minutes,
        grouped(look.lines),
        grouped(look.series as f64),
        look.findings.len(),
    );
}

/// What the run is of.
pub fn host() -> Host {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Host::found("soak", cores, &[Path::new(BINARY)])
}

/// Prints the table, records the run if that was asked for, and tells whether
/// everything held.
pub fn tell(host: &Host, outcome: &Outcome, options: &Options) -> bool {
    let findings = all(outcome);
    println!("\n{}", table(&findings));
    let holds = findings.iter().all(|finding| finding.holds);
    println!("{}", if holds { "every sum meets, nothing grew" } else { "BROKEN" });
    if let Some(records) = &options.record {
        println!("recorded in {}", record(host, outcome, &findings, records).display());
    }
    holds
}

/// Of the last look, of any look before that does not hold, and of the whole
/// time.
fn all(outcome: &Outcome) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some((last, before)) = outcome.looks.split_last() {
        let failed = before.iter().flat_map(|look| &look.findings).filter(|found| !found.holds);
        findings.extend(failed.cloned());
        let checks = || before.iter().flat_map(|look| &look.findings);
        let (all, kept) = (checks().count(), checks().filter(|found| found.holds).count());
        let what = "checks at the looks before, that hold";
        findings.push(Finding::exactly(what, kept as f64, all as f64));
        findings.extend(last.findings.iter().cloned());
    }
    findings.extend(memory(outcome));
    let most = |of: fn(&Held) -> f64| outcome.held.iter().map(of).fold(0.0, f64::max);
    let files = outcome.base.files + MOST_FILES;
    findings.push(Finding::at_most("open files, at most", most(|held| held.files), files));
    let threads = outcome.base.threads + MOST_THREADS;
    findings.push(Finding::at_most("threads, at most", most(|held| held.threads), threads));
    findings
}

/// Flat: after the warm-up neither the highest point nor the line through all
/// points goes beyond what is allowed.
fn memory(outcome: &Outcome) -> Vec<Finding> {
    let warm = (outcome.time.as_secs_f64() * WARM_UP).min(LONGEST_WARM_UP);
    let (before, after): (Vec<Held>, Vec<Held>) =
        outcome.held.iter().partition(|held| held.at < warm);
    let most = |held: &[Held]| held.iter().map(|held| held.memory).fold(0.0, f64::max);
    let (level, peak) = (most(&before), most(&after));
    let growth = if warm < LONGEST_WARM_UP { SHORT_GROWTH } else { GROWTH };
    let bound = level + growth.max(level * GROWTH_SHARE);
    let bytes = |value| Unit::Bytes.show(value);
    let rise = rise(&after);
    let least = before.first().map_or(0.0, |held| held.memory);
    vec![
        Finding::new("memory before the load", bytes(least), String::new(), true),
        Finding::new(
            format!("most memory in the first {warm:.0} s"),
            bytes(level),
            String::new(),
            true,
        ),
        Finding::new(
            "most memory afterwards",
            bytes(peak),
            format!("≤ {}", bytes(bound)),
            peak <= bound,
        ),
        Finding::new(
            "rise of memory over all that time, by the straight line through it",
            bytes(rise),
            format!("≤ {}", bytes(bound - level)),
            rise <= bound - level,
        ),
    ]
}

/// From the beginning to the end of the line that fits best.
fn rise(held: &[Held]) -> f64 {
    let count = held.len() as f64;
    let mean = |of: fn(&Held) -> f64| held.iter().map(of).sum::<f64>() / count;
    let (at, memory) = (mean(|held| held.at), mean(|held| held.memory));
    let covariance: f64 = held.iter().map(|held| (held.at - at) * (held.memory - memory)).sum();
    let variance: f64 = held.iter().map(|held| (held.at - at).powi(2)).sum();
    match (held.first(), held.last()) {
        (Some(first), Some(last)) if variance > 0.0 => covariance / variance * (last.at - first.at),
        _ => 0.0,
    }
}

fn cells(finding: &Finding) -> [&str; 4] {
    let holds = if finding.holds { "" } else { "BROKEN" };
    [&finding.what, &finding.found, &finding.wanted, holds]
}

fn table(findings: &[Finding]) -> String {
    let head = ["what", "found", "wanted", ""];
    let rows: Vec<_> = std::iter::once(head).chain(findings.iter().map(cells)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..4).map(|column| width(column).unwrap_or(0).min(90)).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// Of what was looked up twice a second, one in so many is kept.
const KEPT: usize = 20;

#[derive(Serialize)]
struct Record<'r> {
    host: &'r Host,
    minutes: f64,
    cpu_seconds: f64,
    findings: &'r [Finding],
    looks: Vec<Row>,
    held: Vec<&'r Held>,
}

/// A look without what was found: that is told of the last one.
#[derive(Serialize)]
struct Row {
    minutes: f64,
    lines: f64,
    series: usize,
    held: Option<Held>,
    checks: usize,
    holding: usize,
}

impl Row {
    fn of(look: &Look) -> Self {
        let Look { minutes, lines, series, held, findings } = look;
        let holding = findings.iter().filter(|finding| finding.holds).count();
        let (minutes, lines, series, held) = (*minutes, *lines, *series, *held);
        Self { minutes, lines, series, held, checks: findings.len(), holding }
    }
}

fn record(host: &Host, outcome: &Outcome, findings: &[Finding], records: &Path) -> PathBuf {
    let folder = records.join(format!("{}-soak", host.slug()));
    fs::create_dir_all(&folder).expect("the folder of the record can be made");
    let record = Record {
        host,
        minutes: outcome.time.as_secs_f64() / 60.0,
        cpu_seconds: outcome.cpu.as_secs_f64(),
        findings,
        looks: outcome.looks.iter().map(Row::of).collect(),
        held: outcome.held.iter().step_by(KEPT).collect(),
    };
    let json = serde_json::to_string_pretty(&record).expect("findings can be written as JSON");
    fs::write(folder.join("result.json"), json + "\n").expect("the record can be written");
    fs::write(folder.join("README.md"), readme(host, outcome, findings))
        .expect("the record can be written");
    folder
}

fn readme(host: &Host, outcome: &Outcome, findings: &[Finding]) -> String {
    let mut text = host.markdown();
    let cpu = outcome.cpu.as_secs_f64();
    let all = outcome.held.last().map_or(1.0, |held| held.at);
    let _ = writeln!(text, "- CPU of the bridge: {cpu:.0} s in {all:.0} s");
    text += "\n| what | found | wanted | |\n|---|--:|--:|---|\n";
    for finding in findings {
        let row = cells(finding).map(|cell| cell.replace('|', "\\|"));
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    text += "\n| minutes | lines sent | series | memory | open files | threads | checks |\n";
    text += "|--:|--:|--:|--:|--:|--:|---|\n";
    for look in &outcome.looks {
        let held = look.held.map_or_else(String::new, |held| {
            let memory = Unit::Bytes.show(held.memory);
            format!("{memory} | {} | {}", held.files, held.threads)
        });
        let holding = look.findings.iter().filter(|finding| finding.holds).count();
        let _ = writeln!(
            text,
            "| {:.2} | {} | {} | {held} | {holding} of {} |",
            look.minutes,
            grouped(look.lines),
            grouped(look.series as f64),
            look.findings.len(),
        );
    }
    text
}
