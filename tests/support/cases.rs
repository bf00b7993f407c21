//! The recorded cases of `tests/data/conformance`: read, played against any
//! bridge, compared.
//!
//! Heat: cold.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::exposition::{self, Exposition};
use super::loose_json;

/// How far a quantile may lie from the recorded one, where a case says nothing.
const QUANTILE_TOLERANCE: f64 = 0.02;

/// Sums are of floating point numbers, and a weighted observation is added in
/// one step where the incumbent takes one for each.
const SUM_TOLERANCE: f64 = 1e-9;

/// The bridge's own families that the recordings cover.
const OWN_FAMILIES: [&str; 13] = [
    "config_reloads_total",
    "events_actions_total",
    "events_conflict_total",
    "events_error_total",
    "events_total",
    "events_unmapped_total",
    "lines_total",
    "loaded_mappings",
    "sample_errors_total",
    "samples_total",
    "tag_errors_total",
    "tags_total",
    "tcp_too_long_lines_total",
];

/// One recorded case.
pub struct Case {
    /// Its name, also that of its file.
    pub name: String,
    /// The mapping file's text; none means no mapping at all.
    pub mapping: Option<String>,
    /// Further flags.
    pub flags: Vec<String>,
    /// What happens.
    pub play: Play,
    tolerance: f64,
}

/// What happens in a case.
pub enum Play {
    /// `--check-config` ends with success, or not.
    CheckConfig { ok: bool },
    /// Steps, and what a scrape at each expectation shows.
    Steps { steps: Vec<Step>, want: BTreeMap<String, Want> },
}

/// One step of a case.
pub enum Step {
    /// Datagrams over UDP.
    Udp(Vec<Vec<u8>>),
    /// Datagrams over a unix socket.
    Unixgram(Vec<Vec<u8>>),
    /// The bytes of one connection.
    Tcp(Vec<u8>),
    /// A new mapping file and a reload.
    Reload(String),
    /// Seconds pass.
    Wait(f64),
    /// A scrape, to be compared with what is wanted under this name.
    Expect(String),
}

/// What a scrape is to show.
pub struct Want {
    types: BTreeMap<String, String>,
    help: BTreeMap<String, String>,
    samples: BTreeMap<String, f64>,
    own: BTreeMap<String, f64>,
}

/// A bridge that a case can be played against.
pub trait Subject {
    /// Takes UDP datagrams.
    fn udp(&mut self, datagrams: &[Vec<u8>]);
    /// Takes unix datagrams.
    fn unixgram(&mut self, datagrams: &[Vec<u8>]);
    /// Takes the bytes of a connection.
    fn tcp(&mut self, bytes: &[u8]);
    /// Loads this mapping, or refuses it and goes on with the old one.
    fn reload(&mut self, yaml: &str);
    /// Lets time pass.
    fn wait(&mut self, seconds: f64);
    /// A scrape of all that was sent so far.
    fn scrape(&mut self) -> Exposition;
}

/// The folder of test data.
pub fn data(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(path)
}

/// Every recorded case, by name.
pub fn all() -> Vec<Case> {
    let mut files: Vec<_> = std::fs::read_dir(data("conformance"))
        .expect("the recorded cases are there")
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    files.iter().map(|path| read(&std::fs::read_to_string(path).unwrap())).collect()
}

fn read(text: &str) -> Case {
    let json = loose_json::parse(text);
    let strings = |value: &Value| -> Vec<String> {
        value.as_array().map(|list| list.iter().map(string).collect()).unwrap_or_default()
    };
    let want = json["want"].as_object().expect("`want` is an object");
    let play = if json["check_config"] == Value::Bool(true) {
        Play::CheckConfig { ok: want["ok"].as_bool().unwrap() }
    } else {
        let steps = json["steps"].as_array().unwrap().iter().map(step).collect();
        let want = want.iter().map(|(label, want)| (label.clone(), read_want(want))).collect();
        Play::Steps { steps: with_end(steps), want }
    };
    Case {
        name: string(&json["name"]),
        mapping: json["mapping"].as_str().map(str::to_owned),
        flags: strings(&json["flags"]),
        play,
        tolerance: json.get("qtol").map_or(QUANTILE_TOLERANCE, loose_json::number),
    }
}

/// Without any expectation there is one, `end`, after the last step.
fn with_end(mut steps: Vec<Step>) -> Vec<Step> {
    if !steps.iter().any(|step| matches!(step, Step::Expect(_))) {
        steps.push(Step::Expect("end".to_owned()));
    }
    steps
}

fn step(json: &Value) -> Step {
    let (kind, value) = json.as_object().unwrap().iter().next().expect("a step has a kind");
    let datagrams =
        || value.as_array().unwrap().iter().map(|datagram| latin1(&string(datagram))).collect();
    match kind.as_str() {
        "udp" => Step::Udp(datagrams()),
        "unixgram" => Step::Unixgram(datagrams()),
        "tcp" => Step::Tcp(latin1(&string(value))),
        "hup" => Step::Reload(string(value)),
        "wait" => Step::Wait(loose_json::number(value)),
        "expect" => Step::Expect(string(value)),
        other => panic!("an unknown step: {other}"),
    }
}

fn string(value: &Value) -> String {
    value.as_str().expect("a string").to_owned()
}

/// The bytes that a recorded string stands for.
pub fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).expect("a byte")).collect()
}

fn read_want(json: &Value) -> Want {
    let texts = |key: &str| -> BTreeMap<String, String> {
        let object = json[key].as_object().unwrap();
        object.iter().map(|(name, text)| (name.clone(), string(text))).collect()
    };
    Want {
        types: texts("types"),
        help: texts("help"),
        samples: numbers(&json["samples"]),
        own: numbers(&json["self"]),
    }
}

