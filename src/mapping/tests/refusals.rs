//! What a mapping file may not say, and how it is told.
//!
//! Heat: cold.

use super::{LabelSet, MetricKind, Routing, RuleSet, TagStyles};

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

#[test]
fn lists_that_cost_every_series_are_bounded() {
    let list = |count: usize, item: fn(usize) -> String| {
        (0..count).map(item).collect::<Vec<_>>().join(", ")
    };
    let rule = |count: usize, option: &str| match option {
        "buckets" => format!("{{buckets: [{}]}}", list(count, |at| at.to_string())),
        "quantiles" => format!("{{quantiles: [{}]}}", list(count, |_| "{quantile: 0.5}".into())),
        _ => format!("{{native_histogram_max_buckets: {count}}}"),
    };
    for (options, option) in [
        ("histogram_options", "buckets"),
        ("summary_options", "quantiles"),
        ("histogram_options", "native buckets"),
    ] {
        let yaml = |count| {
            format!("mappings:\n- {{match: a, name: b, {options}: {}}}\n", rule(count, option))
        };
        assert!(RuleSet::parse(&yaml(1000), "m.yml", TagStyles::ALL).is_ok(), "{option}");
        let error = refusal(&yaml(1001));
        let head = format!("m.yml:2: rule 1 (match \"a\"): there are too many {option}");
        assert!(error.starts_with(&head), "{error}");
        assert!(error.contains("found:    1001") && error.contains("1000 at most"), "{error}");
    }
}

/// Deep nesting, unfolding aliases, and what is no text: an error, and a short
/// one, whatever the size of the file.
#[test]
fn bombs_are_refused_in_a_few_words() {
    let levels = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    let level =
        |pair: &[&str]| format!("- &{} [{}]\n", pair[1], ["*", pair[0], ","].concat().repeat(9));
    let unfolding = levels.windows(2).map(level).collect::<Vec<_>>().concat();
    let deep = |open: &str| open.repeat(50_000);
    let megabyte = "a-".repeat(500_000);
    for (yaml, says) in [
        (format!("mappings:\n- &a [x]\n{unfolding}"), "not of the kind"),
        (format!("mappings: {}", deep("[")), "recursion limit"),
        (format!("mappings: {}", deep("{a: ")), "not of the kind"),
        (format!("mappings:\n{}a", deep("- ")), "not of the kind"),
        (deep("? "), "Depth"),
        ("mappings: &a\n- *a\n".to_owned(), "inside itself"),
        (format!("mappings:\n- {{match: {megabyte}, name: {megabyte}}}\n"), "this name"),
        (format!("mappings:\n- {{{megabyte}: x}}\n"), "not known"),
        (format!("mappings:\n- {{match: a, name: b, action: {megabyte}}}\n"), "action"),
        (format!("mappings:\n- {{match: '{megabyte}.', name: b}}\n"), "not a glob"),
        (format!("mappings:\n- {{match: '{megabyte}(', match_type: regex, name: b}}\n"), "regex"),
        ("mappings:\n- {match: a\0b, name: b}\n".to_owned(), "unexpected character"),
        ("mappings:\n- {match: \"a\u{1b}[31m\", name: b}\n".to_owned(), "unexpected character"),
    ] {
        let error = refusal(&yaml);
        assert!(error.starts_with("m.yml:") && error.contains(says), "{says}: {error:.2000}");
        assert!(error.len() < 2500, "{says}: {} bytes", error.len());
    }
}

#[test]
fn what_is_no_utf_8_is_told_with_its_line() {
    let refusal = |bytes: &[u8]| {
        RuleSet::parse_bytes(bytes, "m.yml", TagStyles::ALL).unwrap_err().to_string()
    };
    let latin = refusal(b"mappings:\n- {match: a, name: b, help: \"\xe9\"}\n");
    assert!(latin.starts_with("m.yml:2: this is no text in UTF-8"), "{latin}");
    assert!(latin.contains("a byte 0xe9"), "{latin}");
    let wide: Vec<u8> = "\u{feff}mappings:\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(refusal(&wide).contains("found:    UTF-16"), "{}", refusal(&wide));
}

/// A few regexes of a file may be large; not all.
#[test]
fn the_memory_of_regexes_is_bounded() {
    let rule = "- {match: '\\pL{200}', match_type: regex, name: b}\n";
    assert!(RuleSet::parse(&format!("mappings:\n{rule}"), "m.yml", TagStyles::ALL).is_ok());
    let error = refusal(&format!("mappings:\n{}", rule.repeat(17)));
    assert!(error.starts_with("m.yml:18: rule 17 "), "{error}");
    assert!(error.contains("size limit"), "{error}");
}

/// What looks dangerous and is not: it routes.
#[test]
fn what_is_harmless_is_taken() {
    for rule in [
        "match: a, name: b, summary_options: {quantiles: [{quantile: 0.5}, {quantile: 0.50}]}",
        "match: a, name: b, summary_options: {quantiles: [{quantile: 0.5, error: .nan}]}",
        "match: a, name: b, summary_options: {max_age: 2562047h, age_buckets: 1000}",
        "match: a, name: b, ttl: 2562047h",
        "match: a, name: b, scale: 1.0e+308",
        "match: a, name: b, labels: {x: \"a\\0b\"}, help: \"\\0\\e\\n\"",
        "match: a, name: statsd_exporter_lines_total",
        "match: a, name: b_$99999, labels: {x: $99999999999999999999}",
        "match: '(a*)*', match_type: regex, name: b_$1",
    ] {
        let yaml = format!("mappings:\n- {{{rule}}}\n");
        let loaded = RuleSet::parse(&yaml, "m.yml", TagStyles::ALL);
        let rules = loaded.unwrap_or_else(|error| panic!("{rule}\n{error}")).rules;
        for kind in MetricKind::ALL {
            let routing = rules.route("a", kind, LabelSet::default());
            assert!(matches!(routing, Routing::Route(_)), "{rule}: {routing:?}");
        }
    }
    let stars = format!("mappings:\n- {{match: a{}, name: b}}\n", ".*".repeat(30_000));
    let rules = RuleSet::parse(&stars, "m.yml", TagStyles::ALL).unwrap().rules;
    let name = format!("a{}", ".x".repeat(30_000));
    let routing = rules.route(&name, MetricKind::Counter, LabelSet::default());
    assert!(matches!(routing, Routing::Route(_)));
}
