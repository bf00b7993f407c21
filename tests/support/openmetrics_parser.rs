//! `OpenMetrics` read back: the parser of Python's `prometheus_client`, which refuses what the
//! specification of `OpenMetrics` does not allow, and what it must find.
//!
//! Heat: cold.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

use super::exposition::{Exposition, join_series, split_series};
use super::go_number::go_number;
use super::peer::skip;

/// Reads a length and so many bytes, and says in one line of JSON what it found,
/// again and again.
const PARSER: &str = r#"
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
print("ready", flush=True)
while True:
    length = sys.stdin.buffer.readline()
    if not length:
        break
    text = sys.stdin.buffer.read(int(length)).decode("utf-8")
    try:
        found = [[f.name, f.type, f.documentation,
                  [[s.name, s.labels, repr(float(s.value))] for s in f.samples]]
                 for f in parse(text)]
    except Exception as error:
        found = repr(error)
    print(json.dumps(found), flush=True)
"#;

/// Python with the parser in it.
pub struct Parser {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Parser {
    /// `None` if there is none, which is said aloud.
    pub fn start() -> Option<Self> {
        // The one on the PATH may be another than the system's.
        let found = ["python3", "/usr/bin/python3"].into_iter().find_map(Self::try_start);
        if found.is_none() {
            skip("there is no python3 with prometheus_client");
        }
        found
    }

    fn try_start(program: &str) -> Option<Self> {
        let mut child = Command::new(program)
            .args(["-c", PARSER])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let input = child.stdin.take()?;
        let output = BufReader::new(child.stdout.take()?);
        let mut parser = Self { child, input, output };
        (parser.line() == "ready\n").then_some(parser)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line
    }

    fn ask(&mut self, text: &[u8]) -> Value {
        writeln!(self.input, "{}", text.len()).unwrap();
        self.input.write_all(text).unwrap();
        self.input.flush().unwrap();
        serde_json::from_str(&self.line()).unwrap()
    }

    /// What it finds, or why it finds nothing.
    pub fn read(&mut self, text: &[u8]) -> Result<Found, String> {
        match self.ask(text) {
            Value::Array(families) => Ok(Found::from_json(&families)),
            other => Err(format!("{other}\n{}", String::from_utf8_lossy(text))),
        }
    }
}

impl Drop for Parser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the parser found.
#[derive(Default)]
pub struct Found {
    /// Type and help of each family.
    pub families: BTreeMap<String, (String, String)>,
    /// The value of each series, as [`Exposition`] has them, and its family.
    pub samples: BTreeMap<String, (f64, String)>,
}

impl Found {
    fn from_json(families: &[Value]) -> Self {
        let mut found = Self::default();
        for family in families {
            let text = |at: usize| family[at].as_str().unwrap().to_owned();
            let before = found.families.insert(text(0), (text(1), text(2)));
            assert!(before.is_none(), "{} is there twice", text(0));
            for sample in family[3].as_array().unwrap() {
                let labels: BTreeMap<String, String> =
                    serde_json::from_value(sample[1].clone()).unwrap();
                let series = join_series(sample[0].as_str().unwrap(), &labels);
                let value: f64 = sample[2].as_str().unwrap().parse().unwrap();
                found.samples.insert(series, (value, text(0)));
            }
        }
        found
    }
}

/// What the text format has, under the names that the parser has to find, with
/// those left out that `OpenMetrics` cannot hold.
fn expected(text: &Exposition, found: &Found) -> BTreeMap<String, f64> {
    let mut expected = BTreeMap::new();
    for (series, value) in &text.samples {
        let family = &text.family_of[series];
        let kind = text.types[family].as_str();
        let owner = family.strip_suffix("_created").and_then(|owner| text.types.get(owner));
        if owner.is_some_and(|kind| ["summary", "histogram"].contains(&kind.as_str())) {
            continue;
        }
        let (mut name, mut labels) = split_series(series);
        let bare = family.strip_suffix("_total").unwrap_or(family);
        if kind == "counter" && found.families.get(bare).is_some_and(|(kind, _)| kind == "counter")
        {
            name = format!("{bare}_total");
        }
        let bound = match kind {
            "histogram" => labels.get_mut("le"),
            "summary" => labels.get_mut("quantile"),
            _ => None,
        };
        if let Some(bound) = bound {
            *bound = with_point(bound);
        }
        // The one negative bound that generated histograms have.
        let mut below_zero = labels.clone();
        below_zero.insert("le".to_owned(), "-2".to_owned());
        let has_negative_bounds =
            text.get(&join_series(&format!("{family}_bucket"), &below_zero)).is_some();
        let sum = text.get(&join_series(&format!("{family}_sum"), &labels)).unwrap_or(0.0);
        let cannot = match kind {
            "summary" => *value < 0.0,
            "histogram" => {
                !name.ends_with("_bucket") && (*value < 0.0 || has_negative_bounds || sum < 0.0)
            }
            _ => false,
        };
        if !cannot {
            expected.insert(join_series(&name, &labels), *value);
        }
    }
    expected
}

fn with_point(bound: &str) -> String {
    let plain = bound.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if plain { format!("{bound}.0") } else { bound.to_owned() }
}

/// What the parser found is what the text format says.
#[track_caller]
pub fn agree(found: &Found, text: &Exposition, created_in: &std::ops::Range<f64>) {
    let created = |series: &&String| split_series(series).0.ends_with("_created");
    let expected = expected(text, found);
    for (series, value) in &expected {
        let (read, _) = found.samples.get(series).unwrap_or_else(|| panic!("{series} is missing"));
        assert_eq!(go_number(read + 0.0), go_number(value + 0.0), "{series}");
    }
    for (series, (value, family)) in &found.samples {
        if !expected.contains_key(series) {
            assert!(created(&series), "{series} is in no other format");
            let kind = found.families[family].0.as_str();
            assert!(["counter", "summary", "histogram"].contains(&kind), "{series}: {kind}");
            assert!(created_in.contains(value), "{series} {value}");
        }
    }
    let help = found.families.iter().filter(|(name, _)| !name.starts_with("own"));
    for (name, (_, help)) in help {
        let names = [name.clone(), format!("{name}_total")];
        let texts = names.iter().filter_map(|name| text.help.get(name));
        // That parser forgets blanks at a help text's ends.
        let texts: Vec<_> = texts.map(|text| text.trim()).collect();
        assert!(texts.contains(&help.trim()), "{name}: {help:?} is not among {texts:?}");
    }
}
