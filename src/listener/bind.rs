//! Sockets from addresses, all bound before anything is started, so that a port
//! in use ends the program before it has done anything, and so that a test can
//! hand in sockets on port 0 and a service manager its own.
//!
//! Heat: cold (once at start).

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::num::NonZeroUsize;
use std::os::fd::AsFd;
use std::os::unix::net::{self as unix, UnixDatagram, UnixListener};

use socket2::{Domain, SockRef, Socket, Type};

use super::address::{ListenAddress, UnixAddress};
use super::socket_file::{self, SocketFile};

/// A receive buffer of less, in bytes as `SO_RCVBUF` tells them, deserves a
/// warning: it holds no more than about 1,200 small datagrams.
pub const SMALL_BUFFER: usize = 1 << 20;
/// What is asked of the system that is asked for the most: it gives its
/// `net.core.rmem_max` then.
const MOST: usize = 1 << 30;
/// Connections that wait to be accepted, at most; the system may allow fewer.
const BACKLOG: i32 = 4096;

/// The reason for a port or a name that is taken.
pub(super) const IN_USE: &str = "the address is in use, perhaps by another copy of this program";

/// What to bind. Fields that are `None` or empty are switched off.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// `--statsd.listen-udp`.
    pub udp: Option<ListenAddress>,
    /// How many sockets share the UDP address, each for a thread of its own.
    pub udp_sockets: NonZeroUsize,
    /// `--statsd.listen-tcp`.
    pub tcp: Option<ListenAddress>,
    /// `--statsd.listen-unixgram`.
    pub unixgram: Option<UnixAddress>,
    /// `--statsd.listen-unix`.
    pub unix: Option<UnixAddress>,
    /// `--statsd.unixsocket-mode`: the permission bits of the sockets' files.
    pub unixsocket_mode: u32,
    /// `--web.listen-address`.
    pub web: Vec<ListenAddress>,
    /// `--statsd.read-buffer`, in bytes; `None` asks for the largest there is.
    pub read_buffer: Option<NonZeroUsize>,
}

/// Bound sockets, to be handed to the server.
#[derive(Debug, Default)]
pub struct BoundListeners {
    /// All on one address, where the kernel spreads senders over them.
    pub udp: Vec<UdpSocket>,
    /// Listening.
    pub tcp: Vec<TcpListener>,
    /// Bound to a path or an abstract name.
    pub unixgram: Option<UnixDatagram>,
    /// Listening on a path or an abstract name.
    pub unix: Option<UnixListener>,
    /// The files of `unixgram` and `unix`; removed when this is dropped.
    pub socket_files: Vec<SocketFile>,
    /// Listening, for HTTP.
    pub web: Vec<TcpListener>,
}

/// Why a socket could not be bound. Its text is one whole sentence.
#[derive(Debug)]
pub struct BindError {
    flag: &'static str,
    address: String,
    reason: String,
}

impl fmt::Display for BindError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "cannot listen on {}={}: {}", self.flag, self.address, self.reason)
    }
}

impl std::error::Error for BindError {}

/// Binds all that is wanted, or nothing.
///
/// # Errors
/// At the first socket that cannot be bound; those bound before are closed.
pub fn bind(wanted: &Wanted) -> Result<BoundListeners, BindError> {
    let mut bound = BoundListeners::default();
    for address in &wanted.web {
        bound.web.push(tcp("--web.listen-address", address)?);
    }
    if let Some(address) = &wanted.tcp {
        bound.tcp.push(tcp("--statsd.listen-tcp", address)?);
    }
    if let Some(address) = &wanted.udp {
        let sockets = udp(address, wanted.udp_sockets, wanted.read_buffer);
        bound.udp = sockets.map_err(failed("--statsd.listen-udp", address))?;
    }
    if let Some(address) = &wanted.unixgram {
        let flag = "--statsd.listen-unixgram";
        let socket = bound.unix(flag, address, wanted, UnixDatagram::bind_addr)?;
        ask_for_buffer(&SockRef::from(&socket), wanted.read_buffer);
        bound.unixgram = Some(socket);
    }
    if let Some(address) = &wanted.unix {
        let flag = "--statsd.listen-unix";
        bound.unix = Some(bound.unix(flag, address, wanted, UnixListener::bind_addr)?);
    }
    Ok(bound)
}

