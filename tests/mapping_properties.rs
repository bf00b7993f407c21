//! The trie of globs and the search for regexes, held to the slow way: trying
//! the rules one by one. And: whatever a mapping file says, it is an error or a
//! rule set that routes.
//!
//! Heat: cold.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use proptest::prelude::*;
use statsd_bridge::mapping::{Routing, RuleSet};
use statsd_bridge::model::{LabelSet, MetricKind, TagStyles};

#[derive(Clone, Debug)]
struct Rule {
    regex: bool,
    pattern: String,
    kind: Option<MetricKind>,
}

impl Rule {
    fn yaml(&self, index: usize) -> String {
        let match_type = if self.regex { "regex" } else { "glob" };
        let kind = self.kind.map_or("~", MetricKind::as_str);
        let labels = "{l0: $0, l1: $1, l2: $2, l3: $3}";
        format!(
            "- {{match: '{}', match_type: {match_type}, match_metric_type: {kind}, name: rule_{index}, labels: {labels}}}\n",
            self.pattern
        )
    }

    /// What the rule captures, by the plainest means there are.
    fn captures(&self, name: &str, kind: MetricKind) -> Option<Vec<String>> {
        if self.kind.is_some_and(|only| only != kind) {
            return None;
        }
        let captures = if self.regex {
            let regex = regex::Regex::new(&self.pattern).unwrap();
            let captures = regex.captures(name)?;
            captures.iter().map(|group| group.map_or("", |it| it.as_str()).to_owned()).collect()
        } else {
            let parts: Vec<&str> = self.pattern.split('.').collect();
            let components: Vec<&str> = name.split('.').collect();
            let mut captures = vec![name.to_owned()];
            captures.extend(glob(&parts, &components)?);
            captures
        };
        let mut captures: Vec<String> = captures;
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
        Some((part, parts)) if part == component => {
            ranks(parts, rest, false).map(|way| [vec![0], way].concat())
        }
        Some((&"*", parts)) => ranks(parts, rest, false).map(|way| [vec![1], way].concat()),
        Some((&"**", parts)) => ranks(parts, rest, true).map(|way| [vec![2], way].concat()),
        _ => None,
    };
    let stay = if going_on { ranks(parts, rest, true) } else { None };
    let stay = stay.map(|way| [vec![3], way].concat());
    [step, stay].into_iter().flatten().min()
}

/// The rule and the captures that a name gets, trying the rules one by one.
fn slowly(
    rules: &[Rule],
    specific_first: bool,
    name: &str,
    kind: MetricKind,
) -> Option<(usize, Vec<String>)> {
    let matching = |regex: bool| {
        rules.iter().enumerate().filter(move |(_, rule)| rule.regex == regex).filter_map(
            move |(index, rule)| rule.captures(name, kind).map(|captures| (index, captures)),
        )
    };
    let components: Vec<&str> = name.split('.').collect();
    let rank = |(index, _): &(usize, Vec<String>)| {
        let parts: Vec<&str> = rules[*index].pattern.split('.').collect();
        let way = specific_first.then(|| ranks(&parts, &components, false));
        (way, *index)
    };
    matching(false).min_by_key(rank).or_else(|| matching(true).next())
}

