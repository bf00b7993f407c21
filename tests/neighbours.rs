//! What the system and other processes may do to the bridge: descriptors run
//! out, memory is short, the mapping file is replaced while it is read or is no
//! file, SIGHUP comes a thousand times, the clock steps, a client is slow.
//!
//! Heat: cold.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]
#![allow(clippy::float_cmp, reason = "the very number is wanted")]

mod support;

use std::io::Write;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use support::bridge::{Bridge, Launch};
use support::exposition::Exposition;
use support::log::fields;
use support::peer::{peer, skip};
use support::process::{PATIENCE, until};
use support::scratch::Scratch;
use support::traffic::{self, UdpClient};

/// The processor time of a process so far, in hundredths of a second.
fn ticks(bridge: &Bridge) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", bridge.id())).unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// Open descriptors, threads, and memory in KiB.
fn holds(bridge: &Bridge) -> (usize, usize, u64) {
    let count = |what| std::fs::read_dir(format!("/proc/{}/{what}", bridge.id())).unwrap().count();
    let status = std::fs::read_to_string(format!("/proc/{}/status", bridge.id())).unwrap();
    let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    (count("fd"), count("task"), memory.trim().trim_end_matches(" kB").parse().unwrap())
}

#[test]
fn without_descriptors_it_does_not_spin_and_datagrams_go_on() {
    let bridge = Launch::unmapped().open_files(40).start();
    let crowd: Vec<_> = (0..60).map(|_| TcpStream::connect(bridge.tcp()).unwrap()).collect();
    bridge.wait_for_log("accept fails", |line| line.contains("cannot accept"));
    let before = ticks(&bridge);
    // Each burst is sent when the one before was taken.
    for _ in 0..10 {
        bridge.send_udp(&["a:1|c"; 100]);
        std::thread::sleep(Duration::from_millis(100));
    }
    let spent = ticks(&bridge) - before;
    assert!(spent <= 50, "{spent} hundredths of a second in a second");
    drop(crowd);
    let web = until(PATIENCE, || bridge.get("/metrics").ok());
    assert!(web.is_some(), "it does not get over it");
    assert_eq!(bridge.settled().get("a{}"), Some(1000.0));
    bridge.stop();
}

/// Without a budget, a flood of names ends with the system's refusal of memory,
/// and that with the process; a service manager starts it again
/// (`Restart=on-failure`). The budget is what keeps it from there.
#[test]
fn with_a_budget_a_flood_of_names_stays_inside_a_limit_of_memory() {
    let launch = Launch::unmapped().flag("--statsd.max-series=20000").address_space(2 << 20);
    let bridge = launch.start();
    bridge.send_udp(&["known:1|c"]);
    let name = "n".repeat(200);
    for part in 0..20 {
        let lines: Vec<String> =
            (0..10_000).map(|at| format!("{name}.{part}.{at}:1|ms\n")).collect();
        bridge.send_tcp(lines.concat().as_bytes());
    }
    bridge.send_udp(&["known:1|c"]);
    let status = until(PATIENCE, || {
        let text = bridge.scrape_text();
        text.contains("\nstatsd_exporter_lines_total 200002\n").then_some(text)
    });
    let text = status.expect("all lines are counted");
    assert!(text.contains("\nknown 2\n"));
    bridge.stop();
}

fn rules(name: &str) -> String {
    format!("mappings:\n- {{match: load.*, name: {name}, labels: {{from: $1}}}}\n")
}

fn reloads(scrape: &Exposition, outcome: &str) -> f64 {
    scrape.own(&format!("config_reloads_total{{outcome=\"{outcome}\"}}"))
}

fn reload(bridge: &Bridge, outcome: &str) {
    let before = reloads(&bridge.scrape(), outcome);
    bridge.signal("HUP");
    bridge.scrape_until(outcome, |scrape| reloads(scrape, outcome) > before);
}

