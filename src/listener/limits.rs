//! What the connections of one kind, TCP or unix, share: how many there may be, how
//! long one may be silent, how long a line may be, and who counts.
//!
//! Of more connections than there may be the newcomer is closed at once. Those that
//! are there are at work, as far as anybody can tell; a newcomer that had to wait
//! would believe that its lines arrive, and hold a descriptor meanwhile. It is told
//! as soon as can be, and may try again.
//!
//! A connection that was silent for too long is closed, if a time is set. What it
//! began and did not end is not a line, as at a stop.
//!
//! Heat: cold (once per connection).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::warn;

use super::pool::Pool;
use crate::accept::Seldom;
use crate::clock::Clock;

/// What is counted of connections. Every call is a plain increment.
pub trait Connections: Send + Sync + 'static {
    /// A connection was accepted.
    fn opened(&self);
    /// A connection broke, or could not be accepted.
    fn failed(&self);
    /// A connection is closed because of a line that is too long.
    fn line_too_long(&self);
    /// A connection is closed before it began, since there are as many as there
    /// may be. It was not opened.
    fn refused(&self);
    /// A connection is closed since nothing came for too long.
    fn timed_out(&self);
}

/// What connections may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many are open at once; 0 is no limit.
    pub connections: usize,
    /// How long one may be silent.
    pub idle: Option<Duration>,
    /// Bytes of a line, without its `\n`.
    pub line: usize,
}

/// What all connections of a kind share.
#[derive(Debug)]
pub struct Streams<I, C> {
    pub(super) pool: Arc<Pool<I>>,
    pub(super) connections: C,
    pub(super) clock: Clock,
    pub(super) limits: Limits,
    places: Arc<Semaphore>,
    refusals: Mutex<Seldom>,
    timeouts: Mutex<Seldom>,
}

impl<I, C: Connections> Streams<I, C> {
    /// None is open. `pool` has who takes the lines; other kinds may share it.
    /// `connections` counts, `clock` gives the ticks.
    pub fn new(pool: Arc<Pool<I>>, connections: C, clock: Clock, limits: Limits) -> Self {
        let places = match limits.connections {
            0 => Semaphore::MAX_PERMITS,
            some => some.min(Semaphore::MAX_PERMITS),
        };
        let (places, log) = (Arc::new(Semaphore::new(places)), Mutex::<Seldom>::default);
        Self { pool, connections, clock, limits, places, refusals: log(), timeouts: log() }
    }

    /// A place for a newcomer; `None`, which is counted and told, if all are taken.
    pub(super) fn place(&self, port: &'static str) -> Option<OwnedSemaphorePermit> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok();
        if place.is_none() {
            self.connections.refused();
            if is_due(&self.refusals) {
                let open = self.limits.connections;
                warn!(port, open, "too many connections, closing further ones at once");
            }
        }
        place
    }

    /// Counts a connection that was silent for `time`, and tells of it.
    pub(super) fn timed_out(&self, port: &'static str, time: Duration) {
        self.connections.timed_out();
        if is_due(&self.timeouts) {
            warn!(port, ?time, "nothing came over a connection, closing it");
        }
    }
}

fn is_due(log: &Mutex<Seldom>) -> bool {
    log.lock().unwrap_or_else(PoisonError::into_inner).is_due(Instant::now())
}
