//! Looking ahead: a few lines at a time are taken apart, looked up, and what they
//! will touch is asked for, one step for all lines before the next step for any.
//! So the waits for memory overlap instead of following each other.
//!
//! Nothing here counts, records or changes anything: a line that is looked at
//! here is brought to its end by the worker, in its turn.
//!
//! Heat: hot.

use arrayvec::ArrayVec;

use super::cache::RouteCache;
use super::lines::Piece;
use super::route::Route;
use crate::metric::Ahead;
use crate::model::{Tick, Update};
use crate::protocol::{self, Plain};

/// Lines that are looked at together: so many that what was asked for is there when
/// the next step comes to the first of them, and so few that none of it is gone again.
const GROUP: usize = 96;

/// A line, taken apart if it has the form of one plain sample.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'d> {
    pub(super) bytes: &'d [u8],
    pub(super) parts: Option<Parts<'d>>,
}

/// A plain line, and the hash of its spelling.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts<'d> {
    pub(super) plain: Plain<'d>,
    pub(super) hash: u64,
}

/// Where a line leads, and with what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'c> {
    pub(super) route: &'c Route,
    pub(super) update: Update,
}

/// What the cache knows of each line of a group.
pub(super) type AllKnown<'c> = ArrayVec<Option<Known<'c>>, GROUP>;

/// Lines in their order.
#[derive(Debug, Default)]
pub(super) struct Group<'d>(ArrayVec<Line<'d>, GROUP>);

impl<'d> Group<'d> {
    pub(super) const fn is_full(&self) -> bool {
        self.0.is_full()
    }

    /// Takes a line apart and adds it; there has to be room.
    #[inline]
    pub(super) fn push(&mut self, Piece { bytes, colon }: Piece<'d>, cache: Option<&RouteCache>) {
        let parts = cache.and_then(|cache| {
            let plain = protocol::split_plain_at(bytes, colon?)?;
            let hash = cache.hash_of(&plain);
            cache.prefetch(hash);
            Some(Parts { plain, hash })
        });
        let added = self.0.try_push(Line { bytes, parts });
        debug_assert!(added.is_ok(), "whoever pushes asks whether there is room");
    }

    /// The lines, in their order.
    pub(super) fn lines(&self) -> &[Line<'d>] {
        &self.0
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Puts into `all` what can be known of every line before the first is taken.
    #[inline]
    pub(super) fn look_ahead<'c>(
        &self,
        cache: Option<&'c RouteCache>,
        now: Tick,
        all: &mut AllKnown<'c>,
    ) {
        let is_alone = self.0.len() == 1;
        if let Some(cache) = cache.filter(|_| !is_alone) {
            self.plain_lines().for_each(|Parts { plain, hash }| cache.prefetch_route(*hash, plain));
        }
        let find = |line: &Line<'_>| {
            let Parts { plain, hash } = line.parts.as_ref()?;
            let route = cache?.find(*hash, plain)?;
            if !is_alone && let Some(series) = route.series() {
                series.prefetch();
            }
            Some(Known { route, update: route.common().update(plain.value) })
        };
        all.extend(self.0.iter().map(find));
        if !is_alone {
            ask_for_numbers(all, now);
        }
    }

    fn plain_lines(&self) -> impl Iterator<Item = &Parts<'d>> {
        self.0.iter().filter_map(|line| line.parts.as_ref())
    }
}

/// Asks for what observations will touch behind their series.
#[inline]
fn ask_for_numbers(all: &AllKnown<'_>, now: Tick) {
    let observed = all.iter().flatten().filter_map(|Known { route, update }| match update {
        Update::Observe { value, .. } => route.series()?.ahead(*value),
        Update::Add(_) | Update::Set(_) | Update::Shift(_) => None,
    });
    let mut observed: ArrayVec<_, GROUP> = observed.collect();
    observed.iter_mut().for_each(|ahead| ahead.first(now));
    observed.iter().for_each(Ahead::second);
}
