//! The report: Markdown, which a terminal shows as well.
//!
//! Heat: cold.

use std::fmt::Write;

use crate::QUANTILES;
use crate::data::Data;
use crate::exact::Error;

const INTRODUCTION: &str = "\
# Accuracy of quantiles

Written by `cargo bench --bench accuracy -- --record`, from draws that are the same each time. \
Errors are in percent: *of value*, as a share of the exact value at the nearest rank; *of rank*, \
the ranks between the one asked for and the value that was given, as a share of all, the worst of \
the seven quantiles. Where all values are close together a small error of value spans many ranks.
";

/// Tables in the making.
#[derive(Default)]
pub struct Report {
    still: String,
    turned: String,
    native: String,
    worst: f64,
}

impl Report {
    /// The largest error of value of a summary so far.
    pub fn worst(&self) -> f64 {
        self.worst
    }

    pub fn still(&mut self, data: Data, count: usize, errors: &[Error; 7]) {
        let row = self.errors(errors);
        writeln!(self.still, "| {} | {count} |{row}", data.name()).unwrap();
    }

    pub fn turned(
        &mut self,
        (max_age, age_buckets): (u32, u16),
        pace: u32,
        asked: usize,
        errors: &[Error; 7],
    ) {
        let row = self.errors(errors);
        writeln!(self.turned, "| {max_age} s | {age_buckets} | {pace} | {asked} |{row}").unwrap();
    }

    pub fn native(&mut self, data: Data, schema: i32, buckets: usize, off: &[f64; 7]) {
        let off: String = off.iter().map(|off| percent(*off)).collect();
        writeln!(self.native, "| {} | {schema} | {buckets} |{off}", data.name()).unwrap();
    }

    /// Of value for each quantile, then the worst of rank.
    fn errors(&mut self, errors: &[Error; 7]) -> String {
        let worst = errors.iter().fold(Error::default(), |worst, error| worst.worse(*error));
        self.worst = self.worst.max(worst.value);
        let values: String = errors.iter().map(|error| percent(error.value)).collect();
        values + &percent(worst.rank)
    }

    pub fn text(&self) -> String {
        let quantiles: String = QUANTILES.iter().map(|q| format!(" {q} |")).collect();
        let table = |heads: &str, last: &str, rows: &str| {
            let head = format!("|{heads}{quantiles}{last}");
            let columns = head.matches('|').count() - 1;
            format!("\n{head}\n|{}\n{rows}", "---|".repeat(columns))
        };
        [
            INTRODUCTION,
            "\n## Summaries: all values in one window\n",
            &table(" data | values |", " of rank |", &self.still),
            "\n## Summaries: windows that come and go\n\nValues of all six kinds, whose scale \
             grows sixteenfold over three times `max_age`; asked for at every half window, \
             against exact quantiles of the same windows. The worst of all.\n",
            &table(" max_age | age_buckets | values/s | asked |", " of rank |", &self.turned),
            "\n## Native histograms: resolution\n\nA million values, the default factor (1.1) and \
             cap (256 buckets). How far the farther end of the bucket that the exact quantile \
             falls into is from it; who interpolates inside is off by less.\n",
            &table(" data | schema | buckets |", "", &self.native),
            &format!("\nThe largest error of value of a summary: {:.3} %.\n", self.worst * 100.0),
        ]
        .concat()
    }
}

fn percent(share: f64) -> String {
    format!(" {:.3} |", share * 100.0)
}
