//! Values and rates: too large, too small, not finite, in foreign spellings, and
//! twenty thousand of them on one line.
//!
//! Heat: cold.

use super::{Row, line, lines, row};

const SPELT: [&str; 30] = [
    "nan", "NaN", "+nan", "-nan", "inf", "+inf", "-inf", "Infinity", "infin", "1_0", "0x10",
    "0x1p-2", "1,5", "1e", "1e+", "e5", ".", "+", "-", "--1", "+-1", "1 ", " 1", "1\0", "\u{661}",
    "1e400", "1d", "1f", "0b1", "0o7",
];

/// Each of those spellings in a line.
fn spelt(form: impl Fn(usize, &str) -> String) -> Vec<Vec<u8>> {
    lines(&SPELT.iter().enumerate().map(|(at, text)| form(at, text)).collect::<Vec<_>>())
}

const RATES: [&str; 24] = [
    "1e-7",
    "1e-300",
    "5e-324",
    "1e-400",
    "0",
    "-0",
    "0.0",
    "2",
    "-1",
    "1.0000001",
    "nan",
    "inf",
    "-inf",
    "0x1p-3",
    "1_0",
    "",
    ".",
    "1e400",
    "0.1|@0.1",
    "1e-200|@1e-200",
    "0.5|@-0.5",
    "nan|@1",
    "x",
    "-",
];

fn rates(kind: &str) -> Vec<Vec<u8>> {
    lines(&RATES.map(|rate| format!("m:2|{kind}|@{rate}")))
}

pub const ROWS: &[Row] = &[
    row("spellings of a counter", 0, 0, || spelt(|_, text| format!("c:{text}|c"))),
    row("spellings of a gauge", 6, 6, || spelt(|at, text| format!("g{at}:{text}|g"))),
    row("spellings of an observer", 0, 0, || spelt(|_, text| format!("o:{text}|ms"))),
    row("spellings among several values", 60, 5, || spelt(|_, text| format!("o:1:{text}:2|h"))),
    row("subnormal and huge values", 12, 17, || {
        lines(&[
            "c:5e-324|c",
            "c:1e-400|c",
            "c:2.2250738585072014e-308|c",
            "g:5e-324|g",
            "g:-5e-324|g",
            "g:1.7976931348623157e308|g",
            "h:5e-324|h",
            "h:1.7976931348623157e308|h",
            "h:-1.7976931348623157e308|h",
            "hist.a:5e-324|h",
            "hist.a:1e308|h",
            "hist.b:-5e-324|h",
        ])
    }),
    row("negative zero", 6, 13, || {
        lines(&[
            "c:-0|c",
            "c:-0.0|c",
            "g:-0|g",
            "h:-0|h",
            "hist.a:-0.0|h",
            "less.a:0|c",
            "less.b:-0|g",
        ])
    }),
    row("sums that overflow", 6, 18, || {
        lines(&[
            "c:1e308|c",
            "c:1e308|c",
            "t:1e308|h",
            "t:1e308|h",
            "hist.a:1e308|h",
            "hist.a:1e308|h",
            "n:-1e308|h",
            "n:-1e308|h",
            "u:1e308|h|@0.1",
            "g:1e308|g",
            "g:+1e308|g",
            "l:-1e308|g",
        ])
    }),
    row("gauges moved out of range", 5, 3, || {
        lines(&[
            "a:1e308|g",
            "a:+1e308|g",
            "a:-1e308|g",
            "b:inf|g",
            "b:+1|g",
            "b:-inf|g",
            "c:nan|g",
            "c:+1|g",
        ])
    }),
    row("scales that overflow, or turn the sign", 2, 2, || {
        lines(&[
            "scaled.a:1e300|c",
            "scaled.a:1e300|ms",
            "scaled.a:1|c",
            "scaled.b:1|h",
            "less.a:1|c",
            "less.a:-1|c",
            "less.b:1e308|g",
            "less.c:1|h",
        ])
    }),
    row("counters by rates", 14, 1, || rates("c")),
    row("timers by rates", 3_000_110, 5, || rates("ms")),
    row("distributions by rates", 3_000_110, 5, || rates("d")),
    row("gauges by rates", 24, 1, || rates("g")),
    row("a weighted sum that overflows", 0, 0, || lines(&["t:1e305|h|@1e-6", "t:-1e305|h|@1e-6"])),
    row("20,000 values on one line", 20_000, 5, || line(&["t", &":1".repeat(20_000), "|ms"])),
    row("20,000 values with a small rate", 20_000_000_000, 5, || {
        line(&["t", &":1".repeat(20_000), "|h|@1e-9"])
    }),
    row("20,000 values, all bad", 0, 0, || line(&["t", &":x".repeat(20_000), "|ms"])),
    row("20,000 values, of a counter", 0, 0, || line(&["t", &":1".repeat(20_000), "|c"])),
    row("30,000 empty values", 0, 0, || line(&["t", &":".repeat(30_000), "|ms"])),
    row("10,000 values of every size", 10_000, 5, || {
        let values: Vec<String> = (0..10_000).map(|n| format!("1e{}", n % 600 - 300)).collect();
        line(&["t:", &values.join(":"), "|h"])
    }),
    row("7,000 values into native buckets", 7000, 5, || {
        let values: Vec<String> =
            (0..7000).map(|n| format!("{}e{}", if n % 2 == 0 { 1 } else { -1 }, n % 300)).collect();
        line(&["hist.a:", &values.join(":"), "|h"])
    }),
    row("13,000 samples on one line", 13_000, 1, || line(&["m", &":1|c".repeat(13_000)])),
    row("10,000 samples of different types on one line", 5000, 1, || {
        line(&["m", &":1|c:2|g".repeat(5000)])
    }),
    row("8,000 samples with a rate each", 8000, 1, || line(&["m", &":1|c|@.5".repeat(8000)])),
    row("a value of 65,000 digits", 0, 0, || line(&["m:", &"9".repeat(65_000), "|c"])),
    row("a value of 65,000 zeros", 1, 1, || line(&["m:0.", &"0".repeat(65_000), "1|c"])),
    row("an exponent of 65,000 digits", 1, 1, || {
        [line(&["m:1e", &"9".repeat(65_000), "|c"]), line(&["m:1e-", &"9".repeat(65_000), "|c"])]
            .concat()
    }),
    row("a rate of 65,000 digits", 1, 1, || line(&["m:1|c|@0.", &"1".repeat(65_000)])),
    row("65,000 signs", 0, 0, || line(&["m:", &"+".repeat(65_000), "1|g"])),
    row("sets", 0, 0, || lines(&["s:1|s", "s:user@example.com|s", "s:\0|s", "s:1|s|@0.1|#k:v"])),
];
