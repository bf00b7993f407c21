//! The parser and a slow, obvious one say the same of every line: of lines that
//! are nearly right in all styles, of such lines with damage, and of any bytes.
//!
//! Heat: cold.

mod reference;

use proptest::prelude::*;
use proptest::sample::select;

use reference::assert_relation;

/// A text out of a list.
fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(texts).prop_map(str::to_owned)
}

/// Up to `most` texts with `mark` between them.
fn joined(
    text: impl Strategy<Value = String>,
    most: usize,
    mark: &'static str,
) -> impl Strategy<Value = String> {
    prop::collection::vec(text, 0..=most).prop_map(move |texts| texts.join(mark))
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => one_of(&["1", "0", "2.5", "-1", "+3", "-0", ".5", "5.", "0.5", "0.1", "0.3", "0.25"]),
        2 => one_of(&["1e-3", "1e400", "1e-400", "1e-7", "1e-6", "1E5", "1e308", "-1e309", "9.9e-7"]),
        2 => one_of(&["inf", "-Inf", "+INFINITY", "nan", "NaN", "+nan", "infinit", "1_0", "0x1p4"]),
        1 => one_of(&["", " 1", "1 ", "+", ".", "e1", "1e", "1e+", "1.2.3", "one", "\u{661}"]),
        2 => "[+-]?[0-9]{0,22}[.]?[0-9]{0,26}",
        1 => "[+-]?[0-9]{1,4}[.]?[0-9]{0,3}[eE][+-]?[0-9]{1,3}",
        1 => any::<f64>().prop_map(|value| value.to_string()),
        1 => any::<f64>().prop_map(|value| format!("{value:e}")),
    ]
}

/// A tag, or nearly.
fn tag(separator: &'static str) -> impl Strategy<Value = String> {
    let key = one_of(&[
        "k",
        "x",
        "k",
        "",
        "1st",
        "b-c",
        "--",
        "__name__",
        "_",
        "#k",
        "##",
        "-",
        "é",
        "container_id",
        "container-id",
        "a.b",
    ]);
    let separator = prop_oneof![8 => Just(separator), 1 => one_of(&["", "=", ":"]).prop_map(|s| {
        match s.as_str() { "=" => "=", ":" => ":", _ => "" }
    })];
    let value = one_of(&["v", "1", "two", "", "v=w", "ü", "a b", "#"]);
    (key, separator, value).prop_map(|(key, separator, value)| key + separator + &value)
}

fn tags(separator: &'static str) -> impl Strategy<Value = String> {
    let trailing = one_of(&["", "", "", ",", ",,", ",#"]);
    (joined(tag(separator), 3, ","), trailing).prop_map(|(tags, trailing)| tags + &trailing)
}

fn name() -> impl Strategy<Value = String> {
    let base = || one_of(&["a", "a.b", "b", "a.b.c", "", "ü", "a b", "|", "a|#x"]);
    prop_oneof![
        6 => base(),
        2 => (base(), tags("=")).prop_map(|(name, tags)| name + "#" + &tags),
        2 => (base(), tags("=")).prop_map(|(name, tags)| name + "," + &tags),
        2 => (base(), tags("="), base()).prop_map(|(a, tags, b)| a + "[" + &tags + "]" + &b),
        1 => (base(), one_of(&["[", "]", "][", "]x[", "[]", "[[]]"]), base())
            .prop_map(|(a, brackets, b)| a + &brackets + &b),
        1 => (base(), tags("="), tags("=")).prop_map(|(a, s, t)| a + "[" + &s + "]#" + &t),
    ]
}

fn section() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => number().prop_map(|rate| "@".to_owned() + &rate),
        3 => one_of(&["@0.5", "@0.1", "@1", "@0", "@2", "@0.7", "@1e-7", "@x", "@"]),
        3 => tags(":").prop_map(|tags| "#".to_owned() + &tags),
        3 => one_of(&["c:id", "c:a:b", "c:", "c", "e:it-x", "e:", "e", "card:low", "card", "card:"]),
        2 => one_of(&["T1656581400", "T", "T:1", "", "zz", "0.1", "cc", "ca:x", "ee:x", "C:x", "s"]),
    ]
}

