//! When a series began, by the wall clock: the registry knows ticks, scrapers
//! want seconds since 1970.
//!
//! Heat: cold (once per series and scrape).

use std::time::Duration;

use crate::model::Tick;

/// The wall clock as the bridge's clock was started.
#[derive(Clone, Copy, Debug)]
pub(super) struct WallClock {
    start: Duration,
}

impl WallClock {
    /// Tick 0 was `start_unix` seconds after 1970. What is no such time is 1970.
    pub(super) fn started_at(start_unix: f64) -> Self {
        Self { start: Duration::try_from_secs_f64(start_unix).unwrap_or_default() }
    }

    /// The beginning of a tick, since 1970: never later than what happened in it.
    pub(super) fn at(self, tick: Tick) -> Duration {
        self.start.saturating_add(Duration::from_secs(u64::from(tick.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_seconds_after_the_start() {
        let clock = WallClock::started_at(1_700_000_000.25);
        assert_eq!(clock.at(Tick(0)), Duration::from_millis(1_700_000_000_250));
        assert_eq!(clock.at(Tick(90)), Duration::from_millis(1_700_000_090_250));
        assert_eq!(WallClock::started_at(f64::NAN).at(Tick(3)), Duration::from_secs(3));
    }
}
