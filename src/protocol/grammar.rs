//! The grammar of a line, in nom: how text is cut into NAME and REST, samples,
//! parts, and tags. It only cuts; what a piece means is decided by the callers.
//!
//! Every mark of the grammar is ASCII, so text is cut between characters. The
//! parsers that return a bare tuple match any text; should one ever not, the
//! text stays whole, and a later check refuses it.
//!
//! Heat: hot (lines that the route cache does not answer).

use std::iter;

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_till1};
use nom::character::complete::{anychar, char};
use nom::combinator::{all_consuming, map, opt, recognize, rest, value, verify};
use nom::multi::many0_count;
use nom::sequence::{delimited, preceded, separated_pair};
use nom::{IResult, Parser};

use crate::model::TagStyles;

/// What a parser makes of text. No error is ever shown, so it carries nothing.
pub(super) type Parsed<'a, T> = IResult<&'a str, T, ()>;

/// `NAME:REST`, cut at the first `:`; `None` without a `:` or a NAME.
pub(super) fn name_and_rest(line: &str) -> Option<(&str, &str)> {
    let parsed: Parsed<'_, _> =
        separated_pair(take_till1(|c| c == ':'), char(':'), rest).parse(line);
    parsed.ok().map(|(_, halves)| halves)
}

/// The text up to the first `mark`, and all behind that mark if it is there.
pub(super) fn cut(text: &str, mark: char) -> (&str, Option<&str>) {
    let parsed: Parsed<'_, _> =
        (take_till(|c| c == mark), opt(preceded(char(mark), rest))).parse(text);
    parsed.map_or((text, None), |(_, halves)| halves)
}

/// The pieces between the marks, empty ones too: one more than there are marks,
/// and none of no text.
pub(super) fn pieces(text: Option<&str>, mark: char) -> impl Iterator<Item = &str> + Clone {
    let mut left = text;
    iter::from_fn(move || {
        let (piece, behind) = cut(left?, mark);
        left = behind;
        Some(piece)
    })
}

/// The first sample of a REST that splits at `:`, and what is behind its `:`.
pub(super) fn first_sample(samples: &str) -> (&str, Option<&str>) {
    let parsed: Parsed<'_, _> = (sample, opt(preceded(char(':'), rest))).parse(samples);
    parsed.map_or((samples, None), |(_, halves)| halves)
}

fn sample(text: &str) -> Parsed<'_, &str> {
    let value_and_type = (take_till(is_mark), opt(preceded(char('|'), take_till(is_mark))));
    recognize((value_and_type, many0_count(preceded(char('|'), section)))).parse(text)
}

/// A section of a sample that ends at `:`, unless the `:` is the section's own.
fn section(text: &str) -> Parsed<'_, &str> {
    let with_colon = (alt((tag("c:"), tag("e:"), tag("card:"))), take_till(|c| c == '|'));
    alt((recognize(with_colon), take_till(is_mark))).parse(text)
}

const fn is_mark(c: char) -> bool {
    matches!(c, ':' | '|')
}

/// What the brackets of a name make of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Brackets<'a> {
    /// There is no bracket.
    None,
    /// `head[tags]tail`, at the first of each bracket.
    Around { head: &'a str, tags: &'a str, tail: &'a str },
    /// One without the other, or the closing one first.
    Unpaired,
}

/// Looks for `SignalFX`'s brackets.
pub(super) fn brackets(name: &str) -> Brackets<'_> {
    let none = all_consuming(take_till(is_bracket));
    let tags = delimited(char('['), take_till(|c| c == ']'), char(']'));
    let parsed: Parsed<'_, _> = alt((
        value(Brackets::None, none),
        map((take_till(is_bracket), tags, rest), |(head, tags, tail)| Brackets::Around {
            head,
            tags,
            tail,
        }),
        value(Brackets::Unpaired, rest),
    ))
    .parse(name);
    parsed.map_or(Brackets::Unpaired, |(_, brackets)| brackets)
}

const fn is_bracket(c: char) -> bool {
    matches!(c, '[' | ']')
}

/// Cuts a name at the first `#` (Librato) or `,` (`InfluxDB`) of a style that is
/// read; the tags are all behind it.
pub(super) fn name_and_tags(name: &str, styles: TagStyles) -> (&str, Option<&str>) {
    let ends_name = |c| (c == '#' && styles.librato) || (c == ',' && styles.influxdb);
    let parsed: Parsed<'_, _> = (take_till(ends_name), opt(preceded(anychar, rest))).parse(name);
    parsed.map_or((name, None), |(_, halves)| halves)
}

/// The tags of a list with commas. One trailing comma is no tag; an empty tag
/// before another is one.
pub(super) fn tag_texts(list: &str) -> impl Iterator<Item = &str> {
    let mut left = list;
    iter::from_fn(move || {
        if left.is_empty() {
            return None;
        }
        let (tag, behind) = cut(left, ',');
        left = behind.unwrap_or_default();
        Some(tag)
    })
}

