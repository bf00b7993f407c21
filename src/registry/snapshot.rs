//! What a scrape walks: a cursor over the families in name order, each with its
//! live series by text. Nothing is copied but a few pointers at a time; numbers
//! are read when the encoder comes to them.
//!
//! Each family is met at most once. A series that is there, live, from the
//! cursor's making to its end is met; one that comes or goes meanwhile may be.
//!
//! Heat: cold (once per series and scrape).

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::catalog::PLACED;
use super::family::Family;
use super::locks::{read, write};
use super::{Registry, Series};
use crate::model::{MetricName, Shape};

/// A cursor over the families in name order.
#[derive(Debug)]
pub struct Snapshot<'r>(Cursor<'r>);

/// Series between two hops: enough for memory to come while they are written.
const AHEAD: usize = 8;

/// A family as a scrape found it.
#[derive(Debug)]
pub struct FamilyView {
    family: Arc<Family>,
    series: Arc<Vec<Series>>,
}

impl Registry {
    /// A cursor at the first family.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot<'_> {
        Snapshot(Cursor::new(self))
    }
}

impl Iterator for Snapshot<'_> {
    type Item = FamilyView;

    fn next(&mut self) -> Option<FamilyView> {
        self.0.next().map(|family| FamilyView { series: family.order(), family })
    }
}

impl FamilyView {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &MetricName {
        self.family.name()
    }

    /// The help text, as it came.
    #[must_use]
    pub fn help(&self) -> &str {
        self.family.help()
    }

    /// The type; the options are those of the first series there was.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        self.family.shape()
    }

    /// The first live series at or behind place `from`, and its place. They come
    /// in the order of their texts. Whoever walks them finds those that follow at
    /// hand: the memory of series is asked for some places ahead, so families of
    /// a few gain nothing.
    #[must_use]
    pub fn live_from(&self, from: usize) -> Option<(usize, &Series)> {
        let mut series = self.series.iter().enumerate().skip(from);
        let found = series.find(|(_, series)| series.is_live())?;
        self.prefetch_behind(found.0);
        Some(found)
    }

    /// Asks for what a walk will come to, for each of three hops further ahead: a
    /// scrape of many series finds next to nothing of them in any cache.
    #[inline]
    fn prefetch_behind(&self, place: usize) {
        let ahead = |hops: usize| self.series.get(place + hops * AHEAD);
        ahead(3).into_iter().for_each(Series::prefetch_whole);
        ahead(2).into_iter().for_each(Series::prefetch_numbers);
        ahead(1).into_iter().for_each(Series::prefetch_buckets);
    }

    /// The series at this place, live or not.
    #[must_use]
    pub fn at(&self, place: usize) -> Option<&Series> {
        self.series.get(place)
    }
}

/// Between two batches of newcomers: for workers that found families, or series of
/// such that are there.
const PAUSE: Duration = Duration::from_micros(100);

/// The families in name order, fetched a few at a time.
#[derive(Debug)]
pub(super) struct Cursor<'r> {
    registry: &'r Registry,
    last: Option<MetricName>,
    fetched: std::vec::IntoIter<Arc<Family>>,
}

impl<'r> Cursor<'r> {
    pub(super) fn new(registry: &'r Registry) -> Self {
        // Those that come meanwhile may wait for the next walk.
        let newcomers = read(&registry.catalog).newcomers();
        for batch in 0..newcomers.div_ceil(PLACED) {
            if batch > 0 {
                // The lock is not fair: who waits for it would be woken too late.
                thread::sleep(PAUSE);
            }
            write(&registry.catalog).place_some();
        }
        Self { registry, last: None, fetched: Vec::new().into_iter() }
    }
}

impl Iterator for Cursor<'_> {
    type Item = Arc<Family>;

    fn next(&mut self) -> Option<Arc<Family>> {
        if self.fetched.as_slice().is_empty() {
            let families = read(&self.registry.catalog).some_after(self.last.as_ref());
            // Without any more of them the cursor stays where it is: at the end.
            self.last = families.last().map(|family| family.name().clone()).or(self.last.take());
            self.fetched = families.into_iter();
        }
        self.fetched.next()
    }
}
