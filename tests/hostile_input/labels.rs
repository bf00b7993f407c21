//! Tags in every style: bytes that a text format has to escape, keys that a type
//! or Prometheus reserves, thousands of them, and what is no UTF-8.
//!
//! Heat: cold.

use super::{LONGEST, Row, line, lines, row};

/// Values that a format has to escape, or that break lines elsewhere.
const VALUES: [&str; 16] = [
    "\0",
    "\"",
    "\\",
    "\\n",
    "\\\"",
    "\\\\\"",
    "\r",
    "\t",
    "\x1b[31m",
    "\x7f",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "\u{202e}x",
    "}",
    "{a=\"b\"} 1 #",
];

fn values(form: impl Fn(usize, &str) -> String) -> Vec<Vec<u8>> {
    lines(&VALUES.iter().enumerate().map(|(at, value)| form(at, value)).collect::<Vec<_>>())
}

fn many(count: usize, tag: impl Fn(usize) -> String) -> String {
    (0..count).map(tag).collect::<Vec<_>>().join(",")
}

/// Lines that are no UTF-8 in one place or another.
const NOT_TEXT: [&[u8]; 12] = [
    b"\xff:1|c",
    b"a\xc0\x80:1|c",
    b"a\xed\xa0\x80:1|c",
    b"a\xf4\x90\x80\x80:1|c",
    b"a:1\x80|c",
    b"a:1|\xffc",
    b"a:1|c|@\xff",
    b"a:1|c|#\xff:v",
    b"a:1|c|#k:\xff",
    b"a:1|c|c:\xff",
    b"a#k=\xff:1|c",
    b"a:1|c|\xe2\x82",
];

