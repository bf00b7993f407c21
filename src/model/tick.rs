//! Coarse time: whole seconds since the bridge started, and lifetimes in them.
//!
//! Nothing below waist 1 reads a clock; whoever calls hands in a [`Tick`].
//!
//! Heat: hot.

use std::time::Duration;

/// Whole seconds since the process's clock was made. Monotonic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tick(pub u32);

impl Tick {
    /// Seconds from `earlier` until this tick; 0 if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u32 {
        self.0.saturating_sub(earlier.0)
    }
}

/// For how long a series stays without being recorded to, in whole seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ttl(u32);

impl Ttl {
    /// Never expires. It is what `ttl: 0s` and no `ttl` at all mean.
    pub const FOREVER: Self = Self(0);

    /// A lifetime, rounded up to whole seconds; zero means for ever.
    #[must_use]
    pub fn from_duration(ttl: Duration) -> Self {
        Self(whole_seconds(ttl))
    }

    /// Seconds; 0 means for ever.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        self.0
    }

    /// Takes back what [`Ttl::seconds`] gave.
    #[must_use]
    pub const fn from_seconds(seconds: u32) -> Self {
        Self(seconds)
    }
}

/// `duration` in seconds, rounded up, at most `u32::MAX`.
pub(crate) fn whole_seconds(duration: Duration) -> u32 {
    let seconds = duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0));
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ttl_rounds_up_and_zero_is_for_ever() {
        assert_eq!(Ttl::from_duration(Duration::from_millis(1)).seconds(), 1);
        assert_eq!(Ttl::from_duration(Duration::from_millis(2001)).seconds(), 3);
        assert_eq!(Ttl::from_duration(Duration::MAX).seconds(), u32::MAX);
        assert_eq!(Ttl::from_duration(Duration::ZERO), Ttl::FOREVER);
    }

    #[test]
    fn a_tick_from_the_past_is_no_age() {
        assert_eq!(Tick(10).since(Tick(3)), 7);
        assert_eq!(Tick(3).since(Tick(10)), 0);
    }
}
