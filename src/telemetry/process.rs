//! `process_*`: what the `prometheus` crate says of the process, with its two
//! gaps closed: it rounds CPU time down to whole seconds, and it does not tell
//! the limit of virtual memory, which the incumbent does.
//!
//! Heat: cold.

use std::fs;

use prometheus::core::{Collector, Desc};
use prometheus::process_collector::ProcessCollector;
use prometheus::{Gauge, proto};

const CPU: &str = "process_cpu_seconds_total";

/// Ticks a second in `/proc/self/stat`: `USER_HZ`, which Linux has kept at 100
/// for user space on every architecture that Rust runs on.
const USER_HZ: f64 = 100.0;

/// The process's own metrics.
pub(super) struct ProcessMetrics {
    inner: ProcessCollector,
    max_memory: Option<Gauge>,
}

impl ProcessMetrics {
    pub(super) fn new() -> Self {
        let max_memory = Gauge::new(
            "process_virtual_memory_max_bytes",
            "Maximum amount of virtual memory available in bytes.",
        );
        Self { inner: ProcessCollector::for_self(), max_memory: max_memory.ok() }
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
        descs
    }

    fn collect(&self) -> Vec<proto::MetricFamily> {
        let mut families = self.inner.collect();
        if let Some(seconds) = read("/proc/self/stat").as_deref().and_then(cpu_seconds) {
            let cpu = families.iter_mut().filter(|family| family.name() == CPU);
            for metric in cpu.flat_map(proto::MetricFamily::mut_metric) {
                let mut counter = proto::Counter::default();
                counter.set_value(seconds);
                metric.set_counter(counter);
            }
        }
        let limit = read("/proc/self/limits").as_deref().and_then(max_memory);
        if let (Some(gauge), Some(limit)) = (&self.max_memory, limit) {
            gauge.set(limit);
            families.extend(gauge.collect());
        }
        families
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

#[cfg(test)]
mod tests {
    use super::*;

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
