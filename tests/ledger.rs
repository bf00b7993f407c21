//! The ledger adds up: at every scrape of a bridge that is flooded beyond what its
//! sockets hold, and at the end to the very number that was sent.
//!
//! Heat: cold.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use support::bridge::{Bridge, Launch};
use support::ledger::{Ledger, assert_families_add_up};
use support::process::{PATIENCE, until};
use support::traffic::{self, UdpClient};

const DROPPING: &str = "mappings:\n- {match: noise.*, name: noise, action: drop}\n";

/// What each datagram of a flood holds, so that the sums can be foretold however
/// many of them are lost.
const DATAGRAM: &str = "a:1|c\n\nnonsense\nb:2\nt:1:2|ms|#k\nnoise.x:1|c\na:-1|c\n\
    t:1|ms|@1e-9\na:x|c\nr:1|c|@x\ng:1|g";

/// What one such datagram adds.
const EACH: [(&[&str], u64); 20] = [
    (&["lines", "received"], 11),
    (&["lines", "empty"], 1),
    (&["lines", "carrying_samples"], 8),
    (&["lines", "refused"], 2),
    (&["lines", "refused_by_reason", "malformed_line"], 1),
    (&["lines", "refused_by_reason", "not_enough_parts_after_colon"], 1),
    (&["samples", "attempted"], 9),
    (&["samples", "recorded"], 6),
    (&["samples", "recorded_by_type", "counter"], 2),
    (&["samples", "recorded_by_type", "gauge"], 1),
    (&["samples", "recorded_by_type", "observer"], 3),
    (&["samples", "dropped_by_rule"], 1),
    (&["samples", "refused"], 2),
    (&["samples", "refused_by_reason", "malformed_value"], 1),
    (&["samples", "refused_by_reason", "illegal_negative_counter"], 1),
    (&["samples", "refused_by_reason", "conflict"], 0),
    (&["warnings", "bad_rates"], 1),
    (&["warnings", "tag_errors"], 2),
    (&["warnings", "weights_capped"], 1),
    (&["warnings", "datagrams_cut"], 0),
];

/// As many ledgers as these are read while a flood goes on, and half as many
/// scrapes.
const READINGS: u32 = 60;

/// Reads the ledger and the metrics again and again; each must balance.
fn read_many(bridge: &Bridge) {
    let mut last = 0;
    for reading in 0..READINGS {
        let sent = Ledger::of(bridge).get(&["datagrams", "sent"]);
        assert!(sent >= last, "a counter fell");
        last = sent;
        if reading % 2 == 0 {
            assert_families_add_up(&bridge.scrape());
        }
    }
}

/// Sends rounds, one after the other, for as long as [`read_many`] takes. Gives how
/// many.
fn read_during(bridge: &Bridge, round: impl Fn() + Sync) -> u64 {
    let enough = AtomicBool::new(false);
    thread::scope(|scope| {
        let flood = scope.spawn(|| {
            let mut rounds = 0;
            while !enough.load(Ordering::Relaxed) {
                round();
                rounds += 1;
            }
            rounds
        });
        // Else a reading that fails would leave the flood going on for ever.
        let readings = catch_unwind(AssertUnwindSafe(|| read_many(bridge)));
        enough.store(true, Ordering::Relaxed);
        let rounds = flood.join().unwrap();
        readings.unwrap();
        rounds
    })
}

/// The ledger once it tells of so many datagrams and nothing waits.
fn at_rest(bridge: &Bridge, sent: u64) -> Ledger {
    let rest = until(PATIENCE, || {
        let ledger = Ledger::of(bridge);
        (ledger.nothing_waits() && ledger.get(&["datagrams", "sent"]) == sent).then_some(ledger)
    });
    rest.unwrap_or_else(|| panic!("{sent} were sent: {:#?}", Ledger::of(bridge)))
}

/// Holds that lines, samples and warnings are what so many datagrams held.
fn assert_foretold(ledger: &Ledger, received: u64) {
    for (keys, each) in EACH {
        assert_eq!(ledger.get(keys), each * received, "{keys:?}: {ledger:#?}");
    }
}

