//! The counting cells of a native histogram, by place. Nothing is ever moved or
//! taken away: a cell that counts for a place does so as long as the series lives.
//!
//! The first few places have a cell each, which is all that most series need.
//! Further ones share chunks of eight neighbours (at the default factor, an
//! octave). Chunks are found by a search through a list of their codes, which
//! grows by blocks, each twice as long as the one before: a search of a busy
//! series looks at some ten codes, one at the default cap at 256 at most.
//!
//! States of a slot (of a single cell or a chunk): EMPTY, then a code, for ever.
//! Whoever needs a place takes the first slot that has its code, or else the
//! first EMPTY one by compare-exchange. All walk the slots in the same order, so
//! two that need the same place meet at the same slot, and no code is there
//! twice. Blocks and chunks are installed as [`OnceBox`] does it. Nobody waits,
//! and nothing here takes a lock, growing included.
//!
//! Heat: hot.

use super::place::Place;
use crate::sync::OnceBox;
use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::sync::atomic::{AtomicU32, AtomicU64};

/// Single cells. A model of one shows the way to the chunks as well.
const SINGLES: usize = if cfg!(loom_model) { 1 } else { 4 };

/// Slots of the first block.
const FIRST_BLOCK: usize = if cfg!(loom_model) { 1 } else { 4 };

const CELLS_BITS: u32 = if cfg!(loom_model) { 1 } else { 3 };
const CELLS: usize = 1 << CELLS_BITS;

/// No place and no chunk has this code.
const EMPTY: u32 = 0;

#[derive(Debug)]
pub(super) struct Cells {
    codes: [AtomicU32; SINGLES],
    singles: [AtomicU64; SINGLES],
    chunks: OnceBox<Block>,
}

#[derive(Debug)]
struct Block {
    /// One per chunk, side by side, since they are searched.
    codes: Box<[AtomicU32]>,
    chunks: Box<[OnceBox<Chunk>]>,
    next: OnceBox<Block>,
}

#[derive(Debug)]
struct Chunk([AtomicU64; CELLS]);

impl Cells {
    pub(super) fn new() -> Self {
        Self {
            codes: std::array::from_fn(|_| AtomicU32::new(EMPTY)),
            singles: std::array::from_fn(|_| AtomicU64::new(0)),
            chunks: OnceBox::new(),
        }
    }

    /// Counts `weight` at a place, in one step. True if that was the first time.
    pub(super) fn add(&self, place: Place, weight: u32) -> bool {
        let code = place.code();
        for (slot, cell) in self.codes.iter().zip(&self.singles) {
            if has_or_takes(slot, code) {
                return count(cell, weight);
            }
        }
        let (code, cell) = home(place);
        // A home is always inside.
        self.chunk(code).0.get(cell).is_some_and(|cell| count(cell, weight))
    }

    fn chunk(&self, code: u32) -> &Chunk {
        let mut block = self.chunks.get_or_init(|| Box::new(Block::new(FIRST_BLOCK)));
        loop {
            for (slot, chunk) in block.codes.iter().zip(&block.chunks) {
                if has_or_takes(slot, code) {
                    return chunk.get_or_init(|| Box::new(Chunk::new()));
                }
            }
            let longer = block.codes.len() * 2;
            block = block.next.get_or_init(|| Box::new(Block::new(longer)));
        }
    }

    /// Shows every cell that has counted, in no order.
    pub(super) fn each(&self, mut see: impl FnMut(Place, u64)) {
        // First what came last: a cell that has counted has its code.
        for (slot, cell) in self.codes.iter().zip(&self.singles) {
            match cell.load(Acquire) {
                0 => {}
                count => see(Place::from_code(slot.load(Relaxed)), count),
            }
        }
        let mut next = self.chunks.get();
        while let Some(block) = next {
            for (slot, chunk) in block.codes.iter().zip(&block.chunks) {
                if let Some(chunk) = chunk.get() {
                    chunk.each(slot.load(Relaxed), &mut see);
                }
            }
            next = block.next.get();
        }
    }
}

