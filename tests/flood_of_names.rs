//! A flood of names against the running program: memory stays flat, what is there
//! goes on, and every refused line is counted and attributed. (Ten million names,
//! in a release build, are in PERFORMANCE.md.)
//!
//! Heat: cold.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![allow(clippy::float_cmp, reason = "the very number is wanted")]

mod support;

use support::bridge::{Bridge, Launch};
use support::exposition::Exposition;
use support::process::until;

/// Lines of a datagram: together well below what a socket buffer holds.
const PACKED: usize = 50;
const NAMES: usize = 300_000;
const ROOM: usize = 1000;

/// The memory of a process that is resident, in bytes, as the kernel has it.
fn resident(bridge: &Bridge) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", bridge.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().trim().parse::<usize>().unwrap() * 1024
}

fn send(bridge: &Bridge, lines: impl Iterator<Item = String>) {
    let lines: Vec<_> = lines.collect();
    let datagrams: Vec<_> = lines.chunks(PACKED).map(|lines| lines.join("\n")).collect();
    bridge.send_udp(&datagrams);
}

/// Half of them families of their own, half series of one family.
fn flood(bridge: &Bridge, names: std::ops::Range<usize>) {
    send(
        bridge,
        names.map(|at| {
            if at % 2 == 0 {
                format!("a.flood.of.names.of.a.usual.length.{at:08}:1|c")
            } else {
                format!("flooded.family:1|c|#request_id:of-a-usual-length-{at:08}")
            }
        }),
    );
}

fn good(bridge: &Bridge) {
    send(bridge, (0..100).map(|at| format!("good.{at:02}:1|c")));
}

/// `series_rejected_total`, by family.
fn rejected(scrape: &Exposition) -> Vec<(&str, f64)> {
    let prefix = "statsd_exporter_series_rejected_total{family=\"";
    let of = |series: &'_ str| series.strip_prefix(prefix).is_some();
    let found = scrape.samples.iter().filter(|(series, _)| of(series));
    found
        .map(|(series, count)| (series.trim_start_matches(prefix).trim_end_matches("\"}"), *count))
        .collect()
}

#[test]
fn a_flood_of_names_leaves_memory_flat_and_is_counted_to_the_last_line() {
    /// What one worker remembers of refused names, and what the allocator adds.
    const REMEMBERED: usize = 32 << 20;
    let bridge = Launch::unmapped()
        .flag("--statsd.udp-sockets=1")
        .flag(format!("--statsd.max-series={ROOM}"))
        .flag(format!("--statsd.max-series-per-family={}", ROOM / 4))
        .start();
    good(&bridge);
    // First the one family is full, then all is.
    flood(&bridge, 0..2 * ROOM);
    bridge.settled();
    let before = resident(&bridge);
    flood(&bridge, 2 * ROOM..NAMES / 2);
    bridge.settled();
    let half = resident(&bridge);
    flood(&bridge, NAMES / 2..NAMES);
    good(&bridge);
    let scrape = bridge.settled();
    let after = resident(&bridge);
    println!("resident: {before} bytes, after {} names {half}, after {NAMES} {after}", NAMES / 2);
    // The texts alone of the second half are 7 MB.
    assert!(after <= before + REMEMBERED, "{before} bytes before, {after} after");
    assert!(after <= half + (4 << 20), "{half} bytes at half of the flood, {after} after");

    #[expect(clippy::cast_precision_loss, reason = "far less than 2^53")]
    let (all, refused) = ((NAMES + 200) as f64, (NAMES + 100 - ROOM) as f64);
    assert_eq!(scrape.own("lines_total{}"), all);
    assert_eq!(scrape.own("udp_kernel_drops_total{}"), 0.0);
    assert_eq!(scrape.own("events_total{type=\"counter\"}"), all - refused);
    assert_eq!(scrape.own("events_error_total{reason=\"over_budget\"}"), refused);
    let rejected = rejected(&scrape);
    assert_eq!(rejected.iter().map(|(_, count)| count).sum::<f64>(), refused);
    assert_eq!(rejected.len(), 101, "a hundred families and the others");
    let of = |family: &str| rejected.iter().find(|(name, _)| *name == family).unwrap().1;
    assert!(of("flooded_family") > 148_000.0 && of("other") > 148_000.0, "{rejected:?}");
    for at in 0..100 {
        assert_eq!(scrape.get(&format!("good_{at:02}{{}}")), Some(2.0), "good_{at:02}");
    }
    bridge.stop();
}

#[test]
fn a_refused_name_is_shown_as_soon_as_there_is_room() {
    let bridge = Launch::mapped("mappings: [{match: a, name: a, ttl: 2s}]")
        .flag("--statsd.max-series=1")
        .start();
    bridge.send_udp(&["a:1|c\nb:1|c"]);
    let scrape = bridge.settled();
    assert_eq!((scrape.get("a{}"), scrape.get("b{}")), (Some(1.0), None));
    let shown = until(support::process::PATIENCE, || {
        bridge.send_udp(&["b:1|c"]);
        bridge.scrape().get("b{}")
    });
    assert!(shown.is_some(), "b is never taken");
    let scrape = bridge.settled();
    let refused = scrape.own("series_rejected_total{family=\"b\"}");
    assert_eq!(scrape.get("b{}").unwrap() + refused + 1.0, scrape.own("lines_total{}"));
    bridge.stop();
}
