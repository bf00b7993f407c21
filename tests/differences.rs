//! Each row of COMPATIBILITY.md: where the bridge departs from the incumbent on
//! purpose, shown on the built binary.
//!
//! Rows that are missing here need more than one process' input and output and
//! stand in `differences_in_time.rs`, `bad_input.rs` and `start_and_stop.rs`.
//!
//! Heat: cold.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![allow(clippy::float_cmp, reason = "the very number is wanted")]

mod support;

use std::collections::BTreeMap;

use support::bridge::{Launch, run};
use support::cases::{own_counters, unlike};
use support::scratch::Scratch;

/// What is sent in one row.
enum Sent {
    Udp(&'static [u8]),
    Unixgram(&'static [u8]),
    Tcp(&'static [u8]),
}
use Sent::{Tcp, Udp, Unixgram};

struct Row {
    what: &'static str,
    mapping: Option<&'static str>,
    sent: &'static [Sent],
    /// Every series that is there then, quantiles left out.
    shown: &'static [(&'static str, f64)],
    /// Every counter of errors, conflicts and the like that is not 0.
    counted: &'static [(&'static str, f64)],
}

const ROW: Row = Row { what: "", mapping: None, sent: &[], shown: &[], counted: &[] };

/// Counters that say only how much was sent.
const PLAIN: [&str; 8] = [
    "lines_total",
    "samples_total",
    "tags_total",
    "events_total",
    "events_unmapped_total",
    "events_actions_total",
    "loaded_mappings",
    "config_reloads_total",
];

