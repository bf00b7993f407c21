//! One figure: what it is of, how large it is, and how large it may be.
//!
//! Heat: cold.

use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    pub phase: &'static str,
    pub what: String,
    pub binary: String,
    pub value: f64,
    pub unit: Unit,
    /// What the figure may be at most.
    pub target: Option<f64>,
    pub note: String,
    /// Where it stands in a plot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub point: Option<Point>,
}

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

#[derive(Clone, Debug, Serialize)]
pub struct Point {
    pub plot: Plot,
    pub curve: String,
    pub x: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Plot {
    CostOverRate,
    MemoryPerSeries,
    ScrapeOverSeries,
    MissOverRules,
}

impl Figure {
    pub fn new(what: impl Into<String>, binary: &str, value: f64, unit: Unit) -> Self {
        let (what, binary, note) = (what.into(), binary.to_owned(), String::new());
        Self { phase: "", what, binary, value, unit, target: None, note, point: None }
    }

    /// At most so much, by the issue, if it says anything of this.
    pub fn at_most(self, target: Option<f64>) -> Self {
        Self { target, ..self }
    }

    pub fn note(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }

    pub fn at(self, plot: Plot, curve: impl Into<String>, x: f64) -> Self {
        Self { point: Some(Point { plot, curve: curve.into(), x }), ..self }
    }

    pub fn is_met(&self) -> Option<bool> {
        self.target.map(|target| self.value <= target)
    }
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
