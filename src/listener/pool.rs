//! The workers that all stream connections share: a connection borrows one for
//! as long as it takes to read and apply what has arrived, and owns none. So ten
//! thousand idle connections cost no worker and no read buffer.
//!
//! Heat: warm (one `try_lock` per read, nothing per line).

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// Bytes taken from a connection at once.
const READ: usize = 64 * 1024;

/// A fixed number of workers, each with a buffer to read into.
#[derive(Debug)]
pub struct Pool<I> {
    seats: Vec<Mutex<Seat<I>>>,
    next: AtomicUsize,
}

/// A worker and its buffer, which is cleared by nobody.
#[derive(Debug)]
pub(super) struct Seat<I> {
    pub(super) ingest: I,
    pub(super) buffer: Box<[u8]>,
}

impl<I> Pool<I> {
    /// A pool of `size` workers, made by `worker` from their numbers. As many
    /// as there are threads that read is enough for none ever to wait.
    pub fn new(size: NonZeroUsize, worker: impl FnMut(usize) -> I) -> Self {
        let seat = |ingest| Mutex::new(Seat { ingest, buffer: vec![0; READ].into_boxed_slice() });
        let seats = (0..size.get()).map(worker).map(seat).collect();
        Self { seats, next: AtomicUsize::new(0) }
    }

    /// Lends a worker to `work`, which must not wait for anything. A worker
    /// whose last user panicked is lent again: it holds counters and caches
    /// that are good at any moment. `None` only if there are no seats, which
    /// [`Pool::new`] does not allow.
    pub(super) fn with<R>(&self, work: impl FnOnce(&mut Seat<I>) -> R) -> Option<R> {
        let start = self.next.fetch_add(1, Ordering::Relaxed) % self.seats.len().max(1);
        let mut seat = match self.free_from(start) {
            Some(seat) => seat,
            // All are at work: wait for one of them, in turns.
            None => self.seats.get(start)?.lock().unwrap_or_else(PoisonError::into_inner),
        };
        Some(work(&mut seat))
    }

    fn free_from(&self, start: usize) -> Option<MutexGuard<'_, Seat<I>>> {
        let in_turn = self.seats.iter().cycle().skip(start).take(self.seats.len());
        in_turn.map(Mutex::try_lock).find_map(|seat| match seat {
            Ok(seat) => Some(seat),
            Err(TryLockError::Poisoned(seat)) => Some(seat.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    fn pool(size: usize) -> Pool<usize> {
        Pool::new(NonZeroUsize::new(size).unwrap(), |number| number)
    }

    #[test]
    fn workers_are_lent_in_turns_and_a_busy_one_is_passed_over() {
        let pool = pool(3);
        let lent: Vec<_> = (0..6).filter_map(|_| pool.with(|seat| seat.ingest)).collect();
        assert_eq!(lent, [0, 1, 2, 0, 1, 2]);
        let outer = pool.with(|outer| {
            let inner: BTreeSet<_> =
                (0..9).filter_map(|_| pool.with(|inner| inner.ingest)).collect();
            (outer.ingest, inner)
        });
        assert_eq!(outer, Some((0, BTreeSet::from([1, 2]))));
    }

    #[test]
    fn more_users_than_workers_wait_for_each_other() {
        let pool = pool(2);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        assert!(pool.with(|seat| seat.ingest += 1).is_some());
                    }
                });
            }
        });
        let total: usize = pool.seats.iter().map(|seat| seat.lock().unwrap().ingest).sum();
        assert_eq!(total, 8000 + 1, "the two began with 0 and 1");
    }

    #[test]
    fn a_worker_survives_a_panic_of_its_user() {
        let pool = pool(1);
        let panicked = catch_unwind(AssertUnwindSafe(|| pool.with(|_| panic!("a bug"))));
        assert!(panicked.is_err());
        assert_eq!(pool.with(|seat| seat.ingest), Some(0));
    }
}