#[test]
fn a_flood_of_udp_adds_up_to_what_was_sent() {
    let bridge = Launch::mapped(DROPPING)
        .flags(&["--statsd.read-buffer=4096", "--statsd.udp-sockets=2"])
        .start();
    // Many clients, since each keeps to one socket.
    let clients: Vec<_> = (0..32).map(|_| UdpClient::new()).collect();
    let udp = bridge.udp();
    let round = || clients.iter().for_each(|client| client.flood(udp, &[DATAGRAM; 20]));
    let per_round = 32 * 20;
    // A stopped process takes nothing, so buffers of this size do overflow.
    bridge.signal("STOP");
    round();
    bridge.signal("CONT");
    let sent = per_round * (1 + read_during(&bridge, round));

    let ledger = at_rest(&bridge, sent);
    let received = ledger.get(&["datagrams", "received"]);
    let dropped = ledger.get(&["datagrams", "dropped_by_kernel"]);
    println!("{sent} sent = {received} received + {dropped} dropped");
    assert!(received > 0 && dropped > 0, "{ledger:#?}");
    assert_eq!(ledger.sockets().len(), 2);
    for (index, socket) in ledger.sockets().iter().enumerate() {
        assert_eq!((&socket["kind"], &socket["index"]), (&"udp".into(), &index.into()));
        assert_eq!(socket["address"], bridge.udp().to_string());
        assert!(socket["sent"].as_u64() > Some(0), "each has its clients: {socket}");
    }
    assert_foretold(&ledger, received);
    ledger.assert_told_by(&bridge.scrape());
    let log = bridge.stop().stderr;
    assert_eq!(Ledger::in_log(&log), ledger, "the final one");
}

#[test]
fn a_sender_to_a_unix_socket_waits_and_nothing_is_dropped() {
    let launch =
        Launch::mapped(DROPPING).flags(&["--statsd.read-buffer=4096", "--statsd.listen-udp="]);
    let odd = launch.folder().join("a\\b \"c\".sock");
    let bridge = launch.flag(format!("--statsd.listen-unixgram={}", odd.display())).start();
    let path = bridge.unixgram();
    let rounds = read_during(&bridge, || traffic::send_unixgram(&path, &[DATAGRAM; 100]));
    let sent = 100 * rounds;
    let ledger = at_rest(&bridge, sent);
    assert_eq!(ledger.get(&["datagrams", "received"]), sent);
    let [socket] = ledger.sockets() else { panic!("one socket: {ledger:#?}") };
    assert_eq!(socket["kind"], "unixgram");
    assert_eq!(socket["address"], odd.display().to_string());
    assert_foretold(&ledger, sent);
    ledger.assert_told_by(&bridge.scrape());
    bridge.stop();
}

#[test]
fn lines_of_streams_are_in_the_ledger_without_a_datagram() {
    let bridge = Launch::unmapped().unix().start();
    bridge.send_tcp(b"a:1|c\n\nnonsense\nlast:1|g");
    bridge.send_unix(b"a:1|c\n");
    bridge.settled();
    let ledger = Ledger::of(&bridge);
    assert_eq!(ledger.get(&["datagrams", "sent"]), 0);
    for (key, count) in [("received", 5), ("empty", 1), ("refused", 1), ("carrying_samples", 3)] {
        assert_eq!(ledger.get(&["lines", key]), count, "{key}");
    }
    ledger.assert_told_by(&bridge.scrape());
    bridge.stop();
}

#[test]
fn a_datagram_that_is_cut_is_told_of() {
    let bridge = Launch::unmapped().flag("--statsd.listen-udp=").unixgram().start();
    bridge.send_unixgram(&["a:1|c\n".repeat(20_000)]);
    let ledger = at_rest(&bridge, 1);
    assert_eq!(ledger.get(&["warnings", "datagrams_cut"]), 1);
    let scrape = bridge.scrape();
    assert_eq!(scrape.get("a{}"), Some(10_922.0), "its whole lines");
    ledger.assert_told_by(&scrape);
    bridge.stop();
}
