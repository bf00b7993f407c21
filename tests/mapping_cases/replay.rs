//! A slow and simple stand-in for the bridge behind the mapping: reads plain
//! lines, keeps values in maps, writes them as exposition text.
//!
//! Heat: cold.

use std::collections::BTreeMap;

use statsd_bridge::mapping::{Routed, Routing, RuleSet};
use statsd_bridge::model::{LabelName, LabelSet, MetricKind, Shape, TagStyles};

/// A series: its routing and the values it was given.
struct Series {
    routed: Routed,
    value: f64,
    observed: Vec<f64>,
}

/// What is exposed after these lines, one line an entry.
pub(crate) fn exposition(rules: &RuleSet, lines: &[String]) -> Vec<String> {
    let mut series: BTreeMap<(String, String), Series> = BTreeMap::new();
    for line in lines {
        let (name, rest) = line.split_once(':').unwrap();
        let mut parts = rest.split('|');
        let (value, code) = (parts.next().unwrap(), parts.next().unwrap());
        let (name, tags) = tags(rules.dialect().styles_for(line.as_bytes()), name, parts);
        let kind = match code {
            "c" => MetricKind::Counter,
            "g" => MetricKind::Gauge,
            _ => MetricKind::Observer,
        };
        let Routing::Route(routed) = rules.route(name, kind, tags) else { continue };
        let key = (routed.spec.name.to_string(), labels(&routed.labels));
        let entry = series.entry(key);
        let series =
            entry.or_insert(Series { routed: routed.clone(), value: 0.0, observed: Vec::new() });
        series.apply(&routed, value, code);
    }
    let mut text: Vec<String> = series.values().flat_map(Series::exposition).collect();
    text.dedup();
    text
}

/// The name without its tags, and the tags.
fn tags<'a>(
    styles: TagStyles,
    name: &'a str,
    sections: impl Iterator<Item = &'a str>,
) -> (&'a str, LabelSet) {
    let mut labels = LabelSet::new();
    let mut add = |text: &str, separator| {
        for tag in text.split(',') {
            let (key, value) = tag.split_once(separator).unwrap();
            labels.insert(LabelName::escaped(key).unwrap(), value);
        }
    };
    let mut plain = name;
    let begins = |char: char| (char == ',' && styles.influxdb) || (char == '#' && styles.librato);
    if let Some((before, after)) = name.split_once(begins) {
        plain = before;
        add(after, '=');
    }
    for section in sections.filter_map(|section| section.strip_prefix('#')) {
        if styles.dogstatsd {
            add(section, ':');
        }
    }
    (plain, labels)
}

impl Series {
    fn apply(&mut self, routed: &Routed, text: &str, code: &str) {
        let signed = text.starts_with(['+', '-']) && !routed.gauge_absolute;
        let seconds = if code == "ms" { 1000.0 } else { 1.0 };
        let value = text.parse::<f64>().unwrap() / seconds * routed.scale.unwrap_or(1.0);
        match (&routed.spec.shape, signed) {
            (Shape::Gauge, false) => self.value = value,
            (Shape::Counter | Shape::Gauge, _) => self.value += value,
            _ => self.observed.push(value),
        }
    }

    fn exposition(&self) -> Vec<String> {
        let spec = &self.routed.spec;
        let (name, labels) = (spec.name.as_str(), labels(&self.routed.labels));
        let mut lines = vec![
            format!("# TYPE {name} {}", spec.shape.as_str()),
            format!("# HELP {name} {}", spec.help),
        ];
        let mut push = |suffix: &str, labels: &str, value: f64| {
            let braces = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
            lines.push(format!("{name}{suffix}{braces} {}", number(value)));
        };
        let with = |extra: String| match labels.as_str() {
            "" => extra,
            labels => format!("{labels},{extra}"),
        };
        match &spec.shape {
            Shape::Counter | Shape::Gauge => {
                push("", &labels, self.value);
                return lines;
            }
            Shape::Summary(options) => {
                for quantile in options.quantiles() {
                    let label = format!("quantile=\"{}\"", number(quantile.get()));
                    push("", &with(label), self.rank(quantile.get()));
                }
            }
            Shape::Histogram(options) => {
                for bound in options.bounds().iter().chain(&[f64::INFINITY]) {
                    let below = self.observed.iter().filter(|value| *value <= bound).count();
                    push("_bucket", &with(format!("le=\"{}\"", number(*bound))), count(below));
                }
            }
        }
        push("_sum", &labels, self.observed.iter().sum());
        push("_count", &labels, count(self.observed.len()));
        lines
    }

    /// The value of nearest rank.
    fn rank(&self, quantile: f64) -> f64 {
        let mut sorted = self.observed.clone();
        sorted.sort_by(f64::total_cmp);
        let wanted = |place: &usize| count(*place) >= quantile * count(sorted.len());
        let place = (1..=sorted.len()).find(wanted).unwrap_or(sorted.len());
        sorted[place - 1]
    }
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap())
}

/// `name="value",…` in the order of the names, escaped.
fn labels(labels: &LabelSet) -> String {
    let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let label = |(name, value): (&LabelName, &str)| format!("{name}=\"{}\"", escaped(value));
    labels.iter().map(label).collect::<Vec<_>>().join(",")
}

/// A number as Go's `%g` prints it.
fn number(value: f64) -> String {
    if value.is_infinite() {
        return "+Inf".into();
    }
    let magnitude = value.abs();
    if value != 0.0 && !(1e-4..1e6).contains(&magnitude) {
        let (digits, exponent) = format!("{value:e}")
            .split_once('e')
            .map(|(digits, exponent)| (digits.to_owned(), exponent.parse::<i32>().unwrap()))
            .unwrap();
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    value.to_string()
}
