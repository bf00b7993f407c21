//! One window of a busy summary: slots, each of which counts one octave of one
//! epoch in a chunk of cells.
//!
//! A slot is a key and a chunk. States of the key:
//! * EMPTY: never used.
//! * DIRTY (octave, epoch): one writer is zeroing the chunk. Nobody else touches
//!   the slot, however long that takes.
//! * CLEAN (octave, epoch): the cells count that octave of that epoch.
//!
//! Transitions: a writer that looks for (octave, epoch) begins at the slot that
//! the octave points to. It counts in the first that is CLEAN for it; one that is
//! EMPTY, or CLEAN for an earlier epoch, it claims by compare-exchange to DIRTY,
//! clears the chunk (Release; it is made if there is none), marks the slot as used
//! and stores CLEAN (Release). Any other slot, a DIRTY one for the very same octave
//! too, it passes. So nobody waits; two slots may come to count the same octave, and
//! the reader adds them up. Epochs of a slot only grow. All epochs of a segment are
//! the same modulo the number of windows, so an earlier one is out of every
//! window; a writer that meets a later one has slept through a whole ring, and
//! its observation is as old.
//!
//! A reader looks at the slots that are marked. It loads the key, the chunk's marks
//! and cells (Acquire) and the key again, and takes the cells only if the key is
//! the same: a mark or a cell that a later epoch has written would have made that
//! epoch's DIRTY visible.
//!
//! What is not exact, for quantiles only (the sum and the count are):
//! * With [`SLOTS`] octaves in one window (a range of values of 2^64 to one) the
//!   slots are all taken, and values of further octaves are counted at the edge of
//!   the nearest octave that has a slot.
//! * A writer that sleeps between its look at the key and its addition for as
//!   long as it takes the slot to be used again (all windows but one) counts its
//!   observation in the later window.
//! * What [`chunk`](super::chunk) says of its cells.
//!
//! Heat: hot.

use std::ptr;

use super::chunk::Chunk;
use super::octave::{Octave, Place};
use super::reading::Scratch;
use super::used::{Used, places};
use super::{Epoch, is_live};
use crate::prefetch::prefetch;
use crate::sync::OnceBox;
use crate::sync::atomic::AtomicU64;
use crate::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

/// Slots of a segment: the octaves that one window can tell apart. So many that
/// values of both signs, each over a range of 2^32 to one, have their own; two
/// show the protocol as well.
pub(super) const SLOTS: usize = if cfg!(loom_model) { 2 } else { 64 };

#[derive(Debug)]
#[repr(C)]
pub(super) struct Segment {
    slots: [Slot; SLOTS],
    /// The slots that have ever been opened. Last, for it is written once a slot.
    used: Used,
}

#[derive(Debug)]
struct Slot {
    key: AtomicU64,
    chunk: OnceBox<Chunk>,
}

/// The word of a slot: epoch, octave, state.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Key(u64);

impl Key {
    const EMPTY: Self = Self(0);
    const DIRTY: u64 = 1;
    const CLEAN: u64 = 2;

    const fn new(octave: Octave, epoch: Epoch, state: u64) -> Self {
        Self((epoch as u64) << 32 | (octave.bits() as u64) << 8 | state)
    }

    const fn epoch(self) -> Epoch {
        (self.0 >> 32) as Epoch
    }

    #[expect(clippy::cast_possible_truncation, reason = "it was put there as a u16")]
    const fn octave(self) -> Octave {
        Octave::from_bits((self.0 >> 8) as u16)
    }

    const fn is_clean(self) -> bool {
        self.0 & 0xff == Self::CLEAN
    }
}

/// What a slot says to an observation.
enum Answer<'s> {
    /// Count here.
    Count(&'s Chunk),
    /// The slot is this writer's to open.
    Claimed,
    /// The slot counts something else.
    Pass,
    /// The slot counts a later epoch: the observation is out of every window.
    TooLate,
}

impl Segment {
    pub(super) fn new() -> Self {
        Self { slots: std::array::from_fn(|_| Slot::new()), used: Used::none() }
    }

    /// Counts an observation of `epoch`.
    pub(super) fn add(&self, place: Place, weight: u32, epoch: Epoch) {
        let start = usize::from(place.octave.bits()) % SLOTS;
        let (before, from) = self.slots.split_at(start);
        for slot in from.iter().chain(before) {
            match slot.ask(place.octave, epoch) {
                Answer::Count(chunk) => return chunk.add(place.cell, weight),
                Answer::Claimed => {
                    let chunk = self.open(slot, Key::new(place.octave, epoch, Key::CLEAN));
                    return chunk.add(place.cell, weight);
                }
                Answer::Pass => {}
                Answer::TooLate => return,
            }
        }
        self.add_to_nearest(place.octave, weight, epoch);
    }

    /// Asks for the first slot that the octave of `place` points to, which most
    /// likely counts it.
    #[inline]
    pub(super) fn prefetch_slot(&self, place: Place) {
        if let Some(slot) = self.first_slot(place) {
            prefetch(slot);
        }
    }

    /// Asks for the cell of that slot.
    #[inline]
    pub(super) fn prefetch_cell(&self, place: Place) {
        if let Some(chunk) = self.first_slot(place).and_then(|slot| slot.chunk.get()) {
            chunk.prefetch_cell(place.cell);
        }
    }

    #[inline]
    fn first_slot(&self, place: Place) -> Option<&Slot> {
        self.slots.get(usize::from(place.octave.bits()) % SLOTS)
    }

