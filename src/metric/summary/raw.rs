//! The first handful of observations of a summary, kept as they are.
//!
//! A slot is a value and a word that says what the value is. States of the word:
//! * EMPTY (0): never used.
//! * CLAIMED: one writer is putting a value there. Nobody else touches the slot.
//! * PUBLISHED (epoch, weight): the value counts for that epoch.
//!
//! Transitions: a writer that finds EMPTY, or PUBLISHED with an epoch that is no
//! longer live, claims by compare-exchange; stores the value (Release); publishes
//! (Release). Whoever finds CLAIMED goes on to the next slot: nobody waits.
//!
//! A reader loads the word, the value (Acquire) and the word again, and takes the
//! value only if the word is the same. A value of a later writer would have made
//! that writer's CLAIMED, or what followed it, visible; and what follows differs,
//! since a slot is only claimed for a later epoch than it had.
//!
//! Heat: hot.

use super::{Epoch, is_live};
use crate::sync::atomic::AtomicU64;
use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// How many there are. Two show the protocol as well.
pub(in crate::metric) const SLOTS: usize = if cfg!(loom_model) { 2 } else { 8 };

const EMPTY: u64 = 0;
/// Differs from every published word: no weight comes near `u32::MAX`.
const CLAIMED: u64 = u64::MAX;

#[derive(Debug)]
pub(super) struct RawSlots([Slot; SLOTS]);

#[derive(Debug)]
struct Slot {
    word: AtomicU64,
    value: AtomicU64,
}

const fn published(epoch: Epoch, weight: u32) -> u64 {
    (epoch as u64) << 32 | weight as u64
}

/// The epoch and weight of a word, if it is PUBLISHED.
#[expect(clippy::cast_possible_truncation, reason = "the word is two u32")]
const fn parts(word: u64) -> Option<(Epoch, u32)> {
    match word {
        EMPTY | CLAIMED => None,
        word => Some(((word >> 32) as u32, word as u32)),
    }
}

impl RawSlots {
    pub(super) fn new() -> Self {
        Self(std::array::from_fn(|_| Slot {
            word: AtomicU64::new(EMPTY),
            value: AtomicU64::new(0),
        }))
    }

    /// Keeps an observation; false if there is no room. `weight` is at least 1.
    pub(super) fn keep(&self, value: f64, weight: u32, now: Epoch, windows: u16) -> bool {
        self.0.iter().any(|slot| {
            let kept = slot.claim(now, windows);
            if kept {
                slot.value.store(value.to_bits(), Release);
                slot.word.store(published(now, weight), Release);
            }
            kept
        })
    }

    /// Shows every observation that is live at `now`.
    pub(super) fn read(&self, now: Epoch, windows: u16, mut see: impl FnMut(f64, u32)) {
        for slot in &self.0 {
            let word = slot.word.load(Acquire);
            let Some((epoch, weight)) = parts(word) else { continue };
            if !is_live(epoch, now, windows) {
                continue;
            }
            let value = slot.value.load(Acquire);
            if slot.word.load(Relaxed) == word {
                see(f64::from_bits(value), weight);
            }
        }
    }
}

impl Slot {
    /// Whether the slot is now this writer's.
    fn claim(&self, now: Epoch, windows: u16) -> bool {
        let word = self.word.load(Relaxed);
        let free = match parts(word) {
            None => word == EMPTY,
            Some((epoch, _)) => !is_live(epoch, now, windows),
        };
        free && self.word.compare_exchange(word, CLAIMED, Acquire, Relaxed).is_ok()
    }
}
