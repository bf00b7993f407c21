//! The trie of globs and the search for regexes, held to the slow way: trying
//! the rules one by one. And: whatever a mapping file says, it is an error or a
//! rule set that routes.
//!
//! Heat: cold.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod relations;

use proptest::prelude::*;
use statsd_bridge::mapping::RuleSet;
use statsd_bridge::model::{MetricKind, TagStyles};

use relations::rules::{COMPONENTS, GLOB_PARTS, REGEX_PARTS, Rule, assert_same, quickly};
use relations::yaml::assert_routes;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn kinds() -> impl Strategy<Value = MetricKind> {
    prop::sample::select(&MetricKind::ALL[..])
}

fn globs() -> impl Strategy<Value = String> {
    let part = prop::sample::select(GLOB_PARTS);
    prop::collection::vec(part, 1..6).prop_map(|parts| parts.join("."))
}

fn regexes() -> impl Strategy<Value = String> {
    let part = prop::sample::select(REGEX_PARTS);
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
    let component = prop::sample::select(COMPONENTS);
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
        assert_same(&rules, specific_first, &names, kind);
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

proptest! {
    #![proptest_config(config(800))]

    #[test]
    fn any_yaml_is_an_error_or_rules_that_route(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..24),
    ) {
        assert_routes(&pieces.concat());
    }

    #[test]
    fn any_text_is_an_error_or_rules_that_route(text in any::<String>()) {
        assert_routes(&text);
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
        assert_routes(&damaged);
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
        assert_routes(&format!("mappings:\n- {{match: '{regex}', match_type: regex, name: n, labels: {{a: $1}}}}\n"));
    }
}
