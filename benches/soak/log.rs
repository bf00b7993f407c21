//! The bridge's log: what was provoked, and nothing else.
//!
//! Heat: cold.

use std::fs;
use std::path::Path;

use crate::ledger::Ledger;

/// Warnings and errors that this run asks for.
const PROVOKED: [&str; 3] = [
    "mapping not reloaded, the rules in force stay",
    "the relay cannot deliver, lines are lost",
    // Where the system grants less than is asked for.
    "the receive buffer is smaller than asked for",
];

pub struct Log(Vec<String>);

impl Log {
    pub fn read(file: &Path) -> Self {
        let bytes = fs::read(file).expect("the log can be read");
        Self(String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect())
    }

    /// Warnings, errors and lines that are none of a log, but for those that
    /// were provoked.
    pub fn unasked(&self) -> Vec<&str> {
        let unasked = |line: &&String| {
            let is_line = line.starts_with("time=");
            let is_bad = line.contains(" level=warn ") || line.contains(" level=error ");
            !is_line || is_bad && !PROVOKED.iter().any(|text| line.contains(text))
        };
        self.0.iter().filter(unasked).map(String::as_str).collect()
    }

    pub fn count(&self, text: &str) -> usize {
        self.0.iter().filter(|line| line.contains(text)).count()
    }

    /// The accounts that the bridge logs last.
    pub fn final_ledger(&self) -> Result<Ledger, String> {
        let line = self.0.iter().rev().find(|line| line.contains(" msg=\"final ledger\" "));
        let (_, quoted) = line.and_then(|line| line.split_once(" ledger=\"")).ok_or("none")?;
        let text = quoted.strip_suffix('"').ok_or("a line that is cut off")?;
        Ledger::parse(text.replace("\\\"", "\"").as_bytes())
    }

    /// A number of the last word.
    pub fn last_word(&self, field: &str) -> Option<f64> {
        let line = self.0.iter().rev().find(|line| line.contains(" msg=stopped "))?;
        let (_, rest) = line.split_once(&format!(" {field}="))?;
        rest.split(' ').next()?.parse().ok()
    }
}
