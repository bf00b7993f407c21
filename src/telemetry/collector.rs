//! The one `prometheus` collector of the bridge's own counters. It builds its
//! families from sums at the moment of a scrape, so nothing that counts knows
//! the `prometheus` crate.
//!
//! Heat: cold (once per scrape).

use std::collections::HashMap;
use std::sync::Arc;

use prometheus::core::{Collector, Desc};
use prometheus::proto;

use super::families::{self, Family};
use super::row::{Reading, SocketReading};
use super::tally::{Tally, Transport};
use super::{BuildInfo, Cold, Counts, Live, lock};
use crate::model::own::{OwnFamily, OwnSeries};
use crate::model::{MetricKind, Outcome};

/// Collects the families of [`families::ALL`].
pub(super) struct OwnCollector {
    counts: Arc<Counts>,
    descs: Vec<Desc>,
}

impl OwnCollector {
    pub(super) fn new(counts: Arc<Counts>) -> Self {
        let descs = families::ALL.iter().filter_map(|family| {
            let labels = family.labels.iter().copied().map(str::to_owned).collect();
            Desc::new(family.name.into(), family.help.into(), labels, HashMap::new()).ok()
        });
        Self { counts, descs: descs.collect() }
    }
}

impl Collector for OwnCollector {
    fn desc(&self) -> Vec<&Desc> {
        self.descs.iter().collect()
    }

    fn collect(&self) -> Vec<proto::MetricFamily> {
        let mut out = Families(Vec::with_capacity(families::ALL.len()));
        let reading = self.counts.rows.read();
        let tally = &reading.total;
        out.one(&families::BUILD_INFO, &build_labels(), 1);
        out.listeners(&reading, &self.counts.cold);
        out.relay(tally, &self.counts.cold);
        out.samples(tally);
        out.events(tally);
        out.refused_by_name(&self.counts);
        out.ledger(&reading);
        out.rooms(tally, &lock(&self.counts.live));
        out.cold(&self.counts.cold);
        out.0
    }
}

/// The values of the labels of `build_info`, in the order of their names.
fn build_labels() -> [&'static str; 7] {
    let BuildInfo { version, revision, branch, compiler, os, arch } = BuildInfo::CURRENT;
    [branch, arch, os, compiler, revision, "", version]
}

/// The families of one scrape so far.
struct Families(Vec<proto::MetricFamily>);

impl Families {
    fn listeners(&mut self, reading: &Reading, cold: &Cold) {
        let tally = &reading.total;
        self.one(&families::UDP_PACKETS, &[], tally.received(Transport::Udp));
        self.one(&families::UDP_PACKET_DROPS, &[], 0);
        self.one(&families::UDP_KERNEL_DROPS, &[], reading.dropped(Transport::Udp));
        self.one(&families::UDP_TRUNCATED, &[], tally.truncated(Transport::Udp));
        self.one(&families::UNIXGRAM_PACKETS, &[], tally.received(Transport::Unixgram));
        let cut = tally.truncated(Transport::Unixgram);
        self.one(&families::UNIXGRAM_TRUNCATED, &[], cut);
        let tcp = cold.tcp();
        self.one(&families::TCP_CONNECTIONS, &[], tcp.opened.now());
        self.one(&families::TCP_CONNECTION_ERRORS, &[], tcp.failed.now());
        self.one(&families::TCP_REFUSED, &[], tcp.refused.now());
        self.one(&families::TCP_TIMED_OUT, &[], tcp.timed_out.now());
        self.one(&families::TCP_TOO_LONG_LINES, &[], tcp.too_long_lines.now());
        let unix = cold.unix();
        self.one(&families::UNIX_CONNECTIONS, &[], unix.opened.now());
        self.one(&families::UNIX_CONNECTION_ERRORS, &[], unix.failed.now());
        self.one(&families::UNIX_REFUSED, &[], unix.refused.now());
        self.one(&families::UNIX_TIMED_OUT, &[], unix.timed_out.now());
        self.one(&families::UNIX_TOO_LONG_LINES, &[], unix.too_long_lines.now());
    }

    /// Nothing without a relay.
    fn relay(&mut self, tally: &Tally, cold: &Cold) {
        let Some(target) = cold.relay_target() else { return };
        let lost = tally.relay_lost() + cold.relay_dropped_lines.now();
        self.one(&families::RELAY_PACKETS, &[target], cold.relay_packets.now());
        self.one(&families::RELAY_LONG_LINES, &[target], tally.relay_long_lines());
        self.one(&families::RELAY_LINES, &[target], tally.relayed());
        self.one(&families::RELAY_DROPPED, &[target], lost);
    }

    fn samples(&mut self, tally: &Tally) {
        self.one(&families::LINES, &[], tally.lines());
        self.one(&families::SAMPLES, &[], tally.samples());
        let errors = Outcome::SAMPLE_ERRORS.map(|outcome| {
            // A rate that is not a number is counted, though its sample stays.
            let bad_rates = (outcome == Outcome::InvalidSampleFactor).then(|| tally.bad_rates());
            (outcome.reason(), tally.outcome(outcome) + bad_rates.unwrap_or_default())
        });
        self.counted(&families::SAMPLE_ERRORS, errors);
        self.one(&families::TAGS, &[], tally.tagged());
        self.one(&families::TAG_ERRORS, &[], tally.bad_tags());
        self.one(&families::WEIGHTS_CAPPED, &[], tally.weights_capped());
    }

