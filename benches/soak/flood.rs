//! More datagrams than the socket holds, each of one line, while the bridge is
//! stopped by a signal: what the kernel then drops must be told to the last one,
//! and all the rest must be counted.
//!
//! Heat: cold.

use std::fs;
use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::books::{Books, COUNTERS, Key, UDP, good};
use crate::bridge::Bridge;
use crate::harness::ports::connected;
use crate::harness::socket_table;

pub const FLOOD: Key = "flood";
const LINE: &[u8] = b"flood:1|c";
/// Sent between two looks at the kernel's table.
const BATCH: u64 = 500;
/// Enough are dropped.
const DROPS: u64 = 1_000;
/// More than any buffer that is granted here holds.
const MOST: u64 = 200_000;

/// Returns how many were dropped, by the kernel's own table.
pub fn flood(bridge: &Bridge, books: &mut Books) -> u64 {
    let to = bridge.places().udp;
    let dropped = || socket_table::row(to.port()).expect("the bridge listens").drops;
    let client = connected(to);
    let (before, mut sent) = (dropped(), 0);
    bridge.signal(Signal::SIGSTOP);
    while !is_stopped(bridge) {
        thread::sleep(Duration::from_millis(1));
    }
    while dropped() - before < DROPS && sent < MOST {
        send(&client, BATCH);
        sent += BATCH;
    }
    let lost = dropped() - before;
    bridge.signal(Signal::SIGCONT);
    post(books, sent, lost);
    lost
}

/// So many that the socket has room for.
pub fn trickle(bridge: &Bridge, count: u64, books: &mut Books) {
    send(&connected(bridge.places().udp), count);
    post(books, count, 0);
}

fn send(client: &std::net::UdpSocket, count: u64) {
    for _ in 0..count {
        client.send(LINE).expect("loopback takes datagrams");
    }
}

fn post(books: &mut Books, sent: u64, lost: u64) {
    books.add(UDP, sent as f64);
    let arrived = (sent - lost) as f64;
    books.add(FLOOD, arrived);
    for (key, each) in good(COUNTERS) {
        books.add(key, arrived * each);
    }
}

fn is_stopped(bridge: &Bridge) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", bridge.id())).expect("it is alive");
    status.lines().any(|line| line.starts_with("State:") && line.contains("T (stopped)"))
}
