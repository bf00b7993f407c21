//! The command line of the harness. Nothing is measured here.
//!
//! Heat: cold.

use std::path::PathBuf;

use crate::phases::Phase;
use crate::sink::Kind;

pub const HELP: &str = "\
Measures what statsd-bridge costs, beside a process that receives and discards.

Usage: cargo bench --bench load -- [OPTIONS]

  --quick             fewer sizes and shorter phases: at most two minutes on 2 cores
                      (three with --against)
  --only NAME[,NAME]  only these phases: cpu, highest, series, miss, latency, start
  --against PATH      measure this statsd_exporter-compatible binary too, in turns
  --record[=FOLDER]   write result.json, plots and README.md into a folder of their
                      own under benches/record (or FOLDER)
  --help              this text
";

/// The hidden argument with which the harness starts itself as a floor.
pub const SINK: &str = "--receive-and-discard";

/// What the command line asks for.
pub enum Asked {
    Help,
    Sink(Kind),
    Run(Options),
}

pub struct Options {
    pub against: Option<PathBuf>,
    pub quick: bool,
    pub only: Vec<Phase>,
    pub record: Option<PathBuf>,
}

impl Options {
    /// The one in a quick run, the other in a full one.
    pub fn pick<T>(&self, quick: T, full: T) -> T {
        if self.quick { quick } else { full }
    }
}

/// The arguments without the program's name; an error is one sentence.
pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Asked, String> {
    let mut options =
        Options { against: None, quick: false, only: Phase::ALL.to_vec(), record: None };
    while let Some(argument) = arguments.next() {
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (argument.as_str(), None),
        };
        let mut needed = |what: &str| {
            value.clone().or_else(|| arguments.next()).ok_or(format!("{name} needs {what}"))
        };
        match name {
            "--help" | "-h" => return Ok(Asked::Help),
            "--quick" => options.quick = true,
            "--only" => options.only = phases(&needed("names of phases")?)?,
            "--against" => options.against = Some(existing(&needed("the path of a binary")?)?),
            "--record" => options.record = Some(value.map_or_else(records, PathBuf::from)),
            // Cargo adds it to every bench.
            "--bench" => {}
            SINK => return Ok(Asked::Sink(Kind::named(&needed("a kind")?)?)),
            _ => return Err(format!("unknown argument {argument}; --help tells which there are")),
        }
    }
    Ok(Asked::Run(options))
}

fn records() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "benches", "record"].iter().collect()
}

fn existing(path: &str) -> Result<PathBuf, String> {
    // Cargo runs benches in the package's folder, and a child may run elsewhere.
    std::fs::canonicalize(path).map_err(|error| format!("--against {path}: {error}"))
}

fn phases(names: &str) -> Result<Vec<Phase>, String> {
    names.split(',').map(Phase::named).collect()
}
