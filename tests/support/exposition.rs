//! A strict reader of the text format 0.0.4, written from the format's
//! description and from what Go's encoder prints, and from nothing of the
//! bridge. It reports every breach: a scrape that it accepts is one that any
//! Prometheus accepts, in the one spelling that the incumbent uses.
//!
//! Heat: cold.

use std::collections::BTreeMap;

use super::go_number::number;

/// A scrape: families and series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exposition {
    /// The type of each family.
    pub types: BTreeMap<String, String>,
    /// The help of each family, its escapes undone.
    pub help: BTreeMap<String, String>,
    /// The value of each series by `name{label="value",…}`: labels sorted,
    /// values escaped as on the wire, `name{}` without any.
    pub samples: BTreeMap<String, f64>,
    /// The family of each series.
    pub family_of: BTreeMap<String, String>,
}

impl Exposition {
    /// The value of a series; nothing if it is not there.
    pub fn get(&self, series: &str) -> Option<f64> {
        self.samples.get(series).copied()
    }

    /// The value of a series of the bridge's own, 0 until it first counts;
    /// `statsd_exporter_` is put before the name.
    pub fn own(&self, series: &str) -> f64 {
        self.get(&format!("statsd_exporter_{series}")).unwrap_or(0.0)
    }

    /// The series that are not the bridge's own.
    pub fn received(&self) -> BTreeMap<String, f64> {
        let mine = |series: &&String| self.family_of.get(*series).is_some_and(|f| is_own(f));
        let keys: Vec<_> = self.samples.keys().filter(|series| !mine(series)).collect();
        keys.into_iter().map(|series| (series.clone(), self.samples[series])).collect()
    }
}

/// Whether a family is one that the bridge, or the incumbent, has for itself.
pub fn is_own(family: &str) -> bool {
    const PROCESS: [&str; 9] = [
        "process_cpu_seconds_total",
        "process_max_fds",
        "process_network_receive_bytes_total",
        "process_network_transmit_bytes_total",
        "process_open_fds",
        "process_resident_memory_bytes",
        "process_start_time_seconds",
        "process_threads",
        "process_virtual_memory_bytes",
    ];
    ["statsd_exporter_", "statsd_metric_mapper_", "promhttp_metric_handler_"]
        .iter()
        .any(|prefix| family.starts_with(prefix))
        || family == "process_virtual_memory_max_bytes"
        || PROCESS.contains(&family)
}

/// `name{label="value",…}` taken apart; the values' escapes are undone.
pub fn split_series(series: &str) -> (String, BTreeMap<String, String>) {
    let open = series.find('{').expect("a series has a brace");
    let mut labels = Labels { rest: &series[open + 1..] };
    let pairs = labels.read().expect("a series is well-formed");
    (series[..open].to_owned(), pairs.into_iter().collect())
}

/// Puts together what [`split_series`] took apart.
pub fn join_series(name: &str, labels: &BTreeMap<String, String>) -> String {
    let pairs: Vec<_> =
        labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escaped(value))).collect();
    format!("{name}{{{}}}", pairs.join(","))
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Reads a scrape, or says everything that is wrong with it.
pub fn parse(bytes: &[u8]) -> Result<Exposition, Vec<String>> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Err(vec![format!("not UTF-8: {error}")]),
    };
    let mut reader = Reader::default();
    if !text.is_empty() && !text.ends_with('\n') {
        reader.errors.push("the last line has no end".to_owned());
    }
    for (at, line) in text.split_terminator('\n').enumerate() {
        if let Err(error) = reader.line(line) {
            reader.errors.push(format!("line {}: {error}: {line}", at + 1));
        }
    }
    reader.end_family();
    if reader.errors.is_empty() { Ok(reader.found) } else { Err(reader.errors) }
}

#[derive(Default)]
struct Reader {
    found: Exposition,
    errors: Vec<String>,
    /// The family whose block is being read.
    family: Option<String>,
    /// Each name of a series, and the family it was first seen in.
    owners: BTreeMap<String, String>,
    /// The parts of the summaries and histograms of this block.
    parts: BTreeMap<String, Parts>,
}