const ROWS: &[Row] = &[
    Row {
        what: "brackets the wrong way round are one tag error",
        sent: &[Udp(b"d]x[:1|c")],
        shown: &[("d_x_{}", 1.0)],
        counted: &[("tag_errors_total{}", 1.0)],
        ..ROW
    },
    Row {
        what: "a tag that a summary reserves",
        sent: &[Udp(b"t:1|ms|#quantile:x\nt:2000|ms\nc:1|c|#quantile:x,le:y")],
        shown: &[("c{le=\"y\",quantile=\"x\"}", 1.0), ("t_count{}", 1.0), ("t_sum{}", 2.0)],
        counted: &[("events_error_total{reason=\"reserved_label\"}", 1.0)],
        ..ROW
    },
    Row {
        what: "a tag that a histogram reserves",
        mapping: Some(
            "mappings:\n- {match: h, name: hh, observer_type: histogram, histogram_options: {buckets: [1]}}\n",
        ),
        sent: &[Udp(b"h:3|h|#le:x\nh:3|h|#quantile:x")],
        shown: &[
            ("hh_bucket{le=\"+Inf\",quantile=\"x\"}", 1.0),
            ("hh_bucket{le=\"1\",quantile=\"x\"}", 0.0),
            ("hh_count{quantile=\"x\"}", 1.0),
            ("hh_sum{quantile=\"x\"}", 3.0),
        ],
        counted: &[("events_error_total{reason=\"reserved_label\"}", 1.0)],
    },
    Row {
        what: "a tag key that Prometheus keeps for itself",
        sent: &[Udp(b"a:1|c|#__name__:x\nb:1|c|#..:x,k:v\nc,__a=b:1|c")],
        shown: &[("a{}", 1.0), ("b{k=\"v\"}", 1.0), ("c{}", 1.0)],
        counted: &[("tag_errors_total{}", 3.0)],
        ..ROW
    },
    Row {
        what: "no name left without the tags",
        sent: &[Udp(b"#x=1:1|c\n,x=1:1|c\n[x=1]:1|c")],
        counted: &[("sample_errors_total{reason=\"malformed_line\"}", 3.0)],
        ..ROW
    },
    Row {
        what: "exactly the bridge's own names are reserved",
        sent: &[Udp(b"statsd_exporter_lines_total:1|c\nprocess_cpu_seconds_total:1|c\n\
            statsd_exporter.events_total:1|g\ngo_goroutines:5|g\nprocess_jobs:6|g")],
        shown: &[("go_goroutines{}", 5.0), ("process_jobs{}", 6.0)],
        counted: &[
            (
                "events_conflict_total{metric_name=\"process_cpu_seconds_total\",type=\"counter\"}",
                1.0,
            ),
            (
                "events_conflict_total{metric_name=\"statsd_exporter_events_total\",type=\"gauge\"}",
                1.0,
            ),
            (
                "events_conflict_total{metric_name=\"statsd_exporter_lines_total\",type=\"counter\"}",
                1.0,
            ),
        ],
        ..ROW
    },
    Row {
        what: "a conflict is what would collide, in one order",
        sent: &[Udp(b"t:1000|ms\nt_count:1000|ms\nt_sum:1|g\nt_bucket:1|c")],
        shown: &[("t_bucket{}", 1.0), ("t_count{}", 1.0), ("t_sum{}", 1.0)],
        counted: &[
            ("events_conflict_total{metric_name=\"t_count\",type=\"observer\"}", 1.0),
            ("events_conflict_total{metric_name=\"t_sum\",type=\"gauge\"}", 1.0),
        ],
        ..ROW
    },
    Row {
        what: "a conflict is what would collide, in the other order",
        sent: &[Udp(b"t_count:1000|ms\nt:1000|ms\nx:1|g\nx_count:2|c\nx_sum:3|g")],
        shown: &[
            ("t_count_count{}", 1.0),
            ("t_count_sum{}", 1.0),
            ("x_count{}", 2.0),
            ("x_sum{}", 3.0),
            ("x{}", 1.0),
        ],
        counted: &[("events_conflict_total{metric_name=\"t\",type=\"observer\"}", 1.0)],
        ..ROW
    },
    Row {
        what: "a small rate is a weight",
        sent: &[Udp(b"t:1|ms|@1e-7\nu:1:2:3|ms|@1e-9\nv:2|h|@0.1|@0.5\nw:2|d|@0")],
        shown: &[
            ("t_count{}", 1e6),
            ("t_sum{}", 1e3),
            ("u_count{}", 3e6),
            ("u_sum{}", 6e3),
            ("v_count{}", 20.0),
            ("v_sum{}", 40.0),
            ("w_count{}", 1.0),
            ("w_sum{}", 2.0),
        ],
        counted: &[("weights_capped_total{}", 4.0)],
        ..ROW
    },
    Row {
        what: "a rate outside (0, 1]",
        sent: &[Udp(b"a:1|c|@2\nb:1|c|@-0.5\nc:1|ms|@inf\ng:5|g|@2\nf:1|c|@x")],
        shown: &[("f{}", 1.0), ("g{}", 5.0)],
        counted: &[("sample_errors_total{reason=\"invalid_sample_factor\"}", 4.0)],
        ..ROW
    },
    Row {
        what: "what is not finite",
        sent: &[Udp(b"c:nan|c\nc:inf|c\nt:nan|ms\nt:-inf|h\ng:nan|g\ni:-infinity|g")],
        shown: &[("g{}", f64::NAN), ("i{}", f64::NEG_INFINITY)],
        counted: &[("sample_errors_total{reason=\"malformed_value\"}", 4.0)],
        ..ROW
    },
    Row {
        what: "sums that overflow",
        sent: &[Udp(b"c:1e308|c\nc:1e308|c\nt:1e308|h\nt:1e308|h\ng:1e308|g\ng:+1e308|g")],
        shown: &[("c{}", 1e308), ("g{}", 1e308), ("t_count{}", 1.0), ("t_sum{}", 1e308)],
        counted: &[("events_error_total{reason=\"value_overflow\"}", 3.0)],
        ..ROW
    },
    Row {
        what: "underscores and hexadecimal digits",
        sent: &[Udp(b"a:1_0|c\na:0x1p4|c")],
        counted: &[("sample_errors_total{reason=\"malformed_value\"}", 2.0)],
        ..ROW
    },
    Row {
        what: "a container id without tags, and sections of later protocols",
        sent: &[Udp(b"b:1|c|c:ID\nd:1|c|e:it-x,cn-y\ne:2|g|card:low\nf:1|c|#k:v|e:z|card:none")],
        shown: &[("b{container_id=\"ID\"}", 1.0), ("d{}", 1.0), ("e{}", 2.0), ("f{k=\"v\"}", 1.0)],
        ..ROW
    },
    Row {
        what: "labels of one sample do not leak into the next",
        mapping: Some(
            "mappings:\n- {match: a.*, match_metric_type: counter, name: aa, labels: {from: $1}}\n",
        ),
        sent: &[Udp(b"a.x:1|c:2|g")],
        shown: &[("a_x{}", 2.0), ("aa{from=\"x\"}", 1.0)],
        ..ROW
    },
    Row {
        what: "\\r\\n ends a line everywhere",
        sent: &[
            Udp(b"a:1|c\r\nb:1|c\r\n"),
            Unixgram(b"a:1|c\r\nb:1|c\r\n"),
            Tcp(b"a:1|c\r\nb:1|c\r"),
        ],
        shown: &[("a{}", 3.0), ("b{}", 3.0)],
        ..ROW
    },
    Row {
        what: "the first glob of the file wins",
        mapping: Some(
            "mappings:\n\
            - {match: a.b.c, name: long}\n- {match: a.b, name: short}\n\
            - {match: r.*, name: first}\n- {match: q.*, name: other}\n- {match: r.*, name: second}\n",
        ),
        sent: &[Udp(b"a.b:1|c\na.b.c:1|c\nr.x:1|c")],
        shown: &[("first{}", 1.0), ("long{}", 1.0), ("short{}", 1.0)],
        ..ROW
    },
    Row {
        what: "a * in a name is text",
        mapping: Some(
            "mappings:\n- {match: a.*.c, name: aa, labels: {x: $1}}\n- {match: a.b.*, name: bb, labels: {x: $1}}\n",
        ),
        sent: &[Udp(b"a.*.c:1|c\na.b.*:1|c\na.*:1|c")],
        shown: &[("a__{}", 1.0), ("aa{x=\"*\"}", 1.0), ("bb{x=\"*\"}", 1.0)],
        ..ROW
    },
    Row {
        what: "a match that exists is found without ordering too",
        mapping: Some(
            "defaults: {glob_disable_ordering: true}\nmappings:\n\
            - {match: a.b.d, name: exact}\n- {match: a.*.c, name: wild, labels: {x: $1}}\n",
        ),
        sent: &[Udp(b"a.b.c:1|c")],
        shown: &[("wild{x=\"b\"}", 1.0)],
        ..ROW
    },
    Row {
        what: "templates of globs as those of regexes",
        mapping: Some(
            "mappings:\n- {match: a.*.*, name: aa, labels: {v: '$1 50%', w: $$, x: $1$2, y: '$1${2}', z: $0}}\n",
        ),
        sent: &[Udp(b"a.b.c:1|c")],
        shown: &[("aa{v=\"b 50%\",w=\"$\",x=\"bc\",y=\"bc\",z=\"a.b.c\"}", 1.0)],
        ..ROW
    },
    Row {
        what: "** is one or more components",
        mapping: Some("mappings:\n- {match: a.**.z, name: aa, labels: {x: $1}}\n"),
        sent: &[Udp(b"a.b.z:1|c\na.b.c.z:1|c\na.z:1|c")],
        shown: &[("a_z{}", 1.0), ("aa{x=\"b\"}", 1.0), ("aa{x=\"b.c\"}", 1.0)],
        ..ROW
    },
    Row {
        what: "a gauge that is set whatever its sign, tags as the prefix has them",
        mapping: Some(
            "defaults: {tag_styles: {'M.': [dogstatsd]}}\nmappings:\n\
            - {match: M.*.lag, name: lag, gauge: absolute, labels: {x: $1}}\n",
        ),
        sent: &[Udp(b"M.a.lag:5|g\nM.a.lag:-2|g\nM.b,k=v.lag:+3|g\nN,k=v:1|c")],
        shown: &[("N{k=\"v\"}", 1.0), ("lag{x=\"a\"}", -2.0), ("lag{x=\"b,k=v\"}", 3.0)],
        ..ROW
    },
];

