//! Start, reload, stop: what an operator and a service manager see.
//!
//! Heat: cold.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![allow(clippy::float_cmp, reason = "the very number is wanted")]

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use support::bridge::{Bridge, Launch};
use support::http;
use support::log::fields;
use support::process::{PATIENCE, until};
use support::scratch::Scratch;
use support::traffic::UdpClient;

#[test]
fn the_start_says_what_listens_where() {
    let bridge = Launch::unmapped().unixgram().start();
    let kinds: Vec<_> = bridge.sockets().keys().map(String::as_str).collect();
    assert_eq!(kinds, ["tcp", "udp", "unixgram", "web"]);
    for (path, text) in [
        ("/-/ready", "Statsd Exporter is Ready.\n"),
        ("/-/healthy", "Statsd Exporter is Healthy.\n"),
    ] {
        let answer = bridge.get(path).unwrap();
        assert_eq!((answer.status, answer.text().as_str()), (200, text));
    }
    let finished = bridge.stop();
    assert_eq!(finished.stdout, "", "the log goes to standard error");
    for line in finished.stderr.lines() {
        let level = fields(line).remove("level");
        assert!(level.is_some_and(|l| ["info", "warn"].contains(&l.as_str())), "{line}");
    }
}

#[test]
fn the_log_can_be_json_and_more_or_less() {
    let bridge = Launch::unmapped().flag("--log.format=json").start();
    let finished = bridge.stop();
    assert!(!finished.stderr.is_empty());
    for line in finished.stderr.lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
    }
    // Nothing is said per line, unless somebody looks for the reasons.
    for (level, says) in [("info", false), ("debug", true)] {
        let bridge = Launch::unmapped().flag(format!("--log.level={level}")).start();
        // The log is written by a thread of its own, and may come behind the answers.
        bridge.wait_for_log("the end of the start", |line| line.ends_with("msg=ready"));
        let before = bridge.log().len();
        bridge.send_udp(&["a:1|c\nbad\nb:x|c"; 100]);
        bridge.settled();
        if says {
            bridge.wait_for_log("why a line was refused", |line| line.contains("line=bad"));
        }
        assert_eq!(bridge.log().len() > before, says, "{level}: {:?}", bridge.log());
        bridge.stop();
    }
}

/// Sends what a small socket buffer holds and stops the bridge before it can
/// have read all of it.
fn stop_with_a_burst(signal: &str) {
    let bridge = Launch::unmapped().unixgram().start();
    let socket = bridge.unixgram();
    assert!(socket.exists());
    // A stopped process reads nothing, so the burst is in the socket when the
    // signal comes.
    bridge.signal("STOP");
    UdpClient::new().flood(bridge.udp(), &["a:1|c"; 100]);
    bridge.signal(signal);
    bridge.signal("CONT");
    let finished = bridge.finish();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let stopped = finished.stderr.lines().map(fields).find(|line| {
        line.get("msg").or_else(|| line.get("message")).is_some_and(|text| text == "stopped")
    });
    let stopped = stopped.unwrap_or_else(|| panic!("no last line: {}", finished.stderr));
    assert_eq!(stopped.get("lines").map(String::as_str), Some("100"), "{}", finished.stderr);
    assert!(!socket.exists(), "the socket file is left");
}

#[test]
fn sigterm_drains_the_sockets_and_ends_well() {
    stop_with_a_burst("TERM");
}

#[test]
fn sigint_drains_the_sockets_and_ends_well() {
    stop_with_a_burst("INT");
}

/// A bridge with so many series that a scrape does not fit into the buffers of
/// a connection.
fn with_a_long_scrape() -> Bridge {
    let bridge = Launch::unmapped().start();
    let filler = "f".repeat(200);
    let datagrams: Vec<_> = (0..3000)
        .map(|group| {
            let line = |series| format!("long.{group}.{series}.{filler}:1|c");
            (0..10).map(line).collect::<Vec<_>>().join("\n")
        })
        .collect();
    bridge.send_udp(&datagrams);
    let whole = "\nstatsd_exporter_lines_total 30000\n";
    let there = until(PATIENCE, || bridge.scrape_text().contains(whole).then_some(()));
    assert!(there.is_some(), "not every line is counted");
    bridge
}