fn quickly(rules: &RuleSet, name: &str, kind: MetricKind) -> Option<(usize, Vec<String>)> {
    let Routing::Route(routed) = rules.route(name, kind, LabelSet::new()) else { panic!() };
    let index = routed.rule?.get() as usize;
    assert_eq!(routed.spec.name.as_str(), format!("rule_{index}"));
    let captures =
        ["l0", "l1", "l2", "l3"].map(|label| routed.labels.get(label).unwrap().to_owned());
    Some((index, captures.to_vec()))
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn kinds() -> impl Strategy<Value = MetricKind> {
    prop::sample::select(&MetricKind::ALL[..])
}

fn globs() -> impl Strategy<Value = String> {
    let part = prop::sample::select(&["a", "b", "c", "*", "*", "**"][..]);
    prop::collection::vec(part, 1..6).prop_map(|parts| parts.join("."))
}

fn regexes() -> impl Strategy<Value = String> {
    let part = prop::sample::select(
        &[
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
        ][..],
    );
    prop::collection::vec(part, 1..6).prop_map(|parts| parts.concat())
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let glob = globs().prop_map(|pattern| (false, pattern));
    let regex = regexes().prop_map(|pattern| (true, pattern));
    let kind = prop::option::weighted(0.3, kinds());
    let rule = (prop_oneof![glob, regex], kind).prop_map(|((regex, pattern), kind)| Rule {
        regex,
        pattern,
        kind,
    });
    prop::collection::vec(rule, 1..12)
}

fn names() -> impl Strategy<Value = String> {
    let component = prop::sample::select(&["a", "b", "c", "ab", "", "*", "é", "abba", "x"][..]);
    prop::collection::vec(component, 1..7)
        .prop_map(|components| components.join("."))
        // The protocol gives no empty name.
        .prop_filter("empty", |name| !name.is_empty())
}

proptest! {
    #![proptest_config(config(600))]

    #[test]
    fn routing_is_trying_the_rules_one_by_one(
        rules in rules(),
        specific_first in any::<bool>(),
        names in prop::collection::vec(names(), 1..12),
        kind in kinds(),
    ) {
        let mut yaml = format!("defaults: {{glob_disable_ordering: {specific_first}}}\nmappings:\n");
        for (index, rule) in rules.iter().enumerate() {
            yaml.push_str(&rule.yaml(index));
        }
        // One `**` makes `glob_disable_ordering` go back wherever it must.
        yaml.push_str("- {match: 'never.**', name: never}\n");
        let loaded = RuleSet::parse(&yaml, "m.yml", TagStyles::ALL);
        let set = loaded.unwrap_or_else(|error| panic!("{yaml}\n{error}")).rules;
        for name in &names {
            let wanted = slowly(&rules, specific_first, name, kind);
            prop_assert_eq!(quickly(&set, name, kind), wanted, "{} in\n{}", name, yaml);
        }
    }
}

/// The way of the incumbent where it does not go back: at each component text,
/// else `*`, as long as some rule on that way has a fitting length at all.
fn for_good(globs: &[Vec<&str>], name: &str) -> Option<usize> {
    let components: Vec<&str> = name.split('.').collect();
    let mut alive: Vec<usize> = (0..globs.len()).collect();
    for (at, component) in components.iter().enumerate() {
        let on_the_way = |part: &str| -> Vec<usize> {
            alive.iter().copied().filter(|rule| globs[*rule].get(at) == Some(&part)).collect()
        };
        let fits = |rules: &Vec<usize>| {
            let lengths = || rules.iter().map(|rule| globs[*rule].len());
            let (Some(least), Some(most)) = (lengths().min(), lengths().max()) else {
                return false;
            };
            (least..=most).contains(&components.len())
        };
        let text = on_the_way(component);
        alive = if fits(&text) { text } else { on_the_way("*") };
        if !fits(&alive) {
            return None;
        }
    }
    alive.into_iter().find(|rule| globs[*rule].len() == components.len())
}

proptest! {
    #![proptest_config(config(600))]

    #[test]
    fn where_the_incumbent_does_not_go_back_neither_do_we(
        mut globs in prop::collection::vec(
            prop::collection::vec(prop::sample::select(&["a", "b", "c", "*"][..]), 1..5), 1..12),
        names in prop::collection::vec(names(), 1..12),
    ) {
        // Each glob is covered by one of these, so none is a reason to go back.
        globs.extend((1..5).map(|length| vec!["*"; length]));
        let mut yaml = "defaults: {glob_disable_ordering: true}\nmappings:\n".to_owned();
        for (index, glob) in globs.iter().enumerate() {
            let pattern = glob.join(".");
            yaml.push_str(&Rule { regex: false, pattern, kind: None }.yaml(index));
        }
        let rules = RuleSet::parse(&yaml, "m.yml", TagStyles::ALL).unwrap().rules;
        for name in names.iter().filter(|name| !name.contains('*')) {
            let found = quickly(&rules, name, MetricKind::Counter).map(|(rule, _)| rule);
            prop_assert_eq!(found, for_good(&globs, name), "{} in\n{}", name, yaml);
        }
    }
}

/// Pieces of mapping files, good and bad.
const PIECES: &[&str] = &[
    "mappings:",
    "defaults:",
    "- ",
    "\n",
    "\n  ",
    "\n- ",
    "match: ",
    "match_type: ",
    "regex",
    "glob",
    "name: ",
    "labels: ",
    "{",
    "}",
    "[",
    "]",
    ", ",
    ": ",
    "a.*.b",
    "a.**",
    "'(.+)\\.x'",
    "$1",
    "${2}_x",
    "ttl: ",
    "5s",
    "-1",
    "0",
    "1e400",
    ".nan",
    ".inf",
    "null",
    "~",
    "true",
    "&a ",
    "*a",
    "<<: ",
    "!!str ",
    "#",
    "\"",
    "'",
    "summary_options: ",
    "histogram_options: ",
    "buckets: ",
    "quantiles: ",
    "tag_styles: ",
    "action: drop",
    "---\n",
    "\u{feff}",
    "\t",
    "é",
    "|\n  ",
    ">\n  ",
    "? ",
    "scale: ",
    "observer_type: histogram",
    "match_type: regex",
    "name: x",
    "match: a",
    "%YAML 1.1\n",
    "\\Q",
    "(?i)",
    "a{1000}",
    "[[:alpha:]]",
    "\0",
];

fn route_all(yaml: &str) {
    let Ok(loaded) = RuleSet::parse(yaml, "m.yml", TagStyles::ALL) else { return };
    for name in ["a", "a.x.b", "", "é.ü", "(.+).x"] {
        for kind in MetricKind::ALL {
            let _ = loaded.rules.route(name, kind, LabelSet::new());
        }
    }
}

proptest! {
    #![proptest_config(config(800))]

    #[test]
    fn any_yaml_is_an_error_or_rules_that_route(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..24),
    ) {
        route_all(&pieces.concat());
    }

    #[test]
    fn any_text_is_an_error_or_rules_that_route(text in any::<String>()) {
        route_all(&text);
    }

    /// A good file with one piece put in somewhere.
    #[test]
    fn a_damaged_file_is_an_error_or_rules_that_route(
        at in any::<prop::sample::Index>(),
        cut in 0usize..4,
        piece in prop::sample::select(PIECES),
    ) {
        let good = include_str!("../mapping/examples/observers.yml");
        let places: Vec<usize> = good.char_indices().map(|(place, _)| place).collect();
        let start = places[at.index(places.len())];
        let rest: String = good[start..].chars().skip(cut).collect();
        let damaged = [&good[..start], piece, &rest].concat();
        route_all(&damaged);
        if let Err(error) = RuleSet::parse(&damaged, "m.yml", TagStyles::ALL) {
            prop_assert!(error.to_string().starts_with("m.yml:"), "{}", error);
        }
    }

    /// Regexes of any kind: what is accepted compiles and runs.
    #[test]
    fn any_regex_is_an_error_or_a_rule(
        pieces in prop::collection::vec(
            prop::sample::select(&[
                "a", "(", ")", "[", "]", "^", "$", "\\", "\\d", "\\Q", "\\E", "{", "}", "{2}", "{,2}", "*", "+",
                "?", "|", "-", "&&", "~~", "--", ":", "[:alpha:]", "(?i)", "(?P<x>", "\\pL", "\\p{Greek}", "\\x41",
                "\\b", ".", "é", "(?", "\\x{", "1", ",",
            ][..]),
            0..12,
        ),
    ) {
        let regex = pieces.concat().replace('\'', "");
        route_all(&format!("mappings:\n- {{match: '{regex}', match_type: regex, name: n, labels: {{a: $1}}}}\n"));
    }
}
