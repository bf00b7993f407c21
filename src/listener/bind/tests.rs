//! Binding for real: both families, shared ports, what is refused and how.
//!
//! Heat: cold (tests).

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::*;

fn wanted() -> Wanted {
    Wanted {
        udp: None,
        udp_sockets: NonZeroUsize::MIN,
        tcp: None,
        unixgram: None,
        unix: None,
        unixsocket_mode: 0o755,
        web: Vec::new(),
        read_buffer: None,
    }
}

fn address(text: &str) -> ListenAddress {
    ListenAddress::parse(text).unwrap()
}

fn udp_on(text: &str, sockets: usize) -> Result<BoundListeners, BindError> {
    let udp_sockets = NonZeroUsize::new(sockets).unwrap();
    bind(&Wanted { udp: Some(address(text)), udp_sockets, ..wanted() })
}

/// Loopback of each family that this machine has.
fn loopbacks() -> Vec<&'static str> {
    let has_v6 = UdpSocket::bind("[::1]:0").is_ok();
    ["127.0.0.1", "[::1]"].into_iter().take(1 + usize::from(has_v6)).collect()
}

#[test]
fn all_addresses_means_both_families_over_udp() {
    for text in [":0", "0.0.0.0:0", "[::]:0"] {
        let bound = udp_on(text, 1).unwrap();
        let [socket] = bound.udp.as_slice() else { panic!("one socket") };
        let port = socket.local_addr().unwrap().port();
        for host in loopbacks() {
            let sender = UdpSocket::bind(format!("{host}:0")).unwrap();
            sender.send_to(b"x", format!("{host}:{port}")).unwrap();
            assert_eq!(socket.recv(&mut [0; 2]).unwrap(), 1, "{text} by {host}");
        }
    }
}

#[test]
fn all_addresses_means_both_families_over_tcp() {
    for text in [":0", "0.0.0.0:0", "[::]:0"] {
        let web = vec![address(text)];
        let bound = bind(&Wanted { tcp: Some(address(text)), web, ..wanted() }).unwrap();
        for listener in bound.tcp.iter().chain(&bound.web) {
            let port = listener.local_addr().unwrap().port();
            for host in loopbacks() {
                let mut client = TcpStream::connect(format!("{host}:{port}")).unwrap();
                client.write_all(b"x").unwrap();
                let mut served = listener.accept().unwrap().0;
                assert_eq!(served.read(&mut [0; 2]).unwrap(), 1, "{text} by {host}");
            }
        }
    }
}

#[test]
fn several_sockets_share_a_chosen_port_and_all_are_given_senders() {
    let bound = udp_on("127.0.0.1:0", 3).unwrap();
    let port = bound.udp.first().unwrap().local_addr().unwrap();
    assert!(bound.udp.iter().all(|socket| socket.local_addr().unwrap() == port));
    let mut heard = [false; 3];
    // The kernel picks the socket by the sender's address: with 200 senders
    // the odds that one of three is left out are nil.
    for _ in 0..200 {
        UdpSocket::bind("127.0.0.1:0").unwrap().send_to(b"x", port).unwrap();
    }
    for (socket, heard) in bound.udp.iter().zip(&mut heard) {
        socket.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
        *heard = socket.recv(&mut [0; 2]).is_ok();
    }
    assert_eq!(heard, [true; 3]);
}

#[test]
fn a_second_copy_is_refused_whatever_its_number_of_sockets() {
    for (first, second) in [(1, 1), (3, 3), (1, 3), (3, 1)] {
        let bound = udp_on(":0", first).unwrap();
        let port = bound.udp.first().unwrap().local_addr().unwrap().port();
        for host in ["", "127.0.0.1"] {
            let text = format!("{host}:{port}");
            let error = udp_on(&text, second).unwrap_err().to_string();
            let start = format!("cannot listen on --statsd.listen-udp={text}: ");
            assert!(error.starts_with(&start), "{error}");
            assert!(error.contains("in use"), "{error}");
        }
    }
}

