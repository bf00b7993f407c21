//! Every flag of `--help`, through the built binary: its effect, or that it is
//! accepted and has none.
//!
//! Heat: cold.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![allow(clippy::float_cmp, reason = "the very number is wanted")]

mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use support::bridge::{Bridge, Launch, run};
use support::http;
use support::process::{PATIENCE, until};
use support::scratch::Scratch;
use support::strace::{Trace, threads_named};
use support::traffic::{self, UdpClient};

/// Shows that a flag does what it says.
type Shows = fn(&str);

/// Every flag.
const FLAGS: &[(&str, Shows)] = &[
    ("--web.listen-address", web_listens_there),
    ("--web.telemetry-path", metrics_are_there),
    ("--web.enable-lifecycle", quit_answers),
    ("--web.openmetrics", openmetrics_is_offered),
    ("--statsd.listen-udp", udp_listens_there_or_not_at_all),
    ("--statsd.listen-tcp", tcp_listens_there_or_not_at_all),
    ("--statsd.listen-unixgram", unixgram_listens_there),
    ("--statsd.listen-unix", unix_listens_there),
    ("--statsd.unixsocket-mode", the_files_have_the_mode),
    ("--statsd.udp-sockets", so_many_sockets_share_the_port),
    ("--statsd.receive-delay", no_datagram_waits_longer),
    ("--statsd.read-buffer", the_buffer_has_the_size),
    ("--statsd.stream-connections", so_many_connections_are_open),
    ("--statsd.stream-idle-timeout", who_is_silent_is_closed),
    ("--statsd.stream-line-length", so_long_may_a_line_be),
    ("--statsd.relay.address", a_line_is_relayed),
    ("--statsd.relay.packet-length", a_longer_line_is_not_relayed),
    ("--statsd.mapping-config", the_file_maps),
    ("--statsd.mapping-preset", the_preset_maps),
    ("--check-config", the_file_is_checked),
    ("--debug.dump-fsm", the_rules_are_drawn),
    ("--statsd.parse-dogstatsd-tags", |flag| tags_are_read(flag, "a:1|c|#k:v", "a{}")),
    ("--statsd.parse-influxdb-tags", |flag| tags_are_read(flag, "a,k=v:1|c", "a_k_v{}")),
    ("--statsd.parse-librato-tags", |flag| tags_are_read(flag, "a#k=v:1|c", "a_k_v{}")),
    ("--statsd.parse-signalfx-tags", |flag| tags_are_read(flag, "a[k=v]:1|c", "a_k_v_{}")),
    ("--statsd.max-series", |flag| series_are_limited(flag, 2.0)),
    ("--statsd.max-series-per-family", |flag| series_are_limited(flag, 1.0)),
    ("--log.level", the_log_has_that_level),
    ("--log.format", the_log_has_that_format),
    ("--statsd.cache-size", |flag| nothing_changes(flag, "0", "big")),
    ("--statsd.cache-type", |flag| nothing_changes(flag, "random", "fifo")),
    ("--statsd.event-queue-size", |flag| nothing_changes(flag, "1", "-1")),
    ("--statsd.event-flush-threshold", |flag| nothing_changes(flag, "1", "x")),
    ("--statsd.event-flush-interval", |flag| nothing_changes(flag, "1h", "200")),
    ("--statsd.udp-packet-queue-size", |flag| nothing_changes(flag, "1", "x")),
    ("--help", |flag| text_is_printed(flag, "Usage: ")),
    ("--version", |flag| text_is_printed(flag, env!("CARGO_PKG_VERSION"))),
];

/// The flags that `--help` names, without `no-`.
fn flags_of_help() -> Vec<String> {
    let help = run(&["--help"]).stdout;
    let flag = |line: &str| {
        let line = line.strip_prefix("  ")?;
        let name = line.strip_prefix("-h, ").unwrap_or(line);
        let name = name.replace("--[no-]", "--");
        let end = name.find(['=', ' ']).unwrap_or(name.len());
        name.starts_with("--").then(|| name[..end].to_owned())
    };
    help.lines().filter_map(flag).collect()
}

#[test]
fn every_flag_of_the_help_stands_in_the_table_and_no_other() {
    let mut table: Vec<_> = FLAGS.iter().map(|(flag, _)| (*flag).to_owned()).collect();
    let mut help = flags_of_help();
    table.sort();
    help.sort();
    assert_eq!(table, help);
}

/// Runs the part of the table that falls to one of a few threads.
fn run_every(part: usize, parts: usize) {
    for (flag, shows) in FLAGS.iter().skip(part).step_by(parts) {
        shows(flag);
    }
}