#[test]
fn a_mapping_file_that_is_no_file_is_refused_and_the_rules_stay() {
    let bridge = Launch::mapped(rules("first")).start();
    let file = bridge.folder().join("mapping.yml");
    // A pipe without a writer must not hold up this reload, nor the next.
    std::fs::remove_file(&file).unwrap();
    assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
    reload(&bridge, "failure");
    bridge.wait_for_log("a pipe", |line| line.contains("it is a pipe, and nothing came"));
    std::fs::remove_file(&file).unwrap();
    for (target, says) in [("/dev/zero", "larger than 64 MiB"), ("/", "directory")] {
        std::os::unix::fs::symlink(target, &file).unwrap();
        reload(&bridge, "failure");
        bridge.wait_for_log(says, |line| line.contains(says));
        std::fs::remove_file(&file).unwrap();
    }
    std::fs::write(&file, rules("second")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read(&file).is_ok() {
        // Root may read everything.
        std::fs::write(&file, b"mappings:\n- \xff\n").unwrap();
    }
    reload(&bridge, "failure");
    bridge.send_udp(&["load.a:1|c"]);
    assert_eq!(bridge.settled().get("first{from=\"a\"}"), Some(1.0));

    // An empty file is a good one, and has no rules.
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    bridge.reload("");
    bridge.wait_for_log("that none is left", |line| line.contains("no rules any more"));
    bridge.reload(&rules("third"));
    bridge.send_udp(&["load.a:1|c"]);
    assert_eq!(bridge.settled().get("third{from=\"a\"}"), Some(1.0));
    bridge.stop();
}

/// Writes beside the file and renames, as editors and `kubelet` do.
fn replace(file: &Path, text: &str) {
    let fresh = file.with_extension("new");
    std::fs::write(&fresh, text).unwrap();
    std::fs::rename(fresh, file).unwrap();
}

#[test]
fn a_thousand_hang_ups_under_load_while_the_file_is_replaced() {
    let long = |name: &str| rules(name) + &"# filler\n".repeat(2000);
    let bridge = Launch::mapped(long("first")).start();
    let file = bridge.folder().join("mapping.yml");
    reload(&bridge, "success");
    bridge.send_udp(&["load.udp:1|c"]);
    bridge.settled();
    let before = holds(&bridge);
    let (udp, tcp, done) = (bridge.udp(), bridge.tcp(), AtomicBool::new(false));
    let id = bridge.id();
    let sent = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                replace(&file, &long("second"));
                replace(&file, &long("first"));
            }
        });
        let load = scope.spawn(|| {
            let (client, mut sent) = (UdpClient::new(), 0);
            while !done.load(Ordering::Relaxed) {
                client.send(udp, &["load.udp:1|c"; 50]);
                traffic::send_tcp(tcp, "load.tcp:1|c\n".repeat(50).as_bytes());
                sent += 50;
            }
            sent
        });
        let storm = format!("for i in $(seq 1000); do kill -HUP {id}; done");
        assert!(Command::new("sh").arg("-c").arg(storm).status().unwrap().success());
        bridge.scrape_until("reloads", |scrape| reloads(scrape, "success") >= 2.0);
        done.store(true, Ordering::Relaxed);
        load.join().unwrap()
    });
    bridge.count(2 * sent);
    // What was sent has been taken: none of it waits for the rules that come now.
    bridge.settled();
    replace(&file, &long("last"));
    reload(&bridge, "success");
    bridge.send_udp(&["load.udp:1|c"]);
    let scrape = bridge.settled();
    assert_eq!(scrape.own("lines_total{}"), bridge.sent());
    assert_eq!(reloads(&scrape, "failure"), 0.0, "each read one file or the other");
    assert_eq!(scrape.get("last{from=\"udp\"}"), Some(1.0), "the last file is in force");
    let of = |from: &str| {
        ["first", "second", "last"]
            .map(|name| scrape.get(&format!("{name}{{from=\"{from}\"}}")).unwrap_or(0.0))
            .iter()
            .sum::<f64>()
    };
    assert_eq!(of("udp") + of("tcp"), bridge.sent());
    let rests = until(PATIENCE, || {
        let now = holds(&bridge);
        let flat = now.0 <= before.0 + 2 && now.1 <= before.1 + 4 && now.2 <= before.2 + 8192;
        flat.then_some(())
    });
    assert!(rests.is_some(), "descriptors, threads, KiB: {before:?}, then {:?}", holds(&bridge));
    bridge.stop();
}

#[test]
fn a_client_of_one_byte_at_a_time_holds_up_nobody_and_its_line_is_whole() {
    let bridge = Launch::unmapped().start();
    let mut slow = TcpStream::connect(bridge.tcp()).unwrap();
    slow.set_nodelay(true).unwrap();
    let line = b"slow:1|c\n";
    for (at, byte) in line.iter().enumerate() {
        slow.write_all(&[*byte]).unwrap();
        bridge.send_tcp(b"quick:1|c\n");
        let quick = f64::from(u32::try_from(at + 1).unwrap());
        if at + 1 < line.len() {
            let scrape = bridge.settled();
            assert_eq!((scrape.get("quick{}"), scrape.get("slow{}")), (Some(quick), None));
        }
    }
    bridge.count(1);
    assert_eq!(bridge.settled().get("slow{}"), Some(1.0));
    bridge.stop();
}

