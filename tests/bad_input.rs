//! Bad lines, bad mapping files, bad flags: each gets the incumbent's reason or
//! one clear sentence, and nothing beside it is lost.
//!
//! Heat: cold.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![allow(clippy::float_cmp, reason = "the very number is wanted")]

mod support;

use std::collections::BTreeMap;
use std::net::{TcpListener, UdpSocket};

use support::bridge::{Bridge, Launch, run};
use support::exposition::Exposition;
use support::process::Finished;
use support::scratch::Scratch;

/// What is counted about bad input, 0 left out.
fn errors(scrape: &Exposition) -> BTreeMap<String, f64> {
    let families = ["sample_errors_total", "tag_errors_total", "events_error_total"];
    let mut found = BTreeMap::new();
    for (series, value) in &scrape.samples {
        let name = series.trim_start_matches("statsd_exporter_");
        if *value != 0.0 && families.iter().any(|family| name.starts_with(family)) {
            let reason = name.split('"').nth(1).unwrap_or("tag_errors");
            found.insert(reason.to_owned(), *value);
        }
    }
    found
}

/// A line, and what it is counted as.
type BadLine = (&'static [u8], &'static [(&'static str, f64)]);

const BAD_LINES: [BadLine; 40] = [
    (b"nonsense", &[("malformed_line", 1.0)]),
    (b":1|c", &[("malformed_line", 1.0)]),
    (b":", &[("malformed_line", 1.0)]),
    (b"a\xff:1|c", &[("malformed_line", 1.0)]),
    (b"a:1|c|#k:\xc3\x28", &[("malformed_line", 1.0)]),
    (b"a:", &[("not_enough_parts_after_colon", 1.0)]),
    (b"a:1", &[("not_enough_parts_after_colon", 1.0)]),
    (b"a:1:2", &[("not_enough_parts_after_colon", 1.0)]),
    (b"a#k=v:1|c|#x:y", &[("mixed_tagging_styles", 1.0)]),
    (b"a,k=v:1|c|#x:y", &[("mixed_tagging_styles", 1.0)]),
    (b"a[k=v]:1|c|#x:y", &[("mixed_tagging_styles", 1.0)]),
    (b"a:1:2|c", &[("invalid_extended_aggregate_type", 1.0)]),
    (b"a:1:2|g|#k:v", &[("invalid_extended_aggregate_type", 1.0)]),
    (b"a:|c", &[("malformed_value", 1.0)]),
    (b"a:x|c", &[("malformed_value", 1.0)]),
    (b"a: 1|c", &[("malformed_value", 1.0)]),
    (b"a:1 |c", &[("malformed_value", 1.0)]),
    (b"a:1e400|c", &[("malformed_value", 1.0)]),
    (b"a:0x10|c", &[("malformed_value", 1.0)]),
    (b"a:1_0|c", &[("malformed_value", 1.0)]),
    (b"a:+nan|g", &[("malformed_value", 1.0)]),
    (b"a:--1|g", &[("malformed_value", 1.0)]),
    (b"a:.|c", &[("malformed_value", 1.0)]),
    (b"a:1e|c", &[("malformed_value", 1.0)]),
    (b"a:\xd9\xa1|c", &[("malformed_value", 1.0)]),
    (b"a:x|s", &[("malformed_value", 1.0)]),
    (b"a:1|s", &[("illegal_event", 1.0)]),
    (b"a:1|C", &[("illegal_event", 1.0)]),
    (b"a:1|c ", &[("illegal_event", 1.0)]),
    (b"a:1|", &[("illegal_event", 1.0)]),
    (b"a:1|c|", &[("malformed_component", 1.0)]),
    (b"a:1|c||@1", &[("malformed_component", 1.0)]),
    (b"a:1|c|@1|@1|@1|@1|@1", &[("malformed_component", 1.0)]),
    (b"a:1|c|x", &[("invalid_sample_factor", 1.0)]),
    (b"a:1|c|0.5", &[("invalid_sample_factor", 1.0)]),
    (b"a:1|s|@x", &[("invalid_sample_factor", 1.0), ("illegal_event", 1.0)]),
    (b"a:1|c|#k:v|c:", &[("malformed_container_id", 1.0)]),
    (b"a:1|c|#k:v|container", &[("malformed_container_id", 1.0)]),
    (b"a:-1|c", &[("illegal_negative_counter", 1.0)]),
    (b"d[x:1|s", &[("tag_errors", 1.0), ("illegal_event", 1.0)]),
];

#[test]
fn each_bad_line_is_counted_and_its_neighbours_are_not_lost() {
    let bridge = Launch::unmapped().start();
    let mut wanted: BTreeMap<String, f64> = BTreeMap::new();
    for (at, (line, counted)) in BAD_LINES.iter().enumerate() {
        let datagram = [b"before:1|c\n", *line, b"\nafter:1|c\n\nlast:2|g"].concat();
        bridge.send_udp(&[datagram]);
        for (reason, count) in *counted {
            *wanted.entry((*reason).to_owned()).or_default() += count;
        }
        let scrape = bridge.settled();
        let shown = String::from_utf8_lossy(line);
        assert_eq!(errors(&scrape), wanted, "{shown}");
        let sent = f64::from(u32::try_from(at + 1).unwrap());
        for (series, value) in [("before{}", sent), ("after{}", sent), ("last{}", 2.0)] {
            assert_eq!(scrape.get(series), Some(value), "{series} beside {shown}");
        }
        assert_eq!(scrape.received().len(), 3, "{shown} left a series");
    }
    bridge.stop();
}

#[test]
fn bad_tags_are_left_out_and_the_sample_stays() {
    let bridge = Launch::unmapped().start();
    for (line, series, tag_errors) in [
        ("a1:1|c|#k", "a1{}", 1.0),
        ("a2:1|c|#:v", "a2{}", 1.0),
        ("a3:1|c|#k:", "a3{}", 1.0),
        ("a4:1|c|#x:1,,y:2", "a4{x=\"1\",y=\"2\"}", 1.0),
        ("a5:1|c|#x:1,", "a5{x=\"1\"}", 0.0),
        ("a6:1|c|#", "a6{}", 0.0),
        ("a7:1|c|#x:1,x:2", "a7{x=\"2\"}", 0.0),
        ("a8:1|c|##x:1,#y:2", "a8{x=\"1\",y=\"2\"}", 0.0),
        ("a9:1|c|#x:1:2", "a9{x=\"1:2\"}", 0.0),
        ("b1#x=1,y:1|c", "b1{x=\"1\"}", 1.0),
        ("b2,x=1,=2:1|c", "b2{x=\"1\"}", 1.0),
        ("b3[x=]:1|c", "b3{}", 1.0),
        ("b4[x=1:1|c", "b4_x_1{}", 1.0),
        ("b5]x:1|c", "b5_x{}", 1.0),
    ] {
        let before = bridge.scrape().own("tag_errors_total{}");
        bridge.send_udp(&[line]);
        let scrape = bridge.settled();
        assert_eq!(scrape.get(series), Some(1.0), "{line}\n{:#?}", scrape.received());
        assert_eq!(scrape.own("tag_errors_total{}") - before, tag_errors, "{line}");
    }
    bridge.stop();
}

/// A mapping whose third line is the bad one, what is bad, and a word that the
/// error must hold beside the file and the line.
const BAD_MAPPINGS: [(&str, &str); 20] = [
    ("- {match: b.*, name: 'b-b'}", "b-b"),
    ("- {match: b.*}", "name"),
    ("- {match: b.*, nmae: bb}", "nmae"),
    ("- {match: b.*, name: bb, name: cc}", "name"),
    ("- {match: b.*, name: bb, action: keep}", "keep"),
    ("- {match: b.*, name: bb, match_type: wild}", "wild"),
    ("- {match: b.*, name: bb, match_metric_type: timer}", "timer"),
    ("- {match: b.*, name: bb, observer_type: gauge}", "gauge"),
    ("- {match: b.*, name: bb, ttl: soon}", "soon"),
    ("- {match: b.*, name: bb, scale: big}", "big"),
    ("- {match: b.*, name: bb, labels: {'a-b': x}}", "a-b"),
    ("- {match: b.*, name: bb, labels: {__name__: x}}", "__name__"),
    ("- {match: b*, name: bb}", "b*"),
    ("- {match: 9.*, name: bb}", "9.*"),
    ("- {match: '', name: bb}", "match"),
    ("- {match: 'b(', match_type: regex, name: bb}", "b("),
    ("- {match: 'b(?=c)', match_type: regex, name: bb}", "(?="),
    ("- {match: 'b**', match_type: regex, name: bb}", "b**"),
    ("- {match: b.*, name: bb, labels: [x]}", "labels"),
    ("- {match: b.*, name: bb, honor_labels: maybe}", "maybe"),
];

#[test]
fn a_bad_mapping_names_the_file_the_line_and_what_was_found() {
    let scratch = Scratch::new();
    for (rule, word) in BAD_MAPPINGS {
        let yaml = format!("mappings:\n- {{match: a.*, name: aa}}\n{rule}\n");
        let file = scratch.file("rules.yml", yaml);
        let config = format!("--statsd.mapping-config={}", file.display());
        for args in
            [vec![config.as_str(), "--check-config"], vec![&config, LOCAL[0], LOCAL[1], LOCAL[2]]]
        {
            let finished = run(&args);
            assert_eq!(finished.code, Some(1), "{rule}: {}", finished.stderr);
            for wanted in ["rules.yml:3", word, rule] {
                assert!(finished.stderr.contains(wanted), "{rule}: {wanted}? {}", finished.stderr);
            }
            assert_eq!(finished.stdout, "", "{rule}");
        }
    }
}

/// Free ports, so that a start that should fail cannot disturb anybody.
const LOCAL: [&str; 3] = [
    "--web.listen-address=127.0.0.1:0",
    "--statsd.listen-udp=127.0.0.1:0",
    "--statsd.listen-tcp=127.0.0.1:0",
];

#[test]
fn a_bad_mapping_keeps_the_old_rules_on_reload() {
    let bridge = Launch::mapped("mappings:\n- {match: a.*, name: aa, labels: {x: $1}}\n").start();
    for bad in ["mappings: [nonsense", "mappings:\n- {match: a.*, name: 'a-a'}\n", "\0", "- 1\n"] {
        let failures = bridge.scrape().own(FAILED_RELOADS);
        bridge.reload(bad);
        let scrape = bridge.scrape();
        assert_eq!(scrape.own(FAILED_RELOADS), failures + 1.0, "{bad}");
        assert_eq!(scrape.own("loaded_mappings{}"), 1.0);
        bridge.send_udp(&["a.b:1|c"]);
    }
    assert_eq!(bridge.settled().get("aa{x=\"b\"}"), Some(4.0));
    bridge.wait_for_log("the file and the line of the error", |line| {
        line.contains("level=error") && line.contains("mapping.yml:2")
    });

    // The file is gone, or a folder now.
    let file = bridge.folder().join("mapping.yml");
    std::fs::remove_file(&file).unwrap();
    reload_fails(&bridge);
    std::fs::create_dir(&file).unwrap();
    reload_fails(&bridge);
    std::fs::remove_dir(&file).unwrap();

    bridge.reload("mappings:\n- {match: a.*, name: new, labels: {x: $1}}\n");
    bridge.send_udp(&["a.b:1|c"]);
    let scrape = bridge.settled();
    assert_eq!(scrape.get("new{x=\"b\"}"), Some(1.0));
    assert_eq!(scrape.get("aa{x=\"b\"}"), Some(4.0), "series stay");
    bridge.stop();
}

const FAILED_RELOADS: &str = "config_reloads_total{outcome=\"failure\"}";

fn reload_fails(bridge: &Bridge) {
    let failures = bridge.scrape().own(FAILED_RELOADS);
    bridge.signal("HUP");
    bridge.scrape_until("a failed reload", |scrape| scrape.own(FAILED_RELOADS) > failures);
}

/// It ended with exit code 1 and one sentence that holds these words.
fn refused(finished: &Finished, words: &[&str]) {
    assert_eq!(finished.code, Some(1), "{}", finished.stderr);
    let complaints = finished.complaints();
    let [sentence] = complaints[..] else { panic!("not one sentence: {}", finished.stderr) };
    for word in words {
        assert!(sentence.contains(word), "{word}? {sentence}");
    }
    assert!(!finished.stderr.contains("panicked"), "{}", finished.stderr);
}

#[test]
fn a_port_in_use_is_one_clear_sentence() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    for (flag, address) in [
        ("--statsd.listen-udp", udp.local_addr().unwrap()),
        ("--statsd.listen-tcp", tcp.local_addr().unwrap()),
        ("--web.listen-address", tcp.local_addr().unwrap()),
    ] {
        let others = LOCAL.into_iter().filter(|other| !other.starts_with(flag));
        let finished = Launch::bare()
            .flags(&others.collect::<Vec<_>>())
            .flag(format!("{flag}={address}"))
            .finish();
        refused(&finished, &[&address.to_string(), "in use"]);
    }
}

#[test]
fn a_second_copy_is_refused_and_the_first_is_not_disturbed() {
    let first = Launch::unmapped().start();
    let finished = Launch::unmapped().flag(format!("--statsd.listen-udp={}", first.udp())).finish();
    refused(&finished, &[&first.udp().to_string(), "in use"]);
    let lines: Vec<_> = (0..200).map(|_| "a:1|c").collect();
    first.send_udp(&lines);
    assert_eq!(first.settled().get("a{}"), Some(200.0));
    first.stop();
}

#[test]
fn a_bad_address_or_value_is_one_clear_sentence() {
    for (flag, words) in [
        ("--statsd.listen-udp=nonsense", &["nonsense"][..]),
        ("--statsd.listen-tcp=127.0.0.1", &["127.0.0.1", "port"]),
        ("--web.listen-address=127.0.0.1:99999", &["99999"]),
        ("--statsd.listen-udp=no.such.host.invalid:9125", &["no.such.host.invalid"]),
        ("--statsd.listen-unixgram=/nonexistent/folder/s.sock", &["/nonexistent/folder/s.sock"]),
        ("--statsd.unixsocket-mode=9", &["unixsocket-mode", "9"]),
        ("--statsd.udp-sockets=65", &["udp-sockets", "65", "64"]),
        ("--statsd.receive-delay=1s", &["receive-delay", "1s", "100ms"]),
        ("--statsd.read-buffer=much", &["read-buffer", "much"]),
        ("--statsd.mapping-config=/nonexistent/m.yml", &["/nonexistent/m.yml"]),
        ("--statsd.mapping-preset=pleroma", &["pleroma", "mastodon"]),
        ("--statsd.cache-type=best", &["cache-type", "best"]),
        ("--log.level=loud", &["log.level", "loud"]),
        ("--log.format=xml", &["log.format", "xml"]),
        ("--check-config=yes", &["check-config"]),
        ("--statsd.listen-nowhere", &["--statsd.listen-nowhere"]),
        ("surplus", &["surplus"]),
        ("@/nonexistent/arguments", &["/nonexistent/arguments"]),
    ] {
        let name = flag.split('=').next().unwrap();
        let others = LOCAL.into_iter().filter(|other| !other.starts_with(name));
        // `@FILE` stands alone.
        let args: Vec<_> =
            if flag.starts_with('@') { vec![flag] } else { others.chain([flag]).collect() };
        refused(&run(&args), words);
    }
}

#[test]
fn to_listen_nowhere_is_an_error() {
    let finished = run(&[LOCAL[0], "--statsd.listen-udp=", "--statsd.listen-tcp="]);
    refused(&finished, &["listen"]);
}

#[test]
fn an_unknown_flag_is_answered_with_the_near_one() {
    for (flag, near) in [
        ("--statsd.listen-udpp=:1", "--statsd.listen-udp"),
        ("--statsd.mapping-confg=x", "--statsd.mapping-config"),
        ("--web.listen-addres=:1", "--web.listen-address"),
    ] {
        refused(&run(&[flag]), &[flag.split('=').next().unwrap(), near]);
    }
}
