//! The socket of the relay, and what happens when sending fails: the lines are
//! counted as lost, the name is looked up again, and sending goes on.
//!
//! The socket is connected, so that the kernel says when nobody listens there
//! (ICMP). It says so at a later send, which is not made then: the packet before
//! is the one that was refused, or one of those before it.
//!
//! Heat: warm (once per packet).

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::{info, warn};

use super::Target;
use crate::telemetry::Cold;

/// The least time between two look-ups of the name.
const LOOK_UP_EVERY: Duration = Duration::from_secs(1);
/// At most one line in the log about failures in this time.
const LOG_EVERY: Duration = Duration::from_secs(10);

/// The target's name cannot be resolved. Its text is one whole sentence.
#[derive(Debug)]
pub struct RelayError {
    target: Target,
    error: io::Error,
}

impl fmt::Display for RelayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { target, error } = self;
        write!(f, "cannot relay to --statsd.relay.address={target}: {error}")
    }
}

impl std::error::Error for RelayError {}

/// Where packets leave. One thread has it.
#[derive(Debug)]
pub(super) struct Outlet {
    target: Target,
    counts: Arc<Cold>,
    /// `None` if the last address could not be connected to.
    socket: Option<UdpSocket>,
    looked_up: Instant,
    logged: Option<Instant>,
    /// Lines of the last packet that was sent.
    last: u64,
}

impl Outlet {
    /// Resolves the target, and connects to it if there is a way there.
    ///
    /// # Errors
    /// If the name cannot be resolved.
    pub(super) fn open(target: Target, counts: Arc<Cold>) -> Result<Self, RelayError> {
        let address = match target.resolve() {
            Ok(address) => address,
            Err(error) => return Err(RelayError { target, error }),
        };
        let looked_up = Instant::now();
        let socket = None;
        let mut outlet = Self { target, counts, socket, looked_up, logged: None, last: 0 };
        match connect(address) {
            Ok(socket) => outlet.socket = Some(socket),
            Err(error) => outlet.complain(&error),
        }
        Ok(outlet)
    }

    /// Sends a packet of lines, each with its `\n`.
    pub(super) fn send(&mut self, packet: &[u8]) {
        let lines = memchr::memchr_iter(b'\n', packet).fold(0, |count, _| count + 1);
        match self.attempt(packet) {
            Ok(()) => return self.sent(lines),
            Err(error) => self.failed(&error),
        }
        match self.attempt(packet) {
            Ok(()) => self.sent(lines),
            Err(_) => self.counts.relay_dropped_lines(lines),
        }
    }

    fn attempt(&self, packet: &[u8]) -> io::Result<()> {
        let Some(socket) = &self.socket else { return Err(io::ErrorKind::NotConnected.into()) };
        socket.send(packet).map(drop)
    }

    fn sent(&mut self, lines: u64) {
        self.last = lines;
        self.counts.relay_packet();
    }

    /// What a failed send calls for, before it is tried once more.
    fn failed(&mut self, error: &io::Error) {
        if error.kind() == io::ErrorKind::ConnectionRefused {
            self.counts.relay_dropped_lines(std::mem::take(&mut self.last));
        }
        self.complain(error);
        if self.looked_up.elapsed() < LOOK_UP_EVERY {
            return;
        }
        match self.target.resolve().and_then(connect) {
            Ok(socket) => self.move_to(socket),
            Err(error) => self.complain(&error),
        }
        // After it: a look-up may take longer than the time between two.
        self.looked_up = Instant::now();
    }

    fn move_to(&mut self, socket: UdpSocket) {
        let peer = |socket: &UdpSocket| socket.peer_addr().ok();
        let address = peer(&socket);
        if self.socket.as_ref().and_then(peer) != address {
            info!(relay = %self.target, ?address, "the relay's target has another address now");
        }
        self.socket = Some(socket);
    }

    fn complain(&mut self, error: &io::Error) {
        if self.logged.is_none_or(|last| last.elapsed() >= LOG_EVERY) {
            self.logged = Some(Instant::now());
            warn!(relay = %self.target, %error, "the relay cannot deliver, lines are lost");
        }
    }
}

/// A socket that sends to `address`, and hears of nobody listening there.
fn connect(address: SocketAddr) -> io::Result<UdpSocket> {
    let any = match address {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    let socket = UdpSocket::bind(any)?;
    socket.connect(address)?;
    Ok(socket)
}
