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
        self.at(Instant::now())
    }

    /// The tick of `instant`, for those who measure with the same reading of
    /// the clock. An instant from before the start is tick 0.
    #[must_use]
    pub fn at(&self, instant: Instant) -> Tick {
        let age = instant.saturating_duration_since(self.start);
        Tick(u32::try_from(age.as_secs()).unwrap_or(u32::MAX))
    }

    /// When tick 0 was, in seconds since 1970 by the wall clock of that moment.
    #[must_use]
    pub const fn start_unix(&self) -> f64 {
        self.start_unix
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_instant_has_the_tick_of_its_whole_seconds() {
        let clock = Clock::start();
        assert_eq!(clock.at(clock.start), Tick(0));
        assert_eq!(clock.at(clock.start + Duration::from_millis(2999)), Tick(2));
        let long_ago = clock.start.checked_sub(Duration::from_secs(1));
        assert_eq!(long_ago.map(|instant| clock.at(instant)), Some(Tick(0)));
    }
}