#[test]
fn each_flag_does_what_it_says_first_half() {
    run_every(0, 2);
}

#[test]
fn each_flag_does_what_it_says_second_half() {
    run_every(1, 2);
}

fn web_listens_there(flag: &str) {
    let bridge = Launch::unmapped().flag(format!("{flag}=127.0.0.2:0")).start();
    assert_eq!(bridge.web().ip().to_string(), "127.0.0.2");
    bridge.stop();
}

fn openmetrics_is_offered(flag: &str) {
    let type_given = |launch: Launch| {
        let bridge = launch.start();
        let accept = [("Accept", "application/openmetrics-text;version=1.0.0")];
        let answer = http::request(bridge.web(), "GET", "/metrics", &accept).unwrap();
        bridge.stop();
        answer.header("content-type").unwrap().split(';').next().unwrap().to_owned()
    };
    assert_eq!(type_given(Launch::unmapped()), "text/plain");
    let with = Launch::unmapped().flag(format!("{flag}=1.0"));
    assert_eq!(type_given(with), "application/openmetrics-text");
    assert_eq!(run(&[&format!("{flag}=2.0")]).code, Some(1));
}

fn metrics_are_there(flag: &str) {
    let bridge = Launch::unmapped().flag(format!("{flag}=/some/where")).start();
    assert_eq!(bridge.get("/metrics").unwrap().status, 404);
    let page = bridge.get("/").unwrap().text();
    let links: Vec<_> =
        page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(links, ["/some/where", "/-/ledger", "/-/healthy", "/-/ready"]);
    for link in links {
        assert_eq!(bridge.get(link).unwrap().status, 200, "{link}");
    }
    assert!(bridge.get("/some/where").unwrap().text().contains("statsd_exporter_build_info{"));
    bridge.stop();

    let bridge = Launch::unmapped().flag(format!("{flag}=/")).start();
    let root = bridge.get("/").unwrap().text();
    assert!(root.contains("statsd_exporter_build_info{") && !root.contains("<html"));
    assert_eq!(bridge.get("/metrics").unwrap().status, 404);
    assert_eq!(bridge.get("/-/healthy").unwrap().status, 200);
    bridge.stop();
}

fn quit_answers(flag: &str) {
    for (flag, code) in [(flag.replace("--", "--no-"), 404), (flag.to_owned(), 200)] {
        let bridge = Launch::unmapped().flag(flag).start();
        let answer = http::request(bridge.web(), "POST", "/-/quit", &[]).unwrap();
        assert_eq!(answer.status, code);
        let finished = if code == 200 { bridge.finish() } else { bridge.stop() };
        assert_eq!(finished.code, Some(0));
    }
}

fn udp_listens_there_or_not_at_all(flag: &str) {
    let bridge = Launch::unmapped().flag(format!("{flag}=127.0.0.2:0")).start();
    assert_eq!(bridge.udp().ip().to_string(), "127.0.0.2");
    bridge.send_udp(&["a:1|c"]);
    assert_eq!(bridge.settled().get("a{}"), Some(1.0));
    bridge.stop();
    let bridge = Launch::unmapped().flag(format!("{flag}=")).start();
    assert!(!bridge.sockets().contains_key("udp"));
    bridge.stop();
}

fn tcp_listens_there_or_not_at_all(flag: &str) {
    let bridge = Launch::unmapped().flag(format!("{flag}=127.0.0.2:0")).start();
    assert_eq!(bridge.tcp().ip().to_string(), "127.0.0.2");
    bridge.send_tcp(b"a:1|c\n");
    assert_eq!(bridge.settled().get("a{}"), Some(1.0));
    bridge.stop();
    let bridge = Launch::unmapped().flag(format!("{flag}=")).start();
    assert!(!bridge.sockets().contains_key("tcp"));
    bridge.stop();
}

fn unixgram_listens_there(flag: &str) {
    let launch = Launch::unmapped();
    let path = launch.folder().join("some.sock");
    let bridge = launch.flag(format!("{flag}={}", path.display())).start();
    assert_eq!(bridge.unixgram(), path);
    bridge.send_unixgram(&["a:1|c"]);
    assert_eq!(bridge.settled().get("a{}"), Some(1.0));
    bridge.stop();
}

fn unix_listens_there(flag: &str) {
    let launch = Launch::unmapped();
    let path = launch.folder().join("some.sock");
    let bridge = launch.flag(format!("{flag}={}", path.display())).start();
    assert_eq!(bridge.unix(), path);
    bridge.send_unix(b"a:1|c");
    assert_eq!(bridge.settled().get("a{}"), Some(1.0));
    bridge.stop();
}