impl BoundListeners {
    /// Binds a unix socket with `open`, and keeps its file.
    fn unix<S>(
        &mut self,
        flag: &'static str,
        address: &UnixAddress,
        wanted: &Wanted,
        open: impl Fn(&unix::SocketAddr) -> io::Result<S>,
    ) -> Result<S, BindError> {
        let bound = socket_file::bind(address, wanted.unixsocket_mode, open);
        let (socket, file) =
            bound.map_err(|reason| BindError { flag, address: address.to_string(), reason })?;
        self.socket_files.extend(file);
        Ok(socket)
    }
}

/// The size of a socket's receive buffer as the system has it, in bytes, its
/// bookkeeping included: twice what was asked for and granted.
///
/// # Errors
/// If the system does not tell.
pub fn receive_buffer(socket: &impl AsFd) -> io::Result<usize> {
    SockRef::from(socket).recv_buffer_size()
}

fn tcp(flag: &'static str, address: &ListenAddress) -> Result<TcpListener, BindError> {
    let listening = |address| {
        let socket = socket(address, Type::STREAM)?;
        // Not to wait for the dead connections of the process before; another
        // listening socket on the port is refused all the same.
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        Ok(socket.into())
    };
    first_of(address, listening).map_err(failed(flag, address))
}

/// The first socket is bound without `SO_REUSEPORT`, so that it fails if there
/// is any other on the port, a second copy of this program above all, which
/// would silently take half of the traffic. Then it admits those that follow,
/// and at no moment is the port free for another.
fn udp(
    address: &ListenAddress,
    sockets: NonZeroUsize,
    buffer: Option<NonZeroUsize>,
) -> io::Result<Vec<UdpSocket>> {
    let alone = |address| {
        let socket = socket(address, Type::DGRAM)?;
        socket.bind(&address.into())?;
        Ok(socket)
    };
    let first = first_of(address, alone)?;
    let port = first.local_addr()?;
    let mut all = vec![first];
    for _ in 1..sockets.get() {
        if let [first] = all.as_slice() {
            first.set_reuse_port(true)?;
        }
        let domain = port.domain();
        let next = prepared(domain, Type::DGRAM)?;
        next.set_reuse_port(true)?;
        next.bind(&port)?;
        all.push(next);
    }
    for socket in &all {
        ask_for_buffer(&SockRef::from(socket), buffer);
    }
    Ok(all.into_iter().map(UdpSocket::from).collect())
}

/// Asks, and takes what it gets: whoever starts the server tells the size.
/// `SO_RCVBUFFORCE` is not used: the administrator's limit is meant.
fn ask_for_buffer(socket: &SockRef<'_>, size: Option<NonZeroUsize>) {
    let wanted = size.map_or(MOST, NonZeroUsize::get).min(MOST);
    // A refusal leaves the default in place, which is told as well.
    let _ = socket.set_recv_buffer_size(wanted);
}

fn socket(address: SocketAddr, kind: Type) -> io::Result<Socket> {
    prepared(Domain::for_address(address), kind)
}

fn prepared(domain: Domain, kind: Type) -> io::Result<Socket> {
    let socket = Socket::new(domain, kind, None)?;
    if domain == Domain::IPV6 {
        socket.set_only_v6(false)?;
    }
    Ok(socket)
}

/// Tries the candidates of an address in order, going on only from one that
/// this machine does not have, as `[::]` where there is no IPv6.
fn first_of<T>(
    address: &ListenAddress,
    mut open: impl FnMut(SocketAddr) -> io::Result<T>,
) -> io::Result<T> {
    let mut missing = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for candidate in address.resolve()? {
        match open(candidate) {
            Err(error) if is_missing(&error) => missing = error,
            done => return done,
        }
    }
    Err(missing)
}

fn is_missing(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AddrNotAvailable
        || matches!(
            error.raw_os_error(),
            Some(libc::EAFNOSUPPORT | libc::EPROTONOSUPPORT | libc::ENOPROTOOPT)
        )
}

fn failed(flag: &'static str, address: &ListenAddress) -> impl Fn(io::Error) -> BindError {
    move |error| BindError { flag, address: address.to_string(), reason: reason(&error) }
}

/// What the user can do something about, in words; the rest as the system says.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => IN_USE.to_owned(),
        io::ErrorKind::PermissionDenied => {
            "permission denied; a port below 1024 needs CAP_NET_BIND_SERVICE".to_owned()
        }
        io::ErrorKind::AddrNotAvailable => "this machine does not have the address".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests;
