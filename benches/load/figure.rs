//! One figure: what it is of, how large it is, and how large it may be.
//!
//! Heat: cold.

use serde::Serialize;

pub use crate::harness::unit::{Unit, grouped};

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
