//! Debian's `prometheus` scrapes the built binary, and its query API gives back
//! what was sent; `promtool` reads the exposition.
//!
//! Heat: cold.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![allow(clippy::float_cmp, reason = "the very number is wanted")]

mod support;

use std::io::Write;
use std::process::{Command, Stdio};

use support::bridge::Launch;
use support::capture::{self, Recorded};
use support::peer::peer;
use support::prometheus::Prometheus;
use support::promql::{self, Series};

#[test]
fn prometheus_stores_what_was_sent() {
    let Some(program) = peer("prometheus") else { return };
    let bridge = Launch::unmapped().start();
    bridge.send_udp(&[
        "sent.counter:3|c|#who:me\nsent.gauge:-2.5|g\nsent.gauge:+1|g\nsent.timer:250|ms",
        "odd:1|g|#text:say \"hi\" \\ \u{e9}",
        "endless:inf|g",
        "big:123456789|c",
    ]);
    bridge.settled();
    let prometheus = Prometheus::start(&program, bridge.web());
    prometheus.query_until("up{job=\"bridge\"}", |found| found.iter().any(|(_, up)| *up == 1.0));
    for (query, value) in [
        ("sent_counter{who=\"me\"}", 3.0),
        ("sent_gauge", -1.5),
        ("sent_timer{quantile=\"0.99\"}", 0.25),
        ("sent_timer_sum", 0.25),
        ("sent_timer_count", 1.0),
        ("odd{text=\"say \\\"hi\\\" \\\\ \u{e9}\"}", 1.0),
        ("endless", f64::INFINITY),
        ("big", 123_456_789.0),
        ("statsd_exporter_lines_total", 7.0),
    ] {
        prometheus.query_until(query, |found| matches!(found, [(_, only)] if *only == value));
    }
    prometheus.query_until(
        "count({__name__=~\"sent_.+\"})",
        |found| matches!(found, [(_, count)] if *count == 7.0),
    );
    bridge.stop();
}

#[test]
fn every_query_of_the_dashboard_evaluates() {
    let Some(program) = peer("prometheus") else { return };
    let datagrams = capture::datagrams("mastodon.jsonl");
    let bridge = Launch::built_in().start();
    let prometheus = Prometheus::start(&program, bridge.web());
    bridge.send_udp(&datagrams);
    bridge.settled();
    // A rate needs two scrapes of each series.
    prometheus.wait_for_scrapes(3.0);
    let series: Vec<Series> = promql::series_of(&Recorded::load().samples);
    let (queries, mut with_data) = (promql::dashboard(), 0);
    for query in &queries {
        if query.finds(&series) {
            prometheus.query_until(&query.text, |found| !found.is_empty());
            with_data += 1;
        } else {
            prometheus.query(&query.text).unwrap_or_else(|error| panic!("{}: {error}", query.text));
        }
    }
    assert!(with_data > 50, "only {with_data} of {} queries have data", queries.len());

    // And the numbers are those of the capture.
    let recorded = Recorded::load().samples;
    // (The built-in mapping also has the codes that are empty.)
    for (name, label) in
        [("mastodon_sidekiq_queue_latency", "queue"), ("mastodon_controller_status", "status")]
    {
        let whole: f64 = series.iter().filter(|(n, ..)| n == name).map(|(.., value)| value).sum();
        prometheus.query_until(
            &format!("sum(sum by ({label}) ({name}{{{label}!=\"\"}}))"),
            |found| matches!(found, [(_, sum)] if (sum - whole).abs() <= 1e-9 * whole.abs()),
        );
    }
    let busiest = "mastodon_sidekiq_processed{mastodon=\"sidekiq\"}";
    let value = recorded[busiest];
    prometheus.query_until(busiest, |found| matches!(found, [(_, only)] if *only == value));
    bridge.stop();
}

#[test]
fn prometheus_scrapes_native_histograms_and_finds_their_quantiles() {
    let Some(program) = peer("prometheus") else { return };
    let bridge = Launch::mapped(
        "defaults: {observer_type: histogram}\nmappings:\n- {match: \"*.*\", name: took_seconds, \
         labels: {path: $1}}\n",
    )
    .start();
    // A thousand values from 1 ms to 1 s, each once; and some on both sides of 0.
    let evenly: Vec<_> = (1..=1000).map(|ms| format!("even.t:{ms}|ms")).collect();
    bridge.send_udp(&evenly.chunks(20).map(|lines| lines.join("\n")).collect::<Vec<_>>());
    bridge.send_udp(&["odd.t:-4|h\nodd.t:0|h\nodd.t:0|h\nodd.t:1000|h|@0.1"]);
    bridge.settled();
    let flags = ["--enable-feature=native-histograms"];
    let prometheus = Prometheus::start_with(&program, bridge.web(), &flags);
    // Of neighbouring bounds one is 2^(1/8) times the other.
    for (query, value, tolerance) in [
        ("histogram_count(took_seconds{path=\"even\"})", 1000.0, 0.0),
        ("histogram_sum(took_seconds{path=\"even\"})", 500.5, 1e-9),
        ("histogram_quantile(0.5, took_seconds{path=\"even\"})", 0.5, 0.09),
        ("histogram_quantile(0.9, took_seconds{path=\"even\"})", 0.9, 0.09),
        ("histogram_quantile(0.99, took_seconds{path=\"even\"})", 0.99, 0.09),
        ("histogram_quantile(0.01, took_seconds{path=\"even\"})", 0.01, 0.09),
        ("histogram_count(took_seconds{path=\"odd\"})", 13.0, 0.0),
        ("histogram_quantile(0.05, took_seconds{path=\"odd\"})", -4.0, 0.09),
        ("histogram_quantile(0.9, took_seconds{path=\"odd\"})", 1000.0, 0.09),
        ("histogram_fraction(-1, 1, took_seconds{path=\"odd\"})", 2.0 / 13.0, 1e-9),
        // What is no histogram comes by the same messages.
        ("statsd_exporter_lines_total", 1004.0, 0.0),
    ] {
        prometheus.query_until(
            query,
            |found| matches!(found, [(_, only)] if (only - value).abs() <= tolerance * value.abs()),
        );
    }
    bridge.stop();
}

/// What `promtool` ends with where it understood everything and would only
/// have named some metrics otherwise.
const LINT: i32 = 3;

#[test]
fn promtool_reads_the_exposition() {
    let Some(program) = peer("promtool") else { return };
    let bridge = Launch::mapped(format!(
        "{}\n  - {{match: h, name: http_duration_seconds, help: 'Odd \\ help.', observer_type: histogram}}\n",
        capture::published_mapping()
    ))
    .start();
    bridge.send_udp(&capture::datagrams("mastodon-batched.jsonl"));
    bridge.send_udp(&["h:0.3|h\nh:7|h|#path:/a\"b\\c"]);
    bridge.settled();
    let mut promtool = Command::new(program)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let text = bridge.scrape_text();
    let mut stdin = promtool.stdin.take().unwrap();
    // It answers only when its input has ended.
    stdin.write_all(text.as_bytes()).unwrap();
    drop(stdin);
    let ended = promtool.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.code().is_some_and(|code| code == 0 || code == LINT), "{said}");
    // Names come from the clients and from the incumbent; everything else that
    // it finds is a fault of ours.
    let about_names = |line: &&str| {
        ["suffix", "should not", "should contain", "abbreviated", "base unit", "camelCase"]
            .iter()
            .any(|word| line.contains(word))
    };
    let faults: Vec<_> = said.lines().filter(|line| !about_names(line)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    bridge.stop();
}
