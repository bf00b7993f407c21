//! Sends what must all arrive, as fast as the receiver takes it: it looks into
//! the receiver's socket and waits while there is much in it.
//!
//! Heat: cold.

use std::thread;
use std::time::{Duration, Instant};

use crate::harness::ports::connected;
use crate::harness::traffic::{PACKED_LINES, packed};
use crate::ledger::Loss;
use crate::sender::Sent;
use crate::subject::{Counts, Subject};

/// Sent before the next look.
const LOOK: usize = 64 * 1024;
/// May wait in the socket: an eighth of what 4 MiB hold.
const WAITING: u64 = 1 << 20;
/// Other programs take datagrams out of the socket into queues of their own,
/// which nobody can look into; at this rate of bytes they keep up.
const OTHERS: f64 = 4e6;

/// What was sent, and is done, but has not been accounted for.
pub struct Poured {
    before: Counts,
    sent: Sent,
}

/// Sends the lines packed, waits until all are done, and makes sure that none
/// was lost (with a program that is not ours, tells).
pub fn fill(subject: &dyn Subject, lines: impl Iterator<Item = String>) -> Loss {
    pour(subject, lines).account(subject)
}

/// The same, but asks nothing of the subject at the end, which would be a scrape.
pub fn pour(subject: &dyn Subject, lines: impl Iterator<Item = String>) -> Poured {
    let before = subject.counts();
    let sent = send(subject, lines);
    subject.settle();
    Poured { before, sent }
}

impl Poured {
    pub fn account(self, subject: &dyn Subject) -> Loss {
        let loss = Loss::since(self.before, subject, self.sent);
        assert!(!subject.balances() || loss.lost() == 0, "{}: {loss}", subject.name());
        loss
    }
}

/// Sends only.
pub fn send(subject: &dyn Subject, lines: impl Iterator<Item = String>) -> Sent {
    let client = connected(subject.udp());
    let (begin, mut sent) = (Instant::now(), Sent::default());
    let (mut bytes, mut unseen) = (0, 0);
    for (datagram, count) in packed(lines, PACKED_LINES) {
        client.send(&datagram).expect("loopback takes datagrams");
        sent.datagrams += 1;
        sent.lines += count;
        bytes += datagram.len();
        unseen += datagram.len();
        if unseen > LOOK {
            unseen = 0;
            wait(subject, begin, bytes);
        }
    }
    sent.took = begin.elapsed().as_secs_f64();
    sent
}

fn wait(subject: &dyn Subject, begin: Instant, bytes: usize) {
    while subject.waiting() > WAITING {
        thread::sleep(Duration::from_micros(100));
    }
    if !subject.balances() {
        let due = begin + Duration::from_secs_f64(bytes as f64 / OTHERS);
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
}
