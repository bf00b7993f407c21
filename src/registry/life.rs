//! How a series ends while workers hold it: the expiry protocol.
//!
//! Workers keep a `Series` outside the registry's maps, so taking a series out
//! of the maps does not stop updates to it. One word per series decides. States:
//! * FRESH: created, and not recorded to yet. Not exposed.
//! * LIVE (seen, ttl): last recorded to at tick `seen`, gone `ttl` seconds later;
//!   a ttl of 0 is for ever.
//! * RETIRED: final. Not exposed; its numbers are nobody's any more.
//!
//! Who may do what:
//! * A worker applies its update to the numbers, and then touches: FRESH or LIVE
//!   → LIVE (the later of `seen` and its tick, its ttl), by compare-exchange; no
//!   write at all when that is what the word says. If it meets RETIRED, the update
//!   went to numbers that nobody reads: it asks the registry again and applies
//!   there.
//! * The sweeper judges a word, and retires by compare-exchange from exactly the
//!   word that it judged. If that fails, someone has touched: it judges again.
//!   Then it takes the series out of index and family.
//! * The encoder passes over what is FRESH or RETIRED.
//!
//! Why no update is lost: a touch that wrote came before the retirement, and made
//! the word one that the sweeper had not judged; a touch that did not write found
//! a word that says as much as it would have written, so that the series had seen
//! this tick before. Either way the series was live, with the update in it, for
//! its whole ttl from the worker's tick on. Why none counts twice: the word that
//! lets a worker go on and the word that sends it elsewhere exclude each other,
//! and RETIRED is final.
//!
//! The order of a worker's clock does not matter: `seen` never goes back.
//!
//! Heat: hot (`touch`).

use crate::model::{Tick, Ttl};
use crate::sync::atomic::AtomicU64;
use crate::sync::atomic::Ordering::{AcqRel, Acquire};

/// How long a series may stay FRESH, in seconds. A worker records to it at once;
/// if its update was refused (a sum that overflows), no one ever may.
const FRESH_SECONDS: u32 = 5;

const RETIRED: u64 = u64::MAX;
const FRESH: u64 = u64::MAX - 1;
/// The latest tick that LIVE can say; so no LIVE word is one of the above.
const LAST_TICK: u32 = u32::MAX - 1;

/// One series' state.
#[derive(Debug)]
pub(super) struct Life(AtomicU64);

/// What a touch came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Touch {
    /// The update is in a live series.
    Done,
    /// So it is; and it may now expire at a tick that no one expected.
    Rescheduled(Tick),
    /// The update is nowhere: route again.
    Retired,
}

/// What a sweep found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// It stays, and is not over before this tick; `None` is for ever.
    Stays(Option<Tick>),
    /// It is retired now, by this call.
    Retires,
    /// It was before.
    WasRetired,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Live {
    seen: Tick,
    ttl: Ttl,
}

impl Live {
    const fn word(self) -> u64 {
        (self.seen.0 as u64) << 32 | self.ttl.seconds() as u64
    }

    /// Of a word that is neither FRESH nor RETIRED.
    #[expect(clippy::cast_possible_truncation, reason = "the word is two u32")]
    const fn of(word: u64) -> Self {
        Self { seen: Tick((word >> 32) as u32), ttl: Ttl::from_seconds(word as u32) }
    }

    /// The first tick at which it is over.
    const fn over_at(self) -> Option<Tick> {
        match self.ttl.seconds() {
            0 => None,
            ttl => Some(Tick(self.seen.0.saturating_add(ttl).saturating_add(1))),
        }
    }
}

impl Life {
    pub(super) fn fresh() -> Self {
        Self(AtomicU64::new(FRESH))
    }

    /// The first tick at which a series that stays FRESH is over.
    pub(super) const fn fresh_over_at(created: Tick) -> Tick {
        Tick(created.0.saturating_add(FRESH_SECONDS + 1))
    }

    /// Says that the series was recorded to. Call it after the update.
    #[inline]
    pub(super) fn touch(&self, now: Tick, ttl: Ttl) -> Touch {
        let now = Tick(now.0.min(LAST_TICK));
        let word = self.0.load(Acquire);
        // Most often it has been recorded to in the same second.
        if word == (Live { seen: now, ttl }).word() {
            return Touch::Done;
        }
        self.touch_from(word, now, ttl)
    }

