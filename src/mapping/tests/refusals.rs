//! What a mapping file may not say, and how it is told.
//!
//! Heat: cold.

use super::{RuleSet, TagStyles};

fn refusal(yaml: &str) -> String {
    match RuleSet::parse(yaml, "m.yml", TagStyles::ALL) {
        Ok(_) => panic!("accepted: {yaml}"),
        Err(error) => error.to_string(),
    }
}

/// Each row: a rule, and what its refusal must say.
fn all_are_refused(rows: &[(&str, [&str; 3])]) {
    for (rule, parts) in rows {
        let yaml = format!("mappings:\n- {{match: first, name: x}}\n- {{{rule}}}\n");
        let error = refusal(&yaml);
        assert!(error.starts_with("m.yml:3: rule 2 (match "), "{rule}\n{error}");
        for part in parts.iter().chain(&[*rule, "^"]) {
            assert!(error.contains(part), "{rule}: {part} is not in\n{error}");
        }
    }
}

#[test]
fn rules_that_match_or_name_nothing_good_are_refused() {
    all_are_refused(&[
        ("match: '', name: b", ["not a glob", "nothing", "app.*"]),
        ("name: b", ["not a glob", "nothing", "app.*"]),
        ("match: a.*b, name: b", ["not a glob", "*b", "*"]),
        ("match: 1a.b, name: b", ["not a glob", "\"1a.b\"", "digit"]),
        ("match: a, match_type: regexp, name: b", ["match_type", "regexp", "(\"regex\"?)"]),
        ("match: a, match_type: regex, match: b, name: b", ["twice", "match", "once"]),
        ("match: '(', match_type: regex, name: b", ["not a regex", "(", "RE2"]),
        ("match: 'a(?=b)', match_type: regex, name: b", ["look-around", "(?=", "RE2"]),
        ("match: '(a)\\1', match_type: regex, name: b", ["back-references", "1", "RE2"]),
        ("match: '\\p{Nope}', match_type: regex, name: b", ["property", "Nope", "RE2"]),
        ("match: a", ["needs a name", "no name", "name: my_metric"]),
        ("match: a, action: drop", ["needs a name", "no name", "name: my_metric"]),
        ("match: a, name: a-b", ["metric", "\"a-b\"", "letters"]),
        ("match: a, name: 1a", ["metric", "\"1a\"", "letters"]),
        ("match: a, name: ''", ["metric", "\"\"", "letters"]),
        ("match: a, name: $x", ["metric", "\"$x\"", "letters"]),
        ("match: a, name: '${1'", ["metric", "${1", "letters"]),
        ("match: a, name: b, labels: {a-b: c}", ["label", "\"a-b\"", "letters"]),
        ("match: a, name: b, labels: {__x: c}", ["label", "\"__x\"", "\"__\""]),
        (
            "match: a, name: b, labels: {quantile: c}",
            ["summary", "\"quantile\"", "match_metric_type"],
        ),
        (
            "match: a, name: b, observer_type: histogram, labels: {le: c}",
            ["histogram", "\"le\"", "label"],
        ),
        ("match: a, name: b, action: keep", ["action", "\"keep\"", "map or drop"]),
        ("match: a, name: b, match_metric_type: timer", ["match_metric_type", "timer", "observer"]),
        ("match: a, name: b, observer_type: sketch", ["observer_type", "sketch", "histogram"]),
        ("match: a, name: b, gauge: abs", ["gauge", "\"abs\"", "absolute"]),
    ]);
}

#[test]
fn options_that_would_hurt_are_refused() {
    all_are_refused(&[
        ("match: a, name: b, ttl: soon", ["ttl", "soon", "1h30m"]),
        ("match: a, name: b, ttl: '5'", ["ttl", "found:    '5'", "1h30m"]),
        ("match: a, name: b, ttl: true", ["ttl is not", "true", "1h30m"]),
        ("match: a, name: b, scale: .inf", ["scale", "inf", "finite"]),
        ("match: a, name: b, scale: .nan", ["scale", "NaN", "finite"]),
        ("match: a, name: b, scale: big", ["scale is not", "big", "a number"]),
        ("match: a, name: b, scale: '2'", ["scale is not", "found:    '2'", "a number"]),
        (
            "match: a, name: b, honor_labels: 'true'",
            ["honor_labels is not", "found:    'true'", "true or false"],
        ),
        ("match: a, name: b, summary_options: {max_age: 0s}", ["max_age", "0", "10m"]),
        ("match: a, name: b, summary_options: {max_age: -1s}", ["max_age", "-1", "10m"]),
        ("match: a, name: b, summary_options: {age_buckets: 0}", ["age_buckets", "0", "1 to 1000"]),
        (
            "match: a, name: b, summary_options: {age_buckets: 1001}",
            ["age_buckets", "1001", "1 to"],
        ),
        (
            "match: a, name: b, summary_options: {age_buckets: -1}",
            ["age_buckets is not", "found:    -1", "0 to"],
        ),
        (
            "match: a, name: b, summary_options: {buf_cap: 4294967295}",
            ["buf_cap", "42949", "at most"],
        ),
        (
            "match: a, name: b, summary_options: {quantiles: [{quantile: 1.1}]}",
            ["quantile", "1.1", "0 to 1"],
        ),
        (
            "match: a, name: b, summary_options: {quantiles: [{quantile: .nan}]}",
            ["quantile", "NaN", "0 to 1"],
        ),
        (
            "match: a, name: b, histogram_options: {buckets: [1, 1]}",
            ["increase", "found:    1", "above 1"],
        ),
        (
            "match: a, name: b, histogram_options: {buckets: [2, 1]}",
            ["increase", "found:    1", "above 2"],
        ),
        ("match: a, name: b, histogram_options: {buckets: [.nan]}", ["increase", "NaN", "finite"]),
        (
            "match: a, name: b, histogram_options: {buckets: [.inf, 1]}",
            ["increase", "inf", "finite"],
        ),
        (
            "match: a, name: b, histogram_options: {buckets: [-.inf, 1]}",
            ["increase", "-inf", "finite"],
        ),
        (
            "match: a, name: b, histogram_options: {native_histogram_bucket_factor: .inf}",
            ["finite", "inf", "1.1"],
        ),
        (
            "match: a, name: b, observer_type: histogram, summary_options: {max_age: 5s}",
            ["other observer_type", "summary_options", "histogram_options"],
        ),
        (
            "match: a, name: b, observer_type: summary, histogram_options: {buckets: [1]}",
            ["other observer_type", "histogram_options", "summary_options"],
        ),
    ]);
}

#[test]
fn faults_of_the_defaults_are_told_too() {
    for (defaults, part) in [
        ("match_type: exact", "glob or regex"),
        ("observer_type: x", "summary or histogram"),
        ("ttl: soon", "1h30m"),
        ("glob_disable_ordering: 'yes'", "true or false"),
        ("histogram_options: {buckets: [2, 1]}", "above 2"),
        ("summary_options: {max_age: 0}", "max_age"),
        ("tag_styles: {a: [statsite]}", "dogstatsd"),
        ("tag_styles: {a: dogstatsd}", "a list"),
        ("quantiles: []", "not known"),
    ] {
        let error = refusal(&format!("defaults: {{{defaults}}}\n"));
        assert!(error.starts_with("m.yml:1: ") && error.contains(part), "{defaults}\n{error}");
        assert!(!error.contains("rule"), "{error}");
    }
}