/// An object of numbers.
pub fn numbers(json: &Value) -> BTreeMap<String, f64> {
    let object = json.as_object().expect("an object");
    object.iter().map(|(series, value)| (series.clone(), loose_json::number(value))).collect()
}

impl Case {
    /// Whether a step needs the unix socket.
    pub fn needs_unixgram(&self) -> bool {
        match &self.play {
            Play::CheckConfig { .. } => false,
            Play::Steps { steps, .. } => steps.iter().any(|step| matches!(step, Step::Unixgram(_))),
        }
    }

    /// Plays the steps and returns every difference.
    pub fn play(&self, subject: &mut dyn Subject) -> Vec<String> {
        let Play::Steps { steps, want } = &self.play else {
            panic!("{} has no steps", self.name);
        };
        let mut differences = Vec::new();
        for step in steps {
            match step {
                Step::Udp(datagrams) => subject.udp(datagrams),
                Step::Unixgram(datagrams) => subject.unixgram(datagrams),
                Step::Tcp(bytes) => subject.tcp(bytes),
                Step::Reload(yaml) => subject.reload(yaml),
                Step::Wait(seconds) => subject.wait(*seconds),
                Step::Expect(label) => {
                    let found = want[label].differences(&subject.scrape(), self.tolerance);
                    differences.extend(found.into_iter().map(|text| format!("[{label}] {text}")));
                }
            }
        }
        differences
    }
}

impl Want {
    fn differences(&self, scrape: &Exposition, tolerance: f64) -> Vec<String> {
        let theirs = |texts: &BTreeMap<String, String>| -> BTreeMap<String, String> {
            let kept = texts.iter().filter(|(family, _)| !exposition::is_own(family));
            kept.map(|(family, text)| (family.clone(), text.clone())).collect()
        };
        let mut differences =
            unlike("type of", &self.types, &theirs(&scrape.types), |_, a, b| a == b);
        differences.extend(unlike("help of", &self.help, &theirs(&scrape.help), |_, a, b| a == b));
        let allowed = |series: &String| {
            let summary = scrape.family_of.get(series).and_then(|family| scrape.types.get(family));
            let quantile =
                series.contains("quantile=\"") && summary.is_some_and(|t| t == "summary");
            let sum = series.split('{').next().is_some_and(|name| name.ends_with("_sum"));
            if quantile {
                tolerance
            } else if sum {
                SUM_TOLERANCE
            } else {
                0.0
            }
        };
        let close = |series: &String, a: &f64, b: &f64| near(*a, *b, allowed(series));
        differences.extend(unlike("value of", &self.samples, &scrape.received(), close));
        let own = |_: &String, a: &f64, b: &f64| a == b;
        differences.extend(unlike("own", &self.own, &own_counters(scrape), own));
        differences
    }
}

/// Whether `found` is `wanted`, within a relative tolerance; NaN is NaN.
pub fn near(wanted: f64, found: f64, tolerance: f64) -> bool {
    let apart = (wanted - found).abs();
    wanted == found || wanted.is_nan() && found.is_nan() || apart <= tolerance * wanted.abs()
}

/// The own counters that the recordings cover and that are not 0.
pub fn own_counters(scrape: &Exposition) -> BTreeMap<String, f64> {
    let covered = |series: &str| {
        let family = scrape.family_of[series].strip_prefix("statsd_exporter_");
        family.is_some_and(|family| OWN_FAMILIES.contains(&family))
    };
    let counted = scrape.samples.iter().filter(|(series, value)| **value != 0.0 && covered(series));
    counted.map(|(series, value)| (series.clone(), *value)).collect()
}

/// Every key whose values are not alike in both.
pub fn unlike<V: std::fmt::Debug>(
    what: &str,
    wanted: &BTreeMap<String, V>,
    found: &BTreeMap<String, V>,
    alike: impl Fn(&String, &V, &V) -> bool,
) -> Vec<String> {
    let mut differences = Vec::new();
    for (key, value) in wanted {
        match found.get(key) {
            Some(other) if alike(key, value, other) => {}
            Some(other) => {
                differences.push(format!("{what} {key}: wanted {value:?}, found {other:?}"));
            }
            None => differences.push(format!("{what} {key}: wanted {value:?}, not there")),
        }
    }
    for (key, value) in found.iter().filter(|(key, _)| !wanted.contains_key(*key)) {
        differences.push(format!("{what} {key}: {value:?} is there and not wanted"));
    }
    differences
}

/// Runs a job for each case in a few threads at once, and returns the
/// differences of every case that has some.
pub fn run_all<'c>(
    cases: &[&'c Case],
    job: impl Fn(&'c Case) -> Vec<String> + Sync,
) -> Vec<(&'c str, Vec<String>)> {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let failed = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(case) =
                    cases.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
                {
                    let outcome =
                        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(case)));
                    let differences = outcome.unwrap_or_else(|panic| vec![said(panic.as_ref())]);
                    if !differences.is_empty() {
                        failed.lock().unwrap().push((case.name.as_str(), differences));
                    }
                }
            });
        }
    });
    let mut failed = failed.into_inner().unwrap();
    failed.sort();
    failed
}

fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("panicked: {}", text.unwrap_or("?"))
}

/// Panics with every difference, if there is one.
pub fn report(failed: &[(&str, Vec<String>)]) {
    let of_case =
        |(name, found): &(&str, Vec<String>)| format!("{name}:\n    {}", found.join("\n    "));
    let text: Vec<_> = failed.iter().map(of_case).collect();
    assert!(failed.is_empty(), "{} cases differ:\n{}", failed.len(), text.join("\n"));
}
