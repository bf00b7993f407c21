//! The trie of globs and the search for regexes, held to the slow way: trying
//! the rules one by one.
//!
//! Heat: cold.

use std::fmt::Write as _;

use statsd_bridge::mapping::{Routing, RuleSet};
use statsd_bridge::model::{LabelSet, MetricKind, TagStyles};

use super::bytes::Bytes;

/// A rule by its pattern, as a mapping file has it.
#[derive(Clone, Debug)]
pub struct Rule {
    pub regex: bool,
    pub pattern: String,
    pub kind: Option<MetricKind>,
}

impl Rule {
    /// The rule in a mapping file; it gives four captures.
    pub fn yaml(&self, index: usize) -> String {
        let match_type = if self.regex { "regex" } else { "glob" };
        let kind = self.kind.map_or("~", MetricKind::as_str);
        let labels = "{l0: $0, l1: $1, l2: $2, l3: $3}";
        format!(
            "- {{match: '{}', match_type: {match_type}, match_metric_type: {kind}, name: rule_{index}, labels: {labels}}}\n",
            self.pattern
        )
    }
}

/// A rule for the slow way.
struct Slow<'r> {
    rule: &'r Rule,
    regex: Option<regex::Regex>,
}

impl<'r> Slow<'r> {
    fn new(rule: &'r Rule) -> Self {
        Self { rule, regex: rule.regex.then(|| regex::Regex::new(&rule.pattern).unwrap()) }
    }

    fn parts(&self) -> Vec<&str> {
        self.rule.pattern.split('.').collect()
    }

    /// What the rule captures, by the plainest means there are.
    fn captures(&self, name: &str, kind: MetricKind) -> Option<Vec<String>> {
        if self.rule.kind.is_some_and(|only| only != kind) {
            return None;
        }
        let mut captures = if let Some(regex) = &self.regex {
            let captures = regex.captures(name)?;
            captures.iter().map(|group| group.map_or("", |it| it.as_str()).to_owned()).collect()
        } else {
            let components: Vec<&str> = name.split('.').collect();
            let mut captures = vec![name.to_owned()];
            captures.extend(glob(&self.parts(), &components)?);
            captures
        };
        captures.resize(4, String::new());
        Some(captures)
    }
}

/// A glob by trying everything, `**` with the most components first.
fn glob(parts: &[&str], components: &[&str]) -> Option<Vec<String>> {
    let Some((part, parts)) = parts.split_first() else {
        return components.is_empty().then(Vec::new);
    };
    let most = match *part {
        "**" => components.len(),
        _ => components.len().min(1),
    };
    (1..=most).rev().find_map(|taken| {
        let (taken, rest) = components.split_at(taken);
        let text = taken.join(".");
        let wild = part.starts_with('*');
        if !wild && *part != text {
            return None;
        }
        let mut captures = glob(parts, rest)?;
        if wild {
            captures.insert(0, text);
        }
        Some(captures)
    })
}

/// The rank of a glob's way through a name: 0 for text, 1 for `*`, 2 for a `**`
/// that begins, 3 for one that goes on, by component. The smallest is preferred.
fn ranks(parts: &[&str], components: &[&str], going_on: bool) -> Option<Vec<u8>> {
    let Some((component, rest)) = components.split_first() else {
        return parts.is_empty().then(Vec::new);
    };
    let step = match parts.split_first() {
        // First what stands for others: a component may be spelled as they are.
        Some((&"*", parts)) => ranks(parts, rest, false).map(|way| [vec![1], way].concat()),
        Some((&"**", parts)) => ranks(parts, rest, true).map(|way| [vec![2], way].concat()),
        Some((part, parts)) if part == component => {
            ranks(parts, rest, false).map(|way| [vec![0], way].concat())
        }
        _ => None,
    };
    let stay = if going_on { ranks(parts, rest, true) } else { None };
    let stay = stay.map(|way| [vec![3], way].concat());
    [step, stay].into_iter().flatten().min()
}

/// A rule and what it captured.
type Found = Option<(usize, Vec<String>)>;

