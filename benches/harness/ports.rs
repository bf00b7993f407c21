//! Ports on loopback, and sockets that send there.
//!
//! Heat: cold.

use std::net::{SocketAddr, TcpListener, UdpSocket};

pub fn free_tcp() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free loopback port");
    listener.local_addr().expect("a bound socket has an address")
}

pub fn free_udp() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("there is a free loopback port");
    socket.local_addr().expect("a bound socket has an address")
}

/// A socket of its own, and so a client.
pub fn connected(to: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("there is a free loopback port");
    socket.connect(to).expect("it is a loopback address");
    socket
}
