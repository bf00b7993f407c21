//! What was sent, as what the bridge has to show for it: sums by the very names
//! of its exposition, and some of our own.
//!
//! Heat: warm (a few additions a datagram).

use std::collections::BTreeMap;

/// The name of a sum. What begins with `~` is ours, all else a series.
pub type Key = &'static str;

pub const LINES: Key = "statsd_exporter_lines_total";
pub const EMPTY: Key = "statsd_exporter_ledger_lines_total{end=\"empty\"}";
pub const SAMPLES: Key = "statsd_exporter_samples_total";
pub const UNIXGRAM: Key = "statsd_exporter_unixgram_packets_total";
pub const TAGGED: Key = "statsd_exporter_tags_total";
pub const TAG_ERRORS: Key = "statsd_exporter_tag_errors_total";
pub const TCP_LONG: Key = "statsd_exporter_tcp_too_long_lines_total";
pub const UNIX_LONG: Key = "statsd_exporter_unix_too_long_lines_total";
pub const RELOADED: Key = "statsd_exporter_config_reloads_total{outcome=\"success\"}";
pub const REFUSED_RELOADS: Key = "statsd_exporter_config_reloads_total{outcome=\"failure\"}";

/// Datagrams over UDP, those too that the kernel will drop.
pub const UDP: Key = "~udp datagrams";
pub const COUNTERS: Key = "~counter samples";
pub const GAUGES: Key = "~gauge samples";
pub const OBSERVERS: Key = "~observer samples";
/// Good samples with a rate that is no number.
pub const BAD_RATES: Key = "~bad rates";
/// Samples of the family that outgrows its budget.
pub const CROWD: Key = "~samples beyond and within a budget";
/// Lines that the relay takes, and lines that are too long for it.
pub const RELAYED: Key = "~relayed lines";
pub const RELAY_LONG: Key = "~lines too long for the relay";
/// Connections that were made, and those that broke at once and so may be lost.
pub const TCP: Key = "~tcp connections";
pub const UNIX: Key = "~unix connections";
pub const BROKEN: Key = "~broken tcp connections";
/// Ledgers that were audited under load.
pub const LEDGERS: Key = "~ledgers";
/// Whole answers that scrapers took, and those that they left.
pub const SCRAPES: Key = "~scrapes";
pub const LEFT_SCRAPES: Key = "~scrapes that were left";

/// What one datagram, or one line, adds to the books.
pub type Effects = Vec<(Key, f64)>;

/// A line of one good sample, counted as one of `kind`.
pub fn good(kind: Key) -> Effects {
    vec![(LINES, 1.0), (SAMPLES, 1.0), (kind, 1.0), (RELAYED, 1.0)]
}

/// A name that is made up at run time. There are few.
pub fn key(name: String) -> Key {
    name.leak()
}

#[derive(Clone, Debug, Default)]
pub struct Books {
    sums: BTreeMap<Key, f64>,
    /// What an actor found wrong, as sentences.
    pub breaches: Vec<String>,
}

impl Books {
    pub fn add(&mut self, key: Key, amount: f64) {
        *self.sums.entry(key).or_default() += amount;
    }

    pub fn post(&mut self, effects: &[(Key, f64)]) {
        for (key, amount) in effects {
            self.add(key, *amount);
        }
    }

    /// Takes over what another has, and leaves it empty.
    pub fn absorb(&mut self, other: &mut Self) {
        for (key, amount) in std::mem::take(&mut other.sums) {
            self.add(key, amount);
        }
        self.breaches.append(&mut other.breaches);
    }

    pub fn sum(&self, key: Key) -> f64 {
        self.sums.get(key).copied().unwrap_or_default()
    }

    /// The series that must have exactly these values.
    pub fn series(&self) -> impl Iterator<Item = (Key, f64)> {
        self.sums.iter().filter(|(key, _)| !key.starts_with('~')).map(|(key, sum)| (*key, *sum))
    }
}