fn the_files_have_the_mode(flag: &str) {
    let bridge = Launch::unmapped().unix().unixgram().flag(format!("{flag}=600")).start();
    for path in [bridge.unix(), bridge.unixgram()] {
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    bridge.stop();
}

fn the_buffer_has_the_size(flag: &str) {
    let bridge = Launch::unmapped().flag(format!("{flag}=8192")).start();
    bridge.wait_for_log("the size of the buffer", |line| {
        line.contains("what=udp") && line.contains("granted=8192")
    });
    bridge.stop();
}

fn so_many_sockets_share_the_port(flag: &str) {
    for count in [1, 3, 64] {
        let bridge = Launch::unmapped().flag(format!("{flag}={count}")).start();
        assert_eq!(sockets_on(bridge.udp()), count);
        let receiving = || threads_named(bridge.id(), "udp-").len();
        // A thread takes its name when it first runs.
        let all = until(PATIENCE, || (receiving() == count).then_some(()));
        assert!(all.is_some(), "{} threads for {count} sockets", receiving());
        // Each sender is one of its own, so they are spread over the sockets.
        for _ in 0..50 {
            UdpClient::new().send(bridge.udp(), &["a:1|c"]);
        }
        bridge.count(50);
        assert_eq!(bridge.settled().get("a{}"), Some(50.0));
        bridge.stop();
    }
    is_refused(flag, &["65", "-1", "many"]);
}

/// How many UDP sockets are bound to an IPv4 address, by the kernel's table.
fn sockets_on(address: SocketAddr) -> usize {
    let SocketAddr::V4(address) = address else { panic!("{address} is not IPv4") };
    let host = u32::from_ne_bytes(address.ip().octets());
    let bound = format!("{host:08X}:{:04X}", address.port());
    let table = std::fs::read_to_string("/proc/net/udp").unwrap();
    table.lines().filter(|row| row.split_whitespace().nth(1) == Some(&bound)).count()
}

/// By what the threads that receive ask of the kernel.
fn no_datagram_waits_longer(flag: &str) {
    is_refused(flag, &["101ms", "-1ms", "4", "soon"]);
    let udp = |bridge: &Bridge, count| bridge.send_udp(&vec!["a:1|c"; count]);
    let unixgram = |bridge: &Bridge, count| bridge.send_unixgram(&vec!["a:1|c"; count]);
    no_sleep_is_longer(flag, "udp-", udp);
    there_is_no_sleep(&format!("{flag}=0"), "udp-", udp);
    // Its queue is so short that a sender would have to wait.
    there_is_no_sleep(&format!("{flag}=4ms"), "unixgram", unixgram);
}

/// With one thread for UDP and one for unixgram.
fn receiving_with(delay: &str) -> Bridge {
    Launch::unmapped().unixgram().flags(&["--statsd.udp-sockets=1", delay]).start()
}

/// Under load the thread sleeps. The delay is below the 500 µs that the smallest
/// usual buffer allows, so that it makes a difference everywhere.
fn no_sleep_is_longer(flag: &str, thread: &str, send: fn(&Bridge, usize)) {
    let bridge = receiving_with(&format!("{flag}=400us"));
    let Some(trace) = Trace::attach(&bridge, thread) else { return };
    // How many make a load depends on the machine, so it is tried.
    let mut counts = [10, 20, 40, 60].into_iter().cycle();
    let slept = until(PATIENCE, || {
        send(&bridge, counts.next().unwrap());
        Some(trace.sleeps()).filter(|sleeps| sleeps.len() >= 10)
    });
    let slept = slept.unwrap_or_else(|| panic!("{thread}: {:?}", trace.calls()));
    assert!(slept.iter().all(|sleep| *sleep <= Duration::from_micros(400)), "{thread}: {slept:?}");
    drop(trace);
    bridge.stop();
}

fn there_is_no_sleep(delay: &str, thread: &str, send: fn(&Bridge, usize)) {
    let bridge = receiving_with(delay);
    let Some(trace) = Trace::attach(&bridge, thread) else { return };
    for _ in 0..100 {
        send(&bridge, 20);
    }
    let calls = trace.until_received(2000);
    assert!(calls.iter().all(|call| !call.name.ends_with("nanosleep")), "{thread}: {calls:?}");
    bridge.stop();
}

/// Each value is refused in one sentence that names the flag.
fn is_refused(flag: &str, values: &[&str]) {
    for value in values {
        let refused = run(&[format!("{flag}={value}")]);
        let says = format!("{flag}: found {value:?}, expected ");
        assert!(refused.stderr.contains(&says), "{}", refused.stderr);
        assert_eq!((refused.code, refused.stderr.lines().count()), (Some(1), 1), "{value}");
    }
}

/// Each kind of stream has places of its own.
fn so_many_connections_are_open(flag: &str) {
    is_refused(flag, &["-1", "many"]);
    let bridge = Launch::unmapped().unix().flag(format!("{flag}=2")).start();
    let connect = || TcpStream::connect(bridge.tcp()).unwrap();
    let open = [connect(), connect()];
    bridge.scrape_until("two are open", |scrape| scrape.own("tcp_connections_total{}") == 2.0);
    is_closed(connect());
    bridge.scrape_until("one is refused", |scrape| {
        scrape.own("tcp_connections_refused_total{}") == 1.0
    });
    bridge.send_unix(b"a:1|c\n");
    drop(open);
    bridge.stop();
}

fn who_is_silent_is_closed(flag: &str) {
    is_refused(flag, &["999ms", "-1s", "60"]);
    let bridge = Launch::unmapped().flag(format!("{flag}=1s")).start();
    let mut client = TcpStream::connect(bridge.tcp()).unwrap();
    client.write_all(b"a:1|c\nunfinished:1|c").unwrap();
    is_closed(client);
    bridge.count(1);
    let scrape = bridge.settled();
    assert_eq!(scrape.own("tcp_connections_timed_out_total{}"), 1.0);
    assert_eq!((scrape.get("a{}"), scrape.get("unfinished{}")), (Some(1.0), None));
    bridge.stop();
}

/// Waits until the bridge has closed the connection.
fn is_closed(mut client: TcpStream) {
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    let end = client.read(&mut [0; 1]).map_err(|error| error.kind());
    assert!(matches!(end, Ok(0) | Err(ErrorKind::ConnectionReset)), "{end:?}");
}

fn so_long_may_a_line_be(flag: &str) {
    is_refused(flag, &["0", "65537", "4k"]);
    for (length, taken) in [(5, 0_u8), (65_536, 1)] {
        let bridge = Launch::unmapped().unix().flag(format!("{flag}={length}")).start();
        bridge.send_tcp(b"a:1|c\n");
        bridge.send_unix(b"a:1|c\n");
        // Beyond the default too.
        let long = format!("bb:1|c|#k:{}\n", "x".repeat(5000));
        traffic::send_tcp(bridge.tcp(), long.as_bytes());
        bridge.count(taken.into());
        let scrape = bridge.settled();
        let too_long = scrape.own("tcp_too_long_lines_total{}");
        assert_eq!(too_long, 1.0 - f64::from(taken), "{length}");
        assert_eq!(scrape.get("a{}"), Some(2.0), "{length}");
        bridge.stop();
    }
}

/// A server to relay to.
fn sink() -> (UdpSocket, String) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let address = socket.local_addr().unwrap().to_string();
    (socket, address)
}

