//! The bridge's own metrics: what its workers and listeners count, summed when
//! it is scraped. Names, types and labels are the incumbent's.
//!
//! A worker counts into a [`Tally`] of plain integers and publishes it once a
//! batch through its [`Row`]; what happens seldom is counted on [`Telemetry`]
//! itself. This room imports `model` and `sync` only, so the server hands in what
//! other rooms know ([`Live`]). It alone names the `prometheus` crate.
//!
//! Heat: warm ([`Tally`] is hot).

mod build_info;
mod cold;
mod collector;
mod families;
mod ledger;
mod named;
mod process;
mod row;
mod seqlock;
mod sockets;
mod tally;

use std::sync::{Arc, Mutex};

use crate::model::own::OwnFamily;
use crate::model::{MetricKind, MetricName};
use collector::OwnCollector;
use named::{Most, Named};
use process::ProcessMetrics;

pub use build_info::BuildInfo;
pub use cold::{Cold, Streams};
pub use ledger::Ledger;
pub use named::NamedCounter;
pub use row::Row;
pub use sockets::DatagramSocket;
pub use tally::{Tally, Transport};

/// What other rooms know at the moment of a scrape.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Live {
    /// Pairs of (name, label names) that are there now, by type.
    pub metrics_by_type: [(&'static str, u64); 4],
    /// How many mapping rules are loaded.
    pub loaded_mappings: usize,
    /// How many routes are cached.
    pub cache_length: usize,
}

/// Pairs of type and name of `statsd_exporter_events_conflict_total`: as many as a
/// large installation that has got its mapping wrong may want to look through.
const CONFLICTS: Most = Most { names: 10_000, bytes: 1 << 20 };

/// Families of `statsd_exporter_series_rejected_total`. A family that is too large
/// is among the first; of a flood of names the first hundred tell enough.
const REJECTED: Most = Most { names: 100, bytes: 16 << 10 };

/// What is counted, shared between those who count and the collector.
#[derive(Debug)]
struct Counts {
    rows: Arc<row::Rows>,
    conflicts: Named<MetricKind>,
    rejected: Named<()>,
    cold: Arc<Cold>,
    /// Set by the scrape that is going on.
    live: Mutex<Live>,
}

/// The bridge's own metrics. Shared by everything that counts.
#[derive(Debug)]
pub struct Telemetry {
    counts: Arc<Counts>,
    registry: prometheus::Registry,
    /// Held during a scrape, so that no other one exchanges its [`Live`].
    gathering: Mutex<()>,
}

impl Telemetry {
    /// All counters at 0.
    #[must_use]
    pub fn new() -> Self {
        let counts = Arc::new(Counts {
            rows: Arc::default(),
            conflicts: Named::new(CONFLICTS),
            rejected: Named::new(REJECTED),
            cold: Arc::default(),
            live: Mutex::default(),
        });
        let registry = prometheus::Registry::new();
        // Refused are only malformed or repeated names; a test holds that the
        // tables have none. There is nothing to do about it at run time.
        let own = registry.register(Box::new(OwnCollector::new(Arc::clone(&counts))));
        let process = registry.register(Box::new(ProcessMetrics::new()));
        debug_assert!(own.is_ok() && process.is_ok(), "{own:?} {process:?}");
        Self { counts, registry, gathering: Mutex::new(()) }
    }

    /// A row for one more worker. Its sums stay when the row is dropped.
    #[must_use]
    pub fn register(&self) -> Row {
        self.counts.rows.add(None)
    }

    /// A row for the worker that alone takes the datagrams of `socket`.
    #[must_use]
    pub fn register_socket(&self, socket: &Arc<DatagramSocket>) -> Row {
        self.counts.rows.add(Some(Arc::clone(socket)))
    }

    /// The counter of events of a kind that were refused because the name
    /// belongs to something else. To be kept where the refusal is cached.
    #[must_use]
    pub fn conflict(&self, kind: MetricKind, name: &MetricName) -> NamedCounter {
        self.counts.conflicts.counter(kind, name.as_str())
    }

    /// The counter of events of a family that were refused because the budget of
    /// series is used up. To be kept where the refusal is cached.
    #[must_use]
    pub fn rejected(&self, family: &MetricName) -> NamedCounter {
        self.counts.rejected.counter((), family.as_str())
    }

    /// What happens seldom: connections, reloads, scrapes.
    #[must_use]
    pub fn cold(&self) -> &Arc<Cold> {
        &self.counts.cold
    }

    /// The sum over all workers, those that are gone too. It balances: it is
    /// made of tallies each of which was published whole.
    #[must_use]
    pub fn totals(&self) -> Tally {
        self.counts.rows.read().total
    }

    /// The accounts of this moment.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        Ledger::of(&self.counts.rows.read(), &self.counts.cold)
    }

    /// All own metrics now, by name, the series of each by their labels.
    #[must_use]
    pub fn own_families(&self, live: &Live) -> Vec<OwnFamily> {
        let scrape = lock(&self.gathering);
        lock(&self.counts.live).clone_from(live);
        let families = self.registry.gather();
        drop(scrape);
        collector::own_families(families)
    }

    /// Every name that an own metric can ever have, those too that are absent
    /// until they first count. No sample may take one of them.
    #[must_use]
    pub fn reserved_names() -> Vec<String> {
        let own = families::ALL.iter().map(|family| family.name.to_owned());
        own.chain(ProcessMetrics::new().names()).collect()
    }
}

impl Default for Telemetry {
    fn default() -> Self {
        Self::new()
    }
}

/// Locks also after a panic elsewhere: counters are valid at every step.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests;
