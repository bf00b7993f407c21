//! The relay's side of a worker: each line that the worker takes is appended to
//! a buffer of its own, and the buffer is handed over at the end of a batch, or
//! when it is full. Who takes it packs and sends it (`crate::relay`).
//!
//! The relay never slows a worker: handing over is one `try_send` a batch. When
//! the queue is full the lines of that buffer are lost, and counted. Buffers come
//! back when they have been sent, so a worker makes few of them.
//!
//! Heat: hot ([`Copies::line`] is a copy of bytes and a count).

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use crate::telemetry::Tally;

/// Bytes of a buffer, unless a packet is longer.
const BUFFER: usize = 16 * 1024;
/// Buffers that may wait to be sent, of all workers: 16 MiB of lines, or some
/// 200 ms of batches that hold little.
const QUEUE: usize = 1024;
/// Buffers that a worker keeps to use again.
const SPARES: usize = 16;

/// Where workers hand over copies of their lines. Each worker takes a clone.
#[derive(Clone, Debug)]
pub struct RelayHandle {
    queue: SyncSender<Lines>,
    /// Bytes of a packet at most.
    longest: usize,
}

/// Some lines of one worker, in its order.
#[derive(Debug)]
pub struct Lines {
    bytes: Vec<u8>,
    count: u64,
    home: SyncSender<Vec<u8>>,
}

impl Lines {
    /// The lines, each with a `\n`; none is empty, none but for its `\n` holds one.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Gives the buffer back to its worker. Lines that are dropped without it
    /// cost the worker a new buffer.
    pub fn give_back(mut self) {
        self.bytes.clear();
        // A worker that is gone, or that has enough, needs none.
        let _ = self.home.try_send(self.bytes);
    }
}

impl RelayHandle {
    /// A handle for workers, and what they hand over. Packets will have
    /// `longest` bytes at most; a line that does not fit into one with its `\n`
    /// is left out and counted. The receiver is told of the end when all workers
    /// and handles are gone.
    #[must_use]
    pub fn new(longest: usize) -> (Self, Receiver<Lines>) {
        let (queue, lines) = sync_channel(QUEUE);
        (Self { queue, longest }, lines)
    }
}

/// The copies of one worker.
#[derive(Debug)]
pub(super) struct Copies {
    relay: RelayHandle,
    buffer: Vec<u8>,
    count: u64,
    spares: Receiver<Vec<u8>>,
    home: SyncSender<Vec<u8>>,
}

impl Copies {
    pub(super) fn new(relay: RelayHandle) -> Self {
        let (home, spares) = sync_channel(SPARES);
        let buffer = Vec::with_capacity(relay.room());
        Self { relay, buffer, count: 0, spares, home }
    }

    /// Takes a copy of a line, which has neither `\n` nor `\r\n` at its end.
    #[inline]
    pub(super) fn line(&mut self, line: &[u8], tally: &mut Tally) {
        if line.is_empty() {
            return;
        }
        if line.len() >= self.relay.longest {
            return tally.relay_long_line();
        }
        if self.buffer.len() + line.len() >= self.relay.room() {
            self.hand_over(tally);
        }
        self.buffer.extend_from_slice(line);
        self.buffer.push(b'\n');
        self.count += 1;
    }

    /// Hands over what was taken so far.
    pub(super) fn hand_over(&mut self, tally: &mut Tally) {
        if self.buffer.is_empty() {
            return;
        }
        let fresh =
            self.spares.try_recv().unwrap_or_else(|_| Vec::with_capacity(self.relay.room()));
        let bytes = std::mem::replace(&mut self.buffer, fresh);
        let count = std::mem::take(&mut self.count);
        tally.relay_lines(count);
        let lines = Lines { bytes, count, home: self.home.clone() };
        match self.relay.queue.try_send(lines) {
            Ok(()) => {}
            Err(TrySendError::Full(lines) | TrySendError::Disconnected(lines)) => {
                tally.relay_lines_lost(lines.count);
                lines.give_back();
            }
        }
    }
}

impl RelayHandle {
    /// Bytes of a buffer: a line and its `\n` always fit.
    fn room(&self) -> usize {
        self.longest.max(BUFFER)
    }
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use super::*;

    fn text(lines: &Lines) -> &str {
        std::str::from_utf8(lines.bytes()).unwrap()
    }

    #[test]
    fn every_line_that_fits_is_copied_in_order_and_empty_ones_are_not() {
        let (handle, queue) = RelayHandle::new(6);
        let (mut copies, mut tally) = (Copies::new(handle), Tally::new());
        for line in ["a:1|c", "", "bad", "a:12|c", "\u{e9}", "x"] {
            copies.line(line.as_bytes(), &mut tally);
        }
        assert!(queue.try_recv().is_err(), "nothing is handed over within a batch");
        copies.hand_over(&mut tally);
        copies.hand_over(&mut tally);
        assert_eq!(text(&queue.try_recv().unwrap()), "a:1|c\nbad\n\u{e9}\nx\n");
        assert!(
            queue.try_recv().is_err(),
            "nothing is handed over twice, nor when there is nothing"
        );
        let counts = (tally.relayed(), tally.relay_long_lines(), tally.relay_lost());
        assert_eq!(counts, (4, 1, 0), "five bytes and a newline fit into six, six do not");
    }

    #[test]
    fn a_full_buffer_is_handed_over_within_a_batch_and_holds_whole_lines() {
        let (handle, queue) = RelayHandle::new(1400);
        let (mut copies, mut tally) = (Copies::new(handle), Tally::new());
        for number in 0..10_000 {
            copies.line(format!("name.{number}:1|c").as_bytes(), &mut tally);
        }
        copies.hand_over(&mut tally);
        let mut all = String::new();
        while let Ok(lines) = queue.try_recv() {
            assert!(lines.bytes().len() <= BUFFER && text(&lines).ends_with('\n'));
            all.push_str(text(&lines));
            lines.give_back();
        }
        assert_eq!(all.lines().count(), 10_000);
        assert!(all.lines().enumerate().all(|(at, line)| line == format!("name.{at}:1|c")));
    }

    #[test]
    fn a_full_queue_loses_lines_and_counts_them() {
        let (handle, queue) = RelayHandle::new(100);
        let (mut copies, mut tally) = (Copies::new(handle), Tally::new());
        for _ in 0..QUEUE + 5 {
            copies.line(b"a:1|c", &mut tally);
            copies.line(b"b:1|c", &mut tally);
            copies.hand_over(&mut tally);
        }
        assert_eq!((tally.relayed(), tally.relay_lost()), (2 * (QUEUE as u64 + 5), 10));
        assert_eq!(queue.try_iter().count(), QUEUE);
        drop(queue);
        copies.line(b"c:1|c", &mut tally);
        copies.hand_over(&mut tally);
        assert_eq!(tally.relay_lost(), 11, "nobody takes them any more");
    }

    #[test]
    fn buffers_come_back() {
        let (handle, queue) = RelayHandle::new(100);
        let (mut copies, mut tally) = (Copies::new(handle), Tally::new());
        let mut places = Vec::new();
        for _ in 0..10 {
            copies.line(b"a:1|c", &mut tally);
            copies.hand_over(&mut tally);
            let lines = queue.try_recv().unwrap();
            places.push(lines.bytes().as_ptr());
            lines.give_back();
        }
        places.sort();
        places.dedup();
        assert!(places.len() <= 2, "two take turns");
    }
}
