//! The relay's target: counts what arrives, and can be away.
//!
//! Heat: warm (once per packet).

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::harness::socket_table;

/// Asked of the system; less is granted where less is allowed.
const READ_BUFFER: usize = 8 << 20;
/// How soon it sees that it has to go.
const LOOK: Duration = Duration::from_millis(20);

#[derive(Default)]
struct Shared {
    lines: AtomicU64,
    packets: AtomicU64,
    wanted: AtomicBool,
    there: AtomicBool,
}

pub struct Sink {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// What has arrived so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Arrived {
    pub lines: f64,
    pub packets: f64,
}

impl Sink {
    /// There from the beginning.
    pub fn start() -> Self {
        let socket = bound(SocketAddr::from(([127, 0, 0, 1], 0)));
        let address = socket.local_addr().expect("it is bound");
        let shared = Arc::new(Shared::default());
        shared.wanted.store(true, Ordering::SeqCst);
        shared.there.store(true, Ordering::SeqCst);
        let (own, mut socket) = (Arc::clone(&shared), Some(socket));
        // It receives to the end of the process.
        thread::spawn(move || {
            loop {
                match (own.wanted.load(Ordering::SeqCst), &socket) {
                    (true, Some(socket)) => own.receive(socket),
                    (true, None) => socket = Some(bound(address)),
                    (false, Some(_)) => socket = None,
                    (false, None) => thread::sleep(LOOK),
                }
                own.there.store(socket.is_some(), Ordering::SeqCst);
            }
        });
        Self { address, shared }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes or opens its socket; returns when that is done.
    pub fn be_there(&self, there: bool) {
        self.shared.wanted.store(there, Ordering::SeqCst);
        while self.shared.there.load(Ordering::SeqCst) != there {
            thread::sleep(Duration::from_millis(1));
        }
    }

    pub fn arrived(&self) -> Arrived {
        let count = |of: &AtomicU64| of.load(Ordering::SeqCst) as f64;
        Arrived { lines: count(&self.shared.lines), packets: count(&self.shared.packets) }
    }

    /// Packets that its own socket had no room for, since it was opened.
    pub fn dropped(&self) -> f64 {
        socket_table::row(self.address.port()).map_or(0.0, |row| row.drops as f64)
    }
}

impl Shared {
    fn receive(&self, socket: &UdpSocket) {
        let mut buffer = vec![0; 65_536];
        // Nothing within the time is no failure.
        if let Ok(length) = socket.recv(&mut buffer) {
            let lines = memchr::memchr_iter(b'\n', &buffer[..length]).count();
            self.packets.fetch_add(1, Ordering::SeqCst);
            self.lines.fetch_add(lines as u64, Ordering::SeqCst);
        }
    }
}

fn bound(address: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind(address).expect("the relay's port is free");
    let _ = socket2::SockRef::from(&socket).set_recv_buffer_size(READ_BUFFER);
    socket.set_read_timeout(Some(LOOK)).expect("a time is set");
    socket
}
