//! `process_*`: what the `prometheus` crate says of the process, with its gaps
//! closed: it rounds CPU time down to whole seconds, and it does not tell the
//! limit of virtual memory and the bytes that went over the network, which the
//! incumbent does.
//!
//! Heat: cold.

use std::fs;

use prometheus::core::{Collector, Desc};
use prometheus::process_collector::ProcessCollector;
use prometheus::{Counter, Gauge, proto};

const CPU: &str = "process_cpu_seconds_total";

/// Ticks a second in `/proc/self/stat`: `USER_HZ`, which Linux has kept at 100
/// for user space on every architecture that Rust runs on.
const USER_HZ: f64 = 100.0;

/// Metric, help, and the column of `IpExt` in `/proc/self/net/netstat`. The kernel
/// counts by network namespace, and so does the incumbent.
const NETWORK: [(&str, &str, &str); 2] = [
    (
        "process_network_receive_bytes_total",
        "Number of bytes received by the process over the network.",
        "InOctets",
    ),
    (
        "process_network_transmit_bytes_total",
        "Number of bytes sent by the process over the network.",
        "OutOctets",
    ),
];

/// The process's own metrics.
pub(super) struct ProcessMetrics {
    inner: ProcessCollector,
    max_memory: Option<Gauge>,
    /// With the columns that their values are read from.
    network: Vec<(Counter, &'static str)>,
}

impl ProcessMetrics {
    pub(super) fn new() -> Self {
        let max_memory = Gauge::new(
            "process_virtual_memory_max_bytes",
            "Maximum amount of virtual memory available in bytes.",
        );
        let network = NETWORK.into_iter().filter_map(|(name, help, column)| {
            Counter::new(name, help).ok().map(|counter| (counter, column))
        });
        Self {
            inner: ProcessCollector::for_self(),
            max_memory: max_memory.ok(),
            network: network.collect(),
        }
    }

    /// The names of all families.
    pub(super) fn names(&self) -> Vec<String> {
        self.desc().into_iter().map(|desc| desc.fq_name.clone()).collect()
    }
}

impl Collector for ProcessMetrics {
    fn desc(&self) -> Vec<&Desc> {
        let mut descs = self.inner.desc();
        descs.extend(self.max_memory.iter().flat_map(Collector::desc));
        descs.extend(self.network.iter().flat_map(|(counter, _)| counter.desc()));
        descs
    }

    fn collect(&self) -> Vec<proto::MetricFamily> {
        let mut families = self.inner.collect();
        if let Some(seconds) = read("/proc/self/stat").as_deref().and_then(cpu_seconds) {
            for cpu in families.iter_mut().filter(|family| family.name() == CPU) {
                set(cpu, seconds);
            }
        }
        let limit = read("/proc/self/limits").as_deref().and_then(max_memory);
        if let (Some(gauge), Some(limit)) = (&self.max_memory, limit) {
            gauge.set(limit);
            families.extend(gauge.collect());
        }
        let netstat = read("/proc/self/net/netstat");
        for (counter, column) in &self.network {
            let octets = netstat.as_deref().and_then(|netstat| ip_ext(netstat, column));
            families.extend(octets.into_iter().flat_map(|octets| {
                let mut network = counter.collect();
                for family in &mut network {
                    set(family, octets);
                }
                network
            }));
        }
        families
    }
}

/// Gives the counters of a family this value.
fn set(family: &mut proto::MetricFamily, value: f64) {
    for metric in family.mut_metric() {
        let mut counter = proto::Counter::default();
        counter.set_value(value);
        metric.set_counter(counter);
    }
}

fn read(path: &str) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// User and system time out of `/proc/PID/stat`. The second field is the name in
/// parentheses, which may hold anything; user time is the 12th behind it.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11);
    let mut ticks = || times.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / USER_HZ)
}

/// The soft limit of the address space in bytes; none is the largest number, as
/// the incumbent shows it.
fn max_memory(limits: &str) -> Option<f64> {
    let values = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    match values.split_whitespace().next()? {
        "unlimited" => Some(2f64.powi(64)),
        bytes => bytes.parse().ok(),
    }
}

/// A column of `IpExt`: one line names the columns, the next has their values.
fn ip_ext(netstat: &str, column: &str) -> Option<f64> {
    let mut lines = netstat.lines().filter_map(|line| line.strip_prefix("IpExt:"));
    let (names, values) = (lines.next()?, lines.next()?);
    let mut columns = names.split_whitespace().zip(values.split_whitespace());
    columns.find(|(name, _)| *name == column)?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_of_the_network_is_read() {
        let netstat = "TcpExt: InOctets\nTcpExt: 9\nIpExt: A InOctets B\nIpExt: 1 23 4\n";
        assert_eq!(ip_ext(netstat, "InOctets"), Some(23.0));
        assert_eq!(ip_ext(netstat, "OutOctets"), None);
        assert_eq!(ip_ext("TcpExt: InOctets\nTcpExt: 9\n", "InOctets"), None);
    }

    #[test]
    fn cpu_time_has_fractions() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 161 0 0 0 123 45 9 9 20 0 1 0 100 1 1";
        assert_eq!(cpu_seconds(stat), Some(1.68));
        assert_eq!(cpu_seconds("7 (a) S 1"), None);
    }

    #[test]
    fn the_limit_of_memory_is_read() {
        let limits =
            |value| format!("Max cpu time   5 6 s\nMax address space   {value}  7 bytes\n");
        assert_eq!(max_memory(&limits("4096")), Some(4096.0));
        assert_eq!(max_memory(&limits("unlimited")), Some(18_446_744_073_709_551_616.0));
        assert_eq!(max_memory("Max cpu time 5"), None);
    }
}