#[test]
fn a_tcp_port_in_use_is_told_with_its_flag() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let text = format!("127.0.0.1:{}", taken.local_addr().unwrap().port());
    let tcp = bind(&Wanted { tcp: Some(address(&text)), ..wanted() }).unwrap_err();
    let web = bind(&Wanted { web: vec![address(&text)], ..wanted() }).unwrap_err();
    let all =
        bind(&Wanted { tcp: Some(address(text.trim_start_matches("127.0.0.1"))), ..wanted() });
    assert!(tcp.to_string().starts_with("cannot listen on --statsd.listen-tcp=127"), "{tcp}");
    assert!(web.to_string().starts_with("cannot listen on --web.listen-address="), "{web}");
    assert!(all.unwrap_err().to_string().contains("in use"));
}

#[test]
fn an_address_of_another_machine_is_told() {
    let error = udp_on("192.0.2.1:0", 1).unwrap_err().to_string();
    assert!(error.ends_with("this machine does not have the address"), "{error}");
    let error = udp_on("no..host:0", 1).unwrap_err().to_string();
    assert!(error.contains("--statsd.listen-udp=no..host:0: "), "{error}");
}

#[test]
fn the_buffer_is_what_was_asked_for_or_the_most_there_is() {
    let asked = |bytes| {
        let read_buffer = NonZeroUsize::new(bytes);
        let wanted = Wanted { udp: Some(address("127.0.0.1:0")), read_buffer, ..wanted() };
        receive_buffer(bind(&wanted).unwrap().udp.first().unwrap()).unwrap()
    };
    assert_eq!(asked(8192), 16_384, "the system doubles what it grants");
    let default = receive_buffer(&UdpSocket::bind("127.0.0.1:0").unwrap()).unwrap();
    assert!(asked(0) >= default, "0 stands for none here");
    assert_eq!(asked(usize::MAX), asked(0));
}

#[test]
fn the_socket_file_is_removed_with_the_listeners() {
    let name = format!("statsd-bridge-bind-{}.sock", std::process::id());
    let path = std::env::temp_dir().join(name);
    let unixgram = UnixAddress::Path(path.clone());
    let wanted = Wanted { unixgram: Some(unixgram), ..wanted() };
    let bound = bind(&wanted).unwrap();
    assert!(path.exists() && bound.unixgram.is_some());
    let error = bind(&wanted).unwrap_err().to_string();
    assert!(error.starts_with("cannot listen on --statsd.listen-unixgram=/"), "{error}");
    drop(bound);
    assert!(!path.exists());
    let wanted = Wanted { unix: wanted.unixgram, unixgram: None, ..wanted };
    let bound = bind(&wanted).unwrap();
    assert!(path.exists() && bound.unix.is_some());
    let error = bind(&wanted).unwrap_err().to_string();
    assert!(error.starts_with("cannot listen on --statsd.listen-unix=/"), "{error}");
    drop(bound);
    assert!(!path.exists());
}

#[test]
fn without_ipv6_all_addresses_means_ipv4_and_other_failures_are_final() {
    let open = |failure| {
        move |candidate: SocketAddr| match candidate {
            SocketAddr::V6(_) => Err(io::Error::from_raw_os_error(failure)),
            SocketAddr::V4(_) => Ok(candidate.to_string()),
        }
    };
    for failure in [libc::EAFNOSUPPORT, libc::EADDRNOTAVAIL] {
        let bound = first_of(&address(":9125"), open(failure));
        assert_eq!(bound.unwrap(), "0.0.0.0:9125");
    }
    let refused = first_of(&address(":9125"), open(libc::EADDRINUSE)).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::AddrInUse);
    let alone = first_of(&address("[::1]:9125"), open(libc::EADDRNOTAVAIL)).unwrap_err();
    assert_eq!(alone.kind(), io::ErrorKind::AddrNotAvailable);
}