    /// Makes a slot that this writer has claimed count what `clean` says.
    #[cold]
    fn open<'s>(&self, slot: &'s Slot, clean: Key) -> &'s Chunk {
        let chunk = slot.chunk.get_or_init(|| Box::new(Chunk::new()));
        chunk.clear();
        if let Some(at) = self.slots.iter().position(|other| ptr::eq(other, slot)) {
            self.used.mark(at);
        }
        slot.key.store(clean.0, Release);
        chunk
    }

    /// Counts at the edge of the octave that is nearest among those with a slot.
    #[cold]
    fn add_to_nearest(&self, octave: Octave, weight: u32, epoch: Epoch) {
        let of_this_epoch = self.slots.iter().filter_map(|slot| {
            let key = Key(slot.key.load(Acquire));
            let counts = key.is_clean() && key.epoch() == epoch;
            counts.then(|| slot.chunk.get().map(|chunk| (key.octave(), chunk))).flatten()
        });
        if let Some((near, chunk)) = of_this_epoch.min_by_key(|(other, _)| other.distance(octave)) {
            chunk.add(near.edge_towards(octave), weight);
        }
    }

    /// The first of three hops to what [`Segment::read`] reads.
    pub(super) fn prefetch_marks(&self) {
        prefetch(&self.used);
    }

    /// The second one.
    pub(super) fn prefetch_slots(&self) {
        self.used_slots().for_each(prefetch);
    }

    /// The third one.
    pub(super) fn prefetch_chunks(&self, now: Epoch, windows: u16) {
        let live = self.used_slots().filter(|slot| slot.live_key(now, windows).is_some());
        live.filter_map(|slot| slot.chunk.get()).for_each(Chunk::prefetch);
    }

    fn used_slots(&self) -> impl Iterator<Item = &Slot> {
        places(self.used.marked()).filter_map(|at| self.slots.get(at))
    }

    /// Shows the cells of every slot that is live at `now`.
    pub(super) fn read(&self, now: Epoch, windows: u16, scratch: &mut Scratch) {
        for slot in self.used_slots() {
            let Some(key) = slot.live_key(now, windows) else { continue };
            let Some(chunk) = slot.chunk.get() else { continue };
            scratch.counts().read(chunk);
            if Key(slot.key.load(Relaxed)) == key {
                scratch.add_counts(key.octave());
            }
        }
    }
}

impl Slot {
    fn new() -> Self {
        Self { key: AtomicU64::new(Key::EMPTY.0), chunk: OnceBox::new() }
    }

    /// The key, if the slot counts something that is live at `now`.
    fn live_key(&self, now: Epoch, windows: u16) -> Option<Key> {
        let key = Key(self.key.load(Acquire));
        (key.is_clean() && is_live(key.epoch(), now, windows)).then_some(key)
    }

    fn ask(&self, octave: Octave, epoch: Epoch) -> Answer<'_> {
        let clean = Key::new(octave, epoch, Key::CLEAN);
        let mut seen = Key(self.key.load(Acquire));
        loop {
            if seen == clean {
                // A CLEAN slot has a chunk.
                return self.chunk.get().map_or(Answer::Pass, Answer::Count);
            }
            if seen != Key::EMPTY && seen.epoch() > epoch {
                return Answer::TooLate;
            }
            if seen != Key::EMPTY && !(seen.is_clean() && seen.epoch() < epoch) {
                return Answer::Pass;
            }
            let dirty = Key::new(octave, epoch, Key::DIRTY);
            match self.key.compare_exchange(seen.0, dirty.0, AcqRel, Acquire) {
                Ok(_) => return Answer::Claimed,
                // Another writer has claimed it, for this epoch or a later one.
                Err(newer) => seen = Key(newer),
            }
        }
    }
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use super::*;

    fn read(segment: &Segment, now: Epoch) -> Vec<(f64, u64)> {
        let mut scratch = Scratch::default();
        segment.read(now, 5, &mut scratch);
        scratch.finish().points()
    }

    #[test]
    fn a_slot_is_used_again_for_a_later_epoch() {
        let segment = Segment::new();
        segment.add(Place::of(1.0), 3, 2);
        segment.add(Place::of(1.0), 1, 7);
        assert_eq!(read(&segment, 7), [(Place::of(1.0).octave.middle(0), 1)]);
        // Two octaves that point to the same slot.
        segment.add(Place::of(2.0_f64.powi(64)), 1, 12);
        segment.add(Place::of(1.0), 4, 12);
        assert_eq!(read(&segment, 12).iter().map(|(_, count)| *count).collect::<Vec<_>>(), [4, 1]);
    }

    #[test]
    fn who_slept_through_a_ring_counts_nowhere() {
        let segment = Segment::new();
        segment.add(Place::of(1.0), 1, 7);
        segment.add(Place::of(1.0), 1, 2);
        assert_eq!(read(&segment, 7).len(), 1);
    }

    #[test]
    fn further_octaves_are_counted_at_the_edge_of_the_nearest() {
        let segment = Segment::new();
        for exponent in 0..64 {
            segment.add(Place::of(2.0_f64.powi(exponent)), 1, 0);
        }
        segment.add(Place::of(2.0_f64.powi(80)), 5, 0);
        segment.add(Place::of(-3.0), 7, 0);
        let points = read(&segment, 0);
        assert_eq!(points.iter().map(|(_, count)| count).sum::<u64>(), 64 + 5 + 7);
        let (first, last) = (points[0], points[points.len() - 1]);
        assert_eq!((first.0.floor(), first.1), (1.0, 8));
        assert!(last.0 > 2.0_f64.powi(63) * 1.98 && last.1 == 5);
    }
}
