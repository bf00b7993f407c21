//! What two scrapes have to have in common, and by how much numbers may differ.
//!
//! Heat: cold.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::cases::near;
use crate::support::exposition::{Exposition, is_own, join_series, split_series};

/// A quantile here is the nearest rank with its value off by at most 0.8 %.
const QUANTILE: f64 = 0.009;

/// From so many observations on the other bridge's quantiles are estimates of
/// rank; below, it keeps every value.
const ESTIMATED: f64 = 500.0;

/// Sums: a weighted observation is added in one step here, one by one there.
const SUM: f64 = 1e-9;
/// The same for sums of numbers that cancel each other out.
const SUM_NEAR_ZERO: f64 = 1e-6;

/// Own families whose values say what was received, and so must agree.
const COMPARABLE: [&str; 18] = [
    "config_reloads_total",
    "events_actions_total",
    "events_conflict_total",
    "events_error_total",
    "events_total",
    "events_unmapped_total",
    "lines_total",
    "loaded_mappings",
    "metrics_total",
    "sample_errors_total",
    "samples_total",
    "tag_errors_total",
    "tags_total",
    "tcp_connection_errors_total",
    "tcp_connections_total",
    "tcp_too_long_lines_total",
    "udp_packets_total",
    "unixgram_packets_total",
];

/// Own families that only one of the two has, and why.
const ONLY_ONE: [(&str, &str); 11] = [
    ("statsd_exporter_unix_", "COMPATIBILITY.md: unix stream sockets"),
    ("process_threads", "COMPATIBILITY.md: `process_threads`"),
    ("go_", "COMPATIBILITY.md: `go_*` metrics"),
    ("statsd_exporter_udp_kernel_drops_total", "COMPATIBILITY.md: kernel drops"),
    ("statsd_exporter_udp_truncated_datagrams_total", "COMPATIBILITY.md: kernel drops"),
    ("statsd_exporter_unixgram_truncated_datagrams_total", "COMPATIBILITY.md: kernel drops"),
    ("statsd_exporter_weights_capped_total", "COMPATIBILITY.md: tiny rates"),
    ("statsd_exporter_tcp_connections_refused_total", "COMPATIBILITY.md: connections"),
    ("statsd_exporter_tcp_connections_timed_out_total", "COMPATIBILITY.md: connections"),
    ("statsd_exporter_ledger_", "COMPATIBILITY.md: `/-/ledger`"),
    ("statsd_exporter_series", "COMPATIBILITY.md: no limit to series"),
];

/// A scrape, ready to be compared.
pub struct View(Exposition);

impl View {
    /// Of a scrape.
    pub fn of(scrape: Exposition) -> Self {
        Self(scrape)
    }

    /// The value of an own series, 0 without one.
    pub fn own(&self, series: &str) -> f64 {
        self.0.own(series)
    }

    fn received(texts: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let kept = texts.iter().filter(|(family, _)| !mine(family));
        kept.map(|(family, text)| (family.clone(), text.clone())).collect()
    }

    fn samples(&self) -> BTreeMap<String, f64> {
        let kept = self.0.samples.iter().filter(|(series, _)| !mine(&self.0.family_of[*series]));
        kept.map(|(series, value)| (series.clone(), *value)).collect()
    }

    /// Own families, their types and the names of their labels.
    fn own_families(&self) -> BTreeMap<String, String> {
        let shape = |(family, kind): (&String, &String)| {
            let names: BTreeSet<String> = self
                .0
                .samples
                .keys()
                .filter(|series| self.0.family_of[*series] == *family)
                .flat_map(|series| split_series(series).1.into_keys())
                .collect();
            (family.clone(), format!("{kind} {names:?}"))
        };
        let one_sided = |family: &str| ONLY_ONE.iter().any(|(name, _)| family.starts_with(name));
        let own = self.0.types.iter().filter(|(family, _)| mine(family) && !one_sided(family));
        own.map(shape).collect()
    }

    fn own_values(&self) -> BTreeMap<String, f64> {
        let comparable = |series: &&String| {
            let family = self.0.family_of[*series].strip_prefix("statsd_exporter_");
            family.is_some_and(|family| COMPARABLE.contains(&family))
        };
        let kept = self.0.samples.keys().filter(comparable);
        kept.map(|series| (series.clone(), self.0.samples[series])).collect()
    }

    /// How far a series may lie from its like.
    fn alike(&self, series: &str, ours: f64, theirs: f64) -> bool {
        let family = &self.0.family_of[series];
        let kind = self.0.types[family].as_str();
        let (name, mut labels) = split_series(series);
        if kind == "summary" && labels.remove("quantile").is_some() {
            let count = self.0.get(&join_series(&format!("{family}_count"), &labels));
            return count.unwrap_or(0.0) >= ESTIMATED || near(theirs, ours, QUANTILE);
        }
        if ["summary", "histogram"].contains(&kind) && name == format!("{family}_sum") {
            return near(theirs, ours, SUM) || (theirs - ours).abs() < SUM_NEAR_ZERO;
        }
        ours.to_bits() == theirs.to_bits() || ours.is_nan() && theirs.is_nan()
    }
}

fn mine(family: &str) -> bool {
    is_own(family) || family.starts_with("go_")
}

/// Everything in which the two differ.
pub fn differences(ours: &View, theirs: &View) -> Vec<String> {
    let same = |_: &str, a: &String, b: &String| a == b;
    let mut found = Vec::new();
    let (a, b) = (&ours.0, &theirs.0);
    unlike("type", &View::received(&a.types), &View::received(&b.types), same, &mut found);
    unlike("help", &View::received(&a.help), &View::received(&b.help), same, &mut found);
    let alike = |series: &str, a: &f64, b: &f64| ours.alike(series, *a, *b);
    unlike("value", &ours.samples(), &theirs.samples(), alike, &mut found);
    unlike("own family", &ours.own_families(), &theirs.own_families(), same, &mut found);
    unlike("own value", &ours.own_values(), &theirs.own_values(), alike, &mut found);
    found
}

fn unlike<V: std::fmt::Debug>(
    what: &str,
    ours: &BTreeMap<String, V>,
    theirs: &BTreeMap<String, V>,
    alike: impl Fn(&str, &V, &V) -> bool,
    found: &mut Vec<String>,
) {
    let keys: BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
    for key in keys {
        match (ours.get(key), theirs.get(key)) {
            (Some(a), Some(b)) if alike(key, a, b) => {}
            (Some(a), Some(b)) => found.push(format!("{what} {key}: here {a:?}, there {b:?}")),
            (a, b) => found.push(format!("{what} {key}: here {a:?}, there {b:?}")),
        }
    }
}