/// What was seen of one summary or histogram series.
#[derive(Default)]
struct Parts {
    sum: bool,
    count: Option<f64>,
    buckets: Vec<(f64, f64)>,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), String> {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            return self.help(rest);
        }
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            return self.kind(rest);
        }
        if line.starts_with('#') || line.is_empty() {
            return Err("neither HELP nor TYPE nor a sample".to_owned());
        }
        self.sample(line)
    }

    fn help(&mut self, rest: &str) -> Result<(), String> {
        let (name, text) = rest.split_once(' ').unwrap_or((rest, ""));
        self.begin_family(name)?;
        let text = unescaped(text, false)?;
        match self.found.help.insert(name.to_owned(), text) {
            Some(_) => Err("a second HELP".to_owned()),
            None => Ok(()),
        }
    }

    fn kind(&mut self, rest: &str) -> Result<(), String> {
        let (name, kind) = rest.split_once(' ').ok_or("TYPE without a type")?;
        if self.family.as_deref() != Some(name) {
            self.begin_family(name)?;
        }
        if !["counter", "gauge", "summary", "histogram", "untyped"].contains(&kind) {
            return Err("an unknown type".to_owned());
        }
        match self.found.types.insert(name.to_owned(), kind.to_owned()) {
            Some(_) => Err("a second TYPE".to_owned()),
            None => Ok(()),
        }
    }

    fn begin_family(&mut self, name: &str) -> Result<(), String> {
        self.end_family();
        if !is_metric_name(name) {
            return Err("not a metric name".to_owned());
        }
        let last = self.family.replace(name.to_owned());
        if self.found.help.contains_key(name) || self.found.types.contains_key(name) {
            return Err("the family was there before".to_owned());
        }
        match last {
            Some(last) if last.as_str() >= name => Err(format!("comes behind {last}")),
            _ => Ok(()),
        }
    }

    fn sample(&mut self, line: &str) -> Result<(), String> {
        let name_end = line.find(['{', ' ']).ok_or("a sample without a value")?;
        let name = &line[..name_end];
        if !is_metric_name(name) {
            return Err("not a metric name".to_owned());
        }
        let mut rest = Labels { rest: &line[name_end..] };
        let pairs = match rest.rest.strip_prefix('{') {
            Some(inner) => {
                rest.rest = inner;
                let pairs = rest.read()?;
                if pairs.is_empty() {
                    return Err("empty braces".to_owned());
                }
                pairs
            }
            None => Vec::new(),
        };
        let value = rest.rest.strip_prefix(' ').ok_or("no blank before the value")?;
        let value = number(value)?;
        self.place(name, &pairs, value)
    }

    /// Puts a sample into its family.
    fn place(&mut self, name: &str, pairs: &[(String, String)], value: f64) -> Result<(), String> {
        let family = self.family.clone().ok_or("a sample before any family")?;
        let kind = self.found.types.get(&family).ok_or("a sample before its TYPE")?.clone();
        let labels: BTreeMap<_, _> = pairs.iter().cloned().collect();
        if labels.len() != pairs.len() {
            return Err("a label twice".to_owned());
        }
        let suffix = name.strip_prefix(family.as_str()).ok_or("outside its family")?;
        check_order(pairs, &kind)?;
        let series = join_series(name, &labels);
        if self.found.samples.insert(series.clone(), value).is_some() {
            return Err("the series was there before".to_owned());
        }
        if let Some(owner) = self.owners.insert(name.to_owned(), family.clone())
            && owner != family
        {
            return Err(format!("the name belongs to the family {owner}"));
        }
        self.found.family_of.insert(series, family);
        self.part(&kind, suffix, labels, value)
    }

    /// Checks the place of a sample within its type.
    fn part(
        &mut self,
        kind: &str,
        suffix: &str,
        mut labels: BTreeMap<String, String>,
        value: f64,
    ) -> Result<(), String> {
        let bound = match (kind, suffix) {
            ("counter" | "gauge" | "untyped", "") => return Ok(()),
            ("summary", "") => labels.remove("quantile").ok_or("no quantile").map(Some)?,
            ("histogram", "_bucket") => labels.remove("le").ok_or("no le").map(Some)?,
            ("summary" | "histogram", "_sum" | "_count") => None,
            _ => return Err(format!("a {kind} has no such sample")),
        };
        let parts = self.parts.entry(join_series("", &labels)).or_default();
        match (suffix, bound) {
            ("_sum", _) => parts.sum = true,
            ("_count", _) => parts.count = Some(value),
            (_, Some(bound)) => {
                let bound = number(&bound).map_err(|error| format!("le or quantile {error}"))?;
                if suffix == "_bucket" {
                    parts.buckets.push((bound, value));
                }
            }
            (_, None) => {}
        }
        Ok(())
    }

    /// Checks that the summaries and histograms of the block are whole.
    fn end_family(&mut self) {
        let Some(family) = self.family.clone() else { return };
        if !self.found.types.contains_key(&family) {
            self.errors.push(format!("{family} has no TYPE"));
        }
        let histogram = self.found.types.get(&family).is_some_and(|kind| kind == "histogram");
        for (labels, parts) in std::mem::take(&mut self.parts) {
            if let Some(error) = parts.fault(histogram) {
                self.errors.push(format!("{family}{labels}: {error}"));
            }
        }
    }
}

