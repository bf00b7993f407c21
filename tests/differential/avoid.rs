//! Lines and files on which the two differ on purpose: each entry names the row
//! of COMPATIBILITY.md that says how. Generated input has none of them, so that
//! every difference that is left is news. It may keep out a little more than
//! needed, never less.
//!
//! Heat: cold.

/// A row of COMPATIBILITY.md, and whether a line falls under it.
type Row = (&'static str, fn(&Parts<'_>) -> bool);

/// A line, taken apart as far as the rows need it.
struct Parts<'l> {
    name: &'l str,
    rest: &'l str,
}

impl Parts<'_> {
    /// The pieces between `:`, each cut at its `|`.
    fn samples(&self) -> impl Iterator<Item = Vec<&str>> {
        self.rest.split(':').map(|sample| sample.split('|').collect())
    }

    /// The texts between any marks that could be numbers.
    fn words(&self) -> impl Iterator<Item = &str> {
        self.rest.split(['|', ':'])
    }

    fn rates(&self) -> impl Iterator<Item = &str> {
        self.words().filter_map(|word| word.strip_prefix('@'))
    }

    fn tag_keys(&self) -> impl Iterator<Item = &str> {
        let marks = [',', '#', '|', '[', ']', '=', ':'];
        self.name.split(marks).chain(self.rest.split(marks))
    }
}

const ROWS: [Row; 11] = [
    (
        "`d]x[:1|c` (brackets reversed)",
        |line| matches!((line.name.find('['), line.name.find(']')), (Some(open), Some(close)) if close < open),
    ),
    ("a tag key that begins with `__` after escaping", |line| {
        let plain = |text: &str| reserved_key(&text.replace(['=', ']'], ","));
        plain(line.name) || reserved_key(&line.rest.replace("|#", "#").replace("||", "|"))
    }),
    ("`#x=1:1|c` (no name left)", |line| line.name.starts_with(['#', ',', '['])),
    ("tag `quantile` on a summary, `le` on a histogram", |line| {
        line.tag_keys().any(|key| ["quantile", "le"].contains(&key))
    }),
    ("`1_0|c`, `0x1p4|c`", |line| {
        line.words().any(|word| {
            word.starts_with(|c: char| c.is_ascii_digit()) && word.contains(['_', 'x', 'X'])
        })
    }),
    ("NaN or infinity; a gauge delta whose result is not finite", |line| {
        line.words().any(|word| {
            word.parse().is_ok_and(|number: f64| {
                number.is_nan() || number == f64::INFINITY && !word.contains('4')
            })
        })
    }),
    ("a rate outside (0, 1] or a product of rates outside it", |line| {
        let odd = |rate: &str| {
            rate.parse().is_ok_and(|rate: f64| rate != 0.0 && !(1e-3..=1.0).contains(&rate))
        };
        line.rates().any(odd)
    }),
    ("several rates on a timer", |line| line.rates().count() > 1),
    ("`b:1|c|c:ID` without tags; sections `e:…` and `card:…`", |line| {
        let section = |word: &str| ["c", "e", "card"].contains(&word);
        let bare = line
            .samples()
            .any(|parts| parts.len() > 2 && parts.last().is_some_and(|last| section(last)));
        let words =
            line.rest.split('|').any(|word| word.starts_with("e:") || word.starts_with("card:"));
        words || bare && !line.rest.contains("|#")
    }),
    ("several samples on one line (labels of tags leak, too)", |line| {
        line.rest.contains("|#") && line.rest.matches("|#").count() > 1 && line.rest.contains(':')
    }),
    ("`\\r\\n` over UDP or unixgram", |line| line.rest.contains('\r') || line.name.contains('\r')),
];

/// Whether the two are known to differ on this line.
pub fn differs(line: &[u8]) -> bool {
    // A line that is not UTF-8 is one malformed line to both.
    let Ok(text) = std::str::from_utf8(line) else { return false };
    let Some((name, rest)) = text.split_once(':') else { return false };
    let parts = Parts { name, rest };
    ROWS.iter().any(|(_, under)| under(&parts))
}

/// Whether samples of this line may be of several types: of the row "several samples
/// on one line", where a mapping tells types apart.
pub fn has_several_types(line: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(line) else { return false };
    let Some((name, rest)) = text.split_once(':') else { return false };
    let parts = Parts { name, rest };
    let of_kind = |codes: &[&str]| usize::from(parts.words().any(|word| codes.contains(&word)));
    of_kind(&["c"]) + of_kind(&["g"]) + of_kind(&["ms", "h", "d"]) > 1
}

/// Whether behind some mark that can stand before a key there are two characters
/// that escape to `_`. Of a run of `-` only the first one counts.
fn reserved_key(text: &str) -> bool {
    let dashes = text.chars().scan(' ', |last, c| {
        let kept = (c != '-' || *last != '-').then_some(c);
        *last = c;
        Some(kept)
    });
    let chars: Vec<char> = dashes.flatten().collect();
    let odd = |c: char| !c.is_ascii_alphanumeric() && !",:".contains(c);
    chars.windows(3).any(|three| ",#[|".contains(three[0]) && odd(three[1]) && odd(three[2]))
}

#[test]
fn every_row_keeps_its_lines_out_and_good_lines_in() {
    for line in [
        "d]x[:1|c",
        "a:1|c|#__name__:x",
        "a,--é=x:1|c",
        "#x=1:1|c",
        "a#quantile=1:1|ms",
        "a:1_0|c",
        "a:0x1p4|c",
        "a:NaN|c",
        "a:+inf|g",
        "a:1|c|@2",
        "a:1|ms|@1e-7",
        "a:1|ms|@0.5|@0.5",
        "a:1|c|c:id",
        "a:1|c|e:2|c",
        "a:1|c|#k:v:2|c|#l:w",
        "a:1|c\r",
    ] {
        assert!(differs(line.as_bytes()), "{line}");
    }
    for line in [
        "a:1|c",
        "a,k=v,k2=v2:1|c|@0.5",
        "a[k=v]b:-1.5|g",
        "a:1|c:2|c|@0:3|g",
        "a:1:2:3|ms|@0.1|#k:v,1st:b",
        "a:1|c|#k:v|c:id|T1",
        "a:1e400|c",
        "a:x|s|@x",
        "nothing",
    ] {
        assert!(!differs(line.as_bytes()), "{line}");
    }
    assert!(!differs(b"\xff:1|c"));
}

#[test]
fn lines_of_several_types_are_told_from_others() {
    for (line, several) in [
        ("a:1|c", false),
        ("a:1|c:2|c|@0.5", false),
        ("a:1|ms:2|h:3|d", false),
        ("a:1|c:2|g", true),
        ("a:0|g:-2.:1|c::25|g|T1", true),
        ("a:1|ms|@0.1:2|c", true),
        ("nothing", false),
    ] {
        assert_eq!(has_several_types(line.as_bytes()), several, "{line}");
    }
}
