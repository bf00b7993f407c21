//! A steady schedule: small bursts, and none that alone could overflow the
//! receiver's buffer. Who falls behind catches up a little and then forgets the
//! rest; the rate that was achieved tells of it.
//!
//! Heat: warm (once per burst).

use std::thread;
use std::time::{Duration, Instant};

/// Between two bursts, where the rate gives at least one datagram for each.
const INTERVAL: Duration = Duration::from_micros(200);

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rate {
    /// Datagrams a second.
    Steady(f64),
    /// As many as the sender can.
    Unpaced,
}

pub struct Pace {
    rate: Rate,
    most: u64,
    interval: Duration,
    begin: Instant,
    next: Instant,
    /// Sent or forgotten.
    accounted: u64,
}

impl Pace {
    /// `most` is the largest burst.
    pub fn new(rate: Rate, most: u64) -> Self {
        let one = match rate {
            Rate::Steady(rate) => Duration::from_secs_f64(1.0 / rate),
            Rate::Unpaced => Duration::ZERO,
        };
        let begin = Instant::now();
        Self { rate, most, interval: INTERVAL.max(one), begin, next: begin, accounted: 0 }
    }

    /// Sleeps until the next burst is due, and tells its size.
    pub fn burst(&mut self) -> u64 {
        let Rate::Steady(rate) = self.rate else { return self.most };
        self.next += self.interval;
        let now = Instant::now();
        if self.next > now {
            thread::sleep(self.next - now);
        } else {
            self.next = now;
        }
        let due = (self.begin.elapsed().as_secs_f64() * rate) as u64;
        let owed = due.saturating_sub(self.accounted);
        self.accounted = due;
        owed.min(self.most)
    }
}
