//! Ingestion does not wait for a scrape: not for one whose client reads nothing,
//! in whatever format and however compressed, nor for fifty at once.
//!
//! Heat: cold.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use socket2::{Domain, Socket, Type};
use support::bridge::{Bridge, Launch};
use support::http;
use support::ledger::Ledger;
use support::process::{PATIENCE, until};

const PROTOBUF: &str = "application/vnd.google.protobuf;\
    proto=io.prometheus.client.MetricFamily;encoding=delimited";
const IN_FLIGHT: &str = "promhttp_metric_handler_requests_in_flight";
/// More than any socket's buffers hold, compressed too.
const SERIES: u32 = 10_000;
const VALUE: usize = 450;

/// Series whose labels no encoder makes much smaller.
fn fill(bridge: &Bridge) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut lines = String::new();
    for number in 0..SERIES {
        write!(lines, "big:1|c|#n:{number},v:").unwrap();
        for _ in 0..VALUE {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            lines.push(char::from(b'0' + state.to_be_bytes()[0] % 64));
        }
        lines.push('\n');
    }
    // What would end a value or be escaped is not needed for this.
    let lines = lines.replace('\\', "a");
    bridge.send_tcp(lines.as_bytes());
    until_shown(bridge, "statsd_exporter_lines_total", f64::from(SERIES));
}

/// Scrapes until this line is in the text. (Reading all of it strictly, each
/// time, would take most of the test.)
fn until_shown(bridge: &Bridge, series: &str, value: f64) {
    let line = format!("\n{series} {value}\n");
    let shown = until(PATIENCE, || bridge.scrape_text().contains(&line).then_some(()));
    assert!(shown.is_some(), "never shown: {line}");
}

/// Asks for a scrape, and reads no more of it than that it has begun.
fn ask_and_not_read(bridge: &Bridge, headers: &str) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(&bridge.web().into()).unwrap();
    let mut client = TcpStream::from(socket);
    write!(client, "GET /metrics HTTP/1.1\r\nHost: x\r\n{headers}\r\n").unwrap();
    let mut status = [0; 12];
    client.read_exact(&mut status).unwrap();
    assert_eq!(&status, b"HTTP/1.1 200");
    client
}

#[test]
fn lines_are_counted_while_clients_of_scrapes_read_nothing() {
    let bridge = Launch::unmapped().flag("--web.openmetrics=1.0").start();
    fill(&bridge);
    let mut sent = 0.0;
    let mut waiting = Vec::new();
    for headers in [
        String::new(),
        "Accept-Encoding: gzip\r\n".to_owned(),
        "Accept-Encoding: zstd\r\n".to_owned(),
        "Accept: application/openmetrics-text;version=1.0.0\r\n".to_owned(),
        format!("Accept: {PROTOBUF}\r\n"),
        format!("Accept: {PROTOBUF}\r\nAccept-Encoding: zstd\r\n"),
    ] {
        waiting.push(ask_and_not_read(&bridge, &headers));
        // Through every listener, to series that are there and to new ones.
        bridge.send_udp(&[format!("small:1|c\nnew.{sent}:1|c\nbig:1|c|#n:x{sent},v:y")]);
        bridge.send_tcp(b"small:1|c\nbig:1|c|#n:0,v:z\n");
        sent += 1.0;
        until_shown(&bridge, "statsd_exporter_lines_total", f64::from(SERIES) + 5.0 * sent);
        until_shown(&bridge, "small", 2.0 * sent);
        // These, and the one that says so: none was over by then.
        until_shown(&bridge, IN_FLIGHT, sent + 1.0);
    }
    drop(waiting);
    until_shown(&bridge, IN_FLIGHT, 1.0);
    bridge.stop();
}

/// As many scrapes are made at once, as README.md says.
const PLACES: usize = 16;

/// How many lines the ledger tells of: it needs no place.
fn lines(bridge: &Bridge) -> u64 {
    Ledger::of(bridge).get(&["lines", "received"])
}

/// Sends through every listener, and waits until all of it is counted.
fn counted_meanwhile(bridge: &Bridge, rounds: u64) {
    let before = lines(bridge);
    for round in 1..=rounds {
        bridge.send_udp(&vec!["small:1|c\nsmall:1|c"; 100]);
        bridge.send_tcp(&b"small:1|c\n".repeat(100));
        let sent = before + 300 * round;
        let counted = until(PATIENCE, || (lines(bridge) == sent).then_some(()));
        assert!(counted.is_some(), "{} of {sent} lines", lines(bridge));
    }
}

#[test]
fn fifty_scrapers_at_once_are_answered_and_no_line_waits_for_them() {
    let bridge = Launch::unmapped().start();
    fill(&bridge);
    let (web, enough) = (bridge.web(), AtomicBool::new(false));
    // Half of the places are taken by clients that do not read.
    let waiting: Vec<_> = (0..PLACES / 2).map(|_| ask_and_not_read(&bridge, "")).collect();
    let answers = thread::scope(|scope| {
        let scraper = || {
            let mut codes = Vec::new();
            while !enough.load(Ordering::Relaxed) {
                codes.push(http::get(web, "/metrics").map_or(0, |answer| answer.status));
            }
            codes
        };
        let scrapers: Vec<_> = (0..50).map(|_| scope.spawn(scraper)).collect();
        let sent = catch_unwind(AssertUnwindSafe(|| counted_meanwhile(&bridge, 20)));
        enough.store(true, Ordering::Relaxed);
        let codes = scrapers.into_iter().flat_map(|scraper| scraper.join().unwrap());
        let mut answers = BTreeMap::<u16, u32>::new();
        codes.for_each(|code| *answers.entry(code).or_default() += 1);
        sent.unwrap();
        answers
    });
    println!("answers by status: {answers:?}");
    assert!(answers.contains_key(&200) && answers.keys().all(|code| [200, 503].contains(code)));
    drop(waiting);
    until_shown(&bridge, "small", 20.0 * 300.0);
    bridge.stop();
}

#[test]
fn clients_that_take_every_place_are_in_the_way_of_scrapes_alone() {
    let bridge = Launch::unmapped().start();
    fill(&bridge);
    let mut waiting: Vec<_> = (0..PLACES).map(|_| ask_and_not_read(&bridge, "")).collect();
    for _ in 0..3 {
        let refused = bridge.get("/metrics").unwrap();
        assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
        counted_meanwhile(&bridge, 1);
        for path in ["/-/healthy", "/-/ready", "/"] {
            assert_eq!(bridge.get(path).unwrap().status, 200, "{path}");
        }
    }
    // One goes away, and its place is for the next.
    drop(waiting.pop());
    let scraped = || bridge.get("/metrics").is_ok_and(|answer| answer.status == 200);
    assert!(until(PATIENCE, || scraped().then_some(())).is_some(), "no place comes free");
    until_shown(&bridge, "small", 900.0);
    bridge.stop();
}
