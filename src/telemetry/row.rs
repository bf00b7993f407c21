//! The rows of all workers: what each has published, and the sum of those that
//! are gone. Rows come and go; the sum over them never falls. Rows of sockets,
//! which are few, stay when their worker has gone, so that each keeps its own
//! number.
//!
//! Heat: warm ([`Row::publish`] once a batch).

use std::sync::{Arc, Mutex};

use super::lock;
use super::seqlock::Seqlock;
use super::sockets::DatagramSocket;
use super::tally::{CELLS, Tally, Transport};

/// All rows.
#[derive(Debug, Default)]
pub(super) struct Rows {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    kept: Vec<Kept>,
    departed: Tally,
}

#[derive(Debug)]
struct Kept {
    cells: Arc<Seqlock<CELLS>>,
    /// The one socket whose datagrams the row counts, if it counts any.
    socket: Option<Arc<DatagramSocket>>,
}

/// What all rows say at one moment: each was read once, so that sums of it
/// agree.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) total: Tally,
    /// In the order in which they were registered.
    pub(super) sockets: Vec<SocketReading>,
}

/// What is known of one socket.
#[derive(Debug)]
pub(super) struct SocketReading {
    pub(super) socket: Arc<DatagramSocket>,
    pub(super) received: u64,
    pub(super) dropped: u64,
    pub(super) waiting_bytes: u64,
}

impl Rows {
    pub(super) fn add(self: &Arc<Self>, socket: Option<Arc<DatagramSocket>>) -> Row {
        let cells = Arc::new(Seqlock::new());
        lock(&self.inner).kept.push(Kept { cells: Arc::clone(&cells), socket });
        Row { cells, rows: Arc::clone(self) }
    }

    pub(super) fn read(&self) -> Reading {
        let inner = lock(&self.inner);
        let mut reading = Reading { total: inner.departed.clone(), sockets: Vec::new() };
        for Kept { cells, socket } in &inner.kept {
            let tally = Tally::from_cells(&cells.read());
            reading.total.merge(&tally);
            reading.sockets.extend(socket.as_ref().map(|of| SocketReading::of(of, &tally)));
        }
        reading
    }

    /// Moves the last publication of a row to those of the departed, in one
    /// step for every reader; that of a socket stays where it is.
    fn fold(&self, cells: &Arc<Seqlock<CELLS>>) {
        let mut inner = lock(&self.inner);
        let goes = |row: &Kept| Arc::ptr_eq(&row.cells, cells) && row.socket.is_none();
        if let Some(place) = inner.kept.iter().position(goes) {
            inner.kept.remove(place);
            inner.departed.merge(&Tally::from_cells(&cells.read()));
        }
    }
}

impl Reading {
    /// What the kernel dropped at the sockets of a kind.
    pub(super) fn dropped(&self, transport: Transport) -> u64 {
        let sockets = self.sockets.iter().filter(|of| of.socket.transport() == transport);
        sockets.map(|socket| socket.dropped).sum()
    }
}

impl SocketReading {
    fn of(socket: &Arc<DatagramSocket>, tally: &Tally) -> Self {
        Self {
            received: tally.received(socket.transport()),
            dropped: socket.dropped(),
            waiting_bytes: socket.waiting_bytes(),
            socket: Arc::clone(socket),
        }
    }
}

/// Where one worker publishes its [`Tally`]. What it published last stays in the
/// sums when it is dropped.
#[derive(Debug)]
pub struct Row {
    cells: Arc<Seqlock<CELLS>>,
    rows: Arc<Rows>,
}

impl Row {
    /// Makes the worker's counts so far visible, all at once. Never waits.
    pub fn publish(&mut self, tally: &Tally) {
        self.cells.write(tally.cells());
    }
}

impl Drop for Row {
    fn drop(&mut self) {
        self.rows.fold(&self.cells);
    }
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use std::thread;

    use super::*;
    use crate::model::Outcome;

    fn ended(tally: &Tally, outcomes: &[Outcome]) -> u64 {
        outcomes.iter().map(|outcome| tally.outcome(*outcome)).sum()
    }

    /// One line of two samples, each with another end every time.
    fn work(tally: &mut Tally, turn: u16) {
        let turn = usize::from(turn);
        let (of_lines, of_samples) = Outcome::ALL.split_at(6);
        tally.lines_taken(1);
        tally.lines_ended(of_lines[turn % of_lines.len()], 1);
        for step in [turn, turn / 2] {
            tally.samples_taken(1);
            tally.sample_ended(of_samples[step % of_samples.len()], 3);
        }
    }

    /// Rows come and go, `ROWS` of them with `TURNS` lines each.
    fn worker(rows: &Arc<Rows>) {
        for _ in 0..ROWS {
            let (mut row, mut tally) = (rows.add(None), Tally::new());
            for turn in 0..TURNS {
                work(&mut tally, turn);
                row.publish(&tally);
            }
        }
    }

    const ROWS: u64 = 20;
    const TURNS: u16 = 2000;

    #[test]
    fn every_total_balances_and_none_falls() {
        let rows = Arc::new(Rows::default());
        thread::scope(|scope| {
            let workers = [0, 1].map(|_| scope.spawn(|| worker(&rows)));
            let mut last = 0;
            while !workers.iter().all(thread::ScopedJoinHandle::is_finished) {
                let total = rows.read().total;
                let (of_lines, of_samples) = Outcome::ALL.split_at(6);
                assert_eq!(total.lines(), ended(&total, of_lines));
                assert_eq!(total.samples(), ended(&total, of_samples));
                assert_eq!(total.samples(), 2 * total.lines());
                assert!(total.lines() >= last);
                last = total.lines();
            }
        });
        let lines = 2 * ROWS * u64::from(TURNS);
        assert_eq!(rows.read().total.lines(), lines, "nothing is lost with a row");
        assert!(lock(&rows.inner).kept.is_empty());
    }

    #[test]
    fn what_was_not_published_is_not_seen() {
        let rows = Arc::new(Rows::default());
        let (mut row, mut tally) = (rows.add(None), Tally::new());
        tally.lines_taken(1);
        row.publish(&tally);
        tally.lines_taken(1);
        assert_eq!(rows.read().total.lines(), 1);
        drop(row);
        assert_eq!(rows.read().total.lines(), 1);
    }
}
