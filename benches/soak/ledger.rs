//! The bridge's ledger, as a stranger reads it: all sums are done again. It must
//! balance at every moment, so an auditor asks for it under load.
//!
//! Heat: warm (once per reading).

use serde_json::Value;

use crate::books::{Books, LEDGERS};
use crate::gate::Actor;
use crate::harness::scrape::Client;

pub struct Ledger(Value);

impl Ledger {
    /// Asks the bridge.
    pub fn ask(client: &mut Client) -> Result<Self, String> {
        let mut body = Vec::new();
        let got = client.get("/-/ledger", None, &mut |piece| body.extend(piece));
        got.map_err(|error| error.to_string())?;
        Self::parse(&body)
    }

    pub fn parse(text: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(text).map(Self).map_err(|error| error.to_string())
    }

    /// The number behind these keys; what is not there is no number.
    pub fn number(&self, keys: &[&str]) -> f64 {
        number(keys.iter().fold(&self.0, |value, key| &value[*key]))
    }

    /// Does every sum again.
    pub fn audit(&self) -> Result<(), String> {
        let Self(ledger) = self;
        let datagrams = &ledger["datagrams"];
        let sockets = datagrams["sockets"].as_array().ok_or("no sockets")?;
        for row in sockets.iter().chain([datagrams]) {
            adds_up(row, "sent", &["received", "dropped_by_kernel"])?;
        }
        let of_sockets: f64 = sockets.iter().map(|socket| number(&socket["received"])).sum();
        equal("received at all sockets", of_sockets, number(&datagrams["received"]))?;
        adds_up(&ledger["lines"], "received", &["empty", "refused", "carrying_samples"])?;
        adds_up(&ledger["samples"], "attempted", &["recorded", "dropped_by_rule", "refused"])?;
        for (row, whole, parts) in [
            ("lines", "refused", "refused_by_reason"),
            ("samples", "refused", "refused_by_reason"),
            ("samples", "recorded", "recorded_by_type"),
        ] {
            let each = ledger[row][parts].as_object().ok_or("no parts")?;
            let sum = each.values().map(number).sum();
            equal(parts, sum, number(&ledger[row][whole]))?;
        }
        if ledger["balanced"] == true { Ok(()) } else { Err("it says so itself".to_owned()) }
    }
}

fn adds_up(row: &Value, whole: &str, parts: &[&str]) -> Result<(), String> {
    equal(whole, parts.iter().map(|part| number(&row[*part])).sum(), number(&row[whole]))
}

fn equal(what: &str, found: f64, wanted: f64) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("{what}: {found} and {wanted}")) }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

/// Asks for the ledger under load.
pub struct Auditor(pub Client);

impl Actor for Auditor {
    fn step(&mut self, books: &mut Books) {
        match Ledger::ask(&mut self.0).and_then(|ledger| ledger.audit()) {
            Ok(()) => books.add(LEDGERS, 1.0),
            Err(error) => books.breaches.push(format!("a ledger that does not add up: {error}")),
        }
    }

    fn rest(&mut self, _: &mut Books) {
        self.0.hang_up();
    }
}
