//! The captured Mastodon traffic, and what it adds up to by the most obvious
//! computation: every value kept, every rule of the published mapping tried in
//! order on every line, sorted lists for the quantiles.
//!
//! Heat: cold.

use std::collections::{BTreeMap, HashMap};

use regex::Regex;
use serde::Deserialize;

use super::cases::data;
use super::exposition::join_series;
use super::loose_json;

/// The quantiles that a summary has by default.
pub const QUANTILES: [(&str, f64); 3] = [("0.5", 0.5), ("0.9", 0.9), ("0.99", 0.99)];

/// The mapping that was published with dashboard 17492.
pub fn published_mapping() -> String {
    std::fs::read_to_string(data("mastodon/published-mapping.yml")).unwrap()
}

/// The datagrams of a recording.
pub fn datagrams(file: &str) -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(data(&format!("mastodon/{file}"))).unwrap();
    text.lines()
        .map(|line| {
            let json: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
            super::cases::latin1(json["data"].as_str().unwrap())
        })
        .collect()
}

/// The bytes of the recorded TCP connections.
pub fn tcp_stream() -> Vec<u8> {
    std::fs::read(data("mastodon/mastodon-tcp.txt")).unwrap()
}

/// The lines of some datagrams, as text.
pub fn lines(datagrams: &[Vec<u8>]) -> Vec<String> {
    let text = |datagram: &Vec<u8>| String::from_utf8(datagram.clone()).expect("UTF-8");
    datagrams
        .iter()
        .flat_map(|d| text(d).split('\n').map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// What the incumbent shows after `mastodon.jsonl` with the published mapping.
pub struct Recorded {
    /// The series by canonical text.
    pub samples: BTreeMap<String, f64>,
    /// The types by family.
    pub types: BTreeMap<String, String>,
    /// The own counters that are not 0.
    pub own: BTreeMap<String, f64>,
}

impl Recorded {
    /// Reads the recording.
    pub fn load() -> Self {
        let text = std::fs::read_to_string(data("mastodon/mastodon.expected.json")).unwrap();
        let json = loose_json::parse(&text);
        let types = json["types"].as_object().unwrap();
        Self {
            samples: super::cases::numbers(&json["samples"]),
            types: types
                .iter()
                .map(|(family, kind)| (family.clone(), kind.as_str().unwrap().to_owned()))
                .collect(),
            own: super::cases::numbers(&json["self"]),
        }
    }

    /// The series that are no quantiles.
    pub fn exact(&self) -> BTreeMap<String, f64> {
        without_quantiles(&self.samples)
    }
}

/// The series that are no quantiles: counters, gauges, sums, counts.
pub fn without_quantiles(samples: &BTreeMap<String, f64>) -> BTreeMap<String, f64> {
    let exact = samples.iter().filter(|(series, _)| !series.contains("quantile=\""));
    exact.map(|(series, value)| (series.clone(), *value)).collect()
}

/// How tags in names are read.
#[derive(Clone, Copy, PartialEq)]
pub enum Reading {
    /// In every style, as the flags have it by default.
    EveryStyle,
    /// Not at all: the whole name is the name.
    NameAsItIs,
}

/// What some lines add up to.
#[derive(Default)]
pub struct Totals {
    /// Counters and gauges, and `_sum` and `_count` of observers.
    pub exact: BTreeMap<String, f64>,
    /// The observed values in order of size, by name and labels.
    pub observed: BTreeMap<(String, BTreeMap<String, String>), Vec<f64>>,
}

impl Totals {
    /// Adds the lines up, with names mapped by the published mapping.
    pub fn of(lines: &[String], reading: Reading) -> Self {
        let mut mapper = Mapper::new();
        let mut totals = Self::default();
        for line in lines {
            totals.add(line, reading, &mut mapper);
        }
        for ((name, labels), values) in &mut totals.observed {
            let sum = values.iter().fold(0.0, |sum, value| sum + value);
            totals.exact.insert(join_series(&format!("{name}_sum"), labels), sum);
            #[expect(clippy::cast_precision_loss, reason = "far less than 2^53 values")]
            let count = values.len() as f64;
            totals.exact.insert(join_series(&format!("{name}_count"), labels), count);
            values.sort_by(f64::total_cmp);
        }
        totals
    }

    fn add(&mut self, line: &str, reading: Reading, mapper: &mut Mapper) {
        if line.is_empty() {
            return;
        }
        let (name, rest) = line.split_once(':').expect("NAME:REST");
        let (value, kind) = rest.split_once('|').expect("VALUE|TYPE");
        let value: f64 = value.parse().expect("a number");
        let name = match reading {
            Reading::EveryStyle => name_without_tags(name),
            Reading::NameAsItIs => name.to_owned(),
        };
        let (name, labels) = mapper.map(&name);
        match kind {
            "c" => *self.exact.entry(join_series(&name, &labels)).or_default() += value,
            "g" => {
                assert!(!rest.starts_with(['+', '-']), "the recordings have no deltas: {line}");
                self.exact.insert(join_series(&name, &labels), value);
            }
            "ms" => self.observed.entry((name, labels)).or_default().push(value / 1000.0),
            other => panic!("the recordings have no {other}"),
        }
    }

    /// The exact quantile series, by nearest rank.
    pub fn quantiles(&self) -> BTreeMap<String, f64> {
        let mut found = BTreeMap::new();
        for ((name, labels), values) in &self.observed {
            for (text, quantile) in QUANTILES {
                let mut labels = labels.clone();
                labels.insert("quantile".to_owned(), text.to_owned());
                found.insert(join_series(name, &labels), nearest_rank(values, quantile));
            }
        }
        found
    }
}

/// The smallest value that at least this part of the values does not exceed.
pub fn nearest_rank(sorted: &[f64], quantile: f64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank among a few thousand values"
    )]
    let rank = (quantile * sorted.len() as f64).ceil() as usize;
    sorted[rank.max(1) - 1]
}

