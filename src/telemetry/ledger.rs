//! The ledger: where every datagram, line and sample went, in three rows that
//! add up at any moment.
//!
//! | row | whole | = parts |
//! |---|---|---|
//! | `datagrams` | `sent` | `received` + `dropped_by_kernel`, for each socket and in all |
//! | `lines` | `received` | `empty` + `refused` + `carrying_samples` |
//! | `samples` | `attempted` | `recorded` + `dropped_by_rule` + `refused` |
//!
//! `refused` is the sum of `refused_by_reason`, `recorded` that of
//! `recorded_by_type`. Whole and parts of lines and samples are counted apart from
//! each other, so that the sums prove something; `balanced` says whether they
//! meet. That they do at every moment follows from `row`: each worker publishes
//! its counts whole, and a ledger takes one reading of each.
//!
//! What the kernel still holds for a socket (`waiting_bytes`) is neither received
//! nor dropped, and what a worker holds of an unfinished batch is not counted yet:
//! at rest both are nothing, and `sent` is what clients have sent.
//!
//! `streams` tells of connections, which are no row: what was cut off with them had
//! no end yet, so it was no line.
//!
//! `warnings` end nothing: their samples, and the lines that a cut datagram kept,
//! are in the rows as well.
//!
//! Heat: cold (once per scrape).

use std::collections::BTreeMap;

use serde::Serialize;

use super::cold::{self, Cold};
use super::row::{Reading, SocketReading};
use super::tally::{Tally, Transport};
use crate::model::{MetricKind, Outcome};

/// One moment's accounts. Its fields are the keys of the JSON.
#[derive(Debug, Serialize)]
pub struct Ledger {
    balanced: bool,
    datagrams: Datagrams,
    lines: Lines,
    samples: Samples,
    warnings: Warnings,
    streams: Streams,
}

#[derive(Debug, Serialize)]
struct Datagrams {
    sent: u64,
    received: u64,
    dropped_by_kernel: u64,
    sockets: Vec<Socket>,
}

#[derive(Debug, Serialize)]
struct Socket {
    kind: &'static str,
    index: usize,
    address: String,
    sent: u64,
    received: u64,
    dropped_by_kernel: u64,
    waiting_bytes: u64,
}

#[derive(Debug, Serialize)]
struct Lines {
    received: u64,
    empty: u64,
    refused: u64,
    carrying_samples: u64,
    refused_by_reason: Counts,
}

#[derive(Debug, Serialize)]
struct Samples {
    attempted: u64,
    recorded: u64,
    dropped_by_rule: u64,
    refused: u64,
    recorded_by_type: Counts,
    refused_by_reason: Counts,
}

#[derive(Debug, Serialize)]
struct Warnings {
    bad_rates: u64,
    tag_errors: u64,
    weights_capped: u64,
    datagrams_cut: u64,
}

#[derive(Debug, Serialize)]
struct Streams {
    tcp: Connections,
    unix: Connections,
}

#[derive(Debug, Serialize)]
struct Connections {
    accepted: u64,
    refused: u64,
    timed_out: u64,
    broken: u64,
    lines_too_long: u64,
}

/// Each word that there is, those too that never counted.
type Counts = BTreeMap<&'static str, u64>;

impl Ledger {
    pub(super) fn of(reading: &Reading, cold: &Cold) -> Self {
        let tally = &reading.total;
        let datagrams = Datagrams::of(reading);
        let (lines, samples) = (Lines::of(tally), Samples::of(tally));
        let warnings = Warnings {
            bad_rates: tally.bad_rates(),
            tag_errors: tally.bad_tags(),
            weights_capped: tally.weights_capped(),
            datagrams_cut: tally.truncated(Transport::Udp) + tally.truncated(Transport::Unixgram),
        };
        let balanced = datagrams.balance() && lines.balance() && samples.balance();
        let streams =
            Streams { tcp: Connections::of(cold.tcp()), unix: Connections::of(cold.unix()) };
        Self { balanced, datagrams, lines, samples, warnings, streams }
    }

    /// Whether all rows add up.
    #[must_use]
    pub const fn is_balanced(&self) -> bool {
        self.balanced
    }