pub const ROWS: &[Row] = &[
    row("DogStatsD values to escape", 16, 16, || {
        values(|at, value| format!("v{at}:1|c|#k:{value}"))
    }),
    row("InfluxDB values to escape", 16, 16, || {
        values(|at, value| format!("v{at},k={}:1|g", value.replace(['=', ':', '#'], "")))
    }),
    row("Librato values to escape", 16, 16, || {
        values(|at, value| format!("v{at}#k={}:1|g", value.replace(['=', ':', '#'], "")))
    }),
    row("SignalFX values to escape", 16, 16, || {
        values(|at, value| format!("v{at}[k={}]:1|g", value.replace(['=', ':', '[', ']'], "")))
    }),
    row("values to escape on summaries and histograms", 32, 160, || {
        let summaries = values(|at, value| format!("v{at}:1|ms|#k:{value}"));
        let histograms = values(|at, value| format!("hist.a:1|h|#k{at}:{value}"));
        [summaries, histograms].concat()
    }),
    row("values to escape through a rule's label", 16, 16, || {
        values(|at, value| {
            format!("same.{}.v{at}:1|c", value.replace([':', '#', '[', ']', '.'], ""))
        })
    }),
    row("keys to escape", 7, 7, || {
        lines(&[
            "a1:1|c|#\0:v",
            "a2:1|c|#\":v",
            "a3:1|c|#\\:v",
            "a4:1|c|#\x1b[31m:v",
            "a5:1|c|#\u{1f980}:v",
            "a6:1|c|#1:v",
            "a7:1|c|#a b{}:v",
        ])
    }),
    row("keys that are reserved", 9, 13, || {
        lines(&[
            "c:1|c|#le:1,quantile:2,__name__:x",
            "g:1|g|#le:1,quantile:2,__name__:x",
            "t:1|ms|#quantile:0.5",
            "hist.a:1|h|#le:1",
            "t:1|ms|#le:1",
            "u:1|c|#__a:b",
            "v:1|c|#..a:b",
            "w:1|c|#_:b",
            "x:1|c|#__:b",
            "y:1|c|#-a:b",
            "z:1|c|#9:b",
        ])
    }),
    row("reserved keys spelt otherwise", 3, 15, || {
        lines(&["t:1|ms|#Quantile:x", "t:1|ms|#le.:x", "hist.a:1|h|#LE:x"])
    }),
    row("a key twice, or two that are escaped to the same", 5, 2, || {
        lines(&[
            "a:1|c|#k:1,k:2",
            "a:1|c|#k:2,k:2",
            "b:1|c|#a.b:1,a-b:2",
            "b:1|c|#a_b:2,a.b:2",
            "b:1|c|#a b:2,a/b:2",
        ])
    }),
    row("a container id beside a tag of that name", 3, 2, || {
        lines(&["a:1|c|#container_id:x|c:y", "a:1|c|c:y|#container_id:x", "a:1|c|c:y|c:x"])
    }),
    row("tags that a rule's labels overrule", 2, 5, || {
        lines(&["hist.a:1|h|#rest:evil", "hist.a:1|h|#rest:\\"])
    }),
    row("10,000 DogStatsD tags", 1, 1, || line(&["m:1|c|#", &many(7000, |n| format!("k{n}:v"))])),
    row("10,000 short tags of one key", 1, 1, || {
        line(&["m:1|c|#", &many(10_000, |_| "k:v".to_owned())])
    }),
    row("7,000 InfluxDB tags on a histogram", 1, 5, || {
        line(&["hist.a,", &many(6500, |n| format!("k{n}=v")), ":1|h"])
    }),
    row("6,000 tags on a summary", 1, 5, || {
        line(&["t:1|ms|#", &many(6000, |n| format!("k{n}:v"))])
    }),
    row("6,000 SignalFX tags", 1, 1, || line(&["m[", &many(6000, |n| format!("k{n}=v")), "]:1|c"])),
    row("6,000 Librato tags", 1, 1, || line(&["m#", &many(6000, |n| format!("k{n}=v")), ":1|c"])),
    row("a key of 65,000 bytes", 1, 1, || line(&["m:1|c|#", &"k".repeat(65_000), ":v"])),
    row("a value of 65,000 quotes", 1, 1, || line(&["m:1|c|#k:", &"\"".repeat(65_000)])),
    row("a value of 65,000 backslashes", 1, 1, || line(&["m:1|c|#k:", &"\\".repeat(65_000)])),
    row("a container id of 65,000 bytes", 1, 1, || line(&["m:1|c|c:", &"i".repeat(65_000)])),
    row("65,000 commas", 1, 1, || line(&["m:1|c|#", &",".repeat(65_000)])),
    row("65,000 colons in a tag", 1, 1, || line(&["m:1|c|#k", &":".repeat(65_000)])),
    row("65,000 number signs", 1, 1, || line(&["m:1|c|", &"#".repeat(65_000)])),
    row("tags without value, key, or either", 12, 1, || {
        lines(&[
            "m:1|c|#",
            "m:1|c|#,",
            "m:1|c|#:",
            "m:1|c|#k",
            "m:1|c|#k:",
            "m:1|c|#:v",
            "m:1|c|##",
            "m:1|c|#,,:,k,:",
            "m,:1|c",
            "m#:1|c",
            "m,=:1|c",
            "m#=,=:1|c",
        ])
    }),
    row("styles mixed on one line", 4, 4, || {
        lines(&[
            "a#k=v:1|c|#k:v",
            "a,k=v:1|c|#k:v",
            "a[k=v]:1|c|#k:v",
            "a[k=v]#k=v:1|c",
            "a#k=v,k=[v]:1|c",
            "a,k=v#k=v:1|c",
            "a#:1|c|#k:v",
        ])
    }),
    row("what is no UTF-8", 0, 0, || lines(&NOT_TEXT)),
    row("a line that is no UTF-8 at its very end", 0, 0, || {
        vec![[&b"a:1|c|#k:"[..], &vec![b'v'; LONGEST - 10], b"\xc3"].concat()]
    }),
    row("2,000 values of one tag", 2000, 2000, || {
        lines(&(0..2000).map(|n| format!("m:1|c|#k:{n}")).collect::<Vec<_>>())
    }),
    row("2,000 keys of one name", 2000, 2000, || {
        lines(&(0..2000).map(|n| format!("m:1|c|#k{n}:v")).collect::<Vec<_>>())
    }),
];