fn a_line_is_relayed(flag: &str) {
    let (socket, address) = sink();
    let bridge = Launch::unmapped().flag(format!("{flag}={address}")).start();
    bridge.send_udp(&["a:1|c"]);
    let mut packet = [0; 100];
    let length = socket.recv(&mut packet).unwrap();
    assert_eq!(packet.get(..length), Some(&b"a:1|c\n"[..]));
    bridge.stop();
}

fn a_longer_line_is_not_relayed(flag: &str) {
    let (_socket, address) = sink();
    let to = format!("--statsd.relay.address={address}");
    let bridge = Launch::unmapped().flags(&[to, format!("{flag}=6")]).start();
    bridge.send_udp(&["a:1|c", "a:12|c"]);
    let scrape = bridge.settled();
    let relay = |name| scrape.own(&format!("relay_{name}_total{{target=\"{address}\"}}"));
    assert_eq!((relay("lines_relayed"), relay("long_lines")), (1.0, 1.0));
    bridge.stop();
}

fn the_file_maps(flag: &str) {
    let launch = Launch::built_in();
    let file = launch.folder().join("rules.yml");
    std::fs::write(&file, "mappings: [{match: a.*, name: mapped, labels: {l: $1}}]").unwrap();
    let bridge = launch.flag(format!("{flag}={}", file.display())).start();
    bridge.send_udp(&["a.b:1|c"]);
    let scrape = bridge.settled();
    assert_eq!(scrape.get("mapped{l=\"b\"}"), Some(1.0));
    assert_eq!(scrape.own("loaded_mappings{}"), 1.0);
    bridge.stop();
}