/// Key and value of a tag, cut at the first `separator`; `None` without one, or
/// if either is empty.
pub(super) fn key_and_value(tag: &str, separator: char) -> Option<(&str, &str)> {
    let value = verify(rest, |value: &str| !value.is_empty());
    let parsed: Parsed<'_, _> =
        separated_pair(take_till1(|c| c == separator), char(separator), value).parse(tag);
    parsed.ok().map(|(_, pair)| pair)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_at_its_first_colon() {
        assert_eq!(name_and_rest("a:1|c:2|c"), Some(("a", "1|c:2|c")));
        assert_eq!(name_and_rest("a:"), Some(("a", "")));
        assert_eq!(name_and_rest("a|c"), None);
        assert_eq!(name_and_rest(":1|c"), None);
        assert_eq!(name_and_rest(""), None);
    }

    #[test]
    fn pieces_are_one_more_than_marks() {
        let all = |text| pieces(text, '|').collect::<Vec<_>>();
        assert_eq!(all(None), [""; 0]);
        assert_eq!(all(Some("")), [""]);
        assert_eq!(all(Some("a||b|")), ["a", "", "b", ""]);
    }

    /// REST, and its samples one by one.
    const SPLITS: &[(&str, &[&str])] = &[
        ("1|c", &["1|c"]),
        ("1|c:2|c:3|g", &["1|c", "2|c", "3|g"]),
        ("1|c:2|c:3|g|@0.5", &["1|c", "2|c", "3|g|@0.5"]),
        ("1|c:", &["1|c", ""]),
        ("1|c::2", &["1|c", "", "2"]),
        ("1|c|c:in-123", &["1|c|c:in-123"]),
        ("1|c|c:2|c:3|g", &["1|c|c:2|c:3|g"]),
        ("1|c|c:a:b|T1:2|c", &["1|c|c:a:b|T1", "2|c"]),
        ("1|c|@1|card:x:y|e::|@1:2|e:3|g", &["1|c|@1|card:x:y|e::|@1", "2|e", "3|g"]),
        ("1|c|ca:2|c", &["1|c|ca", "2|c"]),
        ("1|c|cc:2|c", &["1|c|cc", "2|c"]),
        ("1|c|card2:2|c", &["1|c|card2", "2|c"]),
        ("1|c|c|c:2|c:3", &["1|c|c|c:2|c:3"]),
        ("1|card:2|e:3|c:4|c", &["1|card", "2|e", "3|c", "4|c"]),
        ("c|c:e|c:card|c", &["c|c", "e|c", "card|c"]),
        ("1|c|:2|c", &["1|c|", "2|c"]),
        ("1||c:2|c", &["1||c:2|c"]),
    ];

    #[test]
    fn samples_split_at_colons_but_not_inside_sections() {
        for (rest, samples) in SPLITS {
            let mut left = Some(*rest);
            let found: Vec<_> = iter::from_fn(|| {
                let (sample, behind) = first_sample(left?);
                left = behind;
                Some(sample)
            })
            .collect();
            assert_eq!(found, *samples, "{rest}");
        }
    }

    #[test]
    fn brackets_are_a_pair_only_in_order() {
        let around = |head, tags, tail| Brackets::Around { head, tags, tail };
        for (name, found) in [
            ("ab", Brackets::None),
            ("", Brackets::None),
            ("a[x=1]b", around("a", "x=1", "b")),
            ("[]", around("", "", "")),
            ("a[x[y]b]c[d]", around("a", "x[y", "b]c[d]")),
            ("a[b", Brackets::Unpaired),
            ("a]b", Brackets::Unpaired),
            ("d]x[", Brackets::Unpaired),
            ("d]x[y]", Brackets::Unpaired),
        ] {
            assert_eq!(brackets(name), found, "{name}");
        }
    }

    #[test]
    fn a_list_of_tags_may_end_in_one_comma() {
        let all = |list| tag_texts(list).collect::<Vec<_>>();
        assert_eq!(all(""), [""; 0]);
        assert_eq!(all(","), [""]);
        assert_eq!(all("a,b,"), ["a", "b"]);
        assert_eq!(all("a,,b,,"), ["a", "", "b", ""]);
    }

    #[test]
    fn a_tag_has_a_key_and_a_value() {
        assert_eq!(key_and_value("k:v:w", ':'), Some(("k", "v:w")));
        assert_eq!(key_and_value("k=v", '='), Some(("k", "v")));
        for bad in ["", "k", "k:", ":v", ":", "k=v"] {
            assert_eq!(key_and_value(bad, ':'), None, "{bad}");
        }
    }
}
