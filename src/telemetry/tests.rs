//! What is counted is what is exposed, under the incumbent's names.
//!
//! Heat: cold.

use std::collections::BTreeMap;

use super::*;
use crate::model::{Notes, Outcome};

/// The lines of a scrape, `name{labels}` to value, without those of the process
/// and without `build_info`.
fn scrape(telemetry: &Telemetry, live: &Live) -> BTreeMap<String, f64> {
    let families = telemetry.own_families(live);
    let names: Vec<_> = families.iter().map(|family| &family.name).collect();
    assert!(names.is_sorted(), "{names:?}");
    let own = families.iter().filter(|family| {
        !family.name.starts_with("process_") && !family.name.ends_with("build_info")
    });
    own.flat_map(|family| {
        family.series.iter().map(|series| {
            let labels = series.labels.iter().map(|(name, value)| format!("{name}={value}"));
            let labels = labels.collect::<Vec<_>>().join(",");
            (format!("{}{{{labels}}}", family.name), series.value)
        })
    })
    .collect()
}

/// The lines that are not 0.
fn counted(telemetry: &Telemetry, live: &Live) -> Vec<(String, f64)> {
    scrape(telemetry, live).into_iter().filter(|(_, value)| *value != 0.0).collect()
}

fn pairs(lines: &[(&str, f64)]) -> Vec<(String, f64)> {
    lines.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
}

