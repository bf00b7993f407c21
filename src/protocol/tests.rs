//! Whole lines through [`parse`]: a row or more for each sentence of the rules.
//!
//! Heat: cold.

use super::*;
use crate::model::{TagStyles, Update};

/// Everything that `parse` says of a line, in a notation short enough for tables:
/// `tag_errors! outcome`, or `tag_errors! sample; sample; …`, where a sample is
/// `notes outcome` or `notes kind name value {labels}`. Of the notes, `t` is one
/// tag error, `r` one bad rate, `+` tagged, `^` a capped weight.
fn shown(line: &[u8], styles: TagStyles) -> String {
    let line = parse(line, &Dialect::uniform(styles));
    let errors =
        if line.tag_errors == 0 { String::new() } else { format!("{}! ", line.tag_errors) };
    match line.body {
        Err(outcome) => errors + outcome.reason(),
        Ok(samples) => errors + &samples.map(attempt).collect::<Vec<_>>().join("; "),
    }
}

fn attempt(attempt: Attempt<'_>) -> String {
    let notes = attempt.notes;
    let mut text = "t".repeat(notes.tag_errors as usize) + &"r".repeat(notes.bad_rates as usize);
    text.push_str(if notes.tagged { "+" } else { "" });
    text.push_str(if notes.weight_capped { "^" } else { "" });
    text.push_str(if text.is_empty() { "" } else { " " });
    text + &match attempt.result {
        Err(outcome) => outcome.reason().to_owned(),
        Ok(sample) => {
            let update = match sample.update {
                Update::Add(value) => format!("add {value}"),
                Update::Set(value) => format!("set {value}"),
                Update::Shift(value) => format!("shift {value}"),
                Update::Observe { value, weight: 1 } => format!("see {value}"),
                Update::Observe { value, weight } => format!("see {value} x{weight}"),
            };
            let labels = labels_of(sample.tags);
            assert_eq!(notes.tagged, !labels.is_empty());
            let labels: Vec<_> =
                labels.iter().map(|(name, value)| format!("{}={value}", name.as_str())).collect();
            let space = if labels.is_empty() { "" } else { " " };
            format!("{} {update}{space}{}", sample.name.text(), labels.join(","))
        }
    }
}

fn check(rows: &[(&str, &str)], styles: TagStyles) {
    for (line, expected) in rows {
        assert_eq!(shown(line.as_bytes(), styles), *expected, "{line}");
    }
}

#[test]
fn checks_on_a_line_come_in_order() {
    check(
        &[
            ("", "empty"),
            // 1. no colon, no name, not UTF-8
            ("nothing", "malformed_line"),
            (":1|c", "malformed_line"),
            (":", "malformed_line"),
            // 2. tags of the name: errors stay counted, whatever follows
            ("a#x:1", "1! not_enough_parts_after_colon"),
            ("a[:", "1! not_enough_parts_after_colon"),
            ("#x=1:1|c", "malformed_line"),
            (",x=1,y:1|c", "1! malformed_line"),
            ("[x=1]:1|c", "malformed_line"),
            ("[]:1|c", "malformed_line"),
            ("#x=1:1|c|#y:2", "malformed_line"),
            ("d]x[:1|c", "1! d]x[ add 1"),
            ("c[x=1:1|c", "1! c[x=1 add 1"),
            ("a,__x=1:1|c|#y:2", "1! + a add 1 y=2"),
            // 3. mixed styles, if the name has a good tag
            ("a#x=1:1|c|#y:2", "mixed_tagging_styles"),
            ("a,x=1:1|c|#y:2", "mixed_tagging_styles"),
            ("a[x=1]:1|c|#", "mixed_tagging_styles"),
            ("a[x=1]:|#", "mixed_tagging_styles"),
            ("a#x=1,y:1:2|c|#", "1! mixed_tagging_styles"),
            ("a#x:1|c|#y:2", "1! + a add 1 y=2"),
            // 4. no `|`
            ("noval:", "not_enough_parts_after_colon"),
            ("no:type", "not_enough_parts_after_colon"),
            ("a:1:2", "not_enough_parts_after_colon"),
            ("a|c:1", "not_enough_parts_after_colon"),
            // 5. aggregation
            ("a:1:2|c", "invalid_extended_aggregate_type"),
            ("a:1:2|g", "invalid_extended_aggregate_type"),
            ("a:1:2|", "invalid_extended_aggregate_type"),
            ("a:1:2|ms:3|ms", "invalid_extended_aggregate_type"),
            ("a:1:2|c|#x:1", "invalid_extended_aggregate_type"),
        ],
        TagStyles::ALL,
    );
}

