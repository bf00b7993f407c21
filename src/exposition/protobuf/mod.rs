//! The protobuf format: one `io.prometheus.client.MetricFamily` behind the other,
//! each with its length in front. Written by hand, since the messages are few and
//! a scrape is to hold no tree of them.
//!
//! A length is known when all that it spans has been written, and the numbers
//! move meanwhile; so a family is written whole before its first byte is sent. A
//! scrape holds the largest family, encoded, and no more.
//!
//! The order is that of the text format; the two show the same.
//!
//! Heat: cold (once per scrape).

mod metric;
mod native;
mod spans;
mod wire;

use std::collections::VecDeque;

use bytes::Bytes;

use super::CHUNK;
use super::families::{AnyFamily, Families, own_shape};
use super::moment::WallClock;
use crate::model::own::OwnFamily;
use crate::model::{Shape, Tick};
use crate::registry::{FamilyView, Snapshot};
use metric::Metrics;

/// How much longer than [`CHUNK`] a piece becomes as a rule.
const USUAL_METRIC: usize = 1024;

/// A scrape on its way: an iterator over pieces of about [`CHUNK`] bytes.
#[derive(Debug)]
pub struct Messages<'r> {
    families: Families<'r>,
    now: Tick,
    metrics: Metrics,
    /// Behind what is `ready`, still growing.
    out: Vec<u8>,
    ready: VecDeque<Vec<u8>>,
}

impl<'r> Messages<'r> {
    /// All families of the snapshot and, in their places, the bridge's own.
    /// Summaries are read as of `now`; tick 0 was `start_unix` seconds after 1970.
    #[must_use]
    pub fn new(snapshot: Snapshot<'r>, own: Vec<OwnFamily>, now: Tick, start_unix: f64) -> Self {
        Self {
            families: Families::new(snapshot, own),
            now,
            metrics: Metrics::new(WallClock::started_at(start_unix)),
            out: Vec::new(),
            ready: VecDeque::new(),
        }
    }

    fn write_family(&mut self, family: AnyFamily) {
        match family {
            AnyFamily::Mapped(family) => {
                let body = self.body_of(&family);
                // Left out if nothing of it is live.
                if !body.is_empty() {
                    let head = head(family.name().as_str(), family.help(), family.shape());
                    self.put(&head, body);
                }
            }
            AnyFamily::Own(family) => {
                let mut body = Body::default();
                for series in &family.series {
                    body.metric(|out| self.metrics.write_own(out, series, family.is_counter));
                }
                self.put(&head(&family.name, &family.help, own_shape(&family)), body);
            }
        }
    }

    fn body_of(&mut self, family: &FamilyView) -> Body {
        let (mut body, mut from) = (Body::default(), 0);
        while let Some((place, series)) = family.live_from(from) {
            body.metric(|out| self.metrics.write(out, series, self.now));
            from = place + 1;
        }
        body
    }

    /// Puts a family behind the others.
    fn put(&mut self, head: &[u8], body: Body) {
        wire::varint(&mut self.out, (head.len() + body.len()) as u64);
        self.out.extend_from_slice(head);
        if body.pieces.is_empty() {
            self.out.extend_from_slice(&body.last);
        } else {
            self.ready.push_back(std::mem::take(&mut self.out));
            self.ready.extend(body.pieces);
            self.out = body.last;
        }
    }
}

impl Iterator for Messages<'_> {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        while self.ready.is_empty() && self.out.len() < CHUNK {
            let Some(family) = self.families.next() else { break };
            self.write_family(family);
        }
        let piece = self.ready.pop_front().unwrap_or_else(|| std::mem::take(&mut self.out));
        (!piece.is_empty()).then(|| Bytes::from(piece))
    }
}

/// The series of a family, in pieces, so that no large one has to move as it
/// grows.
#[derive(Debug, Default)]
struct Body {
    /// Each is full.
    pieces: Vec<Vec<u8>>,
    last: Vec<u8>,
}

impl Body {
    /// Adds a series, whose fields `write` writes.
    fn metric(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        wire::message(&mut self.last, 4, write);
        if self.last.len() >= CHUNK {
            let room = Vec::with_capacity(CHUNK + USUAL_METRIC);
            self.pieces.push(std::mem::replace(&mut self.last, room));
        }
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn len(&self) -> usize {
        self.pieces.iter().map(Vec::len).sum::<usize>() + self.last.len()
    }
}

/// The fields that stand before the series.
fn head(name: &str, help: &str, shape: &Shape) -> Vec<u8> {
    let mut head = Vec::with_capacity(name.len() + help.len() + 16);
    wire::string(&mut head, 1, name);
    wire::string(&mut head, 2, help);
    wire::unsigned(&mut head, 3, metric::type_number(shape));
    head
}
