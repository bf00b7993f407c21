//! The strict reader of expositions refuses what it is there to refuse: a
//! reader that takes everything would make every other test pass.
//!
//! Heat: cold.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod support;

use support::exposition::{parse, split_series};
use support::go_number::go_number;

const GOOD: &str = "\
# HELP a Say \"it\" in\\ntwo \\\\ lines.
# TYPE a counter
a 1
a{x=\"1\",y=\"say \\\"hi\\\" \\\\ \\n\"} 1e+06
# HELP b B.
# TYPE b histogram
b_bucket{x=\"1\",le=\"0.5\"} 1
b_bucket{x=\"1\",le=\"+Inf\"} 2
b_sum{x=\"1\"} 3
b_count{x=\"1\"} 2
# HELP c C.
# TYPE c summary
c{quantile=\"0.5\"} NaN
c_sum 0
c_count 0
";

#[test]
fn a_good_exposition_is_read() {
    let read = parse(GOOD.as_bytes()).unwrap();
    assert_eq!(read.help["a"], "Say \"it\" in\ntwo \\ lines.");
    assert_eq!(read.types["b"], "histogram");
    assert_eq!(read.get("a{}"), Some(1.0));
    assert_eq!(read.get("a{x=\"1\",y=\"say \\\"hi\\\" \\\\ \\n\"}"), Some(1e6));
    assert_eq!(read.get("b_bucket{le=\"+Inf\",x=\"1\"}"), Some(2.0));
    assert!(read.get("c{quantile=\"0.5\"}").unwrap().is_nan());
    let (name, labels) = split_series("a{x=\"1\",y=\"say \\\"hi\\\" \\\\ \\n\"}");
    assert_eq!((name.as_str(), labels["y"].as_str()), ("a", "say \"hi\" \\ \n"));
}

#[test]
fn every_breach_is_reported() {
    for (what, from, to) in [
        ("no end of line", "c_count 0\n", "c_count 0"),
        ("a second TYPE", "# TYPE a counter\n", "# TYPE a counter\n# TYPE a counter\n"),
        ("a second HELP", "# TYPE b", "# HELP b B.\n# TYPE b"),
        ("no TYPE", "# TYPE a counter\n", ""),
        ("an unknown type", "# TYPE a counter", "# TYPE a count"),
        ("a sample of another family", "a 1\n", "a 1\nz 1\n"),
        ("a family in two blocks", "c_count 0\n", "c_count 0\n# TYPE a counter\n"),
        ("families out of order", "# TYPE a ", "# TYPE bb gauge\nbb 1\n# TYPE a "),
        ("the same series twice", "a 1\n", "a 1\na 2\n"),
        ("a name in two families", "# HELP c C", "# TYPE b_sum counter\nb_sum 1\n# HELP c C"),
        ("a bad escape in a value", "say \\\"hi", "say \\thi"),
        ("a bad escape in a help", "in\\ntwo", "in\\ttwo"),
        ("no closing quote", "\\\\ \\n\"}", "\\\\ \\n}"),
        ("a label twice", "a{x=\"1\",y=", "a{x=\"1\",x="),
        ("labels out of order", "a{x=\"1\",y=", "a{z=\"1\",y="),
        ("le before the others", "{x=\"1\",le=\"0.5\"}", "{le=\"0.5\",x=\"1\"}"),
        ("a bad label name", "a{x=\"1\",y=", "a{x=\"1\",y-z="),
        ("a reserved label name", "a{x=\"1\",y=", "a{__x=\"1\",y="),
        ("a trailing comma", "b_sum{x=\"1\"}", "b_sum{x=\"1\",}"),
        ("empty braces", "a 1\n", "a{} 1\n"),
        ("a bad metric name", "# TYPE b ", "# TYPE b-b counter\n# TYPE b "),
        ("a timestamp", "a 1\n", "a 1 1700000000000\n"),
        ("two blanks", "a 1\n", "a  1\n"),
        ("a longer spelling of a number", "a 1\n", "a 1.0\n"),
        ("another spelling of a number", "1e+06", "1000000"),
        ("another spelling of a bound", "le=\"0.5\"", "le=\"0.50\""),
        ("another spelling of infinity", "le=\"+Inf\"", "le=\"Inf\""),
        ("no number", "a 1\n", "a one\n"),
        ("no value", "a 1\n", "a\n"),
        ("an empty line", "a 1\n", "a 1\n\n"),
        ("a comment", "a 1\n", "a 1\n# EOF\n"),
        ("falling buckets", "le=\"0.5\"} 1", "le=\"0.5\"} 3"),
        ("no last bucket", "b_bucket{x=\"1\",le=\"+Inf\"} 2\n", ""),
        ("a count beside the last bucket", "b_count{x=\"1\"} 2", "b_count{x=\"1\"} 3"),
        ("no count", "c_count 0\n", ""),
        ("no sum", "c_sum 0\n", ""),
        ("a summary without quantile", "c{quantile=\"0.5\"} NaN", "c NaN"),
        ("a histogram with a bare sample", "b_sum{x", "b{x=\"1\"} 1\nb_sum{x"),
    ] {
        assert!(GOOD.contains(from), "{what}: nothing to replace");
        let bad = GOOD.replacen(from, to, 1);
        assert!(parse(bad.as_bytes()).is_err(), "{what} was not noticed:\n{bad}");
    }
    assert!(parse(b"# TYPE a counter\na{x=\"\xff\"} 1\n").is_err(), "not UTF-8");
}

#[test]
fn numbers_are_spelt_as_go_spells_them() {
    for (value, text) in [
        (0.0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (-1.5, "-1.5"),
        (0.99, "0.99"),
        (100_000.0, "100000"),
        (999_999.0, "999999"),
        (1e6, "1e+06"),
        (1_234_567.5, "1.2345675e+06"),
        (123_456.789, "123456.789"),
        (0.0001, "0.0001"),
        (0.000_012_5, "1.25e-05"),
        (1e-5, "1e-05"),
        (1e21, "1e+21"),
        (1e100, "1e+100"),
        (5e-324, "5e-324"),
        (f64::MAX, "1.7976931348623157e+308"),
        (0.1 + 0.2, "0.30000000000000004"),
        // Halfway between ...12 and ...13: the even one.
        ("6.1511993408203125e-05".parse().unwrap(), "6.151199340820312e-05"),
        (f64::INFINITY, "+Inf"),
        (f64::NEG_INFINITY, "-Inf"),
        (f64::NAN, "NaN"),
    ] {
        assert_eq!(go_number(value), text);
    }
}
