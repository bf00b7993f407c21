//! Whether what the bridge shows is what was sent. All actors rest meanwhile.
//!
//! Heat: cold.

use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::books::{
    BAD_RATES, BROKEN, Books, COUNTERS, CROWD, GAUGES, LEDGERS, LEFT_SCRAPES, OBSERVERS,
    RELAY_LONG, RELAYED, SCRAPES, TCP, UDP, UNIX, UNIXGRAM,
};
use crate::bridge::Bridge;
use crate::churn;
use crate::flood::FLOOD;
use crate::harness::scrape::Client;
use crate::harness::unit::grouped;
use crate::ledger::Ledger;
use crate::rules::PER_FAMILY;
use crate::shown::Shown;
use crate::sink::{Arrived, Sink};
use crate::watch::Held;

/// A line of a datagram that was lost where none should be is not known to be of
/// this or that kind; it has so many at most.
const LINES_EACH: f64 = 16.0;
/// Such a loss is the machine's, as long as it is less than one in so many.
const LOSS: f64 = 100.0;
/// The relay sends at the latest after a second.
const RELAY: Duration = Duration::from_millis(1_300);
/// What is late is waited for so long.
const PATIENCE: Duration = Duration::from_secs(30);
const REST: Duration = Duration::from_millis(150);

/// One comparison.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    pub what: String,
    pub found: String,
    pub wanted: String,
    pub holds: bool,
}

impl Finding {
    pub fn new(what: impl Into<String>, found: String, wanted: String, holds: bool) -> Self {
        Self { what: what.into(), found, wanted, holds }
    }

    pub fn exactly(what: impl Into<String>, found: f64, wanted: f64) -> Self {
        Self::new(what, grouped(found), grouped(wanted), found == wanted)
    }

    pub fn at_most(what: impl Into<String>, found: f64, bound: f64) -> Self {
        Self::new(what, grouped(found), format!("≤ {}", grouped(bound)), found <= bound)
    }

    pub fn at_least(what: impl Into<String>, found: f64, bound: f64) -> Self {
        Self::new(what, grouped(found), format!("≥ {}", grouped(bound)), found >= bound)
    }
}

/// What was looked at before, to compare with.
pub struct Inspector {
    client: Client,
    /// Open files while nothing but this client is connected.
    files: f64,
    /// What the floods lost, by the kernel's table.
    pub flooded: f64,
    relay: RelaySide,
}

/// Both ends of the relay at the last look.
#[derive(Clone, Copy, Debug, Default)]
struct RelaySide {
    arrived: Arrived,
    lines: f64,
    packets: f64,
    lost: f64,
}

impl Inspector {
    /// Before anything is sent.
    pub fn new(bridge: &Bridge) -> Self {
        let mut client = bridge.client();
        Shown::scrape(&mut client);
        let held = Held::by(bridge.id(), Instant::now()).expect("the bridge is alive");
        Self { client, files: held.files, flooded: 0.0, relay: RelaySide::default() }
    }

    /// Scrapes until nothing moves any more.
    pub fn settled(&mut self, bridge: &Bridge) -> Shown {
        let begin = Instant::now();
        let mut last = Shown::scrape(&mut self.client);
        loop {
            thread::sleep(REST);
            let now = Shown::scrape(&mut self.client);
            let files = Held::by(bridge.id(), begin).map_or(0.0, |held| held.files);
            let alone = now.value("promhttp_metric_handler_requests_in_flight") == 1.0;
            let still = now.at_rest() == last.at_rest() && alone && files == self.files;
            let late = begin.elapsed() > PATIENCE;
            if late || still && begin.elapsed() > RELAY {
                return now;
            }
            last = now;
        }
    }

    /// Everything that must hold, whatever was sent.
    pub fn findings(
        &mut self,
        bridge: &Bridge,
        shown: &Shown,
        books: &mut Books,
        sink: &Sink,
        target_was_there: bool,
    ) -> Vec<Finding> {
        let loss = Loss::by(shown, books, self.flooded);
        let ledger = Ledger::ask(&mut self.client).expect("the bridge tells its ledger");
        let mut findings = accounts("the ledger", &ledger, books);
        findings.extend([loss.balance.clone(), loss.elsewhere.clone()]);
        findings.extend(own(shown, books, &loss));
        findings.extend(samples(shown, books, &loss));
        findings.push(gold(shown, books));
        findings.extend(budget(shown, books, &loss));
        findings.extend(self.relayed(shown, books, &loss, sink, target_was_there));
        findings.extend(clients(shown, books));
        let held = Held::by(bridge.id(), Instant::now()).expect("the bridge is alive");
        findings.push(Finding::exactly("open files at rest", held.files, self.files));
        findings.extend(
            std::mem::take(&mut books.breaches)
                .into_iter()
                .map(|breach| Finding::new("an actor", breach, "no complaint".to_owned(), false)),
        );
        findings
    }

