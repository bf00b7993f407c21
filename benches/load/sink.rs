//! The floor, as a process: the harness started once more with a hidden
//! argument. It receives datagrams and discards them. One kind runs the bridge's
//! own receiving loop, so it makes the same system calls at the same times; the
//! other waits for each datagram.
//!
//! It tells its port in its first line, and for every line that it reads its
//! counts in another: datagrams, and those that the kernel dropped. It ends when
//! its input does.
//!
//! Heat: hot (what it costs is the measure).

use std::hint::black_box;
use std::io::BufRead;
use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use statsd_bridge::clock::Clock;
use statsd_bridge::listener::stop::stop;
use statsd_bridge::listener::{DEFAULT_DELAY, Ingest, Received, Timing, udp};
use statsd_bridge::model::Tick;

use crate::harness::socket_table;

/// What is asked of the system for the receive buffer, of the bridge too.
pub const READ_BUFFER: usize = 4 << 20;

#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// The bridge's loop.
    Coalescing,
    /// One call for each datagram.
    OneByOne,
}

impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Coalescing => "coalescing",
            Self::OneByOne => "one-by-one",
        }
    }

    pub fn named(name: &str) -> Result<Self, String> {
        let kinds = [Self::Coalescing, Self::OneByOne];
        kinds.into_iter().find(|kind| kind.name() == name).ok_or(format!("no kind {name:?}"))
    }
}

pub fn run(kind: Kind) {
    let socket = bound();
    let port = socket.local_addr().expect("it is bound").port();
    let count = Arc::new(AtomicU64::new(0));
    match kind {
        Kind::Coalescing => {
            let (stopper, stop) = stop().expect("there are descriptors left");
            let discard = |_| Discard(Arc::clone(&count));
            let timing = Timing { clock: Clock::start(), delay: DEFAULT_DELAY };
            let (_threads, meters) =
                udp::start(vec![socket], discard, timing, &stop).expect("there are threads left");
            answer(port, &count, || meters.iter().map(|meter| meter.read().dropped).sum());
            drop(stopper);
        }
        Kind::OneByOne => {
            let counted = Arc::clone(&count);
            // It waits in the kernel to the end; the process ends all the same.
            thread::spawn(move || one_by_one(&socket, &counted));
            answer(port, &count, || socket_table::row(port).expect("it is bound").drops);
        }
    }
}

/// As the bridge binds it: a socket is asked for, and so much room.
fn bound() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a loopback port is free");
    // What is granted is up to the system, here as there.
    let _ = socket2::SockRef::from(&socket).set_recv_buffer_size(READ_BUFFER);
    socket
}

fn answer(port: u16, count: &AtomicU64, drops: impl Fn() -> u64) {
    println!("{port}");
    for _ in std::io::stdin().lock().lines() {
        println!("{} {}", count.load(Ordering::Relaxed), drops());
    }
}

fn one_by_one(socket: &UdpSocket, count: &AtomicU64) {
    let mut buffer = vec![0; 65_536];
    while let Ok(length) = socket.recv(&mut buffer) {
        black_box(&buffer[..length]);
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// Counts, and does nothing else.
struct Discard(Arc<AtomicU64>);

impl Ingest for Discard {
    fn datagram(&mut self, bytes: &[u8], _: Tick) {
        black_box(bytes);
    }
    fn line(&mut self, bytes: &[u8], _: Tick) {
        black_box(bytes);
    }
    fn received(&mut self, batch: Received) {
        self.0.fetch_add(batch.datagrams, Ordering::Relaxed);
    }
    fn flush(&mut self) {}
}
