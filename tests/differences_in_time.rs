//! The rows of COMPATIBILITY.md that need time to pass, a process to die, or a
//! socket to run full. Each waits for what it wants to see, not for a time.
//!
//! Heat: cold.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![allow(clippy::float_cmp, reason = "the very number is wanted")]

mod support;

use std::net::TcpStream;

use support::bridge::Launch;
use support::scratch::Scratch;
use support::traffic::UdpClient;

#[test]
fn a_ttl_of_zero_in_a_rule_is_for_ever_under_a_default() {
    let bridge = Launch::mapped(
        "defaults: {ttl: 1s}\nmappings:\n- {match: stays, name: stays, ttl: 0s}\n\
         - {match: goes, name: goes}\n",
    )
    .start();
    bridge.send_udp(&["stays:1|c\ngoes:1|c\nunmapped:1|c"]);
    let scrape = bridge.settled();
    assert_eq!(scrape.own("metrics_total{type=\"counter\"}"), 3.0);
    let gone = bridge.scrape_until("the default ttl is over", |scrape| {
        scrape.get("goes{}").is_none() && scrape.get("unmapped{}").is_none()
    });
    assert_eq!(gone.get("stays{}"), Some(1.0));
    bridge.scrape_until("metrics_total counts what is there", |scrape| {
        scrape.own("metrics_total{type=\"counter\"}") == 1.0
    });
    bridge.stop();
}

#[test]
fn the_next_sample_takes_the_ttl_of_a_reload() {
    let rule = |ttl| format!("mappings:\n- {{match: a, name: aa, ttl: {ttl}}}\n");
    let bridge = Launch::mapped(rule("1h")).start();
    bridge.send_udp(&["a:1|c"]);
    bridge.settled();
    bridge.reload(&rule("1s"));
    bridge.send_udp(&["a:1|c"]);
    assert_eq!(bridge.settled().get("aa{}"), Some(2.0));
    bridge.scrape_until("the new ttl holds", |scrape| scrape.get("aa{}").is_none());
    bridge.stop();
}

#[test]
fn a_name_is_free_when_its_last_series_is_gone() {
    let bridge = Launch::mapped("defaults: {ttl: 1s}\n").start();
    bridge.send_udp(&["a:1|c"]);
    assert_eq!(bridge.settled().types["a"], "counter");
    bridge.scrape_until("the counter is gone", |scrape| scrape.get("a{}").is_none());
    bridge.send_udp(&["a:7|g"]);
    let scrape = bridge.settled();
    assert_eq!(scrape.types["a"], "gauge");
    assert_eq!(scrape.get("a{}"), Some(7.0));
    bridge.stop();
}

#[test]
fn a_rule_without_a_type_inherits_the_summary_options_of_the_defaults() {
    let bridge = Launch::mapped(
        "defaults: {summary_options: {max_age: 1s, age_buckets: 1}}\nmappings:\n\
         - {match: t, name: tt, summary_options: {quantiles: [{quantile: 0.5, error: 0.1}]}}\n",
    )
    .start();
    bridge.send_udp(&["t:3|h"]);
    // The default max_age of ten minutes would outlast this test's patience.
    let aged = bridge.scrape_until("the observation is out of the window", |scrape| {
        scrape.get("tt{quantile=\"0.5\"}").is_some_and(f64::is_nan)
    });
    assert_eq!(aged.get("tt_count{}"), Some(1.0), "_count never ages");
    assert_eq!(aged.get("tt_sum{}"), Some(3.0), "_sum never ages");
    bridge.stop();
}

#[test]
fn a_socket_file_that_nobody_listens_on_is_replaced() {
    let first = Launch::unmapped().unixgram().start();
    let path = first.unixgram();
    let listen = format!("--statsd.listen-unixgram={}", path.display());

    // Somebody listens: refused, and the first is not disturbed.
    let second = Launch::unmapped().flag(&listen).finish();
    assert_eq!(second.code, Some(1));
    assert!(second.stderr.contains(path.to_str().unwrap()), "{}", second.stderr);
    first.send_unixgram(&["a:1|c"]);
    assert_eq!(first.settled().get("a{}"), Some(1.0));

    first.stop();

    // A killed process leaves its file.
    let launch = Launch::unmapped();
    let left = launch.folder().join("left.sock");
    drop(std::os::unix::net::UnixDatagram::bind(&left).unwrap());
    assert!(left.exists());
    let bridge = launch.flag(format!("--statsd.listen-unixgram={}", left.display())).start();
    bridge.send_unixgram(&["a:1|c"]);
    assert_eq!(bridge.settled().get("a{}"), Some(1.0));
    bridge.stop();
}

#[test]
fn a_file_that_is_no_socket_is_left_alone() {
    let scratch = Scratch::new();
    let path = scratch.file("precious.txt", "words");
    let listen = format!("--statsd.listen-unixgram={}", path.display());
    let finished = Launch::unmapped().flag(listen).finish();
    assert_eq!(finished.code, Some(1));
    assert_eq!(std::fs::read_to_string(path).unwrap(), "words");
}

#[test]
fn what_the_kernel_drops_is_seen() {
    let bridge = Launch::unmapped().flag("--statsd.read-buffer=4096").start();
    assert_eq!(bridge.scrape().own("udp_kernel_drops_total{}"), 0.0);
    bridge.signal("STOP");
    let lines: Vec<_> = (0..2000).map(|_| "a:1|c").collect();
    UdpClient::new().flood(bridge.udp(), &lines);
    bridge.signal("CONT");
    let scrape = bridge.scrape_until("every datagram is received or dropped", |scrape| {
        scrape.own("lines_total{}") + scrape.own("udp_kernel_drops_total{}") == 2000.0
    });
    assert!(scrape.own("udp_kernel_drops_total{}") > 0.0, "the buffer was too large to overflow");
    assert_eq!(scrape.get("a{}"), Some(scrape.own("lines_total{}")));
    bridge.stop();
}

#[test]
fn running_out_of_files_is_counted_and_gets_over() {
    let mut bridge = Launch::unmapped().open_files(48).start();
    let crowd: Vec<_> = (0..100).map(|_| TcpStream::connect(bridge.tcp()).unwrap()).collect();
    bridge.wait_for_log("accept fails", |line| {
        line.contains("accept") && (line.contains("level=warn") || line.contains("level=error"))
    });
    drop(crowd);
    assert!(bridge.lives());
    let calm = bridge.scrape_until("the failures are counted", |scrape| {
        scrape.own("tcp_connection_errors_total{}") > 0.0
    });
    assert!(calm.own("tcp_connections_total{}") > 0.0);
    bridge.send_tcp(b"a:1|c\n");
    assert_eq!(bridge.settled().get("a{}"), Some(1.0));
    bridge.stop();
}