#[test]
fn an_idle_bridge_shows_what_the_incumbent_shows() {
    let shown = scrape(&Telemetry::new(), &Live::default());
    assert!(shown.values().all(|value| *value == 0.0));
    let expected = [
        "promhttp_metric_handler_requests_in_flight{}",
        "promhttp_metric_handler_requests_total{code=200}",
        "promhttp_metric_handler_requests_total{code=500}",
        "promhttp_metric_handler_requests_total{code=503}",
        "statsd_exporter_event_queue_flushed_total{}",
        "statsd_exporter_events_unmapped_total{}",
        "statsd_exporter_lines_total{}",
        "statsd_exporter_loaded_mappings{}",
        "statsd_exporter_samples_total{}",
        "statsd_exporter_tag_errors_total{}",
        "statsd_exporter_tags_total{}",
        "statsd_exporter_tcp_connection_errors_total{}",
        "statsd_exporter_tcp_connections_refused_total{}",
        "statsd_exporter_tcp_connections_timed_out_total{}",
        "statsd_exporter_tcp_connections_total{}",
        "statsd_exporter_tcp_too_long_lines_total{}",
        "statsd_exporter_udp_kernel_drops_total{}",
        "statsd_exporter_udp_packet_drops_total{}",
        "statsd_exporter_udp_packets_total{}",
        "statsd_exporter_udp_truncated_datagrams_total{}",
        "statsd_exporter_unix_connection_errors_total{}",
        "statsd_exporter_unix_connections_refused_total{}",
        "statsd_exporter_unix_connections_timed_out_total{}",
        "statsd_exporter_unix_connections_total{}",
        "statsd_exporter_unix_too_long_lines_total{}",
        "statsd_exporter_unixgram_packets_total{}",
        "statsd_exporter_unixgram_truncated_datagrams_total{}",
        "statsd_exporter_weights_capped_total{}",
        "statsd_metric_mapper_cache_gets_total{}",
        "statsd_metric_mapper_cache_hits_total{}",
        "statsd_metric_mapper_cache_length{}",
    ];
    assert_eq!(shown.keys().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn the_build_is_told() {
    let families = Telemetry::new().own_families(&Live::default());
    let build = families.iter().find(|family| family.name == "statsd_exporter_build_info").unwrap();
    assert!(!build.is_counter);
    assert!((build.series[0].value - 1.0).abs() < f64::EPSILON);
    let names: Vec<_> = build.series[0].labels.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["branch", "goarch", "goos", "goversion", "revision", "tags", "version"]);
    let value = |name| build.series[0].labels.iter().find(|label| label.0 == name).unwrap();
    assert_eq!(value("version").1, env!("CARGO_PKG_VERSION"));
    assert!(value("goversion").1.starts_with("rustc "));
}

#[test]
fn the_process_is_told() {
    let families = Telemetry::new().own_families(&Live::default());
    let process = families.iter().filter(|family| family.name.starts_with("process_"));
    let shown: Vec<_> = process.map(|family| (family.name.as_str(), family.is_counter)).collect();
    let expected = [
        ("process_cpu_seconds_total", true),
        ("process_max_fds", false),
        ("process_network_receive_bytes_total", true),
        ("process_network_transmit_bytes_total", true),
        ("process_open_fds", false),
        ("process_resident_memory_bytes", false),
        ("process_start_time_seconds", false),
        ("process_threads", false),
        ("process_virtual_memory_bytes", false),
        ("process_virtual_memory_max_bytes", false),
    ];
    assert_eq!(shown, expected);
}

#[test]
fn a_tally_is_seen_when_it_is_published() {
    let telemetry = Telemetry::new();
    let mut row = telemetry.register();
    let mut tally = Tally::new();
    tally.datagrams(Transport::Udp, 2, 1);
    tally.datagrams(Transport::Unixgram, 3, 1);
    for outcome in [Outcome::LineOfSamples, Outcome::EmptyLine, Outcome::MalformedLine] {
        tally.lines_taken(1);
        tally.lines_ended(outcome, 1);
    }
    tally.tag_errors(2);
    for (outcome, weight) in [
        (Outcome::MalformedValue, 1),
        (Outcome::InvalidSampleFactor, 1),
        (Outcome::RecordedObserver, 10),
        (Outcome::RecordedCounter, 1),
        (Outcome::Dropped, 4),
        (Outcome::ValueOverflow, 2),
        (Outcome::ReservedLabel, 1),
        (Outcome::Conflict, 1),
        (Outcome::OverBudget, 1),
    ] {
        tally.samples_taken(1);
        tally.sample_ended(outcome, weight);
    }
    tally.notes(Notes { tag_errors: 1, bad_rates: 2, tagged: true, weight_capped: true });
    tally.notes(Notes::default());
    tally.mapped(11);
    tally.unmapped(5);
    tally.routes_looked_up(2, 1);
    tally.batch();
    assert!(counted(&telemetry, &Live::default()).is_empty());

    row.publish(&tally);
    let expected = pairs(&[
        ("statsd_exporter_event_queue_flushed_total{}", 1.0),
        ("statsd_exporter_events_actions_total{action=drop}", 4.0),
        ("statsd_exporter_events_actions_total{action=map}", 11.0),
        ("statsd_exporter_events_error_total{reason=over_budget}", 1.0),
        ("statsd_exporter_events_error_total{reason=reserved_label}", 1.0),
        ("statsd_exporter_events_error_total{reason=value_overflow}", 2.0),
        ("statsd_exporter_events_total{type=counter}", 1.0),
        ("statsd_exporter_events_total{type=observer}", 10.0),
        ("statsd_exporter_events_unmapped_total{}", 5.0),
        ("statsd_exporter_ledger_lines_total{end=empty}", 1.0),
        ("statsd_exporter_ledger_lines_total{end=malformed_line}", 1.0),
        ("statsd_exporter_ledger_lines_total{end=samples}", 1.0),
        ("statsd_exporter_ledger_samples_total{end=conflict}", 1.0),
        ("statsd_exporter_ledger_samples_total{end=counter}", 1.0),
        ("statsd_exporter_ledger_samples_total{end=drop}", 1.0),
        ("statsd_exporter_ledger_samples_total{end=invalid_sample_factor}", 1.0),
        ("statsd_exporter_ledger_samples_total{end=malformed_value}", 1.0),
        ("statsd_exporter_ledger_samples_total{end=observer}", 1.0),
        ("statsd_exporter_ledger_samples_total{end=over_budget}", 1.0),
        ("statsd_exporter_ledger_samples_total{end=reserved_label}", 1.0),
        ("statsd_exporter_ledger_samples_total{end=value_overflow}", 1.0),
        ("statsd_exporter_ledger_warnings_total{warning=bad_rate}", 2.0),
        ("statsd_exporter_ledger_warnings_total{warning=datagram_cut}", 2.0),
        ("statsd_exporter_ledger_warnings_total{warning=tag_error}", 3.0),
        ("statsd_exporter_ledger_warnings_total{warning=weight_capped}", 1.0),
        ("statsd_exporter_lines_total{}", 3.0),
        ("statsd_exporter_sample_errors_total{reason=invalid_sample_factor}", 3.0),
        ("statsd_exporter_sample_errors_total{reason=malformed_line}", 1.0),
        ("statsd_exporter_sample_errors_total{reason=malformed_value}", 1.0),
        ("statsd_exporter_samples_total{}", 9.0),
        ("statsd_exporter_tag_errors_total{}", 3.0),
        ("statsd_exporter_tags_total{}", 1.0),
        ("statsd_exporter_udp_packets_total{}", 2.0),
        ("statsd_exporter_udp_truncated_datagrams_total{}", 1.0),
        ("statsd_exporter_unixgram_packets_total{}", 3.0),
        ("statsd_exporter_unixgram_truncated_datagrams_total{}", 1.0),
        ("statsd_exporter_weights_capped_total{}", 1.0),
        ("statsd_metric_mapper_cache_gets_total{}", 2.0),
        ("statsd_metric_mapper_cache_hits_total{}", 1.0),
    ]);
    assert_eq!(counted(&telemetry, &Live::default()), expected);
}

#[test]
fn each_socket_has_its_own_numbers_and_they_never_fall() {
    let telemetry = Telemetry::new();
    let sockets = [0, 1].map(|index| Arc::new(DatagramSocket::new(Transport::Udp, index, "h:1")));
    for (socket, received) in sockets.iter().zip([3, 4]) {
        let mut tally = Tally::new();
        tally.datagrams(Transport::Udp, received, 0);
        telemetry.register_socket(socket).publish(&tally);
        for dropped in [8 * received, 7] {
            socket.kernel_says(dropped, 0);
        }
    }
    let line = |end, index| {
        format!(
            "statsd_exporter_ledger_datagrams_total{{address=h:1,end={end},index={index},kind=udp}}"
        )
    };
    let expected = [
        (line("dropped_by_kernel", 0), 24.0),
        (line("dropped_by_kernel", 1), 32.0),
        (line("received", 0), 3.0),
        (line("received", 1), 4.0),
        ("statsd_exporter_udp_kernel_drops_total{}".to_owned(), 56.0),
        ("statsd_exporter_udp_packets_total{}".to_owned(), 7.0),
    ];
    assert_eq!(counted(&telemetry, &Live::default()), expected);
}

#[test]
fn departed_workers_stay_in_the_sums() {
    let telemetry = Telemetry::new();
    let mut tally = Tally::new();
    tally.lines_taken(1);
    for _ in 0..3 {
        telemetry.register().publish(&tally);
    }
    let mut row = telemetry.register();
    row.publish(&tally);
    assert_eq!(telemetry.totals().lines(), 4);
    assert_eq!(
        counted(&telemetry, &Live::default()),
        pairs(&[("statsd_exporter_lines_total{}", 4.0)])
    );
}

#[test]
fn every_error_is_shown_under_its_reason() {
    let telemetry = Telemetry::new();
    let mut row = telemetry.register();
    let mut tally = Tally::new();
    for outcome in Outcome::SAMPLE_ERRORS {
        tally.lines_ended(outcome, 1);
    }
    for outcome in Outcome::EVENT_ERRORS {
        tally.sample_ended(outcome, 7);
    }
    row.publish(&tally);
    let shown = scrape(&telemetry, &Live::default());
    for outcome in Outcome::SAMPLE_ERRORS {
        let line = format!("statsd_exporter_sample_errors_total{{reason={}}}", outcome.reason());
        assert_eq!(shown.get(&line), Some(&1.0), "{line}");
    }
    for outcome in Outcome::EVENT_ERRORS {
        let line = format!("statsd_exporter_events_error_total{{reason={}}}", outcome.reason());
        assert_eq!(shown.get(&line), Some(&7.0), "{line}");
    }
}

#[test]
fn what_other_rooms_say_is_shown() {
    let live = Live {
        metrics_by_type: [("counter", 2), ("gauge", 0), ("histogram", 3), ("summary", 1)],
        loaded_mappings: 5,
        cache_length: 6,
    };
    let expected = pairs(&[
        ("statsd_exporter_loaded_mappings{}", 5.0),
        ("statsd_exporter_metrics_total{type=counter}", 2.0),
        ("statsd_exporter_metrics_total{type=histogram}", 3.0),
        ("statsd_exporter_metrics_total{type=summary}", 1.0),
        ("statsd_metric_mapper_cache_length{}", 6.0),
    ]);
    let telemetry = Telemetry::new();
    assert_eq!(counted(&telemetry, &live), expected);
    assert!(counted(&telemetry, &Live::default()).is_empty(), "a scrape keeps nothing");
}

#[test]
fn what_is_cold_is_shown() {
    let telemetry = Telemetry::new();
    let cold = telemetry.cold();
    cold.reload_succeeded();
    cold.reload_failed();
    cold.reload_failed();
    for (streams, times) in [(cold.tcp(), 1), (cold.unix(), 2)] {
        for _ in 0..times {
            streams.connection();
            streams.connection_error();
            streams.too_long_line();
            streams.refused_connection();
            streams.timed_out_connection();
        }
    }
    cold.relay_packet();
    cold.relay_dropped_lines(5);
    assert!(!scrape(&telemetry, &Live::default()).keys().any(|name| name.contains("relay")));
    cold.relay_to("h:1");
    cold.relay_to("another:2");
    for code in [200, 406] {
        cold.scrape_began();
        cold.scrape_ended(code);
    }
    cold.scrape_began();
    let gauge = telemetry.conflict(MetricKind::Gauge, &MetricName::escaped("a.b").unwrap());
    gauge.add(4);
    telemetry.rejected(&MetricName::escaped("c.d").unwrap()).add(6);
    let expected = pairs(&[
        ("promhttp_metric_handler_requests_in_flight{}", 1.0),
        ("promhttp_metric_handler_requests_total{code=200}", 1.0),
        ("promhttp_metric_handler_requests_total{code=406}", 1.0),
        ("statsd_exporter_config_reloads_total{outcome=failure}", 2.0),
        ("statsd_exporter_config_reloads_total{outcome=success}", 1.0),
        ("statsd_exporter_events_conflict_total{metric_name=a_b,type=gauge}", 4.0),
        ("statsd_exporter_relay_dropped_lines_total{target=h:1}", 5.0),
        ("statsd_exporter_relay_packets_total{target=h:1}", 1.0),
        ("statsd_exporter_series_rejected_total{family=c_d}", 6.0),
        ("statsd_exporter_tcp_connection_errors_total{}", 1.0),
        ("statsd_exporter_tcp_connections_refused_total{}", 1.0),
        ("statsd_exporter_tcp_connections_timed_out_total{}", 1.0),
        ("statsd_exporter_tcp_connections_total{}", 1.0),
        ("statsd_exporter_tcp_too_long_lines_total{}", 1.0),
        ("statsd_exporter_unix_connection_errors_total{}", 2.0),
        ("statsd_exporter_unix_connections_refused_total{}", 2.0),
        ("statsd_exporter_unix_connections_timed_out_total{}", 2.0),
        ("statsd_exporter_unix_connections_total{}", 2.0),
        ("statsd_exporter_unix_too_long_lines_total{}", 2.0),
    ]);
    assert_eq!(counted(&telemetry, &Live::default()), expected);
    cold.scrape_ended(200);
    let after = scrape(&telemetry, &Live::default());
    assert_eq!(after.get("promhttp_metric_handler_requests_in_flight{}"), Some(&0.0));
}

#[test]
fn every_name_that_is_shown_is_reserved_and_typed() {
    let reserved = Telemetry::reserved_names();
    for family in Telemetry::new().own_families(&Live::default()) {
        assert!(reserved.contains(&family.name), "{}", family.name);
        assert!(!family.help.is_empty());
    }
    for absent in [
        "statsd_exporter_events_conflict_total",
        "statsd_exporter_series_rejected_total",
        "statsd_exporter_metrics_total",
    ] {
        assert!(reserved.iter().any(|name| name == absent), "{absent}");
    }
    let mut unique = reserved.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), reserved.len());
    // The incumbent's types: these are its only gauges among its own names.
    let gauges: Vec<_> = families::ALL.iter().filter(|f| !f.is_counter).map(|f| f.name).collect();
    let expected = [
        "statsd_exporter_build_info",
        "statsd_exporter_metrics_total",
        "statsd_exporter_loaded_mappings",
        "statsd_metric_mapper_cache_length",
        "promhttp_metric_handler_requests_in_flight",
    ];
    assert_eq!(gauges, expected);
}

#[test]
fn a_flood_of_names_makes_few_series_and_loses_no_count() {
    let telemetry = Telemetry::new();
    for number in 0..2000 {
        let name = MetricName::escaped(&format!("n{number}")).unwrap();
        telemetry.rejected(&name).add(1);
        telemetry.conflict(MetricKind::Gauge, &name).add(1);
    }
    let long = MetricName::escaped(&"n".repeat(60_000)).unwrap();
    telemetry.rejected(&long).add(5);
    let shown = scrape(&telemetry, &Live::default());
    let of = |family: &str| -> Vec<f64> {
        shown.iter().filter(|(name, _)| name.starts_with(family)).map(|(_, count)| *count).collect()
    };
    let rejected = of("statsd_exporter_series_rejected_total");
    assert_eq!((rejected.len(), rejected.iter().sum::<f64>()), (101, 2005.0));
    let other = shown.get("statsd_exporter_series_rejected_total{family=other}");
    assert_eq!(other, Some(&1905.0));
    assert_eq!(of("statsd_exporter_events_conflict_total").len(), 2000);
}