#[test]
fn a_scrape_in_flight_is_answered() {
    let bridge = with_a_long_scrape();
    let mut scrape = http::send(bridge.web(), "GET", "/metrics", &[]).unwrap();
    // The answer has begun, and its rest is stuck behind full buffers.
    let mut begun = vec![0; 1];
    scrape.read_exact(&mut begun).unwrap();
    bridge.signal("TERM");
    bridge.wait_for_log("that it stops", |line| line.contains("stopping"));
    scrape.read_to_end(&mut begun).unwrap();
    let answer = http::answer(&begun, false).unwrap();
    assert_eq!(answer.status, 200);
    let read = support::exposition::parse(&answer.body).unwrap();
    assert_eq!(read.received().len(), 30_000);
    let finished = bridge.finish();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
}

#[test]
fn ready_says_no_while_the_sockets_are_drained() {
    let bridge = Launch::unmapped().start();
    let (tcp, web) = (bridge.tcp(), bridge.web());
    // There is always more to drain, for as long as the bridge will.
    let talker = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(tcp).unwrap();
        let lines = "a:1|c\n".repeat(1000);
        while stream.write_all(lines.as_bytes()).is_ok() {}
    });
    bridge.scrape_until("the talker is heard", |scrape| scrape.get("a{}").is_some());
    bridge.signal("TERM");
    let unready = until(PATIENCE, || match http::get(web, "/-/ready") {
        Ok(answer) => (answer.status != 200).then_some(Some(answer.status)),
        Err(_) => Some(None),
    });
    assert_eq!(unready, Some(Some(503)));
    assert_eq!(bridge.finish().code, Some(0), "a talker cannot hold up the stop");
    talker.join().unwrap();
}

#[test]
fn a_scraper_that_does_not_read_cannot_hold_up_the_stop() {
    let bridge = with_a_long_scrape();
    let scrape = http::send(bridge.web(), "GET", "/metrics", &[]).unwrap();
    bridge.stop();
    drop(scrape);
}

#[test]
fn reloads_under_load_lose_no_line() {
    let rules = |name: &str| {
        format!("mappings:\n- {{match: load.*, name: {name}, labels: {{from: $1}}}}\n")
    };
    let bridge = Launch::mapped(rules("first")).start();
    let (udp, tcp) = (bridge.udp(), bridge.tcp());
    let over_udp = std::thread::spawn(move || {
        let datagrams: Vec<_> = (0..10_000).map(|_| "load.udp:1|c").collect();
        UdpClient::new().send(udp, &datagrams);
    });
    let over_tcp = std::thread::spawn(move || {
        support::traffic::send_tcp(tcp, "load.tcp:1|c\n".repeat(10_000).as_bytes());
    });
    for reload in 0..20 {
        bridge.reload(&rules(if reload % 2 == 0 { "second" } else { "first" }));
    }
    over_udp.join().unwrap();
    over_tcp.join().unwrap();
    bridge.count(20_000);
    let scrape = bridge.settled();
    assert_eq!(scrape.own("lines_total{}"), 20_000.0);
    assert_eq!(scrape.own("config_reloads_total{outcome=\"success\"}"), 20.0);
    for from in ["udp", "tcp"] {
        let of = |name: &str| scrape.get(&format!("{name}{{from=\"{from}\"}}")).unwrap_or(0.0);
        assert_eq!(of("first") + of("second"), 10_000.0, "{from}");
    }
    bridge.stop();
}

#[test]
fn the_lifecycle_endpoints_are_there_when_asked_for() {
    let bridge = Launch::mapped("mappings:\n- {match: a, name: aa}\n").start();
    for path in ["/-/reload", "/-/quit"] {
        for method in ["GET", "POST", "PUT"] {
            let answer = http::request(bridge.web(), method, path, &[]).unwrap();
            assert_eq!(answer.status, 404, "{method} {path}");
        }
    }
    bridge.stop();

    for method in ["POST", "PUT"] {
        let bridge = Launch::mapped("mappings:\n- {match: a, name: aa}\n")
            .flag("--web.enable-lifecycle")
            .start();
        assert_ne!(http::get(bridge.web(), "/-/quit").unwrap().status, 200);
        bridge.write_mapping("mappings:\n- {match: a, name: bb}\n- {match: c, name: cc}\n");
        let answer = http::request(bridge.web(), method, "/-/reload", &[]).unwrap();
        assert_eq!(answer.status, 200);
        assert!(answer.text().contains("Requesting reload"));
        let loaded = |scrape: &support::exposition::Exposition| {
            scrape.own("config_reloads_total{outcome=\"success\"}") == 1.0
        };
        assert_eq!(bridge.scrape_until("the reload", loaded).own("loaded_mappings{}"), 2.0);
        let answer = http::request(bridge.web(), method, "/-/quit", &[]).unwrap();
        assert_eq!(answer.status, 200);
        assert!(answer.text().contains("Requesting termination... Goodbye!"));
        assert_eq!(bridge.finish().code, Some(0));
    }
}

