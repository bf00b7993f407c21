//! The system calls of receiving that the standard library lacks: `recvmmsg`,
//! `poll`, and `getsockopt` with `SO_MEMINFO`, behind a safe [`Batch`] and a few
//! functions. Most of the `unsafe` that the project needs is in this file, so the
//! limit of open files is raised here too.
//!
//! It decides nothing: not when to receive, nor what a datagram means.
//!
//! Heat: hot (one system call per batch, a length check per datagram).
#![allow(unsafe_code)]

use std::io;
use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;
use std::time::Duration;

/// Datagrams in a batch, at most.
pub(super) const SLOTS: usize = 64;
/// The same for the system call.
const MESSAGES: libc::c_uint = 64;
/// Bytes kept of one datagram. No UDP datagram is longer.
pub(super) const LARGEST: usize = 65_536;
/// From one slot to the next. With an even 64 KiB the first bytes of all slots
/// would fall into the same few lines of every cache.
const STRIDE: usize = LARGEST + 3 * 64;
/// `SK_MEMINFO_VARS` and two of those variables, from `linux/sock_diag.h`.
const MEMINFO_VARS: usize = 9;
const MEMINFO_RMEM_ALLOC: usize = 0;
const MEMINFO_DROPS: usize = 8;
/// The size of so many `u32`, for the system call.
const MEMINFO_BYTES: libc::socklen_t = 4 * 9;

/// Room for the datagrams of one system call, 4 MiB of address space. The
/// system lends memory to a page only when a datagram first reaches it: small
/// datagrams keep 64 to 128 pages, 256 to 512 KiB, resident.
pub(super) struct Batch {
    memory: Vec<u8>,
    /// Points into `memory`, and is pointed to by `messages`; never touched
    /// after [`Batch::new`].
    _places: Vec<libc::iovec>,
    messages: Vec<libc::mmsghdr>,
    filled: usize,
}

/// One received datagram.
pub(super) struct Datagram<'a> {
    pub(super) bytes: &'a [u8],
    /// Whether it was longer than [`LARGEST`] and its end is lost.
    pub(super) truncated: bool,
}

impl Batch {
    /// An empty batch. It cannot leave its thread, since it holds pointers.
    pub(super) fn new() -> Self {
        const { assert!(SLOTS == MESSAGES as usize, "one number, said in two types") };
        let mut memory = vec![0; SLOTS * STRIDE];
        let base: *mut u8 = memory.as_mut_ptr();
        let place = |slot: usize| libc::iovec {
            iov_base: base.wrapping_add(slot * STRIDE).cast(),
            iov_len: LARGEST,
        };
        let mut places: Vec<_> = (0..SLOTS).map(place).collect();
        let first = places.as_mut_ptr();
        let messages = (0..SLOTS).map(|slot| header(first.wrapping_add(slot))).collect();
        Self { memory, _places: places, messages, filled: 0 }
    }

    /// Takes what the socket holds, up to [`SLOTS`] datagrams, without waiting;
    /// 0 if it holds none. What the batch held before is gone.
    pub(super) fn receive(&mut self, socket: BorrowedFd<'_>) -> io::Result<usize> {
        self.filled = 0;
        // Each of the SLOTS headers was made by `header` to name one iovec of
        // `_places`, which names LARGEST bytes inside `memory`, no two overlapping.
        // SAFETY: none of the three vectors is ever resized or replaced, so the
        // pointers are good as long as `self` is; `&mut self` says that no slice of
        // `memory` is alive. No timeout is passed.
        let received = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                self.messages.as_mut_ptr(),
                MESSAGES,
                libc::MSG_DONTWAIT,
                ptr::null_mut(),
            )
        };
        match usize::try_from(received) {
            Ok(count) => self.filled = count,
            Err(_) => nothing_yet(io::Error::last_os_error())?,
        }
        Ok(self.filled)
    }

    /// What the last [`Batch::receive`] took, in the order of arrival.
    pub(super) fn datagrams(&self) -> impl Iterator<Item = Datagram<'_>> {
        let filled = self.messages.iter().take(self.filled);
        filled.zip(self.memory.chunks_exact(STRIDE)).map(|(message, slot)| {
            let length = usize::try_from(message.msg_len).unwrap_or(LARGEST).min(LARGEST);
            Datagram {
                bytes: slot.get(..length).unwrap_or_default(),
                truncated: message.msg_hdr.msg_flags & libc::MSG_TRUNC != 0,
            }
        })
    }
}

