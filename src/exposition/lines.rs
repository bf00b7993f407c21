//! What the formats of text have in common: a scrape as lines, in chunks.
//!
//! Families stand in the order of their names, series in the order of their
//! texts, so two scrapes of the same numbers are the same bytes. A family without
//! a live series is left out.
//!
//! A chunk ends behind the first line that makes it [`CHUNK`] bytes or more, even
//! in the middle of a series; so it is at most a line longer.
//!
//! Heat: cold (once per line and scrape).

use std::vec;

use bytes::Bytes;

use super::CHUNK;
use super::families::{AnyFamily, Families, own_shape};
use crate::model::own::{OwnFamily, OwnSeries};
use crate::model::{Shape, Tick};
use crate::registry::{FamilyView, Series};

/// How much longer than [`CHUNK`] a chunk becomes as a rule.
const USUAL_LINE: usize = 1024;

/// How a format writes the lines of a scrape.
pub(super) trait LineFormat {
    /// Writes the heading of a family, whose series follow. False if the family
    /// is left out; nothing is written then.
    fn begin(&mut self, out: &mut Vec<u8>, name: &str, help: &str, shape: &Shape) -> bool;

    /// Reads a series, and returns how many lines it has.
    fn take(&mut self, series: &Series, now: Tick) -> usize;

    /// Writes one of these lines; or nothing, if the format cannot hold it.
    fn write_line(&self, out: &mut Vec<u8>, series: &Series, line: usize);

    /// Writes a series of the bridge's own.
    fn write_own(&self, out: &mut Vec<u8>, name: &str, series: &OwnSeries);

    /// Writes what stands behind the last family.
    fn end(&self, out: &mut Vec<u8>);
}

/// A scrape on its way: an iterator over chunks of text.
#[derive(Debug)]
pub(super) struct Lines<'r, F> {
    families: Families<'r>,
    now: Tick,
    format: F,
    at: At,
    out: Vec<u8>,
}

/// What is written next.
#[derive(Debug)]
enum At {
    /// The heading of the next family.
    Family,
    /// A line of a series, which has been read.
    Line { family: FamilyView, place: usize, line: usize, lines: usize },
    /// The rest of the bridge's own family.
    Own { name: String, series: vec::IntoIter<OwnSeries> },
    /// Nothing.
    End,
}

impl<'r, F: LineFormat> Lines<'r, F> {
    pub(super) const fn new(families: Families<'r>, now: Tick, format: F) -> Self {
        Self { families, now, format, at: At::Family, out: Vec::new() }
    }

    fn step(&mut self) {
        self.at = match std::mem::replace(&mut self.at, At::End) {
            At::Family => self.next_family(),
            At::Line { family, place, line, lines } => {
                if let Some(series) = family.at(place) {
                    self.format.write_line(&mut self.out, series, line);
                }
                if line + 1 < lines {
                    At::Line { family, place, line: line + 1, lines }
                } else {
                    self.read_from(family, place + 1)
                }
            }
            At::Own { name, mut series } => match series.next() {
                Some(one) => {
                    self.format.write_own(&mut self.out, &name, &one);
                    At::Own { name, series }
                }
                None => At::Family,
            },
            At::End => At::End,
        };
    }

    fn next_family(&mut self) -> At {
        match self.families.next() {
            Some(AnyFamily::Own(family)) => self.begin_own(family),
            Some(AnyFamily::Mapped(family)) => self.begin(family),
            None => {
                self.format.end(&mut self.out);
                At::End
            }
        }
    }

    fn begin_own(&mut self, family: OwnFamily) -> At {
        let shape = own_shape(&family);
        let OwnFamily { name, help, series, .. } = family;
        if self.format.begin(&mut self.out, &name, &help, shape) {
            At::Own { name, series: series.into_iter() }
        } else {
            At::Family
        }
    }

    fn begin(&mut self, family: FamilyView) -> At {
        let heading_from = self.out.len();
        let (name, help, shape) = (family.name().as_str(), family.help(), family.shape());
        if !self.format.begin(&mut self.out, name, help, shape) {
            return At::Family;
        }
        let at = self.read_from(family, 0);
        if !matches!(at, At::Line { .. }) {
            self.out.truncate(heading_from);
        }
        at
    }

    /// Reads the first live series from `place` on.
    fn read_from(&mut self, family: FamilyView, place: usize) -> At {
        let Some((place, series)) = family.live_from(place) else { return At::Family };
        let lines = self.format.take(series, self.now);
        At::Line { family, place, line: 0, lines }
    }
}

impl<F: LineFormat> Iterator for Lines<'_, F> {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        if matches!(self.at, At::End) {
            return None;
        }
        self.out.reserve(CHUNK + USUAL_LINE);
        while self.out.len() < CHUNK && !matches!(self.at, At::End) {
            self.step();
        }
        (!self.out.is_empty()).then(|| Bytes::from(std::mem::take(&mut self.out)))
    }
}