/// The rule and the captures that a name gets, trying the rules one by one.
fn slowly(rules: &[Slow<'_>], specific_first: bool, name: &str, kind: MetricKind) -> Found {
    let matching = |regex: bool| {
        rules.iter().enumerate().filter(move |(_, slow)| slow.rule.regex == regex).filter_map(
            move |(index, slow)| slow.captures(name, kind).map(|captures| (index, captures)),
        )
    };
    let components: Vec<&str> = name.split('.').collect();
    let rank = |(index, _): &(usize, Vec<String>)| {
        let way = specific_first.then(|| ranks(&rules[*index].parts(), &components, false));
        (way, *index)
    };
    matching(false).min_by_key(rank).or_else(|| matching(true).next())
}

/// The same by the rule set.
pub fn quickly(rules: &RuleSet, name: &str, kind: MetricKind) -> Found {
    let Routing::Route(routed) = rules.route(name, kind, LabelSet::new()) else {
        panic!("{name} is dropped")
    };
    let index = routed.rule?.get() as usize;
    assert_eq!(routed.spec.name.as_str(), format!("rule_{index}"));
    let captures =
        ["l0", "l1", "l2", "l3"].map(|label| routed.labels.get(label).unwrap().to_owned());
    Some((index, captures.to_vec()))
}

/// Each name goes where trying the rules one by one leads.
pub fn assert_same(rules: &[Rule], specific_first: bool, names: &[String], kind: MetricKind) {
    let mut yaml = format!("defaults: {{glob_disable_ordering: {specific_first}}}\nmappings:\n");
    for (index, rule) in rules.iter().enumerate() {
        let _ = write!(yaml, "{}", rule.yaml(index));
    }
    // One `**` makes `glob_disable_ordering` go back wherever it must.
    yaml.push_str("- {match: 'never.**', name: never}\n");
    let loaded = RuleSet::parse(&yaml, "m.yml", TagStyles::ALL);
    let set = loaded.unwrap_or_else(|error| panic!("{yaml}\n{error}")).rules;
    let slow: Vec<Slow<'_>> = rules.iter().map(Slow::new).collect();
    for name in names {
        let wanted = slowly(&slow, specific_first, name, kind);
        assert_eq!(quickly(&set, name, kind), wanted, "{name} in\n{yaml}");
    }
}

/// Parts of globs.
pub const GLOB_PARTS: &[&str] = &["a", "b", "c", "*", "*", "**", "ab", "abba"];

/// Parts of regexes, any of which may follow any other. They mean the same in
/// Go's dialect and in the crate's, so the slow way may use the crate.
pub const REGEX_PARTS: &[&str] = &[
    "a",
    "b",
    "ab",
    "abc",
    r"\.",
    r"\.",
    "(.+)",
    "(.*)",
    r"([^.]+)",
    ".",
    "(a|bc)",
    "(ab|c)+",
    "c?",
    "(b)?",
    "[ab]",
    "^",
    "$",
    "(?:ba){2}",
    "(?i)",
    "é",
    "(?:)",
    "(?:a|)",
    "(x|abba)",
    "A",
    "[^a]",
    "(?s)",
    "()",
    "(?:abba|ab)",
    "x*",
    "b{1,2}",
    "[a-c]+",
    r"\x61",
    "ü?",
];

/// Components of names.
pub const COMPONENTS: &[&str] =
    &["a", "b", "c", "ab", "", "*", "é", "abba", "x", "**", "A", "aB", "bc", "ba", "\n"];

/// Every byte is a choice: the order of globs, the kind, the rules, the names.
pub fn assert_relation(input: &[u8]) {
    let mut bytes = Bytes::new(input);
    let (specific_first, kind) = (bytes.below(2) == 1, bytes.pick(&MetricKind::ALL));
    let rules: Vec<Rule> = (0..=bytes.below(12)).map(|_| rule(&mut bytes)).collect();
    let count = bytes.below(8) + 1;
    let names: Vec<String> = (0..count).map(|_| name(&mut bytes)).collect();
    assert_same(&rules, specific_first, &names, kind);
}

fn rule(bytes: &mut Bytes<'_>) -> Rule {
    let header = bytes.byte();
    let length = usize::from(header >> 4) % 6 + 1;
    let kind = (header & 2 != 0).then(|| bytes.pick(&MetricKind::ALL));
    let regex = header & 1 != 0;
    let mut parts =
        |from: &[&'static str]| -> Vec<&str> { (0..length).map(|_| bytes.pick(from)).collect() };
    let pattern = if regex { parts(REGEX_PARTS).concat() } else { parts(GLOB_PARTS).join(".") };
    Rule { regex, pattern, kind }
}

/// Never empty: the protocol gives no empty name.
fn name(bytes: &mut Bytes<'_>) -> String {
    let count = bytes.below(7) + 1;
    let components: Vec<&str> = (0..count).map(|_| bytes.pick(COMPONENTS)).collect();
    let name = components.join(".");
    if name.is_empty() { "a".to_owned() } else { name }
}
