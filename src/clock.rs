//! The only place that reads the time for ticks. Listeners, the sweeper and
//! scrapes ask it and hand the [`Tick`] down; nothing below them reads a clock.
//!
//! Heat: warm (once per batch of datagrams).

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::model::Tick;

/// A monotonic clock of whole seconds. Copies of it agree.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
    /// Seconds since 1970 at `start`, for timestamps that leave the process.
    start_unix: f64,
}

impl Clock {
    /// A clock whose tick 0 is now.
    #[must_use]
    pub fn start() -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { start: Instant::now(), start_unix: since_1970.as_secs_f64() }
    }

    /// The current tick. Steps of the wall clock do not move it.
    #[must_use]
    pub fn now(&self) -> Tick {
        Tick(u32::try_from(self.start.elapsed().as_secs()).unwrap_or(u32::MAX))
    }

    /// When tick 0 was, in seconds since 1970 by the wall clock of that moment.
    #[must_use]
    pub const fn start_unix(&self) -> f64 {
        self.start_unix
    }
}
