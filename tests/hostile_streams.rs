//! Clients of the stream sockets that are slow, silent, half gone or too many cost
//! the others nothing: every line of a good client counts.
//!
//! Heat: cold.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![allow(clippy::float_cmp, reason = "the very number is wanted")]

mod support;

use std::io::Write;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;

use support::bridge::{Bridge, Launch};
use support::ledger::Ledger;
use support::process::{PATIENCE, until};
use support::strace::threads;

const GOOD: &[u8] = b"good:1|c\n";
/// So many of these lines are sent at once.
const MANY: usize = 20_000;

fn connect(bridge: &Bridge) -> TcpStream {
    TcpStream::connect(bridge.tcp()).unwrap()
}

/// The open files of the bridge, and its threads.
fn holds(bridge: &Bridge) -> (usize, usize) {
    let files = std::fs::read_dir(format!("/proc/{}/fd", bridge.id())).unwrap().count();
    (files, threads(bridge.id()).len())
}

/// Waits until the ledger has this number of TCP connections in that row.
fn until_told(bridge: &Bridge, row: &str, count: u64) {
    let told = || Ledger::of(bridge).get(&["streams", "tcp", row]) == count;
    let told = until(PATIENCE, || told().then_some(()));
    assert!(told.is_some(), "never {count} {row}: {:#?}", Ledger::of(bridge));
}

#[test]
fn silent_slow_and_half_closed_clients_cost_a_good_one_nothing() {
    let bridge = Launch::unmapped().unix().start();
    let silent: Vec<_> = (0..300).map(|_| connect(&bridge)).collect();
    let silent_too: Vec<_> =
        (0..100).map(|_| UnixStream::connect(bridge.unix()).unwrap()).collect();
    // Each has begun a line, and says no more.
    let halves: Vec<_> = (0..50).map(|_| connect(&bridge)).collect();
    for mut half in &halves {
        half.write_all(b"half:1|c").unwrap();
    }
    // These have said all; the bridge closes its side, they do not close theirs.
    let closed: Vec<_> = (0..50).map(|_| connect(&bridge)).collect();
    for mut client in &closed {
        client.write_all(b"closed:1|c\n").unwrap();
        client.shutdown(Shutdown::Write).unwrap();
    }
    until_told(&bridge, "accepted", 400);
    let (_, threads) = holds(&bridge);

    let slow: Vec<_> = (0..20).map(|_| connect(&bridge)).collect();
    for byte in b"slow:1|c\n" {
        for mut client in &slow {
            client.set_nodelay(true).unwrap();
            client.write_all(&[*byte]).unwrap();
        }
        bridge.send_tcp(&GOOD.repeat(MANY / 10));
        bridge.send_unix(&GOOD.repeat(MANY / 10));
    }
    bridge.count(50 + 20);
    let scrape = bridge.settled();
    let good = 2.0 * 9.0 * f64::from(u32::try_from(MANY / 10).unwrap());
    for (series, count) in [("good{}", good), ("slow{}", 20.0), ("closed{}", 50.0)] {
        assert_eq!(scrape.get(series), Some(count), "{series}");
    }
    assert_eq!(scrape.get("half{}"), None, "it has no end");
    let threads_now = holds(&bridge).1;
    // Scrapes are made by threads that stay for a while.
    assert!(threads_now <= threads + 4, "{threads} threads became {threads_now}");
    Ledger::of(&bridge).assert_told_by(&scrape);

    // With its end it is a line.
    for mut half in &halves {
        half.write_all(b"\n").unwrap();
    }
    bridge.count(50);
    assert_eq!(bridge.settled().get("half{}"), Some(50.0));
    drop((silent, silent_too, slow, closed));
    bridge.stop();
}

