//! What is no StatsD at all: datagrams of one byte over and over, of every byte,
//! of chance, and sections without end.
//!
//! Heat: cold.

use super::{LONGEST, Row, line, lines, row};

/// A datagram of one text over and over.
fn only(text: &[u8]) -> Vec<Vec<u8>> {
    vec![text.repeat(LONGEST / text.len())]
}

/// Bytes that look random and are the same each time.
fn chance(seed: u64, from: &[u8]) -> Vec<u8> {
    let mut state = seed;
    let next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        from[usize::try_from(state >> 33).unwrap() % from.len()]
    };
    std::iter::repeat_with(next).take(LONGEST).collect()
}

/// What lines are made of, so that some come close to one.
const GRAMMAR: &[u8] = b"ab.-_:|@#,=[]c0g1mhs+-\n\n\r\0\"\\";

pub const ROWS: &[Row] = &[
    row("an empty datagram", 0, 0, || vec![Vec::new()]),
    row("65,507 ends of lines", 0, 0, || only(b"\n")),
    row("ends of lines in the other style", 0, 0, || only(b"\r\n")),
    row("65,507 carriage returns", 0, 0, || only(b"\r")),
    row("65,507 colons", 0, 0, || only(b":")),
    row("65,507 bars", 0, 0, || only(b"|")),
    row("bars and number signs", 0, 0, || only(b"|#")),
    row("65,507 number signs", 0, 0, || only(b"#")),
    row("65,507 at signs", 0, 0, || only(b"@")),
    row("65,507 commas", 0, 0, || only(b",")),
    row("65,507 equals signs", 0, 0, || only(b"=")),
    row("opening brackets", 0, 0, || only(b"[")),
    row("closing brackets", 0, 0, || only(b"]")),
    row("65,507 blanks", 0, 0, || only(b" ")),
    row("65,507 NULs", 0, 0, || only(b"\0")),
    row("bytes of no text", 0, 0, || only(b"\xff")),
    row("colons and bars", 0, 0, || only(b":|")),
    row("a colon, a bar, an end of line", 0, 0, || only(b":|\n")),
    row("the smallest lines there are", 10_917, 1, || only(b"a:1|c\n")),
    row("every byte", 0, 0, || vec![(0..=255).collect()]),
    row("every byte, each in a name", 127, 65, || {
        lines(&(0..=255u8).map(|byte| [b"n", &[byte][..], b"m:1|c"].concat()).collect::<Vec<_>>())
    }),
    row("random bytes", 0, 0, || {
        (1..4).map(|seed| chance(seed, &(0..=255).collect::<Vec<_>>())).collect()
    }),
    row("random bytes of the grammar", 0, 0, || (4..7).map(|seed| chance(seed, GRAMMAR)).collect()),
    row("13,000 sections", 0, 0, || line(&["m:1|c", &"|@1".repeat(13_000)])),
    row("13,000 container ids", 0, 0, || line(&["m:1|c|#k:v", &"|c:i".repeat(13_000)])),
    row("20,000 empty sections", 0, 0, || line(&["m:1|c", &"|".repeat(20_000)])),
    row("every section, known or not", 7, 7, || {
        lines(&[
            "a:1|c|T1|e:x|card:low|c:i",
            "b:1|c|T|T|T|T",
            "c:1|c|e:|e:",
            "d:1|c|card:",
            "e:1|c|T1:2|g",
            "f:1|c|z:1",
            "g:1|c|c",
            "h:1|c|container:x",
            "i:1|c|@",
            "j:1|g|T9e999|#a:b",
        ])
    }),
    row("other protocols", 0, 0, || {
        lines(&[
            "_e{5,4}:title|text|#k:v",
            "_sc|name|0|m:message",
            "GET / HTTP/1.1",
            "{\"a\":1}",
            "carbon.path 1 1700000000",
            "$GPGGA,1",
            "<34>1 - - syslog",
        ])
    }),
    row("an event of DogStatsD that looks like a line", 1, 1, || {
        lines(&["_e{1,1}:a|b", "_e{1,1}:1|c"])
    }),
];
