//! What the running binary asks of the kernel: a thread that receives known
//! lines receives, sleeps and polls, and asks for neither memory nor a lock; a
//! bridge at rest wakes for its housekeeping only.
//!
//! Counts alone: how fast the machine is does not matter.
//!
//! Heat: cold.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::collections::BTreeMap;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use support::bridge::{Bridge, Launch};
use support::capture;
use support::process::{PATIENCE, until};
use support::strace::{Call, Trace, calls, sleeps, threads};

/// What a thread that receives may call.
const RECEIVING: [&str; 6] =
    ["recvmmsg", "poll", "ppoll", "nanosleep", "clock_nanosleep", "restart_syscall"];

/// The rules of the capture, with windows so long that none ends meanwhile: a new
/// one would ask for memory, as a summary may.
fn start() -> Bridge {
    let windows = "defaults: {summary_options: {max_age: 240h, age_buckets: 5}}\n";
    Launch::mapped(format!("{windows}{}", capture::published_mapping())).start()
}

/// How often each call was made.
fn by_name(calls: &[Call]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for call in calls {
        *counts.entry(call.name.as_str()).or_default() += 1;
    }
    counts
}

#[test]
fn a_log_of_strace_is_read() {
    let log = "\
recvmmsg(0x9, 0x7f0, 0x40, 0x40, 0) = 0x3\n\
recvmmsg(0x9, 0x7f0, 0x40, 0x40, 0) = -1 EAGAIN (Resource temporarily unavailable)\n\
4711 futex(0x55, 0x80, 0x2, 0 <unfinished ...>\n\
4712 poll(0x7f, 0x2, 0xffffffff) = 1\n\
4711 <... futex resumed>)               = 0\n\
4711 --- SIGINT {si_signo=SIGINT} ---\n\
4711 +++ exited with 0 +++\n\
clock_nanosleep(CLOCK_MONOTONIC, 0, {tv_sec=1, tv_nsec=500000}, NULL) = 0\n\
brk(0x5) = ?\n";
    let told: Vec<_> = calls(log).into_iter().map(|call| (call.name, call.result)).collect();
    let told: Vec<_> = told.iter().map(|(name, result)| (name.as_str(), *result)).collect();
    let calls = [("recvmmsg", 3), ("recvmmsg", -1), ("poll", 1), ("futex", 0)];
    assert_eq!(told, [&calls[..], &[("clock_nanosleep", 0), ("brk", -1)]].concat());
    assert_eq!(sleeps(log), [Duration::from_micros(1_000_500)]);
}

#[test]
fn lines_whose_series_are_there_cost_no_memory_call_and_no_futex() {
    let datagrams = capture::datagrams("mastodon.jsonl");
    let bridge = start();
    // Summaries become dense when their eight raw places are taken.
    for _ in 0..9 {
        bridge.send_udp(&datagrams);
    }
    bridge.settled();
    let Some(trace) = Trace::attach(&bridge, "udp-") else { return };
    bridge.send_udp(&datagrams);
    let calls = trace.until_received(u64::try_from(datagrams.len()).unwrap());
    let counts = by_name(&calls);
    println!("{} datagrams: {counts:?}", datagrams.len());
    let others: Vec<_> = counts.keys().filter(|name| !RECEIVING.contains(name)).collect();
    assert!(others.is_empty(), "a receiving thread calls {others:?}: {counts:?}");
    bridge.settled();
    bridge.stop();
}

/// That the test above would see it: new series do ask for memory.
#[test]
fn series_that_are_new_are_seen_to_ask_for_memory() {
    let bridge = start();
    let Some(trace) = Trace::attach(&bridge, "udp-") else { return };
    let datagrams: Vec<_> = (0..20_000).map(|at| format!("new.{at:060}:1|c")).collect();
    bridge.send_udp(&datagrams);
    let calls = trace.until_received(20_000);
    let counts = by_name(&calls);
    let memory = ["brk", "mmap", "munmap", "madvise", "mprotect", "mremap"];
    assert!(memory.iter().any(|name| counts.contains_key(name)), "{counts:?}");
    bridge.stop();
}

/// How often each thread of the process has given up its core, which a thread
/// does when it has been woken and waits again.
fn waits(process: u32) -> BTreeMap<(u32, String), u64> {
    let count = |thread: &u32| {
        let status =
            std::fs::read_to_string(format!("/proc/{process}/task/{thread}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
        line.trim().parse().ok()
    };
    let threads = threads(process).into_iter();
    threads
        .filter_map(|(thread, name)| Some((count(&thread)?, (thread, name))))
        .map(|(count, thread)| (thread, count))
        .collect()
}

/// The wake-ups of each thread over so much time, and their bound: one a second,
/// for the time that has passed in fact, and one for a second begun.
fn wake_ups(process: u32, time: Duration) -> (BTreeMap<(u32, String), u64>, u64) {
    let begin = Instant::now();
    let before = waits(process);
    std::thread::sleep(time);
    let mut after = waits(process);
    let bound = begin.elapsed().as_secs() + 1;
    for (thread, count) in &mut after {
        *count -= before.get(thread).copied().unwrap_or_default();
    }
    after.retain(|_, count| *count > 0);
    (after, bound)
}

/// It may take a while to come to rest (connections close, pools of threads
/// shrink), so it is watched until it has; one that wakes more often never does.
fn comes_to_rest(bridge: &Bridge) {
    let mut last = None;
    let rests = until(PATIENCE, || {
        let (woken, bound) = wake_ups(bridge.id(), Duration::from_secs(4));
        let rests = woken.values().sum::<u64>() <= bound;
        last = Some((woken, bound));
        rests.then_some(())
    });
    println!("woken, and the bound: {last:?}");
    assert!(rests.is_some(), "more than one wake-up a second: {last:?}");
}

#[test]
fn a_bridge_at_rest_wakes_once_a_second() {
    let bridge = start();
    comes_to_rest(&bridge);
    bridge.stop();
}

#[test]
fn a_bridge_comes_to_rest_after_traffic() {
    let bridge = start();
    bridge.send_udp(&capture::datagrams("mastodon.jsonl"));
    bridge.send_tcp(b"a:1|c\n");
    bridge.settled();
    comes_to_rest(&bridge);
    bridge.stop();
}

/// The kernel watches over them, and no timer of ours.
#[test]
fn silent_connections_wake_nobody() {
    let bridge = start();
    let silent: Vec<_> = (0..200).map(|_| TcpStream::connect(bridge.tcp()).unwrap()).collect();
    bridge.scrape_until("all are open", |scrape| scrape.own("tcp_connections_total{}") >= 200.0);
    comes_to_rest(&bridge);
    drop(silent);
    bridge.stop();
}
