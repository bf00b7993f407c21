//! The web port: what it answers to whom.
//!
//! Heat: cold.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![allow(clippy::float_cmp, reason = "the very number is wanted")]

mod support;

use std::io::Read;

use support::bridge::{Bridge, Launch};
use support::client_model::{as_text, decode};
use support::exposition::parse;
use support::http::{self, Response};

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";

fn with_series() -> Bridge {
    let bridge = Launch::unmapped().start();
    bridge.send_udp(&["a:1|c|#k:v\nb:2.5|g\nt:3|ms\nb.a:1|c"]);
    bridge.settled();
    bridge
}

fn metrics(bridge: &Bridge, headers: &[(&str, &str)]) -> Response {
    let answer = http::request(bridge.web(), "GET", "/metrics", headers).unwrap();
    assert_eq!(answer.status, 200, "{headers:?}");
    answer
}

#[test]
fn text_is_what_everybody_gets() {
    let bridge = with_series();
    for accept in [
        "",
        "*/*",
        "text/plain",
        "text/html,*/*;q=0.1",
        "application/openmetrics-text; version=1.0.0",
        "application/json",
        "text/plain;version=0.0.4;q=0",
        ";;;===,,,q=q",
        "\u{b7}",
    ] {
        let answer = metrics(&bridge, &[("Accept", accept)]);
        assert_eq!(answer.header("content-type"), Some(TEXT), "{accept}");
        assert_eq!(parse(&answer.body).unwrap().get("b{}"), Some(2.5));
    }
    bridge.stop();
}

#[test]
fn protobuf_is_what_prometheus_gets_for_native_histograms() {
    const PROTOBUF: &str = "application/vnd.google.protobuf;\
        proto=io.prometheus.client.MetricFamily;encoding=delimited";
    let bridge = with_series();
    for (accept, escaping) in [
        (format!("{PROTOBUF},text/plain;version=0.0.4;q=0.5,*/*;q=0.1"), "underscores"),
        (format!("{PROTOBUF};escaping=allow-utf-8;q=0.6,text/plain;q=0.3"), "allow-utf-8"),
    ] {
        let answer = metrics(&bridge, &[("Accept", &accept), ("Accept-Encoding", "zstd")]);
        let kind = "application/vnd.google.protobuf; \
                    proto=io.prometheus.client.MetricFamily; encoding=delimited";
        let kind = format!("{kind}; escaping={escaping}");
        assert_eq!(answer.header("content-type"), Some(kind.as_str()));
        assert_eq!(answer.header("content-encoding"), Some("zstd"));
        let read = as_text(&decode(&zstd::decode_all(&*answer.body).unwrap()));
        let text = bridge.scrape();
        assert_eq!((read.received(), &read.help), (text.received(), &text.help));
        assert_eq!(read.types, text.types, "the bridge's own are among them");
    }
    bridge.stop();
}

#[test]
fn gzip_is_given_to_whom_it_is_fine_for() {
    let bridge = with_series();
    for (accepts, gzip) in [
        ("gzip", true),
        ("deflate, gzip;q=0.5", true),
        ("zstd;q=0.5, gzip", true),
        ("zstd;q=0, gzip", true),
        ("gzip;q=0", false),
        ("identity", false),
        ("deflate", false),
    ] {
        let answer = metrics(&bridge, &[("Accept-Encoding", accepts)]);
        let coding = answer.header("content-encoding");
        assert_eq!(coding == Some("gzip"), gzip, "{accepts}: {coding:?}");
        let mut plain = Vec::new();
        if gzip {
            flate2::read::GzDecoder::new(&*answer.body).read_to_end(&mut plain).unwrap();
        } else {
            assert_eq!(coding, None, "{accepts}");
            plain = answer.body;
        }
        assert_eq!(parse(&plain).unwrap().get("a{k=\"v\"}"), Some(1.0));
    }
    bridge.stop();
}

#[test]
fn a_scrape_is_the_same_each_time() {
    let bridge = with_series();
    let series = |text: String| -> Vec<String> {
        let kept = |line: &&str| {
            !["process_", "promhttp_", "statsd_exporter_"].iter().any(|own| line.contains(own))
        };
        text.lines().filter(kept).map(str::to_owned).collect()
    };
    let first = series(bridge.scrape_text());
    assert!(!first.is_empty());
    assert_eq!(first, series(bridge.scrape_text()));
    bridge.stop();
}

