//! The captured traffic over UDP, in a circle.
//!
//! Heat: warm.

use std::net::{SocketAddr, UdpSocket};

use crate::books::{
    Books, COUNTERS, Effects, GAUGES, Key, LINES, OBSERVERS, RELAYED, SAMPLES, TAG_ERRORS, UDP,
};
use crate::gate::Actor;
use crate::harness::ports::connected;
use crate::harness::traffic::Traffic;

pub struct Captured {
    socket: UdpSocket,
    datagrams: Vec<(Vec<u8>, Effects)>,
    next: usize,
}

impl Captured {
    /// So many lines a datagram at most.
    pub fn new(to: SocketAddr, lines: usize) -> Self {
        let traffic = Traffic::capture(lines);
        let datagrams = traffic.datagrams().iter();
        let datagrams = datagrams.map(|bytes| (bytes.clone(), effects(bytes))).collect();
        Self { socket: connected(to), datagrams, next: 0 }
    }
}

impl Actor for Captured {
    fn step(&mut self, books: &mut Books) {
        let (bytes, effects) = &self.datagrams[self.next];
        self.socket.send(bytes).expect("loopback takes datagrams");
        books.post(effects);
        self.next = (self.next + 1) % self.datagrams.len();
    }
}

/// Every captured line is one good sample with a rate of 1.
fn effects(datagram: &[u8]) -> Effects {
    let lines: Vec<&[u8]> = datagram.split(|byte| *byte == b'\n').collect();
    let count = |ends: &[&str], kind: Key| {
        let of = |line: &&&[u8]| ends.iter().any(|end| line.ends_with(end.as_bytes()));
        (kind, lines.iter().filter(of).count() as f64)
    };
    let kinds = [count(&["|c"], COUNTERS), count(&["|g"], GAUGES), count(&["|ms"], OBSERVERS)];
    let all = lines.len() as f64;
    assert_eq!(kinds.iter().map(|(_, count)| count).sum::<f64>(), all, "all kinds are known");
    let mut effects = vec![(UDP, 1.0), (LINES, all), (SAMPLES, all), (RELAYED, all)];
    // A few names have a comma, and behind it no tag that can be read.
    let broken = lines.iter().filter(|line| line.contains(&b',')).count() as f64;
    effects.push((TAG_ERRORS, broken));
    effects.extend(kinds.into_iter().filter(|(_, count)| *count > 0.0));
    effects
}
