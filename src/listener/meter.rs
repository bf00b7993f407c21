//! What the kernel says of a socket that datagrams come from: how many it has
//! dropped there, and how much still waits. Nothing is received here.
//!
//! Heat: cold (once per scrape and socket).

use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::receive::{self, SocketMemory};

/// The meter of one socket; copies read the same. It keeps its numbers, but not
/// the socket, when the thread that receives from it ends.
#[derive(Clone, Debug)]
pub struct Meter(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    socket: Weak<OwnedFd>,
    seen: Mutex<Seen>,
}

/// What the kernel holds of a socket's datagrams, and what it let go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KernelSide {
    /// Datagrams that were dropped at this socket since it was made. 0 where the
    /// kernel does not tell: before 4.12, and for a unix socket, whose sender
    /// waits instead.
    pub dropped: u64,
    /// Bytes that wait to be received, with the kernel's own bookkeeping; 0 when
    /// nothing waits. A unix socket has none: what waits is its sender's.
    pub waiting_bytes: u64,
}

/// The kernel counts drops to 2^32 and begins anew; this goes on.
#[derive(Debug, Default)]
struct Seen {
    last: u32,
    side: KernelSide,
}

impl Meter {
    pub(super) fn new(socket: &Arc<OwnedFd>) -> Self {
        Self(Arc::new(Inner { socket: Arc::downgrade(socket), seen: Mutex::default() }))
    }

    /// Asks the kernel now; the last answer once the socket is closed.
    #[must_use]
    pub fn read(&self) -> KernelSide {
        // The lock is taken first: numbers must not overtake each other.
        let mut seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(socket) = self.0.socket.upgrade()
            && let Ok(now) = receive::socket_memory(socket.as_fd())
        {
            seen.advance(now);
        }
        seen.side
    }
}

impl Seen {
    fn advance(&mut self, now: SocketMemory) {
        self.side.dropped += u64::from(now.drops.wrapping_sub(self.last));
        self.side.waiting_bytes = u64::from(now.waiting_bytes);
        self.last = now.drops;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_counter_may_wrap() {
        let mut seen = Seen::default();
        for drops in [5, 5, u32::MAX, 3] {
            seen.advance(SocketMemory { drops, waiting_bytes: drops });
        }
        assert_eq!(seen.side, KernelSide { dropped: (1 << 32) + 3, waiting_bytes: 3 });
    }
}
