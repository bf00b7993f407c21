//! Lines of the log on their way out. Whoever logs never waits: the line goes
//! into a buffer of bounded size, and one thread writes what is there. If nobody
//! reads the other end (a full pipe), that thread alone is stuck; the buffer
//! fills, further lines are lost, and their number is told once writing goes on.
//!
//! Making the descriptor non-blocking instead would do it for every process that
//! shares it.
//!
//! Heat: cold.

use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The most bytes that wait. As many again are being written.
const ROOM: usize = 1 << 20;

/// Lines that wait to be written.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Whole lines.
    waiting: Vec<u8>,
    /// Lines that found no room since this was last told.
    lost: u64,
    /// Whether the thread is writing what it took.
    writing: bool,
}

impl Queue {
    /// Starts the thread that writes to `out`. It calls `tell` with the number
    /// of lost lines, which may log.
    pub(super) fn start(
        out: impl Write + Send + 'static,
        tell: impl Fn(u64) + Send + 'static,
    ) -> io::Result<Arc<Self>> {
        let queue = Arc::new(Self::default());
        let emptied = Arc::clone(&queue);
        thread::Builder::new().name("log".to_owned()).spawn(move || emptied.empty(out, tell))?;
        Ok(queue)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a whole line, or counts it as lost.
    pub(super) fn push(&self, line: &[u8]) {
        let mut state = self.lock();
        if state.waiting.len() + line.len() > ROOM {
            state.lost += 1;
            return;
        }
        let was_empty = state.waiting.is_empty();
        state.waiting.extend_from_slice(line);
        if was_empty {
            self.changed.notify_all();
        }
    }

    /// Waits until everything is written, or until `patience` is over.
    pub(super) fn finish(&self, patience: Duration) {
        let end = Instant::now() + patience;
        let mut state = self.lock();
        while state.writing || !state.waiting.is_empty() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn empty(&self, mut out: impl Write, tell: impl Fn(u64)) {
        let mut lines = Vec::new();
        loop {
            let lost = self.take(&mut lines);
            // If it fails, nobody reads any more, and there is nobody to tell.
            let _ = out.write_all(&lines).and_then(|()| out.flush());
            lines.clear();
            if lost > 0 {
                tell(lost);
            }
        }
    }

    /// Waits for lines and swaps them for the empty buffer. Says how many were
    /// lost behind them.
    fn take(&self, empty: &mut Vec<u8>) -> u64 {
        let mut state = self.lock();
        state.writing = false;
        while state.waiting.is_empty() {
            self.changed.notify_all();
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        mem::swap(&mut state.waiting, empty);
        state.writing = true;
        mem::take(&mut state.lost)
    }
}

/// One call a line: the formatter hands over whole lines.
impl Write for &Queue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use std::io::{PipeReader, Read};
    use std::sync::mpsc::{Receiver, channel};

    use super::*;

    const LONG: Duration = Duration::from_mins(1);

    /// A queue whose lines leave through a pipe, its end, and what is told.
    fn queue() -> (Arc<Queue>, PipeReader, Receiver<u64>) {
        let (end, pipe) = io::pipe().unwrap();
        let (told, losses) = channel();
        let queue = Queue::start(pipe, move |lost| told.send(lost).unwrap()).unwrap();
        (queue, end, losses)
    }

    #[test]
    fn lines_leave_in_their_order_and_finish_waits_for_them() {
        let (queue, mut end, losses) = queue();
        for line in ["one\n", "two\n", "three\n"] {
            queue.push(line.as_bytes());
        }
        queue.finish(LONG);
        let mut read = [0; 14];
        end.read_exact(&mut read).unwrap();
        assert_eq!(&read, b"one\ntwo\nthree\n");
        assert!(losses.try_recv().is_err());
    }

    #[test]
    fn where_nobody_reads_nobody_waits_and_losses_are_told_when_one_does() {
        let (queue, mut end, losses) = queue();
        // More than a pipe holds. Once a byte of it is there, the thread has taken
        // it, and is stuck: it takes nothing else until somebody reads.
        queue.push(&vec![b'x'; 1 << 18]);
        end.read_exact(&mut [0]).unwrap();
        let line = vec![b'x'; ROOM / 16];
        for _ in 0..100 {
            queue.push(&line);
        }
        queue.finish(Duration::ZERO);
        assert_eq!(queue.lock().waiting.len(), ROOM);
        assert_eq!(queue.lock().lost, 100 - 16);
        thread::spawn(move || io::copy(&mut end, &mut io::sink()));
        assert_eq!(losses.recv_timeout(LONG), Ok(100 - 16));
        queue.finish(LONG);
        assert!(queue.lock().waiting.is_empty());
    }

    #[test]
    fn a_reader_that_has_gone_is_no_reason_to_stop() {
        let (queue, end, _losses) = queue();
        drop(end);
        for _ in 0..3 {
            queue.push(b"line\n");
            queue.finish(LONG);
        }
        assert!(queue.lock().waiting.is_empty());
    }
}
