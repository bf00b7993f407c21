//! The table of own metrics: names, types and label names as the incumbent has
//! them, and help texts.
//!
//! Heat: cold.

/// One own metric.
#[derive(Debug)]
pub(super) struct Family {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) is_counter: bool,
    /// Label names in their order. A family that has some is absent until one
    /// of its series counts.
    pub(super) labels: &'static [&'static str],
}

macro_rules! families {
    ($($constant:ident = $type:ident $name:literal [$($label:literal),*] $help:literal;)*) => {
        $(pub(super) static $constant: Family = Family {
            name: $name,
            help: $help,
            is_counter: families!(@$type),
            labels: &[$($label),*],
        };)*
        /// Every own metric but those of the process.
        pub(super) static ALL: &[&Family] = &[$(&$constant,)*];
    };
    (@counter) => { true };
    (@gauge) => { false };
}

families! {
    BUILD_INFO = gauge "statsd_exporter_build_info"
        ["branch", "goarch", "goos", "goversion", "revision", "tags", "version"]
        "Always 1; the labels say what the bridge was built from and for. goversion is the Rust compiler.";
    UDP_PACKETS = counter "statsd_exporter_udp_packets_total" []
        "Datagrams received over UDP.";
    UDP_PACKET_DROPS = counter "statsd_exporter_udp_packet_drops_total" []
        "Datagrams received over UDP and then dropped by the bridge. Always 0: it has no queue that could be full. See statsd_exporter_udp_kernel_drops_total.";
    UDP_KERNEL_DROPS = counter "statsd_exporter_udp_kernel_drops_total" []
        "Datagrams that the kernel dropped because the receive buffer of a UDP socket was full.";
    UDP_TRUNCATED = counter "statsd_exporter_udp_truncated_datagrams_total" []
        "UDP datagrams of which only the beginning fitted into the buffer.";
    UNIXGRAM_PACKETS = counter "statsd_exporter_unixgram_packets_total" []
        "Datagrams received over the unix datagram socket.";
    UNIXGRAM_TRUNCATED = counter "statsd_exporter_unixgram_truncated_datagrams_total" []
        "Datagrams over the unix datagram socket of which only the beginning fitted into the buffer; their whole lines were taken.";
    TCP_CONNECTIONS = counter "statsd_exporter_tcp_connections_total" []
        "TCP connections accepted.";
    TCP_CONNECTION_ERRORS = counter "statsd_exporter_tcp_connection_errors_total" []
        "TCP connections that could not be accepted or read from.";
    TCP_REFUSED = counter "statsd_exporter_tcp_connections_refused_total" []
        "TCP connections that were closed at once, since --statsd.stream-connections were open.";
    TCP_TIMED_OUT = counter "statsd_exporter_tcp_connections_timed_out_total" []
        "TCP connections that were closed, since nothing came for --statsd.stream-idle-timeout.";
    TCP_TOO_LONG_LINES = counter "statsd_exporter_tcp_too_long_lines_total" []
        "Lines over TCP that were too long; each closed its connection.";
    UNIX_CONNECTIONS = counter "statsd_exporter_unix_connections_total" []
        "Connections accepted on the unix stream socket.";
    UNIX_CONNECTION_ERRORS = counter "statsd_exporter_unix_connection_errors_total" []
        "Connections on the unix stream socket that could not be accepted or read from.";
    UNIX_REFUSED = counter "statsd_exporter_unix_connections_refused_total" []
        "Connections on the unix stream socket that were closed at once, since --statsd.stream-connections were open.";
    UNIX_TIMED_OUT = counter "statsd_exporter_unix_connections_timed_out_total" []
        "Connections on the unix stream socket that were closed, since nothing came for --statsd.stream-idle-timeout.";
    UNIX_TOO_LONG_LINES = counter "statsd_exporter_unix_too_long_lines_total" []
        "Lines over the unix stream socket that were too long; each closed its connection.";
    RELAY_PACKETS = counter "statsd_exporter_relay_packets_total" ["target"]
        "Packets of StatsD lines sent by the relay.";
    RELAY_LONG_LINES = counter "statsd_exporter_relay_long_lines_total" ["target"]
        "StatsD lines that were too long for a packet of the relay and were not relayed.";
    RELAY_LINES = counter "statsd_exporter_relay_lines_relayed_total" ["target"]
        "StatsD lines handed to the relay. Those it could not deliver are in statsd_exporter_relay_dropped_lines_total too.";
    RELAY_DROPPED = counter "statsd_exporter_relay_dropped_lines_total" ["target"]
        "StatsD lines that the relay lost: its queue was full, or sending failed or was refused.";
    LINES = counter "statsd_exporter_lines_total" []
        "StatsD lines received, empty and malformed ones too.";
    SAMPLES = counter "statsd_exporter_samples_total" []
        "StatsD samples received, malformed ones too.";
    SAMPLE_ERRORS = counter "statsd_exporter_sample_errors_total" ["reason"]
        "Lines and samples that could not be read, by reason.";
    TAGS = counter "statsd_exporter_tags_total" []
        "Samples that carried tags.";
    TAG_ERRORS = counter "statsd_exporter_tag_errors_total" []
        "Tags that could not be read and were left out.";
    WEIGHTS_CAPPED = counter "statsd_exporter_weights_capped_total" []
        "Samples with a sampling rate so small that the number of observations they stand for was cut.";
    EVENTS = counter "statsd_exporter_events_total" ["type"]
        "StatsD events recorded, by type.";
    EVENTS_UNMAPPED = counter "statsd_exporter_events_unmapped_total" []
        "StatsD events that no mapping rule took.";
    EVENTS_ERROR = counter "statsd_exporter_events_error_total" ["reason"]
        "StatsD events that were refused, by reason.";
    EVENTS_CONFLICT = counter "statsd_exporter_events_conflict_total" ["metric_name", "type"]
        "StatsD events that were refused because their name belongs to a metric of another type or of the bridge.";
    SERIES_REJECTED = counter "statsd_exporter_series_rejected_total" ["family"]
        "StatsD events that were refused because there are as many series as there may be, by the family that they were for; beyond the first 100 families under other.";
    EVENTS_ACTIONS = counter "statsd_exporter_events_actions_total" ["action"]
        "StatsD events that a mapping rule took, by what it did.";
    EVENT_QUEUE_FLUSHED = counter "statsd_exporter_event_queue_flushed_total" []
        "Batches of events that were recorded.";
    LEDGER_DATAGRAMS = counter "statsd_exporter_ledger_datagrams_total" ["address", "end", "index", "kind"]
        "Datagrams sent to each socket, by their end: received or dropped_by_kernel.";
    LEDGER_LINES = counter "statsd_exporter_ledger_lines_total" ["end"]
        "StatsD lines by their end: empty, samples (it carried some), or the reason for which the whole line was refused. The sum is statsd_exporter_lines_total.";
    LEDGER_SAMPLES = counter "statsd_exporter_ledger_samples_total" ["end"]
        "StatsD samples by their end: the type as which it was recorded, drop (by a rule), or the reason for which it was refused. The sum is statsd_exporter_samples_total.";
    LEDGER_WARNINGS = counter "statsd_exporter_ledger_warnings_total" ["warning"]
        "What was odd about datagrams and samples that were taken all the same.";
    METRICS = gauge "statsd_exporter_metrics_total" ["type"]
        "Pairs of metric name and set of label names that there are now, by type.";
    LOADED_MAPPINGS = gauge "statsd_exporter_loaded_mappings" []
        "Mapping rules in use.";
    CONFIG_RELOADS = counter "statsd_exporter_config_reloads_total" ["outcome"]
        "Attempts to read the mapping file again, by outcome.";
    CACHE_LENGTH = gauge "statsd_metric_mapper_cache_length" []
        "Routes from a name and its tags to a series that are remembered.";
    CACHE_GETS = counter "statsd_metric_mapper_cache_gets_total" []
        "Look-ups of a remembered route.";
    CACHE_HITS = counter "statsd_metric_mapper_cache_hits_total" []
        "Look-ups that found a remembered route.";
    SCRAPES_IN_FLIGHT = gauge "promhttp_metric_handler_requests_in_flight" []
        "Scrapes that are being answered, this one among them.";
    SCRAPES = counter "promhttp_metric_handler_requests_total" ["code"]
        "Scrapes answered, by HTTP status code.";
}
