//! The phases in their order, and what they share.
//!
//! Heat: cold.

use std::path::{Path, PathBuf};

use crate::bridge::Bridge;
use crate::cores::Cores;
use crate::figure::Figure;
use crate::harness::host::Host;
use crate::harness::interrupt;
use crate::options::Options;
use crate::progress::Progress;
use crate::{compare, cpu, highest, latency, miss, record, series, start, table};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Cpu,
    Highest,
    Series,
    Miss,
    Latency,
    Start,
}

impl Phase {
    pub const ALL: [Self; 6] =
        [Self::Cpu, Self::Highest, Self::Series, Self::Miss, Self::Latency, Self::Start];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Highest => "highest",
            Self::Series => "series",
            Self::Miss => "miss",
            Self::Latency => "latency",
            Self::Start => "start",
        }
    }

    pub fn named(name: &str) -> Result<Self, String> {
        let all = Self::ALL.map(Self::name).join(", ");
        let found = Self::ALL.into_iter().find(|phase| phase.name() == name);
        found.ok_or(format!("there is no phase {name:?}; there are {all}"))
    }

    /// How many steps the progress bar makes.
    fn steps(self, run: &Run) -> u64 {
        match self {
            Self::Cpu => cpu::steps(run),
            Self::Highest => highest::steps(run),
            Self::Series => series::steps(run),
            Self::Miss => miss::steps(run),
            Self::Latency => latency::steps(run),
            Self::Start => start::steps(run),
        }
    }

    fn measure(self, run: &mut Run) {
        match self {
            Self::Cpu => cpu::measure(run),
            Self::Highest => highest::measure(run),
            Self::Series => series::measure(run),
            Self::Miss => miss::measure(run),
            Self::Latency => latency::measure(run),
            Self::Start => start::measure(run),
        }
    }
}

/// A binary under test.
#[derive(Clone)]
pub struct Binary {
    pub name: &'static str,
    pub path: PathBuf,
    /// This project's: its ledger has to balance.
    pub ours: bool,
}

/// All that the phases need, and what they found.
pub struct Run {
    pub options: Options,
    /// Ours first.
    pub binaries: Vec<Binary>,
    pub cores: Cores,
    pub progress: Progress,
    pub figures: Vec<Figure>,
    /// As it was when the run began.
    pub host: Host,
    /// The one that runs.
    phase: &'static str,
}

impl Run {
    /// Each binary started with the mapping and flags of its own.
    pub fn start_all(&self, mapping: &str) -> Vec<Bridge> {
        self.binaries.iter().map(|binary| Bridge::start(binary, Some(mapping))).collect()
    }

    pub fn add(&mut self, figure: Figure) {
        self.figures.push(Figure { phase: self.phase, ..figure });
    }
}

/// Runs what was asked for, and reports.
pub fn run(options: Options) {
    interrupt::watch();
    let (binaries, cores) = (binaries(&options), Cores::found());
    let paths: Vec<&Path> = binaries.iter().map(|binary| binary.path.as_path()).collect();
    let host = Host::found("load", cores.count, &paths);
    let (progress, figures, phase) = (Progress::new(), Vec::new(), "");
    let mut run = Run { options, binaries, cores, progress, figures, host, phase };
    let phases = run.options.only.clone();
    run.progress.expect(phases.iter().map(|phase| phase.steps(&run)).sum());
    let mut left = phases.as_slice();
    while let [phase, others @ ..] = left {
        run.phase = phase.name();
        run.progress.enter(phase.name());
        phase.measure(&mut run);
        left = others;
        // A later phase may fail, and a run may take the better part of an hour.
        if let Some(records) = &run.options.record {
            record::write(&run, records, left);
        }
    }
    run.progress.finish();
    if let [ours, other] = run.binaries.as_slice() {
        let ratios = compare::ratios(&run.figures, ours.name, other.name);
        run.phase = "the other / statsd-bridge";
        for ratio in ratios {
            run.add(ratio);
        }
    }
    table::print(&run.figures);
    if let Some(records) = &run.options.record {
        println!("\nrecorded in {}", record::write(&run, records, &[]).display());
    }
}

fn binaries(options: &Options) -> Vec<Binary> {
    let ours = PathBuf::from(env!("CARGO_BIN_EXE_statsd-bridge"));
    let mut binaries = vec![Binary { name: "statsd-bridge", path: ours, ours: true }];
    if let Some(path) = options.against.clone() {
        binaries.push(Binary { name: "the other", path, ours: false });
    }
    binaries
}