#[test]
fn a_hang_up_without_a_mapping_file_is_no_reload() {
    let mut bridge = Launch::unmapped().start();
    bridge.signal("HUP");
    bridge.send_udp(&["a:1|c"]);
    let scrape = bridge.settled();
    assert!(bridge.lives());
    assert!(scrape.samples.keys().all(|series| !series.contains("config_reloads")));
    bridge.stop();
}

#[test]
fn help_and_version_go_to_standard_output() {
    for flag in ["--help", "-h"] {
        let help = Launch::bare().flag(flag).finish();
        assert_eq!(help.code, Some(0));
        assert_eq!(help.stderr, "");
        for name in FLAGS {
            assert!(is_named(&help.stdout, name), "--help does not name {name}");
        }
        for line in help.stdout.lines() {
            assert!(line.chars().count() <= 80, "wider than 80 columns: {line}");
        }
    }
    let version = Launch::bare().flag("--version").finish();
    assert_eq!(version.code, Some(0));
    assert_eq!(version.stderr, "");
    assert!(version.stdout.contains(env!("CARGO_PKG_VERSION")), "{}", version.stdout);
}

/// Whether the help has an entry for this flag.
fn is_named(help: &str, flag: &str) -> bool {
    help.lines().any(|line| {
        let entry = line.trim_start().trim_start_matches("--").trim_start_matches("[no-]");
        entry == flag || entry.starts_with(&format!("{flag}="))
    })
}

/// Every flag that is there, the incumbent's and the bridge's own.
const FLAGS: [&str; 26] = [
    "web.listen-address",
    "web.telemetry-path",
    "web.enable-lifecycle",
    "statsd.listen-udp",
    "statsd.listen-tcp",
    "statsd.listen-unixgram",
    "statsd.unixsocket-mode",
    "statsd.mapping-config",
    "statsd.mapping-preset",
    "statsd.read-buffer",
    "statsd.cache-size",
    "statsd.cache-type",
    "statsd.event-queue-size",
    "statsd.event-flush-threshold",
    "statsd.event-flush-interval",
    "statsd.udp-packet-queue-size",
    "check-config",
    "statsd.parse-dogstatsd-tags",
    "statsd.parse-influxdb-tags",
    "statsd.parse-librato-tags",
    "statsd.parse-signalfx-tags",
    "statsd.max-series",
    "statsd.max-series-per-family",
    "log.level",
    "log.format",
    "version",
];

#[test]
fn the_incumbents_flags_are_taken_as_they_were_written() {
    let bridge = Launch::unmapped()
        .flags(&[
            "--statsd.cache-size=500",
            "--statsd.cache-type=random",
            "--statsd.event-queue-size",
            "5000",
            "--statsd.event-flush-threshold=10",
            "--statsd.event-flush-interval=100ms",
            "--statsd.udp-packet-queue-size=100",
            "--statsd.parse-influxdb-tags",
            "--no-statsd.parse-librato-tags",
            "--no-web.enable-lifecycle",
            "--web.telemetry-path",
            "/other",
            "--log.level=info",
        ])
        .start();
    bridge.send_udp(&["a#k=v:1|c\nb,k=v:1|c"]);
    let text = until(Duration::from_secs(10), || {
        let text = bridge.get("/other").unwrap().text();
        text.contains("b{k=\"v\"} 1").then_some(text)
    });
    assert!(text.unwrap().contains("a_k_v 1"));
    assert_eq!(bridge.get("/metrics").unwrap().status, 404);
    bridge.stop();
}

#[test]
fn check_config_says_whether_the_file_is_good() {
    let scratch = Scratch::new();
    let good = scratch.file("good.yml", "mappings:\n- {match: a, name: aa}\n");
    let config = format!("--statsd.mapping-config={}", good.display());
    for args in [vec!["--check-config"], vec!["--check-config", config.as_str()]] {
        let finished = Launch::bare().flags(&args).finish();
        assert_eq!(finished.code, Some(0), "{args:?}: {}", finished.stderr);
    }
}

