//! Workers as the listeners want them: listeners know bytes and batches, workers
//! know lines and samples, and this is where the one meets the other.
//!
//! Heat: hot (it only passes on).

use std::sync::Arc;

use crate::ingest::{Engine, RelayHandle, Worker};
use crate::listener::limits::Connections;
use crate::listener::{Ingest, Received, Transport};
use crate::model::Tick;
use crate::telemetry::{self, Cold, DatagramSocket, Streams};

/// What makes workers, all alike.
#[derive(Debug)]
pub(super) struct Workers {
    pub(super) engine: Arc<Engine>,
    /// Where they copy their lines to.
    pub(super) relay: Option<RelayHandle>,
}

impl Workers {
    pub(super) fn one(&self) -> Worker {
        Worker::new(Arc::clone(&self.engine)).relaying(self.relay.clone())
    }

    /// The one that takes the datagrams of `socket`.
    pub(super) fn of(&self, socket: &Arc<DatagramSocket>) -> Worker {
        self.one().receiving(socket)
    }
}

impl Ingest for Worker {
    #[inline]
    fn datagram(&mut self, bytes: &[u8], now: Tick) {
        self.ingest_datagram(bytes, now);
    }

    #[inline]
    fn datagrams<'d>(&mut self, datagrams: impl Iterator<Item = &'d [u8]>, now: Tick) {
        self.ingest_datagrams(datagrams, now);
    }

    #[inline]
    fn line(&mut self, bytes: &[u8], now: Tick) {
        self.ingest_line(bytes, now);
    }

    fn received(&mut self, batch: Received) {
        let transport = match batch.transport {
            Transport::Udp => telemetry::Transport::Udp,
            Transport::Unixgram => telemetry::Transport::Unixgram,
        };
        self.tally().datagrams(transport, batch.datagrams, batch.truncated);
    }

    fn flush(&mut self) {
        Self::flush(self);
    }
}

/// Counts connections where all of the bridge is counted.
#[derive(Debug)]
pub(super) struct CountedConnections {
    pub(super) cold: Arc<Cold>,
    /// Which of its counters.
    pub(super) of: fn(&Cold) -> &Streams,
}

impl CountedConnections {
    fn streams(&self) -> &Streams {
        (self.of)(&self.cold)
    }
}

impl Connections for CountedConnections {
    fn opened(&self) {
        self.streams().connection();
    }

    fn failed(&self) {
        self.streams().connection_error();
    }

    fn refused(&self) {
        self.streams().refused_connection();
    }

    fn timed_out(&self) {
        self.streams().timed_out_connection();
    }

    fn line_too_long(&self) {
        self.streams().too_long_line();
    }
}