fn sample() -> impl Strategy<Value = String> {
    let values = prop_oneof![
        6 => number(),
        2 => prop::collection::vec(number(), 2..5).prop_map(|values| values.join(":")),
    ];
    let code = prop_oneof![
        8 => one_of(&["c", "g", "ms", "h", "d"]),
        1 => one_of(&["s", "C", "c ", "", "e", "card", "m", "c\r"]),
    ];
    let sections = prop::collection::vec(section(), 0..=5);
    (values, code, sections, 0..20).prop_map(|(values, code, sections, bare)| match bare {
        0 => values,
        _ => [vec![values, code], sections].concat().join("|"),
    })
}

/// A line that is right or nearly so.
fn line() -> impl Strategy<Value = String> {
    let samples = prop_oneof![
        3 => sample(),
        2 => prop::collection::vec(sample(), 1..4).prop_map(|samples| samples.join(":")),
    ];
    (name(), samples).prop_map(|(name, samples)| name + ":" + &samples)
}

/// What is done to the bytes of a line.
#[derive(Clone, Debug)]
enum Damage {
    Insert(usize, &'static [u8]),
    Flip(usize, u8),
    Delete(usize),
    Repeat(usize, usize),
}

/// Marks of the grammar, and bytes that are not UTF-8.
const INSERTS: &[&[u8]] = &[
    b":",
    b"|",
    b"#",
    b",",
    b"=",
    b"[",
    b"]",
    b"@",
    b"c",
    b"T",
    b"e",
    b"g",
    b"|#",
    b"|c:",
    b":c",
    b"|e:",
    b"|card:",
    b"||",
    b"::",
    b"1",
    b"0",
    b".",
    b"-",
    b"+",
    b"_",
    b" ",
    b"\r",
    b"\0",
    b"\xff",
    b"\xc3",
    b"\xe2\x82",
    "ü".as_bytes(),
    "€".as_bytes(),
    b"|c",
    b":1|c",
    b":1|ms|@0.5",
];

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        6 => (any::<usize>(), select(INSERTS)).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        2 => (any::<usize>(), any::<u8>()).prop_map(|(at, bits)| Damage::Flip(at, bits)),
        2 => any::<usize>().prop_map(Damage::Delete),
        1 => (any::<usize>(), 1..12_usize).prop_map(|(at, length)| Damage::Repeat(at, length)),
    ]
}

fn damaged(line: String, damages: Vec<Damage>) -> Vec<u8> {
    let mut bytes = line.into_bytes();
    for damage in damages {
        let at = |place: usize| place % (bytes.len() + 1);
        match damage {
            Damage::Insert(place, insert) => {
                let at = at(place);
                bytes.splice(at..at, insert.iter().copied());
            }
            Damage::Flip(place, bits) => {
                let at = at(place);
                bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= bits);
            }
            Damage::Delete(place) => {
                let at = at(place);
                bytes.drain(at..bytes.len().min(at + 1));
            }
            Damage::Repeat(place, length) => {
                let at = at(place);
                let copied: Vec<u8> = bytes.iter().skip(at).take(length).copied().collect();
                bytes.splice(at..at, copied);
            }
        }
    }
    bytes
}

fn check(selector: u8, line: &[u8]) {
    assert_relation(&[&[selector], line].concat());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3000) })]

    #[test]
    fn lines_that_are_nearly_right_are_read_alike(line in line(), selector: u8) {
        check(selector, line.as_bytes());
        check(0, line.as_bytes());
    }

    #[test]
    fn damaged_lines_are_read_alike(
        line in line(),
        damages in prop::collection::vec(damage(), 1..5),
        selector: u8,
    ) {
        let line = damaged(line, damages);
        check(selector, &line);
        check(0, &line);
    }

    #[test]
    fn any_bytes_are_read_alike(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        assert_relation(&bytes);
    }

    #[test]
    fn bytes_of_the_grammar_are_read_alike(
        selector: u8,
        bytes in prop::collection::vec(select(&b"ab1205.:|#,=[]@cgmshdTe+-xn"[..]), 0..30),
    ) {
        check(selector, &bytes);
    }

    #[test]
    fn rates_are_taken_alike(
        value in number(),
        rates in prop::collection::vec(select(&["0.1", "0.3", "0.7", "0.9", "1", "0", "3"][..]), 2..=4),
    ) {
        let rates = rates.join("|@");
        for code in ["c", "ms", "g"] {
            check(0, format!("a:{value}|{code}|@{rates}").as_bytes());
        }
    }

    #[test]
    fn numbers_are_read_alike(value in number(), rate in number()) {
        check(0, format!("a:{value}|g").as_bytes());
        check(0, format!("a:{value}|c|@{rate}").as_bytes());
        check(0, format!("a:{value}|ms|@{rate}|@0.3").as_bytes());
    }
}
