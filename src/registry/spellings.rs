//! How many spellings lead to a series by the rules in force: a number that begins
//! anew with each generation of rules, in the one word that a series has for it.
//!
//! It bounds what the table of routes may hold of one series; nothing depends on its
//! being exact to the last one.
//!
//! Heat: warm (once per new spelling of a series).

use crate::sync::atomic::AtomicU32;
use crate::sync::atomic::Ordering::Relaxed;

/// The bits of the count; those above say of which generation it is.
const COUNT_BITS: u32 = 12;
const MOST: u32 = (1 << COUNT_BITS) - 1;

/// A generation of rules, and how many spellings it has brought.
#[derive(Debug)]
pub(crate) struct Spellings(AtomicU32);

impl Spellings {
    pub(super) fn none() -> Self {
        Self(AtomicU32::new(0))
    }

    /// How many there are by the rules of `generation`, up to [`MOST`].
    pub(crate) fn of(&self, generation: u32) -> u32 {
        count_of(self.0.load(Relaxed), generation)
    }

    /// One more, which the rules of `generation` have brought. Where those are newer,
    /// what others have brought counts no more; a worker that is late, and goes by
    /// older ones yet, can make the count of the newer begin anew.
    pub(crate) fn one_more(&self, generation: u32) {
        self.change(|word| Some(tag(generation) | (count_of(word, generation) + 1).min(MOST)));
    }

    /// One less of those that the rules of `generation` have brought.
    pub(crate) fn one_less(&self, generation: u32) {
        self.change(|word| {
            let fewer = count_of(word, generation).checked_sub(1)?;
            Some(tag(generation) | fewer)
        });
    }

    fn change(&self, change: impl FnMut(u32) -> Option<u32>) {
        // `None` leaves it as it is.
        let _ = self.0.fetch_update(Relaxed, Relaxed, change);
    }
}

const fn tag(generation: u32) -> u32 {
    generation << COUNT_BITS
}

const fn count_of(word: u32, generation: u32) -> u32 {
    if word & !MOST == tag(generation) { word & MOST } else { 0 }
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use super::*;

    #[test]
    fn each_generation_counts_its_own() {
        let spellings = Spellings::none();
        (0..3).for_each(|_| spellings.one_more(0));
        spellings.one_less(0);
        assert_eq!((spellings.of(0), spellings.of(1)), (2, 0));
        spellings.one_more(1);
        assert_eq!((spellings.of(0), spellings.of(1)), (0, 1));
        spellings.one_less(0);
        assert_eq!(spellings.of(1), 1, "one of the old leaves");
        (0..2).for_each(|_| spellings.one_less(1));
        assert_eq!(spellings.of(1), 0, "never below none");
    }

    #[test]
    fn it_stops_at_what_its_bits_hold() {
        let spellings = Spellings::none();
        (0..MOST + 10).for_each(|_| spellings.one_more(7));
        assert_eq!((spellings.of(7), spellings.of(8)), (MOST, 0));
        spellings.one_more(u32::MAX);
        assert_eq!(spellings.of(u32::MAX), 1);
    }
}
