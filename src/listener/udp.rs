//! Threads that receive UDP, one per socket.
//!
//! Heat: cold (the loop they run is in `datagrams`).

use std::io;
use std::net::UdpSocket;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use super::datagrams::{self, Timing};
use super::meter::Meter;
use super::stop::Stop;
use super::{Ingest, Transport};

/// Starts one thread per socket, each with a worker of its own from `worker`,
/// which is given the thread's number; the meters are in the order of the
/// sockets. A thread that was stopped gives its worker back when joined; its
/// socket is closed then.
///
/// # Errors
/// If the system refuses a thread; those already started stop with `stop`.
pub fn start<I: Ingest + Send + 'static>(
    sockets: Vec<UdpSocket>,
    mut worker: impl FnMut(usize) -> I,
    timing: Timing,
    stop: &Stop,
) -> io::Result<(Vec<JoinHandle<I>>, Vec<Meter>)> {
    let sockets: Vec<_> = sockets.into_iter().map(|s| Arc::new(OwnedFd::from(s))).collect();
    let meters: Vec<_> = sockets.iter().map(Meter::new).collect();
    let threads = sockets.into_iter().zip(meters.iter().cloned()).enumerate();
    let threads = threads.map(|(number, (socket, meter))| {
        let (mut ingest, stop) = (worker(number), stop.clone());
        thread::Builder::new().name(format!("udp-{number}")).spawn(move || {
            datagrams::run(&*socket, Transport::Udp, &mut ingest, timing, &stop);
            // While there still is a socket to ask about.
            let _last = meter.read();
            ingest
        })
    });
    Ok((threads.collect::<io::Result<_>>()?, meters))
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, mpsc};
    use std::time::Duration;

    use super::super::meter::KernelSide;
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
        let (threads, meters) = start(vec![socket], worker, timing(), &stop).unwrap();
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        for number in 0..50_u8 {
            sender.send_to(&[number], address).unwrap();
            assert_eq!(told.recv_timeout(DEADLINE).unwrap(), [number]);
        }
        stopper.stop();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(meters[0].read(), KernelSide::default());
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
        let (threads, meters) = start(vec![socket], worker, timing(), &stop).unwrap();
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        for _ in 0..5000 {
            sender.send_to(b"a:1|c", address).unwrap();
        }
        let at_work = meters[0].read().dropped;
        assert!(at_work > 0, "the buffer was to overflow");
        drop(closed);
        stopper.stop();
        drop(tell);
        for thread in threads {
            drop(thread.join().unwrap());
        }
        let received = u64::try_from(told.iter().count()).unwrap();
        assert_eq!(received + meters[0].read().dropped, 5000);
        assert_eq!(meters[0].read(), KernelSide { dropped: at_work, waiting_bytes: 0 });
    }
}
