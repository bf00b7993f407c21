//! Looking ahead: a few lines at a time are taken apart, looked up, and what they
//! will touch is asked for, one step for all lines before the next step for any.
//! So the waits for memory overlap instead of following each other.
//!
//! Nothing here counts, records or changes anything: a line that is looked at
//! here is brought to its end by the worker, in its turn.
//!
//! Heat: hot.

use arrayvec::ArrayVec;

use super::cache::{Place, RouteCache};
use super::lines::Piece;
use crate::metric::Ahead;
use crate::model::{Tick, Update};
use crate::protocol::{self, Plain};
use crate::registry::Series;

/// Lines that are looked at together: enough to fill the processor's queue of
/// outstanding loads.
const GROUP: usize = 48;

/// A line, and what is known of it so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    pub(super) bytes: &'a [u8],
    /// Of a line that has the form of one plain sample.
    pub(super) parts: Option<Parts<'a>>,
}

/// A plain line taken apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts<'a> {
    pub(super) plain: Plain<'a>,
    pub(super) hash: u64,
    /// Where the cache has its route.
    pub(super) place: Option<Place>,
}

/// Lines in their order.
#[derive(Debug, Default)]
pub(super) struct Group<'a>(ArrayVec<Line<'a>, GROUP>);

impl<'a> Group<'a> {
    pub(super) const fn is_full(&self) -> bool {
        self.0.is_full()
    }

    /// Takes a line apart and adds it; there has to be room.
    #[inline]
    pub(super) fn push(&mut self, Piece { bytes, colon }: Piece<'a>, cache: Option<&RouteCache>) {
        let parts = cache.and_then(|cache| {
            let plain = protocol::split_plain_at(bytes, colon?)?;
            let hash = cache.hash_of(&plain);
            cache.prefetch(hash);
            Some(Parts { plain, hash, place: None })
        });
        let added = self.0.try_push(Line { bytes, parts });
        debug_assert!(added.is_ok(), "whoever pushes asks whether there is room");
    }

    /// The lines, in their order.
    pub(super) fn lines(&self) -> &[Line<'a>] {
        &self.0
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Finds out what can be known of every line before the first is taken.
    pub(super) fn look_ahead(&mut self, cache: &RouteCache, now: Tick) {
        if self.0.len() > 1 {
            self.look_further(cache, now);
        } else {
            self.parts_mut().for_each(|parts| parts.place = cache.find(parts.hash, &parts.plain));
        }
    }

    /// Also asks for what the lines will touch: the waits for it overlap.
    fn look_further(&mut self, cache: &RouteCache, now: Tick) {
        self.parts_mut().for_each(|parts| cache.prefetch_routes(parts.hash, &parts.plain));
        let mut ends = ArrayVec::<_, GROUP>::new();
        for parts in self.parts_mut() {
            parts.place = cache.find(parts.hash, &parts.plain);
            if let Some((series, value)) = end_of(parts, cache) {
                series.prefetch();
                ends.extend(value.map(|value| (series, value)));
            }
        }
        let observed = ends.iter().filter_map(|(series, value)| series.ahead(*value));
        let mut observed: ArrayVec<_, GROUP> = observed.collect();
        observed.iter_mut().for_each(|ahead| ahead.first(now));
        observed.iter().for_each(Ahead::second);
    }

    /// What is known of the plain lines.
    fn parts_mut(&mut self) -> impl Iterator<Item = &mut Parts<'a>> {
        self.0.iter_mut().filter_map(|line| line.parts.as_mut())
    }
}

/// The series that a line leads to, and what it will observe, if it does.
#[inline]
fn end_of<'c>(parts: &Parts<'_>, cache: &'c RouteCache) -> Option<(&'c Series, Option<f64>)> {
    let route = cache.at(parts.place?)?;
    let value = match route.common().update(parts.plain.value) {
        Update::Observe { value, .. } => Some(value),
        Update::Add(_) | Update::Set(_) | Update::Shift(_) => None,
    };
    Some((route.series()?, value))
}
