//! The sockets that datagrams come from, as the ledger names them, and what the
//! kernel said of each. What was received there is counted by the socket's own
//! worker, in its row.
//!
//! Heat: cold (once per scrape and socket).

use std::sync::atomic::{AtomicU64, Ordering};

use super::tally::Transport;

/// One socket. Its numbers are 0 until the kernel is asked.
#[derive(Debug)]
pub struct DatagramSocket {
    transport: Transport,
    index: usize,
    address: Box<str>,
    dropped: AtomicU64,
    waiting_bytes: AtomicU64,
}

impl DatagramSocket {
    /// The `index`th socket of that kind, bound to `address`.
    #[must_use]
    pub fn new(transport: Transport, index: usize, address: &str) -> Self {
        let (dropped, waiting_bytes) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { transport, index, address: address.into(), dropped, waiting_bytes }
    }

    /// The kernel has dropped so many datagrams so far, and holds so many bytes. A
    /// number of drops below an earlier one changes nothing: of two scrapes at
    /// once the later may be the first to say.
    pub fn kernel_says(&self, dropped_so_far: u64, waiting_bytes: u64) {
        self.dropped.fetch_max(dropped_so_far, Ordering::Relaxed);
        self.waiting_bytes.store(waiting_bytes, Ordering::Relaxed);
    }

    pub(super) const fn transport(&self) -> Transport {
        self.transport
    }

    pub(super) const fn index(&self) -> usize {
        self.index
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    pub(super) fn waiting_bytes(&self) -> u64 {
        self.waiting_bytes.load(Ordering::Relaxed)
    }
}
