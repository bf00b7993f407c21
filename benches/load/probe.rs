//! Gauges that hold the time of their sending, and the scraping client that
//! compares them with its clock.
//!
//! Heat: warm (a line of the scrape each).

use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::harness::scrape::Client;

/// As many gauges, so that they lie all over a scrape.
pub const PROBES: usize = 16;
/// `big_NN` and `big_NN_probe` are as long as this without the last part.
const PREFIX: usize = "big_00".len();

/// Microseconds.
pub type Times = Histogram<u64>;

fn times() -> Times {
    Histogram::new(3).expect("three digits are few enough")
}

/// Makes the datagrams, and minds how far apart they are sent.
pub struct Probes {
    clock: Instant,
    last: Option<Instant>,
    pub gaps: Times,
    text: String,
}

impl Probes {
    pub fn new(clock: Instant) -> Self {
        Self { clock, last: None, gaps: times(), text: String::new() }
    }

    /// All gauges, set to this moment; tells how many lines that is.
    pub fn write(&mut self, datagram: &mut Vec<u8>) -> u64 {
        let now = Instant::now();
        if let Some(last) = self.last.replace(now) {
            record(&mut self.gaps, now - last);
        }
        self.text.clear();
        let value = (now - self.clock).as_micros();
        for probe in 0..PROBES {
            let _ = writeln!(self.text, "big_{probe:02}_probe:{value}|g");
        }
        datagram.extend_from_slice(self.text.trim_end().as_bytes());
        PROBES as u64
    }
}

/// What the scraping client saw.
pub struct Seen {
    pub ages: Times,
    pub scrapes: u64,
    pub slowest: Duration,
}

/// Scrapes until it is over, with a pause between. What was sent before this
/// begins does not count, nor what is read when nothing is sent any more.
pub fn watch(mut client: Client, clock: Instant, pause: Duration, over: &AtomicBool) -> Seen {
    let begin = clock.elapsed();
    let is_over = || over.load(Ordering::Relaxed);
    let mut seen = Seen { ages: times(), scrapes: 0, slowest: Duration::ZERO };
    while !is_over() {
        let ages = &mut seen.ages;
        let scraped = client.lines(&mut |line| {
            if let Some(sent) = value(line).filter(|sent| *sent >= begin && !is_over()) {
                record(ages, clock.elapsed().saturating_sub(sent));
            }
        });
        seen.slowest = seen.slowest.max(scraped.expect("it answers scrapes").took);
        seen.scrapes += 1;
        thread::sleep(pause);
    }
    seen
}

fn record(times: &mut Times, time: Duration) {
    times.record(time.as_micros() as u64).expect("it grows as needed");
}

/// When a probe was sent, if the line is one.
fn value(line: &[u8]) -> Option<Duration> {
    let value = line.get(PREFIX..)?.strip_prefix(b"_probe ")?;
    let value: f64 = str::from_utf8(value).ok()?.parse().ok()?;
    Some(Duration::from_micros(value as u64))
}