#[test]
fn environment_variables_stand_for_flags_and_a_flag_wins() {
    let bridge = Launch::unmapped()
        .env("STATSD_EXPORTER_STATSD_LISTEN_UDP", "127.0.0.2:0")
        .env("STATSD_EXPORTER_WEB_ENABLE_LIFECYCLE", "true")
        .env("STATSD_EXPORTER_STATSD_PARSE_LIBRATO_TAGS", "false")
        .env("STATSD_EXPORTER_WEB_TELEMETRY_PATH", "/from-the-environment")
        .flag("--web.telemetry-path=/metrics")
        .start();
    assert_eq!(bridge.udp().ip().to_string(), "127.0.0.2");
    bridge.send_udp(&["a#k=v:1|c"]);
    assert_eq!(bridge.settled().get("a_k_v{}"), Some(1.0));
    assert_eq!(bridge.get("/from-the-environment").unwrap().status, 404);
    let quit = http::request(bridge.web(), "POST", "/-/quit", &[]).unwrap();
    assert_eq!(quit.status, 200);
    assert_eq!(bridge.finish().code, Some(0));

    let bad = Launch::bare().env("STATSD_EXPORTER_LOG_LEVEL", "loud").finish();
    assert_eq!(bad.code, Some(1));
    assert!(bad.stderr.contains("loud"), "{}", bad.stderr);
}

#[test]
fn a_file_can_hold_the_arguments() {
    let scratch = Scratch::new();
    let socket = scratch.path().join("with a blank.sock");
    let socket = format!("--statsd.listen-unixgram={}", socket.display());
    let lines = [
        socket.as_str(),
        "--web.listen-address=127.0.0.1:0",
        "--statsd.listen-udp=127.0.0.1:0",
        "--statsd.listen-tcp",
        "127.0.0.1:0",
        "--statsd.mapping-preset=none",
        "--web.telemetry-path=/from-a-file",
    ];
    let file = scratch.file("arguments", lines.join("\n") + "\n");
    let bad = scratch.file("bad", "--no-such-flag\n");
    let bridge = Launch::bare().flag(format!("@{}", file.display())).start();
    bridge.wait_for_log("the unix socket", |line| line.contains("with a blank.sock"));
    assert_eq!(bridge.get("/from-a-file").unwrap().status, 200);
    bridge.stop();
    let refused = Launch::bare().flag(format!("@{}", bad.display())).finish();
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("--no-such-flag"), "{}", refused.stderr);
}

#[test]
fn the_unix_socket_has_the_mode_that_was_asked_for() {
    for (flags, mode) in [(&[][..], 0o755), (&["--statsd.unixsocket-mode=700"][..], 0o700)] {
        let bridge = Launch::unmapped().unixgram().flags(flags).start();
        let found = std::fs::metadata(bridge.unixgram()).unwrap().permissions().mode();
        assert_eq!(found & 0o777, mode);
        bridge.stop();
    }
}

#[test]
fn both_address_families_are_served() {
    let bridge = Launch::unmapped()
        .flags(&["--statsd.listen-udp=localhost:0", "--web.listen-address=127.0.0.1:0"])
        .start();
    assert_eq!(bridge.udp().ip().to_string(), "127.0.0.1");
    bridge.stop();
    if std::net::UdpSocket::bind("[::1]:0").is_err() {
        support::peer::skip("there is no IPv6 here");
        return;
    }
    let bridge = Launch::unmapped()
        .flags(&[
            "--statsd.listen-udp=[::1]:0",
            "--statsd.listen-tcp=:0",
            "--web.listen-address=[::1]:0",
        ])
        .start();
    std::net::UdpSocket::bind("[::1]:0").unwrap().send_to(b"six:1|c", bridge.udp()).unwrap();
    bridge.count(1);
    let port = bridge.tcp().port();
    for address in ["127.0.0.1", "[::1]"] {
        support::traffic::send_tcp(format!("{address}:{port}").parse().unwrap(), b"a:1|c\n");
        bridge.count(1);
    }
    let scrape = bridge.settled();
    assert_eq!(scrape.get("six{}"), Some(1.0));
    assert_eq!(scrape.get("a{}"), Some(2.0));
    bridge.stop();
}
