//! Looking ahead: a few lines at a time are taken apart, looked up, and what they
//! will touch is asked for, one step for all lines before the next step for any.
//! So the waits for memory overlap instead of following each other.
//!
//! Nothing here counts, records or changes anything: a line that is looked at
//! here is brought to its end by the worker, in its turn.
//!
//! Heat: hot.

use super::cache::{Place, RouteCache};
use crate::model::Tick;
use crate::protocol::{self, Plain, PlainValue};

/// Lines that are looked at together: enough to fill the processor's queue of
/// outstanding loads.
const GROUP: usize = 16;

/// A line, and what is known of it so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Line<'a> {
    pub(super) bytes: &'a [u8],
    /// Of a line that has the form of one plain sample.
    pub(super) parts: Option<Parts<'a>>,
}

/// A plain line taken apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts<'a> {
    pub(super) plain: Plain<'a>,
    pub(super) value: PlainValue,
    pub(super) hash: u64,
    /// Where the cache has its route.
    pub(super) place: Option<Place>,
}

/// Lines in their order.
#[derive(Debug, Default)]
pub(super) struct Group<'a> {
    lines: [Line<'a>; GROUP],
    filled: usize,
}

impl<'a> Group<'a> {
    pub(super) const fn is_full(&self) -> bool {
        self.filled == GROUP
    }

    /// Adds a line; it has to have room.
    pub(super) fn push(&mut self, bytes: &'a [u8]) {
        if let Some(place) = self.lines.get_mut(self.filled) {
            *place = Line { bytes, parts: None };
            self.filled += 1;
        }
    }

    /// The lines, in their order.
    pub(super) fn lines(&self) -> &[Line<'a>] {
        self.lines.get(..self.filled).unwrap_or_default()
    }

    pub(super) const fn clear(&mut self) {
        self.filled = 0;
    }

    /// Finds out what can be known of every line before the first is taken.
    pub(super) fn look_ahead(&mut self, cache: &RouteCache, now: Tick) {
        let lines = self.lines.get_mut(..self.filled).unwrap_or_default();
        for line in &mut *lines {
            line.parts = take_apart(line.bytes, cache);
        }
        for parts in lines.iter().filter_map(|line| line.parts.as_ref()) {
            cache.prefetch_routes(parts.hash);
        }
        let mut ends = [None; GROUP];
        let all_parts = lines.iter_mut().map(|line| line.parts.as_mut());
        for (parts, end) in all_parts.zip(&mut ends) {
            let Some(parts) = parts else { continue };
            parts.place = cache.find(parts.hash, &parts.plain);
            let Some(route) = parts.place.and_then(|place| cache.at(place)) else { continue };
            let Some(series) = route.series() else { continue };
            series.prefetch();
            *end = Some((series, route.common().recipe.update(parts.value)));
        }
        for (series, update) in ends.into_iter().flatten() {
            series.prefetch_for(update, now);
        }
    }
}

fn take_apart<'a>(line: &'a [u8], cache: &RouteCache) -> Option<Parts<'a>> {
    let plain = protocol::split_plain(line)?;
    let value = protocol::plain_value(plain.value)?;
    let hash = cache.hash_of(&plain);
    cache.prefetch(hash);
    Some(Parts { plain, value, hash, place: None })
}
