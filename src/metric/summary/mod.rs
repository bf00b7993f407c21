//! Quantiles over a sliding window, with a sum and a count that never age.
//!
//! Time is cut into epochs of `window_seconds`; an observation is seen by
//! quantiles for `age_buckets` epochs, its own among them, so its age at the end
//! is between `max_age` less one window and `max_age`.
//!
//! A summary begins with a handful of [`raw`] slots that keep values as they
//! are: most series never need more, and their quantiles are exact. When an
//! observation finds no free slot, the [`ring`] is installed: a segment per
//! window, with a chunk of counting cells per octave that occurs in it. From then
//! on observations go there, and the raw ones age out. A summary never shrinks
//! while its series lives; chunks and segments are used again. A usual busy one
//! takes 16 kB; whoever sends values of every size makes one take 87 kB (five
//! windows of 64 octaves) and no more.
//!
//! Who observes: the sum (it may refuse), then the count, then a slot or a cell.
//! Who reads gets a count, then a sum that holds at least what is counted, and
//! quantiles over any set of observations between those complete before the read
//! and those begun before its end. Each step is lock-free.
//!
//! Heat: hot.

mod octave;
mod raw;
mod reading;
mod ring;
mod segment;

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests;

use std::sync::Arc;

pub use reading::{Distribution, Scratch};

#[cfg(test)]
#[cfg(loom_model)]
pub(super) use self::raw::SLOTS as RAW_SLOTS;

use self::octave::Place;
use self::raw::RawSlots;
use self::ring::Ring;
use self::segment::Segment;
use super::Overflow;
use super::cell::FloatCell;
use crate::model::{SummaryOptions, Tick};
use crate::prefetch::prefetch;
use crate::sync::OnceBox;
use crate::sync::atomic::AtomicU64;
use crate::sync::atomic::Ordering::{Acquire, Release};

/// A summary.
#[derive(Debug)]
pub struct Summary {
    options: Arc<SummaryOptions>,
    count: AtomicU64,
    sum: FloatCell,
    ring: OnceBox<Ring>,
    raw: RawSlots,
}

/// The memory that an observation will touch, asked for one hop after the other:
/// each tells where the next one is, and what lies between two is time for others.
#[derive(Clone, Copy, Debug)]
pub struct Ahead<'s> {
    summary: &'s Summary,
    value: f64,
    segment: Option<&'s Segment>,
}

impl Ahead<'_> {
    /// Asks for the ring, or the raw slots.
    #[inline]
    pub fn first(&self) {
        match self.summary.ring.get() {
            Some(ring) => prefetch(ring),
            None => prefetch(&self.summary.raw),
        }
    }

    /// Asks for the slot of the value's octave.
    #[inline]
    pub fn second(&mut self, now: Tick) {
        let summary = self.summary;
        self.segment = summary.ring.get().and_then(|ring| ring.segment(summary.epoch(now)));
        if let Some(segment) = self.segment {
            segment.prefetch_slot(Place::of(self.value));
        }
    }

    /// Asks for the cell.
    #[inline]
    pub fn third(&self) {
        if let Some(segment) = self.segment {
            segment.prefetch_cell(Place::of(self.value));
        }
    }
}

/// The number of a window since the clock's start.
type Epoch = u32;

/// Whether an observation of `epoch` is inside the last `windows` epochs at
/// `now`. One from the future (a reader's tick may be older) is.
const fn is_live(epoch: Epoch, now: Epoch, windows: u16) -> bool {
    now.saturating_sub(epoch) < windows as u32
}

impl Summary {
    /// An empty summary.
    #[must_use]
    pub fn new(options: Arc<SummaryOptions>) -> Self {
        Self {
            options,
            count: AtomicU64::new(0),
            sum: FloatCell::zero(),
            ring: OnceBox::new(),
            raw: RawSlots::new(),
        }
    }

    /// Observes `value` `weight` times, in one step. Allocates when a window
    /// meets an octave for which the summary has no chunk yet, and at no other
    /// time.
    ///
    /// # Errors
    /// [`Overflow`] if the value or the sum with it is not finite.
    pub fn observe(&self, value: f64, weight: u32, now: Tick) -> Result<(), Overflow> {
        self.sum.add(value * f64::from(weight))?;
        self.count.fetch_add(u64::from(weight), Release);
        let (epoch, windows) = (self.epoch(now), self.options.age_buckets());
        if self.ring.get().is_none() && self.raw.keep(value, weight, epoch, windows) {
            return Ok(());
        }
        let ring = self.ring.get_or_init(|| Box::new(Ring::new(windows)));
        ring.add(Place::of(value), weight, epoch);
        Ok(())
    }

    /// For whoever will observe `value` soon. Asks for the summary itself, and reads
    /// none of it.
    #[inline]
    #[must_use]
    pub fn ahead(&self, value: f64) -> Ahead<'_> {
        prefetch(self);
        Ahead { summary: self, value, segment: None }
    }

    /// How many observations there were, and their sum.
    #[must_use]
    pub fn totals(&self) -> (u64, f64) {
        let count = self.count.load(Acquire);
        (count, self.sum.get())
    }

    /// The observations inside the window that ends at `now`. Allocates only
    /// while `scratch` has not yet grown to the largest summary.
    #[must_use]
    pub fn distribution<'s>(&self, now: Tick, scratch: &'s mut Scratch) -> Distribution<'s> {
        let (epoch, windows) = (self.epoch(now), self.options.age_buckets());
        scratch.clear();
        self.raw.read(epoch, windows, |value, weight| scratch.add_value(value, weight));
        if let Some(ring) = self.ring.get() {
            ring.read(epoch, windows, scratch);
        }
        scratch.finish()
    }

    /// The quantiles to expose, and the windows.
    #[must_use]
    pub fn options(&self) -> &Arc<SummaryOptions> {
        &self.options
    }

    fn epoch(&self, now: Tick) -> Epoch {
        // The options hold it at 1 or more.
        now.0 / self.options.window_seconds().max(1)
    }
}
