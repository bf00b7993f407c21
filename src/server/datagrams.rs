//! The threads that receive datagrams, as one thing to start and to stop.
//!
//! Heat: cold.

use std::io;
use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;
use std::thread::JoinHandle;

use tracing::error;

use super::intake::Workers;
use crate::ingest::Worker;
use crate::listener::stop::{Stopper, stop};
use crate::listener::udp::KernelDrops;
use crate::listener::{Timing, udp, unixgram};

/// Running threads, each with a worker of its own.
pub(super) struct Datagrams {
    threads: Vec<JoinHandle<Worker>>,
    kernel_drops: KernelDrops,
    stopper: Stopper,
}

impl Datagrams {
    pub(super) fn start(
        udp: Vec<UdpSocket>,
        unixgram: Option<UnixDatagram>,
        workers: &Workers,
        timing: Timing,
    ) -> io::Result<Self> {
        let (stopper, stop) = stop()?;
        let (mut threads, kernel_drops) = udp::start(udp, |_| workers.one(), timing, &stop)?;
        if let Some(socket) = unixgram {
            threads.push(unixgram::start(socket, workers.one(), timing.clock, &stop)?);
        }
        Ok(Self { threads, kernel_drops, stopper })
    }

    pub(super) fn kernel_drops(&self) -> KernelDrops {
        self.kernel_drops.clone()
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
