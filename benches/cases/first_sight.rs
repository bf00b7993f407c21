//! A name that was never seen: parse, route, create the series, leave a route.
//!
//! Between the rounds all series expire and are swept, so that each round finds
//! tables of the same size; the growth of tables is therefore not in it.
//!
//! Heat: cold.

use std::hint::black_box;
use std::sync::Arc;

use statsd_bridge::ingest::{Engine, Worker};
use statsd_bridge::model::Tick;

use super::scene::{Rules, engine};
use super::{Case, Round, THOUSAND};

pub fn cases() -> Vec<Case> {
    Rules::all().into_iter().map(case).collect()
}

fn case(rules: Rules) -> Case {
    Case::new(format!("first sight/{}", rules.name()), THOUSAND, move || Newcomers::new(rules))
}

struct Newcomers {
    rules: Rules,
    engine: Arc<Engine>,
    worker: Worker,
    now: Tick,
    /// How many names there were so far.
    met: usize,
    lines: Vec<String>,
}

impl Newcomers {
    fn new(rules: Rules) -> Self {
        let engine = engine(rules.parse_mortal());
        let worker = Worker::new(Arc::clone(&engine));
        Self { rules, engine, worker, now: Tick(0), met: 0, lines: Vec::new() }
    }
}

impl Round for Newcomers {
    fn reset(&mut self) {
        self.now.0 += 10;
        self.engine.sweep(self.now);
        assert_eq!(self.engine.registry().series_count(), 0, "all have expired");
        let rules = self.rules;
        let line = |at: usize| format!("{}:12.25|ms", rules.matching_name(at * 157, at));
        self.lines = (self.met..self.met + THOUSAND).map(line).collect();
        self.met += THOUSAND;
        // Takes note of the new tick.
        self.worker.ingest_line(b"", self.now);
    }

    fn run(&mut self) {
        for line in &self.lines {
            self.worker.ingest_line(black_box(line.as_bytes()), self.now);
        }
    }
}
