//! The command line of the soak.
//!
//! Heat: cold.

use std::path::PathBuf;
use std::time::Duration;

pub const HELP: &str = "\
Runs load, churn of names, ttl, reloads, scrapes and the relay together against
the real binary, and checks that every sum meets and nothing grows.

Usage: cargo bench --bench soak -- [OPTIONS]

  --minutes N         how long, 1 by default; a fraction is fine, 0.5 at least
  --record[=FOLDER]   write result.json and README.md into a folder of their own
                      under benches/record (or FOLDER)
  --help              this text
";

pub enum Asked {
    Help,
    Run(Options),
}

pub struct Options {
    pub time: Duration,
    pub record: Option<PathBuf>,
}

/// The arguments without the program's name; an error is one sentence.
pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Asked, String> {
    let mut options = Options { time: Duration::from_mins(1), record: None };
    while let Some(argument) = arguments.next() {
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (argument.as_str(), None),
        };
        match name {
            "--help" | "-h" => return Ok(Asked::Help),
            "--minutes" => {
                let value = value.or_else(|| arguments.next());
                options.time = minutes(&value.ok_or("--minutes needs a number")?)?;
            }
            "--record" => options.record = Some(value.map_or_else(records, PathBuf::from)),
            // Cargo adds it to every bench.
            "--bench" => {}
            _ => return Err(format!("unknown argument {argument}; --help tells which there are")),
        }
    }
    Ok(Asked::Run(options))
}

fn minutes(text: &str) -> Result<Duration, String> {
    let minutes = text.parse().ok().filter(|minutes| (0.5..=100_000.0).contains(minutes));
    let minutes: f64 = minutes.ok_or(format!("--minutes {text}: a number from 0.5 on"))?;
    Ok(Duration::from_secs_f64(minutes * 60.0))
}

fn records() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "benches", "record"].iter().collect()
}