#[test]
fn head_has_no_body_and_other_methods_are_refused() {
    let bridge = with_series();
    for path in ["/metrics", "/", "/-/ready", "/-/healthy"] {
        let head = http::request(bridge.web(), "HEAD", path, &[]).unwrap();
        assert_eq!(head.status, 200, "HEAD {path}");
    }
    for method in ["POST", "PUT", "DELETE", "PATCH", "NONSENSE"] {
        let answer = http::request(bridge.web(), method, "/metrics", &[]).unwrap();
        assert_eq!(answer.status, 405, "{method}");
        assert!(answer.header("allow").is_some_and(|allowed| allowed.contains("GET")));
    }
    bridge.stop();
}

#[test]
fn unknown_paths_are_not_found_and_the_landing_page_leads_on() {
    let bridge = with_series();
    for path in ["/nothing", "/metrics/", "/-/", "/-/reload", "/favicon.ico", "/%2e%2e/x"] {
        assert_eq!(bridge.get(path).unwrap().status, 404, "{path}");
    }
    assert_eq!(bridge.get("/metrics?x=y").unwrap().status, 200);
    let landing = bridge.get("/").unwrap();
    assert_eq!(landing.status, 200);
    assert!(landing.header("content-type").unwrap().starts_with("text/html"));
    assert!(landing.text().contains("href=\"/metrics\"") || landing.text().contains("'/metrics'"));
    bridge.stop();

    let bridge = Launch::unmapped().flag("--web.telemetry-path=/").start();
    assert!(parse(&bridge.get("/").unwrap().body).is_ok());
    bridge.stop();
}

#[test]
fn the_bridges_own_metrics_have_the_incumbents_names() {
    let bridge = Launch::mapped("mappings:\n- {match: m, name: mm}\n").start();
    bridge.send_udp(&["m:1|c\nu:1|g\na#k:1|ms\nu:1|c"]);
    bridge.send_tcp(b"x:1|c\n");
    let scrape = bridge.settled();
    for (series, value) in [
        ("lines_total{}", 5.0),
        ("samples_total{}", 5.0),
        ("tag_errors_total{}", 1.0),
        ("events_total{type=\"counter\"}", 2.0),
        ("events_total{type=\"gauge\"}", 1.0),
        ("events_total{type=\"observer\"}", 1.0),
        ("events_unmapped_total{}", 4.0),
        ("events_actions_total{action=\"map\"}", 1.0),
        ("events_conflict_total{metric_name=\"u\",type=\"counter\"}", 1.0),
        ("loaded_mappings{}", 1.0),
        ("udp_packets_total{}", 1.0),
        ("tcp_connections_total{}", 1.0),
        ("metrics_total{type=\"counter\"}", 2.0),
        ("metrics_total{type=\"gauge\"}", 1.0),
        ("metrics_total{type=\"summary\"}", 1.0),
    ] {
        assert_eq!(scrape.own(series), value, "{series}");
    }
    for family in [
        "statsd_exporter_build_info",
        "statsd_exporter_tags_total",
        "statsd_exporter_event_queue_flushed_total",
        "statsd_exporter_udp_packet_drops_total",
        "statsd_exporter_unixgram_packets_total",
        "statsd_exporter_tcp_connection_errors_total",
        "statsd_exporter_tcp_too_long_lines_total",
        "statsd_exporter_udp_kernel_drops_total",
        "statsd_metric_mapper_cache_length",
        "statsd_metric_mapper_cache_gets_total",
        "statsd_metric_mapper_cache_hits_total",
        "process_cpu_seconds_total",
        "process_max_fds",
        "process_open_fds",
        "process_resident_memory_bytes",
        "process_start_time_seconds",
        "process_virtual_memory_bytes",
        "promhttp_metric_handler_requests_in_flight",
        "promhttp_metric_handler_requests_total",
    ] {
        assert!(scrape.types.contains_key(family), "{family}");
    }
    // A labelled one is absent until it first counts.
    for absent in ["sample_errors_total", "events_error_total", "config_reloads_total"] {
        assert!(!scrape.types.contains_key(&format!("statsd_exporter_{absent}")), "{absent}");
    }
    let build = scrape.samples.keys().find(|series| series.contains("build_info")).unwrap();
    for label in ["version", "revision", "branch", "goversion", "goos", "goarch", "tags"] {
        assert!(build.contains(&format!("{label}=\"")), "{build}");
    }
    bridge.stop();
}
