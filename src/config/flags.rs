//! The table of flags as an operator types them: names, defaults, help. What
//! the values mean is decided elsewhere in this room; nothing is parsed here.
//!
//! Heat: cold.

use Section::{Compatibility, Limits, Listeners, Logging, Mapping, Parsing, Relay, Web};

/// One flag of the command line.
#[derive(Debug)]
pub(super) struct Flag {
    /// The name behind `--`.
    pub(super) name: &'static str,
    pub(super) section: Section,
    pub(super) takes: Takes,
    /// One or more whole sentences.
    pub(super) help: &'static str,
}

/// What stands behind a flag's name.
#[derive(Clone, Copy, Debug)]
pub(super) enum Takes {
    /// Nothing: `--name` is on, `--no-name` is off.
    Nothing { no_name: &'static str, default: bool },
    /// A value; an empty default stands for "not given".
    Value { placeholder: &'static str, default: &'static str },
}

/// The headings of the help text, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Web,
    Listeners,
    Relay,
    Mapping,
    Parsing,
    Limits,
    Logging,
    Compatibility,
}

impl Section {
    /// The sections that the help text shows.
    pub(super) const SHOWN: [Self; 8] =
        [Web, Listeners, Relay, Mapping, Parsing, Limits, Logging, Compatibility];

    /// The heading, and a remark on all flags below it.
    pub(super) const fn heading(self) -> (&'static str, &'static str) {
        match self {
            Web => ("Web", ""),
            Listeners => ("StatsD listeners", "An empty address switches a listener off."),
            Relay => ("Relay", ""),
            Mapping => ("Mapping", ""),
            Parsing => ("Parsing", ""),
            Limits => ("Limits", ""),
            Logging => ("Logging", ""),
            Compatibility => (
                "Accepted for compatibility",
                "This design has no queues and no mapping cache of a fixed size: these flags of \
                 statsd_exporter are checked and then have no effect.",
            ),
        }
    }
}

impl Flag {
    /// The environment variable that stands in for the flag.
    pub(super) fn variable(&self) -> String {
        let name = self.name.replace(['.', '-'], "_");
        format!("STATSD_EXPORTER_{}", name.to_ascii_uppercase())
    }
}

const fn value(
    section: Section,
    name: &'static str,
    placeholder: &'static str,
    default: &'static str,
    help: &'static str,
) -> Flag {
    Flag { name, section, takes: Takes::Value { placeholder, default }, help }
}

const fn switch(
    section: Section,
    name: &'static str,
    no_name: &'static str,
    default: bool,
    help: &'static str,
) -> Flag {
    Flag { name, section, takes: Takes::Nothing { no_name, default }, help }
}

macro_rules! flags {
    ($($constant:ident = $flag:expr;)*) => {
        $(pub(super) static $constant: Flag = $flag;)*
        /// Every flag but `--help` and `--version`, in the order of the help text.
        pub(super) static ALL: &[&Flag] = &[$(&$constant,)*];
    };
}