fn map(pairs: &[(&str, f64)], prefix: &str) -> BTreeMap<String, f64> {
    pairs.iter().map(|(series, value)| (format!("{prefix}{series}"), *value)).collect()
}

fn check(row: &Row) -> Vec<String> {
    let launch = row.mapping.map_or_else(Launch::unmapped, Launch::mapped);
    let bridge = launch.unixgram().start();
    for sent in row.sent {
        match sent {
            Udp(bytes) => bridge.send_udp(&[bytes]),
            Unixgram(bytes) => bridge.send_unixgram(&[bytes]),
            Tcp(bytes) => bridge.send_tcp(bytes),
        }
    }
    let scrape = bridge.settled();
    let mut shown = scrape.received();
    shown.retain(|series, _| {
        let kind = scrape.family_of.get(series).and_then(|family| scrape.types.get(family));
        kind.is_none_or(|kind| kind != "summary") || !series.contains("quantile=\"0.")
    });
    let same = |_: &String, a: &f64, b: &f64| a == b || a.is_nan() && b.is_nan();
    let mut differences = unlike("value of", &map(row.shown, ""), &shown, same);
    let mut counted = own_counters(&scrape);
    let capped = "statsd_exporter_weights_capped_total{}";
    counted.extend(scrape.get(capped).filter(|n| *n != 0.0).map(|n| (capped.to_owned(), n)));
    counted.retain(|series, _| {
        !PLAIN.iter().any(|plain| series.starts_with(&format!("statsd_exporter_{plain}{{")))
    });
    differences.extend(unlike("own", &map(row.counted, "statsd_exporter_"), &counted, same));
    bridge.stop();
    differences
}

#[test]
fn each_difference_is_as_it_is_written_down() {
    let mut failed = Vec::new();
    for row in ROWS {
        let outcome = std::panic::catch_unwind(|| check(row));
        let differences = outcome.unwrap_or_else(|_| vec!["panicked, see above".to_owned()]);
        if !differences.is_empty() {
            failed.push(format!("{}:\n    {}", row.what, differences.join("\n    ")));
        }
    }
    assert!(failed.is_empty(), "{} rows differ:\n{}", failed.len(), failed.join("\n"));
}

