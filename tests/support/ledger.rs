//! The ledger as a stranger reads it: JSON from `/-/ledger` or from the log, whose
//! sums are done again here.
//!
//! Heat: cold.

use serde_json::Value;

use super::bridge::Bridge;
use super::exposition::Exposition;
use super::log::fields;

/// One reading.
#[derive(Clone, Debug, PartialEq)]
pub struct Ledger(Value);

impl Ledger {
    /// Asks a running bridge.
    pub fn of(bridge: &Bridge) -> Self {
        let answer = bridge.get("/-/ledger").expect("the ledger is answered");
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        Self::parse(&answer.text())
    }

    /// Finds the last one in a log.
    pub fn in_log(log: &str) -> Self {
        let mut lines = log.lines().map(fields);
        let last = lines.find(|line| line.get("msg").is_some_and(|text| text == "final ledger"));
        Self::parse(&last.expect("a final ledger in the log")["ledger"])
    }

    fn parse(text: &str) -> Self {
        let ledger = Self(serde_json::from_str(text).expect("the ledger is JSON"));
        ledger.assert_balanced();
        ledger
    }

    /// The number behind these keys.
    pub fn get(&self, keys: &[&str]) -> u64 {
        number(keys.iter().fold(&self.0, |value, key| &value[*key]))
    }

    /// The datagram sockets.
    pub fn sockets(&self) -> &[Value] {
        self.0["datagrams"]["sockets"].as_array().expect("sockets")
    }

    /// Whether the kernel holds nothing more for any socket.
    pub fn nothing_waits(&self) -> bool {
        self.sockets().iter().all(|socket| number(&socket["waiting_bytes"]) == 0)
    }

    /// Does every sum again.
    fn assert_balanced(&self) {
        let Self(ledger) = self;
        let (datagrams, sockets) = (&ledger["datagrams"], self.sockets());
        for row in sockets.iter().chain([datagrams]) {
            adds_up(row, "sent", &["received", "dropped_by_kernel"]);
        }
        for key in ["sent", "received", "dropped_by_kernel"] {
            let sum: u64 = sockets.iter().map(|socket| number(&socket[key])).sum();
            assert_eq!(number(&datagrams[key]), sum, "{key} of all sockets: {ledger:#}");
        }
        adds_up(&ledger["lines"], "received", &["empty", "refused", "carrying_samples"]);
        adds_up(&ledger["samples"], "attempted", &["recorded", "dropped_by_rule", "refused"]);
        for (row, whole, parts) in [
            ("lines", "refused", "refused_by_reason"),
            ("samples", "refused", "refused_by_reason"),
            ("samples", "recorded", "recorded_by_type"),
        ] {
            let each = ledger[row][parts].as_object().expect("parts");
            let sum: u64 = each.values().map(number).sum();
            assert_eq!(number(&ledger[row][whole]), sum, "{row}, {parts}: {ledger:#}");
        }
        assert_eq!(ledger["balanced"], true, "{ledger:#}");
    }

    /// Holds that the families of a scrape say the very same.
    pub fn assert_told_by(&self, scrape: &Exposition) {
        let Self(ledger) = self;
        let told = |series: &str, value: &Value| {
            assert_eq!(scrape.own(series), float(number(value)), "{series}: {ledger:#}");
        };
        for socket in self.sockets() {
            for (end, key) in [("received", "received"), ("dropped_by_kernel", "dropped_by_kernel")]
            {
                let text = |key: &str| socket[key].to_string();
                let series = format!(
                    "ledger_datagrams_total{{address={},end=\"{end}\",index=\"{}\",kind={}}}",
                    text("address"),
                    text("index"),
                    text("kind")
                );
                told(&series, &socket[key]);
            }
        }
        told("ledger_lines_total{end=\"empty\"}", &ledger["lines"]["empty"]);
        told("ledger_lines_total{end=\"samples\"}", &ledger["lines"]["carrying_samples"]);
        told("ledger_samples_total{end=\"drop\"}", &ledger["samples"]["dropped_by_rule"]);
        for (row, parts) in [
            ("lines", "refused_by_reason"),
            ("samples", "refused_by_reason"),
            ("samples", "recorded_by_type"),
        ] {
            for (end, value) in ledger[row][parts].as_object().unwrap() {
                told(&format!("ledger_{row}_total{{end=\"{end}\"}}"), value);
            }
        }
        for (warning, key) in [
            ("bad_rate", "bad_rates"),
            ("tag_error", "tag_errors"),
            ("weight_capped", "weights_capped"),
            ("datagram_cut", "datagrams_cut"),
        ] {
            let series = format!("ledger_warnings_total{{warning=\"{warning}\"}}");
            told(&series, &ledger["warnings"][key]);
        }
        for (kind, streams) in self.0["streams"].as_object().unwrap() {
            for (series, key) in [
                ("connections", "accepted"),
                ("connections_refused", "refused"),
                ("connections_timed_out", "timed_out"),
                ("connection_errors", "broken"),
                ("too_long_lines", "lines_too_long"),
            ] {
                told(&format!("{kind}_{series}_total{{}}"), &streams[key]);
            }
        }
        assert_families_add_up(scrape);
    }
}

/// Holds that in one scrape the families of the ledger add up to the counters that
/// the incumbent has too.
pub fn assert_families_add_up(scrape: &Exposition) {
    let sum = |family: &str, with: &[&str]| -> f64 {
        let samples = scrape.samples.iter().filter(|(series, _)| {
            series.starts_with(&format!("statsd_exporter_{family}{{"))
                && with.iter().all(|label| series.contains(label))
        });
        samples.map(|(_, value)| value).sum()
    };
    let [udp, unixgram] = ["kind=\"udp\"", "kind=\"unixgram\""];
    let [received, dropped] = ["end=\"received\"", "end=\"dropped_by_kernel\""];
    for (whole, family, parts) in [
        ("lines_total{}", "ledger_lines_total", &[][..]),
        ("samples_total{}", "ledger_samples_total", &[]),
        ("udp_packets_total{}", "ledger_datagrams_total", &[udp, received]),
        ("udp_kernel_drops_total{}", "ledger_datagrams_total", &[udp, dropped]),
        ("unixgram_packets_total{}", "ledger_datagrams_total", &[unixgram, received]),
    ] {
        assert_eq!(scrape.own(whole), sum(family, parts), "{whole} is not the sum of {family}");
    }
}

fn adds_up(row: &Value, whole: &str, parts: &[&str]) {
    let sum: u64 = parts.iter().map(|part| number(&row[*part])).sum();
    assert_eq!(number(&row[whole]), sum, "{whole} is not the sum of {parts:?}: {row:#}");
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("no number: {value}"))
}

#[expect(clippy::cast_precision_loss, reason = "tests count to far less than 2^53")]
const fn float(count: u64) -> f64 {
    count as f64
}
