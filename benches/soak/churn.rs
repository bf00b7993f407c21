//! Names that are ever new: series that expire, families that come and go, a
//! family that changes its type with the rules, and one that outgrows its
//! budget while its first member goes on counting.
//!
//! Heat: warm.

use std::fmt::Write;
use std::net::{SocketAddr, UdpSocket};

use crate::books::{Books, COUNTERS, CROWD, GAUGES, Key, LINES, OBSERVERS, RELAYED, SAMPLES, UDP};
use crate::gate::Actor;
use crate::harness::ports::connected;

/// The member of the crowd that is there from the beginning.
pub const FIRST: Key = "crowd{member=\"0\"}";
/// New families, one in so many steps.
const FAMILY_EVERY: u64 = 10;

pub struct Churn {
    socket: UdpSocket,
    number: u64,
    text: String,
}

impl Churn {
    pub fn new(to: SocketAddr) -> Self {
        Self { socket: connected(to), number: 0, text: String::new() }
    }
}

impl Actor for Churn {
    fn step(&mut self, books: &mut Books) {
        self.number += 1;
        let n = self.number;
        self.text.clear();
        let _ = write!(
            self.text,
            "crowd.0:1|c\ncrowd.{n}:1|c\nbrief.hits.{n}:1|c\nbrief.level.{n}:{n}|g\n\
             brief.took.{n}:{n}|ms\nbrief.size.{n}:3|h\nswing.{}:7|ms",
            n % 50
        );
        books.post(&[(UDP, 1.0), (COUNTERS, 3.0), (GAUGES, 1.0), (OBSERVERS, 3.0)]);
        books.post(&[(CROWD, 2.0), (FIRST, 1.0)]);
        let mut lines = 7.0;
        if n.is_multiple_of(FAMILY_EVERY) {
            let _ = write!(self.text, "\nfleeting.f{n}.a:1|c\nfleeting.f{n}.b:2|c");
            books.add(COUNTERS, 2.0);
            lines += 2.0;
        }
        books.post(&[(LINES, lines), (SAMPLES, lines), (RELAYED, lines)]);
        self.socket.send(self.text.as_bytes()).expect("loopback takes datagrams");
    }
}
