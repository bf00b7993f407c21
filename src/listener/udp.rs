//! Threads that receive UDP, one per socket, and the meter of what the kernel
//! dropped at these sockets.
//!
//! Heat: cold (the loop they run is in `datagrams`).

use std::io;
use std::net::UdpSocket;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{self, JoinHandle};

use super::datagrams::{self, Timing};
use super::receive;
use super::stop::Stop;
use super::{Ingest, Transport};

/// Starts one thread per socket, each with a worker of its own from `worker`,
/// which is given the thread's number. A thread that was stopped gives its
/// worker back when joined; its socket is closed then.
///
/// # Errors
/// If the system refuses a thread; those already started stop with `stop`.
pub fn start<I: Ingest + Send + 'static>(
    sockets: Vec<UdpSocket>,
    mut worker: impl FnMut(usize) -> I,
    timing: Timing,
    stop: &Stop,
) -> io::Result<(Vec<JoinHandle<I>>, KernelDrops)> {
    let sockets: Vec<_> = sockets.into_iter().map(Arc::new).collect();
    let drops = KernelDrops { meters: sockets.iter().map(Meter::new).collect() };
    let threads = sockets.into_iter().zip(drops.meters.iter()).enumerate();
    let threads = threads.map(|(number, (socket, meter))| {
        let (mut ingest, meter, stop) = (worker(number), Arc::clone(meter), stop.clone());
        thread::Builder::new().name(format!("udp-{number}")).spawn(move || {
            datagrams::run(&*socket, Transport::Udp, &mut ingest, timing, &stop);
            meter.read_from(&socket);
            ingest
        })
    });
    Ok((threads.collect::<io::Result<_>>()?, drops))
}

/// How many datagrams the kernel dropped because a socket's buffer was full.
/// Copies read the same meters. It keeps its numbers, but not the sockets, when
/// the threads end.
#[derive(Clone, Debug)]
pub struct KernelDrops {
    meters: Arc<[Arc<Meter>]>,
}

impl KernelDrops {
    /// The drops at all sockets since they were bound, asked of the kernel now.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.per_socket().sum()
    }

    /// The drops at each socket, in the order they were given.
    pub fn per_socket(&self) -> impl Iterator<Item = u64> {
        self.meters.iter().map(|meter| meter.read())
    }
}

#[derive(Debug)]
struct Meter {
    socket: Weak<UdpSocket>,
    seen: Mutex<Seen>,
}

/// The kernel counts to 2^32 and begins anew; this goes on.
#[derive(Debug, Default)]
struct Seen {
    last: u32,
    total: u64,
}

impl Meter {
    fn new(socket: &Arc<UdpSocket>) -> Arc<Self> {
        Arc::new(Self { socket: Arc::downgrade(socket), seen: Mutex::default() })
    }

    fn read(&self) -> u64 {
        if let Some(socket) = self.socket.upgrade() {
            self.read_from(&socket);
        }
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).total
    }

    fn read_from(&self, socket: &UdpSocket) {
        // The lock is taken first: numbers must not overtake each other.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        // A kernel before 4.12 has no SO_MEMINFO; nothing is known then.
        if let Ok(now) = receive::kernel_drops(socket.as_fd()) {
            seen.advance(now);
        }
    }
}

impl Seen {
    fn advance(&mut self, now: u32) {
        self.total += u64::from(now.wrapping_sub(self.last));
        self.last = now;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::super::{DEFAULT_DELAY, Received, stop};
    use super::*;
    use crate::clock::Clock;
    use crate::model::Tick;

    const DEADLINE: Duration = Duration::from_secs(20);

    /// Sends on every datagram; can be held up by whoever has the lock.
    struct Forward(mpsc::Sender<Vec<u8>>, Arc<Mutex<()>>);

    fn timing() -> Timing {
        Timing { clock: Clock::start(), delay: DEFAULT_DELAY }
    }

    impl Ingest for Forward {
        fn datagram(&mut self, bytes: &[u8], _: Tick) {
            let _held = self.1.lock().unwrap();
            self.0.send(bytes.to_vec()).unwrap();
        }
        fn line(&mut self, _: &[u8], _: Tick) {}
        fn received(&mut self, _: Received) {}
        fn flush(&mut self) {}
    }

    #[test]
    fn a_blocked_thread_wakes_for_a_datagram_and_for_the_stop() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let (stopper, stop) = stop::stop().unwrap();
        let (tell, told) = mpsc::channel();
        let worker = |_| Forward(tell.clone(), Arc::default());
        let (threads, drops) = start(vec![socket], worker, timing(), &stop).unwrap();
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        for number in 0..50_u8 {
            sender.send_to(&[number], address).unwrap();
            assert_eq!(told.recv_timeout(DEADLINE).unwrap(), [number]);
        }
        stopper.stop();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(drops.total(), 0);
        assert!(UdpSocket::bind(address).is_ok(), "the socket is closed");
    }

    #[test]
    fn every_datagram_is_received_or_metered_as_dropped() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        socket2::SockRef::from(&socket).set_recv_buffer_size(4096).unwrap();
        let (stopper, stop) = stop::stop().unwrap();
        let (tell, told) = mpsc::channel();
        let gate = Arc::new(Mutex::new(()));
        let closed = gate.lock().unwrap();
        let worker = |_| Forward(tell.clone(), Arc::clone(&gate));
        let (threads, drops) = start(vec![socket], worker, timing(), &stop).unwrap();
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        for _ in 0..5000 {
            sender.send_to(b"a:1|c", address).unwrap();
        }
        let at_work = drops.total();
        assert!(at_work > 0, "the buffer was to overflow");
        drop(closed);
        stopper.stop();
        drop(tell);
        for thread in threads {
            drop(thread.join().unwrap());
        }
        let received = u64::try_from(told.iter().count()).unwrap();
        assert_eq!(received + drops.total(), 5000);
        assert_eq!(drops.per_socket().collect::<Vec<_>>(), [at_work]);
    }

    #[test]
    fn the_kernels_counter_may_wrap() {
        let mut seen = Seen::default();
        for now in [5, 5, u32::MAX, 3] {
            seen.advance(now);
        }
        assert_eq!(seen.total, (1 << 32) + 3);
    }
}