#[test]
fn text_that_is_not_utf_8_is_malformed_wherever_it_stands() {
    for line in [&b"a\xff:1|c"[..], b"b:1|c|#t:\xfe", b"b:\xc3|c", b"\xe2\x82:1|c"] {
        assert_eq!(shown(line, TagStyles::ALL), "malformed_line");
    }
    assert_eq!(shown("ü:1|c|#ö:ä".as_bytes(), TagStyles::ALL), "+ ü add 1 _=ä");
}

#[test]
fn several_values_share_a_tail() {
    check(
        &[
            ("e:1:2:3|d", "e see 1; e see 2; e see 3"),
            ("e:4:5|h|#k:v", "+ e see 4 k=v; + e see 5 k=v"),
            ("e:10:20|ms|@0.5", "e see 0.01 x2; e see 0.02 x2"),
            ("e:1:x:3|d", "e see 1; malformed_value; e see 3"),
            ("e::1:|d", "malformed_value; e see 1; malformed_value"),
            ("e:1:2|h|#k", "t e see 1; t e see 2"),
            ("e:1:2|d|c:i:j", "+ e see 1 container_id=i:j; + e see 2 container_id=i:j"),
            ("e:1:2|d|zz", "invalid_sample_factor; invalid_sample_factor"),
            ("e#k=v:1:2|ms", "+ e see 0.001 k=v; + e see 0.002 k=v"),
        ],
        TagStyles::ALL,
    );
}

#[test]
fn a_line_without_hash_section_splits_at_colons() {
    check(
        &[
            ("m:1|c:2|c:3|g", "m add 1; m add 2; m set 3"),
            ("m:1|c:2|c:3|g|@0.5", "m add 1; m add 2; m set 3"),
            ("n:200|ms:300|ms|@0.5:5|ms", "n see 0.2; n see 0.3 x2; n see 0.005"),
            ("o:1|c:|c:x|c:4|c", "o add 1; malformed_value; malformed_value; o add 4"),
            ("o:1|c:2", "o add 1; malformed_component"),
            ("o:1|c:", "o add 1; malformed_component"),
            ("o#x=1:1|c:2|c", "+ o add 1 x=1; + o add 2 x=1"),
            // with `|#` it does not
            ("u:1|c|#t:a:b:c", "+ u add 1 t=a:b:c"),
            ("u:1|c:2|c|#t:a", "malformed_container_id"),
            ("u:1|c:2|#t:a", "+ illegal_event"),
            ("u:1|#t:a", "illegal_event"),
            // nor inside `c:`, `e:` and `card:`
            ("b:1|c|c:in-123", "+ b add 1 container_id=in-123"),
            ("b:1|c|c:2|c:3|g", "invalid_sample_factor"),
            ("b:1|c|e:it-x:y|T1:2|c", "b add 1; b add 2"),
            ("b:1|c|card:low:5|c", "malformed_container_id"),
            ("b:1|c|T1:2|c", "b add 1; b add 2"),
        ],
        TagStyles::ALL,
    );
}

