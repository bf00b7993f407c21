//! The rows of all workers: what each has published, and the sum of those that
//! are gone. Rows come and go; the sum over them never falls.
//!
//! Heat: warm ([`Row::publish`] once a batch).

use std::sync::{Arc, Mutex};

use super::lock;
use super::seqlock::Seqlock;
use super::tally::{CELLS, Tally};

/// All rows.
#[derive(Debug, Default)]
pub(super) struct Rows {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    working: Vec<Arc<Seqlock<CELLS>>>,
    departed: Tally,
}

impl Rows {
    pub(super) fn add(self: &Arc<Self>) -> Row {
        let cells = Arc::new(Seqlock::new());
        lock(&self.inner).working.push(Arc::clone(&cells));
        Row { cells, rows: Arc::clone(self) }
    }

    pub(super) fn total(&self) -> Tally {
        let inner = lock(&self.inner);
        let mut total = inner.departed.clone();
        for row in &inner.working {
            total.merge(&Tally::from_cells(&row.read()));
        }
        total
    }

    /// Moves the last publication of a row to those of the departed, in one
    /// step for every reader.
    fn fold(&self, cells: &Arc<Seqlock<CELLS>>) {
        let mut inner = lock(&self.inner);
        inner.working.retain(|row| !Arc::ptr_eq(row, cells));
        inner.departed.merge(&Tally::from_cells(&cells.read()));
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
        tally.line();
        tally.line_ended(of_lines[turn % of_lines.len()]);
        for step in [turn, turn / 2] {
            tally.sample();
            tally.sample_ended(of_samples[step % of_samples.len()], 3);
        }
    }

    /// Rows come and go, `ROWS` of them with `TURNS` lines each.
    fn worker(rows: &Arc<Rows>) {
        for _ in 0..ROWS {
            let (mut row, mut tally) = (rows.add(), Tally::new());
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
                let total = rows.total();
                let (of_lines, of_samples) = Outcome::ALL.split_at(6);
                assert_eq!(total.lines(), ended(&total, of_lines));
                assert_eq!(total.samples(), ended(&total, of_samples));
                assert_eq!(total.samples(), 2 * total.lines());
                assert!(total.lines() >= last);
                last = total.lines();
            }
        });
        let lines = 2 * ROWS * u64::from(TURNS);
        assert_eq!(rows.total().lines(), lines, "nothing is lost with a row");
        assert!(lock(&rows.inner).working.is_empty());
    }

    #[test]
    fn what_was_not_published_is_not_seen() {
        let rows = Arc::new(Rows::default());
        let (mut row, mut tally) = (rows.add(), Tally::new());
        tally.line();
        row.publish(&tally);
        tally.line();
        assert_eq!(rows.total().lines(), 1);
        drop(row);
        assert_eq!(rows.total().lines(), 1);
    }
}