    /// What left the bridge arrived, if there was somebody all the time.
    fn relayed(
        &mut self,
        shown: &Shown,
        books: &Books,
        loss: &Loss,
        sink: &Sink,
        there: bool,
    ) -> Vec<Finding> {
        let now = RelaySide {
            arrived: sink.arrived(),
            lines: shown.sum("statsd_exporter_relay_lines_relayed_total{"),
            packets: shown.sum("statsd_exporter_relay_packets_total{"),
            lost: shown.sum("statsd_exporter_relay_dropped_lines_total{"),
        };
        let before = std::mem::replace(&mut self.relay, now);
        let long = shown.sum("statsd_exporter_relay_long_lines_total{");
        let mut findings = vec![
            loss.within("lines relayed", now.lines, books.sum(RELAYED)),
            loss.within("lines too long to be relayed", long, books.sum(RELAY_LONG)),
        ];
        let arrived = now.arrived.lines - before.arrived.lines;
        let (sent, gone) = (now.lines - before.lines, now.lost - before.lost);
        if there && sink.dropped() == 0.0 {
            let what = "lines at the relay's target since the last look";
            findings.push(Finding::exactly(what, arrived + gone, sent));
        } else if there {
            let what = "packets at the relay's target since the last look";
            let packets = now.arrived.packets - before.arrived.packets + sink.dropped();
            findings.push(Finding::exactly(what, packets, now.packets - before.packets));
        } else {
            let what = "lines of the relay lost while its target was away";
            findings.push(Finding::at_least(what, gone, 1.0));
            findings.push(Finding::at_most("and no more than were sent", gone + arrived, sent));
        }
        findings
    }

    /// After the target has come back: what is told late is no loss of the time
    /// that begins now.
    pub fn forget_the_relay(&mut self, shown: &Shown, sink: &Sink) {
        self.relay = RelaySide {
            arrived: sink.arrived(),
            lines: shown.sum("statsd_exporter_relay_lines_relayed_total{"),
            packets: shown.sum("statsd_exporter_relay_packets_total{"),
            lost: shown.sum("statsd_exporter_relay_dropped_lines_total{"),
        };
    }

    pub fn arrived_since(&self, sink: &Sink) -> f64 {
        sink.arrived().lines - self.relay.arrived.lines
    }

    /// Lines handed to the relay until the last look.
    pub const fn relayed_so_far(&self) -> f64 {
        self.relay.lines
    }

    pub fn hang_up(&mut self) {
        self.client.hang_up();
    }
}

/// The bridge's ledger beside the books.
pub fn accounts(name: &str, ledger: &Ledger, books: &Books) -> Vec<Finding> {
    let audit = ledger.audit().err();
    let sent = books.sum(UDP) + books.sum(UNIXGRAM);
    vec![
        Finding::new(
            format!("{name}, all its sums done again"),
            audit.clone().unwrap_or_else(|| "they meet".to_owned()),
            "they meet".to_owned(),
            audit.is_none(),
        ),
        Finding::exactly(
            format!("{name}: datagrams sent"),
            ledger.number(&["datagrams", "sent"]),
            sent,
        ),
    ]
}

/// Datagrams that the kernel dropped, though nobody meant them to be.
pub struct Loss {
    balance: Finding,
    elsewhere: Finding,
    /// Lines, or whatever, that may be missing therefore.
    slack: f64,
}

impl Loss {
    pub fn by(shown: &Shown, books: &Books, flooded: f64) -> Self {
        let (received, dropped) =
            (shown.own("udp_packets_total"), shown.own("udp_kernel_drops_total"));
        let sent = books.sum(UDP);
        let balance = Finding::exactly(
            "UDP datagrams received + dropped by the kernel",
            received + dropped,
            sent,
        );
        let lost = dropped - flooded;
        let elsewhere = Finding::new(
            "UDP datagrams dropped outside of floods",
            grouped(lost),
            format!("0 to {}", grouped((sent / LOSS).floor())),
            (0.0..=sent / LOSS).contains(&lost),
        );
        Self { balance, elsewhere, slack: lost.max(0.0) * LINES_EACH }
    }

    /// Exactly so many, if nothing was lost.
    fn within(&self, what: impl Into<String>, found: f64, wanted: f64) -> Finding {
        let mut finding = Finding::exactly(what, found, wanted);
        if self.slack > 0.0 {
            finding.wanted = format!("{} − {} at most", finding.wanted, grouped(self.slack));
            finding.holds = (wanted - self.slack..=wanted).contains(&found);
        }
        finding
    }
}

