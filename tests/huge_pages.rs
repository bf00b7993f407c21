//! The heap of the running program is put into huge pages while it takes lines, and
//! what stands in it stays what it is.
//!
//! Heat: cold.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![allow(clippy::float_cmp, reason = "the very number is wanted")]

mod support;

use support::bridge::{Bridge, Launch};
use support::peer::say_skipped;
use support::process::{PATIENCE, until};

/// Series of some 290 bytes: more than eight huge pages.
const SERIES: usize = 60_000;
const HUGE_PAGES: usize = 6;

/// Kilobytes of the heap that are in huge pages.
fn in_huge_pages(bridge: &Bridge) -> usize {
    let smaps = std::fs::read_to_string(format!("/proc/{}/smaps", bridge.id())).unwrap();
    let mut heap = smaps.lines().skip_while(|line| !line.ends_with("[heap]"));
    let huge = heap.find_map(|line| line.strip_prefix("AnonHugePages:"));
    huge.map_or(0, |kb| kb.trim().trim_end_matches(" kB").parse().unwrap())
}

/// Sends `add` to each series.
fn add_to_all(bridge: &Bridge, add: usize) {
    let lines: Vec<_> = (0..SERIES).map(|at| format!("a:{}|c|#number:{at}", at + add)).collect();
    let datagrams: Vec<_> = lines.chunks(50).map(|lines| lines.join("\n")).collect();
    bridge.send_udp(&datagrams);
}

#[test]
fn what_of_the_heap_is_in_use_is_put_into_huge_pages() {
    let bridge = Launch::unmapped().flag("--log.level=debug").start();
    add_to_all(&bridge, 0);
    let refused = |bridge: &Bridge| {
        bridge.log().iter().any(|line| line.contains("huge page") && line.contains("error"))
    };
    let enabled = std::fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled");
    if enabled.is_ok_and(|enabled| !enabled.contains("[never]")) {
        let huge = || in_huge_pages(&bridge) >= HUGE_PAGES * 2048;
        until(PATIENCE, || (huge() || refused(&bridge)).then_some(())).unwrap();
    }
    // Whatever became of the memory, each series goes on where it was.
    add_to_all(&bridge, 1);
    let scrape = bridge.settled();
    for at in 0..SERIES {
        let value = scrape.get(&format!("a{{number=\"{at}\"}}")).unwrap();
        assert_eq!(value, f64::from(u32::try_from(2 * at + 1).unwrap()), "{at}");
    }
    if in_huge_pages(&bridge) == 0 {
        // Nothing that could be installed would change that, so CI may skip it.
        say_skipped("the kernel makes no huge pages of a heap");
    }
}
