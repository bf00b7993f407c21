//! The loop of a thread that receives datagrams, the same for UDP and unixgram:
//! take a batch, read the clock once, hand the datagrams over, flush; then sleep
//! or block as the pace says. It never looks into a datagram, but for the end of
//! one that was cut.
//!
//! Heat: warm (the clock, the flush and the sleep once per batch; per datagram
//! only the handing over).

use std::io;
use std::os::fd::AsFd;
use std::thread;
use std::time::{Duration, Instant};

use tracing::warn;

use super::pace::{Next, Pace, Round};
use super::receive::{self, Batch, SLOTS};
use super::stop::Stop;
use super::{Ingest, Received, Transport};
use crate::clock::Clock;

/// How long a stopping thread takes what is still in the socket.
const DRAIN: Duration = Duration::from_secs(1);
/// The pause after an error of the socket, which also paces the log.
const PAUSE: Duration = Duration::from_secs(1);

/// When a receiving thread wakes, and what it tells the time by.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// Asked once per batch.
    pub clock: Clock,
    /// The longest that a datagram may wait in the socket while the thread
    /// sleeps to take many at once; with 0 it wakes for each.
    pub delay: Duration,
}

/// Receives until told to stop, then takes what the socket still holds, for a
/// second at most.
pub(super) fn run(
    socket: &impl AsFd,
    transport: Transport,
    ingest: &mut impl Ingest,
    timing: Timing,
    stop: &Stop,
) {
    let Timing { clock, delay } = timing;
    let buffer = socket2::SockRef::from(socket).recv_buffer_size().unwrap_or_default();
    let mut pace = Pace::new(buffer, delay);
    let mut receiver = Receiver { batch: Batch::new(), transport, clock, last: Instant::now() };
    while !stop.is_raised() {
        match receiver.round(socket, ingest) {
            Ok(round) => follow(pace.after(round), socket, stop),
            Err(error) => {
                warn!(?transport, %error, "cannot receive, trying again");
                pause(&receive::wait(None, stop.as_fd(), Some(PAUSE)));
            }
        }
    }
    let deadline = Instant::now() + DRAIN;
    while Instant::now() < deadline {
        match receiver.round(socket, ingest) {
            Ok(Round { datagrams: 1.., .. }) => {}
            Ok(_) | Err(_) => break,
        }
    }
}

fn follow(next: Next, socket: &impl AsFd, stop: &Stop) {
    match next {
        Next::Again => {}
        Next::Sleep(sleep) => thread::sleep(sleep),
        Next::Block => pause(&receive::wait(Some(socket.as_fd()), stop.as_fd(), None)),
    }
}

/// A wait that fails (no memory) must not become a busy loop.
fn pause(waited: &io::Result<()>) {
    if waited.is_err() {
        thread::sleep(PAUSE);
    }
}

struct Receiver {
    batch: Batch,
    transport: Transport,
    clock: Clock,
    last: Instant,
}

impl Receiver {
    /// Takes one batch, if there is one, and hands it over.
    fn round(&mut self, socket: &impl AsFd, ingest: &mut impl Ingest) -> io::Result<Round> {
        let count = self.batch.receive(socket.as_fd())?;
        let now = Instant::now();
        let elapsed = now - self.last;
        self.last = now;
        let bytes = if count > 0 { self.hand_over(now, ingest) } else { 0 };
        let datagrams = u64::try_from(count).unwrap_or(u64::MAX);
        Ok(Round { datagrams, bytes, emptied: count < SLOTS, elapsed })
    }

    fn hand_over(&self, now: Instant, ingest: &mut impl Ingest) -> u64 {
        let tick = self.clock.at(now);
        let mut batch = Received { transport: self.transport, datagrams: 0, truncated: 0 };
        let mut bytes = 0;
        let usable = self.batch.datagrams().filter_map(|datagram| {
            batch.datagrams += 1;
            bytes += u64::try_from(datagram.bytes.len()).unwrap_or(u64::MAX);
            if !datagram.truncated {
                return Some(datagram.bytes);
            }
            batch.truncated += 1;
            whole_lines(datagram.bytes)
        });
        ingest.datagrams(usable, tick);
        ingest.received(batch);
        ingest.flush();
        bytes
    }
}

/// What is certain of a datagram that was cut: all up to its last `\n`, without
/// it. The rest may look like a line and mean another one (`a:1|c|@0` of
/// `a:1|c|@0.1`).
fn whole_lines(cut: &[u8]) -> Option<&[u8]> {
    cut.get(..memchr::memrchr(b'\n', cut)?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;

    use super::super::pace::DEFAULT_DELAY;
    use super::*;
    use crate::model::Tick;

    #[derive(Default)]
    struct Recorder {
        datagrams: Vec<Vec<u8>>,
        batches: Vec<Received>,
        flushed: usize,
    }

    impl Ingest for Recorder {
        fn datagram(&mut self, bytes: &[u8], _: Tick) {
            self.datagrams.push(bytes.to_vec());
        }
        fn line(&mut self, _: &[u8], _: Tick) {
            panic!("datagrams are not cut into lines here");
        }
        fn received(&mut self, batch: Received) {
            self.batches.push(batch);
        }
        fn flush(&mut self) {
            assert_eq!(self.batches.len(), self.flushed + 1, "a flush ends one batch");
            self.flushed += 1;
        }
    }

    #[test]
    fn a_stopped_loop_takes_what_the_socket_holds_and_counts_it() {
        let (receiver, sender) = UnixDatagram::pair().unwrap();
        for text in ["a:1|c", "", "b:1|c\nc:1|c\n"] {
            sender.send(text.as_bytes()).unwrap();
        }
        let cut: Vec<u8> = b"d:1|c\n".iter().copied().cycle().take(70_000).collect();
        sender.send(&cut).unwrap();
        sender.send(&vec![b'x'; 70_000]).unwrap();
        let (stopper, stop) = super::super::stop::stop().unwrap();
        stopper.stop();
        let mut recorder = Recorder::default();
        let timing = Timing { clock: Clock::start(), delay: DEFAULT_DELAY };
        run(&receiver, Transport::Unixgram, &mut recorder, timing, &stop);

        let texts = [&b"a:1|c"[..], b"", b"b:1|c\nc:1|c\n", cut.get(..65_531).unwrap()];
        assert!(recorder.datagrams == texts, "65,531: no line is cut, no newline at the end");
        let transport = Transport::Unixgram;
        assert_eq!(recorder.batches, [Received { transport, datagrams: 5, truncated: 2 }]);
        assert_eq!(recorder.flushed, 1);
    }

    #[test]
    fn a_cut_datagram_keeps_its_whole_lines() {
        assert_eq!(whole_lines(b"a\nb\nc"), Some(&b"a\nb"[..]));
        assert_eq!(whole_lines(b"a\n"), Some(&b"a"[..]));
        assert_eq!(whole_lines(b"abc"), None);
    }
}