#[test]
fn a_flood_of_connections_is_refused_and_those_that_are_there_go_on() {
    let bridge = Launch::unmapped().unix().flag("--statsd.stream-connections=50").start();
    let mut good = connect(&bridge);
    good.write_all(&GOOD.repeat(MANY)).unwrap();
    bridge.count(u64::try_from(MANY).unwrap());
    let (files, threads) = {
        bridge.settled();
        holds(&bridge)
    };
    let mut crowd: Vec<_> = (0..50).map(|_| connect(&bridge)).collect();
    until_told(&bridge, "refused", 1);
    for round in 1..=10_u64 {
        // Whoever is refused comes again.
        crowd.extend((0..20).map(|_| connect(&bridge)));
        until_told(&bridge, "refused", 1 + 20 * round);
        good.write_all(&GOOD.repeat(MANY / 10)).unwrap();
        bridge.send_unix(GOOD);
    }
    bridge.count(u64::try_from(MANY).unwrap());
    let scrape = bridge.settled();
    let lines = f64::from(u32::try_from(2 * MANY + 10).unwrap());
    assert_eq!(scrape.get("good{}"), Some(lines));
    let (files_now, threads_now) = holds(&bridge);
    // With some room for what the scrapes need.
    assert!(files_now < files + 60, "{files} files, and with 250 connections {files_now}");
    assert!(threads_now <= threads + 4, "{threads} threads became {threads_now}");
    let told = bridge.log().iter().filter(|line| line.contains("too many connections")).count();
    assert_eq!(told, 1, "once in ten seconds: {:#?}", bridge.log());

    drop(crowd);
    // Until they are gone a newcomer may still be refused.
    let sent = lines + 1.0;
    let counted = until(PATIENCE, || {
        let mut client = connect(&bridge);
        let _ = client.write_all(GOOD);
        let _ = client.shutdown(Shutdown::Write);
        let _ = std::io::Read::read(&mut client, &mut [0; 1]);
        (bridge.scrape().get("good{}") == Some(sent)).then_some(())
    });
    assert!(counted.is_some(), "no place comes free");
    bridge.stop();
}

#[test]
fn fewer_files_than_connections_are_told_at_the_start() {
    let told = |launch: Launch| {
        let bridge = launch.open_files(400).start();
        let log = bridge.stop().stderr;
        log.lines().any(|line| line.contains("level=warn") && line.contains("open files"))
    };
    assert!(told(Launch::unmapped()), "1024 connections and 256 of the web port");
    assert!(told(Launch::unmapped().flag("--statsd.stream-connections=100")));
    assert!(!told(Launch::unmapped().flag("--statsd.stream-connections=40")));
    assert!(!told(Launch::unmapped().flag("--statsd.stream-connections=0")), "as asked for");
    let none = Launch::unmapped().flag("--statsd.listen-tcp=");
    assert!(!told(none), "no streams");
    let both = Launch::unmapped().unix().flag("--statsd.stream-connections=40");
    assert!(told(both), "each kind has places of its own");
}

/// A client that is gone without a word is found by the kernel: the connection has
/// its timer for that (the number 2 in the table).
#[test]
fn the_kernel_watches_over_silent_clients() {
    let bridge = Launch::unmapped().start();
    let client = connect(&bridge);
    let (here, there) = (bridge.tcp(), client.local_addr().unwrap());
    let timer = || timer_of(here, there).filter(|timer| timer.starts_with("02:"));
    assert!(until(PATIENCE, timer).is_some(), "{:?}", timer_of(here, there));
    bridge.stop();
}

/// The timer of a connection on IPv4, from the kernel's table.
fn timer_of(local: SocketAddr, remote: SocketAddr) -> Option<String> {
    let shown = |address: SocketAddr| {
        let SocketAddr::V4(address) = address else { panic!("{address} is not IPv4") };
        let host = u32::from_ne_bytes(address.ip().octets());
        format!("{host:08X}:{:04X}", address.port())
    };
    let ends = [shown(local), shown(remote)];
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let mut rows = table.lines().map(|row| row.split_whitespace().collect::<Vec<_>>());
    let row = rows.find(|row| row.get(1..3) == Some(&[&*ends[0], &*ends[1]]))?;
    row.get(5).map(|timer| (*timer).to_owned())
}
