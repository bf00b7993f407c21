//! What the log says when the bridge starts and when it stops: what listens
//! where, with which rules and buffers; what was counted.
//!
//! Heat: cold.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;

use tracing::{info, warn};

use super::rules;
use crate::config::Config;
use crate::listener::bind::{BoundListeners, SMALL_BUFFER, receive_buffer};
use crate::mapping::Loaded;
use crate::model::Outcome;
use crate::telemetry::Telemetry;

/// One line a socket, which scripts may read: `what` is `udp`, `tcp`, `unixgram`
/// or `web`, `address` is where it is bound, a port of 0 resolved.
pub(super) fn announce(config: &Config, loaded: &Loaded, listeners: &BoundListeners) {
    info!(version = env!("CARGO_PKG_VERSION"), "starting statsd-bridge");
    info!(from = rules::name(&config.mapping), rules = loaded.rules.len(), "mapping loaded");
    rules::warn_of(loaded);
    if let Some(socket) = listeners.udp.first() {
        let sockets = listeners.udp.len();
        info!(what = "udp", address = shown(socket.local_addr()), sockets, "listening");
        announce_buffer("udp", socket);
    }
    for listener in &listeners.tcp {
        info!(what = "tcp", address = shown(listener.local_addr()), "listening");
    }
    if let (Some(socket), Some(address)) = (&listeners.unixgram, &config.listeners.unixgram) {
        info!(what = "unixgram", address = %address, "listening");
        announce_buffer("unixgram", socket);
    }
    for listener in &listeners.web {
        let path = config.web.telemetry_path.as_str();
        info!(what = "web", address = shown(listener.local_addr()), path, "listening");
    }
}

fn shown(address: io::Result<SocketAddr>) -> String {
    address.map_or_else(|error| error.to_string(), |address| address.to_string())
}

fn announce_buffer(what: &str, socket: &impl AsFd) {
    match receive_buffer(socket) {
        Ok(bytes) if bytes < SMALL_BUFFER && what == "udp" => warn!(
            what,
            bytes,
            "the receive buffer is small, a burst may be dropped: raise net.core.rmem_max to \
             4194304, see deploy/60-statsd-bridge.conf"
        ),
        Ok(bytes) => info!(what, bytes, "receive buffer"),
        Err(error) => warn!(what, %error, "cannot tell the size of the receive buffer"),
    }
}

/// The last word: what was received and what became of it.
pub(super) fn say_goodbye(telemetry: &Telemetry) {
    let total = telemetry.totals();
    let recorded = [Outcome::RecordedCounter, Outcome::RecordedGauge, Outcome::RecordedObserver];
    let recorded: u64 = recorded.iter().map(|end| total.outcome(*end)).sum();
    info!(lines = total.lines(), samples = total.samples(), recorded, "stopped");
}