/// The name as it is left when tags of all styles are read. The recordings hold
/// no good tag, only commas and brackets in table names.
fn name_without_tags(name: &str) -> String {
    match (name.find('['), name.find(']')) {
        (Some(open), Some(close)) if open < close => {
            format!("{}{}", &name[..open], &name[close + 1..])
        }
        (None, None) => name.split(['#', ',']).next().unwrap_or_default().to_owned(),
        _ => name.to_owned(),
    }
}

#[derive(Deserialize)]
struct File {
    mappings: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    r#match: String,
    name: String,
    labels: BTreeMap<String, String>,
}

/// The published mapping, tried rule by rule.
struct Mapper {
    rules: Vec<(Regex, Rule)>,
    known: HashMap<String, (String, BTreeMap<String, String>)>,
}

impl Mapper {
    fn new() -> Self {
        let file: File = serde_yaml::from_str(&published_mapping()).expect("the mapping is YAML");
        let compiled = |rule: Rule| (Regex::new(&rule.r#match).unwrap(), rule);
        Self { rules: file.mappings.into_iter().map(compiled).collect(), known: HashMap::new() }
    }

    fn map(&mut self, name: &str) -> (String, BTreeMap<String, String>) {
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        let mapped = self.try_rules(name);
        self.known.insert(name.to_owned(), mapped.clone());
        mapped
    }

    fn try_rules(&self, name: &str) -> (String, BTreeMap<String, String>) {
        for (pattern, rule) in &self.rules {
            let Some(captures) = pattern.captures(name) else { continue };
            let expand = |template: &str| {
                let mut out = String::new();
                captures.expand(template, &mut out);
                out
            };
            let labels =
                rule.labels.iter().map(|(label, text)| (label.clone(), expand(text))).collect();
            return (escaped(&expand(&rule.name)), labels);
        }
        (escaped(name), BTreeMap::new())
    }
}

/// Every character that a name may not hold becomes `_`; the recordings hold no
/// run of dashes and no leading digit.
fn escaped(name: &str) -> String {
    assert!(!name.contains("--") && !name.starts_with(|c: char| c.is_ascii_digit()));
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}
