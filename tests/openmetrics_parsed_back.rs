//! The `OpenMetrics` exposition, read by the parser of Python's
//! `prometheus_client`, which refuses what the specification does not allow; and
//! what it read is what the text format says of the same registry.
//!
//! Heat: cold.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod support;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use statsd_bridge::exposition::{openmetrics, text};
use statsd_bridge::registry::Registry;
use support::bridge::Launch;
use support::exposition::{Exposition, parse};
use support::generated::{self, NOW};
use support::http;
use support::openmetrics_parser::{Parser, agree};

const START: f64 = 1_700_000_000.25;
const CREATED: std::ops::Range<f64> = START..START + 50.0;

fn both(registry: &Registry) -> (Vec<u8>, Exposition) {
    let chunks = openmetrics::Chunks::new(registry, generated::own(), NOW, START);
    let plain = text::Chunks::new(registry.snapshot(), generated::own(), NOW);
    let plain: Vec<u8> = plain.flatten().collect();
    (chunks.flatten().collect(), parse(&plain).unwrap())
}

#[test]
fn made_up_registries_are_read_back() {
    let Some(mut parser) = Parser::start() else { return };
    let strategy = prop::collection::vec(generated::sample(), 0..40);
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let parser = std::cell::RefCell::new(&mut parser);
    let ran = runner.run(&strategy, |samples| {
        let (open, text) = both(&generated::registry(&samples));
        prop_assert!(open.ends_with(b"# EOF\n"));
        let found = parser.borrow_mut().read(&open).map_err(TestCaseError::fail)?;
        agree(&found, &text, &CREATED);
        Ok(())
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn the_parser_refuses_what_it_is_there_to_refuse() {
    let Some(mut parser) = Parser::start() else { return };
    let good = "# TYPE x counter\nx_total 1.0\n# EOF\n";
    assert!(parser.read(good.as_bytes()).is_ok());
    for bad in [
        "# TYPE x counter\nx_total 1.0\n",
        "# TYPE x counter\nx_total -1.0\n# EOF\n",
        "# TYPE x counter\nx_total 1.0\n# TYPE x_total unknown\nx_total 1.0\n# EOF\n",
        "# TYPE x summary\nx_sum -1.0\n# EOF\n",
    ] {
        assert!(parser.read(bad.as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn the_binary_offers_it_when_it_is_told_to() {
    const ASKED: [(&str, &str); 1] =
        [("Accept", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5")];
    let bridge = Launch::unmapped().start();
    let answer = http::request(bridge.web(), "GET", "/metrics", &ASKED).unwrap();
    assert!(answer.header("content-type").unwrap().starts_with("text/plain; version=0.0.4"));
    bridge.stop();

    let bridge = Launch::unmapped().flag("--web.openmetrics=1.0").start();
    bridge.send_udp(&["sent:3|c|#k:v\nt:250|ms\nsent_total:1|g\nlevel:2|g\nother:1|c"]);
    bridge.settled();
    let answer = http::request(bridge.web(), "GET", "/metrics", &ASKED).unwrap();
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores";
    assert_eq!(answer.header("content-type"), Some(kind));
    let text = answer.text();
    for line in [
        "# TYPE sent unknown\nsent{k=\"v\"} 3.0\n",
        "# TYPE sent_total gauge\nsent_total 1.0\n",
        "# TYPE other counter\nother_total 1.0\nother_created ",
        "t{quantile=\"0.5\"} 0.25\n",
        "t_count 1\nt_created ",
        "level 2.0\n",
        "# TYPE statsd_exporter_lines counter\nstatsd_exporter_lines_total 5.0\n",
    ] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    if let Some(mut parser) = Parser::start() {
        parser.read(&answer.body).unwrap_or_else(|error| panic!("{error}"));
    }
    // Who does not ask for it gets what everybody gets.
    assert_eq!(bridge.scrape().get("other{}"), Some(1.0));
    bridge.stop();
}
