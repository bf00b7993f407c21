//! The threads that receive datagrams, as one thing to start and to stop, and what
//! the kernel says of their sockets.
//!
//! Heat: cold.

use std::io;
use std::net::UdpSocket;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::UnixDatagram;
use std::sync::Arc;
use std::thread::JoinHandle;

use tracing::error;

use super::intake::Workers;
use crate::ingest::Worker;
use crate::listener::meter::Meter;
use crate::listener::stop::{Stopper, stop};
use crate::listener::{Timing, udp, unixgram};
use crate::telemetry::{DatagramSocket, Transport};

/// Running threads, each with a worker of its own.
pub(super) struct Datagrams {
    threads: Vec<JoinHandle<Worker>>,
    meters: Meters,
    stopper: Stopper,
}

/// The sockets, each with what asks the kernel about it.
#[derive(Clone, Debug)]
pub(super) struct Meters(Arc<[(Arc<DatagramSocket>, Meter)]>);

impl Meters {
    /// Brings what is known of each socket up to date.
    pub(super) fn ask(&self) {
        for (socket, meter) in &*self.0 {
            let side = meter.read();
            socket.kernel_says(side.dropped, side.waiting_bytes);
        }
    }
}

impl Datagrams {
    pub(super) fn start(
        udp: Vec<UdpSocket>,
        unixgram: Option<UnixDatagram>,
        workers: &Workers,
        timing: Timing,
    ) -> io::Result<Self> {
        let (stopper, stop) = stop()?;
        let mut sockets = Vec::new();
        let mut worker = |transport, index, address: &str| {
            let socket = Arc::new(DatagramSocket::new(transport, index, address));
            sockets.push(Arc::clone(&socket));
            workers.of(&socket)
        };
        // All UDP sockets share one address.
        let address = udp.first().map(bound_to).unwrap_or_default();
        let udp_worker = |index| worker(Transport::Udp, index, &address);
        let (mut threads, mut meters) = udp::start(udp, udp_worker, timing, &stop)?;
        if let Some(socket) = unixgram {
            let worker = worker(Transport::Unixgram, 0, &path_of(&socket));
            let (thread, meter) = unixgram::start(socket, worker, timing.clock, &stop)?;
            threads.push(thread);
            meters.push(meter);
        }
        let meters = Meters(sockets.into_iter().zip(meters).collect());
        Ok(Self { threads, meters, stopper })
    }

    pub(super) fn meters(&self) -> Meters {
        self.meters.clone()
    }

    /// Lets each thread take what its socket holds, for a second at most, and
    /// waits for it.
    pub(super) fn stop(self) {
        self.stopper.stop();
        for thread in self.threads {
            let name = thread.thread().name().unwrap_or("a listener").to_owned();
            if thread.join().is_err() {
                error!(thread = name, "a thread had panicked");
            }
        }
    }
}

fn bound_to(socket: &UdpSocket) -> String {
    socket.local_addr().map(|address| address.to_string()).unwrap_or_default()
}

/// As `--statsd.listen-unixgram` takes it.
fn path_of(socket: &UnixDatagram) -> String {
    let Ok(address) = socket.local_addr() else { return String::new() };
    match (address.as_pathname(), address.as_abstract_name()) {
        (Some(path), _) => path.display().to_string(),
        (None, Some(name)) => format!("@{}", String::from_utf8_lossy(name)),
        (None, None) => String::new(),
    }
}
