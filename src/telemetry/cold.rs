//! Counters of what happens seldom: connections, reloads, scrapes. Plain atomics;
//! each stands for itself, so nothing has to balance.
//!
//! Heat: cold.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};

use super::lock;

/// Counters that no worker owns.
#[derive(Debug, Default)]
pub struct Cold {
    pub(super) reloads_good: Count,
    pub(super) reloads_bad: Count,
    tcp: Streams,
    unix: Streams,
    pub(super) relay_packets: Count,
    pub(super) relay_dropped_lines: Count,
    relay_target: OnceLock<Box<str>>,
    scrapes_going_on: AtomicU64,
    scrapes_by_code: Mutex<BTreeMap<u16, u64>>,
}

/// Counters of the connections of one kind.
#[derive(Debug, Default)]
pub struct Streams {
    pub(super) opened: Count,
    pub(super) failed: Count,
    pub(super) too_long_lines: Count,
    pub(super) refused: Count,
    pub(super) timed_out: Count,
}

impl Streams {
    /// A connection was accepted.
    pub fn connection(&self) {
        self.opened.more();
    }

    /// A connection could not be accepted, or not be read from.
    pub fn connection_error(&self) {
        self.failed.more();
    }

    /// A connection was closed at once, since there are as many as there may be.
    pub fn refused_connection(&self) {
        self.refused.more();
    }

    /// A connection was closed since nothing came for too long.
    pub fn timed_out_connection(&self) {
        self.timed_out.more();
    }

    /// A line was too long, and its connection was closed.
    pub fn too_long_line(&self) {
        self.too_long_lines.more();
    }
}

/// A counter of its own.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    fn more(&self) {
        self.add(1);
    }

    fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    pub(super) fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Cold {
    /// The rules were read again, and replaced the old ones.
    pub fn reload_succeeded(&self) {
        self.reloads_good.more();
    }

    /// The rules were read again, and the old ones stay.
    pub fn reload_failed(&self) {
        self.reloads_bad.more();
    }

    /// Connections over TCP.
    #[must_use]
    pub fn tcp(&self) -> &Streams {
        &self.tcp
    }

    /// Connections over a unix stream socket.
    #[must_use]
    pub fn unix(&self) -> &Streams {
        &self.unix
    }

    /// There is a relay to `target`: its counters are shown from now on. A second
    /// call changes nothing.
    pub fn relay_to(&self, target: &str) {
        self.relay_target.get_or_init(|| target.into());
    }

    /// The relay sent a packet.
    pub fn relay_packet(&self) {
        self.relay_packets.more();
    }

    /// The relay could not send this many lines, or was told that they did not
    /// arrive.
    pub fn relay_dropped_lines(&self, count: u64) {
        self.relay_dropped_lines.add(count);
    }

    pub(super) fn relay_target(&self) -> Option<&str> {
        self.relay_target.get().map(|target| &**target)
    }

    /// A scrape begins. [`Cold::scrape_ended`] has to follow.
    pub fn scrape_began(&self) {
        self.scrapes_going_on.fetch_add(1, Ordering::Relaxed);
    }

    /// A scrape was answered with this status code.
    pub fn scrape_ended(&self, code: u16) {
        *lock(&self.scrapes_by_code).entry(code).or_default() += 1;
        self.scrapes_going_on.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn scrapes_going_on(&self) -> u64 {
        self.scrapes_going_on.load(Ordering::Relaxed)
    }

    /// Scrapes by status code. Those that the incumbent shows from its start are
    /// always there.
    pub(super) fn scrapes_by_code(&self) -> BTreeMap<u16, u64> {
        let mut counts = BTreeMap::from([(200, 0), (500, 0), (503, 0)]);
        counts.extend(&*lock(&self.scrapes_by_code));
        counts
    }
}
