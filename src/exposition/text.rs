//! The text format 0.0.4, in chunks.
//!
//! Families stand in the order of their names, the bridge's own among those of
//! the registry; series in the order of their texts; so two scrapes of the same
//! numbers are the same bytes. A family without a live series is left out. Each
//! has its `# HELP` line first and then its `# TYPE` line.
//!
//! A chunk ends behind the first line that makes it [`CHUNK`] bytes or more, even
//! in the middle of a series; so it is at most a line longer.
//!
//! Heat: cold (once per scrape).

use std::iter::Peekable;
use std::sync::Arc;
use std::vec;

use bytes::Bytes;

use super::reading::{Reading, end_line};
use crate::model::Tick;
use crate::model::own::{OwnFamily, OwnSeries};
use crate::registry::{FamilyView, Series, Snapshot, push_help_escaped, push_value_escaped};

/// The size of a chunk, in bytes.
pub const CHUNK: usize = 64 * 1024;

/// How much longer than [`CHUNK`] a chunk becomes as a rule.
const USUAL_LINE: usize = 1024;

/// A scrape on its way: an iterator over chunks of text.
#[derive(Debug)]
pub struct Chunks<'r> {
    mapped: Peekable<Snapshot<'r>>,
    own: Peekable<vec::IntoIter<OwnFamily>>,
    now: Tick,
    at: At,
    reading: Reading,
    out: Vec<u8>,
}

/// What is written next.
#[derive(Debug)]
enum At {
    /// The heading of the next family.
    Family,
    /// A line of a series, which has been read.
    Line { family: FamilyView, place: usize, series: Arc<Series>, line: usize, lines: usize },
    /// The rest of the bridge's own family.
    Own { name: String, series: vec::IntoIter<OwnSeries> },
    /// Nothing.
    End,
}

impl<'r> Chunks<'r> {
    /// All families of the snapshot and, in their places, the bridge's own.
    /// Summaries are read as of `now`.
    #[must_use]
    pub fn new(snapshot: Snapshot<'r>, mut own: Vec<OwnFamily>, now: Tick) -> Self {
        own.retain(|family| !family.series.is_empty());
        own.sort_by(|a, b| a.name.cmp(&b.name));
        Self {
            mapped: snapshot.peekable(),
            own: own.into_iter().peekable(),
            now,
            at: At::Family,
            reading: Reading::default(),
            out: Vec::new(),
        }
    }

    fn step(&mut self) {
        self.at = match std::mem::replace(&mut self.at, At::End) {
            At::Family => self.next_family(),
            At::Line { family, place, series, line, lines } => {
                self.reading.write_line(&mut self.out, &series, line);
                if line + 1 < lines {
                    At::Line { family, place, series, line: line + 1, lines }
                } else {
                    self.read_from(family, place + 1)
                }
            }
            At::Own { name, mut series } => match series.next() {
                Some(one) => {
                    write_own(&mut self.out, &name, &one);
                    At::Own { name, series }
                }
                None => At::Family,
            },
            At::End => At::End,
        };
    }

    /// Writes the heading of the family whose name comes first.
    fn next_family(&mut self) -> At {
        let own_is_next = match (self.mapped.peek(), self.own.peek()) {
            (Some(mapped), Some(own)) => own.name.as_str() < mapped.name().as_str(),
            (mapped, _) => mapped.is_none(),
        };
        if own_is_next {
            return match self.own.next() {
                None => At::End,
                Some(OwnFamily { name, help, is_counter, series }) => {
                    let word = if is_counter { "counter" } else { "gauge" };
                    write_heading(&mut self.out, &name, &help, word);
                    At::Own { name, series: series.into_iter() }
                }
            };
        }
        let Some(family) = self.mapped.next() else { return At::Family };
        let heading_from = self.out.len();
        let (name, word) = (family.name().as_str(), family.type_word());
        write_heading(&mut self.out, name, family.help(), word);
        let at = self.read_from(family, 0);
        if !matches!(at, At::Line { .. }) {
            self.out.truncate(heading_from);
        }
        at
    }

    /// Reads the first live series from `place` on.
    fn read_from(&mut self, family: FamilyView, place: usize) -> At {
        let Some((place, series)) = family.live_from(place) else { return At::Family };
        let series = Arc::clone(series);
        let lines = self.reading.take(&series, self.now);
        At::Line { family, place, series, line: 0, lines }
    }
}

impl Iterator for Chunks<'_> {
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

fn write_heading(out: &mut Vec<u8>, name: &str, help: &str, word: &str) {
    for part in ["# HELP ", name, " "] {
        out.extend_from_slice(part.as_bytes());
    }
    push_help_escaped(help, |part| out.extend_from_slice(part.as_bytes()));
    for part in ["\n# TYPE ", name, " ", word, "\n"] {
        out.extend_from_slice(part.as_bytes());
    }
}

fn write_own(out: &mut Vec<u8>, name: &str, series: &OwnSeries) {
    out.extend_from_slice(name.as_bytes());
    for (at, (label, value)) in series.labels.iter().enumerate() {
        out.push(if at == 0 { b'{' } else { b',' });
        out.extend_from_slice(label.as_bytes());
        out.extend_from_slice(b"=\"");
        push_value_escaped(value, |part| out.extend_from_slice(part.as_bytes()));
        out.push(b'"');
    }
    if !series.labels.is_empty() {
        out.push(b'}');
    }
    end_line(out, series.value);
}
