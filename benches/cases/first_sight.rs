//! A name that was never seen: parse, route, create the series, leave a route.
//!
//! Between the rounds all series expire and are swept, so that each round finds
//! tables of the same size; the growth of tables is therefore not in it.
//!
//! And a name that was never seen and finds no room.
//!
//! Heat: cold.

use std::hint::black_box;
use std::sync::Arc;

use statsd_bridge::ingest::{Engine, Worker};
use statsd_bridge::model::Tick;
use statsd_bridge::registry::Limits;

use super::scene::{Rules, engine, limited_engine};
use super::{Case, Round, THOUSAND};

pub fn cases() -> Vec<Case> {
    let all = Rules::all().into_iter();
    let mapped = all.map(|rules| case(&rules.name(), rules, mapped_line));
    let families = case("no rule of the built-in mapping", Rules::BuiltIn, family_line);
    mapped.chain([families]).chain(REFUSING.map(refused)).collect()
}

/// The mapping that is built in makes a family of some names.
const REFUSING: [Rules; 2] = [Rules::BuiltIn, Rules::Published];

fn refused(rules: Rules) -> Case {
    let name = format!("first sight/refused, {}", rules.name());
    Case::new(name, THOUSAND, move || Refused::new(rules))
}

/// A registry that is full, and names that come once. Between the rounds what
/// fills it expires, so that the worker forgets what was refused.
struct Refused {
    rules: Rules,
    engine: Arc<Engine>,
    worker: Worker,
    now: Tick,
    met: usize,
    lines: Vec<String>,
}

impl Refused {
    fn new(rules: Rules) -> Self {
        let limits = Limits { max_series: 1, max_series_per_family: 0 };
        let engine = limited_engine(rules.parse_mortal(), limits);
        let worker = Worker::new(Arc::clone(&engine));
        Self { rules, engine, worker, now: Tick(0), met: 0, lines: Vec::new() }
    }
}

impl Round for Refused {
    fn reset(&mut self) {
        self.now.0 += 10;
        self.engine.sweep(self.now);
        // A part of the worker's table is swept each second.
        for _ in 0..10 {
            self.now.0 += 1;
            self.worker.ingest_line(b"", self.now);
        }
        self.worker.ingest_line(b"the.one.that.fits:1|c", self.now);
        self.lines = new_lines(self.rules, mapped_line, &mut self.met);
    }

    fn run(&mut self) {
        for line in &self.lines {
            self.worker.ingest_line(black_box(line.as_bytes()), self.now);
        }
        assert_eq!(self.engine.registry().series_count(), 1, "all others were refused");
    }
}

/// The line of a number.
type LineOf = fn(Rules, usize) -> String;

/// That a rule takes.
fn mapped_line(rules: Rules, at: usize) -> String {
    format!("{}:12.25|ms", rules.matching_name(at * 157, at))
}

/// That none takes, and which begins a family.
fn family_line(_: Rules, at: usize) -> String {
    format!("Elsewhere.production.thing.t{at}:1|c")
}

/// A thousand lines with names that nobody has met, behind the first so many.
fn new_lines(rules: Rules, line: LineOf, met: &mut usize) -> Vec<String> {
    let from = *met;
    *met += THOUSAND;
    (from..*met).map(|at| line(rules, at)).collect()
}

fn case(name: &str, rules: Rules, line: LineOf) -> Case {
    Case::new(format!("first sight/{name}"), THOUSAND, move || Newcomers::new(rules, line))
}

struct Newcomers {
    rules: Rules,
    line: LineOf,
    engine: Arc<Engine>,
    worker: Worker,
    now: Tick,
    /// How many names there were so far.
    met: usize,
    lines: Vec<String>,
}

impl Newcomers {
    fn new(rules: Rules, line: LineOf) -> Self {
        let engine = engine(rules.parse_mortal());
        let worker = Worker::new(Arc::clone(&engine));
        Self { rules, line, engine, worker, now: Tick(0), met: 0, lines: Vec::new() }
    }
}

impl Round for Newcomers {
    fn reset(&mut self) {
        self.now.0 += 10;
        self.engine.sweep(self.now);
        assert_eq!(self.engine.registry().series_count(), 0, "all have expired");
        self.lines = new_lines(self.rules, self.line, &mut self.met);
        // Takes note of the new tick.
        self.worker.ingest_line(b"", self.now);
    }

    fn run(&mut self) {
        for line in &self.lines {
            self.worker.ingest_line(black_box(line.as_bytes()), self.now);
        }
    }
}
