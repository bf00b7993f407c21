//! The captured Mastodon traffic through the built binary: with the mapping
//! that everybody uses, and with the built-in one, which must give the same.
//!
//! Counters, gauges, `_sum` and `_count` are held to what the incumbent
//! recorded, to the last bit; quantiles to the data itself.
//!
//! Heat: cold.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![allow(clippy::float_cmp, reason = "the very number is wanted")]

mod support;

use std::collections::BTreeMap;

use support::bridge::{Bridge, Launch};
use support::capture::{self, Reading, Recorded, Totals};
use support::cases::{near, own_counters, unlike};
use support::promql;

/// How far a quantile may lie from the exact one.
const QUANTILE_TOLERANCE: f64 = 0.01;

type Samples = BTreeMap<String, f64>;

fn equal(wanted: &Samples, found: &Samples) {
    let differences = unlike("value of", wanted, found, |_, a, b| a == b);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Every series that is wanted is there with its value; there may be more.
fn contains(wanted: &Samples, found: &Samples, tolerance: f64) {
    assert!(!wanted.is_empty());
    let differences: Vec<_> = wanted
        .iter()
        .filter(|(series, value)| {
            found.get(*series).is_none_or(|other| !near(**value, *other, tolerance))
        })
        .map(|(series, value)| format!("{series}: {value}, found {:?}", found.get(series)))
        .collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn of_mastodon(samples: &Samples) -> Samples {
    let kept = samples.iter().filter(|(series, _)| series.starts_with("mastodon_"));
    kept.map(|(series, value)| (series.clone(), *value)).collect()
}

fn published() -> Bridge {
    Launch::mapped(capture::published_mapping()).start()
}

/// The capture, sent by a Mastodon that runs in another environment.
fn of_environment(datagrams: &[Vec<u8>], environment: &str) -> Vec<Vec<u8>> {
    let renamed = |datagram: &Vec<u8>| {
        let text = String::from_utf8(datagram.clone()).unwrap();
        text.replace("Mastodon.production.", &format!("Mastodon.{environment}.")).into_bytes()
    };
    datagrams.iter().map(renamed).collect()
}

#[test]
fn the_obvious_computation_gives_what_was_recorded() {
    let lines = capture::lines(&capture::datagrams("mastodon.jsonl"));
    let totals = Totals::of(&lines, Reading::EveryStyle);
    equal(&Recorded::load().exact(), &totals.exact);
}

#[test]
fn the_capture_gives_the_recorded_series() {
    let recorded = Recorded::load();
    let datagrams = capture::datagrams("mastodon.jsonl");
    let totals = Totals::of(&capture::lines(&datagrams), Reading::EveryStyle);
    let bridge = published();
    bridge.send_udp(&datagrams);
    let scrape = bridge.settled();
    let received = scrape.received();
    equal(&recorded.exact(), &capture::without_quantiles(&received));
    contains(&totals.quantiles(), &received, QUANTILE_TOLERANCE);
    assert_eq!(received.len(), recorded.samples.len());
    equal(&recorded.own, &own_counters(&scrape));
    for (family, kind) in &recorded.types {
        assert_eq!(scrape.types.get(family), Some(kind), "{family}");
    }
    bridge.stop();
}

#[test]
fn batches_and_tcp_give_what_their_lines_add_up_to() {
    let datagrams = capture::datagrams("mastodon-batched.jsonl");
    let bridge = published();
    bridge.send_udp(&datagrams);
    holds(&bridge, &capture::lines(&datagrams));
    bridge.stop();

    let stream = capture::tcp_stream();
    let bridge = published();
    bridge.send_tcp(&stream);
    let lines: Vec<_> = String::from_utf8(stream).unwrap().lines().map(str::to_owned).collect();
    holds(&bridge, &lines);
    bridge.stop();
}

fn holds(bridge: &Bridge, lines: &[String]) {
    let totals = Totals::of(lines, Reading::EveryStyle);
    let received = bridge.settled().received();
    equal(&totals.exact, &capture::without_quantiles(&received));
    contains(&totals.quantiles(), &received, QUANTILE_TOLERANCE);
}

#[test]
fn the_built_in_mapping_gives_the_published_series_in_any_environment() {
    let recorded = of_mastodon(&Recorded::load().exact());
    let datagrams = capture::datagrams("mastodon.jsonl");
    // The built-in mapping reads no tags in Mastodon's names, so that a table
    // with a comma in its name is a table.
    let totals = Totals::of(&capture::lines(&datagrams), Reading::NameAsItIs);
    for environment in ["production", "staging"] {
        let bridge = Launch::built_in().start();
        bridge.send_udp(&of_environment(&datagrams, environment));
        let scrape = bridge.settled();
        let received = scrape.received();
        contains(&recorded, &received, 0.0);
        contains(&of_mastodon(&totals.exact), &received, 0.0);
        contains(&of_mastodon(&totals.quantiles()), &received, QUANTILE_TOLERANCE);
        assert!(
            received.contains_key(
                "mastodon_db_operation_count{mastodon=\"db\",operation=\"insert\",\
                 table=\"account_stats(account_id,\"}"
            ),
            "the comma is a part of the name"
        );
        bridge.stop();
    }
}

#[test]
fn the_built_in_mapping_takes_batches_and_odd_names() {
    let datagrams = capture::datagrams("mastodon-batched.jsonl");
    let totals = Totals::of(&capture::lines(&datagrams), Reading::NameAsItIs);
    let bridge = Launch::built_in().start();
    bridge.send_udp(&datagrams);
    let received = bridge.settled().received();
    contains(&of_mastodon(&totals.exact), &received, 0.0);
    contains(&of_mastodon(&totals.quantiles()), &received, QUANTILE_TOLERANCE);
    bridge.stop();
}

#[test]
fn every_query_of_the_dashboard_finds_its_names_and_labels() {
    let recorded = promql::series_of(&Recorded::load().samples);
    let bridge = Launch::built_in().start();
    bridge.send_udp(&capture::datagrams("mastodon.jsonl"));
    let received = promql::series_of(&bridge.settled().received());
    let mut with_data = 0;
    for query in promql::dashboard() {
        for selector in &query.selectors {
            let named = |(name, labels, _): &promql::Series| {
                let keys = selector.matchers.iter().map(|(label, _)| label);
                *name == selector.name
                    && keys.chain(&query.grouped_by).all(|label| labels.contains_key(label))
            };
            assert!(received.iter().any(named), "{}: no {}", query.text, selector.name);
        }
        if query.finds(&recorded) {
            with_data += 1;
            assert!(query.finds(&received), "{} finds nothing", query.text);
        }
    }
    assert!(with_data > 50, "only {with_data} queries have data in the capture");
    bridge.stop();
}