flags! {
    WEB_LISTEN_ADDRESS = value(Web, "web.listen-address", "ADDRESS", ":9102",
        "Where metrics are served over HTTP.");
    WEB_TELEMETRY_PATH = value(Web, "web.telemetry-path", "PATH", "/metrics",
        "The path under which metrics are served.");
    WEB_ENABLE_LIFECYCLE = switch(Web, "web.enable-lifecycle", "no-web.enable-lifecycle", false,
        "Let a POST or PUT to /-/reload and /-/quit reload and stop the bridge.");
    WEB_OPENMETRICS = value(Web, "web.openmetrics", "VERSION", "",
        "Offer OpenMetrics of this version, 1.0, to scrapers that ask for it. Counters are then \
         exposed as name_total, so dashboards may need other names.");

    LISTEN_UDP = value(Listeners, "statsd.listen-udp", "ADDRESS", ":9125",
        "Where StatsD lines are received over UDP.");
    LISTEN_TCP = value(Listeners, "statsd.listen-tcp", "ADDRESS", ":9125",
        "Where StatsD lines are received over TCP.");
    LISTEN_UNIXGRAM = value(Listeners, "statsd.listen-unixgram", "PATH", "",
        "Path of a unix datagram socket; @NAME is a socket in the abstract namespace.");
    LISTEN_UNIX = value(Listeners, "statsd.listen-unix", "PATH", "",
        "Path of a unix stream socket, for lines as over TCP; @NAME is a socket in the abstract \
         namespace.");
    UNIXSOCKET_MODE = value(Listeners, "statsd.unixsocket-mode", "OCTAL", "755",
        "Permissions of the files of unix sockets.");
    UDP_SOCKETS = value(Listeners, "statsd.udp-sockets", "NUMBER", "0",
        "How many UDP sockets, each with a receiving thread of its own, share the address, at \
         most 64; 0 is one for two cores. A sender keeps to one socket.");
    RECEIVE_DELAY = value(Listeners, "statsd.receive-delay", "DURATION", "4ms",
        "The longest that a UDP datagram may wait for the receiving thread under load, which \
         sleeps to take many at once; at most 100ms. 0 wakes it for each, which costs more CPU.");
    READ_BUFFER = value(Listeners, "statsd.read-buffer", "BYTES", "0",
        "Size of the receive buffer of each UDP and unix datagram socket; 0 asks for as much as \
         the system gives. The kernel grants at most net.core.rmem_max.");
    STREAM_CONNECTIONS = value(Listeners, "statsd.stream-connections", "NUMBER", "1024",
        "The most connections that are open at once over TCP, and as many over the unix stream \
         socket; a further one is closed at once and counted. 0 is no limit.");
    STREAM_IDLE_TIMEOUT = value(Listeners, "statsd.stream-idle-timeout", "DURATION", "0s",
        "Close a connection over which nothing came for so long; 0 keeps it. A client that is \
         gone is found by the kernel in any case.");
    STREAM_LINE_LENGTH = value(Listeners, "statsd.stream-line-length", "BYTES", "4095",
        "The most bytes of a line over TCP or the unix stream socket, at most 65536. A longer \
         one closes its connection.");

    RELAY_ADDRESS = value(Relay, "statsd.relay.address", "HOST:PORT", "",
        "Send a copy of every line on to another StatsD server, over UDP.");
    RELAY_PACKET_LENGTH = value(Relay, "statsd.relay.packet-length", "BYTES", "1400",
        "The most bytes of a datagram of the relay. A longer line is not relayed.");

    MAPPING_CONFIG = value(Mapping, "statsd.mapping-config", "FILE", "",
        "File with mapping rules, read again on SIGHUP. It replaces the preset.");
    MAPPING_PRESET = value(Mapping, "statsd.mapping-preset", "NAME", "mastodon",
        "Built-in mapping that is used without a file: mastodon or none.");
    CHECK_CONFIG = switch(Mapping, "check-config", "no-check-config", false,
        "Check the mapping file, print what is wrong with it, and exit.");

    DUMP_FSM = value(Mapping, "debug.dump-fsm", "FILE", "",
        "Draw the mapping rules into this file at start, as a graph for Graphviz' dot.");

    PARSE_DOGSTATSD = switch(Parsing, "statsd.parse-dogstatsd-tags",
        "no-statsd.parse-dogstatsd-tags", true, "Read tags such as name:1|c|#key:value.");
    PARSE_INFLUXDB = switch(Parsing, "statsd.parse-influxdb-tags",
        "no-statsd.parse-influxdb-tags", true, "Read tags such as name,key=value:1|c.");
    PARSE_LIBRATO = switch(Parsing, "statsd.parse-librato-tags",
        "no-statsd.parse-librato-tags", true, "Read tags such as name#key=value:1|c.");
    PARSE_SIGNALFX = switch(Parsing, "statsd.parse-signalfx-tags",
        "no-statsd.parse-signalfx-tags", true, "Read tags such as name[key=value]:1|c.");

    // StatsD has no authentication, so there is a limit unless it is taken away:
    // without one, whoever reaches the port can take all memory. A million is more
    // than Prometheus likes to scrape from one target, and 0.3 to 0.8 GB of counters
    // (PERFORMANCE.md). Who needs more knows it, and finds the refusals counted.
    MAX_SERIES = value(Limits, "statsd.max-series", "NUMBER", "1000000",
        "The most series that are kept; samples of further ones are refused and counted. A \
         series whose text is longer than a KiB counts for as many as it has begun. 0 is no \
         limit.");
    // One name that goes wrong (a tag with an id of the request) leaves three
    // quarters to the others, and shows in the counts under its name.
    MAX_SERIES_PER_FAMILY = value(Limits, "statsd.max-series-per-family", "NUMBER", "250000",
        "The most series that one metric name may have, counted the same way. 0 is no limit.");

    LOG_LEVEL = value(Logging, "log.level", "LEVEL", "info",
        "Log what is at least this severe: debug, info, warn or error.");
    LOG_FORMAT = value(Logging, "log.format", "FORMAT", "logfmt",
        "How log lines are written to standard error: logfmt or json.");

    CACHE_SIZE = value(Compatibility, "statsd.cache-size", "NUMBER", "1000",
        "Size of the mapping cache.");
    CACHE_TYPE = value(Compatibility, "statsd.cache-type", "TYPE", "lru",
        "Kind of the mapping cache: lru or random.");
    EVENT_QUEUE_SIZE = value(Compatibility, "statsd.event-queue-size", "NUMBER", "10000",
        "Size of the event queue.");
    EVENT_FLUSH_THRESHOLD = value(Compatibility, "statsd.event-flush-threshold", "NUMBER", "1000",
        "Events after which the queue is flushed.");
    EVENT_FLUSH_INTERVAL = value(Compatibility, "statsd.event-flush-interval", "DURATION", "200ms",
        "Time after which the queue is flushed.");
    UDP_PACKET_QUEUE_SIZE = value(Compatibility, "statsd.udp-packet-queue-size", "NUMBER", "10000",
        "Size of the queue of UDP datagrams.");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_off_is_the_name_with_no_in_front() {
        for flag in ALL {
            if let Takes::Nothing { no_name, .. } = flag.takes {
                assert_eq!(no_name, format!("no-{}", flag.name));
            }
        }
    }

    #[test]
    fn a_variable_is_the_flag_in_capitals() {
        assert_eq!(LISTEN_UDP.variable(), "STATSD_EXPORTER_STATSD_LISTEN_UDP");
        assert_eq!(CHECK_CONFIG.variable(), "STATSD_EXPORTER_CHECK_CONFIG");
    }

    #[test]
    fn names_and_variables_are_told_apart() {
        let mut variables: Vec<_> = ALL.iter().map(|flag| flag.variable()).collect();
        variables.sort();
        variables.dedup();
        assert_eq!(variables.len(), ALL.len());
    }
}
