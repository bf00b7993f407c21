//! What the figures were measured on, and with.
//!
//! Heat: cold.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::unit::{Unit, grouped};

#[derive(Serialize)]
pub struct Host {
    pub date: String,
    pub processor: String,
    pub cores: usize,
    pub kernel: String,
    pub memory: String,
    pub largest_read_buffer: String,
    pub compiler: &'static str,
    /// Of this project.
    pub commit: String,
    /// What each binary answers to `--version`, its first line.
    pub versions: Vec<String>,
    pub command: String,
}

impl Host {
    /// Of a run of the bench `bench`, with these binaries.
    pub fn found(bench: &str, cores: usize, binaries: &[&Path]) -> Self {
        let kib = line("/proc/meminfo", "MemTotal").parse::<f64>().unwrap_or(0.0);
        Self {
            date: date(),
            processor: line("/proc/cpuinfo", "model name"),
            cores,
            kernel: format!("Linux {}", read("/proc/sys/kernel/osrelease")),
            memory: Unit::Bytes.show(kib * 1024.0),
            largest_read_buffer: format!(
                "{} bytes",
                grouped(read("/proc/sys/net/core/rmem_max").parse().unwrap_or(0.0))
            ),
            compiler: env!("STATSD_BRIDGE_RUSTC"),
            commit: commit(),
            versions: binaries.iter().copied().map(version).collect(),
            command: command(bench),
        }
    }

    /// What the record's README begins with.
    pub fn markdown(&self) -> String {
        let mut text = format!("# {} on {}\n\n", self.date, self.processor);
        for (what, value) in [
            ("cores", self.cores.to_string()),
            ("kernel", self.kernel.clone()),
            ("memory", self.memory.clone()),
            ("largest receive buffer", self.largest_read_buffer.clone()),
            ("compiler", self.compiler.to_owned()),
            ("commit", self.commit.clone()),
            ("binaries", self.versions.join("; ")),
            ("command", format!("`{}`", self.command)),
        ] {
            let _ = writeln!(text, "- {what}: {value}");
        }
        text
    }

    /// A folder's name: the date and the processor.
    pub fn slug(&self) -> String {
        let letters = self.processor.to_ascii_lowercase();
        let words = letters.split(|letter: char| !letter.is_ascii_alphanumeric());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        format!("{}-{}", self.date, words.join("-"))
    }
}

fn read(file: &str) -> String {
    fs::read_to_string(file).unwrap_or_default().trim().to_owned()
}

/// The text behind `name:`, without a unit of kB.
fn line(file: &str, name: &str) -> String {
    let text = read(file);
    let fields = text.lines().filter_map(|line| line.split_once(':'));
    let found = fields.filter(|(found, _)| found.trim() == name).map(|(_, value)| value).next();
    found.unwrap_or("unknown").trim().trim_end_matches(" kB").to_owned()
}

fn said(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    // Some print their version where errors go.
    let text = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    Some(String::from_utf8_lossy(&text).lines().next()?.to_owned())
}

fn version(binary: &Path) -> String {
    said(Command::new(binary).arg("--version")).unwrap_or_else(|| "unknown".to_owned())
}

fn commit() -> String {
    let git = |arguments: &[&str]| {
        said(Command::new("git").args(["-C", env!("CARGO_MANIFEST_DIR")]).args(arguments))
    };
    let commit = git(&["rev-parse", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    let changed = git(&["status", "--porcelain", "--untracked-files=no"]).is_some();
    if changed { format!("{commit}, with changes") } else { commit }
}

/// As it was typed, as far as the harness can know.
fn command(bench: &str) -> String {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|one| one != "--bench").collect();
    let command = format!("cargo bench --bench {bench} -- {}", arguments.join(" "));
    command.trim_end_matches(" -- ").to_owned()
}

/// Today by UTC, as `2026-01-31`.
fn date() -> String {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut days = since_1970.as_secs() / 86_400;
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year}-{month:02}-{:02}", days + 1)
}