#[test]
fn checks_on_a_sample_come_in_order() {
    check(
        &[
            // 2 to 6 parts
            ("a:1|c|@1|T|T|T", "a add 1"),
            ("a:1|c|@1|#t:v|c:x|T1|@1", "malformed_component"),
            ("a:x|c|||||", "malformed_component"),
            // the value, before empty sections and the type
            ("a:|c", "malformed_value"),
            ("a:one|c||", "malformed_value"),
            ("a:x|s", "malformed_value"),
            ("a: 1|c", "malformed_value"),
            ("a:1_0|c", "malformed_value"),
            ("a:0x1p4|c", "malformed_value"),
            ("a:1e400|g", "malformed_value"),
            ("a:+nan|g", "malformed_value"),
            ("a:1e-400|g", "a set 0"),
            // any empty section, before the sections themselves
            ("a:1|c|", "malformed_component"),
            ("a:1|c|@0.5|", "malformed_component"),
            ("a:1|c|@x||#t", "malformed_component"),
            ("a:1|c|zz|", "malformed_component"),
            // sections from left to right: what was counted stays
            ("a:1|c|@x|zz", "r invalid_sample_factor"),
            ("a:1|c|zz|@x", "invalid_sample_factor"),
            ("a:1|c|#t|c:|#u", "t malformed_container_id"),
            ("a:1|c|#k:v|c", "malformed_container_id"),
            ("a:1|c|0.1", "invalid_sample_factor"),
            ("a:1|c|c:", "malformed_container_id"),
            ("a:1|c|card", "malformed_container_id"),
            ("a:1|c|e", "invalid_sample_factor"),
            ("a:1|c|T", "a add 1"),
            ("a:1|c|e:it-false", "a add 1"),
            ("a:1|c|card:", "a add 1"),
            // the type comes last, and tags count before it
            ("a:1|s|@x", "r illegal_event"),
            ("a:1|s|#k:v", "+ illegal_event"),
            ("a:1|s|c:i", "+ illegal_event"),
            ("a#k=v:1|s", "+ illegal_event"),
            ("no:1|", "illegal_event"),
            ("a:1|c ", "illegal_event"),
            ("a:1|C", "illegal_event"),
            ("a:1|c\r", "illegal_event"),
            ("a:1|zz|@5", "illegal_event"),
        ],
        TagStyles::ALL,
    );
}

#[test]
fn only_a_gauge_takes_what_is_not_finite() {
    check(
        &[
            ("a:Inf|g", "a set inf"),
            ("a:-Inf|g", "a set -inf"),
            ("a:+infinity|g", "a set inf"),
            ("a:NaN|g", "a set NaN"),
            ("a:inf|c", "malformed_value"),
            ("a:nan|ms|", "malformed_value"),
            ("a:-inf|h|@x", "malformed_value"),
            ("a:nan|d|zz", "malformed_value"),
            ("a:inf|s", "illegal_event"),
            ("a:inf|s|", "malformed_component"),
            ("a:1:nan|d", "a see 1; malformed_value"),
        ],
        TagStyles::ALL,
    );
}

#[test]
fn types_and_rates_make_updates() {
    check(
        &[
            ("a:3|c", "a add 3"),
            ("a:-2|c", "a add -2"),
            ("a:4.5|g", "a set 4.5"),
            ("a:+4.5|g", "a shift 4.5"),
            ("a:-4|g", "a shift -4"),
            ("a:-0|g", "a shift -0"),
            ("a:250|ms", "a see 0.25"),
            ("a:-250|ms", "a see -0.25"),
            ("a:0.25|h", "a see 0.25"),
            ("a:7|d", "a see 7"),
            ("a:1|c|@0.1", "a add 10"),
            ("a:2|c|@0", "a add 2"),
            ("a:1|c|@0.5|@0.25", "a add 8"),
            ("a:1|c|@", "r a add 1"),
            ("a:1|c|@x|@0.5|@y", "rr a add 2"),
            ("a:1|c|@1e400", "r a add 1"),
            ("a:5|ms|@z", "r a see 0.005"),
            ("a:100|ms|@0.3", "a see 0.1 x3"),
            ("a:1|d|@0.5|@0.1", "a see 1 x20"),
            ("a:1|ms|@1e-7", "^ a see 0.001 x1000000"),
            ("a:1|ms|@1e-6", "a see 0.001 x1000000"),
            ("a:1|c|@1e-7", "a add 10000000"),
            ("a:1e300|c|@1e-20", "a add inf"),
            ("a:10|g|@0.1", "a set 10"),
            ("a:10|g|@7", "a set 10"),
            ("a:10|g|@x", "r a set 10"),
            ("a:1|c|@7", "invalid_sample_factor"),
            ("a:1|c|@-1", "invalid_sample_factor"),
            ("a:1|c|@nan", "invalid_sample_factor"),
            ("a:1|ms|@inf", "invalid_sample_factor"),
            ("a:1|ms|@7|#k:v", "+ invalid_sample_factor"),
            ("a:1|c|@2|@0.5", "a add 1"),
        ],
        TagStyles::ALL,
    );
}

