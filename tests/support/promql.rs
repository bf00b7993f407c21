//! Just enough of `PromQL` to know which series a dashboard's query reads.
//!
//! Heat: cold.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use super::cases::data;
use super::exposition::split_series;

/// One query of the dashboard, its variables replaced.
pub struct Query {
    /// The text to evaluate.
    pub text: String,
    /// The `name{…}` in it.
    pub selectors: Vec<Selector>,
    /// The labels that it groups by.
    pub grouped_by: BTreeSet<String>,
    /// Whether it keeps only values above 0.
    pub positive: bool,
}

/// A metric's name and what its labels must be.
#[derive(Debug)]
pub struct Selector {
    /// The name.
    pub name: String,
    /// Label, pattern for the whole value.
    pub matchers: Vec<(String, Regex)>,
}

impl Selector {
    /// Whether a series is one of those it reads.
    pub fn reads(&self, name: &str, labels: &BTreeMap<String, String>) -> bool {
        let fits = |(label, pattern): &(String, Regex)| {
            pattern.is_match(labels.get(label).map_or("", String::as_str))
        };
        name == self.name && self.matchers.iter().all(fits)
    }
}

/// A name, its labels, and the value.
pub type Series = (String, BTreeMap<String, String>, f64);

/// The series of a scrape taken apart.
pub fn series_of(samples: &BTreeMap<String, f64>) -> Vec<Series> {
    let split = |(series, value): (&String, &f64)| {
        let (name, labels) = split_series(series);
        (name, labels, *value)
    };
    samples.iter().map(split).collect()
}

/// All queries of the dashboard, with `.*` for its variables and 1m for its
/// interval, as its file says.
pub fn dashboard() -> Vec<Query> {
    let text = std::fs::read_to_string(data("mastodon/dashboard-17492-queries.txt")).unwrap();
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(query).collect()
}

fn query(line: &str) -> Query {
    let text = line.replace("$__rate_interval", "1m");
    let text = Regex::new(r"\$\w+").unwrap().replace_all(&text, ".*").into_owned();
    let selector = Regex::new(r"\b(mastodon_\w+)(?:\{([^}]*)\})?").unwrap();
    let matcher = Regex::new(r#"(\w+)(=~|=)"([^"]*)""#).unwrap();
    let by = Regex::new(r"by\s*\(([^)]*)\)").unwrap();
    let selectors = selector
        .captures_iter(&text)
        .map(|found| Selector {
            name: found[1].to_owned(),
            matchers: matcher
                .captures_iter(found.get(2).map_or("", |inner| inner.as_str()))
                .map(|pair| (pair[1].to_owned(), whole_value(&pair[2], &pair[3])))
                .collect(),
        })
        .collect();
    let grouped_by = by
        .captures_iter(&text)
        .flat_map(|found| found[1].split(',').map(|l| l.trim().to_owned()).collect::<Vec<_>>())
        .collect();
    Query { positive: text.contains(">0"), selectors, grouped_by, text }
}

fn whole_value(operator: &str, value: &str) -> Regex {
    let pattern = if operator == "=" { regex::escape(value) } else { value.to_owned() };
    Regex::new(&format!("^(?s:{pattern})$")).unwrap()
}

impl Query {
    /// Whether the query finds something in these series: each selector one
    /// series that has every label it is grouped by, with a value above 0 where
    /// that is asked.
    pub fn finds(&self, series: &[Series]) -> bool {
        self.selectors.iter().all(|selector| {
            series.iter().any(|(name, labels, value)| {
                selector.reads(name, labels)
                    && self.grouped_by.iter().all(|label| labels.contains_key(label))
                    && (!self.positive || *value > 0.0)
            })
        })
    }
}
