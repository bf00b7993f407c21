//! What a figure is measured in, and how it is shown.
//!
//! Heat: cold.

use serde::Serialize;

/// Values are in whole seconds and bytes; the table shows what reads well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Unit {
    #[serde(rename = "s")]
    Seconds,
    #[serde(rename = "B")]
    Bytes,
    #[serde(rename = "1/s")]
    PerSecond,
    #[serde(rename = "x")]
    Times,
    #[serde(rename = "")]
    Count,
}

impl Unit {
    /// `1.23 µs`, `4.5 kB`, `1,234,000/s`.
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Seconds => {
                scaled(value, &[(1e-6, 1e-9, "ns"), (1e-3, 1e-6, "µs"), (1.0, 1e-3, "ms")], "s")
            }
            Self::Bytes => {
                scaled(value, &[(1e3, 1.0, "B"), (1e6, 1e3, "kB"), (1e9, 1e6, "MB")], "GB")
            }
            Self::PerSecond => format!("{}/s", grouped(value)),
            Self::Times => format!("{value:.2} x"),
            Self::Count => grouped(value),
        }
    }
}

/// In the first unit whose bound is above the value; the last unit is `rest`,
/// a thousand times the one before.
fn scaled(value: f64, units: &[(f64, f64, &str)], rest: &str) -> String {
    let found = units.iter().find(|(below, _, _)| value.abs() < *below);
    let last = units.last().map_or(1.0, |(below, _, _)| *below);
    let (size, name) = found.map_or((last, rest), |(_, size, name)| (*size, *name));
    let digits = match (value / size).abs() {
        0.0..9.995 => 2,
        9.995..99.95 => 1,
        _ => 0,
    };
    format!("{:.digits$} {name}", value / size)
}

/// A whole number with commas; small ones with two digits behind the point.
pub fn grouped(value: f64) -> String {
    if value < 100.0 {
        return format!("{value:.2}").trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
