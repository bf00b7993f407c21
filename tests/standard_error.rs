//! Standard error is a pipe that nobody reads, at debug level, and every line is
//! bad: lines go on being counted, and a stop is a stop.
//!
//! Heat: cold.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![allow(clippy::float_cmp, reason = "the very number is wanted")]

mod support;

use support::bridge::Launch;
use support::log::fields;
use support::process::{PATIENCE, until};

/// Each makes a line of the log of more than 100 bytes: far more than a pipe
/// (64 KiB) and the bridge's own buffer (twice 1 MiB) hold.
const BAD: usize = 40_000;

#[test]
fn a_log_that_nobody_reads_holds_up_neither_lines_nor_the_stop() {
    let mut bridge = Launch::unmapped().flag("--log.level=debug").unixgram().start();
    let gate = bridge.log_gate();
    let unread = gate.lock().unwrap();
    let bad = "not a line\n".repeat(BAD / 400);
    bridge.send_udp(&vec![bad.trim_end(); 200]);
    bridge.send_tcp(bad.repeat(100).as_bytes());
    bridge.send_unixgram(&vec![bad.trim_end(); 100]);
    bridge.send_udp(&["good:1|c"]);
    bridge.send_tcp(b"good:1|c\n");
    bridge.send_unixgram(&["good:1|c"]);
    let scrape = bridge.settled();
    assert_eq!(scrape.get("good{}"), Some(3.0));
    let refused = scrape.own("sample_errors_total{reason=\"malformed_line\"}");
    assert_eq!(refused, f64::from(u32::try_from(BAD).unwrap()));

    // The end waits a second for a reader, and no longer.
    bridge.signal("TERM");
    let ended = until(PATIENCE, || (!bridge.lives()).then_some(()));
    assert!(ended.is_some(), "it does not stop");
    drop(unread);
    assert_eq!(bridge.finish().code, Some(0));
}

#[test]
fn a_reader_who_comes_back_is_told_how_many_lines_were_lost() {
    let bridge = Launch::unmapped().flag("--log.level=debug").start();
    let gate = bridge.log_gate();
    let unread = gate.lock().unwrap();
    let bad = "not a line\n".repeat(100);
    bridge.send_udp(&vec![bad.trim_end(); BAD / 100]);
    bridge.settled();
    drop(unread);
    let line = bridge.wait_for_log("lines were lost", |line| line.contains("lines were lost"));
    let lost: usize = fields(&line)["lines"].parse().unwrap();
    // Whoever reads again reads the rest of it, the last word included.
    let finished = bridge.stop();
    let told = finished.stderr.lines().filter(|line| line.contains("not a line")).count();
    assert!(lost > 0 && told > 0);
    assert_eq!(lost + told, BAD, "{lost} lost, {told} told");
    assert!(finished.stderr.contains("msg=stopped"));
}