    /// As JSON on one line.
    #[must_use]
    pub fn to_line(&self) -> String {
        // It fails for keys that are no text and for what its writer refuses;
        // there is neither.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// As JSON to be read by people too.
    #[must_use]
    pub fn to_page(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

impl Datagrams {
    fn of(reading: &Reading) -> Self {
        let sockets: Vec<_> = reading.sockets.iter().map(Socket::of).collect();
        let total = &reading.total;
        Self {
            sent: sockets.iter().map(|socket| socket.sent).sum(),
            // Told by the sum of all workers, whatever sockets there are.
            received: total.received(Transport::Udp) + total.received(Transport::Unixgram),
            dropped_by_kernel: sockets.iter().map(|socket| socket.dropped_by_kernel).sum(),
            sockets,
        }
    }

    const fn balance(&self) -> bool {
        self.sent == self.received + self.dropped_by_kernel
    }
}

impl Socket {
    fn of(reading: &SocketReading) -> Self {
        let SocketReading { socket, received, dropped, waiting_bytes } = reading;
        Self {
            kind: socket.transport().as_str(),
            index: socket.index(),
            address: socket.address().to_owned(),
            sent: received + dropped,
            received: *received,
            dropped_by_kernel: *dropped,
            waiting_bytes: *waiting_bytes,
        }
    }
}

impl Connections {
    fn of(streams: &cold::Streams) -> Self {
        Self {
            accepted: streams.opened.now(),
            refused: streams.refused.now(),
            timed_out: streams.timed_out.now(),
            broken: streams.failed.now(),
            lines_too_long: streams.too_long_lines.now(),
        }
    }
}

impl Lines {
    fn of(tally: &Tally) -> Self {
        let refused_by_reason = refusals(tally, Outcome::ends_a_line);
        Self {
            received: tally.lines(),
            empty: tally.outcome(Outcome::EmptyLine),
            refused: refused_by_reason.values().sum(),
            carrying_samples: tally.outcome(Outcome::LineOfSamples),
            refused_by_reason,
        }
    }

    const fn balance(&self) -> bool {
        self.received == self.empty + self.refused + self.carrying_samples
    }
}

impl Samples {
    fn of(tally: &Tally) -> Self {
        let refused_by_reason = refusals(tally, |outcome| !outcome.ends_a_line());
        let recorded = |kind: MetricKind| (kind.as_str(), tally.outcome(Outcome::recorded(kind)));
        let recorded_by_type: Counts = MetricKind::ALL.into_iter().map(recorded).collect();
        Self {
            attempted: tally.samples(),
            recorded: recorded_by_type.values().sum(),
            dropped_by_rule: tally.outcome(Outcome::Dropped),
            refused: refused_by_reason.values().sum(),
            recorded_by_type,
            refused_by_reason,
        }
    }

    const fn balance(&self) -> bool {
        self.attempted == self.recorded + self.dropped_by_rule + self.refused
    }
}

fn refusals(tally: &Tally, of: impl Fn(Outcome) -> bool) -> Counts {
    let refusals = Outcome::ALL.iter().filter(|outcome| outcome.is_refusal() && of(**outcome));
    refusals.map(|outcome| (outcome.reason(), tally.outcome(*outcome))).collect()
}

#[cfg(test)]
#[cfg(not(loom_model))]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::telemetry::{DatagramSocket, Telemetry};

    #[test]
    fn parts_and_wholes_are_told_with_every_reason() {
        let telemetry = Telemetry::new();
        let socket = DatagramSocket::new(Transport::Unixgram, 3, "/run/\"s\\\n\u{1}é");
        let socket = std::sync::Arc::new(socket);
        let mut row = telemetry.register_socket(&socket);
        socket.kernel_says(4, 512);
        let mut tally = Tally::new();
        tally.datagrams(Transport::Unixgram, 6, 1);
        for outcome in [Outcome::EmptyLine, Outcome::MalformedLine, Outcome::LineOfSamples] {
            tally.lines_taken(1);
            tally.lines_ended(outcome, 1);
        }
        for outcome in [Outcome::Dropped, Outcome::Conflict, Outcome::RecordedGauge] {
            tally.samples_taken(1);
            tally.sample_ended(outcome, 5);
        }
        row.publish(&tally);
        let ledger: Value = serde_json::from_str(&telemetry.ledger().to_line()).unwrap();
        let socket = json!({"kind": "unixgram", "index": 3, "address": "/run/\"s\\\n\u{1}é",
            "sent": 10, "received": 6, "dropped_by_kernel": 4, "waiting_bytes": 512});
        assert_eq!(
            ledger["datagrams"],
            json!({"sent": 10, "received": 6, "dropped_by_kernel": 4, "sockets": [socket]})
        );
        assert_eq!(
            ledger["lines"],
            json!({"received": 3, "empty": 1, "refused": 1, "carrying_samples": 1,
                "refused_by_reason": {"malformed_line": 1, "mixed_tagging_styles": 0,
                    "not_enough_parts_after_colon": 0, "invalid_extended_aggregate_type": 0}})
        );
        assert_eq!(ledger["samples"]["recorded_by_type"]["gauge"], 1, "samples, not events");
        assert_eq!(ledger["samples"]["refused_by_reason"]["conflict"], 1);
        assert_eq!(
            (&ledger["balanced"], &ledger["warnings"]["datagrams_cut"]),
            (&json!(true), &json!(1))
        );
        telemetry.cold().unix().refused_connection();
        let ledger: Value = serde_json::from_str(&telemetry.ledger().to_line()).unwrap();
        assert_eq!(
            ledger["streams"]["unix"],
            json!({"accepted": 0, "refused": 1, "timed_out": 0, "broken": 0, "lines_too_long": 0})
        );
        let page: Value = serde_json::from_str(&telemetry.ledger().to_page()).unwrap();
        assert_eq!(page, ledger);
    }

    #[test]
    fn what_does_not_add_up_is_said() {
        let telemetry = Telemetry::new();
        let mut row = telemetry.register();
        for disturb in [
            (|tally| tally.lines_taken(1)) as fn(&mut Tally),
            |tally| tally.lines_ended(Outcome::EmptyLine, 1),
            |tally| tally.samples_taken(1),
            |tally| tally.sample_ended(Outcome::Dropped, 1),
            |tally| tally.datagrams(Transport::Udp, 1, 0),
        ] {
            row.publish(&Tally::new());
            assert!(telemetry.ledger().is_balanced());
            let mut tally = Tally::new();
            disturb(&mut tally);
            row.publish(&tally);
            assert!(!telemetry.ledger().is_balanced());
        }
    }

    #[test]
    fn a_departed_socket_stays() {
        let telemetry = Telemetry::new();
        let socket = std::sync::Arc::new(DatagramSocket::new(Transport::Udp, 0, "here"));
        let mut tally = Tally::new();
        tally.datagrams(Transport::Udp, 7, 0);
        telemetry.register_socket(&socket).publish(&tally);
        let ledger = telemetry.ledger();
        assert!(ledger.is_balanced());
        assert_eq!(ledger.datagrams.sockets[0].received, 7);
    }
}
