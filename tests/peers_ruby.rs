//! The client library that Mastodon uses, as Debian ships it, sends to the
//! built binary.
//!
//! Heat: cold.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![allow(clippy::float_cmp, reason = "the very number is wanted")]

mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use support::bridge::Launch;
use support::capture::without_quantiles;
use support::cases::{data, unlike};
use support::peer::{peer, skip};

/// Ruby with the library.
fn ruby() -> Option<PathBuf> {
    let ruby = peer("ruby")?;
    let there = Command::new(&ruby).args(["-rstatsd", "-e", "exit"]).output().unwrap();
    if there.status.success() {
        return Some(ruby);
    }
    skip("ruby has no library `statsd` (Debian: ruby-statsd)");
    None
}

/// How many lines the script sends: one by one over UDP, in batches, over TCP.
const LINES: u64 = (3 + 1 + 1 + 1 + 4 + 2 + 1 + 5) + 27 + (1 + 1 + 31);

#[test]
fn what_ruby_sends_is_what_is_shown() {
    let Some(ruby) = ruby() else { return };
    let bridge = Launch::unmapped().start();
    let sent = Command::new(ruby)
        .arg(data("ruby/send.rb"))
        .args([bridge.udp().port().to_string(), bridge.tcp().port().to_string()])
        .output()
        .unwrap();
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    bridge.count(LINES);
    let scrape = bridge.settled();
    assert_eq!(scrape.own("lines_total{}"), f64::from(u32::try_from(LINES).unwrap()));

    let mut shown = without_quantiles(&scrape.received());
    let block = shown.remove("ruby_udp_block_sum{}").unwrap();
    assert!((0.0..10.0).contains(&block), "a timed block took {block} s");
    let wanted: BTreeMap<_, _> = [
        ("ruby_udp_hits{}", 8.0),
        ("ruby_udp_Some_Module_hits{}", 2.0),
        ("ruby_udp_users{}", 42.0),
        ("ruby_udp_load{}", 0.25),
        ("ruby_udp_tiny{}", 1e-5),
        ("ruby_udp_huge{}", 1e16),
        ("ruby_udp_took_count{}", 2.0),
        ("ruby_udp_took_sum{}", 0.32 + 0.885_163 / 1000.0),
        ("ruby_udp_block_count{}", 1.0),
        ("ruby_udp_t_ble{}", 1.0),
        ("ruby_batch_hits{}", 25.0),
        ("ruby_batch_users{}", 7.0),
        ("ruby_batch_took_count{}", 1.0),
        ("ruby_batch_took_sum{}", 1.5),
        ("ruby_tcp_hits{}", 1.0),
        ("ruby_tcp_users{}", 9.0),
        ("ruby_tcp_batched{}", 30.0),
        ("ruby_tcp_took_count{}", 1.0),
        ("ruby_tcp_took_sum{}", 0.25),
    ]
    .into_iter()
    .map(|(series, value)| (series.to_owned(), value))
    .collect();
    let differences = unlike("value of", &wanted, &shown, |_, a, b| a == b);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    let refused = "events_error_total{reason=\"illegal_negative_counter\"}";
    assert_eq!(scrape.own(refused), 1.0, "a decrement is refused");
    bridge.stop();
}
