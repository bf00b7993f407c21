//! What the web port serves: the exposition of the engine's series and of the
//! bridge's own metrics, the bridge's phase, reloads, and the order to quit.
//!
//! Heat: cold (once per request).

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tokio::sync::Notify;

use super::datagrams::Meters;
use super::rules;
use crate::clock::Clock;
use crate::config::Config;
use crate::exposition::{openmetrics, protobuf, text};
use crate::http::{App, Format, Kind, Phase};
use crate::ingest::Engine;
use crate::telemetry::{Ledger, Live};

/// The running bridge as the web port sees it.
#[derive(Debug)]
pub(super) struct Bridge {
    pub(super) engine: Arc<Engine>,
    pub(super) config: Config,
    pub(super) clock: Clock,
    /// Asked at each scrape, since the kernel does not tell by itself.
    pub(super) meters: Meters,
    pub(super) quit: Notify,
    /// Held while the rules are loaded again.
    pub(super) reloading: Mutex<()>,
    phase: AtomicU8,
}

impl Bridge {
    /// A bridge in [`Phase::Starting`].
    pub(super) fn new(engine: Arc<Engine>, config: Config, clock: Clock, meters: Meters) -> Self {
        let phase = AtomicU8::new(Phase::Starting as u8);
        Self {
            engine,
            config,
            clock,
            meters,
            quit: Notify::new(),
            reloading: Mutex::new(()),
            phase,
        }
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Release);
    }

    /// The accounts of this moment. The kernel is asked first: what it lets go of
    /// after that is in none of the numbers, rather than in one of two.
    pub(super) fn accounts(&self) -> Ledger {
        self.meters.ask();
        self.engine.telemetry().ledger()
    }
}

impl App for Bridge {
    fn scrape(&self, format: Format) -> impl Iterator<Item = Bytes> {
        self.meters.ask();
        let registry = self.engine.registry();
        let own = self.engine.telemetry().own_families(&Live {
            metrics_by_type: registry.metrics_by_type(),
            loaded_mappings: self.engine.rules().len(),
            cache_length: self.engine.route_count(),
        });
        let (now, start) = (self.clock.now(), self.clock.start_unix());
        let chunks: Box<dyn Iterator<Item = Bytes>> = match format.kind {
            Kind::Text => Box::new(text::Chunks::new(registry.snapshot(), own, now)),
            Kind::OpenMetrics => Box::new(openmetrics::Chunks::new(registry, own, now, start)),
            Kind::Protobuf => {
                Box::new(protobuf::Messages::new(registry.snapshot(), own, now, start))
            }
        };
        chunks
    }

    fn phase(&self) -> Phase {
        let phase = self.phase.load(Ordering::Acquire);
        [Phase::Starting, Phase::Ready]
            .into_iter()
            .find(|known| *known as u8 == phase)
            .unwrap_or(Phase::Stopping)
    }

    fn reload(&self) {
        rules::reload(self);
    }

    fn ledger(&self) -> Bytes {
        self.accounts().to_page().into()
    }

    fn quit(&self) {
        self.quit.notify_one();
    }

    fn scrape_began(&self) {
        self.engine.telemetry().cold().scrape_began();
    }

    fn scrape_ended(&self, code: u16) {
        self.engine.telemetry().cold().scrape_ended(code);
    }
}