/// Where Debian's faketime has its library.
fn faketime() -> Option<String> {
    peer("faketime")?;
    let found = ["x86_64", "aarch64"].into_iter().find_map(|machine| {
        let path = format!("/usr/lib/{machine}-linux-gnu/faketime/libfaketimeMT.so.1");
        Path::new(&path).is_file().then_some(path)
    });
    if found.is_none() {
        skip("faketime is there, and its library is not");
    }
    found
}

#[test]
fn steps_of_the_clock_neither_end_series_nor_keep_them() {
    let Some(library) = faketime() else { return };
    let launch = Launch::mapped(
        "mappings:\n- {match: short, name: short, ttl: 2s}\n- {match: long, name: long, ttl: 1h}\n",
    );
    let clock = launch.folder().join("clock");
    std::fs::write(&clock, "+0").unwrap();
    let bridge = launch
        .env("LD_PRELOAD", &library)
        .env("FAKETIME_TIMESTAMP_FILE", &clock.display().to_string())
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .start();
    let year = |line: &str| fields(line)["time"][..4].parse::<u32>().unwrap();
    // The log is written by a thread of its own, and may come behind the answers.
    let ready = bridge.wait_for_log("the end of the start", |line| line.ends_with("msg=ready"));
    let now = year(&ready);
    bridge.send_udp(&["long:1|c"]);
    for (step, years) in [("+1000d", 2..=3), ("-1000d", -3..=-2)] {
        bridge.send_udp(&["short:1|c", "long:1|c"]);
        assert_eq!(bridge.settled().get("short{}"), Some(1.0), "{step}");
        replace(&clock, step);
        // The log shows that the wall clock has stepped for the process.
        let said = bridge.log().len();
        bridge.signal("HUP");
        let line = until(PATIENCE, || bridge.log().get(said).cloned()).expect("a line");
        let moved = i64::from(year(&line)) - i64::from(now);
        assert!(years.contains(&moved), "{line}");
        bridge.scrape_until("the ttl is over", |scrape| scrape.get("short{}").is_none());
        assert!(bridge.scrape().get("long{}").is_some(), "{step}: an hour has not passed");
    }
    assert_eq!(bridge.scrape().get("long{}"), Some(3.0));
    bridge.stop();
}

/// Calls that make, change or remove something in the file system.
const CHANGING: [&str; 14] = [
    "creat(",
    "mkdir",
    "mknod",
    "rename",
    "link",
    "symlink",
    "unlink",
    "rmdir",
    "truncate(",
    "chmod",
    "chown",
    "setxattr",
    "utime",
    "O_CREAT",
];

#[test]
fn no_file_is_written_but_the_socket_that_was_asked_for() {
    let Some(strace) = peer("strace") else { return };
    let launch = Launch::mapped(rules("first")).unixgram();
    // The bridge's folder goes with it.
    let scratch = Scratch::new();
    let log = scratch.path().join("strace.log");
    let socket = launch.folder().join("statsd.sock");
    let log_of = || std::fs::read_to_string(&log).unwrap_or_default();
    // Beside the process, so that its number and its signals are the bridge's.
    let bridge = launch
        .under(&format!("{} -D -f -e trace=%file -o {}", strace.display(), log.display()))
        .start();
    bridge.send_udp(&["load.a:1|c\nbad"]);
    bridge.send_tcp(b"load.b:1|c\n");
    bridge.send_unixgram(&["load.c:1|c"]);
    bridge.settled();
    bridge.reload(&rules("second"));
    bridge.stop();
    let ended = until(PATIENCE, || log_of().contains("+++ exited with 0 +++").then_some(()));
    assert!(ended.is_some(), "{}", log_of());
    let text = log_of();
    assert!(text.contains("mapping.yml"), "the reload is not in the log");
    let socket = socket.display().to_string();
    for line in text.lines() {
        let writes = line.contains("O_WRONLY") || line.contains("O_RDWR");
        let changes = CHANGING.iter().any(|call| line.contains(call) && !line.contains("readlink"));
        let asked = line.contains(&socket) || line.contains("\"/dev/null\"");
        assert!(!(writes || changes) || asked, "{line}");
    }
}