    fn touch_from(&self, mut word: u64, now: Tick, ttl: Ttl) -> Touch {
        loop {
            let before = match word {
                RETIRED => return Touch::Retired,
                FRESH => None,
                word => Some(Live::of(word)),
            };
            let seen = before.map_or(now, |live| live.seen.max(now));
            let after = Live { seen, ttl };
            if before == Some(after) {
                return Touch::Done;
            }
            match self.0.compare_exchange_weak(word, after.word(), AcqRel, Acquire) {
                Ok(_) => return reschedule(before, after),
                Err(newer) => word = newer,
            }
        }
    }

    /// Retires the series if it is over at `now`.
    pub(super) fn judge(&self, created: Tick, now: Tick) -> Judgement {
        let mut word = self.0.load(Acquire);
        loop {
            let over_at = match word {
                RETIRED => return Judgement::WasRetired,
                FRESH => Some(Self::fresh_over_at(created)),
                word => Live::of(word).over_at(),
            };
            if over_at.is_none_or(|tick| now < tick) {
                return Judgement::Stays(over_at);
            }
            match self.0.compare_exchange(word, RETIRED, AcqRel, Acquire) {
                Ok(_) => return Judgement::Retires,
                Err(newer) => word = newer,
            }
        }
    }

    pub(super) fn is_retired(&self) -> bool {
        self.0.load(Acquire) == RETIRED
    }

    /// Whether a scrape shows the series.
    pub(super) fn is_live(&self) -> bool {
        self.0.load(Acquire) < FRESH
    }
}

/// A later `seen` only puts off what is expected already; a new ttl does not.
fn reschedule(before: Option<Live>, after: Live) -> Touch {
    let same_ttl = before.is_some_and(|live| live.ttl == after.ttl);
    match after.over_at() {
        Some(tick) if !same_ttl => Touch::Rescheduled(tick),
        _ => Touch::Done,
    }
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use super::*;

    const TWO: Ttl = Ttl::from_seconds(2);

    #[test]
    fn a_series_lives_its_ttl_from_its_last_record() {
        let life = Life::fresh();
        assert_eq!(life.touch(Tick(10), TWO), Touch::Rescheduled(Tick(13)));
        assert_eq!(life.touch(Tick(11), TWO), Touch::Done);
        assert_eq!(life.judge(Tick(10), Tick(13)), Judgement::Stays(Some(Tick(14))));
        assert!(life.is_live());
        assert_eq!(life.judge(Tick(10), Tick(14)), Judgement::Retires);
        assert_eq!(life.judge(Tick(10), Tick(15)), Judgement::WasRetired);
        assert_eq!(life.touch(Tick(15), TWO), Touch::Retired);
        assert!(life.is_retired() && !life.is_live());
    }

    #[test]
    fn the_next_record_brings_its_own_ttl() {
        let life = Life::fresh();
        assert_eq!(life.touch(Tick(1), Ttl::FOREVER), Touch::Done);
        assert_eq!(life.judge(Tick(1), Tick(1_000_000)), Judgement::Stays(None));
        assert_eq!(life.touch(Tick(2), TWO), Touch::Rescheduled(Tick(5)));
        assert_eq!(life.touch(Tick(3), Ttl::FOREVER), Touch::Done);
        assert_eq!(life.judge(Tick(1), Tick(9)), Judgement::Stays(None));
    }

    #[test]
    fn a_worker_whose_clock_lags_does_not_turn_it_back() {
        let life = Life::fresh();
        life.touch(Tick(10), TWO);
        assert_eq!(life.touch(Tick(9), TWO), Touch::Done);
        assert_eq!(life.judge(Tick(9), Tick(12)), Judgement::Stays(Some(Tick(13))));
    }

    #[test]
    fn a_series_that_nobody_ever_recorded_to_goes() {
        let life = Life::fresh();
        assert!(!life.is_live() && !life.is_retired());
        assert_eq!(life.judge(Tick(0), Tick(5)), Judgement::Stays(Some(Tick(6))));
        assert_eq!(life.judge(Tick(0), Tick(6)), Judgement::Retires);
    }

    #[test]
    fn the_last_tick_is_no_other_state() {
        let life = Life::fresh();
        life.touch(Tick(u32::MAX), Ttl::from_seconds(u32::MAX));
        assert!(life.is_live() && !life.is_retired());
    }
}
