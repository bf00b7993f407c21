//! What the bridge shows in one scrape: every series and its value.
//!
//! Heat: cold.

use std::collections::BTreeMap;

use crate::harness::scrape::Client;

pub struct Shown(BTreeMap<String, f64>);

impl Shown {
    /// # Panics
    /// If there is no answer, or a line that is none of an exposition.
    pub fn scrape(client: &mut Client) -> Self {
        let mut series = BTreeMap::new();
        let scraped = client.lines(&mut |line| {
            let line = str::from_utf8(line).expect("an exposition is UTF-8");
            if line.starts_with('#') {
                return;
            }
            let (name, value) = line.rsplit_once(' ').expect("a name and a value");
            let value = value.parse().unwrap_or_else(|_| panic!("no number: {line}"));
            let before = series.insert(name.to_owned(), value);
            assert!(before.is_none(), "twice in a scrape: {name}");
        });
        scraped.expect("the bridge answers scrapes");
        Self(series)
    }

    /// What is not there has counted nothing.
    pub fn value(&self, series: &str) -> f64 {
        self.0.get(series).copied().unwrap_or_default()
    }

    pub fn own(&self, name: &str) -> f64 {
        self.value(&format!("statsd_exporter_{name}"))
    }

    /// All series whose text begins so.
    pub fn family<'s>(&'s self, prefix: &'s str) -> impl Iterator<Item = (&'s str, f64)> {
        let from = self.0.range(prefix.to_owned()..);
        let of = from.take_while(move |(name, _)| name.starts_with(prefix));
        of.map(|(name, value)| (name.as_str(), *value))
    }

    pub fn sum(&self, prefix: &str) -> f64 {
        self.family(prefix).map(|(_, value)| value).sum()
    }

    /// The sum of an own family over the series with this label.
    pub fn labelled(&self, name: &str, label: &str) -> f64 {
        let prefix = format!("statsd_exporter_{name}{{");
        let with = self.family(&prefix).filter(|(series, _)| series.contains(label));
        with.map(|(_, value)| value).sum()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// What must come to rest before anything is compared.
    pub fn at_rest(&self) -> Vec<f64> {
        let own = ["lines_total", "samples_total", "udp_packets_total", "tcp_connections_total"];
        let mut values: Vec<f64> = own.iter().map(|name| self.own(name)).collect();
        values.push(self.sum("statsd_exporter_relay_"));
        values
    }
}
