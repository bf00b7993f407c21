//! A fresh bridge for one block: the whole engine, without sockets.
//!
//! Heat: cold.

use std::sync::Arc;

use statsd_bridge::exposition::text::Chunks;
use statsd_bridge::ingest::{Engine, Worker};
use statsd_bridge::mapping::RuleSet;
use statsd_bridge::model::Tick;
use statsd_bridge::registry::{Limits, Registry};
use statsd_bridge::telemetry::Telemetry;

/// What is exposed after these lines, one line an entry, without the bridge's
/// own metrics.
pub(crate) fn exposition(rules: RuleSet, lines: &[String]) -> Vec<String> {
    let registry = Registry::new(Limits::default(), Telemetry::reserved_names());
    let engine = Arc::new(Engine::new(registry, rules, Arc::new(Telemetry::new())));
    let mut worker = Worker::new(Arc::clone(&engine));
    for line in lines {
        worker.ingest_datagram(line.as_bytes(), Tick(0));
    }
    let chunks = Chunks::new(engine.registry().snapshot(), Vec::new(), Tick(0));
    let text = String::from_utf8(chunks.flatten().collect()).unwrap();
    text.lines().map(str::to_owned).collect()
}
