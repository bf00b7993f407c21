//! The bridge without sockets, threads or a clock of its own: the same cases
//! play against it as against the binary.
//!
//! Heat: cold.

use std::sync::Arc;

use statsd_bridge::exposition::text::Chunks;
use statsd_bridge::ingest::{Engine, Worker};
use statsd_bridge::mapping::RuleSet;
use statsd_bridge::model::{TagStyles, Tick};
use statsd_bridge::registry::{Limits, Registry};
use statsd_bridge::telemetry::{Live, Telemetry};

use super::cases::{Case, Subject};
use super::exposition::{self, Exposition};

/// The longest text of a line over a stream.
const LONGEST_STREAM_LINE: usize = 4095;

/// An engine and one worker, with time at hand.
pub struct LibraryBridge {
    engine: Arc<Engine>,
    worker: Worker,
    styles: TagStyles,
    now: Tick,
}

impl LibraryBridge {
    /// A bridge as a case wants it.
    pub fn new(case: &Case) -> Self {
        let styles = styles(&case.flags);
        let rules = case.mapping.as_deref().map_or_else(
            || RuleSet::empty(styles),
            |yaml| RuleSet::parse(yaml, "mapping.yml", styles).expect("a good mapping").rules,
        );
        let limits = Limits { max_series: 0, max_series_per_family: 0 };
        let registry = Registry::new(limits, Telemetry::reserved_names());
        let engine = Arc::new(Engine::new(registry, rules, Arc::new(Telemetry::new())));
        let worker = Worker::new(Arc::clone(&engine));
        Self { engine, worker, styles, now: Tick(0) }
    }

    /// Lets seconds pass, with a sweep in each of them.
    fn advance(&mut self, seconds: u32) {
        for _ in 0..seconds {
            self.now = Tick(self.now.0 + 1);
            self.engine.sweep(self.now);
        }
    }
}

/// The tag styles that these flags leave on.
///
/// # Panics
///
/// At a flag that is about something else: the case would not mean the same.
fn styles(flags: &[String]) -> TagStyles {
    let mut styles = TagStyles::ALL;
    for flag in flags {
        match flag.as_str() {
            "--no-statsd.parse-dogstatsd-tags" => styles.dogstatsd = false,
            "--no-statsd.parse-influxdb-tags" => styles.influxdb = false,
            "--no-statsd.parse-librato-tags" => styles.librato = false,
            "--no-statsd.parse-signalfx-tags" => styles.signalfx = false,
            other => panic!("the library has no flag {other}"),
        }
    }
    styles
}

impl Subject for LibraryBridge {
    fn udp(&mut self, datagrams: &[Vec<u8>]) {
        for datagram in datagrams {
            self.worker.ingest_datagram(datagram, self.now);
        }
    }

    fn unixgram(&mut self, datagrams: &[Vec<u8>]) {
        self.udp(datagrams);
    }

    fn tcp(&mut self, bytes: &[u8]) {
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        for line in bytes.split(|byte| *byte == b'\n') {
            if line.len() > LONGEST_STREAM_LINE {
                self.engine.telemetry().cold().tcp().too_long_line();
                return;
            }
            self.worker.ingest_line(line.strip_suffix(b"\r").unwrap_or(line), self.now);
        }
    }

    fn reload(&mut self, yaml: &str) {
        let cold = self.engine.telemetry().cold();
        match RuleSet::parse(yaml, "mapping.yml", self.styles) {
            Ok(loaded) => {
                self.engine.replace_rules(loaded.rules);
                cold.reload_succeeded();
            }
            Err(_) => cold.reload_failed(),
        }
    }

    fn wait(&mut self, seconds: f64) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a few seconds"
        )]
        self.advance(seconds.ceil() as u32);
    }

    fn scrape(&mut self) -> Exposition {
        self.worker.flush();
        let live = Live {
            metrics_by_type: self.engine.registry().metrics_by_type(),
            loaded_mappings: self.engine.rules().len(),
            cache_length: self.engine.route_count(),
        };
        let own = self.engine.telemetry().own_families(&live);
        let chunks = Chunks::new(self.engine.registry().snapshot(), own, self.now);
        let text: Vec<u8> = chunks.flat_map(|chunk| chunk.to_vec()).collect();
        exposition::parse(&text).unwrap_or_else(|errors| {
            panic!("{}\n{}", errors.join("\n"), String::from_utf8_lossy(&text))
        })
    }
}