fn the_preset_maps(flag: &str) {
    for (preset, loads) in [("mastodon", true), ("none", false)] {
        let bridge = Launch::built_in().flag(format!("{flag}={preset}")).start();
        assert_eq!(bridge.scrape().own("loaded_mappings{}") > 0.0, loads, "{preset}");
        bridge.stop();
    }
}

fn the_file_is_checked(flag: &str) {
    let scratch = Scratch::new();
    for (yaml, code) in [("mappings: []", 0), ("mappings: 5", 1)] {
        let file = scratch.file("rules.yml", yaml);
        let config = format!("--statsd.mapping-config={}", file.display());
        assert_eq!(run(&[flag, &config]).code, Some(code), "{yaml}");
    }
}

fn the_rules_are_drawn(flag: &str) {
    let launch = Launch::built_in();
    let file = launch.folder().join("rules.dot");
    let bridge = launch.flag(format!("{flag}={}", file.display())).start();
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("digraph "));
    bridge.stop();
}

/// With the style on the tag is a label; with it off it is not read, and the
/// series is `raw`.
fn tags_are_read(flag: &str, line: &str, raw: &str) {
    for (flag, series) in [(flag.to_owned(), "a{k=\"v\"}"), (flag.replace("--", "--no-"), raw)] {
        let bridge = Launch::unmapped().flag(&flag).start();
        bridge.send_udp(&[line]);
        assert_eq!(bridge.settled().get(series), Some(1.0), "{flag}");
        bridge.stop();
    }
}

/// Three series of two families, where `fits` says how many of the first find
/// room under a limit of that.
fn series_are_limited(flag: &str, fits: f64) {
    let bridge = Launch::unmapped().flag(format!("{flag}={fits}")).start();
    bridge.send_udp(&["a:1|c|#k:1\na:1|c|#k:2\na:1|c|#k:3"]);
    let scrape = bridge.settled();
    let there = [1, 2, 3].iter().filter(|k| scrape.get(&format!("a{{k=\"{k}\"}}")).is_some());
    assert_eq!(there.count().to_string(), fits.to_string());
    let refused = scrape.own("events_error_total{reason=\"over_budget\"}");
    assert_eq!(refused, 3.0 - fits);
    bridge.stop();
}

fn the_log_has_that_level(flag: &str) {
    for (level, says) in [("info", false), ("debug", true)] {
        let bridge = Launch::unmapped().flag(format!("{flag}={level}")).start();
        bridge.send_udp(&["malformed"]);
        bridge.settled();
        let finished = bridge.stop();
        let refusal = |line: &&str| line.contains("level=debug") && line.contains("malformed_line");
        assert_eq!(finished.stderr.lines().any(|line| refusal(&line)), says, "{level}");
    }
    // A busy port is told by the exit, not by the log: nothing else is said.
    let quiet = run(&[&format!("{flag}=error"), "--web.listen-address=192.0.2.1:1"]);
    assert_eq!((quiet.code, quiet.stderr.lines().count()), (Some(1), 1), "{}", quiet.stderr);
}

fn the_log_has_that_format(flag: &str) {
    for (format, start) in [("logfmt", "time="), ("json", "{\"time\":")] {
        let finished = Launch::unmapped().flag(format!("{flag}={format}")).start().stop();
        assert!(finished.stderr.lines().all(|line| line.starts_with(start)), "{format}");
    }
}

/// It is accepted, in both ways of writing it, and looked at, and that is all.
fn nothing_changes(flag: &str, good: &str, bad: &str) {
    for args in [vec![format!("{flag}={good}")], vec![flag.to_owned(), good.to_owned()]] {
        let bridge = Launch::unmapped().flags(&args).start();
        bridge.send_udp(&["a:1|c\nb:1|c", "a:1|c"]);
        let scrape = bridge.settled();
        assert_eq!((scrape.get("a{}"), scrape.get("b{}")), (Some(2.0), Some(1.0)), "{flag}");
        bridge.stop();
    }
    let refused = run(&[format!("{flag}={bad}")]);
    assert_eq!(refused.code, Some(1));
    let says = format!("{flag}: found {bad:?}, expected ");
    assert!(refused.stderr.contains(&says), "{}", refused.stderr);
    // The help says that it has no effect.
    let help = run(&["--help"]).stdout;
    let (_, ignored) = help.split_once("Accepted for compatibility:").unwrap();
    assert!(ignored.contains(flag) && ignored.contains("have no effect"), "{flag}");
}

fn text_is_printed(flag: &str, text: &str) {
    let finished = run(&[flag]);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
    assert!(finished.stdout.contains(text), "{}", finished.stdout);
}
