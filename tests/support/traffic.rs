//! Sending so that nothing is lost: a few datagrams, then a look whether the
//! receiver has taken them.
//!
//! Heat: cold.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;
use std::time::Duration;

use super::process::until;

/// The most datagrams in a burst: the smallest usual socket buffer (208 KiB)
/// holds 256 small ones.
const BURST: usize = 64;
/// The most bytes in a burst.
const BURST_BYTES: usize = 32 * 1024;

/// The longest text of a line over a stream.
const LONGEST_STREAM_LINE: usize = 4095;

/// One client's UDP socket: the bridge keeps the order of one client.
pub struct UdpClient(UdpSocket);

impl UdpClient {
    /// A socket on the loopback interface.
    pub fn new() -> Self {
        Self(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap())
    }

    /// Sends datagrams in bursts, each when the last one has been taken.
    pub fn send<D: AsRef<[u8]>>(&self, to: SocketAddr, datagrams: &[D]) {
        let mut bytes = 0;
        for (at, datagram) in datagrams.iter().enumerate() {
            let datagram = datagram.as_ref();
            if at % BURST == 0 || bytes + datagram.len() > BURST_BYTES {
                wait_until_taken(to.port());
                bytes = 0;
            }
            bytes += datagram.len();
            let sent = self.0.send_to(datagram, to).unwrap();
            assert_eq!(sent, datagram.len());
        }
    }

    /// Sends datagrams as fast as it can, and asks nobody.
    pub fn flood<D: AsRef<[u8]>>(&self, to: SocketAddr, datagrams: &[D]) {
        for datagram in datagrams {
            self.0.send_to(datagram.as_ref(), to).unwrap();
        }
    }
}

/// Waits until no socket of this UDP port holds anything, by the kernel's own
/// table.
fn wait_until_taken(port: u16) {
    let taken = until(Duration::from_secs(20), || (queued(port) == 0).then_some(()));
    assert!(taken.is_some(), "UDP port {port} is not read from");
}

/// How many bytes wait in the sockets of this UDP port.
fn queued(port: u16) -> u64 {
    ["/proc/net/udp", "/proc/net/udp6"]
        .iter()
        .filter_map(|table| std::fs::read_to_string(table).ok())
        .map(|table| table.lines().skip(1).filter_map(|row| waiting(row, port)).sum::<u64>())
        .sum()
}

/// The receive queue of a row, if its local port is this one.
fn waiting(row: &str, port: u16) -> Option<u64> {
    let mut columns = row.split_ascii_whitespace();
    let local = columns.nth(1)?.rsplit(':').next()?;
    let queues = columns.nth(2)?;
    (u16::from_str_radix(local, 16).ok()? == port)
        .then(|| u64::from_str_radix(queues.split(':').nth(1)?, 16).ok())?
}

/// Sends datagrams to a unix socket; a full one blocks the sender.
pub fn send_unixgram<D: AsRef<[u8]>>(to: &Path, datagrams: &[D]) {
    let socket = UnixDatagram::unbound().unwrap();
    for datagram in datagrams {
        socket.send_to(datagram.as_ref(), to).unwrap();
    }
}

/// Sends bytes over one connection, ends it, and waits until the other side
/// has ended it too.
pub fn send_tcp(to: SocketAddr, bytes: &[u8]) {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // A line that is too long closes the connection under the writer.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.read_to_end(&mut Vec::new());
}

/// The same over a unix stream.
pub fn send_unix(mut stream: UnixStream, bytes: &[u8]) {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.read_to_end(&mut Vec::new());
}

/// How many lines a datagram counts for.
pub fn lines_in_datagram(datagram: &[u8]) -> u64 {
    u64::try_from(datagram.split(|byte| *byte == b'\n').count()).unwrap()
}

/// How many lines the bytes of a connection count for: all up to the first
/// that is too long.
pub fn lines_in_stream(bytes: &[u8]) -> u64 {
    let mut pieces: Vec<_> = bytes.split(|byte| *byte == b'\n').collect();
    if pieces.last().is_some_and(|last| last.is_empty()) {
        pieces.pop();
    }
    let fits = |piece: &&&[u8]| piece.len() <= LONGEST_STREAM_LINE;
    u64::try_from(pieces.iter().take_while(fits).count()).unwrap()
}
