//! What one sample does to one series.
//!
//! Heat: hot.

/// One change of one series. Values are in the unit that is exposed: timers
/// have become seconds, sampling rates have been applied.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Update {
    /// Add to a counter.
    Add(f64),
    /// Set a gauge. The only update that may carry NaN or an infinity.
    Set(f64),
    /// Move a gauge by a signed amount.
    Shift(f64),
    /// Observe a value `weight` times (at least once, at most
    /// [`Update::MAX_WEIGHT`] times), in one step.
    Observe {
        /// The observed value.
        value: f64,
        /// How many observations this one stands for.
        weight: u32,
    },
}

impl Update {
    /// The largest weight of one observation. A sampling rate below its inverse
    /// is capped to it and counted as such.
    pub const MAX_WEIGHT: u32 = 1_000_000;

    /// How many events this update counts for.
    #[must_use]
    pub const fn weight(self) -> u32 {
        match self {
            Self::Observe { weight, .. } => weight,
            Self::Add(_) | Self::Set(_) | Self::Shift(_) => 1,
        }
    }

    /// The same update with its value multiplied by a rule's `scale`.
    #[must_use]
    pub fn scaled(self, scale: f64) -> Self {
        match self {
            Self::Add(value) => Self::Add(value * scale),
            Self::Set(value) => Self::Set(value * scale),
            Self::Shift(value) => Self::Shift(value * scale),
            Self::Observe { value, weight } => Self::Observe { value: value * scale, weight },
        }
    }

    /// The same update for a rule with `gauge: absolute`: a signed gauge value
    /// sets instead of shifting.
    #[must_use]
    pub const fn absolute(self) -> Self {
        match self {
            Self::Shift(value) => Self::Set(value),
            other => other,
        }
    }
}
