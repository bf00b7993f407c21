//! Sends datagrams at a rate: one thread on the sender's core, several sockets
//! (each is a client to the receiver), `sendmmsg`.
//!
//! Heat: hot (all the time that the sender needs is taken from the highest rate
//! that can be measured).

use std::io::IoSlice;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrIn, sendmmsg};
use nix::time::ClockId;

use crate::cores::Cores;
use crate::harness::pace::{Pace, Rate};
use crate::harness::ports::connected;
use crate::harness::traffic::Traffic;

/// Clients that send by turns.
pub const CLIENTS: usize = 4;
/// Datagrams of one call, so that a large burst is spread over the clients.
const PER_CALL: usize = 32;

/// What was sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sent {
    pub datagrams: u64,
    pub lines: u64,
    /// Seconds that it took.
    pub took: f64,
    /// The share of them that the sender was on a core.
    pub busy: f64,
}

impl Sent {
    /// Datagrams a second.
    pub fn rate(&self) -> f64 {
        self.datagrams as f64 / self.took
    }
}

/// Something else that is sent now and then besides the traffic.
pub struct Side<'s> {
    pub every: Duration,
    /// Makes the next datagram and tells how many lines it has.
    pub make: &'s mut (dyn FnMut(&mut Vec<u8>) -> u64 + Send),
}

/// Sends the traffic in a circle, from its beginning, and waits for the end.
pub fn send(cores: &Cores, traffic: &Traffic, to: SocketAddr, rate: Rate, time: Duration) -> Sent {
    send_beside(Some(cores), traffic, to, rate, time, &mut [])
}

/// The same, with something beside it, and perhaps on any core.
pub fn send_beside(
    cores: Option<&Cores>,
    traffic: &Traffic,
    to: SocketAddr,
    rate: Rate,
    time: Duration,
    sides: &mut [Side<'_>],
) -> Sent {
    let work = || {
        if let Some(cores) = cores {
            cores.move_to_sender();
        }
        // A sleep of 200 µs that ends 50 µs late is no schedule.
        nix::sys::prctl::set_timerslack(1).expect("the slack of timers can be set");
        measured(|| run(traffic, to, rate, time, sides))
    };
    thread::scope(|scope| scope.spawn(work).join()).expect("the sender does not panic")
}

fn measured(work: impl FnOnce() -> (u64, u64)) -> Sent {
    let own = || Duration::from(ClockId::CLOCK_THREAD_CPUTIME_ID.now().expect("it has a clock"));
    let (begin, cpu) = (Instant::now(), own());
    let (datagrams, lines) = work();
    let took = begin.elapsed().as_secs_f64();
    Sent { datagrams, lines, took, busy: (own() - cpu).as_secs_f64() / took }
}

fn run(
    traffic: &Traffic,
    to: SocketAddr,
    rate: Rate,
    time: Duration,
    sides: &mut [Side<'_>],
) -> (u64, u64) {
    let slices = traffic.slices();
    let mut clients = Clients::new(to);
    let (mut pace, end) = (Pace::new(rate, traffic.largest_burst()), Instant::now() + time);
    let mut beside = Beside::new(to, sides);
    let (mut sent, mut next) = (0, 0);
    while Instant::now() < end {
        let mut left = pace.burst() as usize;
        while left > 0 {
            let some = left.min(PER_CALL).min(slices.len() - next);
            clients.send(&slices[next..next + some]);
            next = (next + some) % slices.len();
            left -= some;
            sent += some as u64;
        }
        beside.send(sides);
    }
    (sent + beside.datagrams, traffic.lines_in(sent) + beside.lines)
}

struct Clients {
    sockets: Vec<UdpSocket>,
    turn: usize,
    headers: MultiHeaders<SockaddrIn>,
}

impl Clients {
    fn new(to: SocketAddr) -> Self {
        let sockets = (0..CLIENTS).map(|_| connected(to)).collect();
        Self { sockets, turn: 0, headers: MultiHeaders::preallocate(PER_CALL, None) }
    }

    fn send(&mut self, mut datagrams: &[[IoSlice<'_>; 1]]) {
        self.turn = (self.turn + 1) % CLIENTS;
        let socket = self.sockets[self.turn].as_raw_fd();
        // No address: the sockets are connected.
        let nobody = [None; PER_CALL];
        while !datagrams.is_empty() {
            let flags = MsgFlags::empty();
            let sent = sendmmsg(socket, &mut self.headers, datagrams, nobody, [], flags);
            let sent = sent.expect("loopback takes datagrams").count();
            datagrams = &datagrams[sent..];
        }
    }
}

/// What is sent besides, with a client of its own.
struct Beside {
    client: UdpSocket,
    next: Vec<Instant>,
    buffer: Vec<u8>,
    datagrams: u64,
    lines: u64,
}

impl Beside {
    fn new(to: SocketAddr, sides: &[Side<'_>]) -> Self {
        let next = vec![Instant::now(); sides.len()];
        Self { client: connected(to), next, buffer: Vec::new(), datagrams: 0, lines: 0 }
    }

    fn send(&mut self, sides: &mut [Side<'_>]) {
        for (side, next) in sides.iter_mut().zip(&mut self.next) {
            let now = Instant::now();
            if now < *next {
                continue;
            }
            // What was missed is not made up for.
            *next = (*next + side.every).max(now);
            self.buffer.clear();
            self.lines += (side.make)(&mut self.buffer);
            self.client.send(&self.buffer).expect("loopback takes datagrams");
            self.datagrams += 1;
        }
    }
}
