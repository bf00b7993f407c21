//! Mapping files, right and broken, without what the two are known to take
//! differently.
//!
//! Heat: cold.

use std::fmt::Write;

use crate::dice::Dice;

/// A mapping file of a round.
pub struct Mapping {
    /// The file.
    pub yaml: String,
    /// Whether its rules tell the types of samples apart.
    pub by_type: bool,
}

struct Maker<'d> {
    dice: &'d mut Dice,
    prefix: &'d str,
    /// The globs so far.
    globs: Vec<(String, &'static str)>,
    /// Names that stand for one rule, with their help.
    names: Vec<(String, String)>,
    /// The type of observers where a rule says nothing.
    observers: &'static str,
}

const KINDS: [&str; 8] = ["", "", "", "", "", "counter", "gauge", "observer"];
const BUCKETS: [&str; 3] = ["[0.1, 1, 10]", "[1]", "[.5, 1e2, 1e6, 1e+7]"];
const QUANTILES: [&str; 2] = [
    "[{quantile: 0.5, error: 0.05}]",
    "[{quantile: 0.25, error: 0.01}, {quantile: 0.95, error: 0.001}]",
];

/// A mapping file that both take.
pub fn mapping(dice: &mut Dice, prefix: &str) -> Mapping {
    let observers = dice.word(&["", "", "histogram", "summary"]);
    let mut maker = Maker { dice, prefix, globs: Vec::new(), names: Vec::new(), observers };
    let mut yaml = maker.defaults();
    yaml.push_str("mappings:\n");
    for index in 0..=maker.dice.below(8) {
        let rule = if maker.dice.percent(65) {
            maker.glob_rule(index)
        } else {
            Some(maker.regex_rule(index))
        };
        yaml.push_str(&rule.unwrap_or_default());
    }
    let by_type = yaml.contains("match_metric_type");
    if !yaml.contains("- match") {
        yaml = yaml.replace("mappings:\n", "mappings: []\n");
    }
    Mapping { yaml, by_type }
}