impl Parts {
    fn fault(&self, histogram: bool) -> Option<&'static str> {
        let Some(count) = self.count else { return Some("no _count") };
        if !self.sum {
            return Some("no _sum");
        }
        if !histogram {
            return None;
        }
        let rising = |pair: &[(f64, f64)]| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1;
        if !self.buckets.windows(2).all(rising) {
            return Some("the buckets do not rise");
        }
        match self.buckets.last() {
            Some(&(bound, value)) if bound == f64::INFINITY && value == count => None,
            _ => Some("the last bucket is not +Inf with the count"),
        }
    }
}

/// Labels come sorted, with `le` or `quantile` behind them where the type has
/// it.
fn check_order(pairs: &[(String, String)], kind: &str) -> Result<(), String> {
    let reserved = match kind {
        "summary" => "quantile",
        "histogram" => "le",
        _ => "",
    };
    let names: Vec<_> = pairs.iter().map(|(name, _)| name == reserved).zip(pairs).collect();
    // `false` sorts before `true`: the reserved label is last.
    let sorted = names.is_sorted_by_key(|(reserved, (name, _))| (*reserved, name.as_str()));
    if sorted { Ok(()) } else { Err("labels out of order".to_owned()) }
}

struct Labels<'t> {
    rest: &'t str,
}

impl Labels<'_> {
    /// Reads `name="value",…}`; `rest` is then what follows the brace.
    fn read(&mut self) -> Result<Vec<(String, String)>, String> {
        let mut pairs = Vec::new();
        if let Some(rest) = self.rest.strip_prefix('}') {
            self.rest = rest;
            return Ok(pairs);
        }
        loop {
            let equals = self.rest.find('=').ok_or("a label without =")?;
            let name = &self.rest[..equals];
            if !is_label_name(name) {
                return Err(format!("{name:?} is no label name"));
            }
            let quoted = self.rest[equals + 1..].strip_prefix('"').ok_or("no quote")?;
            let end = closing_quote(quoted).ok_or("a value without its closing quote")?;
            pairs.push((name.to_owned(), unescaped(&quoted[..end], true)?));
            self.rest = &quoted[end + 1..];
            if let Some(rest) = self.rest.strip_prefix('}') {
                self.rest = rest;
                return Ok(pairs);
            }
            self.rest = self.rest.strip_prefix(',').ok_or("neither , nor } behind a label")?;
        }
    }
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at),
            _ => {}
        }
    }
    None
}

fn unescaped(text: &str, quotes: bool) -> Result<String, String> {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('\\') => out.push('\\'),
            Some('n') => out.push('\n'),
            Some('"') if quotes => out.push('"'),
            other => return Err(format!("the escape \\{}", other.map_or(' ', |c| c))),
        }
    }
    Ok(out)
}

fn is_metric_name(name: &str) -> bool {
    let mut chars = name.chars();
    let first = |c: char| c.is_ascii_alphabetic() || c == '_' || c == ':';
    chars.next().is_some_and(first) && chars.all(|c| first(c) || c.is_ascii_digit())
}

fn is_label_name(name: &str) -> bool {
    is_metric_name(name) && !name.contains(':') && !name.starts_with("__")
}
