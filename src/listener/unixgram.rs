//! The thread that receives from a unix datagram socket. Nothing is dropped
//! there: a sender waits, or is told, when the socket is full.
//!
//! Heat: cold (the loop it runs is in `datagrams`).

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::datagrams::{self, Timing};
use super::meter::Meter;
use super::stop::Stop;
use super::{Ingest, Transport};
use crate::clock::Clock;

/// Starts the thread. Once stopped it gives its worker back when joined; the
/// socket is closed then.
///
/// # Errors
/// If the system refuses the thread.
pub fn start<I: Ingest + Send + 'static>(
    socket: UnixDatagram,
    mut worker: I,
    clock: Clock,
    stop: &Stop,
) -> io::Result<(JoinHandle<I>, Meter)> {
    // The queue holds ten datagrams or so, whatever the buffer's size: while this
    // thread slept, a sender would have to.
    let timing = Timing { clock, delay: Duration::ZERO };
    let (socket, stop) = (Arc::new(OwnedFd::from(socket)), stop.clone());
    let meter = Meter::new(&socket);
    let thread = thread::Builder::new().name("unixgram".to_owned()).spawn(move || {
        datagrams::run(&*socket, Transport::Unixgram, &mut worker, timing, &stop);
        worker
    })?;
    Ok((thread, meter))
}
