//! Unix sockets through the built binary: lines over a stream, names in the
//! abstract namespace, and the files that sockets leave.
//!
//! Heat: cold.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![allow(clippy::float_cmp, reason = "the very number is wanted")]

mod support;

use std::io::{Read, Write};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener, UnixStream};
use std::time::Duration;

use support::bridge::{Bridge, Launch, binary};
use support::process::until;
use support::traffic;

fn connections(bridge: &Bridge) -> [f64; 3] {
    let scrape = bridge.settled();
    ["connections", "connection_errors", "too_long_lines"]
        .map(|what| scrape.own(&format!("unix_{what}_total{{}}")))
}

#[test]
fn lines_over_a_unix_stream_are_lines_over_tcp() {
    let bridge = Launch::unmapped().unix().start();
    for send in [Bridge::send_tcp, Bridge::send_unix] {
        send(&bridge, b"a:1|c\r\nb:2|g\n\nbad\nlast:3|c");
        send(&bridge, format!("a:1|c\n{}\na:1|c\n", "x".repeat(4096)).as_bytes());
        send(&bridge, format!("{}:1|c\n", "y".repeat(4091)).as_bytes());
    }
    let scrape = bridge.settled();
    for (series, value) in [("a{}", 4.0), ("b{}", 2.0), ("last{}", 6.0)] {
        assert_eq!(scrape.get(series), Some(value), "{series}");
    }
    assert_eq!(scrape.get(&format!("{}{{}}", "y".repeat(4091))), Some(2.0));
    assert_eq!(scrape.own("lines_total{}"), 14.0);
    assert_eq!(connections(&bridge), [3.0, 0.0, 1.0]);
    assert_eq!(scrape.own("tcp_connections_total{}"), 3.0, "each kind has its own counters");
    bridge.stop();
}

#[test]
fn a_stop_drains_unix_streams_and_removes_both_files() {
    let bridge = Launch::unmapped().unix().unixgram().start();
    let (stream, unixgram) = (bridge.unix(), bridge.unixgram());
    let mut known = UnixStream::connect(&stream).unwrap();
    known.write_all(b"a:1|c\n").unwrap();
    bridge.count(1);
    bridge.settled();
    bridge.signal("STOP");
    known.write_all(b"a:1|c\na:1|c\nhalf").unwrap();
    let mut fresh = UnixStream::connect(&stream).unwrap();
    fresh.write_all(b"a:1|c\n").unwrap();
    bridge.signal("TERM");
    bridge.signal("CONT");
    let finished = bridge.finish();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(finished.stderr.contains("lines=4"), "{}", finished.stderr);
    assert!(!stream.exists() && !unixgram.exists());
    assert!(matches!(known.read(&mut [0; 1]), Ok(0) | Err(_)), "it is closed");
}

#[test]
fn both_files_have_the_mode_and_replace_stale_ones() {
    let launch = Launch::unmapped().unix().unixgram().flag("--statsd.unixsocket-mode=620");
    let (stream, datagram) =
        (launch.folder().join("stream.sock"), launch.folder().join("statsd.sock"));
    drop(UnixListener::bind(&stream).unwrap());
    drop(UnixDatagram::bind(&datagram).unwrap());
    assert!(stream.exists() && datagram.exists(), "they are stale");
    let bridge = launch.start();
    for path in [&stream, &datagram] {
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o620);
    }
    bridge.send_unix(b"a:1|c\n");
    bridge.send_unixgram(&["a:1|c"]);
    assert_eq!(bridge.settled().get("a{}"), Some(2.0));
    // A second copy leaves the first alone.
    let second = Launch::unmapped().flag(format!("--statsd.listen-unix={}", stream.display()));
    let refused = second.finish();
    assert_eq!(refused.code, Some(1));
    let says = format!("--statsd.listen-unix={}: another process", stream.display());
    assert!(refused.stderr.contains(&says), "{}", refused.stderr);
    bridge.send_unix(b"a:1|c\n");
    assert_eq!(bridge.settled().get("a{}"), Some(3.0));
    bridge.stop();
}

#[test]
fn names_in_the_abstract_namespace_work_for_both_kinds() {
    let name = |kind: &str| {
        format!("{}-{kind}-{}", binary().file_name().unwrap().display(), std::process::id())
    };
    let (stream, datagram) = (name("stream"), name("datagram"));
    let bridge = Launch::unmapped()
        .flag(format!("--statsd.listen-unix=@{stream}"))
        .flag(format!("--statsd.listen-unixgram=@{datagram}"))
        .start();
    assert_eq!(bridge.sockets()["unix"], format!("@{stream}"));
    let address = SocketAddr::from_abstract_name(&stream).unwrap();
    traffic::send_unix(UnixStream::connect_addr(&address).unwrap(), b"a:1|c\n");
    let address = SocketAddr::from_abstract_name(&datagram).unwrap();
    UnixDatagram::unbound().unwrap().send_to_addr(b"a:1|c", &address).unwrap();
    bridge.count(2);
    let scrape = bridge.settled();
    assert_eq!(scrape.get("a{}"), Some(2.0));
    assert_eq!(scrape.own("unixgram_packets_total{}"), 1.0);
    assert_eq!(connections(&bridge), [1.0, 0.0, 0.0]);
    bridge.stop();
}

#[test]
fn a_unix_stream_alone_is_enough_to_listen_on() {
    let bridge = Launch::unmapped().flags(&["--statsd.listen-udp=", "--statsd.listen-tcp="]).unix();
    let bridge = bridge.start();
    let kinds: Vec<_> = bridge.sockets().keys().map(String::as_str).collect();
    assert_eq!(kinds, ["unix", "web"]);
    // A thousand connections, no more than a few at a time.
    for _ in 0..1000 {
        bridge.send_unix(b"a:1|c\n");
    }
    let all = || (bridge.settled().get("a{}") == Some(1000.0)).then_some(());
    assert!(until(Duration::from_secs(20), all).is_some());
    bridge.stop();
}
