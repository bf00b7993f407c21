//! A scrape, by kinds of series and formats; the figures are for one series of
//! three labels.
//!
//! Heat: cold.

use std::hint::black_box;
use std::sync::Arc;

use statsd_bridge::exposition::{protobuf::Messages, text::Chunks};
use statsd_bridge::ingest::{Engine, Worker};
use statsd_bridge::mapping::RuleSet;
use statsd_bridge::model::{TagStyles, Tick};

use super::scene::engine;
use super::{Case, THOUSAND};

const RULES: &str = r"
mappings:
  - {match: plain.*.*.*, name: plain, labels: {host: $1, path: $2, code: $3}}
  - {match: took.*.*.*, name: took, labels: {host: $1, path: $2, code: $3}}
  - match: classic.*.*.*
    name: classic
    observer_type: histogram
    histogram_options: {native_histogram_bucket_factor: 1}
    labels: {host: $1, path: $2, code: $3}
  - match: native.*.*.*
    name: native
    observer_type: histogram
    labels: {host: $1, path: $2, code: $3}
";

/// Windows of a summary by default, and their length in seconds.
const WINDOWS: (u32, u32) = (5, 120);

/// The series of a case.
#[derive(Clone, Copy)]
struct Series {
    what: &'static str,
    /// The first component of their names, and their type.
    line: (&'static str, &'static str),
    /// How many values each gets in each of so many windows.
    values: (usize, u32),
}

pub fn cases() -> Vec<Case> {
    let series = |what, line, values| Series { what, line, values };
    let all = [
        series("counters", ("plain", "c"), (1, 1)),
        series("gauges", ("plain", "g"), (1, 1)),
        series("summaries of 3 values", ("took", "ms"), (3, 1)),
        series("busy summaries", ("took", "ms"), (20, WINDOWS.0)),
        series("histograms, classic", ("classic", "ms"), (3, 1)),
        series("histograms, native too", ("native", "ms"), (3, 1)),
    ];
    all.into_iter().flat_map(|series| [text(series), protobuf(series)]).collect()
}

fn text(series: Series) -> Case {
    Case::new(format!("encode/{}, text", series.what), THOUSAND, move || {
        let engine = series.engine();
        move || {
            let chunks = Chunks::new(engine.registry().snapshot(), Vec::new(), series.now());
            chunks.for_each(|chunk| drop(black_box(chunk)));
        }
    })
}

fn protobuf(series: Series) -> Case {
    Case::new(format!("encode/{}, protobuf", series.what), THOUSAND, move || {
        let engine = series.engine();
        move || {
            let snapshot = engine.registry().snapshot();
            let chunks = Messages::new(snapshot, Vec::new(), series.now(), 1.75e9);
            chunks.for_each(|chunk| drop(black_box(chunk)));
        }
    })
}

impl Series {
    /// When the last value came.
    fn now(self) -> Tick {
        Tick((self.values.1 - 1) * WINDOWS.1)
    }

    fn engine(self) -> Arc<Engine> {
        let rules = RuleSet::parse(RULES, "rules.yml", TagStyles::ALL).unwrap().rules;
        let engine = engine(rules);
        let mut worker = Worker::new(Arc::clone(&engine));
        for window in 0..self.values.1 {
            for value in 0..self.values.0 {
                for at in 0..THOUSAND {
                    let line = self.line(at, value);
                    worker.ingest_line(line.as_bytes(), Tick(window * WINDOWS.1));
                }
            }
        }
        assert_eq!(engine.registry().series_count(), THOUSAND);
        engine
    }

    /// Values of one series are 30 % apart, so twenty of them fill 7 octaves.
    fn line(self, series: usize, value: usize) -> String {
        let (prefix, kind) = self.line;
        let (host, path, code) = (series / 100, series % 100, 200 + series % 5);
        let value = 12.5 * 1.3_f64.powi(i32::try_from(value).unwrap());
        format!("{prefix}.host-{host}.path-{path}.{code}:{value}|{kind}")
    }
}