/// Rules, and whether the file is taken.
const RULES: &[(&str, bool)] = &[
    ("observer_type: summary, labels: {quantile: x}", false),
    ("observer_type: histogram, labels: {le: x}", false),
    ("match_metric_type: counter, labels: {quantile: x, le: y}", true),
    ("labels: {__name__: x}", false),
    ("labels: {__a: x}", false),
    ("labels: {x: y}", true),
    ("observer_type: histogram, histogram_options: {buckets: [2, 1]}", false),
    ("observer_type: histogram, histogram_options: {buckets: [1, 1]}", false),
    ("observer_type: histogram, histogram_options: {buckets: [.nan]}", false),
    ("observer_type: histogram, histogram_options: {buckets: [1, .inf]}", true),
    ("summary_options: {quantiles: [{quantile: 1.5, error: 0.1}]}", false),
    ("summary_options: {quantiles: [{quantile: -0.1, error: 0.1}]}", false),
    ("summary_options: {quantiles: [{quantile: 1, error: 9}]}", true),
    ("summary_options: {max_age: 0s}", false),
    ("summary_options: {max_age: -1s}", false),
    ("summary_options: {max_age: 1s}", true),
    ("summary_options: {age_buckets: 0}", false),
    ("summary_options: {age_buckets: -1}", false),
    ("summary_options: {age_buckets: 3}", true),
    ("summary_options: {buf_cap: 4000000000}", false),
    ("summary_options: {buf_cap: 1000}", true),
];

#[test]
fn what_would_hurt_later_is_refused_at_load() {
    let scratch = Scratch::new();
    for (options, taken) in RULES {
        let file =
            scratch.file("m.yml", format!("mappings:\n- {{match: a, name: aa, {options}}}\n"));
        let finished =
            run(&["--check-config", &format!("--statsd.mapping-config={}", file.display())]);
        assert_eq!(finished.code, Some(i32::from(!taken)), "{options}: {}", finished.stderr);
    }
}

#[test]
fn two_help_texts_for_one_name_leave_the_first() {
    let bridge = Launch::mapped(
        "mappings:\n- {match: a.*, name: same, help: First., labels: {x: $1}}\n\
         - {match: b.*, name: same, help: Second., labels: {y: $1}}\n",
    )
    .start();
    bridge.send_udp(&["a.1:1|c\nb.1:1|c"]);
    let scrape = bridge.settled();
    assert_eq!(scrape.help["same"], "First.");
    assert_eq!(scrape.received().len(), 2);
    bridge.stop();
}

#[test]
fn a_field_of_summary_options_that_a_rule_leaves_out_comes_from_the_defaults() {
    let bridge = Launch::mapped(
        "defaults: {summary_options: {quantiles: [{quantile: 0.25, error: 0.1}], buf_cap: 1}}\n\
         mappings:\n- {match: t, name: tt, summary_options: {max_age: 1m}}\n",
    )
    .start();
    bridge.send_udp(&["t:4000|ms"]);
    let received = bridge.settled().received();
    let shown: Vec<_> = received.keys().map(String::as_str).collect();
    assert_eq!(shown, ["tt_count{}", "tt_sum{}", "tt{quantile=\"0.25\"}"]);
    bridge.stop();
}

#[test]
fn what_go_has_is_not_here() {
    let bridge = Launch::unmapped().start();
    assert_eq!(bridge.get("/debug/pprof/").unwrap().status, 404);
    assert!(!bridge.scrape_text().contains("\ngo_"));
    bridge.stop();
}

#[test]
fn without_a_file_the_built_in_mapping_speaks_of_mastodon_only() {
    let line =
        "Mastodon.production.sidekiq.queues.default.latency:-3|g\nMastodon:1|c\nother.name:1|c";
    let bridge = Launch::built_in().start();
    bridge.send_udp(&[line]);
    let scrape = bridge.settled();
    let series = "mastodon_sidekiq_queue_latency{mastodon=\"sidekiq\",queue=\"default\"}";
    assert_eq!(scrape.get(series), Some(-3.0));
    assert_eq!(scrape.get("other_name{}"), Some(1.0));
    assert_eq!(scrape.get("Mastodon{}"), Some(1.0));
    bridge.stop();

    let bridge = Launch::unmapped().start();
    bridge.send_udp(&[line]);
    let scrape = bridge.settled();
    assert_eq!(scrape.received().len(), 3);
    assert_eq!(scrape.get("Mastodon_production_sidekiq_queues_default_latency{}"), Some(-3.0));
    assert_eq!(scrape.own("loaded_mappings{}"), 0.0);
    bridge.stop();
}
