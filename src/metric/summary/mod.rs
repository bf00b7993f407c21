//! Quantiles over a sliding window, with a sum and a count that never age.
//!
//! Time is cut into epochs of `window_seconds`; an observation is seen by
//! quantiles for `age_buckets` epochs, its own among them, so its age at the end
//! is between `max_age` less one window and `max_age`.
//!
//! A summary begins with a handful of [`raw`] slots that keep values as they
//! are: most series never need more, and their quantiles are exact. When an
//! observation finds no free slot, the [`ring`] takes over: a segment per
//! window, with a chunk of counting cells per octave that occurs in it. From then
//! on observations go there, and the raw ones age out. A summary never shrinks
//! while its series lives; chunks and segments are used again. A usual busy one
//! takes 16 kB; whoever sends values of every size makes one take 90 kB (five
//! windows of 64 octaves) and no more.
//!
//! Who observes: the sum (it may refuse), then the count, then a slot or a cell.
//! Who reads gets a count, then a sum that holds at least what is counted, and
//! quantiles over any set of observations between those complete before the read
//! and those begun before its end. Each step is lock-free.
//!
//! Heat: hot.

mod chunk;
mod octave;
mod raw;
mod reading;
mod ring;
mod segment;
mod used;

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests;

use std::mem::offset_of;
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
use crate::prefetch::{prefetch, prefetch_bytes};
use crate::sync::atomic::AtomicU64;
use crate::sync::atomic::Ordering::{Acquire, Release};

/// A summary.
#[derive(Debug)]
#[repr(C)]
pub struct Summary {
    count: AtomicU64,
    sum: FloatCell,
    options: Arc<SummaryOptions>,
    ring: Ring,
    /// Last, since a busy summary touches them no more.
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
    /// Asks for the raw slots, or for the slot of the value's octave.
    #[inline]
    pub fn first(&mut self, now: Tick) {
        let Summary { options, ring, raw, .. } = self.summary;
        if ring.is_in_use() {
            self.segment = ring.segment(self.summary.epoch(now), options.age_buckets());
            if let Some(segment) = self.segment {
                segment.prefetch_slot(Place::of(self.value));
            }
        } else {
            prefetch(raw);
        }
    }

    /// Asks for the cell.
    #[inline]
    pub fn second(&self) {
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
            count: AtomicU64::new(0),
            sum: FloatCell::zero(),
            options,
            ring: Ring::new(),
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
        if !self.ring.is_in_use() {
            if self.raw.keep(value, weight, epoch, windows) {
                return Ok(());
            }
            self.ring.take_over();
        }
        self.ring.add(Place::of(value), weight, epoch, windows);
        Ok(())
    }

    /// For whoever will observe `value` soon. Asks for the summary itself, and reads
    /// none of it.
    #[inline]
    #[must_use]
    pub fn ahead(&self, value: f64) -> Ahead<'_> {
        self.prefetch_head();
        Ahead { summary: self, value, segment: None }
    }

    /// Asks for all that stands in one place, for whoever will read it soon.
    pub fn prefetch(&self) {
        self.prefetch_head();
        prefetch(&self.raw);
    }

    /// Asks for what every observation touches.
    #[inline]
    fn prefetch_head(&self) {
        let summary: *const Self = self;
        prefetch_bytes(summary.cast(), offset_of!(Self, raw));
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
        self.ring.read(epoch, windows, scratch);
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