/// Whether the slot has this code, or was EMPTY and has it now. The code orders
/// nothing: a chunk comes with its own pointer, and a cell is always there.
fn has_or_takes(slot: &AtomicU32, code: u32) -> bool {
    let seen = slot.load(Relaxed);
    if seen != EMPTY {
        return seen == code;
    }
    match slot.compare_exchange(EMPTY, code, Relaxed, Relaxed) {
        Ok(_) => true,
        Err(other) => other == code,
    }
}

fn count(cell: &AtomicU64, weight: u32) -> bool {
    cell.fetch_add(u64::from(weight), Release) == 0
}

/// The code of a place's chunk, and its cell there. The neighbours end at a
/// multiple of their number, as an octave does.
fn home(place: Place) -> (u32, usize) {
    let from_one = place.index - 1;
    let chunk = Place { index: from_one >> CELLS_BITS, ..place };
    // The low bits count up below zero too.
    let cell = from_one.cast_unsigned() as usize & (CELLS - 1);
    (chunk.code(), cell)
}

/// The places of a chunk's cells.
fn places(code: u32) -> impl Iterator<Item = Place> {
    let chunk = Place::from_code(code);
    let first = (chunk.index << CELLS_BITS) + 1;
    (first..).map(move |index| Place { index, ..chunk })
}

impl Block {
    fn new(slots: usize) -> Self {
        Self {
            codes: (0..slots).map(|_| AtomicU32::new(EMPTY)).collect(),
            chunks: (0..slots).map(|_| OnceBox::new()).collect(),
            next: OnceBox::new(),
        }
    }
}

impl Chunk {
    #[cold]
    fn new() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(0)))
    }

    fn each(&self, code: u32, see: &mut impl FnMut(Place, u64)) {
        for (place, cell) in places(code).zip(&self.0) {
            match cell.load(Acquire) {
                0 => {}
                count => see(place, count),
            }
        }
    }
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn read(cells: &Cells) -> BTreeMap<Place, u64> {
        let mut seen = BTreeMap::new();
        cells.each(|place, count| {
            assert_eq!(seen.insert(place, count), None, "{place:?} has one cell");
        });
        seen
    }

    #[test]
    fn a_home_has_one_place() {
        for index in (-40..40).chain([-32_767, 262_144]) {
            for negative in [false, true] {
                let place = Place { negative, index };
                let (code, cell) = home(place);
                assert_ne!(code, EMPTY);
                assert_eq!(places(code).nth(cell), Some(place));
            }
        }
        // At the default factor, a chunk is an octave: (1, 2].
        let octave: Vec<i32> = places(home(Place { negative: false, index: 8 }).0)
            .take(CELLS)
            .map(|place| place.index)
            .collect();
        assert_eq!(octave, (1..=8).collect::<Vec<_>>());
    }

    #[test]
    fn a_few_places_need_no_chunk() {
        let cells = Cells::new();
        for round in 0..3 {
            for index in [1, 100, -100, 5000] {
                assert_eq!(cells.add(Place { negative: false, index }, 1), round == 0);
            }
        }
        assert!(cells.chunks.get().is_none());
        assert!(cells.add(Place { negative: true, index: 1 }, 1));
        assert!(cells.chunks.get().is_some());
    }

    proptest! {
        #[test]
        fn cells_are_a_map(
            adds in prop::collection::vec(
                (any::<bool>(), prop_oneof![-20..20_i32, -32_767..=262_144_i32], 1..9_u32), 0..200),
        ) {
            let (cells, mut map) = (Cells::new(), BTreeMap::new());
            for (negative, index, weight) in adds {
                let place = Place { negative, index };
                let first = !map.contains_key(&place);
                prop_assert_eq!(cells.add(place, weight), first);
                *map.entry(place).or_default() += u64::from(weight);
            }
            prop_assert_eq!(read(&cells), map);
        }
    }
}