/// A message header for one place. The sender's address and control messages
/// are not asked for, so the kernel writes only the length and the flags, and
/// the header can be used again as it is.
fn header(place: *mut libc::iovec) -> libc::mmsghdr {
    // SAFETY: an mmsghdr is integers and pointers (and on some platforms
    // padding), for all of which zero is a value.
    let mut message: libc::mmsghdr = unsafe { mem::zeroed() };
    message.msg_hdr.msg_iov = place;
    message.msg_hdr.msg_iovlen = 1;
    message
}

/// Tells an empty socket and an interrupting signal from real errors.
fn nothing_yet(error: io::Error) -> io::Result<()> {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(()),
        _ => Err(error),
    }
}

/// Blocks until `socket` (if given) has something, `stop` hangs up, a signal
/// arrives or `timeout` (in whole milliseconds; `None`: never) is over.
pub(super) fn wait(
    socket: Option<BorrowedFd<'_>>,
    stop: BorrowedFd<'_>,
    timeout: Option<Duration>,
) -> io::Result<()> {
    // A negative descriptor is one that poll(2) ignores.
    let socket = socket.map_or(-1, |socket| socket.as_raw_fd());
    let watch = |fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
    let mut watched = [watch(socket), watch(stop.as_raw_fd())];
    let milliseconds =
        timeout.map_or(-1, |limit| i32::try_from(limit.as_millis()).unwrap_or(i32::MAX));
    // SAFETY: the pointer and the count are those of one live array, and the
    // call keeps neither.
    let ready = unsafe { libc::poll(watched.as_mut_ptr(), 2, milliseconds) };
    if ready < 0 { nothing_yet(io::Error::last_os_error()) } else { Ok(()) }
}

/// Two of the numbers that the kernel has of a socket.
#[derive(Clone, Copy, Debug)]
pub(super) struct SocketMemory {
    /// Datagrams dropped since the socket was made, modulo 2^32. (`SO_RXQ_OVFL`
    /// lags behind: it is told with the next datagram.)
    pub(super) drops: u32,
    /// Bytes of memory that what waits in the socket takes.
    pub(super) waiting_bytes: u32,
}

/// Asks the kernel for the memory of a socket.
pub(super) fn socket_memory(socket: BorrowedFd<'_>) -> io::Result<SocketMemory> {
    let mut values = [0_u32; MEMINFO_VARS];
    let mut length = MEMINFO_BYTES;
    // SAFETY: `values` and `length` live through the call, `length` is the size
    // of `values` in bytes, and any bytes make valid integers.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_MEMINFO,
            values.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    let [waiting_bytes, .., drops] = values;
    const {
        assert!(MEMINFO_RMEM_ALLOC == 0, "what waits comes first");
        assert!(MEMINFO_DROPS + 1 == MEMINFO_VARS, "the drops come last");
        assert!(MEMINFO_BYTES as usize == 4 * MEMINFO_VARS, "one number, said in two types");
    }
    Ok(SocketMemory { drops, waiting_bytes })
}

