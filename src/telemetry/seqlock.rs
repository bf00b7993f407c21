//! A seqlock: one writer publishes a whole array of integers, any number of
//! readers see all of one publication or try again. The writer never waits.
//!
//! The protocol. `version` is even while the cells are at rest and odd while
//! they are written.
//! - The writer makes it odd, then a release fence, then stores the cells, then
//!   makes it even with a release store. Nobody else writes.
//! - A reader loads an even version with acquire, loads the cells, then an
//!   acquire fence, then loads the version again. If it is the same, the cells
//!   belong to that version: had any of them been of a later publication, the
//!   fence of that publication would have made its odd version visible too.
//!
//! Heat: warm (a write per batch, a read per scrape).

use crate::sync::atomic::{AtomicU64, Ordering, fence};

/// `N` integers that are read together. Starts as zeros.
///
/// Aligned so that no two of them, nor a neighbour that another core writes,
/// share a cache line or a pair of them.
#[repr(align(128))]
#[derive(Debug)]
pub(super) struct Seqlock<const N: usize> {
    version: AtomicU64,
    cells: [AtomicU64; N],
}

impl<const N: usize> Seqlock<N> {
    pub(super) fn new() -> Self {
        Self { version: AtomicU64::new(0), cells: std::array::from_fn(|_| AtomicU64::new(0)) }
    }

    /// Publishes `values`. Only one thread at a time may call it; were there two,
    /// readers could see a mixture, but nothing worse.
    pub(super) fn write(&self, values: &[u64; N]) {
        let version = self.version.load(Ordering::Relaxed);
        self.version.store(version.wrapping_add(1), Ordering::Relaxed);
        fence(Ordering::Release);
        for (cell, value) in self.cells.iter().zip(values) {
            cell.store(*value, Ordering::Relaxed);
        }
        self.version.store(version.wrapping_add(2), Ordering::Release);
    }

    /// The last publication, or `None` if one was going on.
    pub(super) fn try_read(&self) -> Option<[u64; N]> {
        let before = self.version.load(Ordering::Acquire);
        if before % 2 == 1 {
            return None;
        }
        let values = std::array::from_fn(|at| {
            self.cells.get(at).map_or(0, |cell| cell.load(Ordering::Relaxed))
        });
        fence(Ordering::Acquire);
        (self.version.load(Ordering::Relaxed) == before).then_some(values)
    }

    /// The last publication. Tries until none is going on: a publication takes
    /// some tens of nanoseconds, unless the writer lost its core in the middle.
    pub(super) fn read(&self) -> [u64; N] {
        loop {
            for _ in 0..64 {
                if let Some(values) = self.try_read() {
                    return values;
                }
                std::hint::spin_loop();
            }
            std::thread::yield_now();
        }
    }
}

#[cfg(all(test, loom_model))]
mod loom_tests {
    use loom::sync::Arc;

    use super::*;

    /// One thread publishes `first ..= last` while another reads `reads` times.
    fn race(first: u64, last: u64, reads: usize) {
        loom::model(move || {
            let lock = Arc::new(Seqlock::<2>::new());
            for n in 1..first {
                lock.write(&[n, n]);
            }
            let writer = {
                let lock = Arc::clone(&lock);
                loom::thread::spawn(move || (first..=last).for_each(|n| lock.write(&[n, n])))
            };
            let mut seen = 0;
            for _ in 0..reads {
                if let Some([a, b]) = lock.try_read() {
                    assert_eq!(a, b, "torn");
                    assert!(a >= seen, "backwards");
                    seen = a;
                }
            }
            writer.join().unwrap();
            assert_eq!(lock.try_read(), Some([last, last]));
        });
    }

    #[test]
    fn a_read_during_two_publications_is_whole() {
        race(1, 2, 1);
    }

    #[test]
    fn two_reads_during_a_publication_are_in_order() {
        race(2, 2, 2);
    }
}
