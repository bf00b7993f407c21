//! Whatever a mapping file says, it is an error that tells where, or a rule set
//! that routes any name, and whose series can be recorded to and exposed.
//!
//! Heat: cold.

use std::sync::Arc;

use statsd_bridge::ingest::Worker;
use statsd_bridge::mapping::{Routing, RuleSet};
use statsd_bridge::model::{LabelSet, MetricKind, TagStyles, Tick};
use statsd_bridge::registry::Limits;

use super::formats;
use super::scene::Scene;

/// The input is the file. What is no UTF-8 never comes so far.
pub fn assert_relation(input: &[u8]) {
    if let Ok(yaml) = str::from_utf8(input) {
        assert_routes(yaml);
    }
}

/// Panics unless the text is an error or rules.
pub fn assert_routes(yaml: &str) {
    let loaded = match RuleSet::parse(yaml, "m.yml", TagStyles::ALL) {
        Ok(loaded) => loaded,
        Err(error) => {
            let error = error.to_string();
            assert!(error.starts_with("m.yml:"), "{error}");
            return;
        }
    };
    assert!(loaded.warnings.iter().all(|warning| warning.starts_with("m.yml:")));
    assert!(loaded.rules.graph().starts_with("digraph"), "{}", loaded.rules.graph());
    let names = names(yaml);
    for name in &names {
        for kind in MetricKind::ALL {
            let routing = loaded.rules.route(name, kind, LabelSet::new());
            if let Routing::Route(routed) = routing {
                let rule = routed.rule.map_or(0, |rule| rule.get() as usize + 1);
                assert!(rule <= loaded.rules.len(), "{routed:?}");
            }
        }
    }
    record_all(loaded.rules, &names);
}

/// Names that meet few rules, and those that the file itself speaks of.
fn names(yaml: &str) -> Vec<String> {
    let is_of_name = |c: char| c.is_alphanumeric() || "_.*".contains(c);
    let words = yaml.split(|c| !is_of_name(c)).filter(|word| word.contains('.'));
    let filled = words.map(|word| word.replace("**", "x.y").replace('*', "z")).take(16);
    ["a", "a.x.b", "", "é.ü", "(.+).x"].map(str::to_owned).into_iter().chain(filled).collect()
}

/// Lines of these names are taken, and what comes of them is exposed.
fn record_all(rules: RuleSet, names: &[String]) {
    let scene = Scene::new(rules, Limits { max_series: 100, ..Limits::default() });
    let mut worker = Worker::new(Arc::clone(&scene.engine));
    for name in names {
        for tail in ["1|c|@0.5", "-2|g", "+3|g", "0.25|ms", "-1e9|h|#k:v,le:1", "7:9|d|#quantile:2"]
        {
            worker.ingest_line(format!("{name}:{tail}").as_bytes(), Tick(1));
        }
    }
    worker.flush();
    formats::assert_same(scene.engine.registry(), Vec::new(), Tick(2));
}