/// The bridge's own counters of what was sent.
fn own(shown: &Shown, books: &Books, loss: &Loss) -> Vec<Finding> {
    let own = books.series().filter(|(series, _)| !is_gold(series));
    own.map(|(series, sum)| {
        let what = series.trim_start_matches("statsd_exporter_");
        loss.within(what, shown.value(series), sum)
    })
    .collect()
}

/// Sent over what loses nothing, or accounted for one by one.
fn is_gold(series: &str) -> bool {
    series.starts_with("gold_")
}

/// By type; and each sample has exactly one end.
fn samples(shown: &Shown, books: &Books, loss: &Loss) -> Vec<Finding> {
    let kind = |name| shown.labelled("events_total", &format!("type=\"{name}\""));
    let conflict = |name| shown.labelled("events_conflict_total", &format!("type=\"{name}\""));
    let error = |name| shown.labelled("events_error_total", &format!("reason=\"{name}\""));
    let counters = kind("counter")
        + conflict("counter")
        + error("illegal_negative_counter")
        + error("value_overflow")
        + error("over_budget");
    let observers = kind("observer") + conflict("observer") + error("reserved_label");
    let of_lines = [
        "malformed_line",
        "mixed_tagging_styles",
        "not_enough_parts_after_colon",
        "invalid_extended_aggregate_type",
    ];
    let unreadable = shown.labelled("sample_errors_total", "")
        - of_lines.iter().fold(0.0, |sum, reason| {
            sum + shown.labelled("sample_errors_total", &format!("\"{reason}\""))
        });
    let ends = shown.labelled("events_total", "")
        + shown.labelled("events_error_total", "")
        + shown.labelled("events_conflict_total", "")
        + shown.labelled("events_actions_total", "\"drop\"")
        + unreadable
        - books.sum(BAD_RATES);
    vec![
        loss.within("counters recorded + refused", counters, books.sum(COUNTERS)),
        loss.within(
            "gauges recorded + refused",
            kind("gauge") + conflict("gauge"),
            books.sum(GAUGES),
        ),
        loss.within("observers recorded + refused", observers, books.sum(OBSERVERS)),
        loss.within("ends of samples", ends, shown.own("samples_total")),
    ]
}

fn gold(shown: &Shown, books: &Books) -> Finding {
    let gold: Vec<_> = books.series().filter(|(series, _)| is_gold(series)).collect();
    let wrong = gold.iter().find(|(series, sum)| shown.value(series) != *sum);
    let right = gold.iter().filter(|(series, sum)| shown.value(series) == *sum).count();
    let first = wrong.map_or_else(String::new, |(series, sum)| {
        format!("; {series} is {} and not {sum}", shown.value(series))
    });
    let found = format!("{right}{first}");
    Finding::new("gold series with the exact sum", found, gold.len().to_string(), wrong.is_none())
}

/// The family that outgrows its budget: full, and no sample unaccounted for.
fn budget(shown: &Shown, books: &Books, loss: &Loss) -> Vec<Finding> {
    let sent = books.sum(CROWD);
    let refused = shown.labelled("events_error_total", "reason=\"over_budget\"");
    let members = shown.family("crowd{").count() as f64;
    let named = books.sum(churn::FIRST) + 1.0;
    vec![
        loss.within("crowd: recorded + refused", shown.sum("crowd{") + refused, sent),
        Finding::at_most("crowd: members", members, (PER_FAMILY as f64).min(named)),
    ]
}

fn clients(shown: &Shown, books: &Books) -> Vec<Finding> {
    let tcp = shown.own("tcp_connections_total");
    let sure = books.sum(TCP);
    let scrapes = books.sum(SCRAPES) + books.sum(LEFT_SCRAPES);
    let answered = shown.value("promhttp_metric_handler_requests_total{code=\"200\"}");
    vec![
        Finding::new(
            "TCP connections",
            grouped(tcp),
            format!("{} and {} broken", grouped(sure), grouped(books.sum(BROKEN))),
            (sure..=sure + books.sum(BROKEN)).contains(&tcp),
        ),
        Finding::exactly("unix connections", shown.own("unix_connections_total"), books.sum(UNIX)),
        Finding::at_least("scrapes answered, those left by their clients too", answered, scrapes),
        Finding::exactly(
            "scrapes in flight at rest, this one",
            shown.value("promhttp_metric_handler_requests_in_flight"),
            1.0,
        ),
        Finding::at_least("ledgers audited under load", books.sum(LEDGERS), 1.0),
        Finding::at_least("datagrams of floods that arrived", shown.value(FLOOD), 1.0),
    ]
}