/// Allows the process as many open files as its administrator does (the hard
/// limit): the soft one is often 1024, and each connection takes a file. Gives how
/// many that is.
///
/// # Errors
/// If the system refuses; the limit stays what it is.
pub fn raise_open_files() -> io::Result<u64> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both calls get a pointer to a live `rlimit`, which the first fills
    // in and the second only reads.
    let failed = unsafe {
        libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) != 0 || {
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) != 0
        }
    };
    if failed { Err(io::Error::last_os_error()) } else { Ok(limit.rlim_cur) }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixDatagram;

    use super::*;

    fn udp() -> (UdpSocket, UdpSocket) {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        sender.connect(receiver.local_addr().unwrap()).unwrap();
        (receiver, sender)
    }

    #[test]
    fn a_batch_holds_what_was_sent_in_order_and_can_be_used_again() {
        let (receiver, sender) = udp();
        let mut batch = Batch::new();
        assert_eq!(batch.receive(receiver.as_fd()).unwrap(), 0, "an empty socket is no error");
        for round in 0..3_u8 {
            for text in [vec![b'a' + round; 7], Vec::new(), vec![round; 60_000]] {
                sender.send(&text).unwrap();
            }
            assert_eq!(batch.receive(receiver.as_fd()).unwrap(), 3);
            let got: Vec<_> = batch.datagrams().map(|d| (d.bytes.to_vec(), d.truncated)).collect();
            let want =
                [(vec![b'a' + round; 7], false), (Vec::new(), false), (vec![round; 60_000], false)];
            assert!(got == want);
        }
        assert_eq!(batch.receive(receiver.as_fd()).unwrap(), 0);
        assert_eq!(batch.datagrams().count(), 0, "the old batch is gone");
    }

    #[test]
    fn a_batch_takes_no_more_than_its_slots() {
        let (receiver, sender) = udp();
        for number in 0..100_u8 {
            sender.send(&[number]).unwrap();
        }
        let mut batch = Batch::new();
        let mut got = Vec::new();
        for want in [SLOTS, 100 - SLOTS, 0] {
            assert_eq!(batch.receive(receiver.as_fd()).unwrap(), want);
            got.extend(batch.datagrams().flat_map(|datagram| datagram.bytes.to_vec()));
        }
        assert_eq!(got, (0..100).collect::<Vec<u8>>());
    }

    #[test]
    fn the_longest_udp_datagram_is_whole_and_a_longer_unix_one_is_marked() {
        let (receiver, sender) = udp();
        let mut batch = Batch::new();
        sender.send(&vec![7; 65_507]).unwrap();
        assert_eq!(batch.receive(receiver.as_fd()).unwrap(), 1);
        let datagram = batch.datagrams().next().unwrap();
        assert_eq!((datagram.bytes.len(), datagram.truncated), (65_507, false));

        let (receiver, sender) = UnixDatagram::pair().unwrap();
        sender.send(&vec![8; LARGEST]).unwrap();
        sender.send(&vec![9; LARGEST + 1]).unwrap();
        sender.send(&[10; 10]).unwrap();
        assert_eq!(batch.receive(receiver.as_fd()).unwrap(), 3);
        let got: Vec<_> = batch.datagrams().map(|d| (d.bytes.len(), d.truncated)).collect();
        assert_eq!(got, [(LARGEST, false), (LARGEST, true), (10, false)]);
    }

    #[test]
    fn sent_is_received_plus_dropped_by_the_kernel() {
        let (receiver, sender) = udp();
        socket2::SockRef::from(&receiver).set_recv_buffer_size(4096).unwrap();
        let sent = 5000;
        for _ in 0..sent {
            sender.send(b"a:1|c").unwrap();
        }
        assert!(socket_memory(receiver.as_fd()).unwrap().waiting_bytes > 0);
        let mut batch = Batch::new();
        let mut taken = 0;
        loop {
            match batch.receive(receiver.as_fd()).unwrap() {
                0 => break,
                count => taken += count,
            }
        }
        let memory = socket_memory(receiver.as_fd()).unwrap();
        assert_eq!(memory.waiting_bytes, 0, "nothing waits any more");
        let dropped = usize::try_from(memory.drops).unwrap();
        assert!(dropped > 0, "the buffer was to overflow");
        assert_eq!(taken + dropped, sent);
    }

    #[test]
    fn waiting_ends_with_data_and_with_a_stop() {
        let (receiver, sender) = udp();
        let (stopper, stop) = crate::listener::stop::stop().unwrap();
        wait(Some(receiver.as_fd()), stop.as_fd(), Some(Duration::from_millis(1))).unwrap();
        sender.send(b"x").unwrap();
        wait(Some(receiver.as_fd()), stop.as_fd(), None).unwrap();
        stopper.stop();
        wait(None, stop.as_fd(), None).unwrap();
        assert!(stop.is_raised());
    }
}
