//! One worker: takes datagrams and lines, and remembers where they led.
//!
//! Lines are looked at in groups (`ahead.rs`), then each is taken in its turn
//! (`taker.rs`). In between the cache learns, is swept, and new rules come into
//! force.
//!
//! What a worker counts stays with it until [`Worker::flush`].
//!
//! Heat: hot.

use std::sync::Arc;

use super::ahead::{AllKnown, Group};
use super::cache::RouteCache;
use super::copies::RelayHandle;
use super::engine::Engine;
use super::lines;
use super::taker::Taker;
use crate::model::Tick;
use crate::telemetry::{DatagramSocket, Row, Tally};

/// A single-threaded taker of datagrams and lines. Cheap to hold, not to make.
#[derive(Debug)]
pub struct Worker {
    /// `None` parses every line anew.
    cache: Option<RouteCache>,
    /// When the cache was last swept.
    swept: Tick,
    taker: Taker,
    row: Row,
}

impl Worker {
    /// A worker that shares `engine` with others.
    #[must_use]
    pub fn new(engine: Arc<Engine>) -> Self {
        let cache = RouteCache::new(engine.spelling_hash().clone());
        Self::with_cache(engine, Some(cache))
    }

    /// A worker that parses and maps every line anew. It counts and records what
    /// any other does; tests hold the two together.
    #[must_use]
    pub fn without_cache(engine: Arc<Engine>) -> Self {
        Self::with_cache(engine, None)
    }

    fn with_cache(engine: Arc<Engine>, cache: Option<RouteCache>) -> Self {
        let row = engine.telemetry().register();
        Self { cache, swept: Tick::default(), taker: Taker::new(engine), row }
    }

    /// The same worker, which from now on also copies every line to `relay`, if
    /// there is one.
    #[must_use]
    pub fn relaying(mut self, relay: Option<RelayHandle>) -> Self {
        self.taker.relay(relay);
        self
    }

    /// The same worker, which from now on counts as the one that alone takes the
    /// datagrams of `socket`.
    #[must_use]
    pub fn receiving(mut self, socket: &Arc<DatagramSocket>) -> Self {
        self.row = self.taker.engine().telemetry().register_socket(socket);
        self
    }

    /// Takes a datagram: every piece between line feeds is a line, empty ones too.
    pub fn ingest_datagram(&mut self, datagram: &[u8], now: Tick) {
        self.ingest_datagrams(std::iter::once(datagram), now);
    }

    /// Takes datagrams one after the other, as [`Worker::ingest_datagram`] does;
    /// together they cost less.
    pub fn ingest_datagrams<'d>(&mut self, datagrams: impl Iterator<Item = &'d [u8]>, now: Tick) {
        self.sweep_cache(now);
        let mut group = Group::default();
        for datagram in datagrams {
            // No datagram is mapped by two rule sets, nor by an old one: whether there
            // is a new one is asked once for each.
            if self.taker.has_new_rules() {
                self.take(&mut group, now);
                self.taker.take_rules();
            }
            for line in lines::of_datagram(datagram) {
                if group.is_full() {
                    self.take(&mut group, now);
                }
                group.push(line, self.cache.as_ref());
            }
        }
        self.take(&mut group, now);
    }

    /// Takes one line of a stream, without its end (`\n` or `\r\n`).
    pub fn ingest_line(&mut self, line: &[u8], now: Tick) {
        self.sweep_cache(now);
        if self.taker.has_new_rules() {
            self.taker.take_rules();
        }
        let mut group = Group::default();
        group.push(lines::Piece::of_line(line), self.cache.as_ref());
        self.take(&mut group, now);
    }

    /// Counts, before the next [`Worker::flush`], what a listener saw.
    pub fn tally(&mut self) -> &mut Tally {
        self.taker.tally()
    }

    /// Publishes what was counted so far, and hands copies over to the relay.
    /// Called once a batch.
    pub fn flush(&mut self) {
        self.taker.end_batch();
        self.row.publish(self.taker.tally());
    }

    /// Looks at the lines of the group, then takes each in its turn; and remembers
    /// what there was to learn.
    fn take(&mut self, group: &mut Group<'_>, now: Tick) {
        {
            let mut known = AllKnown::new();
            group.look_ahead(self.cache.as_ref(), now, &mut known);
            self.taker.take(group.lines(), &known, now);
        }
        group.clear();
        for route in self.taker.learned() {
            if let Some(cache) = &mut self.cache {
                cache.insert(route);
            }
        }
    }

    /// Once a second lets go of routes that lead nowhere any more.
    #[inline]
    fn sweep_cache(&mut self, now: Tick) {
        if now != self.swept {
            self.swept = now;
            if let Some(cache) = &mut self.cache {
                cache.sweep_part(self.taker.generation(), self.taker.engine().registry().era());
            }
        }
    }
}