#[test]
fn tags_of_sections_are_read() {
    check(
        &[
            ("a:1|c|#x:1,y:two", "+ a add 1 x=1,y=two"),
            ("a:1|c|@0.5|#x:1", "+ a add 2 x=1"),
            ("a:1|c|#x:1|@0.5|#y:2", "+ a add 2 x=1,y=2"),
            ("a:1|c|#", "a add 1"),
            ("a:1|c|#x:1,", "+ a add 1 x=1"),
            ("a:1|c|#x", "t a add 1"),
            ("a:1|c|#x:", "t a add 1"),
            ("a:1|c|#:y", "t a add 1"),
            ("a:1|c|##", "t a add 1"),
            ("a:1|c|#x:1,,y:2", "t+ a add 1 x=1,y=2"),
            ("a:1|c|##x:1,#y:2", "+ a add 1 x=1,y=2"),
            ("a:1|c|#x:1,x:2", "+ a add 1 x=2"),
            ("a:1|c|#__name__:x,--y:2", "t+ a add 1 _y=2"),
            ("a:2|ms|#x:1|T1656581400|c:z", "+ a see 0.002 container_id=z,x=1"),
            ("a:1|c|#container_id:x|c:y", "+ a add 1 container_id=y"),
        ],
        TagStyles::ALL,
    );
}

#[test]
fn styles_that_are_off_are_text() {
    check(
        &[
            ("a:1|c|#x:1,y", "a add 1"),
            ("a:1|c|#x|c:i", "+ a add 1 container_id=i"),
            ("a:1|c|#x:1:2|c", "malformed_container_id"),
            ("b#x=1:1|c", "b#x=1 add 1"),
            ("c,x=1:1|c|#", "c,x=1 add 1"),
            ("d[x=1]:1|c", "d[x=1] add 1"),
            ("#x=1:1|c", "#x=1 add 1"),
            ("d]x[:1|c", "d]x[ add 1"),
        ],
        TagStyles::NONE,
    );
    // the check on mixed styles does not ask for the switch
    let librato = TagStyles { librato: true, ..TagStyles::NONE };
    check(&[("a#x=1:1|c|#y:2", "mixed_tagging_styles")], librato);
}

#[test]
fn a_prefix_of_the_name_chooses_the_styles() {
    let dialect = Dialect::with_prefixes(
        TagStyles::NONE,
        [("Mastodon.".into(), TagStyles::ALL), ("a:1".into(), TagStyles::ALL)],
    );
    let errors = |line: &str| parse(line.as_bytes(), &dialect).tag_errors;
    assert_eq!(errors("Mastodon.x,y:1|c"), 1);
    assert_eq!(errors("Mastodo.x,y:1|c"), 0);
    let tagged = |line: &'static str| {
        parse(line.as_bytes(), &dialect).body.unwrap().any(|attempt| attempt.notes.tagged)
    };
    assert!(tagged("Mastodon.x:1|c|#y:1"));
    assert!(!tagged("a:1|c|#y:1"), "a value is no part of a name");
}