impl Maker<'_> {
    fn defaults(&mut self) -> String {
        let mut yaml = "defaults:\n  match_type: glob\n".to_owned();
        if !self.observers.is_empty() {
            let _ = writeln!(yaml, "  observer_type: {}", self.observers);
        }
        if self.dice.percent(20) {
            let _ =
                writeln!(yaml, "  histogram_options: {{buckets: {}}}", self.dice.word(&BUCKETS));
        }
        if self.dice.percent(20) {
            let _ =
                writeln!(yaml, "  summary_options: {{quantiles: {}}}", self.dice.word(&QUANTILES));
        }
        if self.dice.percent(20) {
            yaml.push_str("  ttl: 1h\n");
        }
        yaml
    }

    fn glob_rule(&mut self, index: usize) -> Option<String> {
        let mut parts = vec![self.prefix.to_owned()];
        for _ in 0..=self.dice.below(3) {
            parts.push(self.dice.text(&["a", "b", "c", "web", "x-y", "*", "*", "*", "1st", "_"]));
        }
        let kind = self.dice.word(&KINDS);
        let glob = parts.join(".");
        if self.loses_its_place(&glob, kind) {
            return None;
        }
        self.globs.push((glob.clone(), kind));
        let captures = parts.iter().filter(|part| *part == "*").count();
        let templates: &[&'static str] = match captures {
            0 => &["text", "", "a b"],
            1 => &["$1", "${1}", "pre $1", "$1-post", "text", "${1}x"],
            _ => &["$1", "${2}", "$2", "pre-$1", "$1/$2", "${1}.${2}", "text"],
        };
        let names: &[&'static str] = match captures {
            0 => &[""],
            1 => &["", "_$1", "_${1}_x", "_${1}"],
            _ => &["", "_$1", "_${2}_z", "_$2"],
        };
        Some(self.rule(index, &glob, "", kind, names, templates))
    }

    /// The incumbent forgets a glob that is the beginning of an earlier one, or
    /// that was there before.
    fn loses_its_place(&self, glob: &str, kind: &str) -> bool {
        let begins = |earlier: &str| earlier == glob || earlier.starts_with(&format!("{glob}."));
        self.globs.iter().any(|(earlier, other)| {
            begins(earlier) && (kind == *other || kind.is_empty() || other.is_empty())
        })
    }

    fn regex_rule(&mut self, index: usize) -> String {
        const ENDS: [&str; 12] = [
            "\\.(\\w+)\\.(.*)$",
            "\\.a(\\..+)?",
            "\\.(?P<one>[a-z]+)\\.b",
            "\\..*\\.(?:b|c)$",
            "\\.(a)?b",
            "\\.([^.]*)$",
            "\\.(?i)A\\.(.)",
            "\\.(\\D+?)(\\.|$)",
            "(?:\\.(a|b))+",
            "\\.\\Qa\\E",
            "(.*)(b)",
            "\\.[[:alpha:]]{1,3}(\\b.*)",
        ];
        let kind = self.dice.word(&KINDS);
        let start = self.dice.word(&["^", "", ""]);
        let regex = format!("{start}{}{}", self.prefix, self.dice.word(&ENDS));
        let templates = [
            "$1", "${1}", "$0", "$1_x", "${1}_x", "$one", "${one}", "$$", "a $2", "$9", "text",
            "$", "$1$2",
        ];
        self.rule(index, &regex, "regex", kind, &["", "_$1", "_${1}", "_${2}_z"], &templates)
    }

    fn rule(
        &mut self,
        index: usize,
        pattern: &str,
        match_type: &str,
        kind: &str,
        names: &[&'static str],
        templates: &[&'static str],
    ) -> String {
        let mut yaml = format!("- match: '{pattern}'\n");
        let mut key = |key: &str, value: &str| {
            if !value.is_empty() {
                let _ = writeln!(yaml, "  {key}: {value}");
            }
        };
        key("match_type", match_type);
        key("match_metric_type", kind);
        let (name, help) = self.name(index, names);
        key("name", &name);
        key("help", &help);
        if self.dice.percent(10) {
            key("action", self.dice.word(&["drop", "map"]));
        }
        if self.dice.percent(15) {
            key("honor_labels", "true");
        }
        if self.dice.percent(15) {
            key("scale", self.dice.word(&["0.5", "2", "1e-3", "-1", "1000", "0"]));
        }
        if self.dice.percent(10) {
            key("ttl", self.dice.word(&["1h", "1h30m", "3600s"]));
        }
        let observers = self.dice.word(&["", "", "", "histogram", "summary"]);
        key("observer_type", observers);
        let kind = if observers.is_empty() { self.observers } else { observers };
        if self.dice.percent(30) {
            match kind {
                "histogram" => {
                    let buckets = format!("{{buckets: {}}}", self.dice.word(&BUCKETS));
                    key("histogram_options", &buckets);
                }
                "summary" => {
                    let quantiles = format!("{{quantiles: {}}}", self.dice.word(&QUANTILES));
                    key("summary_options", &quantiles);
                }
                _ => {}
            }
        }
        yaml.push_str(&self.labels(templates));
        yaml
    }

    /// A name of this rule alone with a help text or without; or an earlier
    /// rule's name with the same help.
    fn name(&mut self, index: usize, ends: &[&'static str]) -> (String, String) {
        if !self.names.is_empty() && self.dice.percent(15) {
            return self.dice.pick(&self.names).clone();
        }
        let end = self.dice.word(ends);
        let help = self.dice.text(&["", "", "'a help'", "\"two\\nlines\"", "'back\\slash'", "ü"]);
        let name = (format!("{}m{index}{end}", self.prefix), help);
        if end.is_empty() {
            self.names.push(name.clone());
        }
        name
    }

    fn labels(&mut self, templates: &[&'static str]) -> String {
        let mut yaml = String::new();
        // Long enough that a damage does not leave one letter, which only we take.
        for key in ["key", "job", "app", "code"] {
            if self.dice.percent(25) {
                let _ = writeln!(yaml, "    {key}: '{}'", self.dice.word(templates));
            }
        }
        if yaml.is_empty() { yaml } else { "  labels:\n".to_owned() + &yaml }
    }
}

/// A mapping file with a damage that may or may not make it a bad one.
pub fn damaged(dice: &mut Dice, yaml: &str) -> String {
    const TOKENS: [&str; 34] = [
        "~",
        "yes",
        "0x1F",
        "1_000",
        "\"1\"",
        "'a'",
        "[]",
        "{}",
        "1h",
        "-1",
        "true",
        "null",
        "[1]",
        "{a: b}",
        "1.5",
        "1e3",
        ".5",
        "off",
        "2020-01-01",
        "0o7",
        "017",
        "'",
        "\"",
        "glob",
        "regex",
        "a: b",
        "- a",
        "# c",
        "5",
        "''",
        "nan",
        ".inf",
        "1h2",
        "a.b",
    ];
    let mut lines: Vec<String> = yaml.lines().map(str::to_owned).collect();
    let at = dice.below(lines.len());
    let line = lines[at].clone();
    match dice.below(8) {
        0..4 => {
            if let Some((key, _)) = line.split_once(": ") {
                lines[at] = format!("{key}: {}", dice.word(&TOKENS));
            }
        }
        4 => lines.insert(at, line),
        5 => drop(lines.remove(at)),
        6 => lines[at] = format!("{}{line}", dice.word(&[" ", "  ", "- ", "x"])),
        _ => {
            let mut chars: Vec<char> = line.chars().collect();
            if !chars.is_empty() {
                chars.remove(dice.below(chars.len()));
            }
            lines[at] = chars.into_iter().collect();
        }
    }
    lines.join("\n") + "\n"
}
