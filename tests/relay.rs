//! The relay through the built binary: what reaches the other server, and what
//! happens to the bridge when there is none.
//!
//! Heat: cold.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]
#![allow(clippy::float_cmp, reason = "the very number is wanted")]

mod support;

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use support::bridge::{Bridge, Launch};
use support::exposition::Exposition;
use support::process::PATIENCE;

/// The server that lines are relayed to.
struct Sink(UdpSocket);

impl Sink {
    fn new() -> Self {
        Self::at("127.0.0.1:0".parse().unwrap())
    }

    fn at(address: SocketAddr) -> Self {
        let socket = UdpSocket::bind(address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(socket)
    }

    fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    fn packet(&self) -> String {
        let mut buffer = vec![0; 65_536];
        let length = self.0.recv(&mut buffer).expect("a packet comes");
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    /// Packets until there are so many lines.
    fn packets(&self, lines: usize) -> Vec<String> {
        let mut packets = Vec::new();
        while packets.iter().map(|packet: &String| packet.lines().count()).sum::<usize>() < lines {
            packets.push(self.packet());
        }
        packets
    }
}

fn launch(target: impl std::fmt::Display) -> Launch {
    Launch::unmapped().flag(format!("--statsd.relay.address={target}"))
}

fn relay(scrape: &Exposition, name: &str, target: impl std::fmt::Display) -> Option<f64> {
    scrape.get(&format!("statsd_exporter_relay_{name}_total{{target=\"{target}\"}}"))
}

fn relays(scrape: &Exposition, target: SocketAddr) -> [Option<f64>; 4] {
    ["packets", "lines_relayed", "long_lines", "dropped_lines"]
        .map(|name| relay(scrape, name, target))
}

#[test]
fn every_line_of_every_transport_is_copied_as_it_came() {
    let sink = Sink::new();
    let bridge = launch(sink.address()).unixgram().unix().start();
    let idle = relays(&bridge.scrape(), sink.address());
    assert_eq!(idle, [Some(0.0); 4], "they are there from the start");
    bridge.send_udp(&["udp:1|c|#k:v\nmalformed\n\nalso:bad|x\r\n", "\n"]);
    bridge.send_tcp(b"tcp:1|c\r\n\r\n\nlast:2|g");
    bridge.send_unix(b"unix:1|d\n");
    bridge.send_unixgram(&["unixgram:1|ms|@0.1"]);
    bridge.settled();
    let mut lines: Vec<String> = sink.packets(7).concat().lines().map(str::to_owned).collect();
    lines.sort();
    let expected = [
        "also:bad|x",
        "last:2|g",
        "malformed",
        "tcp:1|c",
        "udp:1|c|#k:v",
        "unix:1|d",
        "unixgram:1|ms|@0.1",
    ];
    assert_eq!(lines, expected);
    let scrape = bridge.scrape_until("packets are counted", |scrape| {
        relay(scrape, "packets", sink.address()).is_some_and(|packets| packets >= 1.0)
    });
    let [_, relayed, long, dropped] = relays(&scrape, sink.address());
    assert_eq!([relayed, long, dropped], [Some(7.0), Some(0.0), Some(0.0)]);
    bridge.stop();
}

#[test]
fn packets_are_full_and_end_with_a_line() {
    let sink = Sink::new();
    let bridge = launch(sink.address()).flag("--statsd.relay.packet-length=40").start();
    // 13 bytes each with its newline: three to a packet. One line has 40.
    let many: Vec<String> = (10..70).map(|number| format!("name.{number}:1|c\n")).collect();
    let (many, long) = (many.concat(), "x".repeat(36));
    let longest = format!("{}:1|c\n", "y".repeat(35));
    bridge.send_tcp(format!("{many}{long}:1|c\n{longest}").as_bytes());
    bridge.settled();
    let packets = sink.packets(61);
    assert!(packets.iter().all(|packet| packet.len() <= 40 && packet.ends_with('\n')));
    // 21, unless a second passed while one was being filled.
    assert!((21..30).contains(&packets.len()), "{packets:?}");
    assert_eq!(packets.concat(), many + &longest, "in their order");
    let scrape = bridge.scrape();
    assert_eq!(relay(&scrape, "long_lines", sink.address()), Some(1.0));
    assert_eq!(relay(&scrape, "lines_relayed", sink.address()), Some(61.0));
    bridge.stop();
}

#[test]
fn a_lonely_line_leaves_within_a_second_or_so_and_a_stop_loses_none() {
    let sink = Sink::new();
    let bridge = launch(format!("localhost:{}", sink.address().port())).start();
    let start = Instant::now();
    bridge.send_udp(&["a:1|c"]);
    assert_eq!(sink.packet(), "a:1|c\n");
    assert!(start.elapsed() < PATIENCE / 3, "it was not the stop that sent it");
    // Stopped before it has read them, it drains and relays them.
    bridge.signal("STOP");
    support::traffic::UdpClient::new().flood(bridge.udp(), &["b:1|c"; 100]);
    bridge.signal("TERM");
    bridge.signal("CONT");
    assert_eq!(bridge.finish().code, Some(0));
    assert_eq!(sink.packets(100).concat(), "b:1|c\n".repeat(100));
}

/// Sends 400,000 lines, and asks that each is taken although the relay gets
/// rid of none.
fn flood(bridge: &Bridge) {
    let lines = b"some.name:1|c\n".repeat(100_000);
    for _ in 0..4 {
        bridge.send_tcp(&lines);
    }
    bridge.send_udp(&["some.name:1|c"; 1000]);
    assert_eq!(bridge.settled().get("some_name{}"), Some(401_000.0));
}

#[test]
fn a_target_that_is_not_there_costs_ingestion_nothing_and_is_served_when_it_comes() {
    let address = Sink::new().address();
    let bridge = launch(address).start();
    flood(&bridge);
    let scrape = bridge.scrape_until("refusals are counted", |scrape| {
        relay(scrape, "dropped_lines", address).is_some_and(|lost| lost > 0.0)
    });
    assert_eq!(relay(&scrape, "lines_relayed", address), Some(401_000.0));
    let sink = Sink::at(address);
    let start = Instant::now();
    loop {
        assert!(start.elapsed() < PATIENCE, "never served");
        bridge.send_udp(&["back:1|c"]);
        sink.0.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let mut buffer = vec![0; 65_536];
        if sink.0.recv(&mut buffer).is_ok_and(|length| buffer[..length].ends_with(b"back:1|c\n")) {
            break;
        }
    }
    bridge.stop();
}

#[test]
fn a_target_that_swallows_everything_costs_ingestion_nothing() {
    // Nobody reads this socket: its buffer overflows, which no sender is told.
    let sink = Sink::new();
    let bridge = launch(sink.address()).start();
    flood(&bridge);
    bridge.stop();
    // A host that never answers, in a network that is reserved for documents.
    let bridge = launch("192.0.2.1:9").start();
    flood(&bridge);
    bridge.stop();
}

#[test]
fn a_bad_target_ends_the_start_with_one_sentence() {
    for (target, says) in [
        ("no-such-host.invalid:1", "cannot relay to --statsd.relay.address=no-such-host.invalid:1"),
        ("somewhere", "--statsd.relay.address: found \"somewhere\", expected HOST:PORT"),
    ] {
        let finished = launch(target)
            .flags(&["--web.listen-address=127.0.0.1:0", "--log.level=error"])
            .finish();
        assert_eq!(finished.code, Some(1), "{target}");
        assert!(finished.stderr.contains(says), "{}", finished.stderr);
        assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
    }
}

#[test]
fn without_a_relay_its_counters_are_absent_and_their_names_are_reserved_all_the_same() {
    let bridge = Launch::unmapped().flag("--statsd.relay.packet-length=100").start();
    bridge.send_udp(&["statsd_exporter_relay_packets_total:1|c"]);
    let scrape = bridge.settled();
    assert!(!bridge.scrape_text().contains("# TYPE statsd_exporter_relay"));
    let conflict = "events_conflict_total{metric_name=\"statsd_exporter_relay_packets_total\",\
                    type=\"counter\"}";
    assert_eq!(scrape.own(conflict), 1.0);
    bridge.stop();
}
