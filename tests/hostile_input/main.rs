//! A table of what an attacker may send. After each entry the process lives,
//! every format of a scrape is valid and tells the same numbers, memory has not
//! moved, no series of the bridge's own was written to, and the next good line
//! counts.
//!
//! Each entry has a process of its own: what one leaves behind cannot hide what
//! another does, and scrapes stay small.
//!
//! Heat: cold.
#![allow(missing_docs, unreachable_pub, reason = "a test is no library")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]
#![allow(clippy::float_cmp, reason = "the very number is wanted")]

#[path = "../support/mod.rs"]
mod support;

mod checks;
mod labels;
mod names;
mod noise;
mod numbers;

use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use checks::{check_formats, check_own, cpu_ticks, events, resident};
use support::bridge::{Bridge, Launch};
use support::exposition::Exposition;
use support::openmetrics_parser::Parser;
use support::traffic::{self, UdpClient};

/// One entry: a few datagrams, and what they leave.
pub struct Row {
    pub what: &'static str,
    pub sent: fn() -> Vec<Vec<u8>>,
    /// How many events they record, each time they are sent.
    pub events: u64,
    /// How many lines a scrape has for what they leave.
    pub shown: usize,
}

const fn row(what: &'static str, events: u64, shown: usize, sent: fn() -> Vec<Vec<u8>>) -> Row {
    Row { what, sent, events, shown }
}

/// The most bytes of a datagram over UDP.
const LONGEST: usize = 65_507;

/// One datagram of lines.
fn lines<L: AsRef<[u8]>>(lines: &[L]) -> Vec<Vec<u8>> {
    let lines: Vec<&[u8]> = lines.iter().map(AsRef::as_ref).collect();
    vec![lines.join(&b'\n')]
}

/// One datagram of one line.
fn line(parts: &[&str]) -> Vec<Vec<u8>> {
    vec![parts.concat().into_bytes()]
}

/// Rules that hand the sender's text on, and overflow.
const MAPPING: &str = "mappings:
- {match: hist.*, name: hist, observer_type: histogram, histogram_options: {buckets: [1, 2]}, labels: {rest: $1}}
- {match: scaled.*, name: scaled, scale: 1.0e+300}
- {match: less.*, name: less, scale: -1}
- {match: dropped.*, name: dropped, action: drop}
- {match: taken.*, name: statsd_exporter_lines_total}
- {match: '^tmpl\\.(.*)$', match_type: regex, name: '$1', labels: {t: '$1'}}
- {match: '^same\\.(.*)\\.(.*)$', match_type: regex, name: same_$2, labels: {x: '$1'}}
";

/// How often an entry is sent between the two looks at the memory.
const REPEATED: usize = 20;
/// What memory may move by meanwhile: much less than a long datagram each time.
const MOVED: u64 = 1024 * 1024;
/// The processor time for one datagram, at most 64 kB, in hundredths of a second
/// of a build without optimization. What is known costs a fiftieth of it.
const TICKS_A_DATAGRAM: u64 = 25;

#[test]
fn whatever_arrives_is_a_bad_line_and_nothing_more() {
    let rows: Vec<&Row> =
        [names::ROWS, labels::ROWS, numbers::ROWS, noise::ROWS].into_iter().flatten().collect();
    let waiting = Mutex::new(rows.iter());
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        // Each waits for its process most of the time.
        for _ in 0..4 {
            scope.spawn(|| {
                let mut parser = Parser::start();
                loop {
                    let Some(row) = waiting.lock().unwrap().next() else { break };
                    let outcome = std::panic::AssertUnwindSafe(|| check(row, &mut parser));
                    if std::panic::catch_unwind(outcome).is_err() {
                        failed.lock().unwrap().push(row.what);
                        parser = Parser::start();
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{} of {} rows, see above: {failed:#?}", failed.len(), rows.len());
}

fn check(row: &Row, parser: &mut Option<Parser>) {
    let start = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    let launch = Launch::mapped(MAPPING).flag("--web.openmetrics=1.0");
    let mut bridge = launch.unixgram().unix().start();
    use_every_buffer(&bridge);
    let before = bridge.scrape();
    let datagrams = (row.sent)();
    bridge.send_udp(&datagrams);
    let after = bridge.settled();
    let left = (events(&after), after.received().len());
    assert_eq!(left, (row.events, row.shown), "{}: events and lines shown", row.what);

    everywhere(&bridge, &datagrams);
    bridge.settled();
    let (memory, ticks) = (resident(bridge.id()), cpu_ticks(bridge.id()));
    for _ in 0..REPEATED {
        bridge.send_udp(&datagrams);
    }
    let last = bridge.settled();
    assert_eq!(last.own("lines_total{}"), bridge.sent(), "{}: lines", row.what);
    let spent = cpu_ticks(bridge.id()) - ticks;
    let most = (REPEATED * datagrams.len()) as u64 * TICKS_A_DATAGRAM;
    assert!(spent <= most + 100, "{}: {spent} ticks", row.what);
    let moved = resident(bridge.id()).saturating_sub(memory);
    assert!(moved <= MOVED, "{}: {moved} bytes", row.what);

    check_own(row.what, &before, &last);
    good_lines_count(&bridge);
    check_formats(&bridge, parser.as_mut(), start);
    assert!(bridge.lives(), "{}", row.what);
    let finished = bridge.stop();
    assert!(!finished.stderr.contains("panicked"), "{}: {}", row.what, finished.stderr);
}

/// Fills all the buffers that a receiving thread has, where the socket can hold
/// as much: later ones take no memory that was not touched before.
fn use_every_buffer(bridge: &Bridge) {
    bridge.signal("STOP");
    UdpClient::new().flood(bridge.udp(), &vec![vec![b'x'; LONGEST]; 64]);
    bridge.signal("CONT");
    let all = |scrape: &Exposition| {
        scrape.own("lines_total{}") + scrape.own("udp_kernel_drops_total{}") == 64.0
    };
    let scrape = bridge.scrape_until("all is received or dropped", all);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    bridge.count(scrape.own("lines_total{}") as u64);
}

/// The same over the other transports. A stream is cut at its first line that is
/// too long.
fn everywhere(bridge: &Bridge, datagrams: &[Vec<u8>]) {
    bridge.send_unixgram(datagrams);
    for datagram in datagrams {
        // The bridge closes a stream at a line that is too long, so nothing from
        // there on is sent: whether the kernel still takes it is a matter of luck.
        let lines = usize::try_from(traffic::lines_in_stream(datagram)).unwrap();
        let whole = datagram.split_inclusive(|byte| *byte == b'\n').take(lines);
        let whole: Vec<u8> = whole.flatten().copied().collect();
        bridge.send_tcp(&whole);
        bridge.send_unix(&whole);
    }
}

fn good_lines_count(bridge: &Bridge) {
    bridge.send_udp(&["good:1|c"]);
    bridge.send_tcp(b"good:1|c\n");
    bridge.send_unixgram(&["good:1|c"]);
    bridge.send_unix(b"good:1|c\n");
    assert_eq!(bridge.settled().get("good{}"), Some(4.0));
}
