//! What the log says when the bridge starts and when it stops: what listens
//! where, with which rules and buffers; what was counted.
//!
//! Heat: cold.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;

use tracing::{info, warn};

use super::rules;
use crate::config::{Config, Listeners};
use crate::http;
use crate::listener::bind::{BoundListeners, SMALL_BUFFER, receive_buffer};
use crate::mapping::Loaded;
use crate::model::Outcome;
use crate::telemetry::{Ledger, Telemetry};

/// One line a socket, which scripts may read: `what` is `udp`, `tcp`, `unixgram`,
/// `unix` or `web`, `address` is where it is bound, a port of 0 resolved.
pub(super) fn announce(config: &Config, loaded: &Loaded, listeners: &BoundListeners) {
    info!(version = env!("CARGO_PKG_VERSION"), "starting statsd-bridge");
    info!(from = rules::name(&config.mapping), rules = loaded.rules.len(), "mapping loaded");
    rules::warn_of(loaded);
    if let Some(socket) = listeners.udp.first() {
        let sockets = listeners.udp.len();
        info!(what = "udp", address = shown(socket.local_addr()), sockets, "listening");
        announce_buffer("udp", socket, config);
    }
    for listener in &listeners.tcp {
        info!(what = "tcp", address = shown(listener.local_addr()), "listening");
    }
    if let (Some(socket), Some(address)) = (&listeners.unixgram, &config.listeners.unixgram) {
        info!(what = "unixgram", address = %address, "listening");
        announce_buffer("unixgram", socket, config);
    }
    if let (Some(_), Some(address)) = (&listeners.unix, &config.listeners.unix) {
        info!(what = "unix", address = %address, "listening");
    }
    if let Some(relay) = &config.relay {
        let packet_length = relay.packet_length;
        info!(to = %relay.target, packet_length, "relaying");
    }
    for listener in &listeners.web {
        let path = config.web.telemetry_path.as_str();
        info!(what = "web", address = shown(listener.local_addr()), path, "listening");
    }
}

fn shown(address: io::Result<SocketAddr>) -> String {
    address.map_or_else(|error| error.to_string(), |address| address.to_string())
}

/// The kernel counts its own bookkeeping and says twice what was granted; here
/// it is what an operator asks for.
fn announce_buffer(what: &str, socket: &impl AsFd, config: &Config) {
    let asked = config.listeners.read_buffer;
    let granted = match receive_buffer(socket) {
        Ok(bytes) => bytes / 2,
        Err(error) => return warn!(what, %error, "cannot tell the size of the receive buffer"),
    };
    match asked {
        Some(asked) if granted < asked => warn!(
            what,
            granted, asked, "the receive buffer is smaller than asked for: raise net.core.rmem_max"
        ),
        None if granted * 2 < SMALL_BUFFER && what == "udp" => warn!(
            what,
            granted,
            "the receive buffer is small, a burst may be dropped: raise net.core.rmem_max to \
             4194304, see deploy/60-statsd-bridge.conf"
        ),
        Some(_) | None => info!(what, granted, "receive buffer"),
    }
}

/// Files that are open whoever is connected: sockets, the log, the rules, a scrape
/// of `/proc`, and one for each UDP socket.
const FILES_OF_OUR_OWN: usize = 96;

/// Where connections may take more files than there are, a flood of them takes the
/// web port's too.
pub(super) fn open_files(limit: u64, config: &Config) {
    let needed = files_needed(&config.listeners);
    if needed.is_some_and(|needed| u64::try_from(needed).is_ok_and(|needed| needed > limit)) {
        warn!(
            limit,
            needed,
            "connections may take all open files: raise their limit, or lower \
             --statsd.stream-connections"
        );
    }
}

/// Files that are open when as many are connected as may be; `None` where there is
/// no limit, which is asked for.
fn files_needed(listeners: &Listeners) -> Option<usize> {
    let kinds = usize::from(listeners.tcp.is_some()) + usize::from(listeners.unix.is_some());
    let streams = match listeners.streams.connections {
        0 if kinds > 0 => return None,
        of_a_kind => of_a_kind.saturating_mul(kinds),
    };
    Some(streams.saturating_add(http::MOST_CONNECTIONS + FILES_OF_OUR_OWN))
}

/// The last word: what was received and what became of it, in short and in full.
pub(super) fn say_goodbye(telemetry: &Telemetry, accounts: &Ledger) {
    info!(ledger = accounts.to_line(), "final ledger");
    let total = telemetry.totals();
    let recorded = [Outcome::RecordedCounter, Outcome::RecordedGauge, Outcome::RecordedObserver];
    let recorded: u64 = recorded.iter().map(|end| total.outcome(*end)).sum();
    info!(lines = total.lines(), samples = total.samples(), recorded, "stopped");
}