    fn events(&mut self, tally: &Tally) {
        let recorded =
            MetricKind::ALL.map(|kind| (kind.as_str(), tally.weight(Outcome::recorded(kind))));
        self.counted(&families::EVENTS, recorded);
        self.one(&families::EVENTS_UNMAPPED, &[], tally.events_unmapped());
        let errors = Outcome::EVENT_ERRORS.map(|outcome| (outcome.reason(), tally.weight(outcome)));
        self.counted(&families::EVENTS_ERROR, errors);
        let actions = [("map", tally.events_mapped()), ("drop", tally.weight(Outcome::Dropped))];
        self.counted(&families::EVENTS_ACTIONS, actions);
        self.one(&families::EVENT_QUEUE_FLUSHED, &[], tally.batches());
    }

    fn refused_by_name(&mut self, counts: &Counts) {
        for (kind, name, count) in counts.conflicts.counts() {
            self.one(&families::EVENTS_CONFLICT, &[&name, kind.as_str()], count);
        }
        for ((), family, count) in counts.rejected.counts() {
            self.one(&families::SERIES_REJECTED, &[&family], count);
        }
    }

    /// The rows of the ledger (`ledger.rs`), each as a family of its parts.
    fn ledger(&mut self, reading: &Reading) {
        for SocketReading { socket, received, dropped, .. } in &reading.sockets {
            let (address, kind) = (socket.address(), socket.transport().as_str());
            let index = socket.index().to_string();
            for (end, count) in [("received", received), ("dropped_by_kernel", dropped)] {
                self.one(&families::LEDGER_DATAGRAMS, &[address, end, &index, kind], *count);
            }
        }
        let tally = &reading.total;
        for outcome in Outcome::ALL {
            let of_lines = outcome.ends_a_line();
            let family = if of_lines { &families::LEDGER_LINES } else { &families::LEDGER_SAMPLES };
            self.counted(family, [(outcome.reason(), tally.outcome(*outcome))]);
        }
        let cut = tally.truncated(Transport::Udp) + tally.truncated(Transport::Unixgram);
        let warnings = [
            ("bad_rate", tally.bad_rates()),
            ("tag_error", tally.bad_tags()),
            ("weight_capped", tally.weights_capped()),
            ("datagram_cut", cut),
        ];
        self.counted(&families::LEDGER_WARNINGS, warnings);
    }

    /// What the registry, the rules and the route table said of themselves.
    fn rooms(&mut self, tally: &Tally, live: &Live) {
        self.counted(&families::METRICS, live.metrics_by_type);
        self.one(&families::LOADED_MAPPINGS, &[], count(live.loaded_mappings));
        self.one(&families::CACHE_LENGTH, &[], count(live.cache_length));
        self.one(&families::CACHE_GETS, &[], tally.cache_gets());
        self.one(&families::CACHE_HITS, &[], tally.cache_hits());
    }

    fn cold(&mut self, cold: &Cold) {
        let reloads = [("success", cold.reloads_good.now()), ("failure", cold.reloads_bad.now())];
        self.counted(&families::CONFIG_RELOADS, reloads);
        self.one(&families::SCRAPES_IN_FLIGHT, &[], cold.scrapes_going_on());
        for (code, count) in cold.scrapes_by_code() {
            self.one(&families::SCRAPES, &[&code.to_string()], count);
        }
    }

    /// Series with one label, those that counted.
    fn counted<const N: usize>(&mut self, family: &Family, counts: [(&str, u64); N]) {
        for (value, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            self.one(family, &[value], count);
        }
    }

    /// One series, in the family's own message or the one that it has already.
    fn one(&mut self, family: &Family, labels: &[&str], value: u64) {
        let pairs = family.labels.iter().zip(labels).map(|(name, value)| {
            let mut pair = proto::LabelPair::default();
            pair.set_name((*name).to_owned());
            pair.set_value((*value).to_owned());
            pair
        });
        let mut metric = proto::Metric::from_label(pairs.collect());
        if family.is_counter {
            let mut counter = proto::Counter::default();
            counter.set_value(float(value));
            metric.set_counter(counter);
        } else {
            let mut gauge = proto::Gauge::default();
            gauge.set_value(float(value));
            metric.set_gauge(gauge);
        }
        match self.0.last_mut().filter(|last| last.name() == family.name) {
            Some(last) => last.mut_metric().push(metric),
            None => self.0.push(message(family, metric)),
        }
    }
}

fn message(family: &Family, first: proto::Metric) -> proto::MetricFamily {
    let kind =
        if family.is_counter { proto::MetricType::COUNTER } else { proto::MetricType::GAUGE };
    let mut message = proto::MetricFamily::default();
    message.set_name(family.name.to_owned());
    message.set_help(family.help.to_owned());
    message.set_field_type(kind);
    message.set_metric(vec![first]);
    message
}

#[expect(clippy::cast_precision_loss, reason = "a count above 2^53 may lose its last digits")]
const fn float(count: u64) -> f64 {
    count as f64
}

const fn count(size: usize) -> u64 {
    size as u64
}

/// What was gathered, as plain data, the series of each family by their labels.
pub(super) fn own_families(gathered: Vec<proto::MetricFamily>) -> Vec<OwnFamily> {
    let own = gathered.into_iter().map(|family| {
        let is_counter = family.get_field_type() == proto::MetricType::COUNTER;
        let mut series: Vec<_> =
            family.get_metric().iter().map(|metric| own_series(metric, is_counter)).collect();
        series.sort_by(|a, b| a.labels.cmp(&b.labels));
        let (name, help) = (family.name().to_owned(), family.help().to_owned());
        OwnFamily { name, help, is_counter, series }
    });
    own.collect()
}

fn own_series(metric: &proto::Metric, is_counter: bool) -> OwnSeries {
    let labels = metric.get_label().iter();
    let labels = labels.map(|pair| (pair.name().to_owned(), pair.value().to_owned())).collect();
    let value =
        if is_counter { metric.get_counter().get_value() } else { metric.get_gauge().get_value() };
    OwnSeries { labels, value }
}
